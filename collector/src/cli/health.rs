//! `attune health` and `attune self-test`.

use super::attach::Attached;
use super::{CommonArgs, output};
use anyhow::{Context, bail};
use attune_schema::api::{Alarm, Health, Ledger, SelfTest};
use std::time::Duration;

/// Longest wait for an answer; the server itself waits two seconds for its warehouse.
const PATIENCE: Duration = Duration::from_secs(5);

/// Options of `attune health`.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    /// Fail if anything wants attention; otherwise only if no events can be taken.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// Options of `attune self-test`.
#[derive(Debug, clap::Args)]
pub struct SelfTestArgs {
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(serde::Serialize)]
struct Report {
    #[serde(flatten)]
    health: Health,
    ledger: Ledger,
}

/// Says how the server of the data folder is.
///
/// # Errors
/// If no server runs on the data folder, it does not answer, or it takes no events: a container's health check. A
/// warehouse that is away is an error only if asked for strictly: events are taken.
pub async fn health(args: HealthArgs) -> anyhow::Result<()> {
    let client = Attached::running(&args.common)?;
    let asked = async { anyhow::Ok((client.get("/health").await?, client.get("/api/ledger").await?)) };
    let answered = tokio::time::timeout(PATIENCE, asked).await;
    let (health, ledger): (Health, Ledger) =
        answered.with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))??;
    let failed =
        if args.strict { !health.alarms.is_empty() } else { health.alarms.contains(&Alarm::LogFull) };
    let status = health.status.clone();
    if args.common.json {
        output::json(&Report { health, ledger })?;
    } else {
        show(&health, &ledger)?;
    }
    if failed {
        bail!(status);
    }
    Ok(())
}

fn show(health: &Health, ledger: &Ledger) -> anyhow::Result<()> {
    output::line(&format!("status      {}", health.status))?;
    output::line(&format!("version     {}", health.version))?;
    output::line(&format!("lag         {} ms", health.lag_ms))?;
    output::line(&format!("log         {} of {} bytes", health.log_bytes, health.log_bytes_most))?;
    for (name, count) in [
        ("received", ledger.received),
        ("stored", ledger.stored),
        ("duplicate", ledger.duplicate),
        ("filtered", ledger.filtered),
        ("invalid", ledger.invalid),
        ("expired", ledger.expired),
        ("limited", ledger.limited),
        ("quarantined", ledger.quarantined),
        ("waiting", ledger.waiting),
    ] {
        output::line(&format!("{name:<11} {count}"))?;
    }
    Ok(())
}

/// Sends an event the whole way and reads it back.
///
/// # Errors
/// Where it got stuck.
pub async fn self_test(args: SelfTestArgs) -> anyhow::Result<()> {
    let attached = Attached::open(&args.common).await?;
    let tested = attached.client.post::<(), SelfTest>("/api/self-test", &()).await;
    attached.close().await;
    let tested = tested?;
    if args.common.json {
        return output::json(&tested);
    }
    let SelfTest { durable_ms, stored_ms, .. } = tested;
    output::line(&format!("on disk after {durable_ms} ms, read back from the warehouse after {stored_ms} ms"))
}
