//! `attune debug`.

use super::attach::Attached;
use super::{CommonArgs, output};
use attune_schema::api::{DebugToken, NewDebugToken};

/// Options of `attune debug`.
#[derive(Debug, clap::Args)]
pub struct DebugArgs {
    /// Name of the site.
    site: String,
    /// How long the token is good, eight hours at most.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=480))]
    minutes: u16,
    #[command(flatten)]
    common: CommonArgs,
}

/// Prints what opens the debugger when it is put behind a page's address.
///
/// # Errors
/// What the server says.
pub async fn run(args: DebugArgs) -> anyhow::Result<()> {
    let attached = Attached::open(&args.common).await?;
    let new = NewDebugToken { minutes: args.minutes };
    let made = attached.client.post(&format!("/api/sites/{}/debug-tokens", args.site), &new).await;
    attached.close().await;
    let made: DebugToken = made?;
    if args.common.json {
        return output::json(&made);
    }
    output::line(&format!("?attune_debug={}", made.token))
}
