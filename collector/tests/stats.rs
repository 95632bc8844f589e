//! `attune stats`: files in, reports out.

use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

fn stats(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_attune")).arg("stats").args(args).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refusal(output: &Output) -> String {
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn file(name: &str, text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(name).tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn path(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

#[test]
fn counts_of_a_campaign_as_json_and_as_a_table() {
    let counts =
        file(".json", r#"{"arms":[{"id":"summer","exposures":298104,"clicks":61546,"conversions":890}]}"#);
    let report = json(&stats(&["ab", "--file", path(&counts), "--json"]));
    let rate = |index: usize| report["metrics"][index]["arms"][0]["value"].as_f64().unwrap();
    assert_eq!([0, 1, 2].map(|index| format!("{:.2}", rate(index) * 100.0)), ["20.65", "1.45", "0.30"]);
    let table = stats(&["ab", "--file", path(&counts)]);
    let text = String::from_utf8(table.stdout).unwrap();
    assert!(["20.65 %", "1.45 %", "0.30 %"].iter().all(|rate| text.contains(rate)), "{text}");
}

#[test]
fn units_of_a_table_and_of_lines_are_those_of_a_document() {
    let csv = file(".csv", "unit,arm,value\nu1,a,1\nu2,b,4\nu3,a,3\nu4,b,8\n");
    let lines = file(
        ".ndjson",
        "{\"unit\":1,\"arm\":\"a\",\"value\":1}\n{\"unit\":2,\"arm\":\"b\",\"value\":4}\n\
         {\"unit\":3,\"arm\":\"a\",\"value\":3}\n{\"unit\":4,\"arm\":\"b\",\"value\":8}\n",
    );
    let document = file(".json", r#"{"arms":[{"id":"a","values":[1,3]},{"id":"b","values":[4,8]}]}"#);
    let reports = [&csv, &lines, &document].map(|file| json(&stats(&["ab", "--file", path(file), "--json"])));
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
    assert_eq!(reports[0]["metrics"][0]["comparisons"][0]["difference"], 4.0);
    let turned = json(&stats(&["ab", "--file", path(&csv), "--control", "b", "--weight", "a=2", "--json"]));
    assert_eq!(turned["metrics"][0]["comparisons"][0]["difference"], -4.0);
    assert_ne!(turned["srm"]["chi_squared"], 0.0);
}

#[test]
fn what_cannot_be_is_refused_with_its_line() {
    for (text, why) in [
        ("unit,arm,value\nu1,a,1\nu2,b,x\n", "line 3: value: `x` is not a number"),
        ("unit,arm,value\nu1,a,1\nu2,b,NaN\n", "line 3: value: NaN is not a finite number"),
        ("unit,arm,value\nu1,a,1\nu1,a,2\n", "line 3: unit `u1` comes twice"),
        (
            "unit,arm,value,denominator\nu1,a,1,2\nu2,a,2,\n",
            "line 3: denominator: every row has one, or none has",
        ),
        ("unit,value\nu1,1\n", "has no column `arm`"),
    ] {
        let rows = file(".csv", text);
        let said = refusal(&stats(&["ab", "--file", path(&rows)]));
        assert!(said.contains(why), "{text}: {said}");
    }
    let counts = file(".json", r#"{"arms":[{"id":"a","units":10,"conversions":11}]}"#);
    let said = refusal(&stats(&["ab", "--file", path(&counts)]));
    assert!(said.contains("arm `a`: conversions 11 exceed units 10"), "{said}");
}

#[test]
fn a_plan_has_units_and_whole_weeks() {
    let plan =
        json(&stats(&["plan", "--baseline", "0.05", "--effect", "0.01", "--daily-units", "2000", "--json"]));
    assert_eq!((plan["units_per_arm"].as_u64(), plan["days"].as_u64()), (Some(8_158), Some(14)));
    assert!(
        refusal(&stats(&["plan", "--baseline", "0.99", "--effect", "0.02"])).contains("baseline + effect")
    );
}

#[test]
fn another_policy_from_a_public_log() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/open_bandit_small");
    if !folder.exists() {
        eprintln!("!! SKIPPED: {} is not here", folder.display());
        return;
    }
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (random, bandit) = (at("men_random.csv.gz"), at("men_bts.csv.gz"));
    let columns = ["--action", "item_id", "--context", "position", "--reward", "click"];
    let columns: Vec<&str> =
        columns.into_iter().chain(["--propensity", "propensity_score", "--json"]).collect();
    let asked = |more: &[&str]| json(&stats(&[&["offpolicy"], more, &columns[..]].concat()));
    let wanted: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected_men.json")).unwrap()).unwrap();
    let near = |got: &Value, want: &str| {
        let (got, wanted) = (got.as_f64().unwrap(), wanted[want].as_f64().unwrap());
        assert!((got - wanted).abs() <= 1e-9 * wanted.max(1.0), "{want}: {got}, not {wanted}");
    };
    let report = asked(&["--file", &random, "--target-log", &bandit]);
    near(&report["ips"]["value"], "ips");
    near(&report["snips"]["value"], "snips");
    near(&report["direct"], "dm_shrunk_m100");
    near(&report["dr"]["value"], "dr_shrunk_m100");
    near(&report["effective_sample_size"], "effective_sample_size");
    let uniform = asked(&["--file", &bandit, "--uniform"]);
    near(&uniform["snips"]["value"], "snips_of_uniform_from_bts_log");
    near(&uniform["largest_weight"], "max_weight_uniform_from_bts");
    let clipped = asked(&["--file", &bandit, "--uniform", "--clip", "10"]);
    assert!(clipped["clipped"].as_u64().unwrap() > 0 && clipped["clipped_share"].as_f64().unwrap() > 0.0);
}
