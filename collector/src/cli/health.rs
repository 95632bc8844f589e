//! `attune health`: what `/health` says, for machines without another client: a container's health check.

use super::attach::Attached;
use super::{CommonArgs, output};
use anyhow::Context;
use attune_schema::api::Health;
use std::time::Duration;

/// Longest wait for an answer; the server itself waits two seconds for its warehouse.
const PATIENCE: Duration = Duration::from_secs(5);

/// Options of `attune health`.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    #[command(flatten)]
    common: CommonArgs,
}

/// Asks once.
///
/// # Errors
/// If no server runs on the data folder, or it does not answer. A warehouse that is away is no error: events are
/// taken.
pub async fn run(args: HealthArgs) -> anyhow::Result<()> {
    let client = Attached::running(&args.common)?;
    let health = tokio::time::timeout(PATIENCE, client.get::<Health>("/health")).await;
    let health = health.with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))??;
    if args.common.json { output::json(&health) } else { output::line(&health.status) }
}
