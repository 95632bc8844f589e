//! `attune backtest`: a source over stored history, part by part.

use super::attach::Attached;
use super::{CommonArgs, output};
use crate::backtest::report::{Report, report};
use crate::backtest::{BacktestPlan, BacktestQuestion, Tally};
use anyhow::{Context, bail};
use attune_schema::source::Source;
use attune_schema::span::Span;
use attune_schema::time::Timestamp;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

/// Options of `attune backtest`.
#[derive(Debug, clap::Args)]
pub struct BacktestArgs {
    /// Name of the site.
    #[arg(long)]
    site: String,
    /// The source to test, as `GET /api/sites/NAME/source` gives it; its drafts are taken as running.
    #[arg(long, value_name = "FILE")]
    source: PathBuf,
    /// First instant in which something is decided: 2026-01-05T09:00:00Z, or a day, which begins in UTC.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Timestamp,
    /// First instant after.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    to: Timestamp,
    /// How far before profiles begin to be filled, such as 30d.
    #[arg(long, value_name = "SPAN", default_value = "30d", value_parser = span)]
    warm_up: Span,
    /// Pages that hold a placement, by how their paths begin: `hero=/cards`. All pages if none is given.
    #[arg(long, value_name = "PLACEMENT=PATH", value_parser = page)]
    pages: Vec<(String, String)>,
    /// Event that is a conversion, where exposures were stored with propensities.
    #[arg(long, value_name = "EVENT", default_value = "offer_clicked")]
    goal: String,
    /// How long after an exposure it counts.
    #[arg(long, value_name = "SPAN", default_value = "7d", value_parser = span)]
    goal_within: Span,
    /// Folder for what is done so far, so that a back-test that was stopped goes on; the data folder if absent.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

/// A time, or a day.
fn instant(text: &str) -> Result<Timestamp, String> {
    match text.parse::<jiff::civil::Date>() {
        Ok(day) if !text.contains('T') => {
            let at = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| error.to_string())?;
            Ok(Timestamp(at.timestamp().as_millisecond()))
        }
        _ => super::raw::time(text),
    }
}

fn span(text: &str) -> Result<Span, String> {
    text.parse().map_err(|_| format!("`{text}` is not a span such as 30d, 12h or 45m"))
}

fn page(text: &str) -> Result<(String, String), String> {
    let (placement, path) = text.split_once('=').ok_or("write PLACEMENT=PATH")?;
    if !path.starts_with('/') {
        return Err(format!("`{path}` is not a path such as /cards"));
    }
    Ok((placement.to_owned(), path.to_owned()))
}

/// Runs `attune backtest`.
///
/// # Errors
/// A source that cannot be read, or what the server says.
pub async fn run(args: BacktestArgs) -> anyhow::Result<()> {
    let shown = || args.source.display().to_string();
    let text = std::fs::read_to_string(&args.source).with_context(shown)?;
    let source: Source = serde_json::from_str(&text).with_context(shown)?;
    let mut pages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (placement, path) in &args.pages {
        pages.entry(placement.clone()).or_default().push(path.clone());
    }
    let question = BacktestQuestion {
        source,
        from: args.from,
        to: args.to,
        warm_up: args.warm_up,
        pages,
        goal: args.goal.clone(),
        goal_within: args.goal_within,
        part: 0,
        parts: 1,
    };
    if let Some(problem) = question.problem() {
        bail!("{problem}");
    }
    let attached = Attached::open(&args.common).await?;
    let done = replay(&args, question, &attached).await;
    attached.close().await;
    let report = done?;
    if args.common.json { output::json(&report) } else { show(&report) }
}

async fn replay(
    args: &BacktestArgs,
    mut question: BacktestQuestion,
    attached: &Attached,
) -> anyhow::Result<Report> {
    attached.client.flush().await?;
    let path = format!("/api/sites/{}/backtest", args.site);
    let plan: BacktestPlan = attached.client.post(&format!("{path}/plan"), &question).await?;
    let state = State::open(args.state.as_ref().unwrap_or(&args.common.data), &args.site, &question, &plan)?;
    let (mut tally, mut done) = (Tally::default(), 0);
    for part in state.done()? {
        tally.merge(&part);
        done += 1;
    }
    let bar = ProgressBar::new(plan.events);
    if let Ok(style) =
        ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} events {per_sec} {eta}")
    {
        bar.set_style(style);
    }
    if done > 0 {
        output::notice(&format!("goes on after part {done} of {}", plan.parts));
        bar.set_position(tally.events);
        bar.reset_eta();
    }
    question.parts = plan.parts;
    for part in done..plan.parts {
        question.part = part;
        let counted: Tally = attached.client.post_patiently(&path, &question).await?;
        // Read back as it will be by whoever goes on: the same numbers to the last digit.
        tally.merge(&state.keep(&counted)?);
        bar.set_position(tally.events);
    }
    bar.finish_and_clear();
    let report = report(&question, &plan, tally)?;
    state.remove()?;
    Ok(report)
}

/// Parts done so far, a line each, in a file named by everything that they depend on.
struct State {
    path: PathBuf,
}

impl State {
    fn open(
        folder: &Path,
        site: &str,
        question: &BacktestQuestion,
        plan: &BacktestPlan,
    ) -> anyhow::Result<Self> {
        let mut hash = Sha256::new();
        hash.update(serde_json::to_vec(&(env!("CARGO_PKG_VERSION"), site, question, plan))?);
        let digest = hash.finalize();
        let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { path: folder.join(format!("backtest-{name}.ndjson")) })
    }

    /// Whole lines; one that was cut short ends them and is taken away.
    fn done(&self) -> anyhow::Result<Vec<Tally>> {
        let Ok(file) = File::open(&self.path) else { return Ok(Vec::new()) };
        let (mut parts, mut whole) = (Vec::new(), 0);
        let mut reader = BufReader::new(file);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            let Some(Ok(part)) = line.ends_with('\n').then(|| serde_json::from_str(&line)) else { break };
            parts.push(part);
            whole += line.len() as u64;
            line.clear();
        }
        OpenOptions::new().write(true).open(&self.path)?.set_len(whole)?;
        Ok(parts)
    }

    fn keep(&self, part: &Tally) -> anyhow::Result<Tally> {
        let mut text = serde_json::to_string(part)?;
        let read = serde_json::from_str(&text)?;
        text.push('\n');
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| self.path.display().to_string())?;
        Ok(read)
    }

    fn remove(&self) -> anyhow::Result<()> {
        if self.path.exists() {
            std::fs::remove_file(&self.path)?;
        }
        Ok(())
    }
}

fn show(report: &Report) -> anyhow::Result<()> {
    output::line(&format!(
        "bundle {}\n{} events, {} visitors, {} opportunities, {} reached, {} exposures\n",
        report.bundle, report.events, report.visitors, report.opportunities, report.reach, report.exposures
    ))?;
    for (reason, count) in &report.reasons {
        output::line(&format!("{reason:<24}{count:>12}"))?;
    }
    output::line(&format!("\n{:<24}{:>12}{:>12}{:>12}", "day", "reach", "exposures", "withheld"))?;
    for (day, counts) in &report.days {
        output::line(&format!(
            "{day:<24}{:>12}{:>12}{:>12}",
            counts.reach, counts.exposures, counts.withheld
        ))?;
    }
    output::line(&format!(
        "\n{:<24}{:>12}{:>12}{:>12}{:>12}{:>16}",
        "campaign", "reach", "exposures", "cap hits", "lost", "without drafts"
    ))?;
    for (id, campaign) in &report.campaigns {
        let lost: u64 = campaign.lost_to.values().sum();
        let before = campaign.exposures_without_drafts.map_or_else(|| "-".to_owned(), |n| n.to_string());
        output::line(&format!(
            "{id:<24}{:>12}{:>12}{:>12}{lost:>12}{before:>16}",
            campaign.reach, campaign.exposures, campaign.cap_hits
        ))?;
        for (offer, count) in &campaign.offers {
            let share = *count as f64 * 100.0 / campaign.exposures.max(1) as f64;
            output::line(&format!("  {offer:<22}{:>12}{count:>12}{share:>10.1} %", ""))?;
        }
    }
    if let Some(conversions) = &report.conversions {
        let (goal, estimate) = (&conversions.goal, &conversions.estimate);
        match (conversions.expected, conversions.low, conversions.high, &estimate.refused) {
            (Some(expected), Some(low), Some(high), _) => {
                output::line(&format!("\n{goal}: {expected:.1} expected, {low:.1} to {high:.1}"))?;
            }
            (_, _, _, refused) => {
                let why = refused.as_deref().unwrap_or("no weight");
                output::line(&format!("\n{goal}: no estimate: {why}"))?;
            }
        }
    }
    for problem in &report.problems {
        output::notice(&format!("{}: {}", problem.subject, problem.message));
    }
    for warning in &report.warnings {
        output::notice(&format!("warning: {warning}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_read_again_but_for_a_line_that_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let state = State { path: folder.path().join("state") };
        assert!(state.done().unwrap().is_empty(), "nothing yet");
        let part = |events| Tally { events, ..Tally::default() };
        for events in [1, 2] {
            assert_eq!(state.keep(&part(events)).unwrap(), part(events));
        }
        let mut file = OpenOptions::new().append(true).open(&state.path).unwrap();
        file.write_all(b"{\"events\":3").unwrap();
        assert_eq!(state.done().unwrap(), [part(1), part(2)]);
        state.keep(&part(3)).unwrap();
        assert_eq!(state.done().unwrap(), [part(1), part(2), part(3)], "the cut line is gone");
        state.remove().unwrap();
        state.remove().unwrap();
    }

    #[test]
    fn times_are_instants_or_days() {
        assert_eq!(instant("1970-01-02"), Ok(Timestamp(86_400_000)));
        assert_eq!(instant("1970-01-01T01:00:00Z"), Ok(Timestamp(3_600_000)));
        assert!(instant("tomorrow").is_err());
        assert_eq!(page("hero=/cards"), Ok(("hero".to_owned(), "/cards".to_owned())));
        assert!(page("hero=cards").is_err() && page("hero").is_err());
    }
}
