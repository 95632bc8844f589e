//! A backup made under load, and the way back, rehearsed with the real binary and engine.

mod common;

use common::process::{Attune, now_ms};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

fn attune(args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_attune")).args(args).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Sends the event numbered `id`.
async fn send(base: &str, key: &str, id: u64) {
    let event = json!({ "id": format!("{id:032x}"), "name": "x", "at": now_ms() });
    let body = json!({ "site": key, "visitor": "v", "consent": { "measure": "granted" }, "events": [event] });
    let answer = reqwest::Client::new().post(format!("{base}/v1/batch")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

async fn stored(server: &Attune) -> u64 {
    server.flush().await;
    let events = server.call(Method::GET, "/api/sites/bank/events", None).await;
    events[0]["count"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_under_load_is_restored_with_every_event_acknowledged_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let [data, copy, again] = ["data", "copy", "again"].map(|name| dir.path().join(name));
    let server = Attune::start(&data).await;
    let site = server.call(Method::POST, "/api/sites", Some(json!({ "name": "bank" }))).await;
    let key = site["key"].as_str().unwrap().to_owned();

    // Some in the warehouse in several parts, some in the log only, some arriving meanwhile.
    let next = Arc::new(AtomicU64::new(0));
    for _ in 0..3 {
        for _ in 0..20 {
            send(&server.base, &key, next.fetch_add(1, Ordering::Relaxed)).await;
        }
        server.flush().await;
    }
    for _ in 0..10 {
        send(&server.base, &key, next.fetch_add(1, Ordering::Relaxed)).await;
    }
    let before = next.load(Ordering::Relaxed);
    let done = Arc::new(AtomicBool::new(false));
    let load = {
        let (base, key, next, done) =
            (server.base.clone(), key.clone(), Arc::clone(&next), Arc::clone(&done));
        tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                send(&base, &key, next.fetch_add(1, Ordering::Relaxed)).await;
            }
        })
    };
    let command = ["backup", "--json", "--data", text(&data), "--to", text(&copy)].map(str::to_owned);
    let run = move || attune(&command.each_ref().map(String::as_str));
    let (made, said) = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(made, "{said}");
    done.store(true, Ordering::Relaxed);
    load.await.unwrap();
    let sent = next.load(Ordering::Relaxed);
    assert_eq!(stored(&server).await, sent, "the server went on");
    server.kill();

    let manifest: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((&manifest["control"], &manifest["warehouse"]), (&json!(true), &json!(true)));
    let (again_made, said) = attune(&["backup", "--data", text(&data), "--to", text(&copy)]);
    assert!(!again_made && said.contains("exists already"), "{said}");

    let restore = ["restore", "--from", text(&copy), "--data", text(&again)];
    let (restored, said) = attune(&restore);
    assert!(restored, "{said}");
    assert!(!attune(&restore).0, "never over something");
    let server = Attune::start(&again).await;
    let count = stored(&server).await;
    assert!((before..=sent).contains(&count), "{before} before, {sent} in all, {count} restored");
    let ledger = server.call(Method::GET, "/api/ledger", None).await;
    assert_eq!(ledger["stored"], count, "{ledger}");
    // The site, its key and the ids are what they were.
    send(&server.base, &key, 0).await;
    send(&server.base, &key, sent + 1).await;
    assert_eq!(stored(&server).await, count + 1);
}
