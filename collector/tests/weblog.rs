//! A real web server's log, replayed: through the import, the log, the shipper and its enrichment, into the real
//! engine; its answers against those that two independent tools computed.
//!
//! The data lies beside the project (`../shared/data`) and is not part of it; without it this test says so.

#![expect(clippy::print_stdout, reason = "the figures are what this test is for")]

mod common;

use attune_collector::server::Parts;
use attune_collector::sink::Store;
use attune_collector::sink::memory::MemoryStore;
use attune_collector::sink::warehouse::WarehouseStore;
use attune_schema::api::NewSite;
use attune_schema::bot::{Bots, Class};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::question::{Breakdown, EventNames, Interval, Measure, TrendQuestion};
use attune_schema::time::Timestamp;
use attune_warehouse::row::EventRow;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::data;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use tower::ServiceExt;

/// Inactivity that ends a session.
const GAP_MS: i64 = 1_800_000;
/// What is no page.
const STATIC: &str = "png jpg jpeg gif ico css js svg woff woff2 ttf eot otf swf mp3 pdf zip gz tgz bz2 tar xz 7z rar rpm deb jar xml txt json ics";

/// One line.
struct Line {
    address: String,
    agent: String,
    referrer: String,
    path: String,
    at: i64,
    is_page: bool,
}

fn line(text: &str) -> Option<Line> {
    let mut quoted = text.split('"');
    let (head, request, tail) = (quoted.next()?, quoted.next()?, quoted.next()?);
    let (referrer, _, agent) = (quoted.next()?, quoted.next()?, quoted.next()?);
    let at = head.split_once('[')?.1.trim_end().trim_end_matches(']');
    let at =
        jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", at).ok()?.to_timestamp().ok()?.as_millisecond();
    let mut words = request.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let path = path.split(['?', '#']).next()?;
    let extension = path.rsplit('/').next()?.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    let is_static = extension.is_some_and(|end| STATIC.split(' ').any(|known| known == end));
    let status = tail.split_whitespace().next()?;
    let dash = |text: &str| if text == "-" { String::new() } else { text.to_owned() };
    Some(Line {
        address: head.split(' ').next()?.to_owned(),
        agent: dash(agent),
        referrer: dash(referrer),
        path: path.to_owned(),
        at,
        is_page: method == "GET" && matches!(status, "200" | "304") && !is_static,
    })
}

/// The lines as rows of an import. Sessions are cut here: an import brings its own.
fn import(lines: &[Line]) -> Value {
    let mut last: HashMap<VisitorId, (i64, u32)> = HashMap::new();
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|&index| lines[index].at);
    let row = |index: usize| {
        let line = &lines[index];
        let visitor = VisitorId::from_text(&format!("{}\0{}", line.address, line.agent));
        let (before, session) = last.entry(visitor).or_insert((line.at, 0));
        if line.is_page {
            *session += u32::from(line.at - *before > GAP_MS);
            *before = line.at;
        }
        json!({
            "id": EventId::from_text(&format!("line {index}")),
            "name": if line.is_page { "page_viewed" } else { "file_requested" },
            "at": line.at,
            "visitor": visitor,
            "session": SessionId::from_text(&format!("{visitor} {session}")),
            "properties": {
                "user_agent": line.agent,
                "address": line.address,
                "url": format!("http://www.semicomplete.com{}", line.path),
                "referrer": line.referrer.chars().take(1_000).collect::<String>(),
            }
        })
    };
    json!({ "rows": order.into_iter().map(row).collect::<Vec<_>>() })
}

async fn replay(store: Arc<dyn Store>, dir: &Path, rows: &Value) -> Parts {
    let config = common::config(dir);
    let parts = Parts::open(&config, store, Arc::new(|| Timestamp(common::NOW))).await.unwrap();
    let app = &parts.app;
    let site = NewSite { name: "log".to_owned(), origins: Vec::new() };
    app.control.add_site(&site, app.now()).await.unwrap();
    app.sites.refresh(&app.control).await.unwrap();
    let router = attune_collector::router::router(app.clone());
    for (path, body) in [("/api/sites/log/import", rows.to_string()), ("/api/flush", String::new())] {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", app.local_token))
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(status, StatusCode::OK, "{path}: {body:?}");
    }
    parts
}

/// The counts of a trend over everything, by its breakdown.
async fn counts(
    parts: &Parts,
    event: Option<&str>,
    measure: Measure,
    breakdown: Option<Breakdown>,
    bots: Bots,
) -> BTreeMap<String, u64> {
    let question = TrendQuestion {
        event: event.map(|name| EventNames::One(name.to_owned())),
        filters: Vec::new(),
        measure,
        interval: Interval::Month,
        period: None,
        breakdown,
        bots,
        sample: None,
    };
    let site = parts.app.sites.by_name("log").unwrap();
    let answer = parts.app.store.trend(site.scope(parts.app.now()), &question).await.unwrap();
    answer.points.into_iter().map(|point| (point.value, point.count)).collect()
}

/// The count of a trend without a breakdown.
async fn counts_one(parts: &Parts, event: Option<&str>, measure: Measure, bots: Bots) -> u64 {
    counts(parts, event, measure, None, bots).await.into_values().sum()
}

/// Prints the difference to an expected figure, in percent of it.
fn deviation(what: &str, found: u64, expected: &Value) {
    let expected = expected.as_u64().unwrap();
    let percent = 100.0 * (found as f64 - expected as f64) / expected as f64;
    println!("{what}: {found}, expected {expected} ({percent:+.2} %)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_log_gives_the_figures_that_independent_tools_found() {
    let Some(folder) = data::shared("weblog_apache_2015") else { return };
    let expected: Value =
        serde_json::from_reader(File::open(folder.join("expected_dev.json")).unwrap()).unwrap();
    let log = data::unpacked(&folder.join("access_dev.log.gz"));
    let lines: Vec<Line> = log.lines().filter_map(line).collect();
    assert_eq!(lines.len() as u64, expected["lines"].as_u64().unwrap());
    let rows = import(&lines);

    // What the shipper makes of the lines.
    let dir = tempfile::tempdir().unwrap();
    let memory = Arc::new(MemoryStore::default());
    let parts = replay(memory.clone(), &dir.path().join("memory"), &rows).await;
    let shipped = memory.rows();
    parts.close().await;
    assert_eq!(shipped.len(), lines.len());
    let spiders = shipped.iter().filter(|row| row.agent.device_brand == "Spider").count() as u64;
    assert_eq!(Value::from(spiders), expected["bot_requests_by_uap_device_Spider"]);
    assert!(shipped.iter().all(|row| row.address.is_empty()), "the policy keeps no address");

    // What the engine answers.
    let config = common::config(&dir.path().join("engine"));
    let parts = replay(Arc::new(WarehouseStore::new(&config)), &dir.path().join("engine"), &rows).await;
    let one = async |event, measure, bots| counts_one(&parts, event, measure, bots).await;
    let all = one(None, Measure::Events, Bots::Include).await;
    assert_eq!(all, lines.len() as u64);
    let visitors = one(None, Measure::Visitors, Bots::Include).await;
    assert_eq!(Value::from(visitors), expected["distinct_visitors_ip_plus_ua"]);
    let bots = one(None, Measure::Events, Bots::Only).await;
    assert_eq!(bots + one(None, Measure::Events, Bots::Exclude).await, all, "nobody is dropped");
    let page = Some("page_viewed");
    let views = one(page, Measure::Events, Bots::Exclude).await;
    let people = one(page, Measure::Visitors, Bots::Exclude).await;
    let sessions = one(page, Measure::Sessions, Bots::Exclude).await;
    println!("{:?}", counts(&parts, None, Measure::Events, Some(Breakdown::Bot), Bots::Include).await);
    // Crawlers of the expected figures are those of a public list. Ours are known by how they speak, and so are more:
    // nobody on the list is missed, and eleven programs more are none of the site's readers.
    for (what, found, name) in [
        ("requests of bots", bots, "bot_requests_either"),
        ("page views of people", views, "human_pageviews"),
        ("people with a page view", people, "human_visitors_with_pageview"),
        ("sessions", sessions, "sessions_gap_1800s"),
    ] {
        deviation(what, found, &expected[name]);
    }
    assert_eq!((bots, views, people, sessions), (1_431, 792, 469, 538));

    // A site that takes the eleven for people says so, afterwards, and gets the expected figures to the last one.
    keep_rules(&parts).await;
    for (event, measure, bots, name) in [
        (None, Measure::Events, Bots::Only, "bot_requests_either"),
        (page, Measure::Events, Bots::Exclude, "human_pageviews"),
        (page, Measure::Visitors, Bots::Exclude, "human_visitors_with_pageview"),
        (page, Measure::Sessions, Bots::Exclude, "sessions_gap_1800s"),
    ] {
        assert_eq!(Value::from(counts_one(&parts, event, measure, bots).await), expected[name], "{name}");
    }
    for (name, by) in [
        ("browser_family_human_pageviews_top", Breakdown::Browser),
        ("os_family_human_pageviews_top", Breakdown::Os),
    ] {
        let found = counts(&parts, page, Measure::Events, Some(by), Bots::Exclude).await;
        for (family, count) in expected[name].as_object().unwrap() {
            let key = if family == "Other" { "" } else { family };
            assert_eq!(found.get(key).copied(), count.as_u64(), "{family}");
        }
    }
    parts.close().await;
    paths(&shipped, &expected);
}

/// Programs that the expected figures count as people: the full list being unknown, these are the ones among ours that
/// make the first four figures come out; all the other figures then agree by themselves.
const PEOPLE: [&str; 11] = [
    "Ezooms/",
    "Midori/0.2",
    "Digg Feed Fetcher",
    "Liferea/",
    "Spinn3r",
    "libfetch",
    "DTS Agent",
    "HTTP_Request2",
    "Chef Client",
    "Google Desktop",
    "Mozilla/4.0 (compatible;)",
];

/// Saves the site's own rules over the API.
async fn keep_rules(parts: &Parts) {
    let rules: Vec<Value> =
        PEOPLE.iter().map(|agent| json!({ "class": "human", "user_agent_contains": agent })).collect();
    let request = Request::put("/api/sites/log/settings")
        .header("authorization", format!("Bearer {}", parts.app.local_token))
        .header("content-type", "application/json")
        .header("if-match", "0")
        .body(Body::from(json!({ "bot_rules": rules }).to_string()))
        .unwrap();
    let response = attune_collector::router::router(parts.app.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

fn is_person(row: &EventRow) -> bool {
    row.bot == Class::Human || PEOPLE.iter().any(|agent| row.agent.user_agent.contains(agent))
}

/// Entry pages and transitions of people's sessions, from the rows as shipped: no question asks for them yet.
fn paths(shipped: &[EventRow], expected: &Value) {
    let mut sessions: BTreeMap<u128, Vec<&EventRow>> = BTreeMap::new();
    for row in shipped.iter().filter(|row| row.name == "page_viewed" && is_person(row)) {
        sessions.entry(row.session.0).or_default().push(row);
    }
    let path = |row: &EventRow| row.url["http://www.semicomplete.com".len()..].to_owned();
    let mut entries: BTreeMap<String, u64> = BTreeMap::new();
    let mut moves: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut single = 0;
    for rows in sessions.values_mut() {
        rows.sort_by_key(|row| row.at);
        single += u64::from(rows.len() == 1);
        *entries.entry(path(rows[0])).or_default() += 1;
        for pair in rows.windows(2) {
            *moves.entry((path(pair[0]), path(pair[1]))).or_default() += 1;
        }
    }
    assert_eq!(Value::from(single), expected["single_page_sessions_gap_1800s"]);
    assert_eq!(Value::from(moves.values().sum::<u64>()), expected["transitions_total"]);
    assert_eq!(Value::from(moves.len()), expected["distinct_transitions"]);
    for entry in expected["top_entry_pages_30min"].as_array().unwrap() {
        assert_eq!(entries.get(entry[0].as_str().unwrap()).copied(), entry[1].as_u64(), "{entry}");
    }
    for entry in expected["top_transitions_within_30min_session"].as_array().unwrap() {
        let pair = (entry[0].as_str().unwrap().to_owned(), entry[1].as_str().unwrap().to_owned());
        assert_eq!(moves.get(&pair).copied(), entry[2].as_u64(), "{entry}");
    }
}
