//! Decisions of pages, made again: what is the same is kept, what differs is told, and one sender is not believed.

mod common;

use attune_engine::decide::{Input, decide};
use attune_engine::json;
use attune_engine::question::question;
use attune_schema::consent::Consent;
use attune_schema::id::VisitorId;
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use common::{Answer, NOW, TestApp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;

const VISITOR: u128 = 0x0197_0000_0000_7000_8000_0000_0000_0000;

async fn change(app: &TestApp, values: Value) {
    let settings = app.api("GET", "/api/sites/bank/settings", &[], None).await;
    let mut body = settings.json()["body"].clone();
    for (name, value) in values.as_object().unwrap() {
        body[name] = value.clone();
    }
    let version = settings.header("etag").to_owned();
    let changed = app.api("PUT", "/api/sites/bank/settings", &[("if-match", &version)], Some(body)).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
}

async fn bank() -> TestApp {
    let app = TestApp::start().await;
    app.api("POST", "/api/sites", &[], Some(json!({ "name": "bank", "origins": [] }))).await;
    for (kind, document) in [
        ("placements", json!({ "id": "hero" })),
        ("offers", json!({ "id": "card", "content": { "en": { "title": "A card" } } })),
        (
            "campaigns",
            json!({ "id": "cards", "status": "running", "placements": ["hero"], "offers": ["card"] }),
        ),
    ] {
        let made = app.api("POST", &format!("/api/sites/bank/{kind}"), &[], Some(document)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    }
    change(&app, json!({ "holdout_percent": 0, "page_receipts_percent": 50, "hold_on_difference": true }))
        .await;
    app
}

/// What a page of this visitor sends of a decision, as it is or as `told`.
fn receipt(app: &TestApp, last: u32, consent: Consent, told: Option<&str>) -> Value {
    let site = app.app().sites.by_name("bank").unwrap();
    let program = &site.deciding.programs.device;
    let visitor = VisitorId(VISITOR | u128::from(last));
    let profile = Profile { visitor, revision: 3, user: Some(format!("user-{last}")), ..Profile::default() };
    let context = [("path".to_owned(), "/home".into())];
    let input = Input {
        placement: "hero",
        now: Timestamp(NOW),
        unit: visitor,
        profile: &profile,
        consent,
        context: &context,
        reserved: &[],
        limit: 1,
        force: None,
        draw: 0,
    };
    let output = json::decision(&decide(program, input, &mut ()));
    json!({
        "question": BASE64_STANDARD.encode(question(program, input)),
        "profile": BASE64_STANDARD.encode(profile.to_bytes()),
        "output": told.unwrap_or(&output),
    })
}

async fn send(app: &TestApp, address: u8, engine: &str, receipts: &[Value]) -> Answer {
    let site = app.app().sites.by_name("bank").unwrap();
    let body = json!({ "site": site.record.site.key, "engine": engine, "receipts": receipts });
    let request = Request::post("/v1/receipts").header("content-type", "text/plain");
    let mut request = request.body(Body::from(body.to_string())).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, address], 4711))));
    app.send(request).await
}

async fn verdicts(app: &TestApp, address: u8, receipts: &[Value]) -> Value {
    send(app, address, env!("CARGO_PKG_VERSION"), receipts).await.json()["verdicts"].clone()
}

async fn manifest(app: &TestApp) -> Value {
    let site = app.app().sites.by_name("bank").unwrap();
    let path = format!("/v1/manifest?site={}", site.record.site.key);
    app.send(Request::get(path).body(Body::empty()).unwrap()).await.json()
}

#[tokio::test]
async fn each_receipt_has_its_verdict() {
    let app = bank().await;
    let granted = Consent::ALL;
    let unknown = Consent { measure: attune_schema::consent::Grant::Unknown, ..granted };
    let whole = receipt(&app, 1, granted, None);
    let with = |field: &str, value: Value| {
        let mut changed = whole.clone();
        changed[field] = value;
        changed
    };
    let other_profile = receipt(&app, 2, granted, None)["profile"].clone();
    let cut = whole["question"].as_str().unwrap()[..8].to_owned();
    let receipts = [
        whole.clone(),
        receipt(&app, u32::MAX, granted, None),
        receipt(&app, 1, unknown, None),
        with("output", json!("{}")),
        with("profile", other_profile),
        with("question", json!(cut)),
        with("question", json!("%")),
    ];
    let told = verdicts(&app, 1, &receipts).await;
    let expected =
        ["same", "refused", "refused", "differs", "unreadable", "unreadable", "unreadable"].map(Value::from);
    assert_eq!(told, json!(expected));
    let other = send(&app, 1, "0.0.1", &receipts[3..4]).await.json();
    assert_eq!(other["verdicts"], json!(["other_engine"]), "an older page");

    change(&app, json!({ "salt": "another" })).await;
    assert_eq!(verdicts(&app, 1, &receipts[..1]).await, json!(["same"]), "by the bundle that it had");
    for salt in 0..5 {
        change(&app, json!({ "salt": format!("salt {salt}") })).await;
    }
    assert_eq!(verdicts(&app, 1, &receipts[..1]).await, json!(["unknown_bundle"]), "that was long ago");

    let many = vec![whole; 21];
    assert_eq!(send(&app, 1, "x", &many).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let metrics = app.send(Request::get("/metrics").body(Body::empty()).unwrap()).await;
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    for line in ["same_total 2", "differ_total 1", "unknown_total 7"] {
        assert!(metrics.contains(&format!("attune_page_decisions_{line}")), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn three_visitors_at_three_addresses_stop_a_bundle_until_it_changes() {
    let app = bank().await;
    let before = manifest(&app).await;
    change(&app, json!({ "salt": "another" })).await;
    let current = manifest(&app).await;
    assert_ne!(current["bundle"], before["bundle"]);
    let wrong = |last| receipt(&app, last, Consent::ALL, Some("{\"offers\":[]}"));
    for address in [1, 1, 2] {
        assert_eq!(
            verdicts(&app, address, &[wrong(1), wrong(2), wrong(3)]).await,
            json!(["differs", "differs", "differs"])
        );
        assert_eq!(manifest(&app).await, current, "two addresses are one too few");
    }
    let health = async || app.send(Request::get("/health").body(Body::empty()).unwrap()).await.json();
    assert!(!health().await["alarms"].as_array().unwrap().contains(&json!("decisions_differ")));
    verdicts(&app, 3, &[wrong(4)]).await;
    let held = manifest(&app).await;
    assert_eq!((&held["bundle"], &held["version"]), (&before["bundle"], &before["version"]));
    assert!(health().await["alarms"].as_array().unwrap().contains(&json!("decisions_differ")));

    let found = app.api("GET", "/api/sites/bank/differences", &[], None).await.json();
    assert_eq!(found.as_array().unwrap().len(), 10);
    assert_eq!(found[0]["page"], json!("{\"offers\":[]}"));
    assert!(found[0]["server"].as_str().unwrap().contains("\"card\""));
    assert!(found[0]["server_steps"].as_array().unwrap().len() > 3);

    change(&app, json!({ "receipts_percent": 1 })).await;
    assert_eq!(manifest(&app).await["bundle"], before["bundle"], "what it decides is the same");
    change(&app, json!({ "salt": "a third" })).await;
    assert_ne!(manifest(&app).await["bundle"], before["bundle"], "another bundle, and nothing against it");
    assert!(!health().await["alarms"].as_array().unwrap().contains(&json!("decisions_differ")));

    let erased = app.app().decisions.erase(1, BTreeSet::from(["user-1".to_owned()]), BTreeSet::new()).await;
    assert_eq!(erased.unwrap(), 3);
    let whom = BTreeSet::from([VisitorId(VISITOR | 4)]);
    assert_eq!(app.app().decisions.erase(1, BTreeSet::new(), whom).await.unwrap(), 1);
    let found = app.api("GET", "/api/sites/bank/differences", &[], None).await.json();
    assert_eq!(found.as_array().unwrap().len(), 6);
}
