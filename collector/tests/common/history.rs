//! Stored history and the real router over the real engine.

use super::{NOW, config};
use attune_collector::server::Parts;
use attune_collector::sink::warehouse::WarehouseStore;
use attune_schema::api::NewSite;
use attune_schema::bot::Class;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_schema::value::Value as Property;
use attune_warehouse::row::EventRow;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;

/// A visitor's event, with properties.
pub fn row(site: u32, visitor: u128, name: &str, at: i64, properties: &[(&str, Property)]) -> EventRow {
    let mut properties: Vec<(String, Property)> =
        properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    properties.sort_by(|(a, _), (b, _)| a.cmp(b));
    EventRow {
        site,
        id: EventId((visitor << 80) | (at as u128) << 16 | name.len() as u128),
        name: name.to_owned(),
        at: Timestamp(at),
        received_at: Timestamp(at),
        visitor: VisitorId(visitor),
        user: String::new(),
        session: SessionId(visitor << 32 | (at / DAY_MS) as u128),
        sequence: 0,
        url: "https://bank.test/cards?q=1".to_owned(),
        title: String::new(),
        referrer: String::new(),
        device: "mobile".to_owned(),
        locale: "ko-KR".to_owned(),
        utm_source: String::new(),
        utm_medium: String::new(),
        utm_campaign: String::new(),
        library: "test".to_owned(),
        consent: 0,
        properties,
        skew_ms: 0,
        clock_corrected: false,
        agent: Arc::default(),
        channel: "direct",
        source: String::new(),
        search_term: String::new(),
        country: String::new(),
        address: String::new(),
        bot: Class::Human,
        bot_reason: "",
    }
}

/// A collector whose store is the embedded engine.
pub struct World {
    pub parts: Parts,
    router: axum::Router,
    _dir: tempfile::TempDir,
}

impl World {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        let clock = || Timestamp(NOW);
        let parts =
            Parts::open(&config, Arc::new(WarehouseStore::new(&config)), Arc::new(clock)).await.unwrap();
        let router = attune_collector::router::router(parts.app.clone());
        Self { parts, router, _dir: dir }
    }

    /// A new site with these events; its number is given.
    pub async fn site(&self, name: &str, history: impl FnOnce(u32) -> Vec<EventRow>) {
        let app = &self.parts.app;
        let site = NewSite { name: name.to_owned(), origins: Vec::new() };
        app.control.add_site(&site, app.now()).await.unwrap();
        app.sites.refresh(&app.control).await.unwrap();
        let number = app.sites.by_name(name).unwrap().record.number;
        app.store.insert(name, u64::from(number), &history(number)).await.unwrap();
    }

    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", self.parts.app.local_token))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}
