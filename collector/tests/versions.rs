//! One version's data folder in another's hands: what was written once is read for ever, what is from later is kept.

mod common;

use attune_collector::log::{Journal, SegmentLog, Tally};
use attune_collector::sink::memory::MemoryStore;
use attune_schema::api::Ledger;
use attune_warehouse::row::EventRow;
use axum::http::StatusCode;
use common::{NOW, TestApp, event};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// The one segment of a fixture. The fixtures were written by the program of their version and are never made anew:
/// see `versions/README.md`.
const SEGMENT: &str = "log/00000000000000000001.seg";

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// Everything that a row holds, a line each.
fn show(rows: &[EventRow]) -> String {
    rows.iter().map(|row| format!("{row:#?}\n")).collect()
}

/// Opens a folder made of such files, and delivers what waits in it.
async fn deliver(dir: &Path, segment: &str, cursor: &str) -> (TestApp, Ledger) {
    std::fs::create_dir_all(dir.join("log")).unwrap();
    std::fs::write(dir.join(SEGMENT), unhex(segment)).unwrap();
    std::fs::write(dir.join("cursor.json"), cursor).unwrap();
    let app = TestApp::open(&common::config(dir), Arc::default()).await;
    let ledger = app.flush().await;
    (app, ledger)
}

fn expected() -> Ledger {
    let refused = [("bad_name".to_owned(), 1), ("no_consent".to_owned(), 1)].into();
    Ledger {
        received: 7,
        stored: 4,
        duplicate: 1,
        filtered: 1,
        invalid: 1,
        client_dropped: 3,
        refused,
        ..Ledger::default()
    }
}

#[tokio::test]
async fn what_the_first_version_wrote_is_read_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let (segment, cursor) = (include_str!("versions/1/segment.hex"), include_str!("versions/1/cursor.json"));
    let (app, ledger) = deliver(dir.path(), segment, cursor).await;
    assert_eq!(ledger, expected());
    insta::assert_snapshot!("first_version", show(&app.store.rows()));
    // And goes on in the same log.
    let answer = app.batch(json!([event("new", "x", NOW)])).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(app.flush().await.stored, 5);
}

#[tokio::test]
async fn a_record_of_a_later_version_is_counted_and_kept() {
    const LATER: u8 = 200;
    let dir = tempfile::tempdir().unwrap();
    let config = common::config(dir.path());
    let store: Arc<MemoryStore> = Arc::default();
    store.set_away(true);
    let app = TestApp::open(&config, Arc::clone(&store)).await;
    app.batch(json!([event("before", "x", NOW)])).await;
    app.parts.close().await;
    later(dir.path(), LATER);
    store.set_away(false);

    let app = TestApp::open(&config, Arc::clone(&store)).await;
    app.batch(json!([event("after", "x", NOW)])).await;
    let ledger = app.flush().await;
    assert_eq!((ledger.received, ledger.stored, ledger.quarantined, ledger.waiting), (5, 2, 3, 0));
    // The version that wrote it can still read it.
    let kept: Vec<_> = std::fs::read_dir(dir.path().join("log/quarantine")).unwrap().flatten().collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let bytes = std::fs::read(kept[0].path()).unwrap();
    assert!(bytes.windows(12).any(|part| part == [LATER; 12]), "the record is in it");
    let metrics = app.api("GET", "/metrics", &[], None).await;
    assert!(std::str::from_utf8(&metrics.body).unwrap().contains("attune_events_quarantined 3"));
}

/// Adds a record of three events in a form that nobody knows yet.
fn later(data: &Path, version: u8) {
    let mut log = SegmentLog::open(&data.join("log"), 64 << 10, 0).unwrap();
    let tally = Tally { received: 3, accepted: 3, ..Tally::default() };
    log.append(&tally, &[version; 40]).unwrap();
    log.commit().unwrap();
}

#[tokio::test]
async fn what_this_version_writes_it_reads() {
    let (written, read) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (segment, cursor) = write(written.path()).await;
    assert!(cursor.contains("\"pending\":{"), "a range was being shipped: {cursor}");
    let (app, ledger) = deliver(read.path(), &segment, &cursor).await;
    assert_eq!((ledger, app.store.rows().len()), (expected(), 4));
    if let Some(target) = std::env::var_os("ATTUNE_FIXTURE").map(std::path::PathBuf::from) {
        std::fs::create_dir_all(&target).unwrap();
        std::fs::write(target.join("segment.hex"), segment).unwrap();
        std::fs::write(target.join("cursor.json"), cursor).unwrap();
    }
}

/// A log with a bit of everything and its cursor, as the program writes them now.
async fn write(dir: &Path) -> (String, String) {
    let store: Arc<MemoryStore> = Arc::default();
    store.set_away(true);
    let app = TestApp::open(&common::config(dir), store).await;
    let mut full = event("018f0000000000000000000000000001", "form_submitted", NOW - 1_000);
    full["page"] =
        json!({ "url": "https://bank.test/cards?a=1", "title": "카드", "referrer": "https://r.test/" });
    full["properties"] = json!({ "form": "checkout", "total": 129.5, "member": true, "note": "값🙂" });
    let mut body = app.body(json!([full, event("e2", "page_viewed", NOW), event("e3", "", NOW)]));
    body["user"] = json!("u-1");
    body["sent_at"] = json!(NOW - 60_000);
    body["context"] = json!({
        "device": "mobile", "locale": "ko-KR", "screen_width": 390, "screen_height": 844, "utc_offset_minutes": 540,
        "utm_source": "news", "utm_medium": "mail", "utm_campaign": "c1", "library": "test 1",
    });
    body["dropped"] = json!([{ "reason": "queue_full", "count": 3 }]);
    let headers = [("content-type", "application/json")];
    assert_eq!(app.post(&headers, body.to_string()).await.status, StatusCode::OK);
    app.batch(json!([event("e2", "page_viewed", NOW), event("e4", "x", NOW)])).await;
    let mut denied: Value = app.body(json!([event("e5", "x", NOW)]));
    denied["consent"] = json!({ "measure": "denied" });
    app.post(&headers, denied.to_string()).await;
    // Long enough for a range to be begun.
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    app.batch(json!([event("e6", "x", NOW)])).await;
    app.parts.close().await;
    let cursor = std::fs::read_to_string(dir.join("cursor.json")).unwrap() + "\n";
    let bytes = std::fs::read(dir.join(SEGMENT)).unwrap();
    let line = |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    (bytes.chunks(40).map(line).collect(), cursor)
}
