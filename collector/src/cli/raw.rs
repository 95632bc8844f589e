//! `attune dead-letters`, `attune replay` and `attune recover`.

use super::attach::Attached;
use super::{CommonArgs, output};
use attune_schema::api::{DeadLetter, Recovered, Replay, Replayed};
use attune_schema::time::Timestamp;

/// Options of `attune dead-letters`.
#[derive(Debug, clap::Args)]
pub struct LettersArgs {
    /// Name of the site.
    site: String,
    /// Received at or after, such as 2026-01-05T09:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    #[command(flatten)]
    common: CommonArgs,
}

/// Options of `attune replay`.
#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    /// Name of the site.
    site: String,
    /// Received at or after, such as 2026-01-05T09:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Received before.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
    /// Also requests of which no event was refused.
    #[arg(long)]
    all: bool,
    /// All of them, and take out first what is stored of them.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// Options of `attune recover`.
#[derive(Debug, clap::Args)]
pub struct RecoverArgs {
    #[command(flatten)]
    common: CommonArgs,
}

pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    let time: jiff::Timestamp = text.parse().map_err(|error| format!("{error}"))?;
    Ok(Timestamp(time.as_millisecond()))
}

/// Lists requests of which an event was refused.
///
/// # Errors
/// What the server says.
pub async fn dead_letters(args: LettersArgs) -> anyhow::Result<()> {
    let attached = Attached::open(&args.common).await?;
    let from = args.from.map(|from| format!("&from={}", from.0)).unwrap_or_default();
    let path = format!("/api/sites/{}/dead-letters?limit={}{from}", args.site, args.limit);
    let letters = attached.client.get::<Vec<DeadLetter>>(&path).await;
    attached.close().await;
    let letters = letters?;
    if args.common.json {
        return output::json(&letters);
    }
    for letter in &letters {
        let at = jiff::Timestamp::from_millisecond(letter.received_at.0)?;
        let reasons: Vec<String> =
            letter.refused.iter().map(|(place, reason)| format!("event {place} {reason}")).collect();
        output::line(&format!("{at} {} {}", letter.path, reasons.join(", ")))?;
        output::line(&format!("    {}", letter.body))?;
    }
    output::notice(&format!("{} requests", letters.len()));
    Ok(())
}

/// Reads kept requests again.
///
/// # Errors
/// What the server says.
pub async fn replay(args: ReplayArgs) -> anyhow::Result<()> {
    let attached = Attached::open(&args.common).await?;
    let what = Replay { from: args.from, to: args.to, all: args.all, replace: args.replace };
    let path = format!("/api/sites/{}/replay", args.site);
    let replayed = attached.client.post_patiently::<_, Replayed>(&path, &what).await;
    attached.close().await;
    let replayed = replayed?;
    if args.common.json {
        return output::json(&replayed);
    }
    let Replayed { requests, refused, taken_out, stored, duplicate, invalid } = replayed;
    output::line(&format!(
        "{requests} requests read again ({refused} refused): {taken_out} events taken out, {stored} stored, \
         {duplicate} were there, {invalid} refused"
    ))
}

/// Reads segments in quarantine again.
///
/// # Errors
/// What the server says.
pub async fn recover(args: RecoverArgs) -> anyhow::Result<()> {
    let attached = Attached::open(&args.common).await?;
    let recovered = attached.client.post_patiently::<(), Recovered>("/api/recover", &()).await;
    attached.close().await;
    let recovered = recovered?;
    if args.common.json {
        return output::json(&recovered);
    }
    let Recovered { segments, damaged, read, stored } = recovered;
    output::line(&format!(
        "{segments} segments, {damaged} of them still damaged: {read} events read, {stored} of them were missing"
    ))
}
