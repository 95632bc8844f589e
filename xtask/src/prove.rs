//! `cargo xtask prove`: the long proofs, in full. `cargo xtask test` runs the same at reduced counts.

use crate::built::Built;
use crate::run::{cargo, run};
use crate::schemathesis::{self, Effort};
use crate::web::{Part, Web};
use crate::{engine, npm, slow, test};
use anyhow::Result;
use clap::Args;

/// What is proved of the collector, as released.
#[rustfmt::skip]
const COLLECTOR: &[&str] = &[
    "--release", "--package", "attune-collector",
    "--test", "crash", "--test", "hostile", "--test", "imports", "--test", "outage",
];

/// What draws decisions.
const ENGINE: &[&str] = &["--release", "--package", "attune-tests"];

/// A hundred crashes, a million hostile requests, an hour without the warehouse, files of a million people, two
/// million drawn decisions, a million generated inputs.
#[derive(Args)]
pub(crate) struct Prove {
    /// `kill -9` so often in the middle of ingest, and as often again while the store comes and goes.
    #[arg(long, default_value_t = 100)]
    crashes: u32,
    /// Hostile requests over all routes.
    #[arg(long, default_value_t = 1_000_000)]
    hostile: u32,
    /// Seconds without the warehouse, at 5,000 events a second; they are sent as fast as they are taken.
    #[arg(long, default_value_t = 3_600)]
    outage: u32,
    /// People in a file.
    #[arg(long, default_value_t = 1_000_000)]
    people: u32,
    /// Drawn decisions that native and Wasm builds are compared on.
    #[arg(long, default_value_t = 2_000_000)]
    decisions: u64,
    /// Generated inputs a property.
    #[arg(long, default_value_t = 1_000_000)]
    cases: u32,
}

impl Prove {
    pub(crate) fn run(&self) -> Result<()> {
        npm::install()?;
        engine::install()?;
        Web { dev: false, part: Part::Sdk }.run()?;
        test::wasm(&Built::new(ENGINE)?, self.decisions)?.must_pass()?;
        let built = Built::new(COLLECTOR)?;
        let attune = built.program("attune")?;
        run(cargo()
            .arg("test")
            .args(COLLECTOR)
            .args(["--", "--nocapture", "--test-threads", "1"])
            .env("ATTUNE_CRASHES", self.crashes.to_string())
            .env("ATTUNE_HOSTILE", self.hostile.to_string())
            .env("ATTUNE_IMPORT_ROWS", self.people.to_string())
            .env("ATTUNE_OUTAGE", self.outage.to_string()))?;
        if schemathesis::check(attune, Effort { examples: 100, seconds: 900 })?.is_none() {
            println!("!! SKIPPED: no Python, or no way to PyPI, for schemathesis");
        }
        if slow::check(attune, 60)?.is_none() {
            println!("!! SKIPPED: no slowhttptest here; `apt-get install slowhttptest` brings it");
        }
        run(cargo()
            .args(["test", "--release", "--package", "attune-schema", "--package", "attune-engine"])
            .env("PROPTEST_CASES", self.cases.to_string()))?;
        run(cargo()
            .args(["test", "--release", "--package", "attune-warehouse", "--lib"])
            .env("PROPTEST_CASES", self.cases.to_string()))
    }
}
