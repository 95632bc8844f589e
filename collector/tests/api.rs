//! The console's API, over the real router.

mod common;

use attune_collector::pipeline::inflate::gunzip;
use attune_schema::bundle::{Bundle, SIGNED_HEADER_BYTES};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use common::{NOW, TestApp, event};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_string())).unwrap()
}

#[tokio::test]
async fn signing_in_opens_a_session_that_only_our_own_pages_can_use_to_change_things() {
    let app = TestApp::start().await;
    app.app().control.add_user("kim", "correct horse", app.app().now()).await.unwrap();
    let credentials = |password: &str| json!({ "user": "kim", "password": password });
    let wrong = app.send(request("POST", "/api/sign-in", &[], credentials("wrong"))).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::UNAUTHORIZED, "unauthorised"));
    let foreign = [("sec-fetch-site", "cross-site")];
    let foreign = app.send(request("POST", "/api/sign-in", &foreign, credentials("correct horse"))).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let secure = [("origin", "https://attune.test"), ("host", "attune.test")];
    let secure = app.send(request("POST", "/api/sign-in", &secure, credentials("correct horse"))).await;
    assert!(secure.header("set-cookie").ends_with("; Secure"));
    let right = app.send(request("POST", "/api/sign-in", &[], credentials("correct horse"))).await;
    assert_eq!(right.status, StatusCode::OK);
    let cookie = right.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains("Secure"));
    let cookie = cookie.split(';').next().unwrap().to_owned();

    let get = async |cookie: String| {
        app.send(request("GET", "/api/session", &[("cookie", &cookie)], json!(null))).await
    };
    assert_eq!(get(cookie.clone()).await.json()["user"], "kim");
    assert_eq!(get("attune_session=guess".to_owned()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(get(String::new()).await.status, StatusCode::UNAUTHORIZED);

    let site = || json!({ "name": "shop" });
    let from = |headers: &[(&'static str, &'static str)]| {
        let mut headers: Vec<(&str, &str)> = headers.to_vec();
        headers.push(("cookie", &cookie));
        request("POST", "/api/sites", &headers, site())
    };
    assert_eq!(app.send(from(&[])).await.code(), "cross_origin");
    let evil = from(&[("origin", "http://evil.test"), ("host", "attune.test")]);
    assert_eq!(app.send(evil).await.code(), "cross_origin");
    let own = from(&[("origin", "http://attune.test"), ("host", "attune.test")]);
    assert_eq!(app.send(own).await.status, StatusCode::CREATED);
    let users = request("GET", "/api/users", &[("cookie", &cookie)], json!(null));
    assert_eq!(app.send(users).await.code(), "local_only");

    let out = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(
        app.send(request("POST", "/api/sign-out", &out, json!(null))).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(get(cookie.clone()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let app = TestApp::start().await;
    let guess = || request("POST", "/api/sign-in", &[], json!({ "user": "admin", "password": "guess" }));
    for _ in 0..5 {
        assert_eq!(app.send(guess()).await.status, StatusCode::UNAUTHORIZED);
    }
    let slowed = app.send(guess()).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_ne!(slowed.header("retry-after"), "");
}

#[tokio::test]
async fn everything_but_the_open_doors_needs_a_caller() {
    let app = TestApp::start().await;
    let description = attune_collector::router::openapi().to_string();
    let description: Value = serde_json::from_str(&description).unwrap();
    for (path, methods) in description["paths"].as_object().unwrap() {
        if !path.starts_with("/api/") || path == "/api/sign-in" {
            continue;
        }
        for method in methods.as_object().unwrap().keys() {
            let path = path.replace("{site}", "bank").replace("{id}", "x");
            let answer = app.send(request(&method.to_uppercase(), &path, &[], json!({}))).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            let bearer = [("authorization", "Bearer wrong")];
            let answer = app.send(request(&method.to_uppercase(), &path, &bearer, json!({}))).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn documents_change_against_a_version() {
    let app = TestApp::start().await;
    let (all, one) = ("/api/sites/bank/placements", "/api/sites/bank/placements/hero");
    let body = |name: &str| json!({ "id": "hero", "name": name });
    let made = app.api("POST", all, &[], Some(body("one"))).await;
    assert_eq!((made.status, made.header("etag")), (StatusCode::CREATED, "\"1\""));
    assert_eq!(made.json()["updated_by"], "local");
    assert_eq!(app.api("POST", all, &[], Some(body("two"))).await.status, StatusCode::CONFLICT);
    assert_eq!(app.api("PUT", one, &[], Some(body("two"))).await.code(), "version_required");
    assert_eq!(
        app.api("PUT", one, &[("if-match", "x")], Some(body("two"))).await.status,
        StatusCode::BAD_REQUEST
    );
    let changed = app.api("PUT", one, &[("if-match", "\"1\"")], Some(body("two"))).await;
    assert_eq!((changed.status, changed.json()["version"].as_u64()), (StatusCode::OK, Some(2)));
    let stale = app.api("PUT", one, &[("if-match", "1")], Some(body("three"))).await;
    assert_eq!((stale.status, stale.code().as_str()), (StatusCode::CONFLICT, "conflict"));
    assert_eq!(stale.json()["current"]["body"]["name"], "two");
    assert_eq!(stale.json()["current"]["version"], 2);
    let renamed = app.api("PUT", one, &[("if-match", "2")], Some(json!({ "id": "other" }))).await;
    assert_eq!((renamed.status, renamed.code().as_str()), (StatusCode::CONFLICT, "other_id"));
    let odd = app.api("POST", all, &[], Some(json!({ "id": "x", "colour": "red" }))).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert_eq!(app.api("GET", all, &[], None).await.json().as_array().unwrap().len(), 1);
    assert_eq!(app.api("DELETE", one, &[], None).await.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(app.api("DELETE", one, &[("if-match", "1")], None).await.status, StatusCode::CONFLICT);
    assert_eq!(app.api("DELETE", one, &[("if-match", "2")], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.api("GET", one, &[], None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.api("GET", "/api/sites/nowhere/offers", &[], None).await.status, StatusCode::NOT_FOUND);

    let settings = "/api/sites/bank/settings";
    let current = app.api("GET", settings, &[], None).await;
    assert_eq!(current.json()["version"], 0);
    let mut body = current.json()["body"].clone();
    body["enabled"] = json!(false);
    let first = app.api("PUT", settings, &[("if-match", "0")], Some(body.clone())).await;
    assert_eq!(first.json()["version"], 1);
    assert_eq!(app.api("PUT", settings, &[("if-match", "0")], Some(body)).await.status, StatusCode::CONFLICT);
    assert_eq!(app.api("GET", "/api/sites/bank/source", &[], None).await.json()["site"]["enabled"], false);
}

#[tokio::test]
async fn a_change_makes_a_new_bundle_and_the_old_one_stays_for_a_while() {
    let app = TestApp::start().await;
    let manifest =
        async || app.send(request("GET", &format!("/v1/manifest?site={}", app.key), &[], json!(null))).await;
    let first = manifest().await;
    assert_eq!(first.header("cache-control"), "max-age=30");
    let etag = first.header("etag").to_owned();
    let same =
        request("GET", &format!("/v1/manifest?site={}", app.key), &[("if-none-match", &etag)], json!(null));
    assert_eq!(app.send(same).await.status, StatusCode::NOT_MODIFIED);
    let body = json!({ "id": "hero", "name": "Hero" });
    app.api("POST", "/api/sites/bank/placements", &[], Some(body)).await;
    let second = manifest().await;
    assert_ne!(second.header("etag"), etag);
    for manifest in [&first, &second] {
        let url = manifest.json()["url"].as_str().unwrap().to_owned();
        let bundle = app.send(request("GET", &url, &[], json!(null))).await;
        assert_eq!(bundle.status, StatusCode::OK);
        assert!(bundle.header("cache-control").contains("immutable"));
        assert!(bundle.body.starts_with(b"AS1"));
        assert_eq!(manifest.json().get("signed"), None, "a page that fetches bundles by itself");

        // A page that says what it keeps gets the current one at once, unless it is that.
        let hash = manifest.json()["bundle"].as_str().unwrap().to_owned();
        let path = format!("/v1/manifest?site={}&kept={hash}", app.key);
        let told = app.send(request("GET", &path, &[], json!(null))).await.json();
        let current = second.json()["bundle"] == hash.as_str();
        assert_eq!(told.get("signed").is_none(), current);
        assert_eq!(told["bundle"], second.json()["bundle"]);
        let path = format!("/v1/manifest?site={}&kept=", app.key);
        let told = app.send(request("GET", &path, &[], json!(null))).await.json();
        let signed = BASE64_STANDARD.decode(told["signed"].as_str().unwrap()).unwrap();
        assert_eq!(signed == bundle.body, current, "the current one, whole");
    }
    let nobody = app.send(request("GET", "/v1/manifest?site=pk_nobody", &[], json!(null))).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.api("GET", "/api/sites/bank/problems", &[], None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_bundle_travels_compressed() {
    let app = TestApp::start().await;
    for place in 0..60 {
        let body =
            json!({ "id": format!("place-{place}"), "name": format!("Place {place} of the start page") });
        app.api("POST", "/api/sites/bank/placements", &[], Some(body)).await;
    }
    let manifest = format!("/v1/manifest?site={}&kept=", app.key);
    let told = app.send(request("GET", &manifest, &[], json!(null))).await.json();
    for path in [manifest.as_str(), told["url"].as_str().unwrap()] {
        let plain = app.send(request("GET", path, &[], json!(null))).await;
        assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
        let packed = app.send(request("GET", path, &[("accept-encoding", "br, gzip")], json!(null))).await;
        assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "accept-encoding"));
        assert_eq!(gunzip(&packed.body).unwrap(), plain.body);
        assert!(packed.body.len() < plain.body.len(), "{path}: {} bytes", packed.body.len());
    }
}

#[tokio::test]
async fn a_model_is_a_document_and_travels_where_a_campaign_asks_it() {
    let app = TestApp::start().await;
    let specification: Value =
        serde_json::from_str(include_str!("../../tests/spec/decisions/60-models.json")).unwrap();
    let delivered = async || {
        let manifest = app
            .send(request("GET", &format!("/v1/manifest?site={}", app.key), &[], json!(null)))
            .await
            .json();
        let bundle = app.send(request("GET", manifest["url"].as_str().unwrap(), &[], json!(null))).await;
        Bundle::from_bytes(&bundle.body[SIGNED_HEADER_BYTES..]).unwrap()
    };
    for kind in ["attributes", "models", "placements", "offers"] {
        for body in specification["source"][kind].as_array().unwrap() {
            let made = app.api("POST", &format!("/api/sites/bank/{kind}"), &[], Some(body.clone())).await;
            assert_eq!(made.status, StatusCode::CREATED, "{kind}");
        }
    }
    assert!(delivered().await.models.is_empty(), "nothing asks them");
    let campaign = specification["source"]["campaigns"][0].clone();
    app.api("POST", "/api/sites/bank/campaigns", &[], Some(campaign)).await;
    let models = delivered().await.models;
    assert_eq!(models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ["apply"]);
    assert_eq!(app.api("GET", "/api/sites/bank/problems", &[], None).await.json(), json!([]));

    let damaged = json!({ "id": "damaged", "data": "AAAA" });
    app.api("POST", "/api/sites/bank/models", &[], Some(damaged)).await;
    let problems = app.api("GET", "/api/sites/bank/problems", &[], None).await.json();
    assert_eq!(problems[0]["subject"], "model damaged");
    let text = app.api("GET", "/openapi.json", &[], None).await.json()["components"]["schemas"].to_string();
    assert!(text.contains("\"ModelSource\"") && text.contains("\"ScoreCondition\""));
}

#[tokio::test]
async fn imports_go_through_the_same_log() {
    let app = TestApp::start().await;
    let row = |n: u32, name: &str, at: i64| {
        json!({ "id": format!("{n:032x}"), "name": name, "at": at, "visitor": format!("{:032x}", 1),
                "session": format!("{:032x}", 2), "properties": { "price": 3.5 } })
    };
    let rows =
        json!({ "rows": [row(1, "bought", 1_000_000_000_000), row(2, "", NOW), row(1, "bought", NOW)] });
    let import = async |rows: Value| app.api("POST", "/api/sites/bank/import", &[], Some(rows)).await.json();
    assert_eq!(
        import(rows.clone()).await,
        json!({ "read": 3, "imported": 1, "duplicate": 1, "rejected": 1, "reasons": { "bad_name": 1 } })
    );
    let again =
        json!({ "read": 3, "imported": 0, "duplicate": 2, "rejected": 1, "reasons": { "bad_name": 1 } });
    assert_eq!(import(rows).await, again);
    // A user who is no id goes the way of every refused event.
    let mut named = row(3, "bought", NOW);
    named["user"] = json!("kim@bank.example");
    let refused = import(json!({ "rows": [named] })).await;
    assert_eq!(
        refused,
        json!({ "read": 1, "imported": 0, "duplicate": 0, "rejected": 1, "reasons": { "looks_like_email": 1 } })
    );
    let ledger = app.flush().await;
    assert_eq!((ledger.received, ledger.stored, ledger.duplicate), (7, 1, 3));
    assert_eq!(app.store.rows()[0].at.0, 1_000_000_000_000);
    let many: Vec<Value> = (0..10_001).map(|n| row(n, "x", NOW)).collect();
    let answer = app.api("POST", "/api/sites/bank/import", &[], Some(json!({ "rows": many }))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn live_shows_durable_events_of_its_site() {
    let app = TestApp::start().await;
    let live = Request::builder()
        .uri("/api/sites/bank/live")
        .header("authorization", format!("Bearer {}", app.app().local_token))
        .body(Body::empty())
        .unwrap();
    let router = attune_collector::router::router(app.app().clone());
    let response = router.oneshot(live).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    let mut next = async || {
        let chunk = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.unwrap();
        String::from_utf8(chunk.unwrap().unwrap().to_vec()).unwrap()
    };
    assert!(next().await.contains("open"));
    app.batch(json!([event("1", "page_viewed", NOW), event("1", "page_viewed", NOW), event("2", "", NOW)]))
        .await;
    let shown = next().await;
    assert!(shown.starts_with("event: event\ndata: {"), "{shown}");
    assert!(shown.contains("\"name\":\"page_viewed\"") && shown.contains("\"device\":\"mobile\""));
    app.batch(json!([event("3", "second", NOW)])).await;
    assert!(next().await.contains("second"), "the duplicate and the invalid one were not shown");
}

#[tokio::test]
async fn a_slow_live_reader_is_told_how_many_it_missed() {
    let app = TestApp::start().await;
    let live = Request::builder()
        .uri("/api/sites/bank/live")
        .header("authorization", format!("Bearer {}", app.app().local_token))
        .body(Body::empty())
        .unwrap();
    let response = attune_collector::router::router(app.app().clone()).oneshot(live).await.unwrap();
    for batch in 0..4 {
        let events: Vec<Value> = (0..400).map(|n| event(&format!("{batch}-{n}"), "x", NOW)).collect();
        app.batch(events.into()).await;
    }
    let mut stream = response.into_body().into_data_stream();
    let mut text = String::new();
    while !text.contains("event: skipped") {
        let chunk = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.unwrap();
        text.push_str(std::str::from_utf8(&chunk.unwrap().unwrap()).unwrap());
    }
    assert!(text.contains("event: skipped\ndata: 576"), "{text:.200}");
}

#[tokio::test]
async fn questions_without_a_warehouse_say_so() {
    let app = TestApp::start().await;
    let funnel = json!({ "steps": [{ "event": "a" }] });
    let answer = app.api("POST", "/api/sites/bank/funnel", &[], Some(funnel)).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "warehouse_unavailable")
    );
    assert_eq!(answer.json()["retryable"], true);
    let wrong = app.api("POST", "/api/sites/bank/funnel", &[], Some(json!({ "stepz": [] }))).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_errors_of_the_same_shape() {
    let app = TestApp::start().await;
    assert_eq!(app.api("GET", "/nowhere", &[], None).await.code(), "not_found");
    assert_eq!(app.api("PATCH", "/api/sites", &[], None).await.code(), "method_not_allowed");
    let text = Request::builder()
        .method("POST")
        .uri("/api/sites")
        .header("authorization", format!("Bearer {}", app.app().local_token))
        .body(Body::from("{}"))
        .unwrap();
    assert_eq!(app.send(text).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let root = app.api("GET", "/", &[], None).await;
    assert_eq!(root.header("location"), "/console/");
    let console = app.api("GET", "/console/campaigns", &[], None).await;
    assert!(console.header("content-security-policy").contains("frame-ancestors 'none'"));
    let metrics = app.api("GET", "/metrics", &[], None).await;
    assert!(std::str::from_utf8(&metrics.body).unwrap().contains("attune_batches_total 0"));
}

#[tokio::test]
async fn the_description_names_every_operation_once() {
    let app = TestApp::start().await;
    let description = app.api("GET", "/openapi.json", &[], None).await.json();
    assert_eq!(description["openapi"], "3.1.0");
    let mut operations = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations.push(operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path}")));
        }
    }
    let count = operations.len();
    operations.sort_unstable();
    operations.dedup();
    assert_eq!(operations.len(), count);
    let text = description.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(description["components"]["schemas"][name].is_object(), "`{name}` is not described");
    }
    assert!(count > 40, "{count} operations");
    let who = |path: &str| description["paths"][path]["post"]["security"].clone();
    assert_eq!(who("/v1/events"), json!([{ "server_key": [], "signature": [] }]));
    assert_eq!((who("/v1/batch"), who("/v1/forget")), (Value::Null, Value::Null));
    assert_eq!(description["components"]["securitySchemes"]["server_key"]["name"], "attune-key");
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_refused_as_everything_else_is() {
    let app = TestApp::start().await;
    let origin = [("origin", "https://bank.test"), ("content-type", "application/json")];
    for (method, path) in [
        ("POST", "/v1/batch?site=a&site=b"),
        ("GET", "/v1/manifest?site=a&site=b"),
        ("POST", "/mp/collect?api_secret=a&api_secret=b"),
        ("POST", "/debug/mp/collect?api_secret=a&api_secret=b"),
    ] {
        let answer = app.send(request(method, path, &origin, json!({}))).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "bad_request"),
            "{path}"
        );
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("duplicate field"), "{path}: {message}");
        assert_ne!(answer.header("access-control-allow-origin"), "", "{path}: the page may read it");
    }
}

#[tokio::test]
async fn the_tag_names_the_sdk_and_the_signing_key_or_says_how_to_build_them() {
    let app = TestApp::start().await;
    let tag = app.send(request("GET", "/tag.js", &[], json!(null))).await;
    let script = String::from_utf8(tag.body.to_vec()).unwrap();
    if tag.status == StatusCode::NOT_FOUND {
        assert!(script.contains("cargo xtask build"), "{script}");
        return;
    }
    assert_eq!(tag.header("cache-control"), "no-cache");
    assert!(!script.contains("\"__KEY__\"") && script.contains(&app.app().sites.signer().public_key()));
    let again = [("if-none-match", tag.header("etag"))];
    assert_eq!(
        app.send(request("GET", "/tag.js", &again, json!(null))).await.status,
        StatusCode::NOT_MODIFIED
    );
    let (_, rest) = script.split_once("sdk/attune-").unwrap();
    let path = format!("/sdk/attune-{}", rest.split('"').next().unwrap());
    for (accepts, coding) in [("", ""), ("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")] {
        let sdk = app.send(request("GET", &path, &[("accept-encoding", accepts)], json!(null))).await;
        assert_eq!((sdk.status, sdk.header("content-encoding")), (StatusCode::OK, coding), "{accepts}");
        assert!(sdk.header("cache-control").contains("immutable"));
        assert_eq!(sdk.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(sdk.header("access-control-allow-origin"), "*");
    }
}
