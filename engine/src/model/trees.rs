//! Walking trees.

use super::link;
use crate::math::exp;
use attune_schema::model::{Link, Node, Trees, ZERO_MISSING, is_in};

/// The score of one row.
pub(super) fn score(trees: &Trees, row: &mut [f64]) -> f64 {
    let x = margin(trees, row);
    if trees.single_sum {
        single_link(trees.link, x as f32).into()
    } else {
        link(trees.link, x * trees.slope)
    }
}

/// The sum of the leaves.
pub(super) fn margin(trees: &Trees, row: &mut [f64]) -> f64 {
    if trees.single_inputs {
        for value in row.iter_mut() {
            *value = f64::from(*value as f32);
        }
    }
    let leaves = trees.roots.iter().map(|root| leaf(trees, *root as usize, row));
    if trees.single_sum {
        let sum = leaves.fold(trees.base as f32, |sum, leaf| sum + leaf as f32);
        return sum.into();
    }
    leaves.fold(trees.base, |sum, leaf| sum + leaf) / trees.divisor
}

/// The leaf that `row` ends in. Children come after their parents, so that this ends.
fn leaf(trees: &Trees, root: usize, row: &[f64]) -> f64 {
    let mut at = root;
    while let Some(node) = trees.nodes.get(at) {
        let Some(value) = row.get(usize::from(node.feature)) else { return node.value };
        let left = if node.is_plain() {
            // One comparison for most: a missing value is not below anything.
            *value <= node.value || (value.is_nan() && node.missing_left())
        } else {
            goes_left(trees, node, *value)
        };
        at = if left { at + 1 } else { node.right as usize };
    }
    0.0
}

fn goes_left(trees: &Trees, node: &Node, value: f64) -> bool {
    if value.is_nan() || (node.zero_missing() && value.abs() <= ZERO_MISSING) {
        return node.missing_left();
    }
    if !node.is_categorical() {
        return value <= node.value;
    }
    // A category is the whole part; nothing negative is one.
    let category = value as i64;
    let (at, len) = trees.sets.get(node.value as usize).copied().unwrap_or_default();
    let words = trees.words.get(at as usize..).and_then(|words| words.get(..len as usize));
    u32::try_from(category).is_ok_and(|category| is_in(words.unwrap_or_default(), category))
}

/// The link as XGBoost has it, in single precision throughout.
fn single_link(to: Link, x: f32) -> f32 {
    let single_exp = |x: f32| exp(x.into()) as f32;
    match to {
        Link::Logistic => 1.0 / (single_exp((-x).min(88.7)) + 1.0),
        Link::Exp => single_exp(x),
        _ => link(to, x.into()) as f32,
    }
}
