//! Choosing by how likely each offer is to be the best: Thompson sampling (*Thompson 1933*), with the probability of
//! what was chosen.
//!
//! A draw from every offer's belief, and the best of the draws: this is what Thompson sampling does, and what it shows with
//! probability P(offer is best). Here the probabilities come first, and one draw chooses by them. So the probability that
//! a log needs for later estimates is known exactly, as whole millionths, whatever the quadrature is worth.
//!
//! A belief is a normal one: of the log odds of success, with mean `ψ(a) − ψ(b)` and variance `ψ₁(a) + ψ₁(b)`, which are
//! those of the logit of a Beta(a, b); or, with features x, of the expected reward `x·w` (*Agrawal & Goyal 2013*).
//!
//! P(i is best) = Σ over 64 equal intervals of (Φᵢ(right) − Φᵢ(left)) Πⱼ≠ᵢ (Φⱼ(left) + Φⱼ(right))/2, divided by the sum of
//! all, over the range from the highest `mean − 4 sd` to the highest `mean + 4 sd`: within half a per cent, even where one
//! belief is two hundred times as wide as another.

use crate::bucket;
use crate::condition::Facts;
use crate::explain::{Step, Trace};
use crate::math::{exp, ln, to_micros};
use crate::profile;
use crate::rank::Scored;
use alloc::vec::Vec;
use attune_schema::bundle::{Bundle, Campaign};
use attune_schema::model::{Arm, Explore, ExploreFeature, FEATURE_BOUND};
use attune_schema::time::DAY_MS;
use attune_schema::value::Value;

/// All probability, in millionths.
pub const WHOLE: u32 = 1_000_000;
const INTERVALS: u32 = 64;

/// Who chooses, and how many offers are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Chooser<'a> {
    /// What is known.
    pub facts: &'a Facts<'a>,
    /// Most offers wanted.
    pub limit: usize,
    /// The draw of the decision, where each decision draws.
    pub draw: u64,
}

/// Puts what a campaign tries in front, with the probability of each choice after those before it; the rest stays as it
/// was. Gives the features that it depended on, in millionths. Nothing changes where the campaign tries nothing.
pub fn arrange(
    campaign: &Campaign,
    best: &mut [Scored<'_>],
    chooser: Chooser<'_>,
    trace: &mut impl Trace,
) -> Vec<i64> {
    let facts = chooser.facts;
    let Some(explore) = tried(facts.bundle, campaign) else { return Vec::new() };
    let features: Vec<i64> =
        explore.features.iter().map(|feature| to_micros(number(feature, facts))).collect();
    // What is said to have been is what was: the rounded numbers.
    let row: Vec<f64> = features.iter().map(|micros| *micros as f64 / 1e6).collect();

    let arm_of = |scored: &Scored<'_>| {
        let offer = facts.bundle.offers.iter().position(|offer| offer.id == scored.offer.id)?;
        explore.arms.iter().find(|arm| arm.offer == offer)
    };
    let known: Option<Vec<Belief>> =
        best.iter().map(|scored| Some(Belief::of(explore, arm_of(scored)?, &row, facts))).collect();
    let Some(mut beliefs) = known else { return Vec::new() };
    let mut chosen = 0;
    while chosen < chooser.limit.min(best.len()) {
        let (before, rest) = best.split_at(chosen);
        let full = |scored: &Scored<'_>| {
            let alike = before.iter().filter(|other| other.offer.category == scored.offer.category).count();
            campaign.per_category > 0 && alike as u64 >= u64::from(campaign.per_category)
        };
        let open: Vec<usize> =
            (chosen..).zip(rest).filter(|(_, scored)| !full(scored)).map(|(index, _)| index).collect();
        let sides: Vec<Belief> = open.iter().filter_map(|index| beliefs.get(*index)).copied().collect();
        let odds = odds(&sides, explore.floor_micros);
        let mut point = ticket(explore, campaign, chooser, chosen as u64);
        let drawn = open.iter().zip(&odds).find(|(_, probability)| {
            let hit = point < **probability;
            point = point.saturating_sub(**probability);
            hit
        });
        let Some((&index, &probability)) = drawn else { break };
        // The chosen one moves forward, past those that stay in their order; rotating a slice is a kilobyte of Wasm.
        for place in (chosen..index).rev() {
            best.swap(place, place + 1);
            beliefs.swap(place, place + 1);
        }
        if let Some(scored) = best.get_mut(chosen) {
            scored.propensity_micros = probability;
            trace.number(Step::Explore, &scored.offer.id, "chosen", probability.into());
        }
        chosen += 1;
    }
    features
}

/// How `campaign` tries its offers, if it does.
#[must_use]
pub fn tried<'a>(bundle: &'a Bundle, campaign: &Campaign) -> Option<&'a Explore> {
    let ours = |index: usize| bundle.campaigns.get(index).is_some_and(|one| core::ptr::eq(one, campaign));
    bundle.explores.iter().find(|explore| ours(explore.campaign))
}

/// A number from 0 up to a million, the same for as long as a visitor keeps what was drawn.
fn ticket(explore: &Explore, campaign: &Campaign, chooser: Chooser<'_>, place: u64) -> u32 {
    let facts = chooser.facts;
    let (period, draw) = match explore.redraw {
        0 => (facts.now.0, chooser.draw),
        1 => (facts.profile.session.number as i64, 0),
        2 => ((facts.now.0 + facts.bundle.utc_offset_ms).div_euclid(DAY_MS), 0),
        _ => (0, 0),
    };
    let drawn = bucket::draw(&facts.bundle.salt, &campaign.id, facts.unit, [period as u64, draw, place]);
    // The upper 53 bits are a fraction that a double holds.
    ((drawn >> 11) as f64 / (1_u64 << 53) as f64 * f64::from(WHOLE)) as u32
}

fn number(feature: &ExploreFeature, facts: &Facts<'_>) -> f64 {
    let value = match &feature.of {
        Ok(index) => facts.attributes.get(*index).copied().flatten(),
        Err(name) => facts.context(name),
    };
    let number = match (&feature.is, value) {
        (Some(wanted), value) => f64::from(u8::from(value == Some(wanted))),
        (None, Some(Value::Number(number))) => number * feature.scale,
        (None, Some(Value::Bool(true))) => feature.scale,
        (None, _) => 0.0,
    };
    number.clamp(-FEATURE_BOUND, FEATURE_BOUND)
}

/// What is believed of an offer: a normal distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
}

impl Belief {
    fn of(explore: &Explore, arm: &Arm, row: &[f64], facts: &Facts<'_>) -> Self {
        if explore.features.is_empty() {
            let [successes, failures] = [0, 1].map(|index| arm.mean.get(index).copied().unwrap_or(1.0));
            let seen = |key| profile::count_total(facts.profile, key);
            let (shown, won) = if explore.local > 0 { (seen(arm.shown), seen(arm.won)) } else { (0, 0) };
            let few = |count: u32| f64::from(count.min(explore.local));
            return Self::of_rate(successes + few(won), failures + few(shown.saturating_sub(won)));
        }
        let x = |index: usize| index.checked_sub(1).map_or(1.0, |i| row.get(i).copied().unwrap_or(0.0));
        let mean = arm.mean.iter().enumerate().fold(0.0, |sum, (index, weight)| sum + weight * x(index));
        let (mut variance, mut cells) = (0.0, arm.factor.iter());
        for row in 0..arm.mean.len() {
            let along = (0..=row).zip(&mut cells).fold(0.0, |sum, (column, cell)| sum + cell * x(column));
            variance += along * along;
        }
        Self { mean, sd: root(variance) }
    }

    /// Of the log odds of what had so many successes and failures; both above 0.
    #[must_use]
    pub fn of_rate(successes: f64, failures: f64) -> Self {
        let ((a, a1), (b, b1)) = (gammas(successes), gammas(failures));
        Self { mean: a - b, sd: root(a1 + b1) }
    }
}

/// How likely each belief is to be the greatest, in millionths that are a million together; `floor` of them are spread
/// evenly.
#[must_use]
pub fn odds(beliefs: &[Belief], floor: u32) -> Vec<u32> {
    let count = beliefs.len().max(1) as u32;
    let highest = |sds: f64| beliefs.iter().map(|b| b.mean + sds * b.sd).fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = (highest(-4.0), highest(4.0));
    let step = (high - low) / f64::from(INTERVALS);
    let mut shares: Vec<f64> = beliefs.iter().map(|_| 0.0).collect();
    let below = |at: f64| -> Vec<f64> { beliefs.iter().map(|b| normal((at - b.mean) / b.sd)).collect() };
    if step > 0.0 && step.is_finite() {
        let mut left = below(low);
        for interval in 1..=INTERVALS {
            let right = below(low + f64::from(interval) * step);
            let sides = || left.iter().zip(&right);
            for (i, (share, (from, to))) in shares.iter_mut().zip(sides()).enumerate() {
                let others = sides().enumerate().filter(|(j, _)| *j != i);
                *share += others.fold(to - from, |product, (_, (from, to))| product * ((from + to) / 2.0));
            }
            left = right;
        }
    }
    let sum = shares.iter().fold(0.0, |sum, share| sum + share);
    let even = floor.min(WHOLE) / count;
    let rest = WHOLE - even * count;
    let share = |share: f64| if sum > 0.0 { share / sum } else { 1.0 / f64::from(count) };
    let mut odds: Vec<u32> = shares.iter().map(|one| even + (share(*one) * f64::from(rest)) as u32).collect();
    // What rounding left over goes to the first of the likeliest.
    let missing = WHOLE.saturating_sub(odds.iter().sum());
    let likeliest = odds.iter().copied().max().unwrap_or(0);
    if let Some(one) = odds.iter_mut().find(|one| **one == likeliest) {
        *one += missing;
    }
    odds
}

/// Φ(z), by Abramowitz & Stegun 26.2.17: off by at most 7.5e-8.
fn normal(z: f64) -> f64 {
    let magnitude = if z < 0.0 { -z } else { z };
    let t = 1.0 / (1.0 + 0.231_641_9 * magnitude);
    let factors = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let sum = factors.iter().fold(0.0, |sum, factor| (sum + factor) * t);
    let tail = 0.398_942_280_401_432_7 * exp(-0.5 * z * z) * sum;
    if z < 0.0 { tail } else { 1.0 - tail }
}

/// Square root of a positive number; 0 of any other.
fn root(x: f64) -> f64 {
    if x > 0.0 && x.is_finite() { exp(0.5 * ln(x)) } else { 0.0 }
}

/// ψ(x) and ψ₁(x) for x > 0: recurrence up to 8, then the asymptotic series (Abramowitz & Stegun 6.3.18, 6.4.12).
fn gammas(mut x: f64) -> (f64, f64) {
    let (mut digamma, mut trigamma) = (0.0, 0.0);
    while x < 8.0 {
        digamma -= 1.0 / x;
        trigamma += 1.0 / (x * x);
        x += 1.0;
    }
    let (y, z) = (1.0 / x, 1.0 / (x * x));
    digamma += ln(x) - 0.5 * y - z * (1.0 / 12.0 - z * (1.0 / 120.0 - z * (1.0 / 252.0 - z / 240.0)));
    trigamma += y + 0.5 * z + z * y * (1.0 / 6.0 - z * (1.0 / 30.0 - z * (1.0 / 42.0 - z / 30.0)));
    (digamma, trigamma)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digamma_and_trigamma_have_their_values() {
        // NIST's digital library, 5.4(ii): ψ(1) = −γ, ψ(½) = −γ − 2 ln 2, ψ₁(1) = π²/6, ψ₁(½) = π²/2.
        let gamma = 0.577_215_664_901_532_9;
        let pi2 = core::f64::consts::PI * core::f64::consts::PI;
        for (x, digamma, trigamma) in
            [(1.0, -gamma, pi2 / 6.0), (0.5, -gamma - 2.0 * core::f64::consts::LN_2, pi2 / 2.0)]
        {
            let (ours, theirs) = gammas(x);
            assert!((ours - digamma).abs() < 1e-10, "{ours}");
            assert!((theirs - trigamma).abs() < 1e-9, "{theirs}");
        }
    }

    #[test]
    fn phi_has_its_values() {
        for (z, phi) in [(0.0, 0.5), (1.0, 0.841_344_746_1), (-1.96, 0.024_997_895_1), (4.0, 0.999_968_328_8)]
        {
            assert!((normal(z) - phi).abs() < 1e-7, "{z}: {}", normal(z));
        }
        assert_eq!((normal(f64::INFINITY), normal(-1e300)), (1.0, 0.0));
    }

    #[test]
    fn odds_are_a_million_whatever_is_believed() {
        let one = |mean, sd| Belief { mean, sd };
        for beliefs in [
            vec![],
            vec![one(0.0, 1.0)],
            vec![one(0.0, 1.0), one(0.0, 1.0), one(0.0, 1.0)],
            vec![one(0.0, 0.0), one(0.0, 0.0)],
            vec![one(1e300, 1e300), one(f64::NAN, 1.0)],
            vec![one(0.0, 1e-12), one(1e-9, 3.0), one(-50.0, 0.1)],
        ] {
            for floor in [0, 100_000, WHOLE, u32::MAX] {
                let odds = odds(&beliefs, floor);
                let sum: u32 = odds.iter().sum();
                assert_eq!(sum, if beliefs.is_empty() { 0 } else { WHOLE }, "{beliefs:?} {odds:?}");
                let least = floor.min(WHOLE) / beliefs.len().max(1) as u32;
                assert!(odds.iter().all(|one| *one >= least), "{odds:?}");
            }
        }
    }

    /// Of two normals: `P(a > b) = Φ((m − n) / √(s² + t²))`.
    #[test]
    fn odds_of_two_are_what_theory_says() {
        for (difference, a, b) in
            [(0.0, 1.0, 1.0), (0.5, 1.0, 1.0), (1.0, 0.2, 1.5), (-2.0, 1.0, 0.05), (0.1, 0.01, 2.0)]
        {
            let sides = [Belief { mean: difference, sd: a }, Belief { mean: 0.0, sd: b }];
            let theory = normal(difference / f64::sqrt(a * a + b * b)) * 1e6;
            let ours = f64::from(odds(&sides, 0)[0]);
            assert!((ours - theory).abs() < 5_000.0, "{difference} {a} {b}: {ours}, not {theory}");
        }
    }
}
