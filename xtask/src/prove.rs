//! `cargo xtask prove`: the long proofs, in full. `cargo xtask test` runs the same at reduced counts.

use crate::run::{cargo, run};
use crate::{engine, npm};
use anyhow::Result;
use clap::Args;

/// A hundred crashes, a million generated inputs.
#[derive(Args)]
pub(crate) struct Prove {
    /// `kill -9` so often in the middle of ingest.
    #[arg(long, default_value_t = 100)]
    crashes: u32,
    /// Generated inputs a property.
    #[arg(long, default_value_t = 1_000_000)]
    cases: u32,
}

impl Prove {
    pub(crate) fn run(&self) -> Result<()> {
        npm::install()?;
        engine::install()?;
        run(cargo()
            .args(["test", "--package", "attune-collector", "--test", "crash", "--", "--nocapture"])
            .env("ATTUNE_CRASHES", self.crashes.to_string()))?;
        run(cargo()
            .args(["test", "--release", "--package", "attune-schema", "--package", "attune-engine"])
            .env("PROPTEST_CASES", self.cases.to_string()))?;
        run(cargo()
            .args(["test", "--release", "--package", "attune-warehouse", "--lib"])
            .env("PROPTEST_CASES", self.cases.to_string()))
    }
}
