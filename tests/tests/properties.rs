//! What must hold of every decision, whoever wrote the campaigns.

use attune_engine::bucket::{below, bucket};
use attune_engine::case::Case;
use attune_engine::decide::{Program, Reason};
use attune_engine::label::publish;
use attune_schema::source::{Campaign, Source};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_sdk_wasm::client::{Ask, Client};
use attune_tests::random::Draw;
use fastrand::Rng;
use serde_json::json;

fn program(source: &Source) -> Program {
    Program::load(&publish(source).device.to_bytes()).expect("a bundle of ours reads")
}

#[test]
fn who_is_kept_out_never_sees_an_offer() {
    let mut draw = Draw(Rng::with_seed(2));
    let mut held = 0;
    for _ in 0..300 {
        let source = draw.source();
        let program = program(&source);
        for _ in 0..20 {
            let case = Case { force: None, ..draw.case() };
            let (decision, _) = case.decide(&program);
            let bundle = &program.bundle;
            let out = |key: &str, bound| u64::from(bucket(&bundle.salt, key, case.unit())) < bound;
            let campaign = bundle.campaigns.iter().find(|c| Some(&c.id) == decision.campaign.as_ref());
            let out = out("holdout", bundle.holdout_below)
                || campaign.is_some_and(|c| out(&format!("holdout:{}", c.id), c.holdout_below));
            if out {
                assert_eq!(decision.offers, [], "{case:?}");
                held += u32::from(decision.reason == Reason::Holdout);
            }
            assert!(decision.offers.is_empty() || decision.withheld.is_empty());
            assert!(decision.offers.len().max(decision.withheld.len()) <= case.limit);
        }
    }
    assert!(held > 100, "{held} would have seen something");
}

#[test]
fn raising_a_share_evicts_nobody_and_lowering_a_holdout_treats_only_more() {
    let mut rng = Rng::with_seed(3);
    for _ in 0..200 {
        let (a, b) = (rng.f64() * 100.0, rng.f64() * 100.0);
        let (low, high) = (below(a.min(b)), below(a.max(b)));
        for _ in 0..200 {
            let draw = u64::from(bucket("s", "k", attune_schema::id::VisitorId(rng.u128(..))));
            assert!(draw >= low || draw < high);
        }
    }
}

/// Pages of one visitor: each tells the others, at once or later, what it wrote down.
fn exposures(cap: u32, tabs: usize, rng: &mut Rng, at_once: bool) -> u32 {
    let campaign: Campaign = serde_json::from_value(json!({
        "id": "one", "status": "running", "placements": ["hero"], "offers": ["card"],
        "caps": [{ "scope": "campaign", "per": "day", "max": cap }],
    }))
    .unwrap();
    let mut source: Source = serde_json::from_value(json!({
        "site": { "holdout_percent": 0, "personalise_basis": "opt_out" },
        "placements": [{ "id": "hero" }],
        "offers": [{ "id": "card", "content": { "en": { "title": "A card" } } }],
    }))
    .unwrap();
    source.campaigns.push(campaign);
    let payload = publish(&source).device.to_bytes();
    let mut pages: Vec<Client> = (0..tabs).map(|_| Client::default()).collect();
    for page in &mut pages {
        page.reset(attune_schema::id::VisitorId(7));
        assert!(page.install(&payload));
    }
    let mut pending = vec![false; tabs];
    let mut shown = 0;
    for step in 0..200 {
        let at = Timestamp(20 * DAY_MS + step);
        let tab = rng.usize(..tabs);
        if pending[tab] && rng.bool() {
            let fields = ["campaign", "offer", "placement"].map(str::to_owned);
            let values = ["one", "card", "hero"];
            let fields: Vec<_> = fields.into_iter().zip(values.map(Into::into)).collect();
            pages[tab].apply("offer_exposed", at, &fields);
            pending[tab] = false;
            shown += 1;
            if at_once {
                let profile = pages[tab].profile();
                pages.iter_mut().for_each(|page| page.adopt(&profile));
            }
        } else if !pending[tab] {
            let ask = Ask { placement: "hero", now: at, limit: 1, force: "", draw: 0 };
            pending[tab] = pages[tab].decide(ask, false).contains("\"card\"");
        }
    }
    shown
}

#[test]
fn caps_hold_in_one_tab_and_are_exceeded_by_one_for_each_other_tab_at_most() {
    let mut rng = Rng::with_seed(4);
    for cap in 1..=4 {
        for _ in 0..50 {
            assert_eq!(exposures(cap, 1, &mut rng, true), cap);
            for tabs in 2..=3 {
                let shown = exposures(cap, tabs, &mut rng, true);
                let bound = cap + tabs as u32 - 1;
                assert!((cap..=bound).contains(&shown), "{shown} of {cap} in {tabs} tabs");
                // Devices that hear nothing of each other count for themselves.
                assert_eq!(exposures(cap, tabs, &mut rng, false), cap * tabs as u32);
            }
        }
    }
}

#[test]
fn damaged_bundles_are_refused_or_decide_without_harm() {
    let mut draw = Draw(Rng::with_seed(5));
    let (mut read, mut refused) = (0, 0);
    for _ in 0..60 {
        let payload = publish(&draw.source()).device.to_bytes();
        for _ in 0..60 {
            let mut bytes = payload.clone();
            for _ in 0..draw.0.usize(1..4) {
                let place = draw.0.usize(..bytes.len());
                bytes[place] = draw.0.u8(..);
            }
            if draw.0.u8(..4) == 0 {
                bytes.truncate(draw.0.usize(bytes.len() / 2..bytes.len()));
            }
            match Program::load(&bytes) {
                Err(_) => refused += 1,
                Ok(program) => {
                    read += 1;
                    for _ in 0..5 {
                        draw.case().decide_for(&program, &Default::default(), &mut ());
                    }
                }
            }
        }
    }
    assert!(read > 50 && refused > 50, "{read} read, {refused} refused");
}

#[test]
fn compiling_what_nobody_would_write_names_problems_and_never_panics() {
    let mut draw = Draw(Rng::with_seed(6));
    let mut problems = 0;
    for _ in 0..300 {
        let mut tree = serde_json::to_value(draw.source()).unwrap();
        for _ in 0..draw.0.usize(1..6) {
            spoil(&mut tree, &mut draw.0);
        }
        if let Ok(source) = serde_json::from_value::<Source>(tree) {
            let published = publish(&source);
            problems += published.problems.len();
            Program::load(&published.device.to_bytes()).expect("what is left of it reads");
        }
    }
    assert!(problems > 100, "{problems}");
}

/// Changes one leaf, somewhere.
fn spoil(tree: &mut serde_json::Value, rng: &mut Rng) {
    use serde_json::Value;
    match tree {
        Value::Array(items) if !items.is_empty() => {
            let index = rng.usize(..items.len());
            if rng.u8(..6) == 0 { drop(items.remove(index)) } else { spoil(&mut items[index], rng) }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let index = rng.usize(..fields.len());
            let name = fields.keys().nth(index).cloned().unwrap_or_default();
            spoil(&mut fields[&name], rng);
        }
        Value::Number(_) => *tree = [json!(-1), json!(0), json!(1e300), json!(99)][rng.usize(..4)].clone(),
        Value::String(_) => {
            *tree = [json!(""), json!("nobody"), json!("offer-0"), json!("aud-0")][rng.usize(..4)].clone()
        }
        _ => {}
    }
}
