//! `attune cards`: which card suits what somebody spends. No server is asked.

use super::output;
use anyhow::{Context, bail};
use attune_engine::cards::best;
use attune_schema::cards::{Card, Spend, Worth};
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
    let What::Best(args) = &args.what;
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
