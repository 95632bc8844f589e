//! `attune learn`: what campaigns that try their offers know.

use super::attach::Attached;
use super::{CommonArgs, output};
use attune_schema::api::LearnedCampaign;

/// Options of `attune learn`.
#[derive(Debug, clap::Args)]
pub struct LearnArgs {
    /// Name of the site.
    site: String,
    /// Only show what was learned before.
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// Counts what the running campaigns saw, publishes it and prints what is known of each offer.
///
/// # Errors
/// What the server says.
pub async fn run(args: LearnArgs) -> anyhow::Result<()> {
    let attached = Attached::open(&args.common).await?;
    let path = format!("/api/sites/{}/learned", args.site);
    let client = &attached.client;
    let answer: anyhow::Result<Vec<LearnedCampaign>> =
        if args.show { client.get(&path).await } else { client.post(&path, &()).await };
    attached.close().await;
    let campaigns = answer?;
    if args.common.json {
        return output::json(&campaigns);
    }
    if campaigns.is_empty() {
        output::notice("no campaign tries its offers");
    }
    for campaign in campaigns {
        let state = if campaign.frozen { " (frozen)" } else { "" };
        output::line(&format!("{}{state}", campaign.campaign))?;
        for (offer, seen) in campaign.offers {
            let rate = if seen.trials > 0.0 { 100.0 * seen.successes / seen.trials } else { 0.0 };
            output::line(&format!(
                "  {offer:<24} {:>12.1} shown {:>10.1} successes {rate:>7.2} %",
                seen.trials, seen.successes
            ))?;
        }
    }
    Ok(())
}
