//! What another policy would have earned, from a log of decisions with the probability of what was shown.
//!
//! Importance weights `w = π(shown) / p(shown)`: inverse propensity scores (Horvitz and Thompson 1952), their
//! self-normalised form (Hájek 1971; Swaminathan and Joachims 2015), and the doubly robust estimate (Dudík, Langford
//! and Li 2011).

mod model;
mod policy;

pub use model::Shrunk;
pub use policy::Policy;

use crate::arm::{Data, Sums, estimates};
use crate::{Interval, Refusal, finite, normal, share};
use serde::{Deserialize, Serialize};

/// Least effective sample size. Below, the error of a mean is more than a tenth of a reward's own deviation, and the
/// normal law says little of so few.
pub const LEAST_EFFECTIVE: f64 = 100.0;
/// Largest share of all weight that one row may have: else it alone decides.
pub const LARGEST_SHARE: f64 = 0.1;
/// Rows with a reward below which the normal law understates the interval.
const FEW_REWARDS: u64 = 30;

/// One logged decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// What it earned.
    pub reward: f64,
    /// Probability with which the log's policy showed what was shown; above 0, at most 1.
    pub propensity: f64,
    /// Probability with which the other policy shows it; 0..=1.
    pub target: f64,
    /// What a model expects.
    pub expected: Option<Expected>,
}

/// What a model of the reward expects of one decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Of what was shown.
    pub shown: f64,
    /// Of the other policy: its expectation over all it might show.
    pub target: f64,
}

/// Sums over a log; memory does not grow with it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Log {
    clip: Option<f64>,
    /// Of weighted reward, weight, and the doubly robust term.
    sums: Sums,
    /// Of the models' expectations and of the rewards.
    direct: Sums,
    modelled: bool,
    squares: f64,
    unclipped: f64,
    largest: f64,
    clipped: u64,
    rewarded: u64,
}

/// An estimate of the mean reward a decision.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Value {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What a log says of another policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Level of intervals.
    pub alpha: f64,
    /// Decisions.
    pub rows: u64,
    /// Of them, with a reward.
    pub rewarded: u64,
    /// Mean reward of the log's own policy.
    pub logged: Option<f64>,
    /// `(Σ w)² / Σ w²` (Kish 1965): so many decisions of the other policy's own would tell as much.
    pub effective_sample_size: f64,
    /// Mean weight; 1 but for chance, if the propensities are right and cover all that the other policy shows.
    pub mean_weight: f64,
    /// Largest weight.
    pub largest_weight: f64,
    /// Decisions whose weight was cut.
    pub clipped: u64,
    /// Share of all weight that was cut off; estimates are too low by about as much.
    pub clipped_share: f64,
    /// Inverse propensity scores.
    pub ips: Option<Value>,
    /// The same, self-normalised.
    pub snips: Option<Value>,
    /// Expectation of the reward model alone.
    pub direct: Option<f64>,
    /// Doubly robust.
    pub dr: Option<Value>,
    /// Why there is no estimate.
    pub refused: Option<String>,
    /// What to doubt.
    pub warnings: Vec<String>,
}

impl Log {
    /// An empty log whose weights are cut at `clip`.
    ///
    /// # Errors
    /// A limit that is not above 0.
    pub fn new(clip: Option<f64>) -> Result<Self, Refusal> {
        match clip {
            Some(value) if !(value.is_finite() && value > 0.0) => {
                Err(Refusal::Range { what: "clip".to_owned(), value, range: "above 0" })
            }
            clip => Ok(Self { clip, ..Self::default() }),
        }
    }

    /// Adds a decision.
    ///
    /// # Errors
    /// Numbers that cannot be.
    pub fn push(&mut self, row: Row) -> Result<(), Refusal> {
        let range = |what: &str, value, range| Err(Refusal::Range { what: what.to_owned(), value, range });
        finite("reward", row.reward)?;
        if !(row.propensity > 0.0 && row.propensity <= 1.0) {
            return range("propensity", row.propensity, "above 0 and at most 1");
        }
        if !(0.0..=1.0).contains(&row.target) {
            return range("target", row.target, "from 0 to 1");
        }
        let whole = finite("weight", row.target / row.propensity)?;
        let weight = self.clip.map_or(whole, |clip| whole.min(clip));
        let expected = row.expected.unwrap_or(Expected { shown: 0.0, target: 0.0 });
        let robust = expected.target + weight * (row.reward - expected.shown);
        self.sums.push(weight * row.reward, weight, robust)?;
        self.direct.push(expected.target, 1.0, row.reward)?;
        self.modelled = (self.modelled || self.direct.units() == 1) && row.expected.is_some();
        self.squares += weight * weight;
        self.unclipped += whole;
        self.largest = self.largest.max(weight);
        self.clipped += u64::from(whole > weight);
        self.rewarded += u64::from(row.reward != 0.0);
        Ok(())
    }

    /// Adds the decisions of `other`, whose weights are cut alike.
    pub fn merge(&mut self, other: &Self) {
        let both = self.sums.units() > 0 && other.sums.units() > 0;
        self.modelled = if both { self.modelled && other.modelled } else { self.modelled || other.modelled };
        self.sums.merge(&other.sums);
        self.direct.merge(&other.direct);
        self.squares += other.squares;
        self.unclipped += other.unclipped;
        self.largest = self.largest.max(other.largest);
        self.clipped += other.clipped;
        self.rewarded += other.rewarded;
    }

    /// How many decisions.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.sums.units()
    }

    /// What the log says.
    ///
    /// # Errors
    /// A level that is none.
    pub fn report(&self, alpha: f64) -> Result<Report, Refusal> {
        let z = normal::quantile(1.0 - share("alpha", alpha)? / 2.0);
        let (rows, n) = (self.sums.units(), self.sums.units() as f64);
        let [_, mean_weight, _] = self.sums.means();
        let [direct, _, logged] = self.direct.means();
        let weights = mean_weight * n;
        let effective_sample_size = if self.squares > 0.0 { weights * weights / self.squares } else { 0.0 };
        let mut report = Report {
            alpha,
            rows,
            rewarded: self.rewarded,
            logged: (rows > 0).then_some(logged),
            effective_sample_size,
            mean_weight,
            largest_weight: self.largest,
            clipped: self.clipped,
            clipped_share: if self.unclipped > 0.0 { 1.0 - weights / self.unclipped } else { 0.0 }.max(0.0),
            ips: None,
            snips: None,
            direct: (rows > 0 && self.modelled).then_some(direct),
            dr: None,
            refused: self.refusal(effective_sample_size, weights),
            warnings: Vec::new(),
        };
        if report.refused.is_some() {
            return Ok(report);
        }
        let value = |value: f64, variance: f64| {
            let standard_error = (variance / n).sqrt();
            let Interval { low, high } = Interval::around(value, z * standard_error);
            Value { value, standard_error, low, high }
        };
        let [ips, _, robust] = self.sums.means();
        let [ips_variance, weight_variance, robust_variance] = self.sums.variances();
        report.ips = Some(value(ips, ips_variance));
        let (ratio, _) = estimates(&[("log", Data::Sums(self.sums))], false)?;
        report.snips = ratio.into_iter().flatten().next().map(|one| value(one.value, one.unit_variance));
        report.dr = self.modelled.then(|| value(robust, robust_variance));
        if self.clip.is_none() && (mean_weight - 1.0).abs() > 4.0 * (weight_variance / n).sqrt() {
            report.warnings.push(format!(
                "the mean weight is {mean_weight:.4} and not 1: propensities are wrong, or the log never shows some of \
                 what the other policy does"
            ));
        }
        if self.rewarded < FEW_REWARDS {
            report
                .warnings
                .push(format!("{} decisions have a reward: intervals are too narrow", self.rewarded));
        }
        Ok(report)
    }

    fn refusal(&self, effective: f64, weights: f64) -> Option<String> {
        if self.sums.units() == 0 {
            return Some("the log is empty".to_owned());
        }
        if effective < LEAST_EFFECTIVE {
            return Some(format!(
                "the effective sample size is {effective:.1} of {} decisions; less than {LEAST_EFFECTIVE} says nothing",
                self.sums.units()
            ));
        }
        let largest = self.largest / weights;
        (largest > LARGEST_SHARE).then(|| {
            format!("one decision has {:.1} % of all weight, and would decide alone", largest * 100.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(reward: f64, propensity: f64, target: f64) -> Row {
        Row { reward, propensity, target, expected: None }
    }

    /// 100 decisions of two offers shown half the time each; the other policy shows the first with 0.8. The first earns
    /// in 30 of 50, the second in 10 of 50: 0.8 × 0.6 + 0.2 × 0.2 = 0.52.
    fn log(clip: Option<f64>) -> Log {
        let mut log = Log::new(clip).unwrap();
        for n in 0..50 {
            log.push(row(f64::from(u8::from(n < 30)), 0.5, 0.8)).unwrap();
            log.push(row(f64::from(u8::from(n < 10)), 0.5, 0.2)).unwrap();
        }
        log
    }

    #[test]
    fn worked_by_hand() {
        let mut log = log(None);
        // Weights 1.6 and 0.4: 100² / (50 × 2.56 + 50 × 0.16) = 73.5, which is too few.
        let refused = log.report(0.05).unwrap();
        assert!((refused.effective_sample_size - 10_000.0 / 136.0).abs() < 1e-9, "{refused:?}");
        assert_eq!((refused.ips, refused.snips, refused.dr), (None, None, None));
        assert!(refused.refused.unwrap().contains("73.5 of 100"));
        for _ in 0..9 {
            log.merge(&self::log(None));
        }
        let report = log.report(0.05).unwrap();
        let (ips, snips) = (report.ips.unwrap(), report.snips.unwrap());
        assert!((ips.value - 0.52).abs() < 1e-12 && (snips.value - 0.52).abs() < 1e-12, "{report:?}");
        assert!(snips.standard_error < ips.standard_error && ips.low < 0.52 && ips.high > 0.52);
        assert!((report.logged.unwrap() - 0.4).abs() < 1e-12);
        assert_eq!((report.dr, report.direct), (None, None));
        assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    }

    #[test]
    fn clipping_is_counted() {
        let report = log(Some(1.0)).report(0.05).unwrap();
        assert_eq!((report.clipped, report.largest_weight), (50, 1.0));
        assert!((report.clipped_share - 0.3).abs() < 1e-12, "{report:?}");
        assert!(Log::new(Some(0.0)).is_err());
    }

    #[test]
    fn one_decision_does_not_decide_alone() {
        let mut log = Log::new(None).unwrap();
        for _ in 0..10_000 {
            log.push(row(0.0, 0.5, 0.5)).unwrap();
        }
        log.push(row(1.0, 0.0001, 0.2)).unwrap();
        let report = log.report(0.05).unwrap();
        assert!(report.refused.unwrap().contains("effective sample size"));
        let mut log = Log::new(None).unwrap();
        for _ in 0..1_000 {
            log.push(row(0.0, 0.5, 0.5)).unwrap();
        }
        log.push(row(1.0, 0.001, 0.15)).unwrap();
        let refused = log.report(0.05).unwrap().refused.unwrap();
        assert_eq!(
            refused,
            "the effective sample size is 56.3 of 1001 decisions; less than 100 says nothing"
        );
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let refused = |row| Log::default().push(row).unwrap_err().to_string();
        assert_eq!(refused(row(1.0, 0.0, 0.5)), "propensity: 0 is not above 0 and at most 1");
        assert_eq!(refused(row(1.0, 0.5, 1.5)), "target: 1.5 is not from 0 to 1");
        assert_eq!(refused(row(f64::NAN, 0.5, 0.5)), "reward: NaN is not a finite number");
        assert_eq!(Log::default().report(0.05).unwrap().refused.unwrap(), "the log is empty");
    }
}
