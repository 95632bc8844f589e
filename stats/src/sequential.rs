//! Intervals and p-values that stay valid however often one looks, and whenever one stops.
//!
//! An asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021, theorem 2.2): with
//! probability at least 1 − α it holds the difference at *all* times, where an interval for one look holds it at that
//! one. The p-value is its dual, the mixture likelihood ratio of Johari, Pekelis and Walsh (2015, 2022).

use crate::Interval;
use crate::arm::{Data, Estimate};

/// Units of both arms together at which the interval is tightest. Fixed, because tuning it to the data would break the
/// promise.
pub const TUNED_AT: f64 = 10_000.0;
/// Fewest units of each arm: before, the variance is not known well enough for a promise that is asymptotic.
pub const LEAST_UNITS: u64 = 100;
/// Fewest conversions of each arm, and fewest units without one, where units convert or do not.
pub const LEAST_CONVERSIONS: u64 = 10;

/// A difference seen at any time.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Sequential {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Anytime-valid p-value: at most α exactly where the interval at α excludes 0.
    pub p: f64,
}

/// `ρ²` that makes the interval at level `alpha` tightest at [`TUNED_AT`] units (the closed form of Waudby-Smith et al.,
/// appendix B.2).
fn rho_squared(alpha: f64) -> f64 {
    let log = -2.0 * alpha.ln();
    (log + (log + 1.0).ln()) / TUNED_AT
}

/// The confidence sequence of a difference with that standard error, after `units` of both arms together:
/// `± s √(2 (nρ² + 1) / (nρ²) · ln(√(nρ² + 1) / α))`.
#[must_use]
pub fn sequential(difference: f64, standard_error: f64, units: u64, alpha: f64) -> Option<Sequential> {
    if !(standard_error.is_finite() && standard_error > 0.0) {
        return None;
    }
    let mixed = units as f64 * rho_squared(alpha);
    let factor = (2.0 * (mixed + 1.0) / mixed * ((mixed + 1.0).sqrt() / alpha).ln()).sqrt();
    let Interval { low, high } = Interval::around(difference, factor * standard_error);
    let z = difference / standard_error;
    let p = ((mixed + 1.0).sqrt() * (-z * z * mixed / (2.0 * (mixed + 1.0))).exp()).min(1.0);
    Some(Sequential { low, high, p })
}

/// [`sequential`] of two arms; `None` while either has too few units, or too few that converted or did not.
#[must_use]
pub fn between(control: (&Data, &Estimate), treated: (&Data, &Estimate), alpha: f64) -> Option<Sequential> {
    let enough = [control.0, treated.0].into_iter().all(|data| match data {
        Data::Counts { units, conversions } => {
            *units >= LEAST_UNITS && (*conversions).min(units - conversions) >= LEAST_CONVERSIONS
        }
        Data::Sums(sums) => sums.units() >= LEAST_UNITS,
    });
    let (c, t) = (control.1, treated.1);
    let standard_error = (c.variance() + t.variance()).sqrt();
    enough.then(|| sequential(t.value - c.value, standard_error, c.units + t.units, alpha)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p_value_is_the_intervals_dual() {
        for alpha in [0.01, 0.05, 0.1] {
            for z in [0.0, 1.0, 2.0, 2.9, 3.1, 3.5, 4.0, 6.0] {
                let got = sequential(z * 0.2, 0.2, 5_000, alpha).unwrap();
                assert_eq!(got.p <= alpha, got.low > 0.0, "z = {z}: {got:?}");
            }
        }
    }

    #[test]
    fn wider_than_one_look_and_not_by_much() {
        // At its tightest 1.96 becomes about 3.
        let got = sequential(0.0, 1.0, TUNED_AT as u64, 0.05).unwrap();
        assert!((2.8..3.3).contains(&got.high), "{got:?}");
        assert_eq!(sequential(1.0, 0.0, 10, 0.05), None);
    }
}
