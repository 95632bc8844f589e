//! Other products' clients: what they send, recorded from the real ones, and what we keep of it.

mod common;

use attune_schema::api::Ledger;
use attune_warehouse::row::EventRow;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use common::{Answer, TestApp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::Ordering;

/// Shortly after the requests were recorded: 2026-11-22T11:20:00Z.
const NOW: i64 = 1_795_346_400_000;

async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.now.store(NOW, Ordering::Relaxed);
    app
}

async fn send(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let mut request = Request::builder().method(method).uri(path.replace("<key>", &app.key));
    for (name, value) in headers {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:", app.key)));
        request = request.header(*name, value.replace("Basic <key>", &basic));
    }
    app.send(request.body(Body::from(body)).unwrap()).await
}

async fn post(app: &TestApp, path: &str, body: &Value) -> Answer {
    let body = body.to_string().replace("<key>", &app.key).into_bytes();
    send(app, "POST", path, &[("content-type", "application/json")], body).await
}

/// Sends a file of recorded requests.
async fn replay(app: &TestApp, file: &str) {
    let cases: Vec<Value> = serde_json::from_str(file).unwrap();
    for case in cases {
        let text = match &case["body"] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        let mut body = text.replace("<key>", &app.key).into_bytes();
        if case["gzip"] == true {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&body).unwrap();
            body = encoder.finish().unwrap();
        }
        let headers = case["headers"].as_object().unwrap();
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let (method, path) = (case["method"].as_str().unwrap(), case["path"].as_str().unwrap());
        let answer = send(app, method, path, &headers, body).await;
        assert!(answer.status.is_success(), "{} {path}: {answer:?}", case["client"]);
    }
}

/// A line an event, in the order of arrival; ids by their first appearance.
fn show(rows: &[EventRow]) -> String {
    let mut seen: [BTreeMap<u128, usize>; 2] = Default::default();
    let mut number = |kind: usize, id: u128| {
        let next = seen[kind].len() + 1;
        *seen[kind].entry(id).or_insert(next)
    };
    let mut lines = Vec::new();
    for row in rows {
        let (visitor, session) = (number(0, row.visitor.0), number(1, row.session.0));
        let mut line = format!("{} visitor={visitor} session={session} at={}", row.name, row.at.0);
        for (name, value) in [
            ("user", &row.user),
            ("url", &row.url),
            ("title", &row.title),
            ("referrer", &row.referrer),
            ("device", &row.device),
            ("locale", &row.locale),
            ("source", &row.utm_source),
            ("medium", &row.utm_medium),
            ("campaign", &row.utm_campaign),
            ("library", &row.library),
        ] {
            if !value.is_empty() {
                line.push_str(&format!("\n    {name}: {value}"));
            }
        }
        if row.consent != 0 {
            line.push_str(&format!("\n    consent: {:06b}", row.consent));
        }
        for (name, value) in &row.properties {
            line.push_str(&format!("\n    .{name} = {}", serde_json::to_string(value).unwrap()));
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// Replays a file twice: the second time adds nothing if the form has ids.
async fn check(name: &str, file: &str, ids: bool) {
    let app = start().await;
    replay(&app, file).await;
    let first: Ledger = app.flush().await;
    let rows = app.store.rows();
    assert_eq!((rows.len() as u64, first.refused.len()), (first.stored, 0), "{first:?}");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, show(&rows));
    });
    // Without ids, what comes at another time is something else.
    app.now.fetch_add(1, Ordering::Relaxed);
    replay(&app, file).await;
    let second = app.flush().await;
    assert_eq!(second.stored, if ids { first.stored } else { 2 * first.stored });
    app.parts.close().await;
}

#[tokio::test]
async fn segment_and_rudderstack() {
    check("segment", include_str!("switch/segment.json"), true).await;
}

#[tokio::test]
async fn posthog() {
    check("posthog", include_str!("switch/posthog.json"), true).await;
}

#[tokio::test]
async fn snowplow() {
    check("snowplow", include_str!("switch/snowplow.json"), true).await;
}

#[tokio::test]
async fn measurement_protocol() {
    check("ga4", include_str!("switch/ga4.json"), true).await;
}

#[tokio::test]
async fn plausible() {
    check("plausible", include_str!("switch/plausible.json"), false).await;
}

#[tokio::test]
async fn matomo() {
    check("matomo", include_str!("switch/matomo.json"), false).await;
}

#[tokio::test]
async fn answers_are_the_originals() {
    let app = start().await;
    let track = json!({ "writeKey": "<key>", "userId": "u", "event": "x", "messageId": "1" });
    let answer = post(&app, "/v1/track", &track).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({ "success": true })));
    let batch = json!({ "writeKey": "<key>", "batch": [{ "type": "track", "userId": "u", "event": "x" }] });
    assert_eq!(post(&app, "/v1/batch", &batch).await.json(), json!({ "success": true }), "the shared path");

    let event = json!({ "api_key": "<key>", "event": "x", "distinct_id": "u" });
    for path in ["/e/", "/capture/", "/i/v0/e/"] {
        let answer = post(&app, path, &event).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({ "status": 1 })));
    }
    let flags = post(&app, "/flags/?v=2", &json!({ "token": "<key>", "distinct_id": "u" })).await.json();
    assert_eq!((&flags["flags"], &flags["errorsWhileComputingFlags"]), (&json!({}), &json!(false)));
    let script = send(&app, "GET", "/array/<key>/config.js", &[], vec![]).await;
    assert_eq!(script.header("content-type"), "text/javascript");
    let script = String::from_utf8(script.body.to_vec()).unwrap();
    assert!(script.contains(&format!("_POSTHOG_REMOTE_CONFIG[\"{}\"]", app.key)), "{script}");

    let event = json!({ "n": "pageview", "u": "https://bank.test/", "d": "bank.test" });
    let answer = post(&app, "/api/event", &event).await;
    assert_eq!((answer.status, answer.body.as_ref()), (StatusCode::ACCEPTED, &b"ok"[..]), "by its domain");
    assert_eq!(answer.header("x-plausible-dropped"), "");
    let nameless = json!({ "n": "", "u": "https://bank.test/", "d": "bank.test" });
    assert_eq!(post(&app, "/api/event", &nameless).await.header("x-plausible-dropped"), "1");
    let homeless = post(&app, "/api/event", &json!({ "n": "pageview", "u": "https://bank.test/" })).await;
    assert_eq!(homeless.status, StatusCode::BAD_REQUEST);
    assert_eq!(homeless.json(), json!({ "errors": { "domain": ["can't be blank"] } }));

    let ga = "/mp/collect?measurement_id=G-1&api_secret=<key>";
    let event = json!({ "client_id": "c", "events": [{ "name": "x" }] });
    let answer = post(&app, ga, &event).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::NO_CONTENT, 0));
    let checked = post(&app, &format!("/debug{ga}"), &json!({ "events": [{}] })).await.json();
    let fields: Vec<_> =
        checked["validationMessages"].as_array().unwrap().iter().map(|m| m["fieldPath"].clone()).collect();
    assert_eq!(fields, ["client_id", "events"]);

    let pixel =
        send(&app, "GET", "/i?e=pv&aid=<key>&duid=v&eid=1&url=https%3A%2F%2Fbank.test%2F", &[], vec![]).await;
    assert_eq!((pixel.status, pixel.header("content-type")), (StatusCode::OK, "image/gif"));
    assert!(pixel.body.starts_with(b"GIF89a"));
    let quiet = send(&app, "GET", "/matomo.php?idsite=1&rec=1&send_image=0&_id=a", &[], vec![]).await;
    assert_eq!(quiet.status, StatusCode::NO_CONTENT);
    let bulk = json!({ "requests": ["?idsite=1&rec=1&_id=a", "?idsite=1"] });
    let answer = post(&app, "/matomo.php", &bulk).await.json();
    assert_eq!(answer, json!({ "status": "success", "tracked": 1, "invalid": 1 }));

    let ledger = app.flush().await;
    assert_eq!(ledger.refused.values().sum::<u64>(), 2, "{ledger:?}");
    app.parts.close().await;
}

#[tokio::test]
async fn bad_requests_are_refused_and_say_why() {
    let app = start().await;
    let doors = [
        ("/v1/track", json!({ "writeKey": "no" })),
        ("/e/", json!({ "api_key": "no", "event": "x" })),
        ("/mp/collect?api_secret=no", json!({ "client_id": "c", "events": [] })),
        ("/com.snowplowanalytics.snowplow/tp2", json!({ "data": [{ "e": "pv", "aid": "no" }] })),
        ("/matomo.php", json!({ "requests": ["?idsite=77&rec=1"] })),
    ];
    for (path, body) in &doors {
        assert_eq!(post(&app, path, body).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in
        ["/v1/t", "/e/", "/api/event", "/mp/collect?api_secret=<key>", "/com.snowplowanalytics.snowplow/tp2"]
    {
        for junk in [&b"{"[..], b"\xff\xfe", b"[1,2", b"data=%%%", b"null", b"\x1f\x8b\x08junk"] {
            let answer = send(&app, "POST", path, &[], junk.to_vec()).await;
            assert!(answer.status.is_client_error(), "{path} {junk:?}: {answer:?}");
        }
    }
    let many: Vec<Value> = vec![json!({ "type": "track", "event": "x", "userId": "u" }); 2_501];
    let answer = post(&app, "/v1/batch", &json!({ "writeKey": "<key>", "batch": many })).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "too_many_events"));

    let headers = [("origin", "https://elsewhere.test"), ("content-type", "text/plain")];
    let body = json!({ "writeKey": app.key, "userId": "u", "event": "x" }).to_string().into_bytes();
    let answer = send(&app, "POST", "/v1/t", &headers, body).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (StatusCode::FORBIDDEN, ""));
    assert_eq!(app.flush().await.received, 0);
    app.parts.close().await;
}

#[tokio::test]
async fn one_bad_message_never_rejects_its_neighbours() {
    let app = start().await;
    let batch = json!({ "writeKey": "<key>", "batch": [
        { "type": "track", "userId": "u", "event": "good", "messageId": "1" },
        { "type": "track", "userId": "u", "messageId": "2" },
        { "type": "unheard_of", "userId": "u", "messageId": "3" },
        { "type": "track", "event": "nobody", "messageId": "4" },
        "text",
        { "type": "track", "userId": "u", "event": "large", "properties": { "x": "y".repeat(40_000) } },
        { "type": "track", "userId": 7, "event": "numbered", "messageId": "5", "timestamp": "not a time" },
    ] });
    assert_eq!(post(&app, "/v1/batch", &batch).await.status, StatusCode::OK);
    let ledger = app.flush().await;
    let rows = app.store.rows();
    let names: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.user.as_str(), row.at.0)).collect();
    assert_eq!(names, [("good", "u", NOW), ("numbered", "7", NOW)]);
    assert_eq!(
        ledger.refused,
        [("bad_name".into(), 1), ("malformed".into(), 3), ("bad_id".into(), 1)].into()
    );
    app.parts.close().await;
}

#[tokio::test]
async fn posthog_in_all_its_wrappings() {
    let app = start().await;
    let body =
        json!({ "api_key": app.key, "batch": [{ "event": "beacon", "distinct_id": "u+/" }] }).to_string();
    let encoded = BASE64_STANDARD.encode(&body);
    let form: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("data", &encoded).finish();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    for body in [form.clone(), format!("data={encoded}"), body] {
        assert_eq!(
            send(&app, "POST", "/e/?compression=base64", &headers, body.into_bytes()).await.status,
            200
        );
    }
    assert_eq!(send(&app, "GET", &format!("/e/?ip=1&{form}"), &[], vec![]).await.status, 200);
    let list = json!([{ "event": "listed", "properties": { "token": "<key>", "distinct_id": "u" }, "offset": 1_500 }]);
    assert_eq!(post(&app, "/e/", &list).await.status, 200);
    app.flush().await;
    let rows = app.store.rows();
    assert_eq!(rows.len(), 5);
    assert_eq!((rows[4].name.as_str(), rows[4].at.0), ("listed", NOW - 1_500));
    app.parts.close().await;
}

#[tokio::test]
async fn what_people_typed_is_never_kept() {
    let app = start().await;
    let described = |schema: &str, data: Value| {
        let inner = json!({ "schema": format!("iglu:com.snowplowanalytics.snowplow/{schema}/jsonschema/1-0-0"), "data": data });
        json!({ "e": "ue", "aid": "<key>", "duid": "v", "ue_pr": json!({ "data": inner }).to_string() })
    };
    let body = json!({ "data": [
        described("change_form", json!({ "formId": "f", "elementId": "card", "value": "4111111111111111" })),
        described("focus_form", json!({ "formId": "f", "value": "4111111111111111" })),
        described("submit_form", json!({ "formId": "f", "elements": [{ "name": "card", "value": "4111111111111111" }] })),
    ] });
    assert_eq!(post(&app, "/com.snowplowanalytics.snowplow/tp2", &body).await.status, StatusCode::OK);
    let traits = json!({ "writeKey": "<key>", "userId": "u", "traits": { "email": "jane@example.com" } });
    assert_eq!(post(&app, "/v1/identify", &traits).await.status, StatusCode::OK);
    let person = json!({ "api_key": "<key>", "event": "$identify", "distinct_id": "u",
        "properties": { "$set": { "email": "jane@example.com" } } });
    assert_eq!(post(&app, "/e/", &person).await.status, StatusCode::OK);
    app.flush().await;
    let kept = show(&app.store.rows());
    assert!(!kept.contains("4111") && !kept.contains("jane"), "{kept}");
    let names: Vec<_> = app.store.rows().into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["form_field_changed", "form_started", "form_submitted", "identified", "identified"]);
    app.parts.close().await;
}

#[tokio::test]
async fn a_browser_that_objects_to_sharing_is_heard() {
    let app = start().await;
    let body = json!({ "n": "pageview", "u": "https://bank.test/", "d": app.key }).to_string().into_bytes();
    assert_eq!(
        send(&app, "POST", "/api/event", &[("sec-gpc", "1")], body).await.status,
        StatusCode::ACCEPTED
    );
    app.flush().await;
    assert_eq!(app.store.rows()[0].consent, 0b01_00_00);
    app.parts.close().await;
}

#[tokio::test]
async fn a_small_request_stays_a_small_matter() {
    let app = start().await;
    let event = |domains: String| json!({ "n": "x", "u": "https://bank.test/", "d": domains });
    assert_eq!(post(&app, "/api/event", &event(["<key>"; 16].join(","))).await.status, StatusCode::ACCEPTED);
    assert_eq!(app.flush().await.stored, 1, "one site, one event, however often it is named");
    assert_eq!(post(&app, "/api/event", &event(["1"; 17].join(","))).await.status, StatusCode::BAD_REQUEST);

    let branches = json!({ "api_key": "<key>", "event": "x", "x": vec![json!({}); 50_000] });
    let answer = post(&app, "/e/", &branches).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "malformed"));

    let children: serde_json::Map<String, Value> = (0..30_000).map(|n| (format!("a{n}"), json!(1))).collect();
    let deep = json!({ "api_key": "<key>", "event": "deep", "distinct_id": "u", "properties": { ("k".repeat(500_000)): children } });
    assert_eq!(post(&app, "/e/", &deep).await.status, StatusCode::OK);
    app.flush().await;
    let kept = show(&app.store.rows()[1..]);
    assert!(kept.ends_with("\n    .unmapped = 1.0"), "no name is made that cannot be kept: {kept:.200}");
    app.parts.close().await;
}

#[tokio::test]
async fn a_request_for_several_sites_is_stored_for_all_or_none() {
    let app = start().await;
    let bulk = json!({ "requests": ["?idsite=1&rec=1&url=a", "?idsite=999&rec=1", "?idsite=1&rec=1&url=b"] });
    assert_eq!(post(&app, "/matomo.php", &bulk).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.flush().await.received, 0);
    let wrong = "/mp/collect?measurement_id=bank&api_secret=pk_OLD";
    let event = json!({ "client_id": "c", "events": [{ "name": "x" }] });
    assert_eq!(
        post(&app, wrong, &event).await.status,
        StatusCode::UNAUTHORIZED,
        "a wrong secret decides alone"
    );
    app.parts.close().await;
}

#[tokio::test]
async fn sessions_are_the_visitors_own_and_alike_events_stay_apart() {
    let app = start().await;
    for client in ["c1", "c2"] {
        let event = json!({ "name": "x", "params": { "session_id": "1795346164" } });
        let body =
            json!({ "client_id": client, "timestamp_micros": "1795346164000000", "events": [event, event] });
        for _ in 0..2 {
            assert_eq!(
                post(&app, "/mp/collect?api_secret=<key>", &body).await.status,
                StatusCode::NO_CONTENT
            );
        }
    }
    let second = "?idsite=1&rec=1&_id=v&url=a&cdt=1795346164";
    assert_eq!(
        post(&app, "/matomo.php", &json!({ "requests": [second, second] })).await.status,
        StatusCode::OK
    );
    let long = "x".repeat(200);
    let batch = json!({ "writeKey": "<key>", "batch": vec![json!({ "type": "track", "event": "x", "userId": long }); 3] });
    assert_eq!(post(&app, "/v1/batch", &batch).await.status, StatusCode::OK);
    let ledger = app.flush().await;
    assert_eq!((ledger.stored, ledger.duplicate, ledger.refused["bad_id"]), (6, 4, 3));
    let sessions: std::collections::BTreeSet<u128> =
        app.store.rows().iter().filter(|row| row.library == "ga4-mp").map(|row| row.session.0).collect();
    assert_eq!(sessions.len(), 2);
    app.parts.close().await;
}
