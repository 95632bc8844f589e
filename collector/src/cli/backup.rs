//! `attune backup` and `attune restore`.

use super::attach::Attached;
use super::{CommonArgs, output};
use crate::backup::{self, Manifest};
use anyhow::Context;
use clap::Args;
use std::path::{Path, PathBuf, absolute};

/// Options of `attune backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// New folder for the copy.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    common: CommonArgs,
}

/// Options of `attune restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Folder made by `attune backup`.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// New data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Print one last line of JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs `attune backup`.
///
/// # Errors
/// What the server says.
pub async fn back_up(args: BackupArgs) -> anyhow::Result<()> {
    // The server may have been started elsewhere.
    let to = absolute(&args.to).context("the new folder's path")?;
    let attached = Attached::open(&args.common).await?;
    let done = attached.client.post_patiently("/api/backup", &serde_json::json!({ "to": to })).await;
    attached.close().await;
    report(&done?, &to, args.common.json)
}

/// Runs `attune restore`.
///
/// # Errors
/// If the copy is not whole or the data folder not empty.
pub fn restore(args: &RestoreArgs) -> anyhow::Result<()> {
    report(&backup::restore(&args.from, &args.data)?, &args.data, args.json)
}

fn report(manifest: &Manifest, to: &Path, json: bool) -> anyhow::Result<()> {
    if !manifest.control {
        output::notice("accounts, sites and documents are in PostgreSQL: copy them with its own tools");
    }
    if !manifest.warehouse {
        output::notice("shipped events are on the ClickHouse server: copy them with its own tools");
    }
    if json {
        return output::json(manifest);
    }
    output::line(&format!("{}: {} files, {} bytes", to.display(), manifest.files, manifest.bytes))
}
