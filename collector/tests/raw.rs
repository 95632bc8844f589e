//! Requests kept as they were received: what is in them, who may see them, and what reading them again does.

mod common;

use attune_warehouse::raw::{RawFilter, RawRow};
use attune_warehouse::row::EventRow;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use common::{NOW, TestApp, event};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// Shortly after the requests were recorded: 2026-11-22T11:20:00Z.
const RECORDED: i64 = 1_795_346_400_000;

fn site(app: &TestApp) -> u32 {
    app.app().sites.by_name("bank").unwrap().record.number
}

async fn kept(app: &TestApp) -> Vec<RawRow> {
    app.flush().await;
    let filter = RawFilter { limit: 1_000, ..RawFilter::default() };
    app.app().store.raw(site(app), &filter).await.unwrap()
}

async fn replay(app: &TestApp, what: Value) -> Value {
    let answer = app.api("POST", "/api/sites/bank/replay", &[], Some(what)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}

fn by_id(mut rows: Vec<EventRow>) -> Vec<EventRow> {
    rows.sort_by_key(|row| row.id);
    rows
}

#[tokio::test]
async fn a_refused_event_is_kept_with_its_request_and_can_be_looked_at() {
    let app = TestApp::start().await;
    app.batch(json!([event("1", "page_viewed", NOW)])).await;
    let mut body = app.body(json!([event("2", "page_viewed", NOW), event("3", "", NOW), event("4", "x", 5)]));
    body["user"] = json!("cust_1");
    app.post(&[("content-type", "application/json"), ("cookie", "secret=1")], body.to_string()).await;
    let kept = kept(&app).await;
    assert_eq!(kept.len(), 1, "a request without refused events is not kept");
    assert_eq!(kept[0].refused, [(1, "bad_name".to_owned()), (2, "too_old".to_owned())]);
    assert_eq!((kept[0].events.len(), kept[0].visitors.len(), kept[0].users[0].as_str()), (1, 1, "cust_1"));
    assert!(!format!("{kept:?}").contains("secret"));

    let letters = app.api("GET", "/api/sites/bank/dead-letters", &[], None).await;
    assert_eq!(letters.status, StatusCode::OK, "{letters:?}");
    assert_eq!(letters.json()[0]["refused"], json!([[1, "bad_name"], [2, "too_old"]]));
    assert_eq!(serde_json::from_str::<Value>(letters.json()[0]["body"].as_str().unwrap()).unwrap(), body);
    let nobody = Request::get("/api/sites/bank/dead-letters").body(Body::empty()).unwrap();
    assert_eq!(app.send(nobody).await.status, StatusCode::UNAUTHORIZED);

    // Months later, by the same rules: what was good is known, what was bad still is.
    app.now.fetch_add(90 * 86_400_000, Ordering::Relaxed);
    let again = replay(&app, json!({})).await;
    let expected =
        json!({ "requests": 1, "refused": 0, "taken_out": 0, "stored": 0, "duplicate": 1, "invalid": 2 });
    assert_eq!(again, expected);
    assert_eq!(self::kept(&app).await, kept, "it can be read again as often as it is kept");
    assert_eq!(app.flush().await.stored, 2);
}

#[tokio::test]
async fn what_came_without_consent_is_not_kept_at_all() {
    let app = TestApp::start().await;
    let mut body = app.body(json!([event("1", "", NOW)]));
    body["consent"] = json!({ "measure": "denied" });
    app.post(&[("content-type", "application/json")], body.to_string()).await;
    assert_eq!(kept(&app).await, []);
    assert_eq!(app.flush().await.filtered, 1);
}

/// Every product's recorded requests.
const RECORDINGS: [&str; 6] = [
    include_str!("switch/ga4.json"),
    include_str!("switch/matomo.json"),
    include_str!("switch/plausible.json"),
    include_str!("switch/posthog.json"),
    include_str!("switch/segment.json"),
    include_str!("switch/snowplow.json"),
];

#[tokio::test]
async fn other_products_requests_read_again_make_the_same_events() {
    let app = TestApp::start().await;
    app.now.store(RECORDED, Ordering::Relaxed);
    for recording in RECORDINGS {
        for case in serde_json::from_str::<Vec<Value>>(recording).unwrap() {
            let text = match &case["body"] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                body => body.to_string(),
            };
            let method = case["method"].as_str().unwrap();
            let path = case["path"].as_str().unwrap().replace("<key>", &app.key);
            // From an address, so that visitors of the day differ from those of nobody's.
            let peer = axum::extract::ConnectInfo(std::net::SocketAddr::from(([192, 0, 2, 7], 4711)));
            let mut request = Request::builder().method(method).uri(path).extension(peer);
            for (name, value) in case["headers"].as_object().unwrap() {
                let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:", app.key)));
                request = request.header(name, value.as_str().unwrap().replace("Basic <key>", &basic));
            }
            // The recordings say `gzip` of bodies that are shown unpacked.
            if let Some(headers) = request.headers_mut() {
                headers.remove("content-encoding");
            }
            let body = text.replace("<key>", &app.key);
            let answer = app.send(request.body(Body::from(body)).unwrap()).await;
            assert!(answer.status.is_success(), "{}: {answer:?}", case["client"]);
        }
    }
    let requests = kept(&app).await;
    let rows = by_id(app.store.rows());
    assert!(requests.len() > 20 && rows.len() > 30, "{} requests, {} events", requests.len(), rows.len());
    assert!(requests.iter().all(|request| !request.events.is_empty() || !request.refused.is_empty()));

    // A day later the key of the visitors of that day is gone; what was kept still says whose events they are.
    app.now.fetch_add(2 * 86_400_000, Ordering::Relaxed);
    app.app().salt.forget(app.app().now()).unwrap();
    let again = replay(&app, json!({ "all": true })).await;
    assert_eq!(again["requests"], requests.len());
    assert_eq!((&again["refused"], &again["stored"]), (&json!(0), &json!(0)), "{again}");
    assert_eq!(by_id(app.store.rows()), rows);

    let again = replay(&app, json!({ "replace": true })).await;
    assert_eq!((&again["taken_out"], &again["stored"]), (&json!(rows.len()), &json!(rows.len())), "{again}");
    app.flush().await;
    assert_eq!(by_id(app.store.rows()), rows, "taken out, and made anew the same");
    let ids = |requests: &[RawRow]| requests.iter().map(|request| request.id).collect::<Vec<_>>();
    assert_eq!(ids(&kept(&app).await), ids(&requests));
}

#[tokio::test]
async fn a_request_that_is_turned_away_stays_kept_with_what_is_stored_of_it() {
    let app = TestApp::start().await;
    app.batch(json!([event("1", "page_viewed", NOW), event("2", "", NOW)])).await;
    let requests = kept(&app).await;
    assert_eq!((requests.len(), app.store.rows().len()), (1, 1));
    for (paused, refused, taken_out) in [(true, 1, 0), (false, 0, 1)] {
        let change = json!({ "paused": paused });
        assert_eq!(app.api("PATCH", "/api/sites/bank", &[], Some(change)).await.status, StatusCode::OK);
        for what in [json!({}), json!({ "replace": true })] {
            let again = replay(&app, what.clone()).await;
            assert_eq!((&again["requests"], &again["refused"]), (&json!(1), &json!(refused)), "{again}");
            let expected = if what["replace"] == true { taken_out } else { 0 };
            assert_eq!(again["taken_out"], expected, "{again}");
            let after = kept(&app).await;
            assert_eq!((after.len(), after[0].id, app.store.rows().len()), (1, requests[0].id, 1));
        }
    }
}

#[tokio::test]
async fn only_the_command_line_reads_again_and_only_what_it_names() {
    let app = TestApp::start().await;
    app.batch(json!([event("1", "", NOW)])).await;
    app.app().control.add_user("kim", "correct horse", app.app().now()).await.unwrap();
    let credentials = json!({ "user": "kim", "password": "correct horse" }).to_string();
    let sign_in = Request::post("/api/sign-in").header("content-type", "application/json");
    let session = app.send(sign_in.body(Body::from(credentials)).unwrap()).await;
    let cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
    let request = Request::post("/api/sites/bank/replay")
        .header("cookie", cookie)
        .header("origin", "http://attune.test")
        .header("host", "attune.test")
        .header("content-type", "application/json")
        .body(Body::from("{}"));
    assert_eq!(app.send(request.unwrap()).await.code(), "local_only");
    let later = replay(&app, json!({ "from": NOW + 1 })).await;
    assert_eq!(later["requests"], 0);
    let unknown = app.api("POST", "/api/sites/bank/replay", &[], Some(json!({ "form": 1 }))).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_request_for_two_sites_is_read_again_for_each_by_itself() {
    let app = TestApp::start().await;
    let shop = json!({ "name": "shop", "origins": ["https://shop.test"] });
    assert_eq!(app.api("POST", "/api/sites", &[], Some(shop)).await.status, StatusCode::CREATED);
    let body = json!({ "n": "pageview", "d": "bank.test,shop.test", "u": "https://bank.test/" });
    let peer = axum::extract::ConnectInfo(std::net::SocketAddr::from(([192, 0, 2, 7], 4711)));
    let request =
        Request::post("/api/event").extension(peer).header("user-agent", "Mozilla/5.0 (X11) Firefox/140.0");
    let sent = app.send(request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{sent:?}");
    app.flush().await;
    let rows = by_id(app.store.rows());
    assert_eq!(rows.len(), 2);
    assert_ne!(rows[0].visitor, rows[1].visitor, "the day's visitors of two sites have nothing in common");
    app.now.fetch_add(86_400_000, Ordering::Relaxed);
    for what in [json!({ "all": true }), json!({ "replace": true })] {
        let again = replay(&app, what).await;
        assert_eq!(again["requests"], 1);
        assert_eq!(again["stored"].as_u64().unwrap() + again["duplicate"].as_u64().unwrap(), 1, "{again}");
        app.flush().await;
        assert_eq!(by_id(app.store.rows()), rows);
    }
}
