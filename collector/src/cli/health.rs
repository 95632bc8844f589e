//! `attune health` and `attune self-test`.

use super::attach::Attached;
use super::{CommonArgs, output};
use anyhow::bail;
use attune_schema::api::{Health, Ledger, SelfTest};

/// Options of `attune health` and `attune self-test`.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(serde::Serialize)]
struct Report {
    #[serde(flatten)]
    health: Health,
    ledger: Ledger,
}

/// Says how the server of the data folder is; fails if anything wants attention, or no server answers.
///
/// # Errors
/// What wants attention.
pub async fn health(args: HealthArgs) -> anyhow::Result<()> {
    let Some(client) = Attached::running(&args.common).await? else {
        bail!("no server runs with the data folder {}", args.common.data.display())
    };
    let (health, ledger): (Health, Ledger) = (client.get("/health").await?, client.get("/api/ledger").await?);
    let alarm = (!health.alarms.is_empty()).then(|| health.status.clone());
    if args.common.json {
        output::json(&Report { health, ledger })?;
    } else {
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
    }
    match alarm {
        Some(alarm) => bail!(alarm),
        None => Ok(()),
    }
}

/// Sends an event the whole way and reads it back.
///
/// # Errors
/// Where it got stuck.
pub async fn self_test(args: HealthArgs) -> anyhow::Result<()> {
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
