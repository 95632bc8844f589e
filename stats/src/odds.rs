//! Two groups and something that some of each have: odds ratio, interval, and whether it could be chance.

use crate::Interval;
use crate::normal;
use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

/// How many of two groups have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Of the first group, with it.
    pub first_with: u64,
    /// The first group.
    pub first: u64,
    /// Of the second group, with it.
    pub second_with: u64,
    /// The second group.
    pub second: u64,
}

/// What a table says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Association {
    /// Odds of having it in the first group over those in the second; above 0.
    pub odds_ratio: f64,
    /// Its interval of 95 %.
    pub interval: Interval,
    /// Probability of a table as far from equal odds as this one, or farther, if the odds were equal; two-sided.
    pub p: f64,
    /// Whether [`Association::p`] is Fisher's exact one.
    pub exact: bool,
}

/// Smallest expected count for which Pearson's χ² is taken (Cochran 1954).
const EXPECTED: f64 = 5.0;
/// Largest table for which the exact probability is summed.
const EXACT: u64 = 1_000_000;

/// Odds ratio with Woolf's logit interval (1955), 0.5 added to each cell if one is empty (Haldane 1956, Anscombe 1956);
/// p by Fisher's exact test where an expected count is below 5, otherwise by Pearson's χ² with one degree of freedom.
/// `None` if a group is empty, or if all have it, or none.
#[must_use]
pub fn associate(table: Table) -> Option<Association> {
    let Table { first_with, first, second_with, second } = table;
    let cells = [first_with, first.checked_sub(first_with)?, second_with, second.checked_sub(second_with)?];
    let [a, b, c, d] = cells.map(|cell| cell as f64);
    let n = a + b + c + d;
    let (with, without) = (a + c, b + d);
    if first == 0 || second == 0 || with == 0.0 || without == 0.0 {
        return None;
    }
    let more = if cells.contains(&0) { 0.5 } else { 0.0 };
    let [wa, wb, wc, wd] = [a, b, c, d].map(|cell| cell + more);
    let log = (wa * wd / (wb * wc)).ln();
    let error = (1.0 / wa + 1.0 / wb + 1.0 / wc + 1.0 / wd).sqrt();
    let half = normal::quantile(0.975) * error;
    let least = [with, without].into_iter().fold(f64::MAX, f64::min) * (first.min(second) as f64) / n;
    let exact = least < EXPECTED && first + second <= EXACT;
    let p = if exact {
        fisher(table)
    } else {
        let chi = (a * d - b * c).powi(2) * n / (with * without * (a + b) * (c + d));
        normal::two_sided(chi.sqrt())
    };
    Some(Association {
        odds_ratio: log.exp(),
        interval: Interval { low: (log - half).exp(), high: (log + half).exp() },
        p,
        exact,
    })
}

/// The sum of the probabilities of all tables with the same margins that are not more probable (Fisher 1935).
fn fisher(Table { first_with, first, second_with, second }: Table) -> f64 {
    let with = first_with + second_with;
    let choose =
        |n: u64, k: u64| ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0);
    let whole = choose(first + second, with);
    let log = |k: u64| choose(first, k) + choose(second, with - k) - whole;
    let (least, most) = (with.saturating_sub(second), with.min(first));
    // Tables of the same probability differ by rounding.
    let bound = log(first_with) + 1e-7;
    let sum: f64 = (least..=most).map(log).filter(|log| *log <= bound).map(f64::exp).sum();
    sum.min(1.0)
}

/// How nearly two yes-or-no things are the same, from -1 to 1: Pearson's φ of the table; 0 where it has no meaning.
#[must_use]
pub fn phi(Table { first_with, first, second_with, second }: Table) -> f64 {
    let [a, c] = [first_with, second_with].map(|cell| cell as f64);
    let [b, d] =
        [first.saturating_sub(first_with), second.saturating_sub(second_with)].map(|cell| cell as f64);
    let margins = (a + c) * (b + d) * (a + b) * (c + d);
    if margins > 0.0 { (a * d - b * c) / margins.sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(a: u64, b: u64, c: u64, d: u64) -> Table {
        Table { first_with: a, first: a + b, second_with: c, second: c + d }
    }

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-6 * want.abs().max(1e-6), "{got}, not {want}");
    }

    #[test]
    fn as_published() {
        // Fisher's tea: 34/70. The diet table of the literature: 0.002759456.
        near(associate(table(3, 1, 1, 3)).unwrap().p, 34.0 / 70.0);
        near(fisher(table(1, 9, 11, 3)), 0.002_759_456_185_22);
        // By hand: 60·70 / (40·30) = 3.5, √(1/60 + 1/40 + 1/30 + 1/70) = 0.2988, χ² = 200·3000² / (90·110·100·100).
        let found = associate(table(60, 40, 30, 70)).unwrap();
        near(found.odds_ratio, 3.5);
        near(found.interval.low, (3.5_f64.ln() - 1.959_963_985 * 0.298_807_152).exp());
        near(found.interval.high, (3.5_f64.ln() + 1.959_963_985 * 0.298_807_152).exp());
        // erfc(√(18.18 / 2)).
        near(found.p, 2.007_865_612_4e-5);
        assert!(!found.exact);
        // An empty cell has half a one: (5.5·10.5) / (0.5·0.5).
        near(associate(table(5, 0, 0, 10)).unwrap().odds_ratio, 231.0);
    }

    #[test]
    fn where_nothing_differs_there_is_nothing_to_say() {
        assert_eq!(associate(table(0, 5, 0, 5)), None);
        assert_eq!(associate(table(5, 0, 5, 0)), None);
        assert_eq!(associate(table(0, 0, 1, 5)), None);
        near(associate(table(50, 50, 50, 50)).unwrap().p, 1.0);
        near(phi(table(10, 0, 0, 10)), 1.0);
        near(phi(table(0, 10, 10, 0)), -1.0);
        assert_eq!(phi(table(5, 0, 5, 0)), 0.0);
    }

    #[test]
    fn exact_and_approximate_agree_where_both_hold() {
        for (a, c) in [(120, 100), (130, 100), (101, 100), (60, 100)] {
            let table = table(a, 300 - a, c, 280 - c);
            let approximate = associate(table).unwrap().p;
            let exact = fisher(table);
            assert!((approximate - exact).abs() < 0.09, "{approximate} {exact}");
        }
    }
}
