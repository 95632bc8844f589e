//! Sample ratio mismatch: arms that are not as large as their weights say.

use crate::Refusal;
use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Below it the split is taken for broken (Fabijan et al. 2019): an alarm one in a thousand sound experiments raises.
pub const ALARM: f64 = 0.001;

/// Pearson's test of the sizes against the weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Srm {
    /// `Σ (observed − expected)² / expected`.
    pub chi_squared: f64,
    /// Arms less one.
    pub degrees_of_freedom: f64,
    /// Probability of such sizes where the split is sound.
    pub p: f64,
    /// `p` is below [`ALARM`]: results of this experiment mean nothing until the cause is found.
    pub alarm: bool,
}

/// Tests `(units, weight)` of every arm; `None` with fewer than two arms or no unit.
///
/// # Errors
/// A weight that is not above 0.
pub fn test(arms: &[(u64, f64)]) -> Result<Option<Srm>, Refusal> {
    for (_, weight) in arms {
        if !(weight.is_finite() && *weight > 0.0) {
            return Err(Refusal::Range { what: "weight".to_owned(), value: *weight, range: "above 0" });
        }
    }
    let units: u64 = arms.iter().map(|(units, _)| units).sum();
    if arms.len() < 2 || units == 0 {
        return Ok(None);
    }
    let weights: f64 = arms.iter().map(|(_, weight)| weight).sum();
    let chi_squared = arms
        .iter()
        .map(|(observed, weight)| {
            let expected = units as f64 * weight / weights;
            (*observed as f64 - expected).powi(2) / expected
        })
        .sum();
    let degrees_of_freedom = (arms.len() - 1) as f64;
    let p = ChiSquared::new(degrees_of_freedom).map_or(1.0, |law| law.sf(chi_squared));
    Ok(Some(Srm { chi_squared, degrees_of_freedom, p, alarm: p < ALARM }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_split_is_quiet_and_a_lopsided_one_is_not() {
        let even = test(&[(5_000, 1.0), (5_060, 1.0)]).unwrap().unwrap();
        assert!(!even.alarm && (even.chi_squared - 60.0 * 60.0 / 10_060.0).abs() < 1e-12, "{even:?}");
        let lopsided = test(&[(5_000, 1.0), (5_400, 1.0)]).unwrap().unwrap();
        assert!(lopsided.alarm && lopsided.p < 1e-4, "{lopsided:?}");
        assert!(!test(&[(1_000, 1.0), (9_010, 9.0)]).unwrap().unwrap().alarm, "weights are heeded");
        assert_eq!(test(&[(0, 1.0), (0, 1.0)]), Ok(None));
        assert_eq!(test(&[(5, 1.0)]), Ok(None));
        assert!(test(&[(5, 1.0), (5, 0.0)]).is_err());
    }
}
