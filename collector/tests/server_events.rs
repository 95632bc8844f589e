//! Signed events of a company's servers.

mod common;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::{Answer, NOW, TestApp};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

struct Key {
    id: String,
    secret: String,
}

async fn key(app: &TestApp) -> Key {
    let made =
        app.api("POST", "/api/sites/bank/server-keys", &[], Some(json!({ "label": "core banking" }))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Key { id: text(&made["key"]["id"]), secret: text(&made["secret"]) }
}

fn sign(key: &Key, at: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.secret.as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at},v1={hex}")
}

async fn send(app: &TestApp, key: &str, signature: &str, body: &str) -> Answer {
    let request = Request::post("/v1/events")
        .header("content-type", "application/json")
        .header("attune-key", key)
        .header("attune-signature", signature);
    app.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

fn event(id: &str, user: &str) -> Value {
    json!({ "id": id, "name": "card_approved", "at": NOW - 60_000, "user": user, "properties": { "limit": 5_000_000 } })
}

#[tokio::test]
async fn signed_events_of_many_users_are_stored_and_joined_to_them() {
    let app = TestApp::start().await;
    let key = key(&app).await;
    let mut with_browser = event("3", "cust_2");
    with_browser["visitor"] = json!("01941f29-7c00-7d3c-9a51-6f0f5a2b8c11");
    let body = json!({ "events": [
        event("1", "cust_1"),
        event("2", "cust_2"),
        with_browser,
        event("1", "cust_1"),
        { "id": "4", "name": "x", "at": NOW, "properties": {} },
        { "id": "5", "name": "x", "at": NOW, "user": "u", "amount": 7 },
        { "id": 6, "name": "x", "at": NOW, "user": "u" },
        { "id": "7", "name": "x", "user": "u" },
        { "id": "8", "name": "x", "at": "2020-01-01T00:00:00Z", "user": "u" },
    ] })
    .to_string();
    let answer = send(&app, &key.id, &sign(&key, NOW, &body), &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let answer = answer.json();
    let verdicts: Vec<String> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            format!("{} {}", event["verdict"].as_str().unwrap(), event["reason"].as_str().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            "ok -",
            "ok -",
            "ok -",
            "duplicate -",
            "invalid bad_id",
            "invalid malformed",
            "invalid bad_id",
            "invalid bad_time",
            "expired too_old"
        ]
    );
    app.flush().await;
    let rows = app.store.rows();
    let users: Vec<&str> = rows.iter().map(|row| row.user.as_str()).collect();
    assert_eq!(users, ["cust_1", "cust_2", "cust_2"]);
    assert_ne!(rows[0].visitor, rows[1].visitor);
    assert_eq!(rows[2].visitor.to_string(), "01941f29-7c00-7d3c-9a51-6f0f5a2b8c11");
    assert_eq!(rows[0].at.0, NOW - 60_000);

    // What was refused can be read again without the secret, though not by anybody else.
    let again = app.api("POST", "/api/sites/bank/replay", &[], Some(json!({}))).await.json();
    assert_eq!(
        (&again["requests"], &again["stored"], &again["duplicate"]),
        (&json!(1), &json!(0), &json!(4))
    );
}

#[tokio::test]
async fn what_is_not_signed_by_a_key_of_today_is_refused() {
    let app = TestApp::start().await;
    let (first, second) = (key(&app).await, key(&app).await);
    let body = json!({ "events": [event("1", "cust_1")] }).to_string();
    let refused = async |key: &str, signature: &str, body: &str, why: &str| {
        let answer = send(&app, key, signature, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "bad_signature"));
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(why), "{message}");
    };
    let good = sign(&first, NOW, &body);
    refused(&first.id, &good, &body.replace("cust_1", "cust_9"), "not that of this body").await;
    refused(&second.id, &good, &body, "not that of this body").await;
    refused(&app.key, &good, &body, "no site has").await;
    refused(&first.id, &sign(&first, NOW - 300_001, &body), &body, "five minutes").await;
    refused(&first.id, &sign(&first, NOW + 300_001, &body), &body, "five minutes").await;
    refused(&first.id, &good.replace("t=1", "t=2"), &body, "not that of this body").await;
    refused(&first.id, "t=1", &body, "form").await;
    let unsigned = Request::post("/v1/events").body(Body::from(body.clone())).unwrap();
    assert_eq!(app.send(unsigned).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&app, &first.id, &good, &body).await.status, StatusCode::OK);

    let path = format!("/api/sites/bank/server-keys/{}", first.id);
    assert_eq!(app.api("DELETE", &path, &[], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.api("DELETE", &path, &[], None).await.status, StatusCode::NOT_FOUND);
    refused(&first.id, &good, &body, "no site has").await;
    let left = app.api("GET", "/api/sites/bank/server-keys", &[], None).await;
    assert_eq!(left.json().as_array().unwrap().len(), 1);
    assert!(!String::from_utf8_lossy(&left.body).contains(&second.secret));
    assert_eq!(send(&app, &second.id, &sign(&second, NOW, &body), &body).await.status, StatusCode::OK);
    for bad in [json!({ "label": "" }), json!({}), json!({ "label": "a\nb" })] {
        assert_eq!(
            app.api("POST", "/api/sites/bank/server-keys", &[], Some(bad)).await.status,
            StatusCode::BAD_REQUEST
        );
    }
}
