//! `attune key`: what bundles are signed with.

use super::attach::Attached;
use super::{CommonArgs, output};
use clap::{Args, Subcommand};
use serde_json::Value;

/// Options of `attune key`.
#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    change: KeyChange,
}

#[derive(Debug, Subcommand)]
enum KeyChange {
    /// Show the public keys.
    Show(CommonArgs),
    /// Sign with another key from now on. Pages that are open pin the present one, and go on getting bundles signed
    /// with it until it is retired.
    Rotate(CommonArgs),
    /// Forget the key before the present one, once the pages that pin it are gone, or at once if it is known to others.
    Retire(CommonArgs),
}

/// Runs `attune key`.
///
/// # Errors
/// What the server says.
pub async fn run(args: KeyArgs) -> anyhow::Result<()> {
    let (change, common) = match args.change {
        KeyChange::Show(common) => ("show", common),
        KeyChange::Rotate(common) => ("rotate", common),
        KeyChange::Retire(common) => ("retire", common),
    };
    let attached = Attached::open(&common).await?;
    let keys = attached.client.post::<_, Value>(&format!("/api/signing-key/{change}"), &()).await;
    attached.close().await;
    let keys = keys?;
    if common.json {
        return output::json(&keys);
    }
    let shown = |name: &str| keys[name].as_str().unwrap_or("none").to_owned();
    output::line(&format!("signs: {}\nbefore it: {}", shown("key"), shown("previous")))
}
