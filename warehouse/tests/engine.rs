//! The real engine, tiny data, answers worked out by hand or by trying everything.

use attune_schema::api::PersonRow;
use attune_schema::bot::{BotRule, Bots, Class};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::question::{
    Breakdown, EventNames, FunnelQuestion, FunnelStep, Interval, Measure, Per, Period, PropertyFilter,
    SameTime, TrendQuestion,
};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_warehouse::query::bots::Scope;
use attune_warehouse::query::kernel::{Step, reach};
use attune_warehouse::row::{Agent, EventRow};
use attune_warehouse::{Config, Warehouse};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

/// One engine a process: tests take turns, share its tables, and keep apart by site.
static TURN: Mutex<()> = Mutex::new(());

fn run(work: impl AsyncFnOnce(&Warehouse)) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let data_dir =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("engine-{}", std::process::id()));
    let config = Config { data_dir, ..Config::default() };
    Runtime::new().unwrap().block_on(async {
        let warehouse = Warehouse::open(&config).await.unwrap();
        work(&warehouse).await;
        warehouse.close().await;
    });
    drop(turn);
}

const NOON: i64 = 1_795_348_800_000;

fn row(site: u32, id: u128, visitor: u128, name: &str, at: i64) -> EventRow {
    EventRow {
        site,
        id: EventId(id),
        name: name.to_owned(),
        at: Timestamp(at),
        received_at: Timestamp(at),
        visitor: VisitorId(visitor),
        user: String::new(),
        session: SessionId(visitor * 10),
        sequence: 0,
        url: "https://bank.test/cards?a=1".to_owned(),
        title: String::new(),
        referrer: String::new(),
        device: if visitor.is_multiple_of(2) { "mobile" } else { "desktop" }.to_owned(),
        locale: "ko".to_owned(),
        utm_source: String::new(),
        utm_medium: String::new(),
        utm_campaign: String::new(),
        library: "test".to_owned(),
        consent: 0,
        properties: vec![("n\0ul'\"\\".to_owned(), "값\n🙂".into())],
        skew_ms: 0,
        clock_corrected: false,
        agent: Arc::default(),
        channel: "",
        source: String::new(),
        search_term: String::new(),
        country: String::new(),
        address: String::new(),
        bot: Class::Human,
        bot_reason: "",
    }
}

fn ask(steps: &[&str], window_days: Option<u64>) -> FunnelQuestion {
    let step = |name: &&str| FunnelStep { event: EventNames::from(*name), ..FunnelStep::default() };
    FunnelQuestion {
        steps: steps.iter().map(step).collect(),
        window_seconds: window_days.map(|days| days * 86_400),
        per: Per::Visitor,
        same_time: SameTime::Allowed,
        ..FunnelQuestion::default()
    }
}

#[test]
fn the_same_token_again_doubles_nothing() {
    run(async |warehouse| {
        let rows: Vec<EventRow> =
            (0..100).map(|n| row(1, n, n % 7, "a", NOON + n as i64 * 30 * DAY_MS / 10)).collect();
        for _ in 0..3 {
            warehouse.insert("range-1", 1, &rows).await.unwrap();
        }
        assert_eq!(warehouse.count(1).await.unwrap(), 100);
        let funnel = warehouse.funnel(1, &ask(&["a"], None)).await.unwrap();
        assert_eq!(funnel.steps[0].count, 7, "the narrow table too");
    });
}

#[test]
fn existing_ids_are_found_but_not_those_of_the_batch_itself() {
    run(async |warehouse| {
        let rows: Vec<EventRow> = (0..10).map(|n| row(2, n, 1, "a", NOON)).collect();
        warehouse.insert("range-2", 7, &rows).await.unwrap();
        let ids: Vec<EventId> = (5..15).map(EventId).collect();
        let mut found = warehouse.existing(2, &ids, NOON, NOON, 8).await.unwrap();
        found.sort();
        assert_eq!(found, (5..10).map(EventId).collect::<Vec<_>>());
        assert_eq!(warehouse.existing(2, &ids, NOON, NOON, 7).await.unwrap(), []);
        assert_eq!(warehouse.existing(3, &ids, NOON, NOON, 8).await.unwrap(), [], "another site");
    });
}

#[test]
fn golden_funnel_and_breakdown() {
    run(async |warehouse| {
        // View -> Apply -> Done within 7 days: the brief's six people, days as written there.
        let people: [&[(&str, i64)]; 6] = [
            &[("V", 1), ("A", 2), ("D", 3)],
            &[("V", 1), ("X", 1), ("A", 2), ("D", 3)],
            &[("A", 1), ("V", 2), ("D", 3)],
            &[("V", 1), ("A", 10)],
            &[("V", 1), ("V", 9), ("A", 10), ("D", 11)],
            &[("V", 1), ("E", 1), ("A", 2), ("D", 3)],
        ];
        let mut rows = Vec::new();
        for (person, events) in (1u128..).zip(people) {
            for (n, (name, day)) in (0u128..).zip(events) {
                rows.push(row(4, person * 100 + n, person, name, NOON + day * DAY_MS));
            }
        }
        warehouse.insert("range-4", 9, &rows).await.unwrap();
        let mut question = ask(&["V", "A", "D"], Some(7));
        let counts = |answer: attune_schema::question::FunnelAnswer| {
            answer.steps.iter().map(|step| step.count).collect::<Vec<_>>()
        };
        assert_eq!(counts(warehouse.funnel(4, &question).await.unwrap()), [6, 4, 4]);
        question.same_time = SameTime::Later;
        assert_eq!(counts(warehouse.funnel(4, &question).await.unwrap()), [6, 4, 4]);
        question.breakdown = Some(Breakdown::Device);
        let answer = warehouse.funnel(4, &question).await.unwrap();
        let slices: Vec<_> = answer.slices.iter().map(|s| (s.value.as_str(), s.counts.clone())).collect();
        assert_eq!(slices, [("desktop", vec![3, 2, 2]), ("mobile", vec![3, 2, 2])]);
        assert!(answer.sql.contains("FROM steps"));
    });
}

#[test]
fn both_ways_of_counting_agree_on_random_histories() {
    run(async |warehouse| {
        // A small generator of our own: the point is many ties and repeats, not randomness.
        let mut state = 7u64;
        let mut next = move |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        const NAMES: [&str; 4] = ["a", "b", "c", "d"];
        let mut rows = Vec::new();
        for n in 0..8_000u128 {
            let (visitor, name, at) =
                (u128::from(next(900)), NAMES[next(4) as usize], NOON + next(12) as i64 * 1_000);
            rows.push(row(5, n + 1, visitor, name, at));
        }
        warehouse.insert("range-5", 11, &rows).await.unwrap();
        for (steps, later) in [
            (vec!["a", "b", "c"], false),
            (vec!["a", "b", "c"], true),
            (vec!["a", "a", "b"], false),
            (vec!["d", "c", "b", "a"], false),
            (vec!["a", "b", "a"], true),
        ] {
            for window in [None, Some(0), Some(3), Some(11)] {
                let mut question = ask(&steps, None);
                question.window_seconds = window;
                question.same_time = if later { SameTime::Later } else { SameTime::Allowed };
                let answer = warehouse.funnel(5, &question).await.unwrap();
                let mut expected = vec![0u64; steps.len()];
                for visitor in 0..900 {
                    let mut events: Vec<Step> = rows
                        .iter()
                        .filter(|row| row.visitor.0 == visitor)
                        .map(|row| {
                            let bits = steps.iter().enumerate().filter(|(_, name)| **name == row.name);
                            (row.at.0, bits.map(|(bit, _)| 1 << bit).sum())
                        })
                        .collect();
                    events.sort();
                    let reached = reach(&events, steps.len(), window.map(|w| w as i64 * 1_000), later);
                    expected.iter_mut().take(reached).for_each(|count| *count += 1);
                }
                let counts: Vec<u64> = answer.steps.iter().map(|step| step.count).collect();
                assert_eq!(counts, expected, "{steps:?} within {window:?}, later: {later}");
            }
        }
    });
}

#[test]
fn persons_are_visitors_of_one_user() {
    run(async |warehouse| {
        let mut rows = vec![
            row(6, 1, 1, "view", NOON),
            row(6, 2, 1, "identified", NOON + 1_000),
            row(6, 3, 2, "identified", NOON + 2_000),
            row(6, 4, 2, "buy", NOON + 3_000),
            row(6, 5, 3, "view", NOON),
        ];
        rows[1].user = "cust".to_owned();
        rows[2].user = "cust".to_owned();
        warehouse.insert("range-6", 13, &rows).await.unwrap();
        let mut question = ask(&["view", "buy"], Some(1));
        let visitors = warehouse.funnel(6, &question).await.unwrap();
        question.per = Per::Person;
        let persons = warehouse.funnel(6, &question).await.unwrap();
        assert_eq!((visitors.steps[0].count, visitors.steps[1].count), (2, 0));
        assert_eq!((persons.steps[0].count, persons.steps[1].count), (2, 1));
    });
}

#[test]
fn properties_filter_and_hostile_text_stays_text() {
    run(async |warehouse| {
        let mut rows = vec![row(7, 1, 1, "view", NOON), row(7, 2, 2, "view", NOON)];
        rows[0].properties.push(("category".to_owned(), "it's \\ travel".into()));
        warehouse.insert("range-7", 15, &rows).await.unwrap();
        let mut question = ask(&["view"], None);
        let filter = |value: &str| PropertyFilter {
            property: "category".to_owned(),
            one_of: vec![value.into()],
            ..PropertyFilter::default()
        };
        question.steps[0].filters = vec![filter("it's \\ travel")];
        assert_eq!(warehouse.funnel(7, &question).await.unwrap().steps[0].count, 1);
        question.steps[0].filters = vec![filter("x') OR 1=1 --")];
        assert_eq!(warehouse.funnel(7, &question).await.unwrap().steps[0].count, 0);
        question.steps[0].event = EventNames::One("view' OR name != '".to_owned());
        assert_eq!(warehouse.funnel(7, &question).await.unwrap().steps[0].count, 0);
    });
}

#[test]
fn trends_count_events_and_visitors_by_interval() {
    run(async |warehouse| {
        let rows: Vec<EventRow> =
            (0..10u128).map(|n| row(8, n, n % 3, "view", NOON + (n as i64 / 5) * DAY_MS)).collect();
        warehouse.insert("range-8", 17, &rows).await.unwrap();
        let mut question = TrendQuestion {
            event: None,
            filters: vec![],
            measure: Measure::Events,
            interval: Interval::Day,
            period: None,
            breakdown: None,
            bots: Bots::Exclude,
        };
        let counts = |answer: attune_schema::question::TrendAnswer| {
            answer.points.iter().map(|point| (point.at.0, point.count)).collect::<Vec<_>>()
        };
        let midnight = NOON - DAY_MS / 2;
        let answer = warehouse.trend(8, &question).await.unwrap();
        assert_eq!(counts(answer), [(midnight, 5), (midnight + DAY_MS, 5)]);
        question.measure = Measure::Visitors;
        let answer = warehouse.trend(8, &question).await.unwrap();
        assert_eq!(counts(answer), [(midnight, 3), (midnight + DAY_MS, 3)]);
    });
}

#[test]
fn home_figures_pages_and_names() {
    run(async |warehouse| {
        let mut rows: Vec<EventRow> =
            (0..4u128).map(|n| row(9, n, n, "page_viewed", NOON - DAY_MS)).collect();
        for (n, name) in
            [(10, "offer_exposed"), (11, "offer_exposed"), (12, "offer_clicked"), (13, "offer_withheld")]
        {
            let mut exposed = row(9, n, n % 2, name, NOON - DAY_MS);
            exposed.properties = vec![("campaign".to_owned(), "travel".into())];
            rows.push(exposed);
        }
        warehouse.insert("range-9", 19, &rows).await.unwrap();
        let overview = warehouse.overview(9, Bots::Exclude, Timestamp(NOON)).await.unwrap();
        assert_eq!(
            (overview.current.visitors, overview.current.page_views, overview.current.exposures),
            (4, 4, 2)
        );
        assert_eq!(overview.previous.visitors, 0);
        let campaign = &overview.campaigns[0];
        assert_eq!((campaign.exposures, campaign.withheld, campaign.clicks, campaign.reach), (2, 1, 1, 2));
        let pages = warehouse.pages(9, Timestamp(NOON - 2 * DAY_MS)).await.unwrap();
        assert_eq!(pages, [("https://bank.test/cards".to_owned(), 8)]);
        assert_eq!(warehouse.event_names(9, Bots::Exclude).await.unwrap()[0].name, "page_viewed");
        assert!(warehouse.first_last(9).await.unwrap().is_some());
        assert_eq!(warehouse.first_last(999).await.unwrap(), None);
    });
}

#[test]
fn people_are_counted_within_a_period() {
    run(async |warehouse| {
        let mut rows: Vec<EventRow> = (0..4u128).map(|n| row(10, n, n, "a", NOON)).collect();
        rows.push(row(10, 9, 9, "a", NOON - 3 * DAY_MS));
        // Two browsers of one person.
        rows[0].user = "kim".to_owned();
        rows[1].user = "kim".to_owned();
        warehouse.insert("range-10", 23, &rows).await.unwrap();
        let mut question = FunnelQuestion { per: Per::Person, ..ask(&["a"], None) };
        let mut count = async |from: i64, to: i64| {
            question.period = Some(Period { from: Timestamp(from), to: Timestamp(to) });
            warehouse.funnel(10, &question).await.unwrap().steps[0].count
        };
        assert_eq!(count(NOON - DAY_MS, NOON + DAY_MS).await, 3);
        assert_eq!(count(i64::MIN, i64::MAX).await, 4, "the longest period there is");
    });
}

#[test]
fn whoever_asks_may_go_away() {
    run(async |warehouse| {
        let slow = FunnelQuestion { period: None, ..ask(&["a", "b"], None) };
        // More often than there are connections, given up at the first wait.
        for _ in 0..12 {
            let given_up =
                tokio::time::timeout(std::time::Duration::from_micros(300), warehouse.funnel(5, &slow)).await;
            drop(given_up);
        }
        warehouse.ping().await.unwrap();
        warehouse.funnel(5, &slow).await.unwrap();
    });
}

#[test]
fn questions_that_cannot_be_asked_say_why() {
    run(async |warehouse| {
        let none = warehouse.funnel(1, &ask(&[], None)).await.unwrap_err().to_string();
        assert_eq!(none, "a funnel has 1 to 30 steps, not 0");
        let many = warehouse.funnel(1, &ask(&["a"; 31], None)).await.unwrap_err().to_string();
        assert_eq!(many, "a funnel has 1 to 30 steps, not 31");
    });
}

#[test]
fn requests_are_kept_as_they_were_and_their_events_can_be_taken_out() {
    use attune_warehouse::raw::{RawFilter, RawRow};
    run(async |warehouse| {
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
        let raw = |id: u128, at: i64, days: i64, refused: Vec<(u32, String)>| RawRow {
            site: 71,
            id,
            received_at: Timestamp(at),
            // Kept to the second.
            expires_at: Timestamp((at + days * DAY_MS) / 1_000 * 1_000),
            path: "/v1/track?a=ü".to_owned(),
            headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
            body: vec![0, 0xff, b'\'', b'\n', b'\\'],
            refused,
            events: vec![EventId(1), EventId(u128::MAX)],
            visitors: vec![VisitorId(5)],
            users: vec!["kim".to_owned()],
        };
        let bad = || vec![(3, "bad_name".to_owned())];
        let rows = [raw(9, now - 10, 7, vec![]), raw(3, now, 7, bad()), raw(4, now, 7, vec![])];
        warehouse.insert_raw("raw-1", 1, &rows).await.unwrap();
        warehouse.insert_raw("raw-1", 1, &rows).await.unwrap();
        warehouse.insert_raw("raw-2", 2, &[raw(5, now - 9 * DAY_MS, 7, bad())]).await.unwrap();
        let all = RawFilter { limit: 10, ..RawFilter::default() };
        assert_eq!(warehouse.raw(71, &all).await.unwrap(), rows, "once, in order, without what expired");
        assert_eq!(warehouse.raw(70, &all).await.unwrap(), []);
        let after = RawFilter { after: Some((Timestamp(now), 3)), ..all };
        assert_eq!(warehouse.raw(71, &after).await.unwrap(), rows[2..]);
        let refused = RawFilter { refused: true, ..all };
        assert_eq!(warehouse.raw(71, &refused).await.unwrap(), rows[1..2]);
        let between = RawFilter { from: Some(Timestamp(now - 20)), to: Some(Timestamp(now)), ..all };
        assert_eq!(warehouse.raw(71, &between).await.unwrap(), rows[..1]);
        warehouse.delete_raw(71, &[9, 4]).await.unwrap();
        assert_eq!(warehouse.raw(71, &all).await.unwrap(), rows[1..2]);

        let events = [row(71, 1, 5, "a", NOON), row(71, 2, 5, "b", NOON + 1), row(72, 1, 5, "a", NOON)];
        warehouse.insert("raw-3", 3, &events).await.unwrap();
        warehouse.delete_events(71, &[EventId(1)]).await.unwrap();
        assert_eq!((warehouse.count(71).await.unwrap(), warehouse.count(72).await.unwrap()), (1, 1));
        let found = warehouse.existing(71, &[EventId(1), EventId(2)], NOON - DAY_MS, NOON + DAY_MS, 0).await;
        assert_eq!(found.unwrap(), [EventId(2)]);
        let level = |answer: attune_schema::question::FunnelAnswer| answer.steps[0].count;
        assert_eq!(
            level(warehouse.funnel(71, &ask(&["a"], None)).await.unwrap()),
            0,
            "gone from both tables"
        );
        assert_eq!(level(warehouse.funnel(71, &ask(&["b"], None)).await.unwrap()), 1);
        // The same event again, under another token, as a replay stores it.
        warehouse.insert("raw-4", 4, &events[..1]).await.unwrap();
        assert_eq!(level(warehouse.funnel(71, &ask(&["a"], None)).await.unwrap()), 1);
    });
}

/// An event of a visitor, `at` minutes after noon, by a user if one is named.
fn by(site: u32, id: u128, visitor: u128, user: &str, name: &str, at: i64) -> EventRow {
    let user = user.to_owned();
    EventRow { user, sequence: id as u32, ..row(site, id, visitor, name, NOON + at * 60_000) }
}

fn aliased(site: u32, id: u128, user: &str, previous: &str) -> EventRow {
    let properties = vec![("previous".to_owned(), previous.into())];
    EventRow { properties, ..by(site, id, id, user, "aliased", 0) }
}

async fn persons(warehouse: &Warehouse, site: u32, steps: &[&str]) -> Vec<u64> {
    let mut question = ask(steps, None);
    question.per = Per::Person;
    warehouse.funnel(site, &question).await.unwrap().steps.iter().map(|step| step.count).collect()
}

#[test]
fn what_was_done_before_signing_in_is_the_persons() {
    run(async |warehouse| {
        // One person on two devices: the phone before signing in, the desktop after.
        let rows = [
            by(81, 1, 1, "", "view", 0),
            by(81, 2, 1, "kim", "identified", 1),
            by(81, 3, 2, "kim", "identified", 2),
            by(81, 4, 2, "", "apply", 3),
            // Nobody known.
            by(81, 5, 3, "", "view", 0),
        ];
        warehouse.insert("people-1", 1, &rows).await.unwrap();
        assert_eq!(persons(warehouse, 81, &["view", "apply"]).await, [2, 1]);
        // Two people on one device: what names nobody is that of the next who signs in, after the last of the last.
        let rows = [
            by(82, 1, 9, "", "view", 0),
            by(82, 2, 9, "kim", "identified", 1),
            by(82, 3, 9, "", "apply", 2),
            by(82, 4, 9, "kim", "seen", 3),
            by(82, 5, 9, "", "view", 10),
            by(82, 6, 9, "lee", "identified", 11),
            by(82, 7, 9, "", "apply", 12),
            by(82, 8, 9, "lee", "done", 13),
            by(82, 9, 9, "", "done", 14),
        ];
        // The order of arrival does not matter.
        warehouse.insert("people-2", 2, &rows[5..]).await.unwrap();
        warehouse.insert("people-3", 3, &rows[..5]).await.unwrap();
        assert_eq!(persons(warehouse, 82, &["view", "apply"]).await, [2, 2]);
        assert_eq!(persons(warehouse, 82, &["view", "apply", "done"]).await, [2, 2, 1], "only Lee's");
        assert_eq!(persons(warehouse, 82, &["seen", "done"]).await, [1, 0]);
        // With a period and a filter, too.
        let mut question = ask(&["view", "apply"], Some(1));
        question.per = Per::Person;
        question.period =
            Some(attune_schema::question::Period { from: Timestamp(NOON), to: Timestamp(NOON + 5 * 60_000) });
        question.breakdown = Some(Breakdown::Device);
        let counts = warehouse.funnel(82, &question).await.unwrap();
        assert_eq!(counts.steps.iter().map(|step| step.count).collect::<Vec<_>>(), [1, 1]);
    });
}

#[test]
fn user_ids_that_are_the_same_are_one_person_in_a_chain_and_in_a_circle() {
    run(async |warehouse| {
        let events = ["a", "b", "c", "d"].map(|user| {
            let id = u128::from(user.as_bytes()[0]);
            by(83, id, id, user, user, id as i64)
        });
        warehouse.insert("same-1", 1, &events).await.unwrap();
        assert_eq!(persons(warehouse, 83, &["a", "b", "c", "d"]).await, [1, 0, 0, 0]);
        warehouse.insert("same-2", 2, &[aliased(83, 201, "d", "c")]).await.unwrap();
        warehouse.insert("same-3", 3, &[aliased(83, 202, "b", "a")]).await.unwrap();
        assert_eq!(persons(warehouse, 83, &["a", "b", "c", "d"]).await, [1, 1, 0, 0]);
        assert_eq!(persons(warehouse, 83, &["c", "d"]).await, [1, 1]);
        // The link between both pairs, and a loop.
        warehouse
            .insert("same-4", 4, &[aliased(83, 203, "c", "b"), aliased(83, 204, "a", "d")])
            .await
            .unwrap();
        assert_eq!(persons(warehouse, 83, &["a", "b", "c", "d"]).await, [1, 1, 1, 1]);
        let person = warehouse.person(83, "c").await.unwrap();
        assert_eq!(person.users.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!(warehouse.person(83, "nobody").await.unwrap().visitors.len(), 0);
    });
}

#[test]
fn a_person_who_is_forgotten_is_in_no_table_and_nobody_else_is_touched() {
    use attune_warehouse::people::{Rows, Who};
    run(async |warehouse| {
        let rows = [
            by(84, 1, 1, "", "view", 0),
            by(84, 2, 1, "kim", "identified", 1),
            by(84, 3, 2, "kim-old", "view", 2),
            // A browser that Lee uses, too.
            by(84, 4, 9, "", "view", 0),
            by(84, 5, 9, "kim", "identified", 1),
            by(84, 6, 9, "", "view", 10),
            by(84, 7, 9, "lee", "identified", 11),
            by(84, 8, 5, "", "view", 0),
            aliased(84, 20, "kim", "kim-old"),
            // The same on another site.
            by(85, 1, 1, "kim", "view", 0),
        ];
        warehouse.insert("forget-1", 1, &rows).await.unwrap();
        let person = warehouse.person(84, "kim-old").await.unwrap();
        assert_eq!(person.users.len(), 2);
        assert_eq!(
            (person.visitors.len(), person.shared.len()),
            (3, 1),
            "1, 2 and the alias event's own; 9 is shared"
        );
        let who = Who::Person(person);
        let counts =
            |rows: Vec<Rows>| rows.into_iter().map(|rows| (rows.table, rows.rows)).collect::<Vec<_>>();
        // Files name Kim by an old id and by a keyed hash; a row of Lee's stays.
        let hashes = vec![("kim".to_owned(), "k1:kim".to_owned()), ("lee".to_owned(), "k1:lee".to_owned())];
        warehouse.insert_hashes(84, hashes).await.unwrap();
        let said = |key: &str| PersonRow {
            line: 1,
            key: key.to_owned(),
            attributes: [("tier".to_owned(), "gold".into())].into(),
            removed: Vec::new(),
        };
        let said = [said("kim-old"), said("k1:kim"), said("lee"), said("k1:lee")];
        let later = Timestamp(4_000_000_000_000);
        warehouse.stage(84, 7, None, Timestamp(NOON), &said).await.unwrap();
        warehouse.stage(84, 8, Some(("vip", later)), Timestamp(NOON), &said[1..]).await.unwrap();
        let expected = [
            ("raw", 0),
            ("steps", 6),
            ("events", 6),
            ("attributes", 2),
            ("lists", 1),
            ("hashes", 1),
            ("links", 4),
            ("persons", 2),
        ];
        assert_eq!(counts(warehouse.rows_about(84, &who).await.unwrap()), expected);
        warehouse.forget(84, &who).await.unwrap();
        assert_eq!(
            counts(warehouse.rows_about(84, &who).await.unwrap()).iter().map(|(_, rows)| rows).sum::<u64>(),
            0
        );
        assert_eq!((warehouse.count(84).await.unwrap(), warehouse.count(85).await.unwrap()), (3, 1));
        assert_eq!(warehouse.staged(84, 7, None).await.unwrap(), 2);
        assert_eq!(warehouse.staged(84, 8, Some("vip")).await.unwrap(), 2);
        assert_eq!(persons(warehouse, 84, &["view"]).await, [2], "Lee's and the unknown one's");
        assert!(warehouse.person(84, "kim").await.unwrap().visitors.is_empty());

        let who = Who::Visitor(VisitorId(9));
        assert_eq!(
            counts(warehouse.rows_about(84, &who).await.unwrap())[1..],
            [("steps", 2), ("events", 2), ("links", 1)]
        );
        warehouse.forget(84, &who).await.unwrap();
        assert_eq!(warehouse.count(84).await.unwrap(), 1);
    });
}

#[test]
fn what_an_import_replaces_and_what_was_left_is_deleted() {
    use attune_warehouse::imports::ImportRecord;
    run(async |warehouse| {
        let now = Timestamp(NOON);
        let day_ago = now.plus_ms(-2 * DAY_MS);
        let people = |users: std::ops::Range<u32>, name: &str| -> Vec<PersonRow> {
            let row = |user| PersonRow {
                line: 1,
                key: format!("u{user}"),
                attributes: [(name.to_owned(), "x".into())].into(),
                removed: Vec::new(),
            };
            users.map(row).collect()
        };
        let record = |import: u128, name: &str, people: u64| ImportRecord {
            site: 86,
            import,
            list: String::new(),
            content: String::new(),
            hashed: false,
            attributes: vec![name.to_owned()],
            people,
            published_at: now.plus_ms(import as i64),
            expires_at: Timestamp(0),
        };
        warehouse.stage(86, 1, None, day_ago, &people(0..10, "tier")).await.unwrap();
        warehouse.stage(86, 2, None, day_ago, &people(0..10, "branch")).await.unwrap();
        warehouse.stage(86, 3, None, day_ago, &people(0..10, "tier")).await.unwrap();
        warehouse.stage(86, 4, None, now, &people(4..10, "tier")).await.unwrap();
        warehouse.stage(86, 5, None, now, &people(0..2, "tier")).await.unwrap();
        warehouse.stage(86, 5, None, now, &people(0..2, "tier")).await.unwrap();
        for record in [record(1, "tier", 10), record(2, "branch", 10)] {
            warehouse.publish(&record).await.unwrap();
        }
        // Of 200,000 people in five turns, as far as the warehouse is told.
        let new = record(4, "tier", 200_000);
        warehouse.publish(&new).await.unwrap();
        warehouse.tidy(&new, &[1]).await.unwrap();
        let mut left = Vec::new();
        for import in 1..=5 {
            left.push(warehouse.staged(86, import, None).await.unwrap());
        }
        // Of the first what the new one does not speak of, the other column, what is being staged: not what was left.
        assert_eq!(left, [4, 10, 0, 6, 2]);
        let ids: Vec<u128> =
            warehouse.imports(86).await.unwrap().iter().map(|record| record.import).collect();
        assert_eq!(ids, [1, 2, 4]);
    });
}

#[test]
fn questions_leave_bots_out_unless_asked_and_rules_hold_for_old_rows() {
    run(async |warehouse| {
        let agent = Agent { user_agent: "Mozilla/5.0 It's \\ Foo/1.0".to_owned(), ..Agent::default() };
        let of = |id: u128, bot: Class, agent: &Arc<Agent>, address: &str| EventRow {
            bot,
            agent: Arc::clone(agent),
            address: address.to_owned(),
            country: "KR".to_owned(),
            ..row(11, id, id, "page_viewed", NOON - DAY_MS)
        };
        let (plain, named) = (Arc::default(), Arc::new(agent));
        let rows = [
            of(1, Class::Human, &plain, ""),
            of(2, Class::Human, &named, "192.0.2.0/24"),
            of(3, Class::Bot, &plain, ""),
            of(4, Class::Monitoring, &plain, "192.0.2.0/24"),
            of(5, Class::Likely, &plain, ""),
        ];
        warehouse.insert("bots", 77, &rows).await.unwrap();
        let rule = |rule: BotRule| [rule];
        let visitor = VisitorId(1).to_string();
        let none: [BotRule; 0] = [];
        for (rules, people) in [
            (none.as_slice(), 2),
            (
                &rule(BotRule {
                    class: Class::Bot,
                    user_agent_contains: "it's \\ FOO".to_owned(),
                    ..BotRule::default()
                }),
                1,
            ),
            (
                &rule(BotRule {
                    class: Class::Human,
                    address_starts: "192.0.2.".to_owned(),
                    ..BotRule::default()
                }),
                3,
            ),
            (&rule(BotRule { class: Class::Bot, visitor, ..BotRule::default() }), 1),
            (&rule(BotRule { class: Class::Bot, country: "KR".to_owned(), ..BotRule::default() }), 0),
            (
                &rule(BotRule {
                    class: Class::Human,
                    referrer_contains: "x".to_owned(),
                    ..BotRule::default()
                }),
                2,
            ),
        ] {
            let scope = Scope { site: 11, bot_rules: rules };
            for (bots, count) in [(Bots::Exclude, people), (Bots::Include, 5), (Bots::Only, 5 - people)] {
                let funnel = FunnelQuestion { bots, ..ask(&["page_viewed"], None) };
                assert_eq!(
                    warehouse.funnel(scope, &funnel).await.unwrap().steps[0].count,
                    count,
                    "{bots:?} {rules:?}"
                );
                let wide = FunnelQuestion { breakdown: Some(Breakdown::Locale), ..funnel };
                assert_eq!(
                    warehouse.funnel(scope, &wide).await.unwrap().steps[0].count,
                    count,
                    "{bots:?} {rules:?}"
                );
                let overview = warehouse.overview(scope, bots, Timestamp(NOON)).await.unwrap();
                assert_eq!(overview.current.page_views, count, "{bots:?} {rules:?}");
                let names = warehouse.event_names(scope, bots).await.unwrap();
                assert_eq!(names.iter().map(|name| name.count).sum::<u64>(), count, "{bots:?} {rules:?}");
            }
        }
    });
}

/// A program of before the second migration names the columns that it knows; what it stores is a person's.
#[test]
fn a_program_of_before_goes_on_inserting_and_asking() {
    run(async |warehouse| {
        let before = include_str!("../src/migrations/001_events.sql");
        let columns = |table: &str| {
            let start = before.find(&format!("CREATE TABLE IF NOT EXISTS {table} (")).unwrap();
            let lines = before[start..].lines().skip(1).take_while(|line| !line.starts_with(')'));
            let names = lines.map(|line| line.split_whitespace().next().unwrap());
            names.filter(|name| !matches!(*name, "day" | "INDEX")).collect::<Vec<_>>().join(", ")
        };
        let at = format!("fromUnixTimestamp64Milli({NOON}, 'UTC')");
        let id = "toUUID('00000000-0000-0000-0000-00000000000c')";
        for (table, values) in [
            (
                "events",
                format!(
                    "12, {id}, 1, 'old', {at}, {at}, {id}, '', {id}, 0, '', '', '', '', '', '', '', '', '', 0, map(), map(), map()"
                ),
            ),
            ("steps", format!("12, {id}, {at}, 0, 'old', {id}, ''")),
        ] {
            let sql = format!("INSERT INTO attune.{table} ({}) VALUES ({values})", columns(table));
            warehouse.run(&sql).await.unwrap();
        }
        let counted = warehouse.funnel(12, &ask(&["old"], None)).await.unwrap();
        assert_eq!(counted.steps[0].count, 1);
        assert_eq!(warehouse.event_names(12, Bots::Only).await.unwrap(), []);
        // Both migrations again: what is there already is no error.
        for statement in include_str!("../src/migrations/002_enrichment.sql").split(';').map(str::trim) {
            if !statement.is_empty() {
                warehouse.run(&statement.replace("ALTER TABLE ", "ALTER TABLE attune.")).await.unwrap();
            }
        }
    });
}

#[test]
fn an_id_is_known_by_all_of_it_and_only_there() {
    run(async |warehouse| {
        let time = 0x0199_0000_0000_7000u128;
        let id = |upper: u128, lower: u128| EventId(upper << 64 | lower);
        let stored = [id(time, 1), id(time, 2), id(u128::from(u64::MAX), u128::from(u64::MAX)), id(0, 0)];
        let rows: Vec<EventRow> =
            stored.iter().map(|id| EventRow { id: *id, ..row(86, 0, 1, "x", NOON) }).collect();
        warehouse.insert("ids-1", 1, &rows).await.unwrap();
        let existing = async |site, ids: &[EventId], from, to, except| {
            let mut found = warehouse.existing(site, ids, from, to, except).await.unwrap();
            found.sort();
            found
        };
        let asked = [
            id(time, 1),
            id(time, 3),
            id(time + 1, 1),
            id(0, 0),
            id(u128::from(u64::MAX), u128::from(u64::MAX)),
        ];
        let all = [id(0, 0), id(time, 1), id(u128::from(u64::MAX), u128::from(u64::MAX))];
        assert_eq!(existing(86, &asked, NOON, NOON, 0).await, all, "not what shares half of an id");
        assert_eq!(existing(87, &asked, NOON, NOON, 0).await, [], "another site");
        assert_eq!(existing(86, &asked, NOON, NOON, 1).await, [], "the batch's own");
        assert_eq!(existing(86, &asked, NOON + DAY_MS, NOON + 2 * DAY_MS, 0).await, [], "another day");
        assert_eq!(existing(86, &[], NOON, NOON, 0).await, []);
    });
}
