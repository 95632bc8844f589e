//! `cargo xtask bench`: figures as ratios within one run.

use crate::bench_sdk::Sdk;
use crate::run::{cargo, root, run};
use anyhow::Result;
use clap::{Args, Subcommand};

/// The demo's traffic at the collector, beside a bare handler that parses and drops.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: Option<What>,
    /// Length of a run.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often both are run, in turn.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Events that wait when the collector is started to see how much memory it takes.
    #[arg(long, default_value_t = 10_000_000)]
    backlog: u64,
}

#[derive(Subcommand)]
enum What {
    /// The SDK beside other products'.
    Sdk(Sdk),
}

impl Bench {
    pub(crate) fn run(&self) -> Result<()> {
        match &self.what {
            Some(What::Sdk(sdk)) => return sdk.run(),
            None => {}
        }
        run(cargo().args(["build", "--release", "--package", "attune-collector"]))?;
        run(cargo()
            .args(["run", "--release", "--package", "attune-tests", "--bin", "load", "--"])
            .arg(root().join("target/release/attune"))
            .args([self.seconds.to_string(), self.rounds.to_string(), self.backlog.to_string()]))
    }
}
