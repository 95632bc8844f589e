//! `kill -9` under load: what was acknowledged is there, once, and the ledger balances.

mod common;

use attune_schema::api::Ledger;
use common::clickhouse::{ClickHouse, Fault};
use common::process::{Attune, now_ms};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Sends batches of ten until the server is gone; a batch that got no answer is sent again next time.
async fn load(base: String, key: String, next: Arc<AtomicU64>, unsure: Arc<Mutex<Vec<u64>>>) -> Vec<u64> {
    let client = reqwest::Client::new();
    let mut acknowledged = Vec::new();
    loop {
        let first = unsure.lock().unwrap().pop().unwrap_or_else(|| next.fetch_add(10, Ordering::Relaxed));
        let ids = first..first + 10;
        let events: Vec<Value> = ids
            .clone()
            .map(|id| json!({ "id": format!("{id:032x}"), "name": "x", "at": now_ms() }))
            .collect();
        let body =
            json!({ "site": key, "visitor": "v", "consent": { "measure": "granted" }, "events": events });
        let answer = client.post(format!("{base}/v1/batch")).json(&body).send().await;
        match answer {
            Ok(answer) if answer.status() == 200 => match answer.json::<Value>().await {
                Ok(answer) => {
                    for event in answer["events"].as_array().unwrap() {
                        assert!(matches!(event["verdict"].as_str(), Some("ok" | "duplicate")), "{event}");
                    }
                    acknowledged.extend(ids);
                }
                Err(_) => return gone(&unsure, first, acknowledged),
            },
            Ok(_) => unsure.lock().unwrap().push(first),
            Err(_) => return gone(&unsure, first, acknowledged),
        }
    }
}

fn gone(unsure: &Mutex<Vec<u64>>, first: u64, acknowledged: Vec<u64>) -> Vec<u64> {
    unsure.lock().unwrap().push(first);
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_events_survive_kill_9_once_each() {
    let crashes: u64 = std::env::var("ATTUNE_CRASHES").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let dir = tempfile::tempdir().unwrap();
    let server = Attune::start(dir.path()).await;
    let site = server.call(reqwest::Method::POST, "/api/sites", Some(json!({ "name": "bank" }))).await;
    let key = site["key"].as_str().unwrap().to_owned();
    server.kill();

    let (next, unsure) = (Arc::new(AtomicU64::new(1)), Arc::new(Mutex::new(Vec::new())));
    let mut acknowledged = BTreeSet::new();
    for crash in 0..crashes {
        let server = Attune::start(dir.path()).await;
        let load =
            || tokio::spawn(load(server.base.clone(), key.clone(), Arc::clone(&next), Arc::clone(&unsure)));
        let clients = [load(), load(), load(), load()];
        tokio::time::sleep(Duration::from_millis(200 + crash * 137 % 600)).await;
        let ledger = server.call(reqwest::Method::GET, "/api/ledger", None).await;
        let ledger: Ledger = serde_json::from_value(ledger).unwrap();
        assert!(ledger.balanced(), "{ledger:?}");
        server.kill();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
    }
    assert!(acknowledged.len() as u64 > crashes * 10, "only {} events", acknowledged.len());

    let server = Attune::start(dir.path()).await;
    // The engine opens in the background: what it holds is the point of the test, so it is waited for.
    for attempt in 0.. {
        let health = server.call(reqwest::Method::GET, "/health", None).await;
        if health["warehouse"] == true {
            break;
        }
        assert!(attempt < 300, "the warehouse did not open: {health}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.flush().await;
    let question = Some(json!({ "interval": "month" }));
    let trend = server.call(reqwest::Method::POST, "/api/sites/bank/trend", question).await;
    let counted: u64 =
        trend["points"].as_array().unwrap().iter().map(|point| point["count"].as_u64().unwrap()).sum();
    let ledger = server.call(reqwest::Method::GET, "/api/ledger", None).await;
    let ledger: Ledger = serde_json::from_value(ledger).unwrap();
    assert!(ledger.balanced(), "{ledger:?}");
    assert_eq!((ledger.quarantined, ledger.waiting), (0, 0));
    assert_eq!(counted, ledger.stored, "rows in the warehouse");
    server.kill();

    // The engine's own data, opened by ourselves: the answers above came from the program under test.
    let store = ClickHouse::start(&dir.path().join("warehouse")).await;
    let stored = store.ids().await;
    let lost = acknowledged.iter().filter(|id| !stored.contains(&u128::from(**id))).count();
    let doubled = store.number("SELECT toUInt64(count() - uniqExact(site, id)) FROM events").await;
    eprintln!(
        "{crashes} kills: {} events acknowledged, {} stored, {lost} lost, {doubled} doubled",
        acknowledged.len(),
        ledger.stored
    );
    assert_eq!((lost, doubled), (0, 0));
    assert_eq!(store.number("SELECT count() FROM steps").await, ledger.stored, "the narrow table, too");
    store.close().await;
}

/// Lets the store fail in every way it can, for moments, until it is told to stop.
async fn torment(store: Arc<ClickHouse>, mut end: tokio::sync::watch::Receiver<bool>) -> usize {
    let mut rng = fastrand::Rng::with_seed(41);
    for faults in 0.. {
        let fault = *rng.choice(&[Fault::Gone, Fault::Silent, Fault::Half, Fault::Stuck]).unwrap();
        for fault in [Fault::None, fault] {
            store.set(fault);
            let moment = Duration::from_millis(rng.u64(20..400));
            if tokio::time::timeout(moment, end.wait_for(|end| *end)).await.is_ok() {
                store.set(Fault::None);
                return faults;
            }
        }
    }
    0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_while_the_store_comes_and_goes_loses_and_doubles_nothing() {
    let crashes: u64 = std::env::var("ATTUNE_CRASHES").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = Arc::new(ClickHouse::start(&dir.path().join("clickhouse")).await);
    let start =
        async || Attune::start_with(&data, |command| _ = command.env("CLICKHOUSE_URL", &store.url)).await;
    let server = start().await;
    let site = server.call(reqwest::Method::POST, "/api/sites", Some(json!({ "name": "bank" }))).await;
    let key = site["key"].as_str().unwrap().to_owned();
    server.kill();

    let (end, ended) = tokio::sync::watch::channel(false);
    let torment = tokio::spawn(torment(Arc::clone(&store), ended));
    let mut rng = fastrand::Rng::with_seed(43);
    let (next, unsure) = (Arc::new(AtomicU64::new(1)), Arc::new(Mutex::new(Vec::new())));
    let mut acknowledged = BTreeSet::new();
    for _ in 0..crashes {
        let server = start().await;
        let load =
            || tokio::spawn(load(server.base.clone(), key.clone(), Arc::clone(&next), Arc::clone(&unsure)));
        let clients = [load(), load(), load(), load()];
        tokio::time::sleep(Duration::from_millis(rng.u64(50..1_500))).await;
        server.kill();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
    }
    end.send_replace(true);
    let faults = torment.await.unwrap();
    assert!(faults as u64 >= crashes, "the store failed only {faults} times");

    let server = start().await;
    let ledger = server.flush().await;
    assert_eq!((ledger.quarantined, ledger.waiting), (0, 0), "{ledger:?}");
    let stored = store.ids().await;
    let lost = acknowledged.iter().filter(|id| !stored.contains(&u128::from(**id))).count();
    let doubled = store.number("SELECT toUInt64(count() - uniqExact(site, id)) FROM events").await;
    eprintln!(
        "{crashes} kills, {faults} failures of the store: {} events acknowledged, {} stored, {lost} lost, {doubled} \
         doubled",
        acknowledged.len(),
        ledger.stored
    );
    assert_eq!((lost, doubled), (0, 0));
    assert_eq!(store.number("SELECT count() FROM events").await, ledger.stored);
    assert_eq!(store.number("SELECT count() FROM steps").await, ledger.stored, "the narrow table, too");
    server.kill();
    Arc::into_inner(store).unwrap().close().await;
}
