//! Counts of all parts → what a back-test says.

use super::question::{BacktestPlan, BacktestQuestion};
use super::tally::{CampaignDay, CampaignTally, Day, Tally};
use attune_schema::api::Problem;
use attune_schema::time::{DAY_MS, Timestamp};
use attune_stats::Refusal;
use attune_stats::offpolicy::Report as Offpolicy;
use serde::Serialize;
use std::collections::BTreeMap;

/// A draft that takes at least this share of a running campaign's exposures starves it.
const STARVED: f64 = 0.5;

/// A back-test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Digest of the bundle that was tested.
    pub bundle: String,
    /// The period.
    pub from: Timestamp,
    /// See `from`.
    pub to: Timestamp,
    /// What the compiler found.
    pub problems: Vec<Problem>,
    /// Events replayed, those of the warm-up among them.
    pub events: u64,
    /// Of them, those of the warm-up.
    pub warm_up_events: u64,
    /// Visitors seen in the period.
    pub visitors: u64,
    /// Questions put to the engine.
    pub opportunities: u64,
    /// Visitors who would have seen an offer.
    pub reach: u64,
    /// Offers that would have been seen.
    pub exposures: u64,
    /// Answers by reason.
    pub reasons: BTreeMap<String, u64>,
    /// Every day of the period with an opportunity.
    pub days: BTreeMap<String, Day>,
    /// By id.
    pub campaigns: BTreeMap<String, Campaign>,
    /// Where recorded exposures have propensities.
    pub conversions: Option<Conversions>,
    /// What to look at before launching.
    pub warnings: Vec<String>,
}

/// One campaign.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Campaign {
    /// Is a draft.
    pub draft: bool,
    /// Visitors who would have seen an offer of it.
    pub reach: u64,
    /// Offers that would have been seen.
    pub exposures: u64,
    /// Exposures if the drafts stayed drafts; absent without drafts, and of drafts.
    pub exposures_without_drafts: Option<u64>,
    /// Decisions in which a cap took it or one of its offers out.
    pub cap_hits: u64,
    /// First day with one.
    pub first_cap_hit: Option<String>,
    /// Decisions that another campaign won and this one alone could have filled, by winner.
    pub lost_to: BTreeMap<String, u64>,
    /// Exposures by offer.
    pub offers: BTreeMap<String, u64>,
    /// Decisions won by group.
    pub groups: BTreeMap<String, u64>,
    /// Decisions won by arm.
    pub variants: BTreeMap<String, u64>,
    /// By day.
    pub days: BTreeMap<String, CampaignDay>,
}

/// What the source would have earned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conversions {
    /// The event that counts.
    pub goal: String,
    /// Conversions an exposure, estimated off-policy.
    pub estimate: Offpolicy,
    /// Conversions of all exposures above: the self-normalised estimate, times their number.
    pub expected: Option<f64>,
    /// Its interval.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
}

/// Makes the report.
///
/// # Errors
/// Sums that cannot be, such as a state file that was altered.
pub fn report(question: &BacktestQuestion, plan: &BacktestPlan, tally: Tally) -> Result<Report, Refusal> {
    let exposures: u64 = tally.days.values().map(|day| day.exposures).sum();
    let mut warnings = Vec::new();
    let fatal = plan.problems.iter().filter(|problem| problem.fatal).count();
    if fatal > 0 {
        warnings.push(format!("{fatal} parts of the source did not compile and were not tested"));
    }
    if tally.events == 0 {
        warnings.push("there is no history in this period".to_owned());
    } else if tally.warm_up_events == 0 && question.warm_up.as_ms() > 0 {
        warnings.push("there is no history before the period: profiles begin empty".to_owned());
    }
    let campaigns: BTreeMap<String, Campaign> = tally
        .campaigns
        .into_iter()
        .map(|(id, counts)| {
            let draft = plan.drafts.contains(&id);
            let before = tally.without_drafts.get(&id).copied();
            let campaign = campaign(counts, draft, before);
            (id, campaign)
        })
        .collect();
    for (id, campaign) in &campaigns {
        conflicts(id, campaign, &mut warnings);
    }
    let conversions = if tally.log.rows() == 0 {
        None
    } else {
        let estimate = tally.log.report(0.05)?;
        let times = |of: fn(&attune_stats::offpolicy::Value) -> f64| {
            estimate.snips.as_ref().map(|value| of(value) * exposures as f64)
        };
        let (expected, low, high) = (times(|v| v.value), times(|v| v.low.max(0.0)), times(|v| v.high));
        Some(Conversions { goal: question.goal.clone(), estimate, expected, low, high })
    };
    Ok(Report {
        bundle: plan.bundle.clone(),
        from: question.from,
        to: question.to,
        problems: plan.problems.clone(),
        events: tally.events,
        warm_up_events: tally.warm_up_events,
        visitors: tally.visitors,
        opportunities: tally.opportunities,
        reach: tally.reach,
        exposures,
        reasons: tally.reasons,
        days: tally.days.into_iter().map(|(day, counts)| (date(day), counts)).collect(),
        campaigns,
        conversions,
        warnings,
    })
}

fn campaign(counts: CampaignTally, draft: bool, before: Option<u64>) -> Campaign {
    let first = counts.days.iter().find(|(_, day)| day.cap_hits > 0).map(|(day, _)| date(*day));
    Campaign {
        draft,
        reach: counts.reach,
        exposures: counts.exposures,
        exposures_without_drafts: before,
        cap_hits: counts.cap_hits,
        first_cap_hit: first,
        lost_to: counts.lost_to,
        offers: counts.offers,
        groups: counts.groups,
        variants: counts.variants,
        days: counts.days.into_iter().map(|(day, counts)| (date(day), counts)).collect(),
    }
}

/// What a marketer has to see before launching.
fn conflicts(id: &str, campaign: &Campaign, warnings: &mut Vec<String>) {
    if let Some(before) = campaign.exposures_without_drafts.filter(|before| *before > campaign.exposures) {
        let after = campaign.exposures;
        let verb =
            if (before - after) as f64 >= STARVED * before as f64 { "starves" } else { "loses exposures" };
        let lost: Vec<String> =
            campaign.lost_to.iter().map(|(winner, count)| format!("{count} to `{winner}`")).collect();
        let lost = if lost.is_empty() { String::new() } else { format!(", outranked: {}", lost.join(", ")) };
        warnings.push(format!(
            "campaign `{id}` {verb}: {after} exposures with the drafts, {before} without{lost}"
        ));
    }
    if let Some(day) = campaign.first_cap_hit.as_ref().filter(|_| campaign.draft) {
        let hits = campaign.cap_hits;
        warnings.push(format!("draft `{id}` uses up caps from {day} on, {hits} decisions"));
    }
    if campaign.draft && campaign.exposures == 0 {
        warnings.push(format!("draft `{id}` is seen by nobody"));
    }
}

/// Days since 1970 as a date.
fn date(day: i64) -> String {
    let text = jiff::Timestamp::from_millisecond(day.saturating_mul(DAY_MS)).map(|at| at.to_string());
    text.ok().and_then(|text| text.split('T').next().map(str::to_owned)).unwrap_or_else(|| day.to_string())
}
