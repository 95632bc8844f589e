//! `attune stats`: what experiments and logs of decisions tell. Files in, a report out; no server is asked.

mod ab;
mod offpolicy;
mod rows;

use clap::{Args, Subcommand};

/// Options of `attune stats`.
#[derive(Debug, Args)]
pub struct StatsArgs {
    #[command(subcommand)]
    command: StatsCommand,
}

#[derive(Debug, Subcommand)]
enum StatsCommand {
    /// Compare the arms of an experiment, from counts or from values of units.
    Ab(ab::AbArgs),
    /// Plan an experiment: how many units, how long.
    Plan(ab::PlanArgs),
    /// Estimate what another policy would have earned, from a log with propensities.
    Offpolicy(offpolicy::OffpolicyArgs),
}

/// Runs `attune stats`.
///
/// # Errors
/// A file that cannot be read, or says what cannot be.
pub fn run(args: &StatsArgs) -> anyhow::Result<()> {
    match &args.command {
        StatsCommand::Ab(args) => ab::run(args),
        StatsCommand::Plan(args) => ab::plan(args),
        StatsCommand::Offpolicy(args) => offpolicy::run(args),
    }
}
