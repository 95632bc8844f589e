//! Tables as the first version made them, with its rows, in the hands of this one.

use attune_schema::bot::Bots;
use attune_schema::id::{EventId, VisitorId};
use attune_schema::question::{
    Breakdown, EventNames, FunnelQuestion, FunnelStep, Interval, Measure, Per, SameTime, TrendQuestion,
};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_warehouse::embedded::{Embedded, find_library};
use attune_warehouse::people::Who;
use attune_warehouse::{Config, Warehouse};
use std::path::Path;

const FIRST: &str = include_str!("../src/migrations/001_events.sql");
const NOON: i64 = 1_795_348_800_000;
const SITE: u32 = 7;

/// One that begins with its time, as our SDK's do; ones of other clients; the ends of what an id can be.
const IDS: [u128; 6] =
    [0x0199_0000_0001_7000_8000_0000_0000_0001, 0xfeed << 80 | 7, 3, u128::MAX, 0, 1 << 64];

/// Id, visitor, user, name, minutes after noon, device, properties of text.
type Stored = (u128, u128, &'static str, &'static str, i64, &'static str, &'static str);

/// Two people on three devices, one of whom shares a device, and somebody unknown.
const ROWS: [Stored; 6] = [
    (IDS[0], 1, "", "view", 0, "desktop", "map('category', 'travel')"),
    (IDS[1], 1, "kim", "identified", 1, "desktop", "map()"),
    (IDS[2], 2, "kim", "apply", 2, "mobile", "map()"),
    (IDS[3], 2, "lee", "identified", 30, "mobile", "map()"),
    (IDS[4], 2, "", "view", 31, "mobile", "map('category', 'it''s \\\\ travel')"),
    (IDS[5], 3, "", "view", 0, "", "map()"),
];

fn uuid(number: u128) -> String {
    uuid::Uuid::from_u128(number).to_string()
}

/// What the first version did with an empty data folder, statement by statement.
async fn first_version(data: &Path) {
    let embedded = Embedded::open(&find_library().expect("libchdb"), data).unwrap();
    let engine = embedded.client();
    engine.query_raw("CREATE DATABASE attune").execute().await.unwrap();
    let engine = engine.with_database("attune");
    let ledger = "CREATE TABLE migrations (number UInt32, applied_at DateTime DEFAULT now()) \
                  ENGINE = MergeTree ORDER BY number";
    let statements = FIRST.split(';').map(str::trim).filter(|statement| !statement.is_empty());
    for statement in
        [ledger].into_iter().chain(statements).chain(["INSERT INTO migrations (number) VALUES (1)"])
    {
        engine.query_raw(statement).execute().await.unwrap();
    }
    for (sequence, (id, visitor, user, name, minutes, device, texts)) in ROWS.into_iter().enumerate() {
        let (id, visitor, session) = (uuid(id), uuid(visitor), uuid(visitor * 10));
        let at = format!("fromUnixTimestamp64Milli({}, 'UTC')", NOON + minutes * 60_000);
        let event = format!(
            "INSERT INTO events (site, id, batch, name, at, received_at, visitor, user, session, sequence, url, \
             title, referrer, device, locale, utm_source, utm_medium, utm_campaign, library, consent, texts, \
             numbers, flags) VALUES ({SITE}, '{id}', 1, '{name}', {at}, {at}, '{visitor}', '{user}', '{session}', \
             {sequence}, 'https://bank.test/cards', 'Cards', '', '{device}', 'ko', 'news', 'mail', 'c1', 'sdk 1', 3, \
             {texts}, map('total', 129.5), map('member', true))"
        );
        let step = format!(
            "INSERT INTO steps (site, visitor, at, sequence, name, session, device) \
             VALUES ({SITE}, '{visitor}', {at}, {sequence}, '{name}', '{session}', '{device}')"
        );
        for statement in [event, step] {
            engine.query_raw(&statement).execute().await.unwrap();
        }
    }
    embedded.close().await;
}

fn funnel(steps: &[&str], per: Per) -> FunnelQuestion {
    let step = |name: &&str| FunnelStep { event: EventNames::from(*name), ..FunnelStep::default() };
    FunnelQuestion {
        steps: steps.iter().map(step).collect(),
        per,
        same_time: SameTime::Allowed,
        ..FunnelQuestion::default()
    }
}

async fn counts(warehouse: &Warehouse, question: &FunnelQuestion) -> Vec<u64> {
    warehouse.funnel(SITE, question).await.unwrap().steps.iter().map(|step| step.count).collect()
}

/// Everything that this version asks about the rows of the first one.
async fn check(warehouse: &Warehouse) {
    assert_eq!(warehouse.count(SITE).await.unwrap(), ROWS.len() as u64);

    // Columns that came later have their defaults: a person's doing, of which nothing more is known.
    let late = "skew_ms = 0 AND NOT clock_corrected AND bot = 'human' AND bot_reason = '' AND user_agent = '' \
                AND browser = '' AND browser_version = '' AND os = '' AND os_version = '' AND device_brand = '' \
                AND device_model = '' AND channel = '' AND source = '' AND search_term = '' AND country = '' \
                AND address = ''";
    let kept = "url = 'https://bank.test/cards' AND title = 'Cards' AND locale = 'ko' AND utm_source = 'news' \
                AND utm_medium = 'mail' AND utm_campaign = 'c1' AND library = 'sdk 1' AND consent = 3 \
                AND numbers['total'] = 129.5 AND flags['member'] AND at = received_at";
    let all = |table: &str, test: &str| {
        let rows = ROWS.len();
        format!("SELECT throwIf(countIf({test}) != {rows}, 'not in all of {table}') FROM {table}")
    };
    warehouse.run(&all("events", &format!("{late} AND {kept}"))).await.unwrap();
    warehouse.run(&all("steps", "bot = 'human'")).await.unwrap();
    warehouse.run(&all("events", "bot = 'bot'")).await.expect_err("the test tests");

    // Each id is known as stored, and nothing beside it.
    let ids = IDS.map(EventId);
    let near = IDS.map(|id| EventId(id ^ 1 << 7));
    let asked: Vec<EventId> = ids.into_iter().chain(near).collect();
    let mut found = warehouse.existing(SITE, &asked, NOON, NOON + DAY_MS, 2).await.unwrap();
    found.sort();
    let mut stored = ids.to_vec();
    stored.sort();
    assert_eq!(found, stored);
    assert_eq!(warehouse.existing(SITE + 1, &asked, NOON, NOON + DAY_MS, 2).await.unwrap(), []);

    // Both tables answer, in all their breakdowns.
    assert_eq!(counts(warehouse, &funnel(&["view", "identified"], Per::Visitor)).await, [3, 1]);
    for (breakdown, values) in [
        (Breakdown::Device, vec!["", "desktop", "mobile"]),
        (Breakdown::Locale, vec!["ko"]),
        (Breakdown::UtmSource, vec!["news"]),
        (Breakdown::Channel, vec![""]),
        (Breakdown::Browser, vec![""]),
        (Breakdown::Country, vec![""]),
        (Breakdown::Bot, vec!["human"]),
    ] {
        let question =
            FunnelQuestion { breakdown: Some(breakdown.clone()), ..funnel(&["view"], Per::Visitor) };
        let answer = warehouse.funnel(SITE, &question).await.unwrap();
        assert_eq!(answer.steps[0].count, 3, "{breakdown:?}");
        let mut slices: Vec<&str> = answer.slices.iter().map(|slice| slice.value.as_str()).collect();
        slices.sort_unstable();
        assert_eq!(slices, values, "{breakdown:?}");
    }
    let mut trend = TrendQuestion {
        event: Some(EventNames::One("view".to_owned())),
        filters: vec![],
        measure: Measure::Events,
        interval: Interval::Day,
        period: None,
        breakdown: None,
        bots: Bots::Exclude,
        sample: None,
    };
    for (bots, counts) in [(Bots::Exclude, vec![3]), (Bots::Include, vec![3]), (Bots::Only, vec![])] {
        trend.bots = bots;
        let answer = warehouse.trend(SITE, &trend).await.unwrap();
        assert_eq!(answer.points.iter().map(|point| point.count).collect::<Vec<_>>(), counts, "{bots:?}");
    }
    let mut filtered = funnel(&["view"], Per::Visitor);
    filtered.steps[0].filters = vec![attune_schema::question::PropertyFilter {
        property: "category".to_owned(),
        one_of: vec!["it's \\ travel".into()],
        ..Default::default()
    }];
    assert_eq!(counts(warehouse, &filtered).await, [1]);
    let overview = warehouse.overview(SITE, Bots::Exclude, Timestamp(NOON + DAY_MS)).await.unwrap();
    assert_eq!((overview.current.visitors, overview.current.sessions), (3, 3));

    // Who was who is known: before signing in Kim, on the shared device whoever signed in next.
    let persons = counts(warehouse, &funnel(&["view", "apply"], Per::Person)).await;
    assert_eq!(persons, [3, 1], "Kim on both devices, Lee, and somebody");
    let kim = warehouse.person(SITE, "kim").await.unwrap();
    assert_eq!((kim.visitors, kim.shared), ([VisitorId(1)].into(), [VisitorId(2)].into()));
}

#[test]
fn rows_of_the_first_version_are_known_to_this_one() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        first_version(folder.path()).await;
        let warehouse = Warehouse::open(&config).await.unwrap();
        check(&warehouse).await;

        // As if the process had been killed after each statement and before it was noted: all are done again.
        let forget = "ALTER TABLE attune.migrations DELETE WHERE number > 1 SETTINGS mutations_sync = 2";
        warehouse.run(forget).await.unwrap();
        warehouse.close().await;
        let warehouse = Warehouse::open(&config).await.unwrap();
        check(&warehouse).await;

        // Old rows end as new ones do.
        let kim = Who::Person(warehouse.person(SITE, "kim").await.unwrap());
        warehouse.forget(SITE, &kim).await.unwrap();
        assert!(warehouse.rows_about(SITE, &kim).await.unwrap().iter().all(|table| table.rows == 0));
        assert_eq!(warehouse.count(SITE).await.unwrap(), 3, "Lee's two and somebody's");
        warehouse.close().await;
    });
}
