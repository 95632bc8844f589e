//! `attune stats ab` and `attune stats plan`.

use super::rows;
use crate::cli::output;
use anyhow::{Context, bail};
use attune_stats::arm::Sums;
use attune_stats::experiment::{Arm, File, Goal, Known, Metric, Report, Settings, analyse};
use attune_stats::power::{self, Unit};
use clap::{Args, ValueEnum};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// Most arms a file of units may name: a column of something else is told from one of arms.
const MOST_ARMS: usize = 1_000;
/// Bytes looked at to tell a document from rows.
const LOOK: u64 = 1 << 16;

/// Options of `attune stats ab`.
#[derive(Debug, Args)]
pub(super) struct AbArgs {
    /// A JSON document with `arms`; or CSV, NDJSON or Parquet with a row a unit: `arm`, `value`, and where there are any
    /// `unit`, `denominator`, `covariate`.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Arm that others are compared with; the first if absent.
    #[arg(long, value_name = "ARM")]
    control: Option<String>,
    /// Level of intervals and tests.
    #[arg(long)]
    alpha: Option<f64>,
    /// Power of plans.
    #[arg(long)]
    power: Option<f64>,
    /// Which way is good.
    #[arg(long, value_enum)]
    goal: Option<Better>,
    /// Smallest difference worth seeing.
    #[arg(long)]
    effect: Option<f64>,
    /// Loss a guard-rail tolerates.
    #[arg(long)]
    margin: Option<f64>,
    /// Units a day that enter the experiment.
    #[arg(long)]
    daily_units: Option<f64>,
    /// Share of units an arm was to have, relative to the others: `control=9`.
    #[arg(long, value_name = "ARM=WEIGHT", value_parser = weight)]
    weight: Vec<(String, f64)>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// Options of `attune stats plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Share of units that convert in the control arm.
    #[arg(long, value_name = "SHARE", conflicts_with = "deviation", required_unless_present = "deviation")]
    baseline: Option<f64>,
    /// Standard deviation of units' values.
    #[arg(long)]
    deviation: Option<f64>,
    /// Difference to see.
    #[arg(long, allow_hyphen_values = true)]
    effect: f64,
    /// Level of the test.
    #[arg(long, default_value_t = 0.05)]
    alpha: f64,
    /// Probability of seeing it.
    #[arg(long, default_value_t = 0.8)]
    power: f64,
    /// How many arms.
    #[arg(long, default_value_t = 2)]
    arms: u64,
    /// Units a day that enter the experiment.
    #[arg(long)]
    daily_units: Option<f64>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Better {
    Higher,
    Lower,
}

fn weight(text: &str) -> Result<(String, f64), String> {
    let (arm, weight) = text.rsplit_once('=').ok_or("write ARM=WEIGHT")?;
    Ok((arm.to_owned(), weight.parse().map_err(|_| format!("`{weight}` is not a number"))?))
}

pub(super) fn run(args: &AbArgs) -> anyhow::Result<()> {
    let shown = || args.file.display().to_string();
    let (mut arms, mut settings) = if is_document(&args.file).with_context(shown)? {
        let text = std::fs::read_to_string(&args.file).with_context(shown)?;
        let file: File = serde_json::from_str(&text).with_context(shown)?;
        file.into_parts().with_context(shown)?
    } else {
        (units(&args.file)?, Settings::default())
    };
    settings.control = args.control.clone().or(settings.control);
    settings.alpha = args.alpha.unwrap_or(settings.alpha);
    settings.power = args.power.unwrap_or(settings.power);
    settings.goal = args.goal.map_or(settings.goal, |goal| match goal {
        Better::Higher => Goal::Higher,
        Better::Lower => Goal::Lower,
    });
    settings.effect = args.effect.or(settings.effect);
    settings.margin = args.margin.or(settings.margin);
    settings.daily_units = args.daily_units.or(settings.daily_units);
    for (id, weight) in &args.weight {
        let arm = arms.iter_mut().find(|arm| arm.id == *id);
        arm.with_context(|| format!("--weight: `{id}` is not an arm"))?.weight = *weight;
    }
    let report = analyse(&arms, &settings).with_context(shown)?;
    if args.json { output::json(&report) } else { show(&report) }
}

pub(super) fn plan(args: &PlanArgs) -> anyhow::Result<()> {
    let unit = match (args.baseline, args.deviation) {
        (Some(baseline), _) => Unit::Converts(baseline),
        (None, Some(deviation)) => Unit::Varies(deviation),
        (None, None) => bail!("--baseline or --deviation is needed"),
    };
    let plan = power::plan(unit, args.effect, args.alpha, args.power, args.arms, args.daily_units)?;
    if args.json {
        return output::json(&plan);
    }
    let days = plan.days.map_or_else(String::new, |days| format!(", {days} days"));
    output::line(&format!("{} units an arm{days}", plan.units_per_arm))
}

/// Whether it is one JSON document and not rows: its first line is no whole object, or one with `arms`.
fn is_document(path: &Path) -> std::io::Result<bool> {
    let mut first = Vec::new();
    let mut file = BufReader::new(std::fs::File::open(path)?.take(LOOK));
    while first.trim_ascii().is_empty() && file.read_until(b'\n', &mut first)? > 0 {}
    let first = first.trim_ascii();
    Ok(first.starts_with(b"{")
        && serde_json::from_slice::<serde_json::Value>(first).map_or(true, |line| line.get("arms").is_some()))
}

/// Sums of the arms of a file with a row a unit, in order of appearance.
fn units(path: &Path) -> anyhow::Result<Vec<Arm>> {
    let mut arms: Vec<Arm> = Vec::new();
    let mut kind = None;
    let mut last = String::new();
    rows::each(path, &["arm", "value"], |record| {
        let id = rows::text(record, "arm").context("arm is missing")?;
        if let Some(unit) = rows::text(record, "unit") {
            // Only neighbours are seen without keeping them all.
            if last == unit {
                bail!("unit `{unit}` comes twice: a row is a unit");
            }
            unit.clone_into(&mut last);
        }
        let value = rows::required(record, "value")?;
        let (denominator, covariate) =
            (rows::number(record, "denominator")?, rows::number(record, "covariate")?);
        let (ratio, adjusted) = *kind.get_or_insert((denominator.is_some(), covariate.is_some()));
        for (what, here, wanted) in
            [("denominator", denominator.is_some(), ratio), ("covariate", covariate.is_some(), adjusted)]
        {
            if here != wanted {
                bail!("{what}: every row has one, or none has");
            }
        }
        let place = arms.iter().position(|arm| arm.id == id).unwrap_or_else(|| {
            let known = Known::Units { sums: Sums::default(), ratio, covariate: adjusted };
            arms.push(Arm { id: id.to_owned(), weight: 1.0, known });
            arms.len() - 1
        });
        if arms.len() > MOST_ARMS {
            bail!("more than {MOST_ARMS} arms: is `arm` the right column?");
        }
        if let Some(Arm { known: Known::Units { sums, .. }, .. }) = arms.get_mut(place) {
            sums.push(value, denominator.unwrap_or(1.0), covariate.unwrap_or(0.0))?;
        }
        Ok(())
    })?;
    Ok(arms)
}

fn show(report: &Report) -> anyhow::Result<()> {
    for (index, metric) in report.metrics.iter().enumerate() {
        if index > 0 {
            output::line("")?;
        }
        show_metric(metric, 1.0 - report.alpha)?;
    }
    if let Some(srm) = &report.srm {
        let verdict = if srm.alarm { "  ALARM: the split is broken" } else { "" };
        output::line(&format!("\nsplit: chi-squared {:.2}, p {:.4}{verdict}", srm.chi_squared, srm.p))?;
    }
    report.warnings.iter().chain(report.metrics.iter().flat_map(|metric| &metric.warnings)).try_for_each(
        |warning| {
            output::notice(&format!("warning: {warning}"));
            Ok(())
        },
    )
}

fn show_metric(metric: &Metric, level: f64) -> anyhow::Result<()> {
    let share = metric.kind == "share";
    let number = |value: f64| if share { format!("{:.2} %", value * 100.0) } else { format!("{value:.4}") };
    let change =
        |value: f64| if share { format!("{:+.3} pp", value * 100.0) } else { format!("{value:+.4}") };
    let absent = || "-".to_owned();
    output::line(&format!(
        "{:<20}{:>12}{:>12}{:>24}{:>9}{:>14}",
        metric.name,
        "units",
        metric.kind,
        format!("{:.0} % interval", level * 100.0),
        "best",
        "expected loss"
    ))?;
    for arm in &metric.arms {
        let interval =
            arm.interval.map_or_else(absent, |i| format!("{} to {}", number(i.low), number(i.high)));
        let (best, loss) = arm.belief.as_ref().map_or_else(
            || (absent(), absent()),
            |b| (format!("{:.1} %", b.probability_best * 100.0), number(b.expected_loss)),
        );
        let value = arm.value.map_or_else(absent, number);
        output::line(&format!(
            "{:<20}{:>12}{value:>12}{interval:>24}{best:>9}{loss:>14}",
            arm.arm, arm.units
        ))?;
    }
    for c in &metric.comparisons {
        let range = |low: f64, high: f64| format!("{} to {}", change(low), change(high));
        let fixed = c.interval.map_or_else(absent, |i| range(i.low, i.high));
        let p = c.p_holm.map_or_else(absent, |p| format!("{p:.4}"));
        let always = c.sequential.map_or_else(
            || "  any time: too few units".to_owned(),
            |s| format!("  any time: {}, p {:.4}", range(s.low, s.high), s.p),
        );
        let lift = c.relative.map_or_else(String::new, |r| {
            format!("  lift {:+.1} % ({:+.1} to {:+.1})", r.lift * 100.0, r.low * 100.0, r.high * 100.0)
        });
        output::line(&format!(
            "{} against {}: {}{lift}\n  one look: {fixed}, p {p} (Holm)\n{always}",
            c.arm,
            c.against,
            change(c.difference)
        ))?;
        if let Some(guard) = &c.guard_rail {
            let verdict = if guard.holds { "holds" } else { "not shown to hold" };
            output::line(&format!("  guard-rail {}: {verdict}, p {:.4}", change(-guard.margin), guard.p))?;
        }
    }
    if let Some(cuped) = &metric.cuped {
        output::line(&format!(
            "the covariate takes away {:.1} % of the variance",
            cuped.variance_reduction * 100.0
        ))?;
    }
    if let Some(plan) = &metric.plan {
        let days = plan.days.map_or_else(String::new, |days| format!(", {days} days"));
        output::line(&format!("to see {}: {} units an arm{days}", change(plan.effect), plan.units_per_arm))?;
    }
    Ok(())
}
