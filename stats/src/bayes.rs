//! What to believe after the data: posterior distributions, compared by quadrature. Nothing is drawn, so that the same
//! counts always give the same probability.

use crate::arm::{Data, Estimate};
use crate::normal;
use crate::quadrature::integrate;

/// Distances from the mean, in standard deviations, at which the integrals are cut into pieces. Far to the outside,
/// because a Beta distribution of few conversions has an exponential tail.
const CUTS: [f64; 17] =
    [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 13.0, 17.0, 23.0, 31.0, 42.0];

/// One arm as Bayes sees it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Belief {
    /// Probability that no other arm is better.
    pub probability_best: f64,
    /// What is lost on average if this arm is chosen and another one is better, in the metric's unit.
    pub expected_loss: f64,
    /// Ends of the central credible interval.
    pub low: f64,
    /// See `low`.
    pub high: f64,
}

#[derive(Debug, Clone, Copy)]
enum Law {
    /// Posterior of a share with a uniform prior.
    Beta { a: f64, b: f64 },
    /// Posterior of a mean with a flat prior, by the central limit theorem.
    Normal,
}

struct Posterior {
    law: Law,
    mean: f64,
    deviation: f64,
    /// Where its own integral is cut, and how much lies below each cut, unnormalised.
    cuts: Vec<f64>,
    below: Vec<f64>,
}

impl Posterior {
    fn new(data: &Data, estimate: &Estimate) -> Option<Self> {
        let (law, mean, deviation) = match data {
            Data::Counts { units, conversions } => {
                let (a, b) = ((conversions + 1) as f64, (units - conversions + 1) as f64);
                let n = a + b;
                (Law::Beta { a, b }, a / n, (a * b / (n * n * (n + 1.0))).sqrt())
            }
            Data::Sums(_) => (Law::Normal, estimate.value, estimate.variance().sqrt()),
        };
        if !(deviation.is_finite() && deviation > 0.0) {
            return None;
        }
        let mut cuts: Vec<f64> =
            CUTS.iter().flat_map(|k| [mean - k * deviation, mean + k * deviation]).collect();
        if matches!(law, Law::Beta { .. }) {
            for cut in &mut cuts {
                *cut = cut.clamp(0.0, 1.0);
            }
        }
        cuts.sort_by(f64::total_cmp);
        let mut posterior = Self { law, mean, deviation, cuts, below: Vec::new() };
        let mut sum = 0.0;
        posterior.below.push(0.0);
        let pieces = posterior.cuts.windows(2).map(|piece| integrate(piece, |x| posterior.weight(x)));
        let pieces: Vec<f64> = pieces.collect();
        for piece in pieces {
            sum += piece;
            posterior.below.push(sum);
        }
        Some(posterior)
    }

    /// Density relative to that at the mean.
    fn weight(&self, x: f64) -> f64 {
        let away = x - self.mean;
        match self.law {
            // Logarithms of quotients near 1: with 10⁸ units those of the densities would cancel.
            Law::Beta { a, b } => {
                let power = |k: f64, quotient: f64| if k == 0.0 { 0.0 } else { k * quotient.ln_1p() };
                (power(a - 1.0, away / self.mean) + power(b - 1.0, -away / (1.0 - self.mean))).exp()
            }
            Law::Normal => (-0.5 * (away / self.deviation).powi(2)).exp(),
        }
    }

    fn total(&self) -> f64 {
        self.below.last().copied().unwrap_or(1.0)
    }

    fn density(&self, x: f64) -> f64 {
        let outside = matches!(self.law, Law::Beta { .. }) && !(0.0..=1.0).contains(&x);
        if outside { 0.0 } else { self.weight(x) / self.total() }
    }

    fn cdf(&self, x: f64) -> f64 {
        if matches!(self.law, Law::Normal) {
            return normal::cdf((x - self.mean) / self.deviation);
        }
        let piece = self.cuts.partition_point(|cut| *cut <= x);
        let (Some(from), Some(below)) = (
            piece.checked_sub(1).and_then(|piece| self.cuts.get(piece)),
            piece.checked_sub(1).and_then(|piece| self.below.get(piece)),
        ) else {
            return 0.0;
        };
        if piece == self.cuts.len() {
            return 1.0;
        }
        (below + integrate(&[*from, x], |x| self.weight(x))) / self.total()
    }

    fn quantile(&self, p: f64) -> f64 {
        let (mut low, mut high) =
            (self.cuts.first().copied().unwrap_or(self.mean), self.cuts.last().copied().unwrap_or(self.mean));
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if middle <= low || middle >= high {
                break;
            }
            if self.cdf(middle) < p { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    }
}

/// Compares arms; `None` if there are fewer than two, or one of them does not vary. `P(best) = ∫ f_i Π F_j`, and the
/// loss of an arm is `E[max] − E[θ_i]` with `E[max] = b − ∫ Π F_j` up to an upper end b (Stucchio 2015).
#[must_use]
pub fn beliefs(arms: &[(Data, Estimate)], higher_is_better: bool, alpha: f64) -> Option<Vec<Belief>> {
    let posteriors: Vec<Posterior> =
        arms.iter().map(|(data, estimate)| Posterior::new(data, estimate)).collect::<Option<_>>()?;
    if posteriors.len() < 2 {
        return None;
    }
    let mut breaks: Vec<f64> = posteriors.iter().flat_map(|p| p.cuts.iter().copied()).collect();
    breaks.sort_by(f64::total_cmp);
    // Share of an arm that is worse than x.
    let worse = |p: &Posterior, x: f64| if higher_is_better { p.cdf(x) } else { 1.0 - p.cdf(x) };
    let (low, high) = (breaks.first().copied()?, breaks.last().copied()?);
    let all_worse = integrate(&breaks, |x| posteriors.iter().map(|p| worse(p, x)).product::<f64>());
    let best = if higher_is_better { high - all_worse } else { low + all_worse };
    let beliefs = posteriors.iter().enumerate().map(|(index, posterior)| {
        let others = || posteriors.iter().enumerate().filter(move |(other, _)| *other != index);
        let probability_best = integrate(&breaks, |x| {
            posterior.density(x) * others().map(|(_, p)| worse(p, x)).product::<f64>()
        });
        let loss = if higher_is_better { best - posterior.mean } else { posterior.mean - best };
        Belief {
            probability_best: probability_best.clamp(0.0, 1.0),
            expected_loss: loss.max(0.0),
            low: posterior.quantile(alpha / 2.0),
            high: posterior.quantile(1.0 - alpha / 2.0),
        }
    });
    Some(beliefs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::estimates;

    fn shares(counts: &[(u64, u64)], higher: bool) -> Vec<Belief> {
        let data: Vec<Data> = counts
            .iter()
            .map(|(conversions, units)| Data::Counts { units: *units, conversions: *conversions })
            .collect();
        let named: Vec<(&str, Data)> = data.iter().map(|data| ("", *data)).collect();
        let (estimates, _) = estimates(&named, false).unwrap();
        let arms: Vec<(Data, Estimate)> = data.into_iter().zip(estimates.into_iter().flatten()).collect();
        beliefs(&arms, higher, 0.05).unwrap()
    }

    /// Of one success against one failure, with uniform priors: f = 2x and F = 1 − (1 − x)², so that
    /// P(best) = ∫ 2x (2x − x²) dx = 5/6.
    #[test]
    fn one_against_one_by_hand() {
        let got = shares(&[(1, 1), (0, 1)], true);
        assert!((got[0].probability_best - 5.0 / 6.0).abs() < 1e-12, "{got:?}");
        assert!((got[1].probability_best - 1.0 / 6.0).abs() < 1e-12);
        // E[max] = 1 − ∫ x² (2x − x²) dx = 7/10; the means are 2/3 and 1/3.
        assert!((got[0].expected_loss - (0.7 - 2.0 / 3.0)).abs() < 1e-12, "{got:?}");
        // F(x) = x²: the quantiles are roots.
        assert!(
            (got[0].low - 0.025_f64.sqrt()).abs() < 1e-12 && (got[0].high - 0.975_f64.sqrt()).abs() < 1e-12
        );
        let turned = shares(&[(1, 1), (0, 1)], false);
        assert!((turned[0].probability_best - 1.0 / 6.0).abs() < 1e-12, "{turned:?}");
        assert!((turned[1].expected_loss - (1.0 / 3.0 - 0.3)).abs() < 1e-12);
    }

    #[test]
    fn probabilities_add_up_from_no_unit_to_a_hundred_million() {
        for counts in [
            &[(0, 1), (0, 1)][..],
            &[(0, 100_000), (3, 100_000), (890, 298_104)],
            &[(1_000_000, 100_000_000), (1_000_900, 100_000_000), (5, 50)],
            &[(50, 50), (49, 50), (0, 0)],
        ] {
            let got = shares_or_empty(counts);
            let sum: f64 = got.iter().map(|belief| belief.probability_best).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{counts:?}: {got:?}");
        }
    }

    /// An arm nobody was in yet has its prior.
    fn shares_or_empty(counts: &[(u64, u64)]) -> Vec<Belief> {
        let arms: Vec<(Data, Estimate)> = counts
            .iter()
            .map(|(conversions, units)| {
                let data = Data::Counts { units: *units, conversions: *conversions };
                (data, Estimate { units: *units, value: 0.0, unit_variance: 0.0 })
            })
            .collect();
        beliefs(&arms, true, 0.05).unwrap()
    }
}
