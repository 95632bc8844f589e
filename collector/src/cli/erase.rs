//! `attune erase`.

use super::attach::{Attached, Client};
use super::{CommonArgs, output};
use anyhow::bail;
use attune_schema::api::{Erasure, NewErasure};
use attune_schema::id::VisitorId;
use std::time::Duration;

/// How often is asked whether it is done.
const ASK: Duration = Duration::from_millis(200);
/// Longest wait; the server goes on by itself.
const PATIENCE: Duration = Duration::from_secs(600);

/// Options of `attune erase`.
#[derive(Debug, clap::Args)]
pub struct EraseArgs {
    /// Name of the site.
    site: String,
    /// A person, by any of their user ids.
    #[arg(long, value_name = "ID", required_unless_present = "visitor", conflicts_with = "visitor")]
    user: Option<String>,
    /// A browser, whoever used it.
    #[arg(long, value_name = "UUID")]
    visitor: Option<VisitorId>,
    #[command(flatten)]
    common: CommonArgs,
}

/// Erases a person or a browser, and prints the proof.
///
/// # Errors
/// What the server says.
pub async fn run(args: EraseArgs) -> anyhow::Result<()> {
    let attached = Attached::open(&args.common).await?;
    let done = erase(&attached.client, &args).await;
    attached.close().await;
    let erasure = done?;
    if args.common.json {
        return output::json(&erasure);
    }
    for row in &erasure.rows {
        output::line(&format!("{:<12} {:>10} -> {}", row.place, row.before, row.after))?;
    }
    Ok(())
}

async fn erase(client: &Client, args: &EraseArgs) -> anyhow::Result<Erasure> {
    let path = format!("/api/sites/{}/erasures", args.site);
    let new = match (&args.user, args.visitor) {
        (Some(user), _) => NewErasure::User(user.clone()),
        (None, Some(visitor)) => NewErasure::Visitor(visitor),
        (None, None) => bail!("name `--user` or `--visitor`"),
    };
    let begun: Erasure = client.post(&path, &new).await?;
    let ended = async {
        loop {
            let all: Vec<Erasure> = client.get(&path).await?;
            if let Some(done) = all.into_iter().find(|one| one.id == begun.id && one.done_at.is_some()) {
                return anyhow::Ok(done);
            }
            tokio::time::sleep(ASK).await;
        }
    };
    match tokio::time::timeout(PATIENCE, ended).await {
        Ok(done) => done,
        Err(_) => bail!("erasure {} is not done yet: the server goes on with it", begun.id),
    }
}
