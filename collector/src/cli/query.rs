//! `attune query`: questions from files, answers as tables or JSON.

use super::attach::Attached;
use super::{CommonArgs, output};
use anyhow::Context;
use attune_schema::question::{FunnelAnswer, FunnelQuestion, TrendAnswer, TrendQuestion};
use attune_schema::time::Timestamp;
use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Options of `attune query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    #[command(subcommand)]
    command: QueryCommand,
}

#[derive(Debug, Subcommand)]
enum QueryCommand {
    /// How many go how far through ordered steps.
    Funnel(QuestionArgs),
    /// How often something happened over time.
    Trend(QuestionArgs),
}

#[derive(Debug, Args)]
struct QuestionArgs {
    /// Site to ask about.
    #[arg(long)]
    site: String,
    /// The question, as JSON (see docs/questions.md).
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: CommonArgs,
}

/// Runs `attune query`.
///
/// # Errors
/// A question that cannot be read, or what the server says.
pub async fn run(args: QueryArgs) -> anyhow::Result<()> {
    match args.command {
        QueryCommand::Funnel(args) => {
            let question: FunnelQuestion = question(&args.file)?;
            let answer: FunnelAnswer = ask(&args, "funnel", &question).await?;
            if args.common.json { output::json(&answer) } else { funnel(&answer) }
        }
        QueryCommand::Trend(args) => {
            let question: TrendQuestion = question(&args.file)?;
            let answer: TrendAnswer = ask(&args, "trend", &question).await?;
            if args.common.json { output::json(&answer) } else { trend(&answer) }
        }
    }
}

fn question<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

async fn ask<Q: serde::Serialize, A: DeserializeOwned>(
    args: &QuestionArgs,
    kind: &str,
    question: &Q,
) -> anyhow::Result<A> {
    let attached = Attached::open(&args.common).await?;
    let answer = attached.client.post(&format!("/api/sites/{}/{kind}", args.site), question).await;
    attached.close().await;
    answer
}

fn funnel(answer: &FunnelAnswer) -> anyhow::Result<()> {
    let first = answer.steps.first().map_or(0, |step| step.count);
    for (index, step) in (1..).zip(&answer.steps) {
        let share = if first == 0 {
            "-".to_owned()
        } else {
            format!("{:.1} %", step.count as f64 * 100.0 / first as f64)
        };
        output::line(&format!(
            "{index:>2}  {:<40}{:>12}{share:>10}",
            step.event.names().join(" or "),
            step.count
        ))?;
    }
    if answer.excluded > 0 {
        output::line(&format!("    {:<40}{:>12}", "left by an exclusion", answer.excluded))?;
    }
    for slice in &answer.slices {
        let value = if slice.value.is_empty() { "(unknown)" } else { &slice.value };
        output::line(&format!("    {value:<40}{:>12}", joined(&slice.counts)))?;
    }
    for other in &answer.compared {
        let period = format!("{} to {}", instant(other.period.from), instant(other.period.to));
        output::line(&format!("    {period:<52}  {}", joined(&other.counts)))?;
    }
    if let Some(total) = answer.times.as_ref().and_then(|times| times.total.as_ref()) {
        let (median, p90) = (total.median_ms as f64 / 1_000.0, total.p90_ms as f64 / 1_000.0);
        output::line(&format!("    half within {median} s, nine in ten within {p90} s"))?;
    }
    if let Some(people) = &answer.people {
        people.ids.iter().try_for_each(|id| output::line(id))?;
        if let Some(next) = &people.next {
            output::line(&format!("    more after {next}"))?;
        }
    }
    output::line(&format!("\n{}", answer.definition))
}

fn joined(counts: &[u64]) -> String {
    counts.iter().map(u64::to_string).collect::<Vec<_>>().join(" → ")
}

fn instant(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

fn trend(answer: &TrendAnswer) -> anyhow::Result<()> {
    for point in &answer.points {
        output::line(&format!("{}  {:<24}{:>12}", instant(point.at), point.value, point.count))?;
    }
    Ok(())
}
