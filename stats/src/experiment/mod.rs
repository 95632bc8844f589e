//! One experiment as a whole: from what is known of its arms to everything that may be said of them.

mod file;
mod report;

pub use file::{ArmFile, File};
pub use report::{ArmReport, Comparison, Metric, Relative, Report};

use crate::arm::{Data, Estimate, Sums, estimates};
use crate::{Interval, Refusal, bayes, compare, multiple, power, sequential, share, srm};
use serde::{Deserialize, Serialize};

/// Fewest conversions, and units without one, of an arm for the z-test to be trusted.
const FEW_CONVERSIONS: u64 = 10;
/// Fewest units of an arm for the central limit theorem to be trusted with a mean.
const FEW_UNITS: u64 = 30;

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// More is better.
    #[default]
    Higher,
    /// Less is better.
    Lower,
}

/// What is asked of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Arm that others are compared with; the first if absent.
    pub control: Option<String>,
    /// Level of intervals and tests.
    pub alpha: f64,
    /// Power of plans.
    pub power: f64,
    /// Which way is good.
    pub goal: Goal,
    /// Smallest difference worth seeing, in the metric's unit.
    pub effect: Option<f64>,
    /// Loss a guard-rail tolerates, in the metric's unit, above 0.
    pub margin: Option<f64>,
    /// Units a day that enter the experiment, all arms together.
    pub daily_units: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            control: None,
            alpha: 0.05,
            power: 0.8,
            goal: Goal::Higher,
            effect: None,
            margin: None,
            daily_units: None,
        }
    }
}

/// An arm and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Its name.
    pub id: String,
    /// Share of units it was to have, relative to the other arms.
    pub weight: f64,
    /// What is known.
    pub known: Known,
}

/// What is known of an arm: the same kind for all arms of an experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Known {
    /// How many units converted.
    Counts {
        /// All units.
        units: u64,
        /// Of them.
        conversions: u64,
    },
    /// A campaign's counts.
    Campaign {
        /// Exposures.
        exposures: u64,
        /// Of them.
        clicks: u64,
        /// Of the clicks.
        conversions: u64,
    },
    /// Sums over units.
    Units {
        /// The sums.
        sums: Sums,
        /// Values have denominators: the metric is a ratio of means.
        ratio: bool,
        /// Units have a covariate of before the experiment: the metric is adjusted by it.
        covariate: bool,
    },
}

impl Known {
    /// How many units, or exposures.
    #[must_use]
    pub fn units(&self) -> u64 {
        match self {
            Self::Counts { units, .. } => *units,
            Self::Campaign { exposures, .. } => *exposures,
            Self::Units { sums, .. } => sums.units(),
        }
    }
}

/// Everything that may be said of an experiment.
///
/// # Errors
/// What cannot be, by name: more conversions than units, arms of different kinds or of one name, numbers out of range.
pub fn analyse(arms: &[Arm], settings: &Settings) -> Result<Report, Refusal> {
    share("alpha", settings.alpha)?;
    share("power", settings.power)?;
    if let Some(value) = settings.margin.filter(|margin| !(margin.is_finite() && *margin > 0.0)) {
        return Err(Refusal::Range { what: "margin".to_owned(), value, range: "above 0" });
    }
    let control = control(arms, settings)?;
    let sizes: Vec<(u64, f64)> = arms.iter().map(|arm| (arm.known.units(), arm.weight)).collect();
    let srm = srm::test(&sizes)?;
    let mut warnings = Vec::new();
    if srm.as_ref().is_some_and(|srm| srm.alarm) {
        warnings.push(
            "the arms' sizes do not fit their weights: find the cause before believing any result".to_owned(),
        );
    }
    let mut metrics = Vec::new();
    for (name, kind, data) in split(arms)? {
        let adjusted = arms.iter().all(|arm| matches!(arm.known, Known::Units { covariate: true, .. }));
        metrics.push(metric(name, kind, arms, &data, control, adjusted, settings)?);
    }
    adjust(&mut metrics);
    Ok(Report { alpha: settings.alpha, metrics, srm, warnings })
}

fn control(arms: &[Arm], settings: &Settings) -> Result<usize, Refusal> {
    if arms.is_empty() {
        return Err(Refusal::Shape("no arm is given".to_owned()));
    }
    for (index, arm) in arms.iter().enumerate() {
        if arms.iter().take(index).any(|earlier| earlier.id == arm.id) {
            return Err(Refusal::Shape(format!("arm `{}` is given twice", arm.id)));
        }
    }
    let Some(wanted) = &settings.control else { return Ok(0) };
    let found = arms.iter().position(|arm| arm.id == *wanted);
    found.ok_or_else(|| Refusal::Shape(format!("control `{wanted}` is not an arm")))
}

type Part = (&'static str, &'static str, Vec<Data>);

/// The experiment's metrics: name, kind, and what is known of every arm.
fn split(arms: &[Arm]) -> Result<Vec<Part>, Refusal> {
    let counts = |of: fn(&Known) -> Option<(u64, u64)>, part: &'static str, whole: &'static str| {
        let mut data = Vec::new();
        for arm in arms {
            let Some((units, conversions)) = of(&arm.known) else {
                return Err(Refusal::Shape(format!("arm `{}` is not of the kind of the first arm", arm.id)));
            };
            if conversions > units {
                let arm = arm.id.clone();
                return Err(Refusal::Exceeds {
                    arm,
                    part,
                    part_count: conversions,
                    whole,
                    whole_count: units,
                });
            }
            data.push(Data::Counts { units, conversions });
        }
        Ok(data)
    };
    match arms.first().map(|arm| arm.known) {
        Some(Known::Campaign { .. }) => {
            let of = |known: &Known| match known {
                Known::Campaign { exposures, clicks, .. } => Some((*exposures, *clicks)),
                _ => None,
            };
            let ctr = counts(of, "clicks", "exposures")?;
            let of = |known: &Known| match known {
                Known::Campaign { clicks, conversions, .. } => Some((*clicks, *conversions)),
                _ => None,
            };
            let cvr = counts(of, "conversions", "clicks")?;
            let of = |known: &Known| match known {
                Known::Campaign { exposures, conversions, .. } => Some((*exposures, *conversions)),
                _ => None,
            };
            let overall = counts(of, "conversions", "exposures")?;
            Ok(vec![("ctr", "share", ctr), ("cvr", "share", cvr), ("overall", "share", overall)])
        }
        Some(Known::Counts { .. }) => {
            let of = |known: &Known| match known {
                Known::Counts { units, conversions } => Some((*units, *conversions)),
                _ => None,
            };
            Ok(vec![("conversion", "share", counts(of, "conversions", "units")?)])
        }
        Some(Known::Units { ratio, covariate, .. }) => {
            let mut data = Vec::new();
            for arm in arms {
                match arm.known {
                    Known::Units { sums, ratio: r, covariate: c } if (r, c) == (ratio, covariate) => {
                        data.push(Data::Sums(sums));
                    }
                    _ => {
                        let id = &arm.id;
                        return Err(Refusal::Shape(format!(
                            "arm `{id}` is not of the kind of the first arm"
                        )));
                    }
                }
            }
            Ok(vec![("value", if ratio { "ratio" } else { "mean" }, data)])
        }
        None => Ok(Vec::new()),
    }
}

fn metric(
    name: &str,
    kind: &str,
    arms: &[Arm],
    data: &[Data],
    control: usize,
    adjusted: bool,
    settings: &Settings,
) -> Result<Metric, Refusal> {
    let named: Vec<(&str, Data)> =
        arms.iter().zip(data).map(|(arm, data)| (arm.id.as_str(), *data)).collect();
    let (estimates, cuped) = estimates(&named, adjusted)?;
    let mut warnings = Vec::new();
    let mut reports = Vec::new();
    for ((arm, data), estimate) in arms.iter().zip(data).zip(&estimates) {
        warnings.extend(doubts(&arm.id, data));
        reports.push(ArmReport {
            arm: arm.id.clone(),
            units: data.units(),
            value: estimate.map(|e| e.value),
            standard_error: estimate.map(|e| e.variance().sqrt()).filter(|error| error.is_finite()),
            interval: estimate.and_then(|e| compare::interval(data, &e, settings.alpha)),
            belief: None,
        });
    }
    let present: Vec<(Data, Estimate)> =
        data.iter().zip(&estimates).filter_map(|(data, e)| e.map(|e| (*data, e))).collect();
    if let Some(beliefs) = bayes::beliefs(&present, settings.goal == Goal::Higher, settings.alpha) {
        let filled = reports.iter_mut().filter(|report| report.value.is_some());
        for (report, belief) in filled.zip(beliefs) {
            report.belief = Some(belief);
        }
    }
    let mut comparisons = Vec::new();
    let at = |index: usize| Some((data.get(index)?, estimates.get(index)?.as_ref()?, arms.get(index)?));
    if let Some((data_c, c, against)) = at(control) {
        for index in (0..arms.len()).filter(|index| *index != control) {
            if let Some((data_t, t, arm)) = at(index) {
                let mut comparison = comparison((data_c, c), (data_t, t), settings);
                (comparison.arm, comparison.against) = (arm.id.clone(), against.id.clone());
                comparisons.push(comparison);
            }
        }
    }
    let plan = match (settings.effect, at(control)) {
        (Some(effect), Some((data, c, _))) => {
            let unit = match data {
                Data::Counts { .. } => power::Unit::Converts(c.value),
                Data::Sums(_) => power::Unit::Varies(c.unit_variance.sqrt()),
            };
            let all = arms.len().max(2) as u64;
            Some(power::plan(unit, effect, settings.alpha, settings.power, all, settings.daily_units)?)
        }
        _ => None,
    };
    let (name, kind) = (name.to_owned(), kind.to_owned());
    Ok(Metric { name, kind, arms: reports, comparisons, cuped, plan, warnings })
}

/// Why little can be said of an arm.
fn doubts(id: &str, data: &Data) -> Option<String> {
    match data {
        Data::Counts { units: 0, .. } => Some(format!("arm `{id}` is empty")),
        Data::Counts { units, conversions } => {
            let few = (*conversions).min(units - conversions);
            (few < FEW_CONVERSIONS).then(|| {
                format!(
                    "arm `{id}`: {conversions} of {units}: too few for the z-test; its interval still holds"
                )
            })
        }
        Data::Sums(sums) => match sums.units() {
            0 => Some(format!("arm `{id}` is empty")),
            1 => Some(format!("arm `{id}`: a single unit says nothing of how units vary")),
            units if units < FEW_UNITS => {
                Some(format!("arm `{id}`: {units} units: intervals assume that values are near normal"))
            }
            _ => None,
        },
    }
}

fn comparison(
    (data_c, c): (&Data, &Estimate),
    (data_t, t): (&Data, &Estimate),
    settings: &Settings,
) -> Comparison {
    let alpha = settings.alpha;
    let difference = compare::difference((data_c, c), (data_t, t), alpha);
    Comparison {
        arm: String::new(),
        against: String::new(),
        difference: difference.value,
        standard_error: Some(difference.standard_error).filter(|error| error.is_finite()),
        interval: difference.interval,
        p: difference.p,
        p_holm: None,
        p_benjamini_hochberg: None,
        relative: compare::relative(c, t, alpha).map(|(lift, Interval { low, high })| Relative {
            lift,
            low,
            high,
        }),
        sequential: sequential::between((data_c, c), (data_t, t), alpha),
        detectable: power::detectable(t.variance() + c.variance(), alpha, settings.power),
        guard_rail: settings.margin.and_then(|margin| {
            compare::guard_rail(&difference, margin, settings.goal == Goal::Higher, alpha)
        }),
    }
}

/// Adjusts the p-values of all comparisons as one family.
fn adjust(metrics: &mut [Metric]) {
    let p: Vec<f64> = metrics.iter().flat_map(|metric| &metric.comparisons).filter_map(|c| c.p).collect();
    let (holm, bh) = (multiple::holm(&p), multiple::benjamini_hochberg(&p));
    let tested = metrics.iter_mut().flat_map(|metric| &mut metric.comparisons).filter(|c| c.p.is_some());
    for ((comparison, holm), bh) in tested.zip(holm).zip(bh) {
        (comparison.p_holm, comparison.p_benjamini_hochberg) = (Some(holm), Some(bh));
    }
}
