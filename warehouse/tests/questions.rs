//! Retention, paths, attribution and RFM on the real engine, against counting by hand.

#[path = "reference/world.rs"]
mod world;

use attune_schema::bot::Class;
use attune_schema::id::{SessionId, VisitorId};
use attune_schema::question::{
    AttributionQuestion, CohortOf, Credit, FunnelQuestion, Interval, Model, PathNode, PathsQuestion,
    RetentionQuestion, Returned, RfmQuestion, TrendQuestion,
};
use attune_schema::time::{DAY_MS, HOUR_MS, Timestamp};
use attune_schema::value::Value;
use attune_warehouse::Warehouse;
use attune_warehouse::row::EventRow;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use world::{Dice, NOON, row, run};

fn ask<T: DeserializeOwned>(json: serde_json::Value) -> T {
    serde_json::from_value(json).unwrap()
}

/// Visits of a few days, events of a few names, some of them bots'.
fn visits(site: u32, visitors: u128, days: u64, dice: &mut Dice) -> Vec<EventRow> {
    let mut rows = Vec::new();
    for visitor in 1..=visitors {
        for session in 0..=dice.roll(4) {
            let begin = NOON + (dice.roll(days) as i64) * DAY_MS - DAY_MS / 2;
            let source = *["search", "direct", "", "email", "social"].get(dice.roll(5) as usize).unwrap();
            for _ in 0..=dice.roll(5) {
                let name = dice.pick(&["home", "view", "view", "cart", "buy"]);
                let at = begin + dice.roll(6) as i64 * HOUR_MS;
                let mut event = row(site, rows.len() as u128 + 1, visitor, name, at);
                event.sequence = rows.len() as u32;
                event.session = SessionId(visitor * 100 + u128::from(session));
                event.channel = source;
                event.url = format!("https://shop.test/{}/{}?q=1", dice.pick(&["a", "b"]), dice.roll(3));
                event.device = dice.pick(&["desktop", "mobile"]).to_owned();
                event.properties = vec![("price".to_owned(), Value::Number(dice.roll(5) as f64 * 10.0))];
                if visitor % 4 == 0 {
                    event.user = format!("user-{}", visitor / 8);
                }
                if dice.one_in(12) {
                    event.bot = Class::Bot;
                }
                rows.push(event);
            }
        }
    }
    rows
}

fn person(row: &EventRow) -> String {
    if row.user.is_empty() { row.visitor.to_string() } else { row.user.clone() }
}

fn by_unit(rows: &[EventRow], per: &str) -> BTreeMap<String, Vec<EventRow>> {
    let mut units: BTreeMap<String, Vec<EventRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.bot == Class::Human) {
        let unit = match per {
            "session" => row.session.to_string(),
            "person" => person(row),
            _ => row.visitor.to_string(),
        };
        units.entry(unit).or_default().push(row.clone());
    }
    units.values_mut().for_each(|rows| rows.sort_by_key(|row| (row.at, row.sequence)));
    units
}

/// The number of the interval that a time is in; months by their days.
fn slot(interval: Interval, at: Timestamp) -> i64 {
    let day = at.0.div_euclid(DAY_MS);
    match interval {
        // 1970-01-01 was a Thursday.
        Interval::Week => (day + 3).div_euclid(7),
        Interval::Day => day,
        other => panic!("not in these tests: {other:?}"),
    }
}

#[test]
fn retention_agrees_with_counting_by_hand() {
    run(async |warehouse| {
        let mut dice = Dice(3);
        let rows = visits(110, 500, 20, &mut dice);
        warehouse.insert("retention", 1, &rows).await.unwrap();
        let now = Timestamp(NOON + 17 * DAY_MS + 1);
        let mut cells = 0;
        for interval in ["day", "week"] {
            for cohort in ["first", "each"] {
                for returned in ["on", "on_or_after"] {
                    for per in ["visitor", "person"] {
                        for (start, back) in
                            [("any", "any"), ("view", "buy"), ("any", "buy"), ("home", "any")]
                        {
                            let period = [NOON + 2 * DAY_MS, NOON + 9 * DAY_MS];
                            let mut asked = json!({ "interval": interval, "cohort": cohort, "returned": returned, "per": per, "intervals": 5,
                                "period": { "from": period[0], "to": period[1] } });
                            if start != "any" {
                                asked["start"] = json!({ "event": start });
                            }
                            if back != "any" {
                                asked["return"] = json!({ "event": back });
                            }
                            let question: RetentionQuestion = ask(asked.clone());
                            let answer = warehouse.retention(110, &question, now).await.unwrap();
                            let mut expected: BTreeMap<i64, (u64, BTreeMap<i64, u64>)> = BTreeMap::new();
                            for events in by_unit(&rows, per).values() {
                                let events: Vec<&EventRow> =
                                    events.iter().filter(|event| event.at < now).collect();
                                let is = |event: &EventRow, name: &str| name == "any" || event.name == name;
                                let starts: Vec<Timestamp> =
                                    events.iter().filter(|e| is(e, start)).map(|e| e.at).collect();
                                let inside = |at: &Timestamp| at.0 >= period[0] && at.0 < period[1];
                                let mut firsts: BTreeMap<i64, Timestamp> = BTreeMap::new();
                                if question.cohort == CohortOf::First {
                                    firsts.extend(
                                        starts
                                            .iter()
                                            .min()
                                            .filter(|at| inside(at))
                                            .map(|at| (slot(question.interval, *at), *at)),
                                    );
                                } else {
                                    for at in starts.iter().filter(|at| inside(at)) {
                                        let first = firsts.entry(slot(question.interval, *at)).or_insert(*at);
                                        *first = (*first).min(*at);
                                    }
                                }
                                for (cohort, first) in firsts {
                                    let back = events.iter().filter(|e| is(e, back) && e.at >= first);
                                    let mut later: BTreeSet<i64> =
                                        back.map(|e| slot(question.interval, e.at) - cohort).collect();
                                    if question.returned == Returned::OnOrAfter {
                                        later = later
                                            .last()
                                            .map(|last| (0..=*last).collect())
                                            .unwrap_or_default();
                                    }
                                    let known = expected.entry(cohort).or_default();
                                    known.0 += 1;
                                    later
                                        .iter()
                                        .filter(|n| **n <= 5)
                                        .for_each(|n| *known.1.entry(*n).or_default() += 1);
                                }
                            }
                            let found: BTreeMap<i64, (u64, BTreeMap<i64, u64>)> = answer
                                .cohorts
                                .iter()
                                .map(|cohort| {
                                    let returned = (0i64..)
                                        .zip(&cohort.returned)
                                        .filter(|(_, n)| **n > 0)
                                        .map(|(k, n)| (k, *n))
                                        .collect();
                                    (slot(question.interval, cohort.at), (cohort.size, returned))
                                })
                                .collect();
                            assert_eq!(found, expected, "{asked}\n{}", answer.sql);
                            for cohort in &answer.cohorts {
                                let (of, today) =
                                    (slot(question.interval, cohort.at), slot(question.interval, now));
                                assert_eq!(cohort.returned.len() as i64, (today - of).min(5) + 1);
                                assert_eq!(
                                    i64::from(cohort.complete),
                                    (today - of).min(6),
                                    "today is not over"
                                );
                            }
                            cells += expected.len();
                        }
                    }
                }
            }
        }
        assert!(cells > 100);
        let hourly = warehouse.retention(110, &ask(json!({ "interval": "hour" })), now).await.unwrap_err();
        assert_eq!(hourly.to_string(), "retention is by day, week or month");
        let sessions = warehouse.retention(110, &ask(json!({ "per": "session" })), now).await.unwrap_err();
        assert_eq!(sessions.to_string(), "retention is per visitor or person, not per session");
    });
}

/// Every path of a tree, with how many took it and how many ended there.
fn flat(nodes: &[PathNode], before: &str, all: &mut BTreeMap<String, (u64, u64)>) {
    for node in nodes {
        let path = format!("{before}>{}", node.place.as_deref().unwrap_or("*"));
        flat(&node.next, &path, all);
        all.insert(path, (node.count, node.ended));
    }
}

#[test]
fn paths_agree_with_counting_by_hand() {
    run(async |warehouse| {
        let mut dice = Dice(9);
        let rows = visits(111, 400, 5, &mut dice);
        warehouse.insert("paths", 1, &rows).await.unwrap();
        for per in ["session", "visitor", "person"] {
            for direction in ["forward", "back"] {
                for collapse in [false, true] {
                    for (by, from) in
                        [("event", None), ("event", Some("view")), ("page", None), ("level", Some("cart"))]
                    {
                        let mut asked = json!({ "per": per, "direction": direction, "collapse": collapse, "depth": 3, "top": 50 });
                        if let Some(from) = from {
                            asked["from"] = json!({ "event": from });
                        }
                        if by != "event" {
                            asked["by"] =
                                if by == "page" { json!("page") } else { json!({ "page_level": 1 }) };
                            asked["event"] = json!(["view", "buy"]);
                        }
                        let answer =
                            warehouse.paths(111, &ask::<PathsQuestion>(asked.clone())).await.unwrap();
                        let mut expected: BTreeMap<String, (u64, u64)> = BTreeMap::new();
                        let mut pairs: BTreeMap<(String, String), u64> = BTreeMap::new();
                        let mut count = 0;
                        for events in by_unit(&rows, per).values() {
                            let counts = |e: &&EventRow| {
                                by == "event"
                                    || ["view", "buy"].contains(&e.name.as_str())
                                    || from == Some(&e.name)
                            };
                            let places: Vec<(String, bool)> = events
                                .iter()
                                .filter(counts)
                                .map(|event| {
                                    let parts: Vec<&str> = event.url.split(['/', '?']).collect();
                                    let place = match by {
                                        "event" => event.name.clone(),
                                        "page" => format!("/{}/{}", parts[3], parts[4]),
                                        _ => format!("/{}", parts[3]),
                                    };
                                    (place, from.is_none_or(|from| event.name == from))
                                })
                                .collect();
                            let compact = |mut places: Vec<String>| {
                                if collapse {
                                    places.dedup();
                                }
                                places
                            };
                            for pair in compact(places.iter().map(|p| p.0.clone()).collect()).windows(2) {
                                *pairs.entry((pair[0].clone(), pair[1].clone())).or_default() += 1;
                            }
                            let mut ordered = places;
                            if direction == "back" {
                                ordered.reverse();
                            }
                            let Some(begin) = ordered.iter().position(|(_, begins)| *begins) else {
                                continue;
                            };
                            let path = compact(ordered[begin..].iter().map(|p| p.0.clone()).collect());
                            count += 1;
                            for length in 1..=path.len().min(3) {
                                let key = format!(">{}", path[..length].join(">"));
                                let node = expected.entry(key).or_default();
                                node.0 += 1;
                                node.1 += u64::from(length == path.len());
                            }
                        }
                        let mut found = BTreeMap::new();
                        flat(&answer.tree, "", &mut found);
                        assert_eq!(
                            (answer.count, found),
                            (count, expected.clone()),
                            "{asked}\n{}",
                            answer.sql
                        );
                        for position in &answer.positions {
                            let depth = position.position as usize;
                            let place = position.place.as_deref().unwrap();
                            let here = expected.iter().filter(|(path, _)| {
                                path.split('>').count() == depth + 1 && path.ends_with(&format!(">{place}"))
                            });
                            assert_eq!(position.count, here.map(|(_, node)| node.0).sum::<u64>(), "{asked}");
                        }
                        assert_eq!(answer.transitions.total, pairs.values().sum::<u64>());
                        assert_eq!(answer.transitions.distinct, pairs.len() as u64);
                        for top in &answer.transitions.top {
                            assert_eq!(pairs[&(top.from.clone(), top.to.clone())], top.count, "{asked}");
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn ten_thousand_pages_are_grouped_and_loops_end() {
    run(async |warehouse| {
        let mut rows = Vec::new();
        for visitor in 0..2_000u128 {
            for n in 0..5 {
                let mut event = row(112, visitor * 5 + n + 1, visitor, "page_viewed", NOON + n as i64);
                // Every other page is the same one; all others are seen once.
                let page = if n % 2 == 0 { "home".to_owned() } else { format!("item-{}", visitor * 5 + n) };
                event.url = format!("https://shop.test/{page}");
                rows.push(event);
            }
        }
        warehouse.insert("pages", 1, &rows).await.unwrap();
        let answer = warehouse.paths(112, &ask(json!({ "by": "page", "depth": 4 }))).await.unwrap();
        let home = &answer.tree[0];
        assert_eq!((home.place.as_deref(), home.count, home.ended), (Some("/home"), 2_000, 0));
        // 199 of the others are told apart, but less than one path in a thousand goes to each.
        assert_eq!((home.next.len(), home.next[0].place.as_ref(), home.next[0].count), (1, None, 2_000));
        assert_eq!((answer.transitions.total, answer.transitions.distinct), (8_000, 8_000));
        // Those that are not told apart are named here all the same.
        assert_eq!(answer.transitions.top.len(), 100);
        let item = |place: &String| place.starts_with("/item-");
        assert!(
            answer.transitions.top.iter().all(|t| item(&t.from) != item(&t.to)),
            "{:?}",
            answer.transitions.top
        );
    });
}

const MODELS: [fn(&Credit) -> Model; 5] = [
    |credit| credit.first,
    |credit| credit.last,
    |credit| credit.linear,
    |credit| credit.time_decay,
    |credit| credit.position,
];

#[test]
fn every_model_of_attribution_gives_exactly_what_there_is() {
    run(async |warehouse| {
        let mut dice = Dice(21);
        let rows = visits(113, 400, 40, &mut dice);
        warehouse.insert("attribution", 1, &rows).await.unwrap();
        for direct in ["last_resort", "counts"] {
            for per in ["visitor", "person"] {
                for touch in [None, Some("home")] {
                    for window in [1u32, 30] {
                        let period = [NOON + 10 * DAY_MS, NOON + 30 * DAY_MS];
                        let mut asked = json!({ "goal": { "event": "buy" }, "value": "price", "direct": direct, "per": per,
                            "window_days": window, "period": { "from": period[0], "to": period[1] } });
                        if let Some(touch) = touch {
                            asked["touch"] = json!({ "event": touch });
                        }
                        let answer = warehouse
                            .attribution(113, &ask::<AttributionQuestion>(asked.clone()))
                            .await
                            .unwrap();
                        // First and last by hand; the others by their sums.
                        let mut goals: (i64, i64) = (0, 0);
                        let mut ends: BTreeMap<Option<String>, (i64, i64)> = BTreeMap::new();
                        for events in by_unit(&rows, per).values() {
                            let window_ms = i64::from(window) * DAY_MS;
                            let seen: Vec<&EventRow> = events
                                .iter()
                                .filter(|e| e.at.0 >= period[0] - window_ms && e.at.0 < period[1])
                                .collect();
                            let mut touches: Vec<&EventRow> = Vec::new();
                            let mut sessions = BTreeSet::new();
                            for event in &seen {
                                let counts = match touch {
                                    None => sessions.insert((event.session, event.visitor)),
                                    Some(touch) => event.name == touch,
                                };
                                if counts {
                                    touches.push(event);
                                }
                            }
                            for goal in seen.iter().filter(|e| e.name == "buy" && e.at.0 >= period[0]) {
                                let mut led: Vec<&&EventRow> = touches
                                    .iter()
                                    .filter(|t| t.at <= goal.at && goal.at.0 - t.at.0 <= window_ms)
                                    .collect();
                                let known = |t: &&&EventRow| !["", "direct"].contains(&t.channel);
                                if direct == "last_resort" && led.iter().any(known) {
                                    led.retain(known);
                                }
                                let price = goal.properties[0].1.as_number().unwrap() as i64;
                                goals = (goals.0 + 1, goals.1 + price);
                                ends.entry(led.first().map(|t| t.channel.to_owned())).or_default().0 += 1;
                                ends.entry(led.last().map(|t| t.channel.to_owned())).or_default().1 += 1;
                            }
                        }
                        assert!(goals.0 > 50);
                        let total = Model {
                            goals_millionths: goals.0 * 1_000_000,
                            value_millionths: goals.1 * 1_000_000,
                        };
                        assert_eq!(answer.total, total, "{asked}\n{}", answer.sql);
                        for model in MODELS {
                            let sum = answer.credits.iter().map(model).fold(Model::default(), |a, b| Model {
                                goals_millionths: a.goals_millionths + b.goals_millionths,
                                value_millionths: a.value_millionths + b.value_millionths,
                            });
                            assert_eq!(sum, total, "{asked}");
                        }
                        let found: BTreeMap<_, _> = answer
                            .credits
                            .iter()
                            .map(|credit| {
                                (
                                    credit.value.clone(),
                                    (
                                        credit.first.goals_millionths / 1_000_000,
                                        credit.last.goals_millionths / 1_000_000,
                                    ),
                                )
                            })
                            .collect();
                        assert_eq!(found, ends, "{asked}\n{}", answer.sql);
                    }
                }
            }
        }
    });
}

#[test]
fn credit_by_hand() {
    run(async |warehouse| {
        // One visitor: email, eight days later search, a day later social, at once a goal of 90; another's goal with nothing before.
        let mut rows = Vec::new();
        for (n, (days, channel)) in (1u128..).zip([(0, "email"), (7, "search"), (14, "social")]) {
            let mut touch = row(114, n, 1, "view", NOON + days * DAY_MS);
            (touch.channel, touch.session) = (channel, SessionId(n));
            rows.push(touch);
        }
        let mut goal = row(114, 9, 1, "buy", NOON + 14 * DAY_MS + 1);
        goal.session = SessionId(3);
        goal.properties = vec![("price".to_owned(), Value::Number(90.0))];
        rows.push(goal);
        warehouse.insert("credit", 1, &rows).await.unwrap();
        let answer = async |asked: serde_json::Value| {
            warehouse.attribution(114, &ask::<AttributionQuestion>(asked)).await
        };
        let given = answer(json!({ "goal": { "event": "buy" }, "value": "price" })).await.unwrap();
        let of =
            |name: &str| given.credits.iter().find(|credit| credit.value.as_deref() == Some(name)).unwrap();
        let goals = |name: &str| {
            let credit = of(name);
            MODELS.map(|model| model(credit).goals_millionths)
        };
        // Weights 1/4, 1/2 and 1 of seven quarters.
        assert_eq!(goals("email"), [1_000_000, 0, 333_333, 142_857, 400_000]);
        assert_eq!(goals("search"), [0, 0, 333_334, 285_714, 200_000]);
        assert_eq!(goals("social"), [0, 1_000_000, 333_333, 571_429, 400_000]);
        assert_eq!(of("search").linear.value_millionths, 30_000_000);
        let short =
            answer(json!({ "goal": { "event": "buy" }, "window_days": 7, "touch": { "event": "none" } }))
                .await
                .unwrap();
        assert_eq!((short.credits.len(), short.credits[0].value.as_ref()), (1, None));
        let wrong = answer(json!({ "goal": { "event": "buy" }, "half_life_days": 0.0 })).await.unwrap_err();
        assert_eq!(wrong.to_string(), "`half_life_days` is above 0, not 0");
        let wrong = answer(json!({ "goal": { "event": "buy" }, "window_days": 366 })).await.unwrap_err();
        assert_eq!(wrong.to_string(), "`window_days` is 1 to 365, not 366");
    });
}

async fn scores(warehouse: &Warehouse, asked: serde_json::Value) -> Vec<(u32, u32, u32, u64)> {
    let answer =
        warehouse.rfm(115, &ask::<RfmQuestion>(asked), Timestamp(NOON + 100 * DAY_MS)).await.unwrap();
    assert_eq!(answer.count, answer.cells.iter().map(|cell| cell.count).sum::<u64>());
    answer.cells.iter().map(|cell| (cell.recency, cell.frequency, cell.value, cell.count)).collect()
}

#[test]
fn ties_share_the_better_score_and_nobody_without_a_purchase_has_one() {
    run(async |warehouse| {
        // Ten people buy once each, on ten days, for 10 to 100; the first buys again, for nothing known, the last looks only.
        let mut rows = Vec::new();
        for person in 1..=10u128 {
            let mut bought = row(115, person, person, "buy", NOON + person as i64 * DAY_MS);
            bought.properties = vec![("price".to_owned(), Value::Number(person as f64 * 10.0))];
            rows.push(bought);
        }
        rows.push(row(115, 11, 1, "buy", NOON));
        rows.push(row(115, 12, 11, "look", NOON));
        warehouse.insert("rfm", 1, &rows).await.unwrap();
        let found = scores(warehouse, json!({ "event": { "event": "buy" }, "value": "price" })).await;
        // Nine share the second place of frequency: a tenth are better, so they have 5, too.
        assert_eq!(found, [(5, 5, 5, 2), (4, 5, 4, 2), (3, 5, 3, 2), (2, 5, 2, 2), (1, 5, 1, 2)]);
        // The tenth buys on day 10; as of day 12, two days ago.
        let bounds = json!({ "recency_days": [2, 6], "frequency": [2] });
        let as_of = NOON + 12 * DAY_MS;
        let asked = json!({ "event": { "event": "buy" }, "as_of": as_of, "bounds": bounds,
            "people": { "recency": 2, "frequency": 1, "limit": 2 } });
        assert_eq!(
            scores(warehouse, asked.clone()).await,
            [(3, 1, 0, 1), (2, 1, 0, 4), (1, 2, 0, 1), (1, 1, 0, 4)]
        );
        let mut question: RfmQuestion = ask(asked);
        let page = warehouse.rfm(115, &question, Timestamp(0)).await.unwrap().people.unwrap();
        assert_eq!((page.ids.len(), page.next.as_ref()), (2, page.ids.last()));
        question.people.as_mut().unwrap().after = page.next.clone();
        let rest = warehouse.rfm(115, &question, Timestamp(0)).await.unwrap().people.unwrap();
        assert_eq!((rest.ids.len(), rest.next), (2, None));
        assert!(rest.ids.iter().all(|id| *id > page.ids[1]));
        for (asked, message) in [
            (json!({ "recency_days": [5, 5] }), "bounds of `recency_days` must rise"),
            (json!({ "value": [5.0] }), "there are bounds of value, and no value"),
        ] {
            let asked = ask::<RfmQuestion>(json!({ "event": { "event": "buy" }, "bounds": asked }));
            assert_eq!(warehouse.rfm(115, &asked, Timestamp(0)).await.unwrap_err().to_string(), message);
        }
    });
}

/// Whether a visitor is of the sample: by the lower half of its id, below the two bits that say which kind it is.
fn is_sampled(visitor: u128, one_in: u64) -> bool {
    let low = visitor as u64 & (u64::MAX >> 2);
    low < (1 << 62) / one_in
}

#[test]
fn a_sample_is_some_visitors_whole_and_its_counts_stand_for_all() {
    run(async |warehouse| {
        let mut dice = Dice(9);
        let mut rows = visits(120, 3_000, 20, &mut dice);
        // Random ids of every kind.
        let mut ids: BTreeMap<u128, u128> = BTreeMap::new();
        for event in &mut rows {
            let id = ids.entry(event.visitor.0).or_insert_with(|| {
                (0..4).fold(0, |id, _| id << 32 | u128::from(dice.roll(1 << 31) << 1 | dice.roll(2)))
            });
            event.visitor = VisitorId(*id);
            event.user.clear();
        }
        let one_in = 4;
        let some = rows.iter().filter(|event| is_sampled(event.visitor.0, one_in));
        let some: Vec<EventRow> = some.map(|event| EventRow { site: 121, ..event.clone() }).collect();
        warehouse.insert("all", 1, &rows).await.unwrap();
        warehouse.insert("some", 1, &some).await.unwrap();
        let now = Timestamp(NOON + 30 * DAY_MS);

        /// An answer's numbers as a sample's, without what it cost and how it was asked; scores and times stay.
        fn numbers(answer: &impl serde::Serialize, times: u64) -> serde_json::Value {
            fn walk(value: &mut serde_json::Value, times: u64, key: &str) {
                match value {
                    serde_json::Value::Object(fields) => {
                        for name in ["definition", "sql", "rows_read", "elapsed_ms", "sample", "distinct"] {
                            fields.remove(name);
                        }
                        fields.iter_mut().for_each(|(key, value)| walk(value, times, key));
                    }
                    serde_json::Value::Array(items) => {
                        items.iter_mut().for_each(|item| walk(item, times, key))
                    }
                    serde_json::Value::Number(number) => {
                        let counts = [
                            "count",
                            "counts",
                            "ended",
                            "total",
                            "size",
                            "returned",
                            "excluded",
                            "goals_millionths",
                            "value_millionths",
                        ];
                        if counts.contains(&key) {
                            let times = number.as_f64().unwrap() * times as f64;
                            *value = times.into();
                        }
                    }
                    _ => {}
                }
            }
            let mut value = serde_json::to_value(answer).unwrap();
            walk(&mut value, times, "");
            value
        }
        macro_rules! both {
            ($question:ty, $json:expr, $ask:expr) => {{
                let mut asked = $json;
                let exact: $question = ask(asked.clone());
                asked["sample"] = json!(1.0 / one_in as f64);
                let sampled: $question = ask(asked.clone());
                let ask_it = $ask;
                let (sampled, of_some) =
                    (ask_it(120, sampled).await.unwrap(), ask_it(121, exact).await.unwrap());
                let sample = sampled.sample.unwrap();
                assert_eq!(sample.share, 0.25);
                assert!((sample.error - 1.959_963_984_540_054 * 3.0_f64.sqrt()).abs() < 1e-12);
                assert!(sampled.definition.contains("one visitor in 4"), "{}", sampled.definition);
                assert_eq!(of_some.sample, None);
                assert_eq!(numbers(&sampled, 1), numbers(&of_some, one_in), "{asked}");
                sampled
            }};
        }
        let funnel = json!({ "steps": [{ "event": "view" }, { "event": "buy" }], "window_seconds": 86_400 });
        let quick = both!(FunnelQuestion, funnel.clone(), async |site: u32, q: FunnelQuestion| warehouse
            .funnel(site, &q)
            .await);
        let mut long = funnel.clone();
        long["times"] = json!(true);
        long["breakdown"] = json!("device");
        long["compare"] = json!([{ "period": { "from": NOON, "to": NOON + 5 * DAY_MS } }]);
        both!(FunnelQuestion, long, async |site: u32, q: FunnelQuestion| warehouse.funnel(site, &q).await);
        both!(
            TrendQuestion,
            json!({ "measure": "visitors", "bots": "include" }),
            async |site: u32, q: TrendQuestion| warehouse.trend(site, &q).await
        );
        both!(RetentionQuestion, json!({ "interval": "week" }), async |site: u32, q: RetentionQuestion| {
            warehouse.retention(site, &q, now).await
        });
        both!(
            PathsQuestion,
            json!({ "by": "page", "event": "view", "depth": 2 }),
            async |site: u32, q: PathsQuestion| warehouse.paths(site, &q).await
        );
        both!(
            AttributionQuestion,
            json!({ "goal": { "event": "buy" }, "value": "price" }),
            async |site: u32, q: AttributionQuestion| warehouse.attribution(site, &q).await
        );
        both!(
            RfmQuestion,
            json!({ "event": { "event": "buy" }, "value": "price" }),
            async |site: u32, q: RfmQuestion| warehouse.rfm(site, &q, now).await
        );

        // What it stands for, within four of its own standard deviations.
        let exact = warehouse.funnel(120, &ask(funnel.clone())).await.unwrap();
        for (sampled, exact) in quick.steps.iter().zip(&exact.steps) {
            let half = quick.sample.unwrap().error * (exact.count as f64).sqrt();
            assert!(
                (sampled.count as f64 - exact.count as f64).abs() < half * 4.0 / 1.96,
                "{sampled:?} {exact:?}"
            );
        }
        for (field, value, says) in [
            ("sample", json!(0.3), "one in a whole number"),
            ("sample", json!(1), "one in a whole number"),
            ("sample", json!(-0.1), "one in a whole number"),
            ("sample", json!(0.0001), "one in a whole number"),
            ("per", json!("person"), "a person may be several"),
            ("people", json!({ "step": 1 }), "of all"),
        ] {
            let mut wrong = funnel.clone();
            wrong["sample"] = json!(0.1);
            wrong[field] = value;
            let error = warehouse.funnel(120, &ask::<FunnelQuestion>(wrong)).await.unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    });
}
