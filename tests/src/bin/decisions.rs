//! Decisions a second on one core: `decisions BUNDLE VISITORS`, where VISITORS is a JSON list of attributes by name.
//!
//! Each is decided with its id, which is a digest of all inputs, and written as the JSON that pages get. Prints the number
//! of decisions a second and, for a check, how many offers all visitors together were given.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench that cannot begin has nothing to say")]

use attune_engine::case::Case;
use attune_engine::decide::Program;
use attune_engine::json;
use attune_schema::bundle::SIGNED_HEADER_BYTES;
use attune_schema::value::Value;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

const LONG_ENOUGH: Duration = Duration::from_secs(2);

fn main() {
    let mut paths = std::env::args().skip(1);
    let mut file = || std::fs::read(paths.next().expect("BUNDLE VISITORS")).expect("a file");
    let (bundle, visitors) = (file(), file());
    let program = Program::load(&bundle[SIGNED_HEADER_BYTES..]).expect("a bundle");
    let visitors: Vec<BTreeMap<String, Value>> = serde_json::from_slice(&visitors).expect("visitors");
    let asked: Vec<_> = (0..)
        .zip(visitors)
        .map(|(number, attributes): (u32, _)| {
            let case = serde_json::from_value::<Case>(serde_json::json!({
                "placement": "hero", "now": 1_795_348_800_000_i64, "visitor": format!("visitor-{number}"),
                "attributes": attributes, "consent": { "personalise": "granted" }, "limit": 100,
            }));
            let case = case.expect("a question");
            let profile = case.profile(&program);
            (case, profile)
        })
        .collect();
    let decided = |index: usize| {
        let (case, profile) = &asked[index];
        case.decide_for(&program, profile, &mut ())
    };
    let offers: usize = (0..asked.len()).map(|index| decided(index).offers.len()).sum();
    let (began, mut count) = (Instant::now(), 0_usize);
    while began.elapsed() < LONG_ENOUGH {
        for index in 0..asked.len() {
            black_box(json::decision(&decided(index)));
        }
        count += asked.len();
    }
    let per_second = count as f64 / began.elapsed().as_secs_f64();
    println!("{{\"per_second\":{per_second:.0},\"offers\":{offers}}}");
}
