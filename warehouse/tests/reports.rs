//! Predictors, goals, reports, sensing and facts on the real engine, against counting by hand.

#[path = "reference/world.rs"]
mod world;

use attune_schema::bot::Class;
use attune_schema::id::SessionId;
use attune_schema::question::{GoalsQuestion, Money, PredictorsQuestion, Reached, Trait};
use attune_schema::time::{HOUR_MS, MINUTE_MS, Timestamp};
use attune_schema::value::Value;
use attune_warehouse::query::predictors::Having;
use attune_warehouse::row::EventRow;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use world::{Dice, NOON, row, run};

fn ask<T: DeserializeOwned>(json: serde_json::Value) -> T {
    serde_json::from_value(json).unwrap()
}

/// Histories of some hours full of ties; one in ten events is a bot's.
fn histories(site: u32, visitors: u128, names: &[&str], dice: &mut Dice) -> Vec<EventRow> {
    let mut rows = Vec::new();
    for visitor in 1..=visitors {
        for _ in 0..=dice.roll(9) {
            let at = NOON + dice.roll(40) as i64 * 15 * MINUTE_MS;
            let mut event = row(site, rows.len() as u128 + 1, visitor, dice.pick(names), at);
            event.sequence = rows.len() as u32;
            event.session = SessionId(visitor * 10 + u128::from(dice.roll(2)));
            event.device = dice.pick(&["desktop", "mobile", "tablet"]).to_owned();
            event.properties = vec![("plan".to_owned(), dice.pick(&["gold", "basic"]).into())];
            if dice.one_in(3) {
                event.properties.push(("amount".to_owned(), Value::Number(dice.roll(50) as f64)));
            }
            if dice.one_in(10) {
                event.bot = Class::Bot;
            }
            rows.push(event);
        }
    }
    rows
}

fn by_visitor(rows: &[EventRow]) -> BTreeMap<u128, Vec<&EventRow>> {
    let mut units: BTreeMap<u128, Vec<&EventRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.bot == Class::Human) {
        units.entry(row.visitor.0).or_default().push(row);
    }
    units.values_mut().for_each(|rows| rows.sort_by_key(|row| (row.at, row.sequence)));
    units
}

#[test]
fn predictors_count_what_either_group_did_on_its_way() {
    run(async |warehouse| {
        let mut dice = Dice(5);
        let rows = histories(170, 400, &["view", "buy", "help", "scroll", "error"], &mut dice);
        warehouse.insert("predictors", 1, &rows).await.unwrap();
        let window = 2 * HOUR_MS;
        let question: PredictorsQuestion = ask(json!({ "step": 2, "properties": ["plan"], "funnel":
            { "steps": [{ "event": "view" }, { "event": "buy" }], "window_seconds": window / 1_000 } }));
        let counts = warehouse.predictors(170, &question, Timestamp(NOON + 100 * HOUR_MS)).await.unwrap();

        let mut all = Having::default();
        let mut having: BTreeMap<Trait, Having> = BTreeMap::new();
        for events in by_visitor(&rows).values() {
            let views: Vec<i64> = events.iter().filter(|e| e.name == "view").map(|e| e.at.0).collect();
            let Some(first) = views.first() else { continue };
            // The best run ends first and then begins last.
            let reached = events.iter().filter(|e| e.name == "buy").find_map(|buy| {
                views
                    .iter()
                    .rev()
                    .find(|view| **view <= buy.at.0 && buy.at.0 - **view <= window)
                    .map(|view| (*view, buy.at.0))
            });
            let (from, to) = reached.map_or((*first, first + window), |(view, buy)| (view, buy - 1));
            let mut traits = BTreeSet::new();
            for event in events.iter().filter(|e| e.at.0 >= from && e.at.0 <= to) {
                if !["view", "buy"].contains(&event.name.as_str()) {
                    traits.insert(Trait::Event(event.name.clone()));
                }
            }
            let begin = events.iter().find(|e| e.name == "view").unwrap();
            let value = |property: &str, value: &str| Trait::Value {
                property: property.to_owned(),
                value: value.to_owned(),
            };
            traits.insert(value("device", &begin.device));
            traits.insert(value("plan", begin.properties[0].1.as_text().unwrap()));
            let add = |having: &mut Having| match reached {
                Some(_) => having.converted += 1,
                None => having.dropped += 1,
            };
            add(&mut all);
            for of in traits {
                add(having.entry(of).or_default());
            }
        }
        assert_eq!(counts.all, all);
        assert!(all.converted > 50 && all.dropped > 50, "{all:?}");
        let mut found = counts.having.clone();
        // What nobody did on the way is known by name all the same.
        found.retain(|_, having| *having != Having::default());
        assert_eq!(found, having);
        assert!(having.len() == 3 + 3 + 2, "{having:?}");

        for (wrong, says) in [
            (json!({ "step": 3, "funnel": { "steps": [{ "event": "a" }, { "event": "b" }] } }), "2 to 2"),
            (
                json!({ "step": 2, "funnel": { "steps": [{ "event": "a" }, { "event": "b" }], "order": "any" } }),
                "order",
            ),
            (
                json!({ "step": 2, "funnel": { "steps": [{ "event": "a" }, { "event": "b" }], "times": true } }),
                "`times`",
            ),
        ] {
            let error = warehouse
                .predictors(170, &ask::<PredictorsQuestion>(wrong), Timestamp(NOON))
                .await
                .unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    });
}

#[test]
fn goals_are_counted_each_time_or_once_a_session_and_money_by_currency() {
    run(async |warehouse| {
        let mut dice = Dice(6);
        let mut rows = histories(171, 300, &["page_viewed", "purchased", "page_left"], &mut dice);
        for (n, event) in rows.iter_mut().enumerate() {
            event.url = format!("https://shop.test/{}/{}?x=1", ["a", "ab", "c"][n % 3], n % 4);
            match event.name.as_str() {
                "page_left" => {
                    event.properties.push(("engaged_ms".to_owned(), Value::Number((n % 7) as f64 * 5_000.0)))
                }
                "purchased" => {
                    event.properties.push(("currency".to_owned(), ["krw", "KRW", "USD"][n % 3].into()))
                }
                _ => {}
            }
        }
        warehouse.insert("goals", 1, &rows).await.unwrap();
        let question: GoalsQuestion = ask(json!({ "breakdown": "device", "goals": [
            { "name": "sales", "event": { "event": "purchased" }, "value": "amount", "currency": "currency" },
            { "name": "buyers", "event": { "event": "purchased", "where": [{ "property": "plan", "one_of": ["gold"] }] },
              "once": "session", "worth": 2.5 },
            { "name": "section", "page": "/a*", "once": "session" },
            { "name": "page", "page": "/a/0" },
            { "name": "read", "time": { "seconds": 30, "page": "/a*" }, "worth": 1 },
        ] }));
        let answer = warehouse.goals(171, &question).await.unwrap();

        let people: Vec<&EventRow> = rows.iter().filter(|row| row.bot == Class::Human).collect();
        let path =
            |row: &EventRow| row.url["https://shop.test".len()..].split('?').next().unwrap().to_owned();
        let number = |row: &EventRow, name: &str| {
            row.properties.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.as_number())
        };
        let text = |row: &EventRow, name: &str| {
            let found = row.properties.iter().find(|(key, _)| key == name);
            found.and_then(|(_, value)| value.as_text()).unwrap_or_default().to_owned()
        };
        let mut sessions: BTreeMap<u128, Vec<&EventRow>> = BTreeMap::new();
        people.iter().for_each(|row| sessions.entry(row.session.0).or_default().push(row));
        sessions.values_mut().for_each(|rows| rows.sort_by_key(|row| (row.at, row.sequence)));
        let count = |moments: &[&EventRow], money: &dyn Fn(&EventRow) -> Option<(String, f64)>| {
            let mut by: BTreeMap<String, (u64, f64)> = BTreeMap::new();
            for (currency, amount) in moments.iter().filter_map(|row| money(row)) {
                let sum = by.entry(currency).or_default();
                *sum = (sum.0 + 1, sum.1 + amount);
            }
            Reached {
                value: String::new(),
                count: moments.len() as u64,
                sessions: moments.iter().map(|row| row.session.0).collect::<BTreeSet<_>>().len() as u64,
                visitors: moments.iter().map(|row| row.visitor.0).collect::<BTreeSet<_>>().len() as u64,
                money: by
                    .into_iter()
                    .map(|(currency, (count, total))| Money { currency, count, total })
                    .collect(),
            }
        };
        let first = |test: &dyn Fn(&EventRow) -> bool| -> Vec<&EventRow> {
            sessions.values().filter_map(|rows| rows.iter().copied().find(|row| test(row))).collect()
        };
        let sales: Vec<&EventRow> = people.iter().copied().filter(|row| row.name == "purchased").collect();
        let paid = |row: &EventRow| {
            number(row, "amount").map(|amount| (text(row, "currency").to_uppercase(), amount))
        };
        let fixed = |worth: f64| move |_: &EventRow| Some((String::new(), worth));
        let buyers = first(&|row| row.name == "purchased" && text(row, "plan") == "gold");
        let section = first(&|row| row.name == "page_viewed" && path(row).starts_with("/a"));
        let page: Vec<&EventRow> =
            people.iter().copied().filter(|row| row.name == "page_viewed" && path(row) == "/a/0").collect();
        let read: Vec<&EventRow> = sessions
            .values()
            .filter_map(|rows| {
                let mut spent = 0.0;
                rows.iter()
                    .copied()
                    .filter(|row| row.name == "page_left" && path(row).starts_with("/a"))
                    .find(|row| {
                        spent += number(row, "engaged_ms").unwrap();
                        spent >= 30_000.0
                    })
            })
            .collect();
        assert!(read.len() > 20 && page.len() > 20, "{} {}", read.len(), page.len());
        let none = |_: &EventRow| None;
        let expected = [
            count(&sales, &paid),
            count(&buyers, &fixed(2.5)),
            count(&section, &none),
            count(&page, &none),
            count(&read, &fixed(1.0)),
        ];
        let found: Vec<Reached> = answer.goals.iter().map(|goal| goal.reached.clone()).collect();
        assert_eq!(found, expected);
        assert_eq!(answer.sessions, sessions.len() as u64);
        let mobile: Vec<&EventRow> = read.iter().copied().filter(|row| row.device == "mobile").collect();
        let slice = answer.goals[4].slices.iter().find(|slice| slice.value == "mobile").unwrap();
        assert_eq!(*slice, Reached { value: "mobile".to_owned(), ..count(&mobile, &fixed(1.0)) });
        let share = answer.goals[1].session_share;
        assert!((share - buyers.len() as f64 / sessions.len() as f64).abs() < 1e-12);

        for (wrong, says) in [
            (json!({ "name": "g" }), "exactly one"),
            (json!({ "name": "g", "page": "/a", "time": { "seconds": 1 } }), "exactly one"),
            (json!({ "name": "g", "page": "a" }), "path"),
            (json!({ "name": "g", "page": "/a", "value": "x", "worth": 1 }), "both"),
            (json!({ "name": "g", "page": "/a", "currency": "x" }), "currency"),
            (json!({ "name": "g", "time": { "seconds": 0 } }), "seconds"),
        ] {
            let question: GoalsQuestion = ask(json!({ "goals": [wrong] }));
            let error = warehouse.goals(171, &question).await.unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    });
}
