//! What is found out about events on their way from the door to the store.

mod common;

use attune_collector::sink::memory::MemoryStore;
use attune_schema::bot::Class;
use attune_warehouse::row::EventRow;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use common::{NOW, TestApp, event, mmdb};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

const CHROME: &str = "Mozilla/5.0 (Linux; Android 15; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";

/// Sends events from an address, with these headers; returns the rows that came of all so far.
async fn rows(app: &TestApp, address: &str, headers: &[(&str, &str)], body: &Value) -> Vec<EventRow> {
    let mut request = Request::post("/v1/batch").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(body.to_string())).unwrap();
    let peer: SocketAddr = format!("{address}:4711").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let answer = app.send(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    app.flush().await;
    app.store.rows()
}

async fn settings(app: &TestApp, change: Value) -> common::Answer {
    let old = app.api("GET", "/api/sites/bank/settings", &[], None).await.json();
    let mut body = old["body"].clone();
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let version = old["version"].to_string();
    app.api("PUT", "/api/sites/bank/settings", &[("if-match", &version)], Some(body)).await
}

#[tokio::test]
async fn a_page_view_tells_browser_system_device_and_origin() {
    let app = TestApp::start().await;
    let mut view = event("1", "page_viewed", NOW);
    view["page"] = json!({
        "url": "https://bank.test/cards?utm_source=naver&utm_medium=cpc&utm_campaign=spring",
        "referrer": "https://search.naver.com/search.naver?query=%EC%B9%B4%EB%93%9C"
    });
    let headers = [("user-agent", CHROME), ("origin", "https://bank.test")];
    let rows = rows(&app, "192.0.2.7", &headers, &app.body(json!([view]))).await;
    let row = &rows[0];
    let agent = &row.agent;
    assert_eq!((&*agent.browser, &*agent.browser_version), ("Chrome Mobile", "140.0"));
    assert_eq!((&*agent.os, &*agent.os_version), ("Android", "15"));
    assert_eq!((&*agent.device_brand, &*agent.device_model), ("Samsung", "SM-S921N"));
    assert_eq!((row.channel, &*row.source, &*row.search_term), ("paid", "Naver", "카드"));
    assert_eq!((&*row.utm_source, &*row.utm_medium, &*row.utm_campaign), ("naver", "cpc", "spring"));
    assert_eq!((row.bot, row.bot_reason, &*row.address, &*row.country), (Class::Human, "", "", ""));
}

#[tokio::test]
async fn bots_are_flagged_and_kept() {
    let app = TestApp::start().await;
    let cases = [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Class::Bot, "spider"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
            Class::Bot,
            "headless",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36 (compatible; NewThing/0.1; +https://new.example)",
            Class::Bot,
            "contact",
        ),
        ("Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", Class::Monitoring, "monitor"),
        (CHROME, Class::Human, ""),
        // A library without a page sends on somebody's behalf: who that is, nobody knows.
        ("python-requests/2.32.3", Class::Human, "server"),
        ("", Class::Human, ""),
    ];
    for (number, (agent, class, reason)) in cases.into_iter().enumerate() {
        let body = app.body(json!([event(&format!("e{number}"), "page_viewed", NOW)]));
        let rows = rows(&app, "192.0.2.7", &[("user-agent", agent)], &body).await;
        let row = rows.last().unwrap();
        assert_eq!((row.bot, row.bot_reason), (class, reason), "{agent}");
        assert_eq!(row.agent.user_agent, agent);
        assert_eq!(row.agent.browser.is_empty(), matches!(reason, "server") || agent.is_empty(), "{agent}");
    }
    // In a page, a library is no server.
    let body = app.body(json!([event("page", "page_viewed", NOW)]));
    let headers = [("user-agent", "python-requests/2.32.3"), ("origin", "https://bank.test")];
    let found = rows(&app, "192.0.2.7", &headers, &body).await;
    assert_eq!(found.last().unwrap().bot_reason, "library");
    // A server may say whose program it was, and a page that a program drives it.
    let mut body = app.body(json!([event("told", "page_viewed", NOW)]));
    body["context"]["user_agent"] =
        json!("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)");
    let found = rows(&app, "192.0.2.7", &[("user-agent", "okhttp/5")], &body).await;
    assert_eq!(found.last().unwrap().bot_reason, "spider");
    let mut body = app.body(json!([event("driven", "page_viewed", NOW)]));
    body["context"]["webdriver"] = json!(true);
    let found = rows(&app, "192.0.2.7", &[("user-agent", CHROME)], &body).await;
    assert_eq!((found.last().unwrap().bot, found.last().unwrap().bot_reason), (Class::Bot, "webdriver"));
}

#[tokio::test]
async fn nobody_reads_thirty_pages_in_ten_seconds() {
    let app = TestApp::start().await;
    let views = |visitor: &str, apart: i64, agent: &'static str| {
        let views: Vec<Value> = (0..40)
            .map(|n| event(&format!("{visitor}{n}"), "page_viewed", NOW - 400_000 + n * apart))
            .collect();
        let mut body = app.body(json!(views));
        body["visitor"] = json!(visitor);
        (body, agent)
    };
    let mut found = Vec::new();
    for (body, agent) in [views("fast", 200, CHROME), views("slow", 2_000, CHROME), views("file", 0, "")] {
        found = rows(&app, "192.0.2.7", &[("user-agent", agent)], &body).await;
    }
    let classes: Vec<_> = found.chunks(40).map(|rows| (rows[0].bot, rows[39].bot_reason)).collect();
    assert_eq!(classes, [(Class::Likely, "rate"), (Class::Human, ""), (Class::Human, "")]);
}

#[tokio::test]
async fn of_an_address_only_what_the_policy_leaves_is_kept() {
    let app = TestApp::start().await;
    let headers = [("user-agent", CHROME), ("origin", "https://bank.test")];
    let mut kept = Vec::new();
    for (number, policy) in ["none", "truncated", "hashed", "hashed"].into_iter().enumerate() {
        assert_eq!(settings(&app, json!({ "address": policy })).await.status, StatusCode::OK);
        let body = app.body(json!([event(&number.to_string(), "page_viewed", NOW)]));
        let found = rows(&app, "203.0.113.77", &headers, &body).await;
        kept.push(found.last().unwrap().address.clone());
    }
    assert_eq!(kept[..2], ["", "203.0.113.0/24"]);
    assert_eq!((kept[2].len(), &kept[2]), (32, &kept[3]), "the same for the day");
    let log = app.dir.as_ref().unwrap().path().join("log");
    for file in std::fs::read_dir(log).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("203.0.113.77"), "{}", path.display());
    }
    let refused = settings(&app, json!({ "address": "whole" })).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{refused:?}");
}

#[tokio::test]
async fn the_country_comes_from_a_file_and_from_the_visitors_own_address() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("country.mmdb");
    std::fs::write(&file, mmdb::file(&[("203.0.113.0", 24, "KR"), ("2001:db8::", 32, "CH")])).unwrap();
    let mut config = common::config(&dir.path().join("data"));
    config.country_db = Some(file.clone());
    config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let app = TestApp::open(&config, Arc::new(MemoryStore::default())).await;
    let page = ("origin", "https://bank.test");
    for (number, (address, headers, country)) in [
        ("203.0.113.9", vec![page], "KR"),
        ("198.51.100.1", vec![page], ""),
        ("10.0.0.1", vec![page, ("x-forwarded-for", "2001:db8::5")], "CH"),
        ("203.0.113.9", vec![("user-agent", "Go-http-client/2.0")], ""),
    ]
    .into_iter()
    .enumerate()
    {
        let body = app.body(json!([event(&number.to_string(), "page_viewed", NOW)]));
        let found = rows(&app, address, &headers, &body).await;
        assert_eq!(found.last().unwrap().country, country, "{address}");
    }
    let mut body = app.body(json!([event("told", "page_viewed", NOW)]));
    body["context"]["address"] = json!("203.0.113.200");
    let found = rows(&app, "198.51.100.1", &[("user-agent", "Go-http-client/2.0")], &body).await;
    assert_eq!((&*found.last().unwrap().country, &*found.last().unwrap().address), ("KR", ""));
    body["context"]["address"] = json!("somewhere");
    let answer = app.post(&[("content-type", "application/json")], body.to_string()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.json()["message"].as_str().unwrap().contains("context.address"), "{answer:?}");
    // A file that is none ends the start, and says which it was.
    std::fs::write(&file, b"not a database").unwrap();
    config.data_dir = dir.path().join("other");
    let clock = Arc::new(|| attune_schema::time::Timestamp(NOW));
    let opened = attune_collector::Parts::open(&config, Arc::new(MemoryStore::default()), clock).await;
    let error = opened.err().unwrap().to_string();
    assert!(error.contains("country.mmdb"), "{error}");
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_and_told() {
    let app = TestApp::start().await;
    let mut body = app.body(json!([event("1", "page_viewed", NOW - 7_200_000)]));
    body["sent_at"] = json!(NOW - 7_200_000);
    let found = rows(&app, "192.0.2.7", &[], &body).await;
    assert_eq!((found[0].at.0, found[0].skew_ms, found[0].clock_corrected), (NOW, 7_200_000, true));
    let found = rows(&app, "192.0.2.7", &[], &app.body(json!([event("2", "page_viewed", NOW)]))).await;
    assert_eq!((found[1].skew_ms, found[1].clock_corrected), (0, false));
}

#[tokio::test]
async fn other_products_messages_bring_their_own_user_agent() {
    let app = TestApp::start().await;
    let call = json!({
        "writeKey": app.key, "type": "page", "anonymousId": "a1", "messageId": "m1",
        "context": { "userAgent": CHROME, "page": { "url": "https://bank.test/?gclid=x", "referrer": "https://www.google.com/" } }
    });
    let request =
        Request::post("/v1/page").header("user-agent", "analytics-node/2").body(Body::from(call.to_string()));
    assert_eq!(app.send(request.unwrap()).await.status, StatusCode::OK);
    app.flush().await;
    let row = &app.store.rows()[0];
    assert_eq!((&*row.agent.browser, row.bot_reason, row.channel), ("Chrome Mobile", "", "paid"));
    assert_eq!((&*row.source, &*row.utm_source, &*row.utm_medium), ("Google", "google", "cpc"));
}

#[tokio::test]
async fn bot_rules_that_could_not_be_asked_are_refused() {
    let app = TestApp::start().await;
    let refused = settings(&app, json!({ "bot_rules": [{ "class": "bot" }] })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.json()["message"].as_str().unwrap().contains("bot rule 1"), "{refused:?}");
    let refused = settings(&app, json!({ "bot_rules": [{ "class": "bot", "country": "Korea" }] })).await;
    assert!(refused.json()["message"].as_str().unwrap().contains("Korea"), "{refused:?}");
    let kept =
        settings(&app, json!({ "bot_rules": [{ "class": "bot", "user_agent_contains": "x'y" }] })).await;
    assert_eq!(kept.status, StatusCode::OK, "{kept:?}");
}
