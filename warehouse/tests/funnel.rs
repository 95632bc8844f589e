//! Every option of a funnel on the real engine, against a reference that tries every run there is.

use attune_schema::bot::Bots;
use attune_schema::id::VisitorId;
use attune_schema::question::{
    Breakdown, BreakdownAt, EventNames, FunnelAnswer, FunnelQuestion, Order, Outcome, Per, Period, SameTime,
};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_warehouse::Warehouse;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[path = "reference/draw.rs"]
mod draw;
#[path = "reference/funnel.rs"]
mod reference;
#[path = "reference/world.rs"]
mod world;

use draw::{any_question, histories};
use world::{Dice, NOON, row, run};

fn question(json: Value) -> FunnelQuestion {
    serde_json::from_value(json).unwrap()
}

fn counts(answer: &FunnelAnswer) -> Vec<u64> {
    answer.steps.iter().map(|step| step.count).collect()
}

/// The brief's six people, days as written there; what happens on one day is at one time, or in order.
async fn insert_golden(warehouse: &Warehouse, site: u32, minutes_apart: i64) {
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
            let at = NOON + day * DAY_MS + n as i64 * minutes_apart * 60_000;
            rows.push(row(site, person * 100 + n, person, name, at));
        }
    }
    warehouse.insert(&format!("golden-{site}"), 1, &rows).await.unwrap();
}

#[test]
fn the_golden_funnel_in_its_four_modes() {
    run(async |warehouse| {
        for (site, minutes_apart) in [(101, 0), (102, 7)] {
            insert_golden(warehouse, site, minutes_apart).await;
            let base =
                json!({ "steps": [{"event":"V"},{"event":"A"},{"event":"D"}], "window_seconds": 7 * 86_400 });
            let with = |key: &str, value: Value| {
                let mut asked = base.clone();
                asked[key] = value;
                question(asked)
            };
            let ask = async |question: FunnelQuestion| {
                let answer = warehouse.funnel(site, &question).await.unwrap();
                (counts(&answer), answer.excluded)
            };
            assert_eq!(ask(question(base.clone())).await, (vec![6, 4, 4], 0));
            assert_eq!(ask(with("same_time", json!("later"))).await, (vec![6, 4, 4], 0));
            assert_eq!(ask(with("order", json!("strict"))).await, (vec![6, 2, 2], 0));
            assert_eq!(ask(with("order", json!("any"))).await, (vec![6, 5, 5], 0));
            let exclude = json!([{ "event": "E", "between": [1, 2] }]);
            assert_eq!(ask(with("exclude", exclude)).await, (vec![5, 3, 3], 1));
            let exclude = json!([{ "event": ["E", "X"] }]);
            assert_eq!(ask(with("exclude", exclude)).await, (vec![4, 2, 2], 2));
        }
    });
}

#[test]
fn people_come_in_pages_with_times_beside_another_period() {
    run(async |warehouse| {
        insert_golden(warehouse, 103, 0).await;
        let at = |day: i64| NOON + day * DAY_MS - DAY_MS / 2;
        let mut asked = question(json!({
            "steps": [{"event":"V"},{"event":"A"},{"event":"D"}], "window_seconds": 7 * 86_400, "times": true,
            "people": { "step": 2, "outcome": "converted", "limit": 3 },
            "period": { "from": at(1), "to": at(12) },
            "compare": [{ "period": { "from": at(2), "to": at(12) } }, { "period": { "from": at(20), "to": at(21) } }],
        }));
        let ids = |range: &[u128]| range.iter().map(|id| VisitorId(*id).to_string()).collect::<Vec<_>>();
        let answer = warehouse.funnel(103, &asked).await.unwrap();
        assert_eq!(counts(&answer), [6, 4, 4]);
        let page = answer.people.unwrap();
        assert_eq!((page.ids, page.next.as_deref()), (ids(&[1, 2, 5]), Some(ids(&[5])[0].as_str())));
        let times = answer.times.unwrap();
        let day = DAY_MS as u64;
        let total = times.total.unwrap();
        // Four people take two days each: p5 from the second View.
        assert_eq!((total.count, total.median_ms, total.p90_ms), (4, 2 * day, 2 * day));
        assert_eq!(total.histogram.len(), 1);
        assert_eq!((total.histogram[0].from_ms, total.histogram[0].to_ms), (day, Some(3 * day)));
        assert_eq!(times.steps[0], None);
        assert_eq!(times.steps[1].as_ref().map(|step| (step.count, step.median_ms)), Some((4, day)));
        // From the second day on: p3 views, p5 views again; nobody else.
        assert_eq!(answer.compared[0].counts, [2, 1, 1]);
        assert_eq!(answer.compared[1].counts, [0, 0, 0]);
        assert_eq!(answer.compared[1].times.as_ref().unwrap().total, None);

        let people = asked.people.as_mut().unwrap();
        people.after = page.next;
        let page = warehouse.funnel(103, &asked).await.unwrap().people.unwrap();
        assert_eq!((page.ids, page.next), (ids(&[6]), None));
        let people = asked.people.as_mut().unwrap();
        (people.outcome, people.after) = (Outcome::Dropped, None);
        let page = warehouse.funnel(103, &asked).await.unwrap().people.unwrap();
        assert_eq!((page.ids, page.next), (ids(&[3, 4]), None));
    });
}

#[test]
fn what_is_asked_in_parts_is_what_is_asked_at_once() {
    run(async |warehouse| {
        const SITE: u32 = 108;
        let mut dice = Dice(7);
        let mut rows = Vec::new();
        for number in 0..400_u64 {
            // Anywhere, as drawn ids are, and at the very ends.
            let visitor = match number {
                0 => 0,
                1 => u64::MAX,
                _ => number.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            };
            let visitor = u128::from(visitor) | (u128::from(number) << 64);
            for event in 0..dice.roll(9) {
                let at = NOON + dice.roll(3 * 86_400_000) as i64;
                let id = u128::from(number * 100 + event);
                rows.push(row(SITE, id, visitor, dice.pick(&["V", "A", "D", "X"]), at));
            }
        }
        warehouse.insert("parts", 1, &rows).await.unwrap();
        let mut asked = question(json!({
            "steps": [{"event":"V"},{"event":"A","optional":true},{"event":"D"}], "times": true,
            "people": { "step": 3, "outcome": "converted" },
        }));
        let comparable = |answer: &FunnelAnswer| {
            let mut answer = serde_json::to_value(answer).unwrap();
            for cost in ["rows_read", "elapsed_ms"] {
                answer[cost] = Value::Null;
            }
            answer
        };
        for sample in [None, Some(0.5)] {
            asked.sample = sample;
            if sample.is_some() {
                asked.people = None;
            }
            let whole = warehouse.funnel(SITE, &asked).await.unwrap();
            let parts = warehouse.asking_at_once(300).funnel(SITE, &asked).await.unwrap();
            assert!(whole.steps[2].count > 20, "{whole:?}");
            assert_eq!(comparable(&whole), comparable(&parts));
        }
    });
}

#[test]
fn people_of_one_list_beside_those_of_another() {
    use attune_warehouse::imports::ImportRecord;
    run(async |warehouse| {
        let mut rows = Vec::new();
        for (visitor, user, steps) in [
            (1, "kim", 2),
            (2, "kim", 1),
            (3, "lee", 2),
            // The same as Lee, by another id.
            (4, "lee-old", 1),
            (5, "park", 2),
            (6, "", 2),
        ] {
            for (n, name) in (0u128..).zip(["view", "buy"]).take(steps) {
                let mut event = row(107, visitor * 10 + n, visitor, name, NOON + n as i64);
                event.user = user.to_owned();
                rows.push(event);
            }
        }
        let mut same = row(107, 99, 9, "aliased", NOON);
        same.user = "lee".to_owned();
        same.properties = vec![("previous".to_owned(), "lee-old".into())];
        rows.push(same);
        warehouse.insert("lists", 1, &rows).await.unwrap();
        warehouse.insert_hashes(107, vec![("park".to_owned(), "k1:park".to_owned())]).await.unwrap();
        let later = Timestamp(4_000_000_000_000);
        let publish = async |import: u128, list: &str, keys: &[&str]| {
            let person = |key: &&str| attune_schema::api::PersonRow {
                line: 1,
                key: (*key).to_owned(),
                attributes: Default::default(),
                removed: Vec::new(),
            };
            let people: Vec<_> = keys.iter().map(person).collect();
            warehouse.stage(107, import, Some((list, later)), Timestamp(NOON), &people).await.unwrap();
            let record = ImportRecord {
                site: 107,
                import,
                list: list.to_owned(),
                content: String::new(),
                hashed: false,
                attributes: Vec::new(),
                people: people.len() as u64,
                published_at: Timestamp(NOON + import as i64),
                expires_at: later,
            };
            warehouse.publish(&record).await.unwrap();
        };
        publish(1, "vip", &["nobody", "park"]).await;
        publish(2, "vip", &["kim", "lee"]).await;
        publish(3, "new", &["k1:park"]).await;
        for (per, all, vip, new) in [("visitor", [6, 4], [4, 2], [1, 1]), ("person", [4, 4], [2, 2], [1, 1])]
        {
            for times in [false, true] {
                let asked = question(json!({
                    "steps": [{"event":"view"},{"event":"buy"}], "per": per, "times": times, "list": "vip",
                    "compare": [{ "list": "new" }],
                }));
                let answer = warehouse.funnel(107, &asked).await.unwrap();
                assert_eq!(
                    (counts(&answer), &answer.compared[0].counts[..]),
                    (vip.to_vec(), &new[..]),
                    "{}",
                    answer.sql
                );
                let everybody = FunnelQuestion { list: None, compare: vec![], ..asked };
                assert_eq!(counts(&warehouse.funnel(107, &everybody).await.unwrap()), all);
            }
        }
        let unknown = question(json!({ "steps": [{"event":"view"}], "compare": [{ "list": "it's" }] }));
        assert_eq!(warehouse.funnel(107, &unknown).await.unwrap_err().to_string(), "there is no list `it's`");
    });
}

#[test]
fn what_cannot_be_asked_says_why() {
    run(async |warehouse| {
        let steps = json!([{"event":"a"},{"event":"b"}]);
        let any = "in any order, ";
        for (asked, message) in [
            (json!({"steps":[]}), "a funnel has 1 to 30 steps, not 0".to_owned()),
            (json!({"steps":[{"event":"a","optional":true}]}), "the first step cannot be optional: runs begin with it".to_owned()),
            (json!({"steps":[{"event":"a","window_seconds":1}]}), "the first step has no step before it, so no window of its own".to_owned()),
            (json!({"steps":[{"event":[]}]}), "a step names no event".to_owned()),
            (json!({"steps":[{"event":"a","where":[{"property":"p"}]}]}), "filter on `p` lists no value".to_owned()),
            (json!({"steps":steps,"exclude":[{"event":"x","between":[2,2]}]}), "exclusion 1 is between steps 2 and 2: the first must come before the second, and there are 2".to_owned()),
            (json!({"steps":steps,"exclude":[{"event":"x","between":[1,3]}]}), "exclusion 1 is between steps 1 and 3: the first must come before the second, and there are 2".to_owned()),
            (json!({"steps":steps,"exclude":[{"event":"x","between":[0,1]}]}), "exclusion 1 is between steps 0 and 1: the first must come before the second, and there are 2".to_owned()),
            (json!({"steps":steps,"people":{"step":3}}), "people of step 3 are asked for, and there are 2".to_owned()),
            (json!({"steps":steps,"people":{}}), "people of step 0 are asked for, and there are 2".to_owned()),
            (
                json!({"steps":steps,"compare":[{}]}),
                "comparison 1 names neither a period nor a list".to_owned(),
            ),
            (json!({"steps":steps,"people":{"step":1,"outcome":"dropped"}}), "nobody drops out before the first step".to_owned()),
            (json!({"steps":steps,"people":{"step":1,"limit":0}}), "a page has 1 to 1000 ids, not 0".to_owned()),
            (json!({"steps":steps,"people":{"step":1,"value":"x"}}), "people of a slice are asked for, and there is no breakdown".to_owned()),
            (json!({"steps":steps,"order":"any","same_time":"later"}), format!("{any}no step can be later than another")),
            (json!({"steps":[{"event":"a"},{"event":"b","optional":true}],"order":"any"}), format!("{any}a step cannot be optional")),
            (json!({"steps":[{"event":"a"},{"event":"b","window_seconds":5}],"order":"any"}), format!("{any}a step has no window of its own")),
            (json!({"steps":steps,"order":"any","exclude":[{"event":"x","between":[1,2]}]}), format!("{any}an exclusion cannot be between two steps")),
            (json!({"steps":steps,"order":"any","breakdown":"device","breakdown_at":"each"}), format!("{any}a breakdown is by the first value")),
            (json!({"steps":steps,"hold_constant":["a","b","c","d","e","f"]}), "a funnel has at most 5 properties held constant, not 6".to_owned()),
        ] {
            let error = warehouse.funnel(1, &question(asked)).await.unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    });
}

#[test]
fn hostile_names_stay_names_in_every_part_of_a_question() {
    run(async |warehouse| {
        let mut rows = vec![row(104, 1, 1, "view", NOON), row(104, 2, 1, "buy", NOON + 1)];
        let evil = "x'] OR 1=1 -- \\ \0 {a:String} ?";
        rows.iter_mut().for_each(|row| row.properties = vec![(evil.to_owned(), evil.into())]);
        warehouse.insert("evil", 1, &rows).await.unwrap();
        let steps = json!([{ "event": "view", "where": [{ "property": evil, "one_of": [evil] }] }, { "event": "buy" }]);
        let asked = question(json!({
            "steps": steps, "hold_constant": [evil], "breakdown": { "property": evil }, "breakdown_at": "each",
            "exclude": [{ "event": evil, "where": [{ "property": evil, "more_than": 1e300 }], "between": [1, 2] }],
            "people": { "step": 2, "value": evil, "after": "" },
        }));
        let answer = warehouse.funnel(104, &asked).await.unwrap();
        assert_eq!((counts(&answer), answer.slices[0].value.as_str()), (vec![1, 1], evil));
        assert_eq!(answer.people.unwrap().ids, [VisitorId(1).to_string()]);
        assert_eq!(answer.slices.len(), 1);
    });
}

#[test]
fn every_option_agrees_with_trying_every_run() {
    run(async |warehouse| {
        let mut dice = Dice(11);
        let rows = histories(105, 900, &mut dice);
        warehouse.insert("random", 1, &rows).await.unwrap();
        let questions = 400;
        let mut seen = BTreeMap::new();
        for number in 0..questions {
            let asked = any_question(&mut dice);
            let answer = warehouse.funnel(105, &asked).await.unwrap();
            let expected = reference::answer(&rows, &asked);
            let context =
                || format!("question {number}: {}\n{}", serde_json::to_string(&asked).unwrap(), answer.sql);
            assert_eq!(counts(&answer), expected.counts, "{}", context());
            assert_eq!(answer.excluded, expected.excluded, "{}", context());
            let slices: BTreeMap<String, Vec<u64>> =
                answer.slices.iter().map(|slice| (slice.value.clone(), slice.counts.clone())).collect();
            assert_eq!(slices, expected.slices, "{}", context());
            if let Some(times) = &answer.times {
                let summary = |times: &Option<attune_schema::question::Times>| {
                    times.as_ref().map(|times| (times.count, times.median_ms, times.p90_ms))
                };
                assert_eq!(summary(&times.total), expected.total(), "{}", context());
                let steps: Vec<_> = times.steps.iter().map(summary).collect();
                assert_eq!(steps, expected.steps(asked.order), "{}", context());
            }
            if let Some(people) = &answer.people {
                let page = &expected.people[..expected.people.len().min(1_000)];
                assert_eq!(people.ids, page, "{}", context());
                assert_eq!(people.next.is_some(), page.len() < expected.people.len());
            }
            for (what, is) in [
                ("reached the end", expected.counts.last().is_some_and(|count| *count > 0)),
                ("excluded", expected.excluded > 0),
                (
                    "strict",
                    asked.order == Order::Strict && expected.counts.len() > 1 && expected.counts[1] > 0,
                ),
                ("any", asked.order == Order::Any && expected.counts.len() > 1 && expected.counts[1] > 0),
                ("optional", asked.steps.iter().any(|step| step.optional)),
                ("first time", asked.first_time && expected.counts[0] > 0),
                ("held", !asked.hold_constant.is_empty() && expected.counts[0] > 0),
                ("people", answer.people.is_some_and(|people| !people.ids.is_empty())),
                ("quick", answer.sql.contains("windowFunnel")),
                ("each", asked.breakdown_at == BreakdownAt::Each),
            ] {
                *seen.entry(what).or_insert(0) += u32::from(is);
            }
        }
        assert!(
            seen.values().all(|count| *count >= 10),
            "each option is asked with something to count: {seen:?}"
        );
    });
}

#[test]
fn the_quick_way_and_the_long_way_agree() {
    run(async |warehouse| {
        let mut dice = Dice(5);
        let rows = histories(106, 3_000, &mut dice);
        warehouse.insert("quick", 1, &rows).await.unwrap();
        for window in [None, Some(0), Some(3), Some(9)] {
            for breakdown in [None, Some(Breakdown::Device), Some(Breakdown::Property("kind".to_owned()))] {
                for per in [Per::Visitor, Per::Session, Per::Person] {
                    let step = |name: &str| attune_schema::question::FunnelStep {
                        event: EventNames::from(name),
                        ..Default::default()
                    };
                    let quick = FunnelQuestion {
                        steps: ["a", "b", "c", "d"].map(step).to_vec(),
                        window_seconds: window,
                        breakdown: breakdown.clone(),
                        per,
                        same_time: SameTime::Allowed,
                        bots: Bots::Include,
                        period: Some(Period { from: Timestamp(NOON + 1_000), to: Timestamp(NOON + 9_000) }),
                        ..FunnelQuestion::default()
                    };
                    let long = FunnelQuestion { times: true, ..quick.clone() };
                    let (a, b) = (
                        warehouse.funnel(106, &quick).await.unwrap(),
                        warehouse.funnel(106, &long).await.unwrap(),
                    );
                    assert!(a.sql.contains("windowFunnel") && !b.sql.contains("windowFunnel"));
                    assert_eq!((a.steps, a.slices), (b.steps, b.slices), "{quick:?}");
                }
            }
        }
    });
}
