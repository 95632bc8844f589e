//! Hostile requests at every route of the running binary: none of them breaks it, fills its memory or loses count.
//!
//! `ATTUNE_HOSTILE` says how many (`cargo xtask prove`: a million). Each is made from its number, so that a failure
//! names the request that caused it.

mod common;
#[path = "hostile/doors.rs"]
mod doors;
#[path = "hostile/generate.rs"]
mod generate;
#[path = "hostile/values.rs"]
mod values;
#[path = "hostile/wire.rs"]
mod wire;

use attune_schema::api::{BatchAnswer, Erasure, Replayed};
use attune_schema::outcome::Verdict;
use common::clickhouse::ClickHouse;
use common::process::{Attune, now_ms};
use generate::World;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use wire::Wire;

/// Connections that send at the same time.
const CONNECTIONS: usize = 16;
/// Answers that are a server's error and yet right: the request came at a bad time. The warehouse is there all the
/// time, so that a question which it does not take is not one of them.
const LATER: [&str; 2] = ["busy", "flush_timeout"];
/// Most memory at the end, whatever came, without the program itself.
const OWN_KIB: u64 = 64 << 10;
/// What the second half of a long run may add.
const GROWTH_KIB: u64 = 16 << 10;
/// Until when the erasures that were asked for are over: they take turns.
const ERASED_WITHIN: Duration = Duration::from_secs(120);
/// From then on a run is long.
const LONG: u64 = 200_000;

#[derive(Default)]
struct Seen {
    by_status: BTreeMap<u16, u64>,
    by_route: BTreeMap<String, [u64; 2]>,
    unanswered: u64,
    later: u64,
    accepted: u64,
    /// Events that replays took out of the warehouse.
    replaced: u64,
}

/// Judges one answer.
fn judge(seen: &mut Seen, number: u64, case: &generate::Case, answer: Option<wire::Answer>) {
    let route = seen.by_route.entry(case.route.clone()).or_default();
    route[0] += 1;
    let Some(answer) = answer else {
        // The port may hang up on what is no request; whoever sent one gets an answer.
        let odd = case.request.framing == wire::Framing::Raw;
        assert!(odd, "request {number} got no answer: {:?}", Shown(case));
        seen.unanswered += 1;
        return;
    };
    let status = answer.status;
    *seen.by_status.entry(status).or_default() += 1;
    route[1] += u64::from((200..300).contains(&status));
    if status >= 500 {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = body["code"].as_str().unwrap_or_default();
        // Who asks for the head alone is told no code, but when to come again.
        let said = LATER.contains(&code) || case.request.method == "HEAD";
        let deliberate = status == 503 && answer.retry && said;
        assert!(deliberate, "request {number} was answered {status} {body}: {:?}", Shown(case));
        seen.later += 1;
    }
    if status == 200
        && case.route == "/v1/batch"
        && let Ok(batch) = serde_json::from_slice::<BatchAnswer>(&answer.body)
    {
        seen.accepted += batch.events.iter().filter(|event| event.verdict == Verdict::Ok).count() as u64;
    }
    if status == 200
        && case.route == "/api/sites/{site}/replay"
        && let Ok(replayed) = serde_json::from_slice::<Replayed>(&answer.body)
    {
        seen.replaced += replayed.taken_out;
    }
}

/// Enough of a request to find it again.
struct Shown<'a>(&'a generate::Case);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let request = &self.0.request;
        let body = String::from_utf8_lossy(&request.body[..request.body.len().min(2_000)]);
        write!(f, "{} {} {:?} {body}", request.method, request.target, request.headers)
    }
}

/// Rows of `events` that erasures took out, once all of them are done.
async fn erased(server: &Attune) -> u64 {
    let sites = server.call(Method::GET, "/api/sites", None).await;
    let mut rows = 0;
    for site in sites.as_array().unwrap() {
        let path = format!("/api/sites/{}/erasures", site["name"].as_str().unwrap());
        let begun = Instant::now();
        let done = loop {
            let all: Vec<Erasure> =
                serde_json::from_value(server.call(Method::GET, &path, None).await).unwrap();
            if all.iter().all(|erasure| erasure.done_at.is_some()) {
                break all;
            }
            assert!(begun.elapsed() < ERASED_WITHIN, "{path}: {all:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        let places = done.iter().flat_map(|erasure| &erasure.rows);
        rows += places.filter(|place| place.place == "events").map(|place| place.before).sum::<u64>();
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_requests_break_nothing() {
    let count: u64 = std::env::var("ATTUNE_HOSTILE").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let dir = tempfile::tempdir().unwrap();
    let store = ClickHouse::start(&dir.path().join("clickhouse")).await;
    let noise = dir.path().join("stderr");
    let mut server = Attune::start_with(&dir.path().join("data"), |command| {
        // Whatever a request makes it write to a relative path is written here.
        command.current_dir(dir.path()).env("CLICKHOUSE_URL", &store.url);
        command.env("ATTUNE_LOG", "off").stderr(std::fs::File::create(&noise).unwrap());
        // As in deploy/attune.service: without them the allocator keeps most of what a moment needed, and the figure
        // is its own, not the server's (230 MiB after a million requests, 31 with them).
        command
            .env("MALLOC_ARENA_MAX", "1")
            .env("MALLOC_MMAP_THRESHOLD_", "262144")
            .env("MALLOC_TRIM_THRESHOLD_", "524288");
    })
    .await;
    for site in ["bank", "other"] {
        let origins = json!(["https://bank.test", "https://shop.test"]);
        server.call(Method::POST, "/api/sites", Some(json!({ "name": site, "origins": origins }))).await;
    }
    let sites = server.call(Method::GET, "/api/sites", None).await;
    let key = sites[0]["key"].as_str().unwrap().to_owned();
    let given = json!({ "user": "admin", "password": "correct horse" });
    let signed = reqwest::Client::new().post(format!("{}/api/sign-in", server.base)).json(&given);
    let signed = signed.send().await.unwrap();
    let cookie = signed.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let description = server.call(Method::GET, "/openapi.json", None).await;
    let world = World::new(&description, key, server.token().to_owned(), cookie, now_ms());
    let address: SocketAddr = server.base.trim_start_matches("http://").parse().unwrap();

    let (next, seen, warm) = (AtomicU64::new(0), Mutex::new(Seen::default()), AtomicU64::new(0));
    let began = Instant::now();
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| {
                    let mut wire = Wire::new(address);
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            return;
                        }
                        if number == count / 2 {
                            warm.store(server.own_kib(), Ordering::Relaxed);
                        }
                        let case = world.case(number);
                        let answer = wire
                            .exchange(&case.request)
                            .unwrap_or_else(|error| panic!("request {number}: {error}: {:?}", Shown(&case)));
                        judge(&mut seen.lock().unwrap(), number, &case, answer);
                    }
                });
            }
        });
    });
    let seconds = began.elapsed().as_secs_f64();
    // What it keeps: a moment later what the last requests needed is given back.
    let kept = (0..20).map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        server.own_kib()
    });
    let (warm, own, seen) = (warm.into_inner(), kept.min().unwrap_or_default(), seen.into_inner().unwrap());
    eprintln!(
        "{count} requests in {seconds:.1} s ({:.0}/s), answers {:?}, {} events taken, {} hung up on, {} told to come \
         later; memory {} KiB after half of them, {} KiB at the end, {} KiB at most",
        count as f64 / seconds,
        seen.by_status,
        seen.accepted,
        seen.unanswered,
        seen.later,
        warm,
        own,
        server.peak_kib()
    );

    assert!(server.is_alive(), "the process ended");
    let noise = std::fs::read_to_string(&noise).unwrap();
    assert!(!noise.contains("panicked"), "{noise}");
    assert!(own < OWN_KIB, "{own} KiB in use");
    assert!(count < LONG || own < warm + GROWTH_KIB, "memory grew from {warm} to {own} KiB");
    assert!(seen.later * 100 < count, "{} of {count} requests were put off", seen.later);
    for route in world.routes() {
        let [sent, _] = seen.by_route.get(route).copied().unwrap_or_default();
        assert!(sent > 0, "{route} was never asked");
    }
    for route in ["/v1/batch", "/v1/t", "/e/", "/matomo.php", "/api/event", "/api/sites/{site}/funnel"] {
        let [sent, fine] = seen.by_route[route];
        assert!(fine > 0, "of {sent} requests at {route} none was taken: the generator is of no use there");
    }
    assert!(seen.accepted * 20 > count, "only {} events were taken", seen.accepted);

    let ledger = server.flush().await;
    assert_eq!((ledger.waiting, ledger.quarantined), (0, 0), "{ledger:?}");
    assert!(ledger.stored >= seen.accepted, "{} were acknowledged: {ledger:?}", seen.accepted);
    // Some of the requests take events out again. Nothing else is missing, and nothing is there twice.
    let taken_out = seen.replaced + erased(&server).await;
    let rows = store.number("SELECT count() FROM events").await;
    eprintln!("{rows} rows, {} events stored, {taken_out} taken out on request", ledger.stored);
    assert!(rows <= ledger.stored && ledger.stored <= rows + taken_out, "{rows} rows: {ledger:?}");
    assert_eq!(store.number("SELECT uniqExact(site, id) FROM events").await, rows);
    server.kill();
    store.close().await;
}
