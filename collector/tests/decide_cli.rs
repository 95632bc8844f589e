//! From a source to a receipt on the command line alone.

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

fn attune(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
    command.current_dir(dir).args(args).env("ATTUNE_LOG", "error").output().unwrap()
}

fn out(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    std::str::from_utf8(&output.stdout).unwrap().trim_end()
}

fn write(dir: &Path, name: &str, value: &Value) {
    std::fs::write(dir.join(name), value.to_string()).unwrap();
}

fn source() -> Value {
    json!({
        "site": { "holdout_percent": 0, "personalise_basis": "opt_out" },
        "attributes": [{ "id": "credit_band", "label": "server-only" }],
        "placements": [{ "id": "hero" }, { "id": "side" }],
        "offers": [
            { "id": "loan", "content": { "en": { "title": "A loan" } } },
            { "id": "card", "content": { "en": { "title": "A card" } } },
        ],
        "campaigns": [
            { "id": "loans", "status": "running", "placements": ["hero"], "offers": ["loan"],
              "audience": { "attribute": { "name": "credit_band", "is": "A" } } },
            { "id": "cards", "status": "running", "placements": ["side"], "offers": ["card", "nothing"] },
            { "id": "broken", "status": "running", "placements": ["nowhere"], "offers": ["card"] },
        ],
    })
}

#[test]
fn a_campaign_is_written_compiled_decided_explained_and_verified() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    write(dir, "source.json", &source());
    let compiled =
        attune(dir, &["bundle", "compile", "source.json", "--out", "b", "--revision", "7", "--json"]);
    let summary: Value = serde_json::from_str(out(&compiled)).unwrap();
    assert_eq!((&summary["campaigns"], &summary["problems"]), (&json!(1), &json!(2)), "{summary}");
    let problems: Vec<Value> = std::str::from_utf8(&compiled.stderr)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(problems.iter().any(|p| p["subject"] == "campaign cards" && p["fatal"] == false), "{problems:?}");
    assert!(problems.iter().any(|p| p["subject"] == "campaign broken" && p["fatal"] == true), "{problems:?}");

    let bytes = std::fs::read(dir.join("b")).unwrap();
    for secret in ["credit_band", "A loan"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    let inspected: Value =
        serde_json::from_str(out(&attune(dir, &["bundle", "inspect", "b", "--json"]))).unwrap();
    assert_eq!(inspected["version"], 7);
    assert_eq!(inspected["ask_server"], json!(["hero"]));
    let hidden = json!([{ "campaign": "loans", "placements": ["hero"], "attributes": ["credit_band"] }]);
    assert_eq!(inspected["server_only"], hidden);
    let sizes = &inspected["sizes"];
    assert!(sizes["campaigns"].as_u64() > Some(10) && sizes["all"].as_u64() > sizes["campaigns"].as_u64());

    let now = 1_790_000_000_000i64;
    write(
        dir,
        "in.json",
        &json!({ "placement": "hero", "now": now, "visitor": "v", "attributes": { "credit_band": "A" } }),
    );
    let decide = ["decide", "--bundle", "b", "--input", "in.json", "--json", "--receipts", "r.ndjson"];
    let decision: Value = serde_json::from_str(out(&attune(dir, &decide))).unwrap();
    assert_eq!(decision["offers"][0]["id"], "loan");
    write(dir, "in.json", &json!({ "placements": ["hero", "side"], "now": now, "visitor": "v" }));
    let several: Value = serde_json::from_str(out(&attune(dir, &decide))).unwrap();
    assert_eq!(several["decisions"][1]["offers"][0]["id"], "card");
    let told = attune(dir, &["decide", "--bundle", "b", "--input", "in.json", "--explain"]);
    assert!(out(&told).contains("side: card (matched)"), "{told:?}");
    assert!(out(&told).contains("belongs to the audience of “loans” cannot be told"), "{told:?}");
    let korean = attune(dir, &["decide", "--bundle", "b", "--input", "in.json", "--explain", "--lang", "ko"]);
    assert!(out(&korean).contains("캠페인 “cards”이(가) 게재 위치를 차지합니다."), "{korean:?}");

    let verified: Value =
        serde_json::from_str(out(&attune(dir, &["verify", "--receipts", "r.ndjson", "--json"]))).unwrap();
    assert_eq!(verified, json!({ "same": 2, "erased": 0, "wrong": 0 }));
    let receipts = std::fs::read_to_string(dir.join("r.ndjson")).unwrap();
    std::fs::write(dir.join("r.ndjson"), receipts.replacen("matched", "ranked", 1)).unwrap();
    let altered = attune(dir, &["verify", "--receipts", "r.ndjson", "--json"]);
    assert!(!altered.status.success());
    assert!(String::from_utf8_lossy(&altered.stderr).contains("line 2: its output"), "{altered:?}");
}

#[test]
fn what_cannot_be_used_fails_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut all_broken = source();
    all_broken["campaigns"] = json!([all_broken["campaigns"][2]]);
    write(dir, "source.json", &all_broken);
    let failed = attune(dir, &["bundle", "compile", "source.json", "--out", "b"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("unknown placement `nowhere`"), "{failed:?}");
    assert!(!dir.join("b").exists());

    write(dir, "source.json", &json!({ "campaign": [] }));
    let failed = attune(dir, &["bundle", "compile", "source.json", "--out", "b"]);
    assert!(String::from_utf8_lossy(&failed.stderr).contains("unknown field `campaign`"), "{failed:?}");
    std::fs::write(dir.join("b"), b"AS1 nothing").unwrap();
    let failed = attune(dir, &["bundle", "inspect", "b"]);
    assert!(String::from_utf8_lossy(&failed.stderr).contains("b is not a bundle"), "{failed:?}");
}

#[test]
fn the_schema_of_sources_is_published() {
    let dir = tempfile::tempdir().unwrap();
    let schema: Value = serde_json::from_str(out(&attune(dir.path(), &["bundle", "schema"]))).unwrap();
    assert!(schema["$defs"]["Condition"].is_object());
    assert!(schema["properties"]["campaigns"].is_object(), "{schema}");
    assert!(!schema.to_string().contains("#/components/"));
}
