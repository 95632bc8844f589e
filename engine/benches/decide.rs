//! One decision among 100 campaigns of five conditions each: `cargo bench -p attune-engine`.
//!
//! Conditions are drawn as in the bench of other decision engines: two numbers, two texts, a flag. All campaigns have one
//! priority, caps and holdouts, so that every one of them is gone through.

#![allow(clippy::unwrap_used, reason = "a bench that cannot begin has nothing to say")]

use attune_engine::decide::{Input, Program, decide};
use attune_engine::label::publish;
use attune_engine::{json, profile};
use attune_schema::bundle::Rule;
use attune_schema::consent::Consent;
use attune_schema::model::{
    Attached, Factors, Feature, History, Input as Number, Kind, Linear, Link, Model, Node, RankScore, Term,
    Trees,
};
use attune_schema::source::Source;
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use std::hint::black_box;

const WORDS: [&str; 6] = ["red", "green", "blue", "gold", "black", "white"];
const NOW: Timestamp = Timestamp(1_795_348_800_000);

/// A linear congruential generator (Knuth's MMIX): what is drawn matters less than that it stays the same.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(6) as usize]
    }
}

/// 100 campaigns; `all` lets every one of them be true.
fn program(all: bool) -> Program {
    let mut draw = Draw(42);
    let attribute = |name: String, op: &str, operand: serde_json::Value| json!({ "attribute": { "name": name, op: operand } });
    let campaigns: Vec<_> = (0..100)
        .map(|index| {
            let rules = if all {
                vec![attribute(format!("num{}", index % 12), "at_least", json!(0)); 5]
            } else {
                vec![
                    attribute(format!("num{}", draw.below(6)), "at_least", json!(draw.below(60))),
                    attribute(format!("num{}", 6 + draw.below(6)), "less_than", json!(40 + draw.below(60))),
                    attribute(format!("str{}", draw.below(5)), "one_of", json!([draw.word(), draw.word(), draw.word()])),
                    attribute(format!("str{}", 5 + draw.below(5)), "is_not", json!(draw.word())),
                    attribute(format!("flag{}", draw.below(8)), "is", json!(draw.below(2) == 0)),
                ]
            };
            json!({
                "id": format!("c{index}"), "status": "running", "placements": ["hero"], "offers": [format!("o{index}")],
                "audience": { "all": rules }, "holdout_percent": 5,
                "caps": [{ "scope": "campaign", "per": "day", "max": 3 }],
            })
        })
        .collect();
    let names = (0..12)
        .map(|i| format!("num{i}"))
        .chain((0..10).map(|i| format!("str{i}")))
        .chain((0..8).map(|i| format!("flag{i}")));
    let source: Source = serde_json::from_value(json!({
        "site": { "personalise_basis": "opt_out" },
        "attributes": names.map(|id| json!({ "id": id })).collect::<Vec<_>>(),
        "placements": [{ "id": "hero" }],
        "offers": (0..100).map(|i| json!({ "id": format!("o{i}"), "weight": i, "content": { "en": { "title": "t" } } })).collect::<Vec<_>>(),
        "campaigns": campaigns,
    }))
    .unwrap();
    let published = publish(&source);
    assert_eq!(published.problems, []);
    Program::load(&published.device.to_bytes()).unwrap()
}

/// 100 campaigns that are all true, each asking a logistic model and 100 trees of depth 6; the one with the highest score
/// orders 1,000 offers by a factorisation of 32 dimensions.
fn worst() -> Program {
    let mut draw = Draw(11);
    let mut bundle = program(true).bundle;
    let feature = |n: usize| Feature { name: format!("num{n}"), levels: Vec::new() };
    let features: Vec<Feature> = (0..12).map(feature).collect();
    let inputs: Vec<Number> = (0..12).map(Number::Attribute).collect();
    let of_features = |id: &str, kind| Attached {
        id: id.to_owned(),
        model: Model { features: features.clone(), items: Vec::new(), kind },
        inputs: inputs.clone(),
        history: None,
    };
    let mut trees = Trees { divisor: 1.0, slope: 1.0, link: Link::Logistic, ..Trees::default() };
    for _ in 0..100 {
        trees.roots.push(trees.nodes.len() as u32);
        grow(&mut trees.nodes, &mut draw, 6);
    }
    let terms =
        (0..12).map(|_| Term { offset: 50.0, factor: 0.02, weight: draw.below(9) as f64 - 4.0 }).collect();
    let linear = Linear { intercept: 0.1, terms, link: Link::Logistic };
    let items: Vec<String> = (0..1_000).map(|n| format!("item-{n:04}")).collect();
    let known = (0..32_000).map(|_| draw.below(255) as i8).collect();
    let kind = Kind::Factors(Factors { scale: 0.001, dimensions: 32, known, wanted: Vec::new() });
    let history = History::new("item_viewed".to_owned(), "item".to_owned(), 0, &items);
    let recommends = Attached {
        id: "recommends".to_owned(),
        model: Model { features: Vec::new(), items: items.clone(), kind },
        inputs: Vec::new(),
        history: Some(history),
    };
    bundle.models = vec![
        of_features("trees", Kind::Trees(trees)),
        of_features("linear", Kind::Linear(linear)),
        recommends,
    ];
    let blank = bundle.offers[0].clone();
    bundle.offers.extend(items.into_iter().map(|id| attune_schema::bundle::Offer {
        id,
        weight: 1_000.0,
        ..blank.clone()
    }));
    for campaign in &mut bundle.campaigns {
        let asked = [0, 1].map(|model| Rule::Score { model, min: -1.0, max: 2.0 });
        campaign.audience = Some(Rule::All(campaign.audience.take().into_iter().chain(asked).collect()));
        campaign.holdout_below = 0;
    }
    let last = bundle.campaigns.len() - 1;
    bundle.campaigns[last].variants[0].offers = (100..1_100).collect();
    bundle.rank_scores = vec![RankScore::new(last, 2, 1.0, &bundle.models, &bundle.offers)];
    Program::load(&bundle.to_bytes()).unwrap()
}

/// A full tree over the twelve numbers.
fn grow(nodes: &mut Vec<Node>, draw: &mut Draw, depth: u32) {
    if depth == 0 {
        return nodes.push(Node::leaf(draw.below(100) as f64 / 1_000.0));
    }
    let at = nodes.len();
    nodes.push(Node::split(draw.below(12) as u16, draw.below(100) as f64, true, false));
    grow(nodes, draw, depth - 1);
    nodes[at].right = nodes.len() as u32;
    grow(nodes, draw, depth - 1);
}

fn visitors() -> Vec<Profile> {
    let mut draw = Draw(7);
    (0..500)
        .map(|number| {
            let mut visitor = Profile { visitor: attune_schema::id::VisitorId(number), ..Profile::default() };
            for i in 0..12 {
                profile::set_attribute(
                    &mut visitor,
                    &format!("num{i}"),
                    Value::Number(draw.below(100) as f64),
                );
            }
            for i in 0..10 {
                profile::set_attribute(&mut visitor, &format!("str{i}"), draw.word().into());
            }
            for i in 0..8 {
                profile::set_attribute(&mut visitor, &format!("flag{i}"), Value::Bool(draw.below(2) == 0));
            }
            visitor
        })
        .collect()
}

/// The same visitor, who looked at ten items.
fn with_history(visitor: &Profile, program: &Program) -> Profile {
    let mut visitor = visitor.clone();
    for n in 0..10 {
        let item = format!("item-{:04}", (visitor.visitor.0 as usize * 37 + n * 91) % 1_000);
        profile::apply(
            &mut visitor,
            &program.bundle,
            "item_viewed",
            NOW.plus_ms(-1_000),
            &[("item".to_owned(), item.as_str().into())],
        );
    }
    visitor
}

fn input(profile: &Profile) -> Input<'_> {
    Input {
        placement: "hero",
        now: NOW,
        unit: profile.visitor,
        profile,
        consent: Consent::default(),
        context: &[],
        reserved: &[],
        limit: 1,
        force: None,
        draw: 0,
    }
}

fn decisions(c: &mut Criterion) {
    let visitors = visitors();
    for (name, all) in
        [("100 campaigns × 5 conditions", false), ("100 campaigns × 5 conditions, all true", true)]
    {
        let program = program(all);
        let mut turn = visitors.iter().cycle();
        c.bench_function(name, |b| {
            b.iter(|| decide(black_box(&program), input(turn.next().unwrap()), &mut ()))
        });
    }
    let worst = worst();
    let seen: Vec<Profile> = visitors.iter().map(|visitor| with_history(visitor, &worst)).collect();
    let mut turn = seen.iter().cycle();
    let first = decide(&worst, Input { limit: 10, ..input(&seen[0]) }, &mut ());
    assert_eq!(first.offers.len(), 10, "{first:?}");
    c.bench_function("all true, 100 trees, logistic, top 10 of 1,000 × 32", |b| {
        b.iter(|| decide(black_box(&worst), Input { limit: 10, ..input(turn.next().unwrap()) }, &mut ()))
    });
    let program = program(false);
    let mut turn = visitors.iter().cycle();
    c.bench_function("the same, explained, as JSON", |b| {
        b.iter(|| {
            let mut lines = Vec::new();
            let decision = decide(black_box(&program), input(turn.next().unwrap()), &mut lines);
            (json::decision(&decision), json::explanation(&lines))
        });
    });
    let payload = program.bundle.to_bytes();
    c.bench_function("a bundle is read", |b| b.iter(|| Program::load(black_box(&payload)).unwrap()));
}

criterion_group!(benches, decisions);
criterion_main!(benches);
