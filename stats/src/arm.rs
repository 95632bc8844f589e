//! What is known of one arm: two counts, or sums over its units.

use crate::{Refusal, finite};

/// Value, denominator and covariate.
const WIDTH: usize = 3;
/// The pairs of them whose joint variation is kept: yy, yd, yx, dd, dx, xx.
const PAIRS: [(usize, usize); 6] = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];

/// Means and sums of products about them, of values `y`, denominators `d` and covariates `x` of units; updated one
/// unit at a time without cancellation (Welford 1962; pairwise merging by Chan, Golub and `LeVeque` 1979).
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Sums {
    units: u64,
    mean: [f64; WIDTH],
    products: [f64; PAIRS.len()],
}

impl Sums {
    /// Adds a unit.
    ///
    /// # Errors
    /// A number that is not finite.
    pub fn push(&mut self, value: f64, denominator: f64, covariate: f64) -> Result<(), Refusal> {
        let unit =
            [finite("value", value)?, finite("denominator", denominator)?, finite("covariate", covariate)?];
        self.merge(&Self { units: 1, mean: unit, products: [0.0; PAIRS.len()] });
        Ok(())
    }

    /// Adds the units of `other`.
    pub fn merge(&mut self, other: &Self) {
        if other.units == 0 {
            return;
        }
        let (ours, theirs) = (self.units as f64, other.units as f64);
        let all = ours + theirs;
        let mut apart = [0.0; WIDTH];
        for ((apart, theirs), ours) in apart.iter_mut().zip(other.mean).zip(self.mean) {
            *apart = theirs - ours;
        }
        let of = |index: usize| apart.get(index).copied().unwrap_or_default();
        for ((sum, more), (a, b)) in self.products.iter_mut().zip(other.products).zip(PAIRS) {
            *sum += more + of(a) * of(b) * ours * theirs / all;
        }
        for (mean, apart) in self.mean.iter_mut().zip(apart) {
            *mean += apart * theirs / all;
        }
        self.units += other.units;
    }

    /// How many units.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.units
    }

    /// Mean value, denominator and covariate.
    #[must_use]
    pub fn means(&self) -> [f64; 3] {
        self.mean
    }

    /// Variances of values, denominators and covariates; 0 of fewer than two units.
    #[must_use]
    pub fn variances(&self) -> [f64; 3] {
        let [yy, _, _, dd, _, xx] = self.products;
        [yy, dd, xx].map(|sum| if self.units > 1 { sum / (self.units - 1) as f64 } else { 0.0 })
    }

    /// The arm's ratio of means and how its units vary, linearised: `z = (y − R d) / d̄` (delta method; Deng, Knoblich
    /// and Lu 2018). A mean is a ratio whose denominators are all 1.
    fn linearised(&self) -> Linearised {
        let ([y, d, x], [yy, yd, yx, dd, dx, xx]) = (self.mean, self.products);
        let ratio = y / d;
        Linearised {
            value: ratio,
            covariate: x,
            // Rounding may leave a tiny negative number where nothing varies.
            zz: ((yy - 2.0 * ratio * yd + ratio * ratio * dd) / (d * d)).max(0.0),
            zx: (yx - ratio * dx) / d,
            xx,
        }
    }
}

struct Linearised {
    value: f64,
    covariate: f64,
    zz: f64,
    zx: f64,
    xx: f64,
}

/// What is known of an arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Data {
    /// How many of its units converted.
    Counts {
        /// All.
        units: u64,
        /// Of them.
        conversions: u64,
    },
    /// Sums over units.
    Sums(Sums),
}

impl Data {
    /// How many units.
    #[must_use]
    pub fn units(&self) -> u64 {
        match self {
            Self::Counts { units, .. } => *units,
            Self::Sums(sums) => sums.units,
        }
    }
}

/// An arm's value and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// How many units.
    pub units: u64,
    /// Share, mean or ratio of means.
    pub value: f64,
    /// Variance of one unit, linearised; not known (NaN) of a single one.
    pub unit_variance: f64,
}

impl Estimate {
    /// Variance of `value`.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.unit_variance / self.units as f64
    }
}

/// What a covariate explained, over all arms.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Cuped {
    /// Factor of the covariate.
    pub theta: f64,
    /// Share of the variance that is gone.
    pub variance_reduction: f64,
}

/// Estimates of all arms, in order, `None` for an empty one; with `cuped`, adjusted by the covariate (Deng, Xu, Kohavi
/// and Walker 2013): `θ = cov(z, x) / var(x)` within arms, `value − θ (x̄ of the arm − x̄ of all)`.
///
/// # Errors
/// A ratio whose denominators have no positive mean.
pub fn estimates(
    arms: &[(&str, Data)],
    cuped: bool,
) -> Result<(Vec<Option<Estimate>>, Option<Cuped>), Refusal> {
    let mut linearised = Vec::new();
    for (id, data) in arms {
        linearised.push(match data {
            Data::Sums(sums) if sums.units > 0 => {
                let [_, value, _] = sums.means();
                if value <= 0.0 {
                    let what = format!("arm `{id}`: mean denominator");
                    return Err(Refusal::Range { what, value, range: "above 0" });
                }
                Some(sums.linearised())
            }
            _ => None,
        });
    }
    let sum = |of: fn(&Linearised) -> f64| linearised.iter().flatten().map(of).sum::<f64>();
    let (zz, zx, xx) = (sum(|l| l.zz), sum(|l| l.zx), sum(|l| l.xx));
    let adjusted = (cuped && xx > 0.0).then(|| Cuped {
        theta: zx / xx,
        variance_reduction: if zz > 0.0 { zx * zx / (xx * zz) } else { 0.0 },
    });
    let theta = adjusted.map_or(0.0, |cuped| cuped.theta);
    let units: f64 = arms.iter().map(|(_, data)| data.units() as f64).sum();
    let overall: f64 = arms
        .iter()
        .zip(&linearised)
        .filter_map(|((_, data), l)| Some(l.as_ref()?.covariate * data.units() as f64 / units))
        .sum();
    let estimates = arms.iter().zip(&linearised).map(|((_, data), l)| match (data, l) {
        (Data::Counts { units: 0, .. }, _) => None,
        (Data::Counts { units, conversions }, _) => {
            let value = *conversions as f64 / *units as f64;
            Some(Estimate { units: *units, value, unit_variance: value * (1.0 - value) })
        }
        (Data::Sums(sums), Some(l)) => {
            let residual = (l.zz - 2.0 * theta * l.zx + theta * theta * l.xx).max(0.0);
            Some(Estimate {
                units: sums.units,
                value: l.value - theta * (l.covariate - overall),
                unit_variance: if sums.units > 1 { residual / (sums.units - 1) as f64 } else { f64::NAN },
            })
        }
        (Data::Sums(_), None) => None,
    });
    Ok((estimates.collect(), adjusted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(units: &[(f64, f64, f64)]) -> Sums {
        let mut sums = Sums::default();
        for (y, d, x) in units {
            sums.push(*y, *d, *x).unwrap();
        }
        sums
    }

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-12 * want.abs().max(1.0), "{got}, not {want}");
    }

    #[test]
    fn mean_and_variance_by_hand_far_from_zero() {
        // 4, 7, 13, 16: mean 10, variance 90 / 3.
        let all = sums(&[4.0, 7.0, 13.0, 16.0].map(|y| (y + 1e9, 1.0, 0.0)));
        let (estimates, cuped) = estimates(&[("a", Data::Sums(all))], false).unwrap();
        let one = estimates[0].unwrap();
        assert_eq!((one.units, one.value, cuped), (4, 1e9 + 10.0, None));
        near(one.unit_variance, 30.0);
        near(one.variance(), 7.5);
    }

    #[test]
    fn merging_is_pushing_all() {
        let units = [(1.0, 2.0, 3.0), (4.0, 1.0, 0.5), (2.5, 3.0, 9.0), (0.0, 1.0, 1.0), (7.0, 2.0, 2.0)];
        let (mut first, rest) = (sums(&units[..2]), sums(&units[2..]));
        first.merge(&rest);
        let all = sums(&units);
        assert_eq!(first.units(), 5);
        for (a, b) in first.means().into_iter().zip(all.means()) {
            near(a, b);
        }
        for (a, b) in first.products.into_iter().zip(all.products) {
            near(a, b);
        }
    }

    #[test]
    fn a_ratio_by_hand() {
        // y 1 3, d 2 2: R = 1, z = (y - d) / 2 = -.5 .5, variance .5.
        let (estimates, _) =
            estimates(&[("a", Data::Sums(sums(&[(1.0, 2.0, 0.0), (3.0, 2.0, 0.0)])))], false).unwrap();
        let one = estimates[0].unwrap();
        near(one.value, 1.0);
        near(one.unit_variance, 0.5);
    }

    #[test]
    fn a_covariate_that_explains_all_leaves_nothing() {
        let a = sums(&[(3.0, 1.0, 1.0), (5.0, 1.0, 2.0), (7.0, 1.0, 3.0)]);
        let b = sums(&[(14.0, 1.0, 2.0), (16.0, 1.0, 3.0), (18.0, 1.0, 4.0)]);
        let (estimates, cuped) = estimates(&[("a", Data::Sums(a)), ("b", Data::Sums(b))], true).unwrap();
        let cuped = cuped.unwrap();
        near(cuped.theta, 2.0);
        near(cuped.variance_reduction, 1.0);
        let [a, b] = [estimates[0].unwrap(), estimates[1].unwrap()];
        // Of the 11 between the means, 2 are the covariate's.
        near(b.value - a.value, 9.0);
        assert!(a.unit_variance < 1e-12 && b.unit_variance < 1e-12);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        assert_eq!(
            Sums::default().push(f64::NAN, 1.0, 0.0).unwrap_err().to_string(),
            "value: NaN is not a finite number"
        );
        let none = Data::Sums(sums(&[(1.0, 0.0, 0.0)]));
        assert_eq!(
            estimates(&[("b", none)], false).unwrap_err().to_string(),
            "arm `b`: mean denominator: 0 is not above 0"
        );
    }
}
