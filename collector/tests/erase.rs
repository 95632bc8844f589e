//! Erasing people: the real program, the real engine, the files looked through.

mod common;

use common::process::{Attune, now_ms};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const KIM: &str = "01941f29-7c00-7d3c-9a51-6f0f5a2b8c11";
const LEE: &str = "01941f29-7c00-7d3c-9a51-6f0f5a2b8c22";

struct World {
    server: Attune,
    key: String,
}

impl World {
    async fn send(&self, visitor: &str, user: &str, events: &[(&str, &str, i64)]) -> Vec<String> {
        let events: Vec<Value> =
            events.iter().map(|(id, name, at)| json!({ "id": id, "name": name, "at": at })).collect();
        let body = json!({
            "site": self.key, "visitor": visitor, "user": user, "consent": { "measure": "granted" }, "events": events,
        });
        let answer = reqwest::Client::new().post(format!("{}/v1/batch", self.server.base)).json(&body);
        let answer = answer.send().await.unwrap().json::<Value>().await.unwrap();
        let verdicts = answer["events"].as_array().unwrap_or_else(|| panic!("{answer}"));
        verdicts.iter().map(|event| event["verdict"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until the only or last erasure is done; its proof as place, before, after.
    async fn erased(&self, count: usize) -> Vec<(String, u64, u64)> {
        let began = Instant::now();
        loop {
            let all = self.server.call(Method::GET, "/api/sites/bank/erasures", None).await;
            let all = all.as_array().unwrap().clone();
            assert_eq!(all.len(), count);
            let last = &all[count - 1];
            if last["done_at"].is_number() {
                let row = |row: &Value| {
                    let number = |name: &str| row[name].as_u64().unwrap();
                    (row["place"].as_str().unwrap().to_owned(), number("before"), number("after"))
                };
                return last["rows"].as_array().unwrap().iter().map(row).collect();
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{last}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Whether any file of the log holds `text`.
fn in_log(dir: &Path, text: &[u8]) -> bool {
    let files = |dir: &Path| -> Vec<_> {
        std::fs::read_dir(dir)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default()
    };
    let (log, aside) = (dir.join("log"), dir.join("log/quarantine"));
    let held = |path: &std::path::PathBuf| {
        std::fs::read(path).is_ok_and(|bytes| bytes.windows(text.len()).any(|window| window == text))
    };
    files(&log).iter().chain(&files(&aside)).any(held)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_gone_from_tables_log_and_what_arrives_late() {
    let dir = tempfile::tempdir().unwrap();
    let server = Attune::start(dir.path()).await;
    let site = server.call(Method::POST, "/api/sites", Some(json!({ "name": "bank" }))).await;
    let world = World { server, key: site["key"].as_str().unwrap().to_owned() };
    let now = now_ms();

    world.send(KIM, "", &[("k1", "page_viewed", now - 5_000)]).await;
    world.send(KIM, "cust-kim", &[("k2", "identified", now - 4_000), ("k3", "", now)]).await;
    world.send(LEE, "cust-lee", &[("l1", "page_viewed", now - 5_000), ("l2", "", now)]).await;
    assert_eq!(world.server.flush().await.stored, 3);
    // Accepted, not yet shipped; and a segment that was set aside with something of both.
    world.send(KIM, "cust-kim", &[("k4", "page_viewed", now - 3_000)]).await;
    assert!(in_log(dir.path(), b"cust-kim") && in_log(dir.path(), b"cust-lee"));
    let segment = std::fs::read_dir(dir.path().join("log")).unwrap().flatten().map(|entry| entry.path());
    let segment =
        segment.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "seg")).unwrap();
    std::fs::create_dir_all(dir.path().join("log/quarantine")).unwrap();
    std::fs::copy(&segment, dir.path().join("log/quarantine").join(segment.file_name().unwrap())).unwrap();

    let begun = world
        .server
        .call(Method::POST, "/api/sites/bank/erasures", Some(json!({ "user": "cust-kim" })))
        .await;
    assert_eq!((&begun["requested_by"], &begun["done_at"]), (&json!("local"), &Value::Null));
    assert!(!begun.to_string().contains("kim"), "the record of an erasure names nobody");
    let proof = world.erased(1).await;
    let before = |place: &str| proof.iter().find(|row| row.0 == place).unwrap().1;
    assert!(proof.iter().all(|(_, _, after)| *after == 0), "{proof:?}");
    assert_eq!((before("events"), before("steps"), before("links"), before("raw")), (3, 3, 2, 1));
    assert_eq!((before("log"), before("quarantine")), (3, 3));
    assert!(!in_log(dir.path(), b"cust-kim"), "no file of the log holds the id any more");

    // What was sent before and arrives now, also by another name of the same person; and what happens from now on.
    world.send(KIM, "", &[("k5", "page_viewed", now - 2_000), ("k6", "page_viewed", now_ms() + 1_000)]).await;
    world.send("other-device", "cust-kim", &[("k7", "page_viewed", now - 1_000)]).await;
    world.send(LEE, "cust-lee", &[("l3", "page_viewed", now - 1_000)]).await;
    let ledger = world.server.flush().await;
    assert_eq!((ledger.filtered, ledger.refused.get("erased"), ledger.stored), (2, Some(&2), 6));
    let names = world.server.call(Method::GET, "/api/sites/bank/events", None).await;
    assert_eq!(names[0]["count"], 3, "two of Lee's, and what Kim did after: {names}");
    let letters = world.server.call(Method::GET, "/api/sites/bank/dead-letters", None).await;
    assert_eq!(letters.as_array().unwrap().len(), 1, "Lee's");

    // A request of which nothing was fit to be kept, and of somebody who never told a name.
    let stranger = "01941f29-7c00-7d3c-9a51-6f0f5a2b8c44";
    world.send(stranger, "", &[("s1", "", now), ("s2", "page_viewed", 5)]).await;
    world.server.flush().await;
    let letters = async || {
        let letters = world.server.call(Method::GET, "/api/sites/bank/dead-letters", None).await;
        letters.as_array().unwrap().len()
    };
    assert_eq!(letters().await, 2);
    world.server.call(Method::POST, "/api/sites/bank/erasures", Some(json!({ "visitor": stranger }))).await;
    assert!(world.erased(2).await.contains(&("raw".to_owned(), 1, 0)));
    assert_eq!(letters().await, 1, "Lee's");
    // Of what comes after it cannot be told whether it happened before.
    world.send(stranger, "", &[("s3", "", now)]).await;
    world.server.flush().await;
    assert_eq!(letters().await, 1);

    // It outlives a restart.
    let World { server, key } = world;
    server.kill();
    let world = World { server: Attune::start(dir.path()).await, key };
    world.send(KIM, "", &[("k8", "page_viewed", now - 2_500)]).await;
    assert_eq!(world.server.flush().await.filtered, 3);

    // A device asks for itself, and for nobody else.
    let forget = async |body: Value| {
        let request = reqwest::Client::new().post(format!("{}/v1/forget", world.server.base)).json(&body);
        request.send().await.unwrap().status()
    };
    assert_eq!(forget(json!({ "site": world.key, "visitor": "cust-lee" })).await, StatusCode::BAD_REQUEST);
    assert_eq!(forget(json!({ "site": "pk_none", "visitor": LEE })).await, StatusCode::UNAUTHORIZED);
    assert_eq!(forget(json!({ "site": world.key, "visitor": LEE })).await, StatusCode::ACCEPTED);
    let proof = world.erased(3).await;
    assert!(proof.contains(&("events".to_owned(), 2, 0)), "{proof:?}");
    // Whoever asks in a loop is told when to return.
    let mut last = StatusCode::ACCEPTED;
    for _ in 0..12 {
        last = forget(json!({ "site": world.key, "visitor": "01941f29-7c00-7d3c-9a51-6f0f5a2b8c33" })).await;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let both = json!({ "user": "a", "visitor": LEE });
    for (bad, code) in [(json!({}), "bad_request"), (both, "bad_request"), (json!({ "user": "" }), "invalid")]
    {
        let answer = world.server.call(Method::POST, "/api/sites/bank/erasures", Some(bad)).await;
        assert_eq!(answer["code"], code);
    }
    world.server.kill();
}
