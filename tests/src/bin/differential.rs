//! Writes bundles that nobody would write, visitors, and what the native build decides and explains, one bundle a
//! line, for another build to be asked the same: `differential CASES SEED`.

use anyhow::{Context, Result};
use attune_engine::decide::Program;
use attune_engine::json;
use attune_engine::label::publish;
use attune_tests::random::Draw;
use serde_json::json;
use std::io::{BufWriter, Write};

/// Questions about one bundle.
const EACH: usize = 20;

fn main() -> Result<()> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>());
    let mut next = |what| numbers.next().with_context(|| format!("{what} is missing"))?.context(what);
    let (cases, seed) = (next("CASES")?, next("SEED")?);
    let mut draw = Draw(fastrand::Rng::with_seed(seed));
    let mut out = BufWriter::new(std::io::stdout().lock());
    for _ in 0..cases.div_ceil(EACH as u64) {
        let payload = publish(&draw.source()).device.to_bytes();
        let program = Program::load(&payload).ok().context("a bundle of ours does not read")?;
        let mut asked = Vec::with_capacity(EACH);
        for _ in 0..EACH {
            let case = draw.case();
            let (decision, explanation) = case.decide(&program);
            asked.push(json!({
                "profile": hex(&case.profile(&program).to_bytes()),
                "placement": case.placement,
                "now": case.now,
                "consent": case.consent.to_bits(),
                "context": case.context,
                "reserved": case.reserved,
                "limit": case.limit,
                "force": case.force,
                "draw": case.draw,
                "decision": json::decision(&decision),
                "explanation": json::explanation(&explanation),
            }));
        }
        let line = json!({ "bundle": hex(&payload), "cases": asked });
        serde_json::to_writer(&mut out, &line)?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
