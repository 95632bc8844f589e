//! Real data sets through the command line: `attune import`, then `attune query`, exactly as expected.
//!
//! The data lies beside the project (`../shared/data`) and is not part of it; without it these tests say so.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const REVIEWS: &str = r#"
visitor = "reviewerId"
properties = ["vendorId", "rating"]
[time]
column = "date"
format = "%Y-%m-%d %H:%M"
zone = "UTC"
[[name]]
when = "rating >= 4"
is = "happy"
[[name]]
when = "rating <= 2"
is = "unhappy"
[[name]]
is = "neutral"
"#;

const SHOP: &str = r#"
visitor = "user_id"
session = "session_id"
properties = ["platform", "acquisition_channel", "user_cohort", "user_lifecycle"]
[time]
column = "timestamp"
format = "%Y-%m-%d %H:%M:%S"
[name]
column = "event"
"#;

/// A folder of the shared data, or `None` after saying loudly that it is not there.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("!! SKIPPED: {} is absent, so real data was NOT tested", folder.display());
    None
}

fn expected(folder: &Path, file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(file)).unwrap()).unwrap()
}

struct Bench {
    data: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { data: tempfile::tempdir().unwrap() };
        bench.attune(&["site", "add", "s"]);
        bench
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
        command.args(arguments).arg("--data").arg(self.data.path().join("attune")).arg("--json");
        command.stdin(Stdio::null()).stderr(Stdio::inherit());
        command
    }

    /// Runs to the end; the last line of standard output, as JSON.
    fn attune(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "attune {arguments:?}: {text}");
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.data.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    fn import(&self, mapping: &str, file: &str) -> Value {
        let mapping = self.file("mapping.toml", mapping);
        self.attune(&["import", "--site", "s", "--mapping", &mapping, file])
    }

    fn funnel(&self, question: &Value) -> Vec<u64> {
        let file = self.file("question.json", &question.to_string());
        let answer = self.attune(&["query", "funnel", "--site", "s", "--file", &file]);
        answer["steps"].as_array().unwrap().iter().map(|step| step["count"].as_u64().unwrap()).collect()
    }

    fn ask(&self, kind: &str, question: &Value) -> Value {
        let file = self.file("question.json", &question.to_string());
        self.attune(&["query", kind, "--site", "s", "--file", &file])
    }

    /// Cohorts by the month of the first review, and who is how recent and how frequent.
    fn check_people(&self, folder: &Path) {
        let expected = expected(folder, "expected_dev.json");
        let answer = self.ask("retention", &json!({ "interval": "month", "intervals": 6 }));
        let cohorts = answer["cohorts"].as_array().unwrap();
        for (month, counts) in expected["monthly_cohort_retention_users_month0_to_6"].as_object().unwrap() {
            let at = jiff::civil::date(month[..4].parse().unwrap(), month[5..].parse().unwrap(), 1);
            let at = at.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_millisecond();
            let cohort = cohorts.iter().find(|cohort| cohort["at"] == at).unwrap();
            assert_eq!((&cohort["returned"], &cohort["size"]), (counts, &counts[0]), "{month}");
            assert_eq!(cohort["complete"], 7, "all of it is long over");
        }
        let wanted = &expected["rfm_asof_2008_01_01"];
        let as_of = jiff::civil::date(2008, 1, 1).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
        let answer = self.ask(
            "rfm",
            &json!({
                "event": { "event": ["happy", "neutral", "unhappy"] }, "as_of": as_of.timestamp().as_millisecond(),
                "bounds": { "recency_days": [30, 90, 365], "frequency": [2, 5] },
            }),
        );
        let count = |recency: u64, frequency: std::ops::RangeInclusive<u64>| -> u64 {
            let cells = answer["cells"].as_array().unwrap().iter();
            let score = |cell: &Value, name: &str| cell[name].as_u64().unwrap();
            let those = cells.filter(|cell| {
                score(cell, "recency") >= recency && frequency.contains(&score(cell, "frequency"))
            });
            those.map(|cell| cell["count"].as_u64().unwrap()).sum()
        };
        let found = json!({
            "users": answer["count"],
            "recency_le_30d": count(4, 1..=3), "recency_le_90d": count(3, 1..=3), "recency_le_365d": count(2, 1..=3),
            "freq_eq_1": count(1, 1..=1), "freq_2_4": count(1, 2..=2), "freq_ge_5": count(1, 3..=3),
            "freq_ge_5_and_recent_90d": count(3, 3..=3),
            "lapsed_freq_ge_5_recency_gt_365": count(1, 3..=3) - count(2, 3..=3),
        });
        assert_eq!(&found, wanted);
    }

    /// Sessions' first events, and every step from one event to the next.
    fn check_paths(&self, folder: &Path) {
        let expected = expected(folder, "expected_paths.json");
        let answer = self.ask("paths", &json!({ "depth": 4, "top": 50 }));
        let transitions = &answer["transitions"];
        assert_eq!(transitions["total"], expected["transitions_total"]);
        assert_eq!(transitions["distinct"], expected["distinct"]);
        let top = transitions["top"].as_array().unwrap().iter();
        let top: Vec<Value> = top.map(|t| json!([t["from"], t["to"], t["count"]])).collect();
        for (place, transition) in expected["top_transitions"].as_array().unwrap().iter().enumerate() {
            assert_eq!(top[place][2], transition[2], "place {place}");
            assert!(top.contains(transition), "{transition}");
        }
        // Paths of three events, and whole sessions of fewer.
        for first in expected["top_first_three_events"].as_array().unwrap() {
            let places: Vec<&str> = first[0].as_str().unwrap().split('>').collect();
            let mut level = &answer["tree"];
            let mut found = &Value::Null;
            for place in &places {
                found = level.as_array().unwrap().iter().find(|node| node["place"] == *place).unwrap();
                level = &found["next"];
            }
            assert_eq!(found[if places.len() == 3 { "count" } else { "ended" }], first[1], "{places:?}");
        }
        let all = answer["count"].as_f64().unwrap();
        for (position, shares) in expected["step_matrix_share"].as_object().unwrap() {
            let position: u64 = position.parse().unwrap();
            for (place, share) in shares.as_object().unwrap() {
                let mut positions = answer["positions"].as_array().unwrap().iter();
                let is = |p: &&Value| p["position"] == position && p["place"] == **place;
                let count = positions.find(is).unwrap()["count"].as_f64().unwrap();
                assert!((count / all - share.as_f64().unwrap()).abs() < 5e-5, "{position} {place}");
            }
        }
    }

    /// Every purchase is somebody's, under every model.
    fn check_attribution(&self) {
        let bought = self.ask("trend", &json!({ "event": "purchase", "interval": "month" }));
        let bought: u64 =
            bought["points"].as_array().unwrap().iter().map(|point| point["count"].as_u64().unwrap()).sum();
        assert!(bought > 10);
        let by = json!({ "property": "acquisition_channel" });
        let answer = self.ask("attribution", &json!({ "goal": { "event": "purchase" }, "by": by }));
        assert_eq!(answer["total"]["goals_millionths"], bought * 1_000_000);
        for model in ["first", "last", "linear", "time_decay", "position"] {
            let credits = answer["credits"].as_array().unwrap().iter();
            let given: u64 = credits.map(|credit| credit[model]["goals_millionths"].as_u64().unwrap()).sum();
            assert_eq!(given, bought * 1_000_000, "{model}");
        }
    }

    /// Asks every funnel of an expected file, both ways of treating equal times.
    fn check_funnels(&self, folder: &Path) {
        let cases: Vec<Value> = serde_json::from_value(expected(folder, "expected_funnels.json")).unwrap();
        assert!(!cases.is_empty());
        for case in cases {
            let steps: Vec<Value> =
                case["steps"].as_array().unwrap().iter().map(|name| json!({ "event": name })).collect();
            let per = if case["grain"] == "session" { "session" } else { "visitor" };
            for (same_time, expected) in [("allowed", "expected"), ("later", "expected_strictly_later")] {
                let question = json!({
                    "steps": steps, "window_seconds": case["window_seconds"], "per": per, "same_time": same_time,
                });
                let counts: Vec<u64> = serde_json::from_value(case[expected].clone()).unwrap();
                assert_eq!(self.funnel(&question), counts, "{} with same_time {same_time}", case["case"]);
            }
        }
    }
}

#[test]
fn shop_events_give_exactly_the_expected_funnels_and_paths() {
    let Some(folder) = shared("shop_events_synthetic") else { return };
    let bench = Bench::new();
    let file = folder.join("events_2024q1.csv.gz").to_string_lossy().into_owned();
    let first = bench.import(SHOP, &file);
    assert_eq!(first, json!({ "read": 7035, "imported": 7035, "duplicate": 0, "rejected": 0 }));
    bench.check_funnels(&folder);
    bench.check_paths(&folder);
    bench.check_attribution();
    let again = bench.import(SHOP, &file);
    assert_eq!(again, json!({ "read": 7035, "imported": 0, "duplicate": 7035, "rejected": 0 }));
    bench.check_funnels(&folder);
}

#[test]
fn vendor_reviews_give_what_is_expected_though_the_import_was_killed() {
    let Some(folder) = shared("vendor_reviews") else { return };
    let bench = Bench::new();
    let file = folder.join("reviews_dev.csv.gz").to_string_lossy().into_owned();
    let mapping = bench.file("mapping.toml", REVIEWS);
    // Killed somewhere in the middle, without a chance to tidy up.
    let mut child = bench
        .command(&["import", "--site", "s", "--mapping", &mapping, &file])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(2_500));
    child.kill().unwrap();
    child.wait().unwrap();

    let count = bench.import(REVIEWS, &file);
    assert_eq!((&count["read"], &count["rejected"]), (&json!(288_887), &json!(0)));
    assert_eq!(count["imported"].as_u64().unwrap() + count["duplicate"].as_u64().unwrap(), 288_887);
    bench.check_funnels(&folder);
    bench.check_people(&folder);
    let again = bench.import(REVIEWS, &file);
    assert_eq!(again["imported"], 0, "the same file again imports nothing");
}

#[test]
fn a_file_that_has_grown_adds_only_its_new_rows() {
    let bench = Bench::new();
    let header =
        "user_id,session_id,event,timestamp,platform,acquisition_channel,user_cohort,user_lifecycle\n";
    let row =
        |n: u32| format!("u{},s{},view,2024-01-01 00:00:{:02},web,email,2024-01,new\n", n % 3, n % 3, n % 60);
    let rows = |count: u32| header.to_owned() + &(0..count).map(row).collect::<String>();
    let small = bench.file("small.csv", &rows(100));
    let grown = bench.file("grown.csv", &rows(130));
    assert_eq!(bench.import(SHOP, &small)["imported"], 100, "equal rows are events of their own");
    assert_eq!(
        bench.import(SHOP, &grown),
        json!({ "read": 130, "imported": 30, "duplicate": 100, "rejected": 0 })
    );
}

#[test]
fn a_rejected_row_does_not_stop_the_rest_and_a_dry_run_stores_nothing() {
    let bench = Bench::new();
    let lines = concat!(
        "{\"user_id\":\"a\",\"session_id\":\"s\",\"event\":\"view\",\"timestamp\":\"2024-01-01 00:00:00\"}\n",
        "not json\n",
        "{\"user_id\":\"\",\"event\":\"view\",\"timestamp\":\"2024-01-01 00:00:00\"}\n",
        "{\"user_id\":\"b\",\"event\":\"view\",\"timestamp\":\"yesterday\"}\n",
        "{\"user_id\":\"b\",\"event\":\"view\",\"timestamp\":\"2024-01-01 00:00:01\",\"platform\":7}\n",
    );
    let file = bench.file("rows.ndjson", lines);
    let mapping = bench.file("mapping.toml", SHOP);
    let dry = bench.attune(&["import", "--dry-run", "--site", "s", "--mapping", &mapping, &file]);
    let expected =
        json!({ "read": 5, "imported": 2, "duplicate": 0, "rejected": 3, "reasons": { "not_an_event": 3 } });
    assert_eq!(dry, expected);
    assert_eq!(bench.import(SHOP, &file), expected);
    assert_eq!(bench.funnel(&json!({ "steps": [{ "event": ["view", "other"] }] })), [2]);
}
