//! Events as files: the real engine, more than one page of them, read back.

mod common;

use attune_collector::server::Parts;
use attune_collector::sink::warehouse::WarehouseStore;
use attune_schema::api::NewSite;
use attune_schema::bot::Class;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use attune_schema::value::Value as Property;
use attune_warehouse::row::EventRow;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt;

const DAY_MS: i64 = 86_400_000;
const NASTY: &str = "=1+1,\"quoted\"\r\n'🙂\0";

fn row(site: u32, id: u128, name: &str, at: i64) -> EventRow {
    EventRow {
        site,
        id: EventId(id),
        name: name.to_owned(),
        at: Timestamp(at),
        received_at: Timestamp(at + 5),
        visitor: VisitorId(id % 700),
        user: "kim".to_owned(),
        session: SessionId(id % 900),
        sequence: u32::MAX,
        url: "https://bank.test/?q=1".to_owned(),
        title: NASTY.to_owned(),
        referrer: String::new(),
        device: "mobile".to_owned(),
        locale: "ko".to_owned(),
        utm_source: String::new(),
        utm_medium: String::new(),
        utm_campaign: String::new(),
        library: "test".to_owned(),
        consent: 0,
        properties: vec![
            ("flag".to_owned(), Property::Bool(true)),
            ("price".to_owned(), Property::Number(9.5)),
            ("text".to_owned(), NASTY.into()),
        ],
        skew_ms: 0,
        clock_corrected: false,
        agent: Arc::default(),
        channel: "email",
        source: String::new(),
        search_term: String::new(),
        country: "KR".to_owned(),
        address: "192.0.2.0/24".to_owned(),
        bot: if id.is_multiple_of(10) { Class::Bot } else { Class::Human },
        bot_reason: "",
    }
}

struct World {
    parts: Parts,
    router: axum::Router,
    _dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = common::config(dir.path());
        let store = Arc::new(WarehouseStore::new(&config));
        // Records are in the order of time, which goes on here.
        let ticks = AtomicI64::new(0);
        let clock = move || Timestamp(common::NOW + ticks.fetch_add(1, Ordering::Relaxed));
        let parts = Parts::open(&config, store, Arc::new(clock)).await.unwrap();
        for name in ["bank", "other"] {
            let site = NewSite { name: name.to_owned(), origins: Vec::new() };
            parts.app.control.add_site(&site, parts.app.now()).await.unwrap();
        }
        parts.app.sites.refresh(&parts.app.control).await.unwrap();
        let router = attune_collector::router::router(parts.app.clone());
        Self { parts, router, _dir: dir }
    }

    fn number(&self, site: &str) -> u32 {
        self.parts.app.sites.by_name(site).unwrap().record.number
    }

    async fn response(&self, path: &str) -> axum::response::Response {
        let request = Request::get(path)
            .header("authorization", format!("Bearer {}", self.parts.app.local_token))
            .body(Body::empty())
            .unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> (StatusCode, Bytes) {
        let response = self.response(path).await;
        (response.status(), response.into_body().collect().await.unwrap().to_bytes())
    }

    /// The exports on record.
    async fn begun(&self) -> Vec<Value> {
        let (_, body) = self.get("/api/sites/bank/exports").await;
        serde_json::from_slice(&body).unwrap()
    }

    /// The same, when all of them are over.
    async fn records(&self) -> Vec<Value> {
        loop {
            let records = self.begun().await;
            if records.iter().all(|record| record["done_at"].is_number()) {
                return records;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Rows of a file as names and values.
fn csv_rows(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_in_the_file_once_in_either_form_and_it_is_on_record() {
    let world = World::new().await;
    let site = world.number("bank");
    // Six pages: three days, names and visitors in between, and many at one time.
    let rows: Vec<EventRow> = (1..=45_000u128)
        .map(|id| {
            let name = ["view", "it's \\ buy"][(id % 2) as usize];
            row(site, id, name, common::NOW - (id % 3) as i64 * DAY_MS - (id % 7) as i64)
        })
        .collect();
    let store = &world.parts.app.store;
    store.insert("export-1", 1, &rows).await.unwrap();
    store.insert("export-2", 2, &[row(world.number("other"), 1, "view", common::NOW)]).await.unwrap();

    let (status, body) = world.get("/api/sites/bank/export").await;
    assert_eq!(status, StatusCode::OK);
    let found = csv_rows(&body);
    let mut ids: Vec<String> = found.iter().map(|row| row["id"].clone()).collect();
    ids.sort();
    let mut expected: Vec<String> =
        rows.iter().filter(|row| row.bot == Class::Human).map(|row| row.id.to_string()).collect();
    expected.sort();
    assert_eq!(ids.len(), 40_500);
    assert_eq!(ids, expected, "people's events, each once");
    let first = found.iter().find(|row| row["id"] == EventId(7).to_string()).unwrap();
    assert_eq!(first["at"], "2026-09-20T14:13:20.000Z");
    assert_eq!((first["title"].as_str(), first["sequence"].as_str()), (NASTY, "4294967295"));
    assert_eq!(first["name"], "it's \\ buy");
    let properties: Value = serde_json::from_str(&first["properties"]).unwrap();
    assert_eq!(properties, json!({ "flag": true, "price": 9.5, "text": NASTY }));
    assert!(!first.contains_key("address"), "addresses stay");

    let (status, body) = world.get("/api/sites/bank/export?format=parquet&bots=include").await;
    assert_eq!(status, StatusCode::OK);
    let reader = SerializedFileReader::new(body).unwrap();
    assert_eq!(reader.num_row_groups(), 6);
    let mut ids: Vec<String> = Vec::new();
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let column = |name: &str| row.get_column_iter().find(|(known, _)| *known == name).unwrap().1.clone();
        let Field::Str(id) = column("id") else { panic!("{row}") };
        assert_eq!(column("title"), Field::Str(NASTY.to_owned()));
        assert_eq!(column("sequence"), Field::UInt(u32::MAX));
        assert!(matches!(column("at"), Field::TimestampMillis(_)));
        ids.push(id);
    }
    ids.sort();
    let mut expected: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
    expected.sort();
    assert_eq!(ids, expected);

    let some = format!("from={}&to={}&event=view", common::NOW - DAY_MS, common::NOW);
    let (_, body) = world.get(&format!("/api/sites/bank/export?bots=include&{some}")).await;
    let inside =
        |row: &&EventRow| row.name == "view" && row.at.0 >= common::NOW - DAY_MS && row.at.0 < common::NOW;
    assert_eq!(csv_rows(&body).len(), rows.iter().filter(inside).count());

    let (_, body) = world.get("/api/sites/bank/export?event=nothing").await;
    assert!(body.starts_with(b"id,name,at,") && csv_rows(&body).is_empty(), "a head without rows");

    // Somebody who goes away is on record with what was sent.
    let mut response = world.response("/api/sites/bank/export?bots=include").await.into_body();
    assert!(response.frame().await.is_some());
    drop(response);
    let records = world.records().await;
    let said: Vec<_> = records.iter().map(|r| (r["rows"].as_u64().unwrap(), r["whole"] == true)).collect();
    assert_eq!(said[..2], [(40_500, true), (45_000, true)]);
    assert_eq!(said[3], (0, true));
    assert!(said[4].0 < 45_000 || said[4].1, "{records:?}");
    assert_eq!(
        (&records[1]["asked"]["format"], &records[1]["begun_by"]),
        (&json!("parquet"), &json!("local"))
    );

    for (wrong, status) in [
        ("format=xml", StatusCode::BAD_REQUEST),
        ("nonsense=1", StatusCode::BAD_REQUEST),
        ("from=5&to=5", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(world.get(&format!("/api/sites/bank/export?{wrong}")).await.0, status, "{wrong}");
    }
    assert_eq!(world.records().await.len(), 5, "what is refused is no export");

    // Whoever reads slowly has one of four places, and gives it back by going away.
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut body = world.response("/api/sites/bank/export?bots=include").await.into_body();
        assert!(body.frame().await.is_some());
        slow.push(body);
    }
    let refused = world.response("/api/sites/bank/export").await;
    assert_eq!(
        (refused.status(), &refused.headers()["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"30".parse().unwrap())
    );
    assert_eq!(world.get("/api/sites/bank/overview").await.0, StatusCode::OK, "nobody else waits for them");
    slow.pop();
    let begun = world.begun().await.len();
    while world.get("/api/sites/bank/export?event=nothing").await.0 != StatusCode::OK {
        tokio::task::yield_now().await;
    }
    assert_eq!((begun, world.begun().await.len()), (9, 10));
    drop(slow);
    assert_eq!(world.records().await.len(), 10);
    world.parts.app.store.close().await;
}
