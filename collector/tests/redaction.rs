//! Personal data ends at the door, whichever it is.

mod common;

use attune_schema::batch::{Batch, Context};
use attune_schema::consent::{Consent, Grant};
use attune_schema::event::{Event, Page};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use attune_warehouse::raw::RawFilter;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use common::{NOW, TestApp};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const CARD: &str = "4111-1111-1111-1111";
const MAIL: &str = "kim@bank.example";

/// None of it is anywhere in what was stored, and what stands for it is.
async fn stored_without(app: &TestApp, events: usize) {
    app.flush().await;
    let rows = app.store.rows();
    assert_eq!(rows.len(), events);
    let text = format!("{rows:?}");
    for gone in [CARD, MAIL, "4111", "kim%40", "s3cret"] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
    assert!(text.contains("[card]") && text.contains("[email]"), "{text}");
}

fn count(app: &TestApp, kind: &str) -> u64 {
    let text = app.app().metrics.render(&[]);
    let name = format!("\nattune_redacted_{kind}_total ");
    text.split_once(&name).unwrap().1.lines().next().unwrap().parse().unwrap()
}

async fn kept(app: &TestApp) -> usize {
    app.flush().await;
    let site = app.app().sites.by_name("bank").unwrap().record.number;
    app.app().store.raw(site, &RawFilter { limit: 10, ..RawFilter::default() }).await.unwrap().len()
}

#[tokio::test]
async fn of_a_batch_in_json() {
    let app = TestApp::start().await;
    let mut body = app.body(json!([{
        "id": "1", "name": "page_viewed", "at": NOW,
        "page": { "url": "https://u:p@bank.test/?m=kim%40bank.example&token=s3cret", "title": MAIL, "referrer": "https://a.test/" },
        "properties": { "card": 4_111_111_111_111_111_u64, "at": NOW, "note": format!("paid with {CARD}") },
    }]));
    body["context"]["utm_campaign"] = json!(MAIL);
    body["user"] = json!("cust_1");
    assert_eq!(
        app.post(&[("content-type", "application/json")], body.to_string()).await.status,
        StatusCode::OK
    );
    stored_without(&app, 1).await;
    assert_eq!(["card", "email", "token", "phone"].map(|kind| count(&app, kind)), [2, 3, 2, 0]);
    let row = &app.store.rows()[0];
    assert!(format!("{row:?}").contains(&NOW.to_string()), "a time is no card");
}

#[tokio::test]
async fn of_a_batch_in_the_compact_form() {
    let app = TestApp::start().await;
    let batch = Batch {
        site: app.key.clone(),
        visitor: VisitorId(42),
        sent_at: Timestamp(NOW),
        consent: Consent { measure: Grant::Granted, ..Consent::default() },
        context: Context { utm_source: MAIL.to_owned(), ..Context::default() },
        events: vec![Event {
            id: EventId(1),
            name: "page_viewed".to_owned(),
            at: Timestamp(NOW),
            session: SessionId(7),
            page: Some(Page { url: format!("https://bank.test/{MAIL}"), ..Page::default() }),
            properties: vec![("note".to_owned(), CARD.into())],
        }],
        ..Batch::default()
    };
    let answer = app.post(&[("content-type", "application/octet-stream")], batch.to_bytes()).await;
    assert_eq!(answer.status, StatusCode::OK);
    stored_without(&app, 1).await;
    assert_eq!(["card", "email"].map(|kind| count(&app, kind)), [1, 2]);
}

#[tokio::test]
async fn of_a_server() {
    let app = TestApp::start().await;
    let made =
        app.api("POST", "/api/sites/bank/server-keys", &[], Some(json!({ "label": "core" }))).await.json();
    let body = json!({ "events": [{
        "id": "1", "name": "call_ended", "at": NOW, "user": "cust_1", "properties": { "note": format!("{CARD} {MAIL}") },
    }] })
    .to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(made["secret"].as_str().unwrap().as_bytes()).unwrap();
    mac.update(format!("{NOW}.{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let request = Request::post("/v1/events")
        .header("content-type", "application/json")
        .header("attune-key", made["key"]["id"].as_str().unwrap())
        .header("attune-signature", format!("t={NOW},v1={hex}"))
        .body(Body::from(body));
    assert_eq!(app.send(request.unwrap()).await.status, StatusCode::OK);
    stored_without(&app, 1).await;
}

#[tokio::test]
async fn of_an_import() {
    let app = TestApp::start().await;
    let row = json!({
        "id": "00000000-0000-0000-0000-000000000001", "name": "bought", "at": NOW, "user": "cust_1",
        "visitor": "00000000-0000-0000-0000-000000000002", "session": "00000000-0000-0000-0000-000000000003",
        "properties": { "note": format!("{CARD} {MAIL}") },
    });
    let answer = app.api("POST", "/api/sites/bank/import", &[], Some(json!({ "rows": [row] }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    stored_without(&app, 1).await;
    assert_eq!(count(&app, "card"), 1);
}

async fn segment(app: &TestApp, properties: Value) {
    let body = json!({
        "messageId": "m1", "type": "track", "event": "paid", "userId": "cust_1", "anonymousId": "a",
        "timestamp": "2026-01-05T09:00:00Z", "properties": properties,
    });
    let basic = BASE64_STANDARD.encode(format!("{}:", app.key));
    let request = Request::post("/v1/track")
        .header("content-type", "application/json")
        .header("authorization", format!("Basic {basic}"))
        .body(Body::from(body.to_string()));
    let answer = app.send(request.unwrap()).await;
    assert!(answer.status.is_success(), "{answer:?}");
}

#[tokio::test]
async fn of_another_products_client_whose_request_is_then_not_kept() {
    let app = TestApp::start().await;
    app.now.store(1_767_603_600_000, std::sync::atomic::Ordering::Relaxed);
    segment(&app, json!({ "note": format!("{CARD} {MAIL}") })).await;
    stored_without(&app, 1).await;
    assert_eq!(kept(&app).await, 0);
    // Nothing of it is in an event: lists are not taken.
    segment(&app, json!({ "all": [MAIL] })).await;
    assert_eq!(kept(&app).await, 0);
    segment(&app, json!({ "amount": 5 })).await;
    assert_eq!(kept(&app).await, 1);
}

#[tokio::test]
async fn of_a_request_with_refused_events_nothing_is_kept_unless_it_is_wanted() {
    for raw_personal in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let mut config = common::config(dir.path());
        config.raw_personal = raw_personal;
        let app = TestApp::open(&config, std::sync::Arc::default()).await;
        let refused = json!([{ "id": "1", "name": "", "at": NOW, "properties": { "note": MAIL } }]);
        app.batch(refused).await;
        assert_eq!(kept(&app).await, usize::from(raw_personal));
    }
}
