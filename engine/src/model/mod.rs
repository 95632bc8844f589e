//! Scores of models, the same bits in every build.
//!
//! The order of every sum is fixed: trees in their order, one after the other, as the libraries add them that trained
//! them; linear models in four lanes (feature n in lane n mod 4, then `(l0 + l1) + (l2 + l3)`). Products are never fused
//! with sums. NaN says that a value is missing: a tree sends it where the node says, everything else takes it for
//! nothing. Item models add whole numbers, whose order does not matter.

mod items;
mod scores;
mod trees;

pub use items::{item, score_items};
pub use scores::Scores;

use crate::math::{exp, ln};
use attune_schema::model::{Bins, Feature, Kind, Linear, Link, Model, Scorecard};

/// Score of one row, which has a number for each feature of `model` (a missing one is NaN); 0 for a model of items.
///
/// The row is rounded in place where the model takes single precision.
#[must_use]
pub fn score(model: &Model, row: &mut [f64]) -> f64 {
    match &model.kind {
        Kind::Linear(linear) => link(linear.link, sum_linear(linear, row)),
        Kind::Scorecard(card) => link(card.link, sum_bins(card, row)),
        Kind::Trees(trees) => trees::score(trees, row),
        _ => 0.0,
    }
}

/// [`score`] before the link: log odds, where the score is a probability.
#[must_use]
pub fn margin(model: &Model, row: &mut [f64]) -> f64 {
    match &model.kind {
        Kind::Linear(linear) => sum_linear(linear, row),
        Kind::Scorecard(card) => sum_bins(card, row),
        Kind::Trees(trees) => trees::margin(trees, row),
        _ => 0.0,
    }
}

/// The number that `text` is in a row: the place of the level that it names, else NaN.
#[must_use]
pub fn level_of(feature: &Feature, text: &str) -> f64 {
    feature.levels.iter().position(|level| level == text).map_or(f64::NAN, |level| level as f64)
}

fn sum_linear(linear: &Linear, row: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    for (terms, values) in linear.terms.chunks(4).zip(row.chunks(4)) {
        for ((lane, term), value) in lanes.iter_mut().zip(terms).zip(values) {
            if !value.is_nan() {
                *lane += term.weight * ((value - term.offset) * term.factor);
            }
        }
    }
    linear.intercept + across(lanes)
}

fn sum_bins(card: &Scorecard, row: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    for (features, values) in card.features.chunks(4).zip(row.chunks(4)) {
        for ((lane, bins), value) in lanes.iter_mut().zip(features).zip(values) {
            *lane += worth(bins, *value);
        }
    }
    card.intercept + across(lanes)
}

fn across([a, b, c, d]: [f64; 4]) -> f64 {
    (a + b) + (c + d)
}

fn worth(bins: &Bins, value: f64) -> f64 {
    if value.is_nan() {
        return bins.missing;
    }
    let bin = bins.cuts.partition_point(|cut| *cut < value);
    bins.values.get(bin).copied().unwrap_or(bins.missing)
}

fn link(link: Link, x: f64) -> f64 {
    match link {
        Link::Identity => x,
        Link::Logistic => 1.0 / (1.0 + exp(-x)),
        Link::Exp => exp(x),
        // Beyond 40 one more changes nothing.
        Link::Softplus => {
            if x > 40.0 {
                x
            } else {
                ln(1.0 + exp(x))
            }
        }
        Link::SignedSquare => x * x.abs(),
        Link::Step => {
            if x > 0.0 {
                1.0
            } else {
                0.0
            }
        }
    }
}

#[cfg(test)]
mod tests;
