//! One decision among 100 campaigns of five conditions each: `cargo bench -p attune-engine`.
//!
//! Conditions are drawn as in the bench of other decision engines: two numbers, two texts, a flag. All campaigns have one
//! priority, caps and holdouts, so that every one of them is gone through.

#![allow(clippy::unwrap_used, reason = "a bench that cannot begin has nothing to say")]

use attune_engine::decide::{Input, Program, decide};
use attune_engine::label::publish;
use attune_engine::{json, profile};
use attune_schema::consent::Consent;
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
