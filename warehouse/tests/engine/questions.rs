//! Answers, worked out by hand or by trying everything.

use crate::{NOON, ask, row, run};
use attune_schema::bot::{BotRule, Bots, Class};
use attune_schema::id::VisitorId;
use attune_schema::question::{
    Breakdown, EventNames, FunnelAnswer, FunnelQuestion, Interval, Measure, PropertyFilter, SameTime,
    TrendAnswer, TrendQuestion,
};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_warehouse::query::bots::Scope;
use attune_warehouse::query::kernel::{Step, reach};
use attune_warehouse::row::{Agent, EventRow};
use std::sync::Arc;

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
        let counts = |answer: FunnelAnswer| answer.steps.iter().map(|step| step.count).collect::<Vec<_>>();
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
            sample: None,
        };
        let counts = |answer: TrendAnswer| {
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
            let scope = Scope { bot_rules: rules, ..Scope::from(11) };
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
