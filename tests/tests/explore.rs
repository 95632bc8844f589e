//! Campaigns that try their offers: what they say of a choice is true, and they find what works.

use attune_engine::case::Case;
use attune_engine::decide::{Decision, Program};
use attune_engine::label::publish;
use attune_schema::source::{Evidence, Source};
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const OFFERS: [&str; 3] = ["city", "home", "sky"];

fn source(explore: Value) -> Source {
    let offers = OFFERS.map(|id| json!({ "id": id, "content": { "en": { "title": id } } }));
    serde_json::from_value(json!({
        "site": { "holdout_percent": 0, "personalise_basis": "opt_out" },
        "attributes": [{ "id": "tier", "label": "public" }],
        "placements": [{ "id": "hero" }],
        "offers": offers,
        "campaigns": [{ "id": "c", "status": "running", "placements": ["hero"], "offers": OFFERS,
                        "explore": explore }],
    }))
    .expect("a source")
}

fn program(source: &Source) -> Program {
    let published = publish(source);
    assert_eq!(published.problems, []);
    Program::load(&published.device.to_bytes()).expect("a bundle of ours reads")
}

fn ask(program: &Program, visitor: u64, more: Value) -> Decision {
    let mut case = json!({ "placement": "hero", "visitor": format!("00000000-0000-0000-0000-{visitor:012x}"),
                           "now": 1_795_000_000_000_i64 });
    case.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value::<Case>(case).expect("a case").decide(program).0
}

fn seen(trials: f64, successes: f64) -> Value {
    json!({ "trials": trials, "successes": successes })
}

#[test]
fn offers_are_shown_as_often_as_is_said() {
    let learned = json!({ "city": seen(40.0, 3.0), "home": seen(60.0, 6.0), "sky": seen(30.0, 4.0) });
    let program = program(&source(json!({ "learned": learned, "floor_percent": 6 })));
    let (mut counts, mut said) = (BTreeMap::new(), BTreeMap::new());
    const N: u64 = 20_000;
    for visitor in 0..N {
        let decision = ask(&program, visitor, json!({}));
        let [choice] = decision.offers.as_slice() else { panic!("{decision:?}") };
        *counts.entry(choice.offer.clone()).or_insert(0.0) += 1.0;
        said.insert(choice.offer.clone(), f64::from(choice.propensity_micros) / 1e6);
    }
    assert!((said.values().sum::<f64>() - 1.0).abs() < 1e-9, "{said:?}");
    let chi2: f64 = said.iter().map(|(id, p)| (counts[id] - N as f64 * p).powi(2) / (N as f64 * p)).sum();
    assert!(chi2 < 13.8, "chi² {chi2} over 2 degrees of freedom, 0.1 % point 13.8: {counts:?} for {said:?}");
    assert!(said.values().all(|p| *p >= 0.02), "{said:?}");
}

#[test]
fn a_visitor_keeps_what_was_drawn() {
    let shown = |redraw: &str, more: Value| {
        let program = program(&source(json!({ "redraw": redraw })));
        (0..200)
            .map(|visitor| ask(&program, visitor, more.clone()).offers[0].offer.clone())
            .collect::<Vec<_>>()
    };
    let later = json!({ "now": 1_795_000_000_000_i64 + 60_000, "draw": 7 });
    let next_day = json!({ "now": 1_795_000_000_000_i64 + 90_000_000 });
    for keeps in ["session", "day", "never"] {
        assert_eq!(shown(keeps, json!({})), shown(keeps, later.clone()), "{keeps}");
    }
    assert_ne!(shown("decision", json!({})), shown("decision", json!({ "draw": 7 })));
    assert_ne!(shown("day", json!({})), shown("day", next_day.clone()));
    assert_eq!(shown("never", json!({})), shown("never", next_day));
}

#[test]
fn lists_say_the_probability_of_each_place_after_those_before() {
    let learned = json!({ "city": seen(90.0, 3.0), "home": seen(60.0, 6.0), "sky": seen(30.0, 9.0) });
    let program = program(&source(json!({ "learned": learned, "floor_percent": 30 })));
    for visitor in 0..500 {
        let decision = ask(&program, visitor, json!({ "limit": 3 }));
        let [first, second, third] = decision.offers.as_slice() else { panic!("{decision:?}") };
        assert_ne!(first.offer, second.offer);
        assert!(first.propensity_micros >= 100_000 && second.propensity_micros >= 150_000, "{decision:?}");
        assert_eq!(third.propensity_micros, 1_000_000, "nothing else is left");
    }
}

/// One day after the other: everybody sees one offer and succeeds at its rate; then what was seen is learned.
fn days(
    explore: &Value,
    rounds: usize,
    rate: impl Fn(usize, &str, &str) -> f64,
    context: impl Fn(&mut Rng) -> &'static str,
) -> (Vec<BTreeMap<String, f64>>, f64) {
    let (mut source, mut rng) = (source(explore.clone()), Rng::with_seed(5));
    let (mut shares, mut weighed) = (Vec::new(), 0.0);
    for day in 0..rounds {
        let program = program(&source);
        let mut share = BTreeMap::new();
        const N: u64 = 400;
        for visitor in 0..N {
            let device = context(&mut rng);
            let decision =
                ask(&program, rng.u64(..1 << 40) + visitor, json!({ "context": { "device": device } }));
            let choice = &decision.offers[0];
            let success = rng.f64() < rate(day, &choice.offer, device);
            if choice.offer == "city" && success {
                weighed += 1e6 / f64::from(choice.propensity_micros) / (rounds as f64 * N as f64);
            }
            *share.entry(format!("{device} {}", choice.offer)).or_insert(0.0) += 1.0 / N as f64;
            let features: Vec<f64> =
                decision.features_micros.iter().map(|micros| *micros as f64 / 1e6).collect();
            let explore = source.campaigns[0].explore.as_mut().unwrap();
            explore.learned.entry(choice.offer.clone()).or_default().learn(&features, success, 1.0);
        }
        if let Some(half_life) = explore.get("half_life") {
            assert_eq!(half_life, "1d");
            for evidence in source.campaigns[0].explore.as_mut().unwrap().learned.values_mut() {
                let Evidence { trials, successes, .. } = evidence;
                (*trials, *successes) = (*trials / 2.0, *successes / 2.0);
            }
        }
        shares.push(share);
    }
    (shares, weighed)
}

#[test]
fn the_best_offer_is_found_and_the_log_tells_what_others_would_have_earned() {
    let rate = |_: usize, offer: &str, _: &str| if offer == "sky" { 0.12 } else { 0.04 };
    let (shares, city) = days(&json!({}), 25, rate, |_| "mobile");
    assert!(shares[0]["mobile sky"] < 0.6, "at first nobody knows: {:?}", shares[0]);
    let late: f64 = shares[20..].iter().map(|share| share["mobile sky"]).sum::<f64>() / 5.0;
    assert!(late > 0.85, "{late}");
    assert!(shares[20..].iter().all(|share| share.len() == 3), "none is ever given up");
    assert!((city - 0.04).abs() < 0.015, "weighed by propensity, city earns {city}");
}

#[test]
fn offers_that_work_are_known_by_context() {
    let rate = |_: usize, offer: &str, device: &str| match (offer, device) {
        ("sky", "mobile") | ("home", "desktop") => 0.3,
        _ => 0.05,
    };
    let explore = json!({ "features": [{ "context": "device", "is": "mobile" }] });
    let (shares, _) = days(&explore, 20, rate, |rng| if rng.bool() { "mobile" } else { "desktop" });
    let last = &shares[19];
    let of = |device: &str, offer: &str| {
        let all: f64 = OFFERS.iter().filter_map(|o| last.get(&format!("{device} {o}"))).sum();
        last[&format!("{device} {offer}")] / all
    };
    assert!(of("mobile", "sky") > 0.8 && of("desktop", "home") > 0.8, "{last:?}");
}

#[test]
fn what_worked_once_is_forgotten_where_rates_change() {
    let rate = |day: usize, offer: &str, _: &str| match (day < 12, offer) {
        (true, "sky") | (false, "home") => 0.15,
        _ => 0.03,
    };
    let (shares, _) = days(&json!({ "half_life": "1d" }), 24, rate, |_| "mobile");
    assert!(shares[11]["mobile sky"] > 0.7, "{:?}", shares[11]);
    assert!(shares[23]["mobile home"] > 0.7, "{:?}", shares[23]);
}

#[test]
fn a_new_offer_is_tried() {
    let learned = json!({ "city": seen(2_000.0, 80.0), "sky": seen(2_000.0, 100.0) });
    let program = program(&source(json!({ "learned": learned, "floor_percent": 0 })));
    let home = (0..500).find_map(|visitor| {
        let decision = ask(&program, visitor, json!({}));
        decision.offers.into_iter().find(|choice| choice.offer == "home")
    });
    assert!(home.is_some_and(|choice| choice.propensity_micros > 500_000), "it may well be the best");
}

#[test]
fn what_this_device_saw_counts_a_little_and_no_more() {
    let events = |count: usize| {
        let shown = |n: usize| {
            json!({ "name": "offer_exposed", "at": 1_794_000_000_000_i64 + 1_000 * n as i64,
                    "properties": { "offer": "sky" } })
        };
        json!({ "events": (0..count).map(shown).collect::<Vec<_>>() })
    };
    let learned = json!({ "city": seen(50.0, 5.0), "home": seen(50.0, 5.0), "sky": seen(50.0, 5.0) });
    let chance = |local: u32, count: usize| {
        let program = program(&source(json!({ "learned": learned, "local": local, "floor_percent": 0 })));
        (0..200)
            .filter_map(|visitor| {
                let decision = ask(&program, visitor, events(count));
                decision.offers.into_iter().find(|choice| choice.offer == "sky")
            })
            .next()
            .map(|choice| choice.propensity_micros)
            .unwrap()
    };
    assert!(chance(0, 0).abs_diff(chance(0, 30)) <= 1, "but for rounding");
    assert!(chance(20, 30) < chance(20, 0), "seen and not clicked");
    assert!(chance(20, 20).abs_diff(chance(20, 30)) <= 1, "no more than 20 count");
}

#[test]
fn every_problem_of_trying_has_its_name() {
    let cases = [
        (json!({ "floor_percent": 101 }), "explore: floor_percent 101 is not within 0 to 100"),
        (json!({ "goal": "" }), "explore: `goal` names no event"),
        (
            json!({ "prior": { "successes": 0, "failures": 1 } }),
            "explore: prior successes 0 is not within 0.01 to 1e9",
        ),
        (json!({ "features": [{ "attribute": "tire" }] }), "explore: refers to unknown attribute `tire`"),
        (
            json!({ "features": [{ "context": "colour" }] }),
            "explore: refers to unknown context `colour`; known are category, device, host, hour, item, locale, path, \
          referrer_host, session_number, utm_campaign, utm_medium, utm_source, weekday",
        ),
        (json!({ "features": [{}] }), "explore: a feature is one of `attribute` and `context`"),
        (
            json!({ "learned": { "moon": seen(1.0, 1.0) } }),
            "explore: `learned` has offer `moon`, which is not shown",
        ),
        (
            json!({ "learned": { "sky": seen(1.0, 2.0) } }),
            "explore: what is `learned` of offer `sky` cannot have been counted",
        ),
        (
            json!({ "features": [{ "context": "hour" }],
                 "learned": { "sky": { "trials": 1, "successes": 0, "moments": [1, 5, 1], "response": [0, 0] } } }),
            "explore: what is `learned` of offer `sky` cannot have been counted",
        ),
    ];
    for (explore, expected) in cases {
        let problems = publish(&source(explore)).problems;
        let said: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(said, [expected]);
    }
    let mut hidden = source(json!({ "features": [{ "attribute": "tier" }] }));
    assert_eq!(publish(&hidden).problems, []);
    hidden.attributes[0].label = attune_schema::source::Label::DeviceOk;
    assert_eq!(
        publish(&hidden).problems[0].message,
        "explore: attribute `tier` would leave the device with each exposure: only one labelled `public` may"
    );
}
