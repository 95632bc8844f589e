//! Writes the specification as the browser's module sees it: bundle bytes, profile bytes, arguments and the
//! native answer, so that another build can be asked the same and compared byte for byte. With a path, that file alone.

use anyhow::Result;
use attune_engine::compile::compile;
use attune_engine::decide::Program;
use attune_engine::json;
use serde_json::json;
use std::io::Write;

fn main() -> Result<()> {
    let mut vectors = Vec::new();
    let files = match std::env::args_os().nth(1) {
        Some(path) => vec![attune_tests::spec::read(path.as_ref())?],
        None => attune_tests::spec::load()?,
    };
    for (file, specification) in files {
        let (bundle, _) = compile(&specification.source);
        let payload = bundle.to_bytes();
        let program = Program::load(&payload)?;
        for specified in &specification.cases {
            let case = specified.question()?;
            let (decision, explanation) = case.decide(&program);
            vectors.push(json!({
                "title": format!("{file}: {}", specified.title),
                "bundle": payload,
                "profile": case.profile(&program).to_bytes(),
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
    }
    std::io::stdout().lock().write_all(&serde_json::to_vec(&vectors)?)?;
    Ok(())
}
