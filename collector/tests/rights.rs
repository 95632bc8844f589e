//! What an account may see of people, and for how long a site keeps what it stores: set at the command line and over HTTP,
//! and in force at once.

mod common;

use common::process::{Attune, now_ms};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const DAY_MS: i64 = 86_400_000;

/// The command line, beside the running server.
fn attune(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
    command.args(arguments).arg("--data").arg(data).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A server with the site `s`, of which a person did something two days ago and fifty.
async fn server(data: &Path) -> Attune {
    let server = Attune::start(data).await;
    let site = server.call(Method::POST, "/api/sites", Some(json!({ "name": "s" }))).await;
    let row = |days: i64| {
        json!({ "id": format!("00000000-0000-4000-8000-0000000000{days:02}"), "name": "applied",
            "at": now_ms() - days * DAY_MS, "visitor": "00000000-0000-4000-8000-00000000000a",
            "session": "00000000-0000-4000-8000-00000000000b", "user": "u1", "properties": {} })
    };
    let body = json!({ "rows": [row(2), row(50)] });
    let sent = server.call(Method::POST, "/api/sites/s/import", Some(body)).await;
    assert!(sent["code"].is_null(), "{sent} {site}");
    server.flush().await;
    server
}

/// Signs in; the session's cookie.
async fn sign_in(server: &Attune, user: &str, password: &str) -> String {
    let credentials = json!({ "user": user, "password": password });
    let client = reqwest::Client::new();
    let signed = client.post(format!("{}/api/sign-in", server.base)).json(&credentials).send().await.unwrap();
    signed.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

async fn ask(
    server: &Attune,
    cookie: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (u16, String) {
    let mut request = reqwest::Client::new()
        .request(method, format!("{}{path}", server.base))
        .header("origin", &server.base)
        .header("cookie", cookie);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_people_counts_them_and_cannot_list_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("attune");
    let server = server(&data).await;
    let new = json!({ "name": "ann", "password": "correct horse" });
    let client = reqwest::Client::new();
    let made = client.post(format!("{}/api/users", server.base)).bearer_auth(server.token()).json(&new);
    assert_eq!(made.send().await.unwrap().status(), 204);
    let cookie = sign_in(&server, "ann", "correct horse").await;

    let funnel = json!({ "steps": [{ "event": "applied" }], "people": { "step": 1 } });
    let who = json!({ "who": { "user": "u1" } });
    let listing = [
        (Method::POST, "/api/sites/s/funnel", Some(funnel)),
        (
            Method::POST,
            "/api/sites/s/rfm",
            Some(json!({ "event": { "event": "applied" }, "people": { "recency": 5 } })),
        ),
        (Method::POST, "/api/sites/s/person", Some(who.clone())),
        (Method::POST, "/api/sites/s/facts", Some(who)),
        (Method::GET, "/api/sites/s/export?format=csv", None),
        (Method::GET, "/api/sites/s/erasures", None),
        (Method::GET, "/api/sites/s/dead-letters", None),
        (Method::POST, "/api/sites/s/sql", Some(json!({ "statement": "SELECT visitor FROM events" }))),
        (Method::POST, "/api/sites/s/sql", Some(json!({ "statement": "SELECT * FROM events" }))),
    ];
    let counting = [
        ("/api/sites/s/funnel", json!({ "steps": [{ "event": "applied" }] })),
        ("/api/sites/s/trend", json!({ "interval": "day", "measure": "visitors" })),
        ("/api/sites/s/sql", json!({ "statement": "SELECT uniq(visitor) AS people FROM events" })),
    ];
    for may in [true, false, true] {
        // In force from the next request on, in a session that is there already.
        said(&attune(&data, &["user", "rights", "ann", "--people", if may { "yes" } else { "no" }]));
        let listed = said(&attune(&data, &["user", "list"]));
        assert_eq!(listed.contains("ann  people hidden"), !may, "{listed}");
        for (method, path, body) in &listing {
            let (status, text) = ask(&server, &cookie, method.clone(), path, body.clone()).await;
            if may {
                assert_eq!(status, 200, "{path} {body:?}: {text}");
            } else if path.ends_with("sql") {
                assert_eq!(status, 422, "{path} {body:?}: {text}");
                assert!(text.contains("which you may not see"), "{text}");
            } else {
                assert_eq!(status, 403, "{path}: {text}");
                assert!(text.contains("people_hidden") && !text.contains("u1"), "{text}");
            }
        }
        for (path, body) in &counting {
            let (status, text) = ask(&server, &cookie, Method::POST, path, Some(body.clone())).await;
            assert_eq!(status, 200, "{path}: {text}");
        }
    }
    // Nobody changes their own rights.
    let (status, _) =
        ask(&server, &cookie, Method::PUT, "/api/users/ann/rights", Some(json!({ "people": true }))).await;
    assert_eq!(status, 403);
    let wrong = attune(&data, &["user", "rights", "nobody", "--people", "no"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("user `nobody` does not exist"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_site_does_not_keep_is_not_counted_and_the_answer_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("attune");
    let server = server(&data).await;
    let counted = async || {
        let question = json!({ "steps": [{ "event": "applied" }, { "event": "applied" }] });
        let answer = server.call(Method::POST, "/api/sites/s/funnel", Some(question)).await;
        let counts: Vec<u64> =
            answer["steps"].as_array().unwrap().iter().map(|step| step["count"].as_u64().unwrap()).collect();
        (counts, answer["definition"].as_str().unwrap().to_owned())
    };
    let (counts, definition) = counted().await;
    assert_eq!(counts, [1, 1]);
    assert!(!definition.contains("Events are kept"), "{definition}");
    assert!(said(&attune(&data, &["site", "retention", "s"])).contains("behaviour   for ever"));

    let shown = said(&attune(&data, &["site", "retention", "s", "--behaviour", "30", "--texts", "10"]));
    assert!(shown.contains("behaviour   30 days") && shown.contains("texts       10 days"), "{shown}");
    let (counts, definition) = counted().await;
    assert_eq!(counts, [1, 0], "at once, whether or not the engine has removed it yet");
    let first = (now_ms() / DAY_MS - 29) * DAY_MS;
    assert!(definition.contains("Events are kept for 30 days: nothing before "), "{definition} {first}");

    // The other limits stay, unless all are set.
    let shown = said(&attune(&data, &["site", "retention", "s", "--people", "400"]));
    assert!(shown.contains("behaviour   30 days") && shown.contains("people      400 days"), "{shown}");
    let read = server.call(Method::GET, "/api/sites/s/retention", None).await;
    assert_eq!(read, json!({ "behaviour_days": 30, "texts_days": 10, "people_days": 400 }));
    let refused = attune(&data, &["site", "retention", "s", "--behaviour", "0"]);
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        refused.contains("`behaviour_days` is 1 to 3650, or left out to keep for ever, not 0"),
        "{refused}"
    );
    let shown = said(&attune(&data, &["site", "retention", "s", "--set"]));
    assert!(shown.lines().all(|line| line.ends_with("for ever")), "{shown}");
}
