//! The difference of two arms, looked at once.

use crate::Interval;
use crate::arm::{Data, Estimate};
use crate::normal;

/// One arm against another, at a level α fixed before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Treated less control.
    pub value: f64,
    /// Its standard error, unpooled.
    pub standard_error: f64,
    /// Where the difference lies, unless one in 1/α such intervals is unlucky.
    pub interval: Option<Interval>,
    /// Two-sided probability of a difference at least so far from 0 where there is none.
    pub p: Option<f64>,
}

/// Wilson's interval of a share (1927).
#[must_use]
pub fn wilson(units: u64, conversions: u64, alpha: f64) -> Interval {
    let (n, z) = (units as f64, normal::quantile(1.0 - alpha / 2.0));
    let p = conversions as f64 / n;
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    // At the ends the formula is exact, its rounding is not.
    Interval {
        low: if conversions == 0 { 0.0 } else { centre - half },
        high: if conversions == units { 1.0 } else { centre + half },
    }
}

/// Interval of one arm's value: Wilson's of a share, Student's of anything else; `None` of a single unit.
#[must_use]
pub fn interval(data: &Data, estimate: &Estimate, alpha: f64) -> Option<Interval> {
    match data {
        Data::Counts { units, conversions } => Some(wilson(*units, *conversions, alpha)),
        Data::Sums(_) => {
            let half = normal::student_quantile(1.0 - alpha / 2.0, (estimate.units.max(2) - 1) as f64)
                * estimate.variance().sqrt();
            half.is_finite().then(|| Interval::around(estimate.value, half))
        }
    }
}

/// Difference of two shares: Newcombe's hybrid score interval (1998, method 10), and the pooled z-test; of two means or
/// ratios: Welch (1947). Without an interval where a single unit says nothing of how units vary.
#[must_use]
pub fn difference(control: (&Data, &Estimate), treated: (&Data, &Estimate), alpha: f64) -> Difference {
    let ((data_c, c), (data_t, t)) = (control, treated);
    let (value, squared) = (t.value - c.value, t.variance() + c.variance());
    let standard_error = squared.sqrt();
    if let (Data::Counts { units: n_c, conversions: k_c }, Data::Counts { units: n_t, conversions: k_t }) =
        (data_c, data_t)
    {
        let (wc, wt) = (wilson(*n_c, *k_c, alpha), wilson(*n_t, *k_t, alpha));
        let interval = Interval {
            low: value - (t.value - wt.low).hypot(wc.high - c.value),
            high: value + (wt.high - t.value).hypot(c.value - wc.low),
        };
        let pooled = (k_c + k_t) as f64 / (n_c + n_t) as f64;
        let deviation = (pooled * (1.0 - pooled) * (1.0 / *n_c as f64 + 1.0 / *n_t as f64)).sqrt();
        let p = if deviation > 0.0 { normal::two_sided(value / deviation) } else { 1.0 };
        return Difference { value, standard_error, interval: Some(interval), p: Some(p) };
    }
    // Nothing varies: the difference is what it is, and no law says how sure that is.
    if !(squared.is_finite() && squared > 0.0) {
        return Difference { value, standard_error, interval: None, p: None };
    }
    // Welch and Satterthwaite's degrees of freedom.
    let part = |e: &Estimate| e.variance().powi(2) / (e.units as f64 - 1.0);
    let degrees = squared * squared / (part(c) + part(t));
    let half = normal::student_quantile(1.0 - alpha / 2.0, degrees) * standard_error;
    let p = normal::student_two_sided(value / standard_error, degrees);
    Difference { value, standard_error, interval: Some(Interval::around(value, half)), p: Some(p) }
}

/// Lift relative to the control's value, and its interval by the delta method; `None` where the control's value cannot
/// be told from 0 at this level, because then the quotient may be anything.
#[must_use]
pub fn relative(control: &Estimate, treated: &Estimate, alpha: f64) -> Option<(f64, Interval)> {
    let z = normal::quantile(1.0 - alpha / 2.0);
    let (c, t) = (control.value, treated.value);
    let doubt = z * control.variance().sqrt();
    if doubt.is_nan() || c.abs() <= doubt {
        return None;
    }
    let lift = t / c - 1.0;
    let variance = treated.variance() / (c * c) + control.variance() * t * t / c.powi(4);
    variance.is_finite().then(|| (lift, Interval::around(lift, z * variance.sqrt())))
}

/// Whether a guard-rail holds: the treated arm is not worse than the control by `margin` or more (non-inferiority).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct GuardRail {
    /// The tolerated loss, in the metric's unit.
    pub margin: f64,
    /// How bad the difference may be, one-sided at α: its lower end where higher is better, its upper end else.
    pub bound: f64,
    /// One-sided probability of such a difference where the loss is exactly `margin`.
    pub p: f64,
    /// `p` is at most α.
    pub holds: bool,
}

/// Tests the guard-rail by the unpooled z-test; `None` where nothing varies.
#[must_use]
pub fn guard_rail(of: &Difference, margin: f64, higher_is_better: bool, alpha: f64) -> Option<GuardRail> {
    if !(of.standard_error.is_finite() && of.standard_error > 0.0) {
        return None;
    }
    let gain = if higher_is_better { of.value } else { -of.value };
    let bound = gain - normal::quantile(1.0 - alpha) * of.standard_error;
    let p = normal::cdf(-(gain + margin) / of.standard_error);
    Some(GuardRail { margin, bound: if higher_is_better { bound } else { -bound }, p, holds: p <= alpha })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::{Sums, estimates};

    fn both(a: Data, b: Data) -> (Estimate, Estimate) {
        let (estimates, _) = estimates(&[("a", a), ("b", b)], false).unwrap();
        (estimates[0].unwrap(), estimates[1].unwrap())
    }

    /// Newcombe's table II, method 10: 56/70 against 48/80, and 0/10 against 9/10 by hand.
    #[test]
    fn newcombes_own_examples() {
        for ((k1, n1), (k2, n2), low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((10, 10), (0, 20), 0.6791, 1.0),
        ] {
            let treated = Data::Counts { units: n1, conversions: k1 };
            let control = Data::Counts { units: n2, conversions: k2 };
            let (c, t) = both(control, treated);
            let got = difference((&control, &c), (&treated, &t), 0.05).interval.unwrap();
            assert!(
                (got.low - low).abs() < 5e-5 && (got.high - high).abs() < 5e-5,
                "{k1}/{n1} {k2}/{n2}: {got:?}"
            );
        }
    }

    #[test]
    fn no_conversion_anywhere_is_no_difference_and_has_an_interval() {
        let data = Data::Counts { units: 50, conversions: 0 };
        let (c, t) = both(data, data);
        let got = difference((&data, &c), (&data, &t), 0.05);
        assert_eq!((got.value, got.p), (0.0, Some(1.0)));
        let interval = got.interval.unwrap();
        assert!(interval.low < -0.05 && interval.high > 0.05, "{interval:?}");
        assert_eq!(relative(&c, &t, 0.05), None);
        assert_eq!(guard_rail(&got, 0.01, true, 0.05), None);
    }

    #[test]
    fn a_single_unit_and_units_that_do_not_vary_have_no_interval() {
        let of = |values: &[f64]| {
            let mut sums = Sums::default();
            for value in values {
                sums.push(*value, 1.0, 0.0).unwrap();
            }
            Data::Sums(sums)
        };
        for (a, b) in [(of(&[1.0]), of(&[2.0, 3.0])), (of(&[1.0, 1.0]), of(&[2.0, 2.0]))] {
            let (c, t) = both(a, b);
            let got = difference((&a, &c), (&b, &t), 0.05);
            assert_eq!((got.interval, got.p), (None, None));
        }
    }
}
