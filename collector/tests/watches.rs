//! Questions that a site keeps: figures that are watched, and statements that are run again.

mod common;

use common::process::{Attune, now_ms};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

const DAY_MS: i64 = 86_400_000;

/// What the command line says, beside the running server.
fn attune(data: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
    let output = command.args(arguments).arg("--data").arg(data).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A site where 20 things a day were bought for five weeks, and none yesterday, when its pages were seen as ever.
async fn shop(data: &Path) -> (Attune, i64) {
    let server = Attune::start(data).await;
    server.call(Method::POST, "/api/sites", Some(json!({ "name": "s" }))).await;
    let today = now_ms().div_euclid(DAY_MS) * DAY_MS;
    let mut rows = Vec::new();
    for day in 1..=35_i64 {
        for number in 0..20_i64 {
            for name in ["page_viewed", "purchased"] {
                if day == 1 && name == "purchased" {
                    continue;
                }
                let serial = rows.len();
                rows.push(json!({ "id": format!("00000000-0000-4000-8000-{serial:012x}"), "name": name,
                    "at": today - day * DAY_MS + number * 3_600_000, "properties": {},
                    "visitor": format!("00000000-0000-4000-9000-{number:012x}"),
                    "session": format!("00000000-0000-4000-a000-{:012x}", day * 100 + number) }));
            }
        }
    }
    for rows in rows.chunks(500) {
        let sent = server.call(Method::POST, "/api/sites/s/import", Some(json!({ "rows": rows }))).await;
        assert!(sent["code"].is_null(), "{sent}");
    }
    server.flush().await;
    (server, today)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_figure_is_told_of_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("attune");
    let (server, today) = shop(&data).await;
    let watch = |id: &str, event: &str, paused: bool| {
        json!({ "id": id, "paused": paused, "question": { "event": event, "interval": "day", "weeks": 3,
            "period": { "from": 0, "to": 3 * DAY_MS }, "rules": [{ "name": "stopped", "side": "below" }] } })
    };
    for watch in [watch("sales", "purchased", false), watch("views", "page_viewed", false)] {
        let made = server.call(Method::POST, "/api/sites/s/watches", Some(watch)).await;
        assert_eq!(made["version"], 1, "{made}");
    }
    server.call(Method::POST, "/api/sites/s/watches", Some(watch("asleep", "purchased", true))).await;
    assert_eq!(server.call(Method::GET, "/api/sites/s/alerts", None).await, json!([]));

    // Whoever evaluates it, and however often: one row of days is one alert.
    let mut told = Value::Null;
    for _ in 0..2 {
        let alerts = server.call(Method::POST, "/api/sites/s/alerts", None).await;
        let [alert] = alerts.as_array().unwrap().as_slice() else { panic!("{alerts}") };
        assert_eq!((&alert["watch"], &alert["alert"]["rule"]), (&json!("sales"), &json!("stopped")));
        assert_eq!(alert["alert"]["since"], today - DAY_MS, "{alert}");
        assert_eq!(alert["alert"]["until"], Value::Null);
        assert!(told.is_null() || told == alert["told_at"], "it was told of before");
        told = alert["told_at"].clone();
    }
    let shown = attune(&data, &["query", "alerts", "--site", "s", "--now"]);
    assert!(shown.starts_with("sales  stopped  since ") && shown.ends_with("lasts\n"), "{shown}");

    // What is sold late ends it.
    let rows: Vec<Value> = (0..20_i64)
        .map(|number| {
            json!({ "id": format!("00000000-0000-4000-b000-{number:012x}"), "name": "purchased", "properties": {},
                "at": today - DAY_MS + number * 3_600_000, "visitor": format!("00000000-0000-4000-9000-{number:012x}"),
                "session": "00000000-0000-4000-a000-000000000001" })
        })
        .collect();
    server.call(Method::POST, "/api/sites/s/import", Some(json!({ "rows": rows }))).await;
    server.flush().await;
    let alerts = server.call(Method::POST, "/api/sites/s/alerts", None).await;
    assert_eq!(alerts.as_array().unwrap().len(), 1, "nothing new came true: {alerts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_is_kept_is_run_with_the_rights_of_who_runs_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("attune");
    let (server, _) = shop(&data).await;
    let kept = json!({ "id": "count", "name": "How many", "question": {
        "statement": "SELECT count() AS n FROM events WHERE name = {name:String}", "parameters": { "name": "purchased" } } });
    let made = server.call(Method::POST, "/api/sites/s/statements", Some(kept.clone())).await;
    assert_eq!((&made["version"], &made["body"]), (&json!(1), &kept), "{made}");
    let run = async |id: &str, body: Value| {
        server.call(Method::POST, &format!("/api/sites/s/statements/{id}/run"), Some(body)).await
    };
    assert_eq!(run("count", json!({})).await["rows"], json!([[680]]));
    let other = run("count", json!({ "parameters": { "name": "page_viewed" } })).await;
    assert_eq!(other["rows"], json!([[700]]), "{other}");
    assert_eq!(run("other", json!({})).await["code"], "not_found");
    assert!(attune(&data, &["query", "saved", "--site", "s", "count"]).contains("680"));

    // Kept by the command line, which may see everything; run by somebody who may not see people.
    let listing = json!({ "id": "who", "question": { "statement": "SELECT DISTINCT visitor FROM events" } });
    server.call(Method::POST, "/api/sites/s/statements", Some(listing)).await;
    assert_eq!(run("who", json!({})).await["rows"].as_array().unwrap().len(), 20);
    let client = reqwest::Client::new();
    let account = json!({ "name": "ann", "password": "correct horse" });
    client
        .post(format!("{}/api/users", server.base))
        .bearer_auth(server.token())
        .json(&account)
        .send()
        .await
        .unwrap();
    attune(&data, &["user", "rights", "ann", "--people", "no"]);
    let credentials = json!({ "user": "ann", "password": "correct horse" });
    let signed = client.post(format!("{}/api/sign-in", server.base)).json(&credentials).send().await.unwrap();
    let cookie = signed.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let path = format!("{}/api/sites/s/statements/who/run", server.base);
    let refused = client.post(path).header("cookie", cookie).header("origin", &server.base).json(&json!({}));
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.unwrap().contains("which you may not see"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_be_asked_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Attune::start(folder.path()).await;
    server.call(Method::POST, "/api/sites", Some(json!({ "name": "s", "origins": [] }))).await;
    let period = json!({ "from": 0, "to": DAY_MS });
    let cases = [
        ("statements", json!({ "statement": "" }), "the statement is empty"),
        ("statements", json!({ "statement": "SELECT (1" }), "the statement cannot be read"),
        ("statements", json!({ "statement": "DROP TABLE events" }), "DROP is not a SELECT"),
        ("statements", json!({ "statement": "SELECT 1", "seconds": 0 }), "`seconds` is 1 to 60, not 0"),
        ("statements", json!({ "statement": "SELECT 1", "rows": 10_001 }), "`rows` is 1 to 10000, not 10001"),
        ("statements", json!({ "statement": "SELECT 1", "period": { "from": 2, "to": 1 } }), "ends at 1"),
        ("watches", json!({ "period": period, "weeks": 2 }), "`weeks` is 3 to 26, not 2"),
        ("watches", json!({ "period": { "from": 2, "to": 1 } }), "ends at 1"),
        (
            "watches",
            json!({ "period": period, "rules": [{ "name": "r", "intervals": 0 }] }),
            "rule `r` waits for",
        ),
    ];
    for (at, (kind, question, why)) in cases.into_iter().enumerate() {
        let path = format!("/api/sites/s/{kind}");
        let body = json!({ "id": format!("d{at}"), "question": question });
        let answer = server.call(Method::POST, &path, Some(body)).await;
        assert_eq!(answer["code"], "bad_question", "{kind} {question}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains(why), "{kind} {question}: {answer}");
        assert_eq!(server.call(Method::GET, &path, None).await, json!([]));
    }
    // What is only given when it is run may be left open, and a good one is not changed for a bad one.
    let open = json!({ "id": "open", "question": { "statement": "SELECT count() FROM events WHERE name = {name:String}" } });
    let made = server.call(Method::POST, "/api/sites/s/statements", Some(open)).await;
    assert_eq!(made["version"], 1, "{made}");
    let worse = json!({ "id": "open", "question": { "statement": "SELECT 1", "seconds": 61 } });
    let client = reqwest::Client::new().put(format!("{}/api/sites/s/statements/open", server.base));
    let answer =
        client.bearer_auth(server.token()).header("if-match", "\"1\"").json(&worse).send().await.unwrap();
    assert_eq!(answer.status(), 422);
    let kept = server.call(Method::GET, "/api/sites/s/statements/open", None).await;
    assert_eq!(kept["version"], 1, "{kept}");
}
