//! The normal and Student's distribution, as everything here asks for them.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::erf::{erfc, erfc_inv};
use std::f64::consts::SQRT_2;

/// `P(Z ≤ z)`.
pub(crate) fn cdf(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}

/// `z` with `P(Z ≤ z) = p`.
pub(crate) fn quantile(p: f64) -> f64 {
    -SQRT_2 * erfc_inv(2.0 * p)
}

/// `P(|Z| ≥ |z|)`.
pub(crate) fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / SQRT_2)
}

/// `P(|T| ≥ |t|)` with `df` degrees of freedom; the normal distribution's where they are too many to matter.
pub(crate) fn student_two_sided(t: f64, df: f64) -> f64 {
    StudentsT::new(0.0, 1.0, df).map_or_else(|_| two_sided(t), |law| 2.0 * law.sf(t.abs()))
}

/// Quantile of Student's distribution. Found by bisection between bounds that hold for every `df ≥ 1`, because the
/// library's own stops at fewer digits than intervals are compared to.
pub(crate) fn student_quantile(p: f64, df: f64) -> f64 {
    let Ok(law) = StudentsT::new(0.0, 1.0, df) else { return quantile(p) };
    if p < 0.5 {
        return -student_quantile(1.0 - p, df);
    }
    // Cauchy's quantile, df = 1, is the largest there is.
    let (mut low, mut high) = (0.0, (std::f64::consts::PI * (p - 0.5)).tan().max(1.0) * 1.01);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if law.sf(middle) > 1.0 - p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
