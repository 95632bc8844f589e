//! `attune cards`: which card suits what somebody spends. No server is asked.

use super::output;
use anyhow::{Context, bail};
use attune_engine::cards::{best, similar};
use attune_schema::cards::{Card, Likeness, Spend, Worth};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Compare cards.
#[derive(Debug, Args)]
pub struct CardsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Order cards by what they would bring in a month, with reasons.
    Best(BestArgs),
    /// Find the cards most like another, benefit by benefit: for one that is no longer given out.
    Similar(SimilarArgs),
}

#[derive(Debug, Args)]
struct SimilarArgs {
    /// Cards, as JSON.
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// Id of the card.
    #[arg(long, value_name = "ID")]
    card: String,
    /// What is spent, as JSON; as much in every category if absent.
    #[arg(long, value_name = "FILE")]
    spend: Option<PathBuf>,
    /// Least likeness, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=100))]
    at_least: u64,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

/// Cards in order, and what was wrong with others.
#[derive(Serialize)]
struct Alike {
    similar: Vec<Likeness>,
    problems: Vec<String>,
}

#[derive(Debug, Args)]
struct BestArgs {
    /// Cards, as JSON.
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// What is spent, as JSON.
    #[arg(long, value_name = "FILE")]
    spend: PathBuf,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

/// Cards in order, and what was wrong with others.
#[derive(Serialize)]
struct Answer {
    cards: Vec<Worth>,
    problems: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read, or has no card that can.
pub fn run(args: &CardsArgs) -> anyhow::Result<()> {
    match &args.what {
        What::Best(args) => run_best(args),
        What::Similar(args) => run_similar(args),
    }
}

fn run_similar(args: &SimilarArgs) -> anyhow::Result<()> {
    let cards: Vec<Card> = read(&args.catalogue)?;
    let spend: Option<Spend> = args.spend.as_deref().map(read).transpose()?;
    let (similar, problems) = similar(&cards, &args.card, spend.as_ref(), args.at_least);
    for problem in &problems {
        output::notice(problem);
    }
    let Some(similar) = similar else {
        bail!("{} has no card `{}` that can be compared", args.catalogue.display(), args.card);
    };
    if args.json {
        return output::json(&Alike { similar, problems });
    }
    if similar.is_empty() {
        output::notice(&format!("no card is at least {} % like `{}`", args.at_least, args.card));
    }
    for one in &similar {
        output::line(&format!("{}  {} % alike", one.card, one.percent))?;
        for benefit in &one.benefits {
            let (category, spend, before, after) =
                (&benefit.category, benefit.spend, benefit.before, benefit.after);
            output::line(&format!("  {category}, for {spend}: {before} -> {after}"))?;
        }
        if one.monthly_fee > 0 {
            output::line(&format!("  - {} fee", one.monthly_fee))?;
        }
    }
    Ok(())
}

fn run_best(args: &BestArgs) -> anyhow::Result<()> {
    let cards: Vec<Card> = read(&args.catalogue)?;
    let spend: Spend = read(&args.spend)?;
    let (cards, problems) = best(&cards, &spend);
    for problem in &problems {
        output::notice(problem);
    }
    if cards.is_empty() {
        bail!("{} has no card that can be compared", args.catalogue.display());
    }
    if args.json {
        return output::json(&Answer { cards, problems });
    }
    for worth in &cards {
        output::line(&format!("{}  {} a month", worth.card, worth.net_monthly))?;
        for reason in &worth.reasons {
            let what = if reason.categories.is_empty() {
                "everything".to_owned()
            } else {
                reason.categories.join(", ")
            };
            let capped = if reason.capped { ", its cap" } else { "" };
            output::line(&format!("  + {} of {} for {what}{capped}", reason.amount, reason.spend))?;
        }
        if worth.monthly_fee > 0 {
            output::line(&format!("  - {} fee", worth.monthly_fee))?;
        }
        for hint in &worth.hints {
            let (more, then) = (hint.needs_more_spend, hint.net_monthly);
            output::line(&format!("  needs {more} more spend for {then} a month"))?;
        }
    }
    Ok(())
}

fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}
