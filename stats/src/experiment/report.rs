//! What is said of an experiment.

use crate::Interval;
use crate::arm::Cuped;
use crate::bayes::Belief;
use crate::compare::GuardRail;
use crate::power::Plan;
use crate::sequential::Sequential;
use crate::srm::Srm;
use serde::Serialize;

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Level of intervals and tests.
    pub alpha: f64,
    /// One for values or conversions; three for a campaign's counts.
    pub metrics: Vec<Metric>,
    /// Whether the arms are as large as their weights say; absent with one arm.
    pub srm: Option<Srm>,
    /// What stands in the way of any result.
    pub warnings: Vec<String>,
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    /// `conversion`, `ctr`, `cvr`, `overall` or `value`.
    pub name: String,
    /// `share`, `mean` or `ratio`.
    pub kind: String,
    /// In the order given.
    pub arms: Vec<ArmReport>,
    /// Every other arm against the control.
    pub comparisons: Vec<Comparison>,
    /// What the covariate explained; values are adjusted by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cuped: Option<Cuped>,
    /// What a test for `effect` needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// Why little can be said.
    pub warnings: Vec<String>,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmReport {
    /// Its name.
    pub arm: String,
    /// How many units.
    pub units: u64,
    /// Share, mean or ratio; absent of an empty arm.
    pub value: Option<f64>,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// Wilson's for a share, Student's for anything else.
    pub interval: Option<Interval>,
    /// As Bayes sees it.
    pub belief: Option<Belief>,
}

/// One arm against the control.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The treated arm.
    pub arm: String,
    /// The control.
    pub against: String,
    /// Treated less control, in the metric's unit.
    pub difference: f64,
    /// Its standard error, unpooled.
    pub standard_error: Option<f64>,
    /// For one look at a time fixed before: Newcombe's for shares, Welch's for anything else.
    pub interval: Option<Interval>,
    /// Two-sided, for one look.
    pub p: Option<f64>,
    /// Adjusted over all comparisons of the report.
    pub p_holm: Option<f64>,
    /// Adjusted over all comparisons of the report.
    pub p_benjamini_hochberg: Option<f64>,
    /// Relative to the control; absent where the control's value cannot be told from 0.
    pub relative: Option<Relative>,
    /// Valid however often one looks; absent with too few units.
    pub sequential: Option<Sequential>,
    /// Smallest difference that these arms would show with the wanted power.
    pub detectable: Option<f64>,
    /// Whether the loss stays within the margin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard_rail: Option<GuardRail>,
}

/// A lift.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Relative {
    /// `treated / control − 1`.
    pub lift: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}
