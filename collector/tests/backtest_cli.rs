//! `attune backtest` without a server and through one: the same bytes.

mod common;

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn attune(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
    command.args(args).arg("--data").arg(dir).env("ATTUNE_LOG", "error").env_remove("ATTUNE_ADMIN_PASSWORD");
    command.output().unwrap()
}

#[tokio::test]
async fn a_back_test_is_the_same_with_and_without_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    assert!(attune(dir, &["site", "add", "bank", "--json"]).status.success());
    let mut events = String::from("id,event,at,visitor,url\n");
    for day in 1..=3 {
        for visitor in 1..=5 {
            for hour in [9, 10] {
                events.push_str(&format!(
                    "e-{day}-{visitor}-{hour},page_viewed,2026-01-0{day}T{hour:02}:00:00Z,v-{visitor},https://bank.test/\n"
                ));
            }
        }
    }
    let (file, source) = (dir.join("events.csv"), dir.join("source.json"));
    std::fs::write(&file, events).unwrap();
    let content = r#"{"en":{"title":"Gold"}}"#;
    let text = format!(
        r#"{{"site":{{"holdout_percent":0,"personalise_basis":"opt_out"}},"placements":[{{"id":"hero"}}],
            "offers":[{{"id":"gold","content":{content}}}],
            "campaigns":[{{"id":"cards","placements":["hero"],"offers":["gold"],
                           "caps":[{{"scope":"campaign","per":"day","max":1}}]}}]}}"#
    );
    std::fs::write(&source, text).unwrap();
    let (file, source) = (file.to_str().unwrap(), source.to_str().unwrap());
    let mapping = dir.join("mapping.toml");
    let text = "visitor = \"visitor\"\nid = \"id\"\nproperties = [\"url\"]\n[name]\ncolumn = \"event\"\n\
                [time]\ncolumn = \"at\"\nformat = \"rfc3339\"\n";
    std::fs::write(&mapping, text).unwrap();
    let imported =
        attune(dir, &["import", "--site", "bank", "--mapping", mapping.to_str().unwrap(), "--json", file]);
    assert!(imported.status.success(), "{imported:?}");

    let asked = [
        "backtest",
        "--site",
        "bank",
        "--source",
        source,
        "--from",
        "2026-01-02",
        "--to",
        "2026-01-04",
        "--json",
    ];
    let alone = attune(dir, &asked);
    assert!(alone.status.success(), "{alone:?}");
    let report: Value = serde_json::from_slice(&alone.stdout).unwrap();
    // Two days of five visitors with two pages; one exposure a day each.
    assert_eq!((&report["opportunities"], &report["exposures"]), (&20.into(), &10.into()), "{report}");
    assert_eq!((&report["events"], &report["warm_up_events"]), (&30.into(), &10.into()));
    assert_eq!(report["campaigns"]["cards"]["first_cap_hit"], "2026-01-02");
    assert_eq!(report["bundle"].as_str().unwrap().len(), 32);

    let server = common::process::Attune::start(dir).await;
    let through = attune(dir, &asked);
    drop(server);
    assert_eq!(through.stdout, alone.stdout, "{through:?}");
    let left = std::fs::read_dir(dir).unwrap().filter_map(Result::ok);
    let left = left.filter(|entry| entry.file_name().to_string_lossy().starts_with("backtest-")).count();
    assert_eq!(left, 0, "nothing of a back-test that ended stays");

    let table = attune(dir, &asked[..asked.len() - 1]);
    assert!(String::from_utf8(table.stdout).unwrap().contains("2026-01-03"));
    let refused = attune(
        dir,
        &["backtest", "--site", "nope", "--source", source, "--from", "2026-01-02", "--to", "2026-01-04"],
    );
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{refused:?}");
}
