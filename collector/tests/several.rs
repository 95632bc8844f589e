//! Several collectors behind a balancer, one PostgreSQL, one warehouse: a retry that reaches another collector is
//! stored once. Ignored unless asked for: `cargo xtask test` asks, with a server at `ATTUNE_TEST_POSTGRES`
//! (`postgres://user@host:port`).

mod common;

use attune_collector::sink::memory::MemoryStore;
use attune_schema::id::EventId;
use axum::http::StatusCode;
use common::{NOW, TestApp, config, event};
use serde_json::{Value, json};
use sqlx::AnyPool;
use std::collections::HashSet;
use std::sync::Arc;

/// Collectors with logs of their own on one new database and one store.
async fn collectors(count: usize) -> (Vec<TestApp>, Arc<MemoryStore>) {
    let server = std::env::var("ATTUNE_TEST_POSTGRES").expect("ATTUNE_TEST_POSTGRES names a server");
    let name = format!("several_{}_{count}", std::process::id());
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(&format!("{server}/postgres")).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&pool).await.unwrap();
    let store = Arc::new(MemoryStore::default());
    let mut apps = Vec::new();
    for _ in 0..count {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config(dir.path());
        config.control_url = Some(format!("{server}/{name}"));
        let mut app = TestApp::open(&config, Arc::clone(&store)).await;
        app.dir = Some(dir);
        apps.push(app);
    }
    (apps, store)
}

#[ignore = "needs a PostgreSQL server"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_elsewhere_is_stored_once() {
    let (apps, store) = collectors(3).await;
    assert!(apps.iter().all(|app| app.key == apps[0].key), "one control store");
    // Time between look-up and insert: without turns, each would find the store without the other's rows.
    store.set_distance_ms(20);
    const ROUNDS: usize = 12;
    for round in 0..ROUNDS {
        let events: Vec<Value> =
            (0..10).map(|n| event(&format!("event-{round}-{n}"), "page_viewed", NOW)).collect();
        let sent = apps.iter().map(|app| app.batch(json!(events)));
        for answer in futures_util::future::join_all(sent).await {
            assert_eq!(answer.status, StatusCode::OK);
            // None of them has seen it before, and none may say so.
            assert!(answer.json()["events"].as_array().unwrap().iter().all(|e| e["verdict"] == "ok"));
        }
        let ledgers = futures_util::future::join_all(apps.iter().map(TestApp::flush)).await;
        let stored: u64 = ledgers.iter().map(|ledger| ledger.stored).sum();
        let duplicate: u64 = ledgers.iter().map(|ledger| ledger.duplicate).sum();
        let all = ((round + 1) * 10) as u64;
        assert_eq!((stored, duplicate), (all, all * 2));
    }
    let ids: Vec<EventId> = store.rows().iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), ROUNDS * 10);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}

#[ignore = "needs a PostgreSQL server"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_gone_keeps_nobody_waiting() {
    let (apps, store) = collectors(2).await;
    // A turn that is never ended: its task is aborted in the middle.
    let control = apps[0].app().control.clone();
    let holder = tokio::spawn(async move {
        let _turn = control.turn().await.unwrap();
        std::future::pending::<()>().await;
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    apps[1].batch(json!([event("late", "page_viewed", NOW)])).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert!(store.rows().is_empty(), "it is not this collector's turn");
    holder.abort();
    assert_eq!(apps[1].flush().await.stored, 1);
}
