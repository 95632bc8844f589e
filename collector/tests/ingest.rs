//! Every door of ingest, good input and bad.

mod common;

use attune_schema::batch::{Batch, Context};
use attune_schema::consent::{Consent, Grant};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::limits::{BATCH_EVENTS, BODY_BYTES};
use attune_schema::time::{DAY_MS, Timestamp};
use axum::http::StatusCode;
use common::{NOW, TestApp, event};
use serde_json::{Value, json};
use std::io::Write;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// `ok`, `duplicate`, or `invalid/reason`, one an event.
fn verdicts(answer: &common::Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let events = answer.json()["events"].as_array().unwrap().clone();
    let verdict = |event: Value| {
        let verdict = event["verdict"].as_str().unwrap().to_owned();
        event["reason"].as_str().map_or(verdict.clone(), |reason| format!("{verdict}/{reason}"))
    };
    events.into_iter().map(verdict).collect()
}

async fn check(events: Value, expected: &[&str]) {
    let app = TestApp::start().await;
    assert_eq!(verdicts(&app.batch(events).await), expected);
    app.flush().await;
}

#[tokio::test]
async fn one_bad_event_never_rejects_its_neighbours() {
    let deep = json!({ "id": "7", "name": "x", "at": NOW, "properties": { "a": { "b": 1 } } });
    let long = json!({ "id": "8", "name": "x", "at": NOW, "properties": { "a": "é".repeat(600) } });
    let many: Value = (0..33).map(|n| (format!("p{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    check(
        json!([
            event("1", "page_viewed", NOW),
            event("1", "page_viewed", NOW),
            event("2", "", NOW),
            event("3", "a\u{7}b", NOW),
            event("", "x", NOW),
            null,
            7,
            ["0", "x", NOW],
            { "name": "x", "at": NOW },
            { "id": 4, "name": "x", "at": NOW },
            { "id": "5", "name": "x", "at": "yesterday" },
            { "id": "6", "name": "x" },
            deep,
            long,
            { "id": "9", "name": "x", "at": NOW, "properties": many },
            { "id": "10", "name": "x", "at": NOW, "page": "no" },
            { "id": "11", "name": "x".repeat(65), "at": NOW },
            { "id": "12", "name": "x", "at": NOW, "properties": [1] },
            { "id": "13", "name": "x", "at": 5 },
            event("14", "x", 4_070_908_800_000),
            event("15", "x", NOW - 31 * DAY_MS),
            event("16", "x", NOW + 6 * 60_000),
            event("17", "x", NOW - 29 * DAY_MS),
        ]),
        &[
            "ok",
            "duplicate",
            "invalid/bad_name",
            "invalid/bad_name",
            "invalid/bad_id",
            "invalid/malformed",
            "invalid/malformed",
            "invalid/malformed",
            "invalid/bad_id",
            "invalid/bad_id",
            "invalid/bad_time",
            "invalid/bad_time",
            "invalid/bad_property",
            "invalid/bad_property",
            "invalid/too_many_properties",
            "invalid/malformed",
            "invalid/bad_name",
            "invalid/bad_property",
            "expired/too_old",
            "invalid/too_new",
            "expired/too_old",
            "invalid/too_new",
            "ok",
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_accepted_arrives_as_it_was_sent() {
    let app = TestApp::start().await;
    let rich = json!({
        "id": "01941f29-7c00-7d3c-9a51-6f0f5a2b8c11",
        "name": "item_\u{bcf4}다",
        "at": NOW as f64 + 0.75,
        "session": "01941f29-7c00-7d3c-9a51-6f0f5a2b8c12",
        "page": { "url": "https://bank.test/c\u{61}rds", "title": "\"카드\"" },
        "properties": { "z": "tr\u{61}vel", "b": true, "a": -0.0, "n": 1.5, "none": null, "a": 2 },
    });
    let text = app.body(json!([rich])).to_string();
    assert_eq!(verdicts(&app.post(&JSON, text).await), ["ok"]);
    app.flush().await;
    let row = app.store.rows().remove(0);
    assert_eq!(row.id, "01941f29-7c00-7d3c-9a51-6f0f5a2b8c11".parse().unwrap());
    assert_eq!(row.session, "01941f29-7c00-7d3c-9a51-6f0f5a2b8c12".parse().unwrap());
    assert_eq!(row.visitor, VisitorId::from_text("visitor_1"));
    assert_eq!((row.name.as_str(), row.at), ("item_보다", Timestamp(NOW)));
    assert_eq!((row.url.as_str(), row.title.as_str()), ("https://bank.test/cards", "\"카드\""));
    assert_eq!((row.device.as_str(), row.locale.as_str()), ("mobile", "ko-KR"));
    let properties = serde_json::to_string(&row.properties).unwrap();
    assert_eq!(properties, r#"[["a",2.0],["b",true],["n",1.5],["z","travel"]]"#);
    app.parts.close().await;
}

#[tokio::test]
async fn an_id_is_stored_once_across_batches_restarts_and_a_forgetful_window() {
    let dir = tempfile::tempdir().unwrap();
    let config = common::config(dir.path());
    let app = TestApp::open(&config, Default::default()).await;
    let store = app.store.clone();
    assert_eq!(verdicts(&app.batch(json!([event("1", "x", NOW), event("2", "x", NOW)])).await), ["ok", "ok"]);
    assert_eq!(
        verdicts(&app.batch(json!([event("2", "x", NOW), event("3", "x", NOW)])).await),
        ["duplicate", "ok"]
    );
    app.flush().await;
    app.parts.close().await;

    let app = TestApp::open(&config, store.clone()).await;
    assert_eq!(
        verdicts(&app.batch(json!([event("1", "x", NOW)])).await),
        ["duplicate"],
        "known from the log"
    );
    app.parts.close().await;

    // Without the log the door knows nothing; the shipper sees that this is another log, begins anew, and
    // still looks in the store.
    std::fs::remove_dir_all(dir.path().join("log")).unwrap();
    let app = TestApp::open(&config, store.clone()).await;
    assert_eq!(verdicts(&app.batch(json!([event("1", "x", NOW)])).await), ["ok"]);
    let ledger = app.flush().await;
    assert_eq!((ledger.stored, ledger.duplicate), (0, 1));
    assert_eq!(store.rows().len(), 3);
    app.parts.close().await;
}

#[tokio::test]
async fn the_whole_body_is_refused_only_when_it_is_not_a_batch() {
    let app = TestApp::start().await;
    let good = app.body(json!([event("1", "x", NOW)])).to_string();
    for cut in 0..good.len() {
        let answer = app.post(&JSON, good[..cut].to_owned()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "cut at {cut}: {answer:?}");
    }
    let without = |field: &str| {
        let mut body = app.body(json!([]));
        body.as_object_mut().unwrap().remove(field);
        body.to_string()
    };
    let with = |field: &str, value: Value| {
        let mut body = app.body(json!([]));
        body[field] = value;
        body.to_string()
    };
    for (body, status, code) in [
        (without("events"), 400, "not_a_batch"),
        (without("visitor"), 400, "not_a_batch"),
        (without("site"), 401, "unknown_site"),
        (with("site", json!("pk_nobody")), 401, "unknown_site"),
        (with("site", json!(7)), 400, "not_a_batch"),
        (with("events", json!({})), 400, "not_a_batch"),
        (with("visitor", json!("")), 400, "bad_field"),
        (with("visitor", json!("v".repeat(129))), 400, "bad_field"),
        (with("user", json!("u".repeat(129))), 400, "bad_field"),
        (with("consent", json!({ "measur": "granted" })), 400, "not_a_batch"),
        (with("context", json!(7)), 400, "not_a_batch"),
        ("[]".to_owned(), 400, "not_a_batch"),
        ("[".repeat(100_000), 400, "not_a_batch"),
    ] {
        let answer = app.post(&JSON, body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{body:.80}");
    }
    let mut bytes = good.clone().into_bytes();
    bytes[good.find("visitor_1").unwrap()] = 0xff;
    assert_eq!(app.post(&JSON, bytes).await.code(), "not_utf8");
    assert_eq!(app.post(&JSON, vec![b' '; BODY_BYTES + 1]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(app.flush().await.received, 0, "nothing of these counts");
    // The key may be in the address, and beacons call their JSON text.
    let text = axum::http::Request::builder()
        .method("POST")
        .uri(format!("/v1/batch?site={}", app.key))
        .header("content-type", "text/plain;charset=UTF-8")
        .body(without("site").into())
        .unwrap();
    assert_eq!(app.send(text).await.status, StatusCode::OK);
}

#[tokio::test]
async fn gzip_is_taken_and_bombs_are_cut() {
    let app = TestApp::start().await;
    let pack = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let good = pack(app.body(json!([event("1", "x", NOW)])).to_string().as_bytes());
    assert_eq!(verdicts(&app.post(&headers, good.clone()).await), ["ok"]);
    let bomb = pack(&vec![b' '; 200 << 20]);
    assert!(bomb.len() < BODY_BYTES);
    assert_eq!(app.post(&headers, bomb).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(app.post(&headers, good[..good.len() / 2].to_vec()).await.code(), "not_gzip");
    assert_eq!(app.post(&headers, "plain").await.code(), "not_gzip");
    let answer = app.post(&[("content-encoding", "br")], good).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn origins_are_checked_and_reflected() {
    let app = TestApp::start().await;
    let body = app.body(json!([event("1", "x", NOW)])).to_string();
    let good = app.post(&[("origin", "https://bank.test")], body.clone()).await;
    assert_eq!(good.status, StatusCode::OK);
    assert_eq!(good.header("access-control-allow-origin"), "https://bank.test");
    assert_eq!(good.header("access-control-allow-credentials"), "");
    let bad = app.post(&[("origin", "https://evil.test")], body).await;
    assert_eq!((bad.status, bad.code().as_str()), (StatusCode::FORBIDDEN, "wrong_origin"));
    assert_eq!(bad.header("access-control-allow-origin"), "");
    let request = axum::http::Request::builder()
        .method("OPTIONS")
        .uri("/v1/batch")
        .header("origin", "https://bank.test")
        .body(axum::body::Body::empty());
    let preflight = app.send(request.unwrap()).await;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert!(preflight.header("access-control-allow-headers").contains("content-type"));
}

#[tokio::test]
async fn a_wrong_device_clock_is_corrected_by_the_time_of_receipt() {
    let app = TestApp::start().await;
    for (id, sent_at, at, expected) in [
        ("in step", NOW - 2_000, NOW - 5_000, NOW - 5_000),
        ("a day behind", NOW - DAY_MS, NOW - DAY_MS - 5_000, NOW - 5_000),
        ("in 1970", 10_000, 4_000, NOW - 6_000),
        ("in 2099", 4_070_908_800_000, 4_070_908_799_000, NOW - 1_000),
    ] {
        let mut body = app.body(json!([event(id, "x", at)]));
        body["sent_at"] = json!(sent_at);
        assert_eq!(verdicts(&app.post(&JSON, body.to_string()).await), ["ok"], "{id}");
        app.flush().await;
        let row = app.store.rows().pop().unwrap();
        assert_eq!(row.at, Timestamp(expected), "{id}");
        assert_eq!(row.received_at, Timestamp(NOW), "{id}");
    }
}

#[tokio::test]
async fn without_consent_nothing_is_kept_but_the_count() {
    let app = TestApp::start().await;
    for consent in [json!({ "measure": "denied" }), json!({})] {
        let mut body = app.body(json!([event("1", "x", NOW), null]));
        body["consent"] = consent;
        let answer = app.post(&JSON, body.to_string()).await;
        assert_eq!(verdicts(&answer), ["filtered/no_consent", "invalid/malformed"]);
    }
    let ledger = app.flush().await;
    assert_eq!((ledger.received, ledger.stored, ledger.refused["no_consent"]), (4, 0, 2));
}

#[tokio::test]
async fn client_drops_and_long_batches_are_counted() {
    let app = TestApp::start().await;
    let events: Vec<Value> = (0..BATCH_EVENTS + 2).map(|n| event(&n.to_string(), "x", NOW)).collect();
    let mut body = app.body(events.into());
    body["dropped"] = json!([{ "reason": "queue_full", "count": 7 }]);
    let verdicts = verdicts(&app.post(&JSON, body.to_string()).await);
    assert_eq!(verdicts[BATCH_EVENTS - 1..], ["ok", "retry/batch_too_long", "retry/batch_too_long"]);
    let ledger = app.flush().await;
    assert_eq!((ledger.stored, ledger.client_dropped), (BATCH_EVENTS as u64, 7));
}

fn compact(key: &str) -> Batch {
    Batch {
        site: key.to_owned(),
        visitor: VisitorId(42),
        user: Some("cust_1".to_owned()),
        sent_at: Timestamp(NOW),
        consent: Consent { measure: Grant::Granted, ..Consent::default() },
        context: Context { device: "mobile".to_owned(), ..Context::default() },
        events: (0..3)
            .map(|n| attune_schema::event::Event {
                id: EventId(n),
                name: if n == 1 { String::new() } else { "page_viewed".to_owned() },
                at: Timestamp(NOW),
                session: SessionId(7),
                page: None,
                properties: vec![("category".to_owned(), "travel".into())],
            })
            .collect(),
        drops: Vec::new(),
    }
}

#[tokio::test]
async fn the_compact_form_is_the_same_batch() {
    let app = TestApp::start().await;
    let bytes = compact(&app.key).to_bytes();
    for cut in 0..bytes.len() {
        let answer = app.post(&[("content-type", "application/octet-stream")], bytes[..cut].to_vec()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "cut at {cut}");
    }
    let answer = app.post(&[("content-type", "application/octet-stream")], bytes.clone()).await;
    assert_eq!(verdicts(&answer), ["ok", "invalid/bad_name", "ok"]);
    let again = app.post(&[("content-type", "text/plain")], bytes).await;
    assert_eq!(verdicts(&again), ["duplicate", "invalid/bad_name", "duplicate"], "known by its magic");
    app.flush().await;
    let rows = app.store.rows();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[0].user.as_str(), rows[0].visitor, rows[0].session),
        ("cust_1", VisitorId(42), SessionId(7))
    );
}

#[tokio::test]
async fn while_the_store_is_away_events_wait_and_then_arrive_once() {
    let app = TestApp::start().await;
    app.store.set_away(true);
    for n in 0..500 {
        app.batch(json!([event(&n.to_string(), "x", NOW)])).await;
    }
    let ledger = app.app().ledger();
    assert_eq!((ledger.received, ledger.stored, ledger.waiting), (500, 0, 500));
    let health = app.api("GET", "/health", &[], None).await.json();
    assert_eq!((&health["warehouse"], &health["alarms"]), (&json!(false), &json!(["warehouse_away"])));
    app.now.fetch_add(61_000, std::sync::atomic::Ordering::Relaxed);
    while app.app().lag_ms() == 0 {
        app.app().shipping.hurry();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let health = app.api("GET", "/health", &[], None).await.json();
    assert_eq!(health["alarms"], json!(["warehouse_away", "events_waiting"]));
    assert!(health["lag_ms"].as_u64().unwrap() >= 61_000);
    app.store.set_away(false);
    assert_eq!(app.flush().await.stored, 500);
    assert_eq!(app.store.rows().len(), 500);
}

#[tokio::test]
async fn a_full_log_pushes_back_and_says_when_to_return() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = common::config(dir.path());
    config.limits.log_bytes = 2_000;
    let app = TestApp::open(&config, Default::default()).await;
    app.store.set_away(true);
    let mut refused = None;
    let mut accepted = 0;
    for n in 0..50 {
        let answer = app.batch(json!([event(&n.to_string(), "x", NOW)])).await;
        if answer.status == StatusCode::OK {
            accepted += 1;
        } else {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.code(), "log_full");
    assert_ne!(refused.header("retry-after"), "");
    assert_eq!(app.app().ledger().waiting, accepted);
    let alarms = app.api("GET", "/health", &[], None).await.json()["alarms"].clone();
    assert_eq!(alarms, json!(["log_full", "warehouse_away", "log_filling"]));
}

#[tokio::test]
async fn a_damaged_segment_is_counted_and_the_rest_delivered() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = common::config(dir.path());
    config.segment_bytes = 2_000;
    let app = TestApp::open(&config, Default::default()).await;
    let store = app.store.clone();
    store.set_away(true);
    for n in 0..60 {
        app.batch(json!([event(&n.to_string(), "x", NOW)])).await;
    }
    app.parts.close().await;
    let mut segments: Vec<_> =
        std::fs::read_dir(dir.path().join("log")).unwrap().map(|e| e.unwrap().path()).collect();
    segments.sort();
    assert!(segments.len() > 3);
    let mut bytes = std::fs::read(&segments[1]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let numbers =
        |place: usize| segments[place].file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap();
    // Segments are named by their first record, and each record holds one event.
    let events = numbers(2) - numbers(1);
    std::fs::write(&segments[1], bytes).unwrap();

    store.set_away(false);
    let app = TestApp::open(&config, store.clone()).await;
    let ledger = app.flush().await;
    assert_eq!((ledger.received, ledger.stored, ledger.quarantined, ledger.waiting), (60, 59, 1, 0));
    assert_eq!(store.rows().len(), 59);
    assert!(dir.path().join("log/quarantine").join(segments[1].file_name().unwrap()).exists());
    let health = app.api("GET", "/health", &[], None).await.json();
    assert!(health["status"].as_str().unwrap().contains("damaged"), "{health}");
    let recover = async |app: &TestApp| app.api("POST", "/api/recover", &[], None).await.json();
    let found = json!({ "segments": 1, "damaged": 1, "read": events - 1, "stored": 0 });
    assert_eq!(recover(&app).await, found, "what could be read was delivered before");

    // The disk gives the right byte again.
    let kept = dir.path().join("log/quarantine").join(segments[1].file_name().unwrap());
    let mut bytes = std::fs::read(&kept).unwrap();
    bytes[middle] ^= 1;
    std::fs::write(&kept, bytes).unwrap();
    let found = json!({ "segments": 1, "damaged": 0, "read": events, "stored": 1 });
    assert_eq!(recover(&app).await, found);
    assert!(!kept.exists());
    let ledger = app.flush().await;
    assert_eq!((ledger.stored, ledger.quarantined), (60, 0));
    assert_eq!(store.rows().len(), 60);
    assert_eq!(recover(&app).await["segments"], 0);
    app.parts.close().await;
    let app = TestApp::open(&config, store).await;
    assert_eq!(app.app().ledger(), ledger, "after a restart, too");
    app.parts.close().await;
}

#[tokio::test]
async fn a_crash_after_the_insert_stores_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let config = common::config(dir.path());
    let app = TestApp::open(&config, Default::default()).await;
    let store = app.store.clone();
    app.batch(json!([event("1", "x", NOW), event("2", "x", NOW)])).await;
    let path = dir.path().join("cursor.json");
    store.set_away(true);
    while !std::fs::read_to_string(&path).unwrap_or_default().contains("\"pending\":{") {
        app.app().shipping.hurry();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // As a crash between the insert and the next cursor leaves it: pending, and the rows in the store.
    let pending = std::fs::read(&path).unwrap();
    store.set_away(false);
    app.flush().await;
    store.set_away(true);
    app.batch(json!([event("3", "x", NOW)])).await;
    app.parts.close().await;
    assert_eq!(store.rows().len(), 2);
    std::fs::write(&path, pending).unwrap();
    store.set_away(false);
    let app = TestApp::open(&config, store.clone()).await;
    let ledger = app.flush().await;
    assert_eq!((ledger.stored, ledger.duplicate), (3, 0), "the same rows under the same token");
    assert_eq!(store.rows().len(), 3);
    app.parts.close().await;
}

#[tokio::test]
async fn a_paused_site_and_a_revoked_key_are_refused_at_once() {
    let app = TestApp::start().await;
    let send = async || app.batch(json!([event("1", "x", NOW)])).await;
    assert_eq!(verdicts(&send().await), ["ok"]);

    let paused = app.api("PATCH", "/api/sites/bank", &[], Some(json!({ "paused": true }))).await;
    assert_eq!((paused.status, &paused.json()["paused"]), (StatusCode::OK, &json!(true)));
    assert_eq!(paused.json()["origins"], json!(["https://bank.test"]), "what is left out stays");
    let refused = send().await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "site_paused"));
    app.api("PATCH", "/api/sites/bank", &[], Some(json!({ "paused": false }))).await;
    assert_eq!(verdicts(&send().await), ["duplicate"]);

    let fresh = app.api("POST", "/api/sites/bank/rotate-key", &[], None).await.json()["key"].clone();
    let refused = send().await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNAUTHORIZED, "unknown_site"));
    let mut body = app.body(json!([event("1", "x", NOW)]));
    body["site"] = fresh;
    assert_eq!(verdicts(&app.post(&JSON, body.to_string()).await), ["duplicate"], "the same site");

    let change = json!({ "origins": ["https://other.test"] });
    assert_eq!(app.api("PATCH", "/api/sites/bank", &[], Some(change)).await.status, StatusCode::OK);
    let elsewhere = [("content-type", "application/json"), ("origin", "https://bank.test")];
    assert_eq!(app.post(&elsewhere, body.to_string()).await.code(), "wrong_origin");
    for bad in [json!({ "origins": ["other.test"] }), json!({ "name": "x" }), json!({ "paused": "yes" })] {
        assert_eq!(app.api("PATCH", "/api/sites/bank", &[], Some(bad)).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(app.api("PATCH", "/api/sites/none", &[], Some(json!({}))).await.status, StatusCode::NOT_FOUND);
    app.parts.close().await;
}

#[tokio::test]
async fn a_lost_cursor_ships_again_and_stores_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let config = common::config(dir.path());
    let app = TestApp::open(&config, Default::default()).await;
    let store = app.store.clone();
    assert_eq!(verdicts(&app.batch(json!([event("1", "x", NOW)])).await), ["ok"]);
    app.flush().await;
    store.set_away(true);
    assert_eq!(verdicts(&app.batch(json!([event("2", "x", NOW)])).await), ["ok"]);
    app.parts.close().await;
    std::fs::remove_file(dir.path().join("cursor.json")).unwrap();
    store.set_away(false);

    let app = TestApp::open(&config, store.clone()).await;
    app.flush().await;
    let mut ids: Vec<_> = store.rows().iter().map(|row| row.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), store.rows().len()), (2, 2));
    app.parts.close().await;
}

#[tokio::test]
async fn limits_by_key_and_by_address_say_when_to_return_and_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = common::config(dir.path());
    config.batches_per_second = 1;
    let app = TestApp::open(&config, Default::default()).await;
    let send = async |n: u32| app.batch(json!([event(&n.to_string(), "x", NOW), event("y", "", NOW)])).await;
    assert_eq!(verdicts(&send(1).await), ["ok", "invalid/bad_name"]);
    assert_eq!(verdicts(&send(2).await), ["ok", "invalid/bad_name"]);
    let refused = send(3).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "too_many_batches")
    );
    assert_ne!(refused.header("retry-after"), "");
    // The two events turned away are counted at once, and with the next record for good.
    let ledger = app.app().ledger();
    assert_eq!((ledger.received, ledger.limited, ledger.invalid, ledger.waiting), (6, 2, 2, 2));
    assert!(ledger.balanced());
    let again = app.api("POST", "/api/self-test", &[], None).await;
    assert_eq!(again.status, StatusCode::OK, "{again:?}");
    let store = app.store.clone();
    app.parts.close().await;
    config.requests_per_address = 2;
    let app = TestApp::open(&config, store).await;
    let ledger = app.flush().await;
    assert_eq!((ledger.received, ledger.limited, ledger.stored), (7, 2, 3));

    let from = async |address: [u8; 4]| {
        let peer = axum::extract::ConnectInfo(std::net::SocketAddr::from((address, 4711)));
        let request = axum::http::Request::get("/v1/manifest?site=none").extension(peer);
        app.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    for _ in 0..4 {
        assert_ne!(from([192, 0, 2, 1]).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    let refused = from([192, 0, 2, 1]).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "too_many_requests")
    );
    assert_ne!(refused.header("retry-after"), "");
    assert_ne!(from([192, 0, 2, 2]).await.status, StatusCode::TOO_MANY_REQUESTS, "somebody else");
    app.parts.close().await;
}

#[tokio::test]
async fn the_self_test_reads_its_event_back_and_no_site_sees_it() {
    let app = TestApp::start().await;
    let tested = app.api("POST", "/api/self-test", &[], None).await;
    assert_eq!(tested.status, StatusCode::OK, "{tested:?}");
    let tested = tested.json();
    assert!(tested["durable_ms"].as_u64() <= tested["stored_ms"].as_u64(), "{tested}");
    let rows = app.store.rows();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].site, rows[0].id.to_string()), (0, tested["event"].as_str().unwrap().to_owned()));
    assert_eq!(app.flush().await.stored, 1);
}
