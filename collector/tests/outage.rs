//! The warehouse is away, for an hour at 5,000 events a second: nothing is lost or doubled, memory stays what it was,
//! the disk fills as announced, and a start with all of it waiting is like any other.
//!
//! `ATTUNE_OUTAGE` says for how many seconds (`cargo xtask prove`: 3,600); they are sent as fast as they are taken.

mod common;

use attune_collector::Server;
use attune_collector::sink::warehouse::WarehouseStore;
use attune_collector::sink::{Store, StoreError};
use attune_schema::api::Ledger;
use attune_schema::batch::{Batch, Context};
use attune_schema::consent::Consent;
use attune_schema::event::{Event, Page};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use common::clickhouse::{ClickHouse, Fault};
use common::process::{Attune, now_ms};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const EVENTS_PER_SECOND: u64 = 5_000;
/// Events of a request: what a browser sends.
const EVENTS: u64 = 10;
const CONNECTIONS: usize = 8;
/// One request in so many comes a second time when everything is over.
const REPEATED: u64 = 97;
/// What memory may differ by between the first quarter of the outage and its end.
const GROWTH_KIB: u64 = 16 << 10;
/// Most memory of a process that just started, however much waits.
const START_KIB: u64 = 64 << 10;

/// The request of this number, always the same but for the time.
fn request(key: &str, number: u64) -> Vec<u8> {
    let at = Timestamp(now_ms());
    let events = (0..EVENTS).map(|index| Event {
        id: EventId((1 << 120) | u128::from(number * EVENTS + index)),
        name: ["page_viewed", "item_viewed", "element_clicked"][(index % 3) as usize].to_owned(),
        at,
        session: SessionId(u128::from(number / 5)),
        page: Some(Page {
            url: format!("https://bank.test/cards/{}", number % 50),
            title: "Card".to_owned(),
            referrer: "https://bank.test/".to_owned(),
        }),
        properties: vec![("category".to_owned(), "travel".into())],
    });
    let batch = Batch {
        site: key.to_owned(),
        visitor: VisitorId(u128::from(number / 5) << 64),
        sent_at: at,
        consent: Consent::ALL,
        context: Context { device: "mobile".to_owned(), locale: "ko-KR".to_owned(), ..Context::default() },
        events: events.collect(),
        ..Batch::default()
    };
    batch.to_bytes()
}

/// Sends requests `numbers` over several connections; each must be answered 200.
async fn send(base: &str, key: &str, numbers: Vec<u64>) {
    let (numbers, next) = (Arc::new(numbers), Arc::new(AtomicU64::new(0)));
    let mut senders = Vec::new();
    for _ in 0..CONNECTIONS {
        let (base, key) = (base.to_owned(), key.to_owned());
        let (numbers, next) = (Arc::clone(&numbers), Arc::clone(&next));
        senders.push(tokio::spawn(async move {
            let client = reqwest::Client::new();
            while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                let body = request(&key, *number);
                let answer = client.post(format!("{base}/v1/batch")).body(body).send().await.unwrap();
                assert_eq!(answer.status(), 200, "request {number}");
                answer.bytes().await.unwrap();
            }
        }));
    }
    for sender in senders {
        sender.await.unwrap();
    }
}

fn files(dir: &Path) -> u64 {
    std::fs::read_dir(dir)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.metadata().unwrap().len())
        .sum()
}

async fn ledger(server: &Attune) -> Ledger {
    let ledger = server.call(Method::GET, "/api/ledger", None).await;
    let ledger: Ledger = serde_json::from_value(ledger).unwrap();
    assert!(ledger.balanced(), "{ledger:?}");
    ledger
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_without_the_warehouse() {
    let seconds: u64 = std::env::var("ATTUNE_OUTAGE").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let requests = seconds * EVENTS_PER_SECOND / EVENTS;
    let dir = tempfile::tempdir().unwrap();
    let (data, log) = (dir.path().join("data"), dir.path().join("data/log"));
    let store = ClickHouse::start(&dir.path().join("clickhouse")).await;
    let start =
        async || Attune::start_with(&data, |command| _ = command.env("CLICKHOUSE_URL", &store.url)).await;
    let server = start().await;
    let site = server.call(Method::POST, "/api/sites", Some(json!({ "name": "bank" }))).await;
    let key = site["key"].as_str().unwrap().to_owned();
    send(&server.base, &key, (0..100).collect()).await;
    assert_eq!(server.flush().await.stored, 100 * EVENTS);

    store.set(Fault::Gone);
    let began = Instant::now();
    let quarter = 100 + requests / 4;
    send(&server.base, &key, (100..quarter).collect()).await;
    let early = server.resident_kib();
    send(&server.base, &key, (quarter..100 + requests).collect()).await;
    let (late, took) = (server.resident_kib(), began.elapsed());
    let health = server.call(Method::GET, "/health", None).await;
    assert_eq!(health["warehouse"], false);
    assert!(health["status"].as_str().unwrap().contains("events are kept"), "{health}");
    let announced = health["log_bytes"].as_u64().unwrap();
    assert_eq!(announced, files(&log), "what is announced is what is on the disk");
    let waiting = ledger(&server).await.waiting;
    assert_eq!(waiting, requests * EVENTS);
    assert!(late < early + GROWTH_KIB, "memory grew from {early} to {late} KiB");

    // Nobody says goodbye in an outage.
    server.kill();
    let began = Instant::now();
    let server = start().await;
    let (ready, resident) = (began.elapsed(), server.resident_kib());
    eprintln!(
        "{waiting} events in {:.1} s without the warehouse: memory {early} KiB after a quarter, {late} KiB at the end, \
         log {} MiB ({} bytes an event); start with all of it waiting: {:.2} s, {resident} KiB resident",
        took.as_secs_f64(),
        announced >> 20,
        announced / waiting,
        ready.as_secs_f64()
    );
    assert!(resident < START_KIB, "{resident} KiB after the start with {waiting} events waiting");
    assert_eq!(ledger(&server).await.waiting, waiting);

    store.set(Fault::None);
    let began = Instant::now();
    let limit = Duration::from_secs(60 + seconds);
    let mut most = 0;
    while ledger(&server).await.waiting > 0 {
        assert!(began.elapsed() < limit, "not delivered within {limit:?}");
        most = most.max(server.resident_kib());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    eprintln!("delivered in {:.1} s, {most} KiB resident at most", began.elapsed().as_secs_f64());
    send(&server.base, &key, (0..100 + requests).filter(|number| number % REPEATED == 0).collect()).await;
    let after = server.flush().await;
    let sent = (100 + requests) * EVENTS;
    assert_eq!((after.stored, after.waiting, after.quarantined), (sent, 0, 0), "{after:?}");
    assert_eq!(after.duplicate, (100 + requests).div_ceil(REPEATED) * EVENTS);
    assert_eq!(store.number("SELECT count() FROM events").await, sent);
    assert_eq!(store.number("SELECT uniqExact(id) FROM events").await, sent);
    assert!(files(&log) < 2 * (33 << 20), "what was delivered is deleted");
    server.kill();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_flipped_byte_costs_one_record() {
    let dir = tempfile::tempdir().unwrap();
    let (data, log) = (dir.path().join("data"), dir.path().join("data/log"));
    let store = ClickHouse::start(&dir.path().join("clickhouse")).await;
    store.set(Fault::Gone);
    let mut config = common::config(&data);
    config.warehouse_url = Some(store.url.clone());
    let call = async |server: &Server, method: Method, path: &str, body: Option<Value>| -> Value {
        let request = reqwest::Client::new().request(method, format!("http://{}{path}", server.address));
        let request = request.bearer_auth(&server.token).json(&body);
        request.send().await.unwrap().json().await.unwrap()
    };
    let server = Server::start(&config).await.unwrap();
    let site = call(&server, Method::POST, "/api/sites", Some(json!({ "name": "bank" }))).await;
    send(&format!("http://{}", server.address), site["key"].as_str().unwrap(), (0..1_000).collect()).await;
    server.stop().await;

    let mut segments: Vec<_> = std::fs::read_dir(&log)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    segments.sort();
    assert!(segments.len() > 8, "{} segments", segments.len());
    let damaged = &segments[3];
    let mut bytes = std::fs::read(damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(damaged, bytes).unwrap();

    let began = Instant::now();
    let server = Server::start(&config).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "the start took {:?}", began.elapsed());
    store.set(Fault::None);
    let after = call(&server, Method::POST, "/api/flush", None).await;
    let after: Ledger = serde_json::from_value(after).unwrap();
    assert!(after.balanced(), "{after:?}");
    assert_eq!((after.quarantined, after.waiting), (EVENTS, 0), "one record: {after:?}");
    assert_eq!(after.stored, 999 * EVENTS);
    assert_eq!(store.number("SELECT uniqExact(id) FROM events").await, after.stored);
    let health = call(&server, Method::GET, "/health", None).await;
    assert_eq!(health["status"], "10 events are in damaged segments");
    let kept: Vec<_> = std::fs::read_dir(log.join("quarantine")).unwrap().flatten().collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0].file_name(), damaged.file_name().unwrap());
    server.stop().await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_says_nothing_is_not_waited_for_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&dir.path().join("clickhouse")).await;
    let mut config = common::config(dir.path());
    config.warehouse_url = Some(clickhouse.url.clone());
    let store = WarehouseStore::new(&config).with_patience(Duration::from_millis(500));
    store.ping().await.unwrap();
    let ask = async || store.existing(1, &[EventId(1)], 0, 1, 0).await;
    assert_eq!(ask().await.unwrap(), []);
    clickhouse.set(Fault::Stuck);
    let answer = tokio::time::timeout(Duration::from_secs(10), ask()).await.expect("it was given up");
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    clickhouse.set(Fault::None);
    assert_eq!(ask().await.unwrap(), [], "and works again");
    clickhouse.close().await;
}

/// A visit as browsers send it: everything that is drawn is drawn, so that it packs no better than it should.
fn visit(key: &str, rng: &mut fastrand::Rng) -> Vec<u8> {
    let names = ["page_viewed", "item_viewed", "element_clicked", "form_started", "offer_exposed"];
    let (begun, session) = (now_ms() - rng.i64(0..86_400_000), SessionId(rng.u128(..)));
    let events: Vec<Event> = (0..EVENTS as i64)
        .map(|index| Event {
            id: EventId(rng.u128(..)),
            name: (*rng.choice(names.as_slice()).unwrap()).to_owned(),
            at: Timestamp(begun + index * rng.i64(500..20_000)),
            session,
            page: Some(Page {
                url: format!("https://shop.test/{}/{}?ref={:x}", rng.u8(..), rng.u16(..), rng.u16(..)),
                title: format!("Item {}", rng.u16(..)),
                referrer: format!("https://shop.test/{}", rng.u8(..)),
            }),
            properties: vec![
                ("category".to_owned(), ["travel", "dining", "fuel"][rng.usize(0..3)].into()),
                ("element".to_owned(), format!("main>section.s{}>a", rng.u8(0..40)).as_str().into()),
                ("price".to_owned(), attune_schema::value::Value::Number(f64::from(rng.u16(..)) / 100.0)),
            ],
        })
        .collect();
    let batch = Batch {
        site: key.to_owned(),
        visitor: VisitorId(rng.u128(..)),
        sent_at: Timestamp(now_ms()),
        consent: Consent::ALL,
        context: Context {
            device: ["mobile", "desktop"][rng.usize(0..2)].to_owned(),
            locale: ["ko-KR", "en-GB", "de-DE"][rng.usize(0..3)].to_owned(),
            screen_width: rng.u32(320..2_560),
            screen_height: rng.u32(480..1_440),
            utm_source: ["", "", "newsletter", "search"][rng.usize(0..4)].to_owned(),
            ..Context::default()
        },
        events,
        ..Batch::default()
    };
    batch.to_bytes()
}

/// The figures of `docs/scale.md`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_weighs_what_the_sums_assume() {
    let visits: u64 = std::env::var("ATTUNE_VISITS").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    let dir = tempfile::tempdir().unwrap();
    let (data, log) = (dir.path().join("data"), dir.path().join("data/log"));
    let store = ClickHouse::start(&dir.path().join("clickhouse")).await;
    store.set(Fault::Gone);
    let server = Attune::start_with(&data, |command| _ = command.env("CLICKHOUSE_URL", &store.url)).await;
    let site = server.call(Method::POST, "/api/sites", Some(json!({ "name": "bank" }))).await;
    let (client, mut rng) = (reqwest::Client::new(), fastrand::Rng::with_seed(5));
    let (mut sent, url) = (0, format!("{}/v1/batch", server.base));
    for _ in 0..visits {
        let body = visit(site["key"].as_str().unwrap(), &mut rng);
        sent += body.len() as u64;
        assert_eq!(client.post(&url).body(body).send().await.unwrap().status(), 200);
    }
    let (events, logged) = (visits * EVENTS, files(&log));
    store.set(Fault::None);
    assert_eq!(server.flush().await.stored, events);
    let mut bytes = Vec::new();
    for table in ["events", "steps"] {
        // As it is once merges are through.
        store.run(&format!("OPTIMIZE TABLE {table} FINAL")).await;
        let sql =
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'attune' AND table = ";
        bytes.push(store.number(&format!("{sql}'{table}'")).await / events);
    }
    let (body, record) = (sent / events, logged / events);
    eprintln!(
        "{events} events: {body} bytes each in a body, {record} in the log, {} in `events`, {} in `steps`",
        bytes[0], bytes[1]
    );
    assert!(
        body <= 150 && record <= 250 && bytes[0] <= 150 && bytes[1] <= 40,
        "more than docs/scale.md assumes"
    );
    server.kill();
    store.close().await;
}
