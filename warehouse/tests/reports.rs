//! Predictors, goals, reports, sensing and facts on the real engine, against counting by hand.

#[path = "reference/world.rs"]
mod world;

use attune_schema::bot::Class;
use attune_schema::id::SessionId;
use attune_schema::question::{
    Did, Fact, FactsQuestion, FormsQuestion, FunnelQuestion, GoalsQuestion, Group, Money, PersonAnswer,
    PersonQuestion, PredictorsQuestion, ProcessQuestion, PromotionsQuestion, Reached, SearchesQuestion,
    Sensed, SensingQuestion, Trait,
};
use attune_schema::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
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

/// `(visitor, session, seconds after noon, name, properties)`.
type Told<'a> = (u128, u128, i64, &'a str, serde_json::Value);

fn told(site: u32, events: &[Told<'_>]) -> Vec<EventRow> {
    let mut rows = Vec::new();
    for (n, (visitor, session, seconds, name, properties)) in events.iter().enumerate() {
        let mut event = row(site, n as u128 + 1, *visitor, name, NOON + seconds * 1_000);
        event.session = SessionId(*session);
        event.sequence = n as u32;
        for (key, value) in properties.as_object().into_iter().flatten() {
            if key == "url" {
                event.url = value.as_str().unwrap().to_owned();
            } else {
                event.properties.push((key.clone(), serde_json::from_value(value.clone()).unwrap()));
            }
        }
        rows.push(event);
    }
    rows
}

#[test]
fn forms_tell_at_which_field_they_are_left() {
    run(async |warehouse| {
        let form = |field: &str, more: serde_json::Value| {
            let mut fields = json!({ "form": "apply", "field": field });
            fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            fields
        };
        let plain = || json!({ "form": "apply" });
        warehouse
            .insert(
                "forms",
                1,
                &told(
                    172,
                    &[
                        // Somebody who corrects a field and submits.
                        (1, 1, 0, "form_started", plain()),
                        (
                            1,
                            1,
                            5,
                            "form_field_changed",
                            form("name", json!({ "field_ms": 4_000, "order": 1 })),
                        ),
                        (
                            1,
                            1,
                            9,
                            "form_field_changed",
                            form("name", json!({ "field_ms": 1_000, "order": 2, "corrected": 1 })),
                        ),
                        (1, 1, 20, "form_submitted", json!({ "form": "apply", "spent_ms": 20_000 })),
                        // Somebody who leaves, comes back in another session, is refused, and submits.
                        (2, 2, 0, "form_started", plain()),
                        (2, 2, 8, "form_field_changed", form("income", json!({ "field_ms": 9_000 }))),
                        (2, 2, 30, "form_abandoned", form("income", json!({ "spent_ms": 30_000 }))),
                        (2, 3, 100, "form_started", plain()),
                        (2, 3, 110, "form_field_refused", form("income", json!({}))),
                        (2, 3, 120, "form_submitted", json!({ "form": "apply", "spent_ms": 10_000 })),
                        // Somebody who leaves twice in a session, and another form.
                        (3, 4, 0, "form_started", plain()),
                        (3, 4, 5, "form_abandoned", form("name", json!({}))),
                        (3, 4, 50, "form_started", plain()),
                        (3, 4, 70, "form_abandoned", form("income", json!({}))),
                        (3, 4, 80, "form_started", json!({ "form": "contact" })),
                    ],
                ),
            )
            .await
            .unwrap();
        let answer = warehouse.forms(172, &FormsQuestion::default()).await.unwrap();
        let names: Vec<&str> = answer.forms.iter().map(|form| form.form.as_str()).collect();
        assert_eq!(names, ["apply", "contact"]);
        let apply = &answer.forms[0];
        assert_eq!((apply.started, apply.submitted, apply.abandoned), (5, 2, 3));
        assert_eq!((apply.sessions, apply.completed), (4, 2));
        let times = apply.times.as_ref().unwrap();
        assert_eq!((times.count, times.median_ms, times.p90_ms), (2, 10_000, 20_000));
        let fields: Vec<_> = apply
            .fields
            .iter()
            .map(|f| {
                (f.field.as_str(), f.sessions, f.changes, f.corrections, f.refusals, f.left_at, f.median_ms)
            })
            .collect();
        assert_eq!(fields, [("income", 1, 1, 0, 1, 2, Some(9_000)), ("name", 1, 2, 1, 0, 1, Some(1_000))]);
        let funnel = warehouse.funnel(172, &apply.funnel).await.unwrap();
        assert_eq!(funnel.steps.iter().map(|step| step.count).collect::<Vec<_>>(), [4, 2]);
        let one: FormsQuestion = ask(json!({ "form": "contact" }));
        let answer = warehouse.forms(172, &one).await.unwrap();
        assert_eq!(
            (answer.forms.len(), answer.forms[0].started, answer.forms[0].times.clone()),
            (1, 1, None)
        );
    });
}

#[test]
fn searches_tell_what_came_of_them() {
    run(async |warehouse| {
        let found = |term: &str, results: i64| json!({ "term": term, "results": results });
        warehouse
            .insert(
                "searches",
                1,
                &told(
                    173,
                    &[
                        // Nothing found, refined, found, an item viewed, bought.
                        (1, 1, 0, "search_performed", found("Travel card", 0)),
                        (1, 1, 0, "page_viewed", json!({})),
                        (
                            1,
                            1,
                            9,
                            "search_performed",
                            json!({ "term": "travel", "results": 3, "refined": true }),
                        ),
                        (1, 1, 12, "item_viewed", json!({})),
                        (1, 1, 20, "purchased", json!({})),
                        // The page says no number; nothing follows but the results themselves.
                        (2, 2, 0, "page_viewed", json!({})),
                        (2, 2, 5, "search_performed", json!({ "term": " TRAVEL " })),
                        (2, 2, 5, "page_viewed", json!({})),
                        // Twice in a session, a new search from elsewhere, and another session's purchase.
                        (3, 3, 0, "search_performed", found("travel", 2)),
                        (3, 3, 4, "element_clicked", json!({})),
                        (3, 3, 8, "search_performed", found("travel", 0)),
                        (3, 4, 9, "purchased", json!({})),
                    ],
                ),
            )
            .await
            .unwrap();
        let question: SearchesQuestion = ask(json!({ "goal": { "event": "purchased" } }));
        let answer = warehouse.searches(173, &question).await.unwrap();
        let told = |t: &attune_schema::question::TermReport| {
            (
                t.term.clone(),
                [t.searches, t.sessions, t.counted, t.without_results, t.refined, t.continued, t.goals],
            )
        };
        assert_eq!(
            answer.terms.iter().map(told).collect::<Vec<_>>(),
            [("travel".to_owned(), [4, 3, 3, 1, 0, 2, 1]), ("travel card".to_owned(), [1, 1, 1, 1, 1, 0, 0]),]
        );
        assert_eq!(told(&answer.all).1, [5, 3, 4, 2, 1, 2, 1]);
        assert_eq!(answer.distinct, 2);
        let one: SearchesQuestion = ask(json!({ "top": 1 }));
        assert_eq!(warehouse.searches(173, &one).await.unwrap().terms.len(), 1);
        let none: SearchesQuestion = ask(json!({ "top": 0 }));
        assert!(warehouse.searches(173, &none).await.unwrap_err().to_string().contains("`top`"));
    });
}

#[test]
fn offers_are_judged_by_who_saw_them_and_who_was_kept_out() {
    run(async |warehouse| {
        let offer =
            || json!({ "offer": "travel", "campaign": "summer", "placement": "hero", "variant": "a" });
        let bought = |amount: f64| json!({ "amount": amount });
        let day = 86_400;
        warehouse
            .insert(
                "promotions",
                1,
                &told(
                    174,
                    &[
                        // Sees twice, clicks, buys twice within the week and once after.
                        (1, 1, 0, "offer_exposed", offer()),
                        (1, 1, 10, "offer_exposed", offer()),
                        (1, 1, 12, "offer_clicked", offer()),
                        (1, 2, day, "purchased", bought(10.5)),
                        (1, 2, 7 * day, "purchased", bought(0.25)),
                        (1, 2, 7 * day + 1, "purchased", bought(100.0)),
                        // Bought before, sees, closes.
                        (2, 3, 0, "purchased", bought(7.0)),
                        (2, 3, 5, "offer_exposed", offer()),
                        (2, 3, 6, "offer_dismissed", offer()),
                        // Kept out, and buys; kept out first and seen later is seen.
                        (3, 4, 0, "offer_withheld", offer()),
                        (3, 4, 5, "purchased", bought(3.0)),
                        (4, 5, 0, "offer_withheld", offer()),
                        (4, 5, 9, "offer_exposed", offer()),
                        // A click without having seen it is a click, and nobody's.
                        (5, 6, 0, "offer_clicked", offer()),
                        // Nothing to do with it.
                        (6, 7, 0, "purchased", bought(5.0)),
                    ],
                ),
            )
            .await
            .unwrap();
        for by in ["offer", "campaign", "placement", "variant"] {
            let question: PromotionsQuestion =
                ask(json!({ "by": by, "goal": { "event": "purchased" }, "value": "amount" }));
            let answer = warehouse.promotions(174, &question).await.unwrap();
            let [found] = answer.promotions.as_slice() else { panic!("{:?}", answer.promotions) };
            assert_eq!((found.exposures, found.clicks, found.dismissals), (4, 2, 1));
            assert_eq!((found.clicked, found.dismissed), (1, 1));
            assert_eq!(found.exposed, Group { visitors: 3, converted: 1, goals: 2, value: 10.75 });
            assert_eq!(found.withheld, Group { visitors: 1, converted: 1, goals: 1, value: 3.0 });
        }
        // Exposures of the first five seconds, and goals after them.
        let question: PromotionsQuestion = ask(json!({ "goal": { "event": "purchased" },
            "period": { "from": NOON, "to": NOON + 5_000 } }));
        let answer = warehouse.promotions(174, &question).await.unwrap();
        assert_eq!(answer.promotions[0].exposed, Group { visitors: 1, converted: 1, goals: 2, value: 0.0 });
        assert_eq!(answer.promotions[0].withheld.visitors, 2);
        let clicks: PromotionsQuestion = ask(json!({}));
        let answer = warehouse.promotions(174, &clicks).await.unwrap();
        let funnel = warehouse.funnel(174, &answer.promotions[0].funnel).await.unwrap();
        assert_eq!(funnel.steps.iter().map(|step| step.count).collect::<Vec<_>>(), [3, 1]);
        let wrong: PromotionsQuestion = ask(json!({ "value": "amount" }));
        assert!(warehouse.promotions(174, &wrong).await.unwrap_err().to_string().contains("no `goal`"));
    });
}

#[test]
fn a_process_goes_forward_and_back() {
    run(async |warehouse| {
        let page = |path: &str| json!({ "url": format!("https://shop.test{path}?a=1") });
        warehouse
            .insert(
                "process",
                1,
                &told(
                    175,
                    &[
                        // Cart, address, back, address twice, payment, done.
                        (1, 1, 0, "page_viewed", page("/cart")),
                        (1, 1, 10, "page_viewed", page("/checkout/address")),
                        (1, 1, 20, "page_viewed", page("/cart")),
                        (1, 1, 30, "page_viewed", page("/checkout/address")),
                        (1, 1, 35, "page_viewed", page("/checkout/address")),
                        (1, 1, 60, "paid", json!({})),
                        // Leaves at the address, having begun there.
                        (2, 2, 0, "page_viewed", page("/checkout/address")),
                        // Done, and back in the cart: nobody leaves.
                        (3, 3, 0, "paid", json!({})),
                        (3, 3, 9, "page_viewed", page("/cart")),
                        // Leaves in the cart, after the address.
                        (4, 4, 0, "page_viewed", page("/checkout/address")),
                        (4, 4, 5, "page_viewed", page("/cart")),
                        (5, 5, 0, "page_viewed", page("/home")),
                    ],
                ),
            )
            .await
            .unwrap();
        let question: ProcessQuestion = ask(json!({ "steps": [
            { "name": "cart", "page": "/cart" }, { "name": "address", "page": "/checkout/*" },
            { "name": "done", "event": { "event": "paid" } } ] }));
        let answer = warehouse.process(175, &question).await.unwrap();
        assert_eq!((answer.sessions, answer.completed), (4, 2));
        let told: Vec<_> = answer
            .steps
            .iter()
            .map(|s| (s.name.as_str(), [s.sessions, s.entered, s.visits, s.forward, s.back, s.left]))
            .collect();
        assert_eq!(
            told,
            [("cart", [3, 1, 4, 2, 0, 1]), ("address", [3, 2, 4, 1, 2, 1]), ("done", [2, 1, 2, 0, 1, 0]),]
        );
        // Visits last until the session comes to another step: 30 s at the address, 10 s twice in the cart.
        let times =
            |step: usize| answer.steps[step].times.as_ref().map(|times| (times.count, times.median_ms));
        assert_eq!([times(0), times(1), times(2)], [Some((2, 10_000)), Some((1, 30_000)), None]);
        assert_eq!(answer.funnel, None::<FunnelQuestion>);
        let one: ProcessQuestion = ask(json!({ "steps": [{ "name": "a", "page": "/a" }] }));
        assert!(warehouse.process(175, &one).await.unwrap_err().to_string().contains("2 to 20"));
        let both: ProcessQuestion = ask(json!({ "steps": [{ "name": "a" }, { "name": "b", "page": "/b" }] }));
        assert!(warehouse.process(175, &both).await.unwrap_err().to_string().contains("exactly one"));
    });
}

#[test]
fn sensing_expects_the_week_and_tells_what_is_not_so() {
    run(async |warehouse| {
        // Twelve weeks from a Monday: thirty orders on working days, ten at week-ends, twice as many visits.
        let monday = 1_788_134_400_000_i64;
        let mut rows = Vec::new();
        for day in 0..84_i64 {
            let mut orders = if day % 7 < 5 { 30 } else { 10 };
            match day {
                78 => orders = 90,
                79 => orders = 0,
                // The whole site is silent for two days.
                72 | 73 => continue,
                _ => {}
            }
            for n in 0..orders + 60 {
                let name = if n < orders { "order" } else { "visit" };
                let at = monday + day * DAY_MS + n * MINUTE_MS;
                let mut event = row(176, rows.len() as u128 + 1, (n + 1) as u128, name, at);
                event.device = if n % 2 == 0 { "mobile" } else { "desktop" }.to_owned();
                rows.push(event);
            }
        }
        warehouse.insert("sensing", 1, &rows).await.unwrap();
        let now = Timestamp(monday + 83 * DAY_MS + HOUR_MS);
        let asked = json!({ "event": "order", "interval": "day",
            "period": { "from": monday + 70 * DAY_MS, "to": monday + 90 * DAY_MS },
            "rules": [{ "name": "peak", "side": "above" }, { "name": "any", "difference": 25 },
                      { "name": "long", "side": "below", "intervals": 2 }] });
        let question: SensingQuestion = ask(asked.clone());
        let answer = warehouse.sensing(176, &question, now).await.unwrap();
        let [series] = answer.series.as_slice() else { panic!("{:?}", answer.series) };
        let states: Vec<Sensed> = series.points.iter().map(|point| point.state).collect();
        use Sensed::{Above, Below, Expected, Gap, Unknown};
        assert_eq!(
            states,
            [
                Expected, Gap, Gap, Gap, Gap, Expected, Expected, Expected, Above, Below, Expected, Expected,
                Expected, // The day that is not over.
                Unknown,
            ]
        );
        let peak = &series.points[8];
        // Weeks before: thirty each; no deviation, so that the spread is √30.
        assert_eq!((peak.count, peak.expected), (90, Some(30.0)));
        assert!((peak.high.unwrap() - (30.0 + 3.5 * 30.0_f64.sqrt())).abs() < 1e-9);
        let day = |day: i64| Timestamp(monday + day * DAY_MS);
        let told: Vec<_> = answer.alerts.iter().map(|a| (a.rule.as_str(), a.since, a.at, a.until)).collect();
        assert_eq!(
            told,
            [("any", day(78), day(78), Some(day(80))), ("peak", day(78), day(78), Some(day(79)))]
        );

        let mut split = asked.clone();
        split["breakdown"] = json!("device");
        let answer = warehouse.sensing(176, &ask(split), now).await.unwrap();
        let values: Vec<(&str, Sensed)> =
            answer.series.iter().map(|series| (series.value.as_str(), series.points[8].state)).collect();
        assert_eq!(values, [("desktop", Above), ("mobile", Above)]);

        for (field, value, says) in [
            ("interval", json!("week"), "hour or day"),
            ("weeks", json!(2), "3 to 26"),
            ("width", json!(0.5), "`width`"),
            ("period", json!({ "from": 5, "to": 5 }), "before it begins"),
            ("period", json!({ "from": 0, "to": monday + 90 * DAY_MS }), "more than 2000"),
        ] {
            let mut wrong = asked.clone();
            wrong[field] = value;
            let error =
                warehouse.sensing(176, &ask::<SensingQuestion>(wrong), now).await.unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    });
}

#[test]
fn a_person_is_one_row_and_some_facts() {
    run(async |warehouse| {
        // NOON is a Sunday, 22 November 2026; hours and days from there.
        let hour = 3_600;
        let day = 24 * hour;
        let mut rows = told(
            177,
            &[
                // A year and more ago, too early for a month; October; and a purchase without a value.
                (1, 1, -460 * day, "purchased", json!({ "value": 10 })),
                (1, 2, -30 * day, "purchased", json!({ "value": 20.5 })),
                (1, 2, -30 * day + 60, "purchased", json!({})),
                // From a newsletter: a form left, items reviewed, an offer answered.
                (1, 3, -2 * day, "page_viewed", json!({ "category": "loans" })),
                (1, 3, -2 * day + 5, "item_viewed", json!({ "item": "travel", "category": "cards" })),
                (1, 3, -2 * day + 9, "item_viewed", json!({ "item": "travel", "category": "cards" })),
                (1, 3, -2 * day + 10, "offer_exposed", json!({ "offer": "o1", "campaign": "c1" })),
                (1, 3, -2 * day + 12, "offer_clicked", json!({ "offer": "o1", "campaign": "c1" })),
                (1, 3, -2 * day + 20, "form_abandoned", json!({ "form": "apply", "field": "income" })),
                (1, 3, -2 * day + 30, "apply_started", json!({})),
                // On the telephone, before signing in: into the cart twice; the application still has time.
                (2, 4, -hour, "cart_added", json!({ "value": 4 })),
                (2, 4, -hour + 60, "cart_added", json!({ "value": 6 })),
                (2, 4, -hour + 70, "apply_started", json!({})),
                (2, 4, -hour + 90, "page_viewed", json!({ "url": "https://bank.test/done/1" })),
                (2, 5, -hour + 3_000, "page_viewed", json!({ "url": "https://bank.test/done/2" })),
                // Somebody else, and a bot.
                (3, 6, -hour, "purchased", json!({ "value": 1_000 })),
                (1, 7, -hour, "purchased", json!({ "value": 1_000 })),
            ],
        );
        for event in &mut rows {
            match event.session.0 {
                3 => {
                    event.channel = "email";
                    event.source = "newsletter".to_owned();
                    event.utm_campaign = "autumn".to_owned();
                }
                4 | 5 => event.device = "mobile".to_owned(),
                7 => event.bot = Class::Bot,
                _ => {}
            }
            if event.visitor.0 == 1 {
                event.user = "zoe".to_owned();
            }
        }
        // Her telephone signs in as another id, which is the same person.
        let mut signed = row(177, 900, 2, "identified", NOON - 600_000);
        (signed.user, signed.session) = ("zo".to_owned(), SessionId(5));
        let mut same = row(177, 901, 2, "aliased", NOON - 500_000);
        (same.user, same.session) = ("zo".to_owned(), SessionId(5));
        same.properties.push(("previous".to_owned(), "zoe".into()));
        signed.device = "mobile".to_owned();
        rows.extend([signed, same]);
        warehouse.insert("person", 1, &rows).await.unwrap();
        let question = |who: serde_json::Value| -> PersonQuestion {
            ask(json!({ "who": who, "cart": { "event": "cart_added" }, "claim": { "event": "claimed" } }))
        };
        let found =
            warehouse.person_row(177, &question(json!({ "user": "zoe" })), Timestamp(NOON)).await.unwrap();
        let PersonAnswer { definition, sql, .. } = &found;
        assert!(definition.contains("`purchased`") && sql.contains("SELECT"));
        let mut told = serde_json::to_value(&found).unwrap();
        for cost in ["definition", "sql", "rows_read", "elapsed_ms"] {
            told.as_object_mut().unwrap().remove(cost);
        }
        let at = |seconds: i64| NOON + seconds * 1_000;
        assert_eq!(
            told,
            json!({
                "id": "zo", "users": ["zo", "zoe"], "visitors": 2, "first_at": at(-460 * day), "last_at": NOON - 500_000,
                "sessions": 5, "events": 17,
                "monthly": [{ "month": "2026-10", "purchases": 2, "value": 20.5 }],
                "purchases": 3, "average_basket": 15.25, "claims": 0,
                "main_channel": { "value": "email", "count": 1 }, "main_referrer": { "value": "newsletter", "count": 1 },
                "device": { "value": "desktop", "count": 3 },
                "cart": { "since": at(-hour), "items": 2, "value": 10.0 },
                "last_week_interest": { "value": "cards", "count": 2 },
                "response": { "exposed": 1, "clicked": 1, "dismissed": 0 },
                // Two on Fridays at noon, two on a Sunday at eleven: the first hour of the week.
                "best_time": { "weekday": 5, "hour": 12, "sessions": 2 },
                "truncated": false,
            })
        );
        let visitor = "00000000-0000-0000-0000-000000000002";
        for who in [json!({ "visitor": visitor }), json!({ "user": "zo" })] {
            let same = warehouse.person_row(177, &question(who), Timestamp(NOON)).await.unwrap();
            assert_eq!((same.id.as_str(), same.events), ("zo", 17));
        }
        let stranger = "00000000-0000-0000-0000-000000000003";
        let other = warehouse
            .person_row(177, &question(json!({ "visitor": stranger })), Timestamp(NOON))
            .await
            .unwrap();
        assert_eq!((other.id.as_str(), other.purchases, other.best_time), (stranger, 1, None));

        let question: FactsQuestion = ask(json!({ "who": { "user": "zoe" },
            "transactions": [{ "name": "apply", "start": { "event": "apply_started" }, "end": { "event": "apply_sent" } }],
            "goals": [{ "name": "done", "page": "/done/*", "once": "session" },
                { "name": "bought", "event": { "event": "purchased" }, "value": "value" }] }));
        let answer = warehouse.facts(177, &question, Timestamp(NOON)).await.unwrap();
        let text = |text: &str| text.to_owned();
        let fact = |seconds: i64, did: Did| Fact { at: Timestamp(at(seconds)), did };
        let bought = |value| Did::GoalReached { name: text("bought"), value };
        let done = || Did::GoalReached { name: text("done"), value: None };
        assert_eq!(
            answer.facts,
            [
                fact(-hour + 3_000, done()),
                fact(-hour + 90, done()),
                fact(-2 * day + 30, Did::TransactionAbandoned { name: text("apply") }),
                fact(-2 * day + 20, Did::FormAbandoned { form: text("apply"), field: text("income") }),
                fact(
                    -2 * day + 12,
                    Did::OfferAnswered { offer: text("o1"), campaign: text("c1"), clicked: true }
                ),
                fact(-2 * day + 5, Did::ItemReviewed { item: text("travel"), views: 2 }),
                fact(
                    -2 * day,
                    Did::Entered {
                        channel: text("email"),
                        source: text("newsletter"),
                        campaign: text("autumn")
                    }
                ),
                fact(-30 * day + 60, bought(None)),
                fact(-30 * day, bought(Some(20.5))),
                fact(-460 * day, bought(Some(10.0))),
            ]
        );
        assert!(!answer.truncated);
        let few = FactsQuestion { limit: Some(2), ..question.clone() };
        let answer = warehouse.facts(177, &few, Timestamp(NOON)).await.unwrap();
        assert_eq!((answer.facts.len(), answer.truncated), (2, true));

        for (who, says) in [
            (json!({}), "exactly one"),
            (json!({ "user": "a", "visitor": visitor }), "exactly one"),
            (json!({ "user": "nobody's" }), "nobody is known"),
            (json!({ "visitor": "x" }), "not the id"),
        ] {
            let asked = FactsQuestion { who: ask(who), ..question.clone() };
            let error = warehouse.facts(177, &asked, Timestamp(NOON)).await.unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("nobody's"), "{error}");
        }
    });
}
