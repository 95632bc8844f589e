//! The real router over a memory store, with a clock that stands still.

#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

pub mod clickhouse;
pub mod data;
pub mod history;
pub mod mmdb;
pub mod process;

use attune_collector::config::Config;
use attune_collector::router::router;
use attune_collector::server::Parts;
use attune_collector::sink::memory::MemoryStore;
use attune_collector::state::App;
use attune_schema::api::{Ledger, NewSite};
use attune_schema::time::Timestamp;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt;

/// When the tests take place.
pub const NOW: i64 = 1_790_000_000_000;

/// A collector without an address.
pub struct TestApp {
    pub parts: Parts,
    pub router: axum::Router,
    pub store: Arc<MemoryStore>,
    pub key: String,
    pub now: Arc<AtomicI64>,
    pub dir: Option<tempfile::TempDir>,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

pub fn config(dir: &Path) -> Config {
    let mut config = Config::new(dir.to_owned(), SocketAddr::from(([127, 0, 0, 1], 0)));
    config.segment_bytes = 64 << 10;
    config.limits.free_bytes = 0;
    config
}

impl TestApp {
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        let mut app = Self::open(&config, Arc::new(MemoryStore::default())).await;
        app.dir = Some(dir);
        app
    }

    /// Opens an existing folder again, or a new one, with the site `bank`.
    pub async fn open(config: &Config, store: Arc<MemoryStore>) -> Self {
        let now = Arc::new(AtomicI64::new(NOW));
        let clock = Arc::clone(&now);
        let clock = Arc::new(move || Timestamp(clock.load(Ordering::Relaxed)));
        let parts = Parts::open(config, store.clone(), clock).await.unwrap();
        let app = &parts.app;
        if app.sites.by_name("bank").is_none() {
            let site = NewSite { name: "bank".to_owned(), origins: vec!["https://bank.test".to_owned()] };
            app.control.add_site(&site, app.now()).await.unwrap();
            app.sites.refresh(&app.control).await.unwrap();
        }
        let key = app.sites.by_name("bank").unwrap().record.site.key.clone();
        let router = router(parts.app.clone());
        Self { parts, router, store, key, now, dir: None }
    }

    pub fn app(&self) -> &App {
        &self.parts.app
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request with the local token and a JSON body.
    pub async fn api(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.app().local_token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => {
                request.header("content-type", "application/json").body(Body::from(body.to_string()))
            }
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }

    pub async fn post(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method("POST").uri("/v1/batch");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn batch(&self, events: Value) -> Answer {
        self.post(&[("content-type", "application/json")], self.body(events).to_string()).await
    }

    pub fn body(&self, events: Value) -> Value {
        json!({
            "site": self.key,
            "visitor": "visitor_1",
            "session": "session_1",
            "sent_at": NOW,
            "consent": { "measure": "granted" },
            "context": { "device": "mobile", "locale": "ko-KR" },
            "events": events,
        })
    }

    pub async fn flush(&self) -> Ledger {
        let answer = self.api("POST", "/api/flush", &[], None).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let ledger: Ledger = serde_json::from_slice(&answer.body).unwrap();
        assert!(ledger.balanced(), "{ledger:?}");
        ledger
    }
}

pub fn event(id: &str, name: &str, at: i64) -> Value {
    json!({ "id": id, "name": name, "at": at })
}
