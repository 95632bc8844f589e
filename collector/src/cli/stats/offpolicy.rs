//! `attune stats offpolicy`.

use super::rows;
use crate::cli::output;
use anyhow::{Context, bail};
use attune_stats::offpolicy::{Expected, Log, Policy, Report, Row, Shrunk, Value};
use clap::Args;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Most actions a log may name.
const MOST_ACTIONS: usize = 100_000;

/// Options of `attune stats offpolicy`.
#[derive(Debug, Args)]
pub(super) struct OffpolicyArgs {
    /// CSV, NDJSON (plain or gzip) or Parquet with a row a decision: `reward`, `propensity`, and either `target`, the
    /// other policy's probability of what was shown, or `action` with `--target-log` or `--uniform`.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// The other policy shows each action as often as this log does in the same context.
    #[arg(long, value_name = "FILE", conflicts_with = "uniform")]
    target_log: Option<PathBuf>,
    /// The other policy shows all actions of the log alike.
    #[arg(long)]
    uniform: bool,
    /// Column of what was shown.
    #[arg(long, default_value = "action", value_name = "COLUMN")]
    action: String,
    /// Column of what the other policy looks at, such as the placement; nothing if there is none.
    #[arg(long, default_value = "context", value_name = "COLUMN")]
    context: String,
    /// Column of what it earned.
    #[arg(long, default_value = "reward", value_name = "COLUMN")]
    reward: String,
    /// Column of the probability with which it was shown.
    #[arg(long, default_value = "propensity", value_name = "COLUMN")]
    propensity: String,
    /// Decisions that the mean of all rewards weighs in the reward model of each action.
    #[arg(long, default_value_t = 100.0, value_name = "DECISIONS")]
    prior: f64,
    /// Cut weights at this.
    #[arg(long, value_name = "WEIGHT")]
    clip: Option<f64>,
    /// Level of intervals.
    #[arg(long, default_value_t = 0.05)]
    alpha: f64,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &OffpolicyArgs) -> anyhow::Result<()> {
    if !(args.prior.is_finite() && args.prior >= 0.0) {
        bail!("--prior: {} is not 0 or more", args.prior);
    }
    let mut log = Log::new(args.clip)?;
    if args.target_log.is_none() && !args.uniform {
        given(args, &mut log)?;
    } else {
        modelled(args, &mut log)?;
    }
    let report = log.report(args.alpha)?;
    if args.json { output::json(&report) } else { show(&report) }
}

/// Every row says itself what the other policy does, and may say what a model expects.
fn given(args: &OffpolicyArgs, log: &mut Log) -> anyhow::Result<()> {
    rows::each(&args.file, &[&args.reward, &args.propensity, "target"], |record| {
        let expected = match (rows::number(record, "expected")?, rows::number(record, "expected_target")?) {
            (Some(shown), Some(target)) => Some(Expected { shown, target }),
            (None, None) => None,
            _ => bail!("expected and expected_target go together"),
        };
        Ok(log.push(Row {
            reward: rows::required(record, &args.reward)?,
            propensity: rows::required(record, &args.propensity)?,
            target: rows::required(record, "target")?,
            expected,
        })?)
    })?;
    Ok(())
}

/// The file is read twice: for the reward model, and for the estimates.
fn modelled(args: &OffpolicyArgs, log: &mut Log) -> anyhow::Result<()> {
    let mut model = Shrunk::new(args.prior);
    let mut actions = BTreeSet::new();
    let count = |actions: &mut BTreeSet<String>, action: &str| {
        if !actions.contains(action) {
            actions.insert(action.to_owned());
        }
        if actions.len() > MOST_ACTIONS {
            bail!("more than {MOST_ACTIONS} actions: is that the right column?");
        }
        Ok(())
    };
    rows::each(&args.file, &[&args.action, &args.reward, &args.propensity], |record| {
        let action = rows::text(record, &args.action).unwrap_or_default();
        count(&mut actions, action)?;
        model.learn(action, rows::required(record, &args.reward)?);
        Ok(())
    })?;
    let policy = match &args.target_log {
        Some(path) => {
            let mut policy = Policy::unseen();
            rows::each(path, &[&args.action], |record| {
                let action = rows::text(record, &args.action).unwrap_or_default();
                count(&mut actions, action)?;
                policy.see(rows::text(record, &args.context).unwrap_or_default(), action);
                Ok(())
            })?;
            policy
        }
        None => Policy::Uniform(actions),
    };
    rows::each(&args.file, &[&args.action, &args.reward, &args.propensity], |record| {
        let action = rows::text(record, &args.action).unwrap_or_default();
        let context = rows::text(record, &args.context).unwrap_or_default();
        let target = policy.probability(context, action);
        Ok(log.push(Row {
            reward: rows::required(record, &args.reward)?,
            propensity: rows::required(record, &args.propensity)?,
            target: target
                .with_context(|| format!("context `{context}` is not in the other policy's log"))?,
            expected: Some(Expected { shown: model.expect(action), target: policy.expect(&model, context) }),
        })?)
    })?;
    Ok(())
}

fn show(report: &Report) -> anyhow::Result<()> {
    output::line(&format!("{} decisions, {} with a reward", report.rows, report.rewarded))?;
    output::line(&format!(
        "effective sample size {:.1}, mean weight {:.4}, largest {:.2}",
        report.effective_sample_size, report.mean_weight, report.largest_weight
    ))?;
    if report.clipped > 0 {
        let share = report.clipped_share * 100.0;
        output::line(&format!("{} weights were cut, {share:.2} % of all weight", report.clipped))?;
    }
    if let Some(logged) = report.logged {
        output::line(&format!("{:<8}{logged:>12.6}", "logged"))?;
    }
    let show = |name: &str, value: &Option<Value>| {
        value.as_ref().map_or(Ok(()), |v| {
            output::line(&format!("{name:<8}{:>12.6}  {:.6} to {:.6}", v.value, v.low, v.high))
        })
    };
    show("IPS", &report.ips)?;
    show("SNIPS", &report.snips)?;
    show("DR", &report.dr)?;
    if let Some(refused) = &report.refused {
        output::line(&format!("no estimate: {refused}"))?;
    }
    for warning in &report.warnings {
        output::notice(&format!("warning: {warning}"));
    }
    Ok(())
}
