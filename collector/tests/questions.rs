//! Every kind of question from a file through the command line, and over HTTP by who signed in.

mod common;

use common::process::Attune;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const MAPPING: &str = r#"
visitor = "visitor"
session = "session"
user = "user"
properties = ["amount", "form", "field", "term", "offer", "risk", "item"]
[time]
column = "time"
format = "rfc3339"
[name]
column = "event"
"#;

const ROWS: &str = "\
visitor,session,user,time,event,amount,form,field,term,offer,risk,item
v1,s1,u1,2026-11-01T10:00:00Z,search_performed,,,,Card,,,
v1,s1,u1,2026-11-01T10:01:00Z,item_viewed,,,,,,9,travel
v1,s1,u1,2026-11-01T10:02:00Z,offer_exposed,,,,,o1,,
v1,s1,u1,2026-11-01T10:03:00Z,form_started,,apply,,,,,
v1,s1,u1,2026-11-01T10:04:00Z,purchased,12.5,,,,,,
v2,s2,,2026-11-02T10:00:00Z,form_started,,apply,,,,,
v2,s2,,2026-11-02T10:05:00Z,form_abandoned,,apply,income,,,,
v3,s3,,2026-11-02T11:00:00Z,form_started,,apply,,,,,
v3,s3,,2026-11-02T11:05:00Z,purchased,7.5,,,,,,
";

/// The command line, beside the running server.
fn attune(data: &Path, arguments: &[&str], json: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
    command.args(arguments).arg("--data").arg(data).stdin(Stdio::null());
    if json {
        command.arg("--json");
    }
    command.output().unwrap()
}

fn answered(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_question_is_asked_from_a_file_and_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("attune");
    let server = Attune::start(&data).await;
    let (mapping, rows) = (folder.path().join("mapping.toml"), folder.path().join("rows.csv"));
    std::fs::write(&mapping, MAPPING).unwrap();
    std::fs::write(&rows, ROWS).unwrap();
    answered(&attune(&data, &["site", "add", "s"], true));
    let (mapping, rows) = (mapping.to_string_lossy(), rows.to_string_lossy());
    answered(&attune(&data, &["import", "--site", "s", "--mapping", &mapping, &rows], true));
    for attribute in [json!({ "id": "tier" }), json!({ "id": "risk", "label": "server-only" })] {
        let made = server.call(Method::POST, "/api/sites/s/attributes", Some(attribute)).await;
        assert_eq!(made["version"], 1, "{made}");
    }

    let buy = || json!({ "event": "purchased" });
    let who = json!({ "user": "u1" });
    // The kind, the question, where in the answer to look, and what is there.
    let asked = [
        (
            "funnel",
            json!({ "steps": [{ "event": "form_started" }, buy()], "sample": 0.5 }),
            "/sample/share",
            json!(0.5),
        ),
        ("trend", json!({ "event": "purchased" }), "/points/1/count", json!(1)),
        (
            "goals",
            json!({ "goals": [{ "name": "g", "event": buy(), "value": "amount" }] }),
            "/goals/0/reached/money/0/total",
            json!(20.0),
        ),
        ("forms", json!({}), "/forms/0/fields/0/field", json!("income")),
        (
            "searches",
            json!({ "goal": buy() }),
            "/terms/0",
            json!({ "term": "card", "searches": 1, "sessions": 1, "counted": 0,
            "without_results": 0, "refined": 0, "continued": 1, "goals": 1 }),
        ),
        (
            "promotions",
            json!({ "goal": buy(), "value": "amount" }),
            "/promotions/0/exposed/value",
            json!(12.5),
        ),
        (
            "process",
            json!({ "steps": [{ "name": "a", "event": { "event": "form_started" } }, { "name": "b", "event": buy() }] }),
            "/completed",
            json!(2),
        ),
        (
            "predictors",
            json!({ "step": 2, "funnel": { "steps": [{ "event": "form_started" }, buy()] } }),
            "/dropped",
            json!(1),
        ),
        (
            "sensing",
            json!({ "interval": "day", "period": { "from": 1_793_491_200_000_i64, "to": 1_793_664_000_000_i64 },
            "rules": [{ "name": "any" }] }),
            "/series/0/points/0/state",
            json!("unknown"),
        ),
        ("person", json!({ "who": who, "value": "amount" }), "/average_basket", json!(12.5)),
        (
            "facts",
            json!({ "who": who }),
            "/facts/0/did",
            json!({ "kind": "item_reviewed", "item": "travel", "views": 1 }),
        ),
        (
            "sql",
            json!({ "statement": "SELECT name, count() AS n FROM events WHERE name = $n GROUP BY name",
            "parameters": { "n": "purchased" } }),
            "/rows",
            json!([["purchased", 2]]),
        ),
    ];
    for (kind, question, place, expected) in asked {
        let file = folder.path().join("question.json");
        std::fs::write(&file, question.to_string()).unwrap();
        let arguments = ["query", kind, "--site", "s", "--file", &file.to_string_lossy()];
        let text = answered(&attune(&data, &arguments, true));
        let answer: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(answer.pointer(place), Some(&expected), "{kind}: {answer}");
        assert!(answer["sql"].as_str().unwrap().contains("SELECT") && answer["rows_read"].is_u64(), "{kind}");
        let table = answered(&attune(&data, &arguments, false));
        // Facts are as of the second in which they are asked.
        let definition = answer["definition"].as_str().unwrap();
        let definition = definition.split_once(" UTC, ").map_or(definition, |(_, timeless)| timeless);
        assert!(kind == "trend" || table.contains(definition), "{kind}: {table}");

        let mut wrong = question.clone();
        wrong["surprise"] = json!(1);
        let refused = server.call(Method::POST, &format!("/api/sites/s/{kind}"), Some(wrong)).await;
        assert!(refused["message"].as_str().unwrap().contains("surprise"), "{kind}: {refused}");
    }

    // A statement that may not be, at the command line.
    let file = folder.path().join("hostile.json");
    std::fs::write(&file, json!({ "statement": "SELECT * FROM file('/etc/passwd')" }).to_string()).unwrap();
    let refused = attune(&data, &["query", "sql", "--site", "s", "--file", &file.to_string_lossy()], true);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("`file` is a table function"), "{refused:?}");

    // What is labelled `server-only` is the server's command line's, and nobody's who signed in.
    let client = reqwest::Client::new();
    let credentials = json!({ "user": "admin", "password": "correct horse" });
    let signed = client.post(format!("{}/api/sign-in", server.base)).json(&credentials).send().await.unwrap();
    let cookie = signed.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let ask = async |statement: &str, local: bool| {
        let mut request = client
            .post(format!("{}/api/sites/s/sql", server.base))
            .header("origin", &server.base)
            .json(&json!({ "statement": statement }));
        request = if local { request.bearer_auth(server.token()) } else { request.header("cookie", &cookie) };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    for statement in
        ["SELECT risk FROM people", "SELECT texts['risk'] FROM events", "SELECT numbers['risk'] FROM events"]
    {
        let (status, refused) = ask(statement, false).await;
        assert_eq!(status, 422, "{refused}");
        assert!(refused["message"].as_str().unwrap().contains("`risk`"), "{refused}");
        assert_eq!(ask(statement, true).await.0, 200, "{statement}");
    }
    let (_, seen) = ask("SELECT texts, numbers FROM events WHERE name = 'item_viewed'", false).await;
    assert_eq!(seen["rows"], json!([[{ "item": "travel" }, {}]]));
    let (_, seen) = ask("SELECT texts, numbers FROM events WHERE name = 'item_viewed'", true).await;
    assert_eq!(seen["rows"], json!([[{ "item": "travel" }, { "risk": 9 }]]));
}
