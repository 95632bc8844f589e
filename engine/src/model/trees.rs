//! Walking trees.

use super::link;
use crate::math::exp;
use attune_schema::model::{Link, Node, Trees, ZERO_MISSING, is_in};
use core::hint::select_unpredictable;

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
    let leaves = trees.roots.chunks(LANES).flat_map(|roots| leaves(trees, roots, row));
    if trees.single_sum {
        let sum = leaves.fold(trees.base as f32, |sum, leaf| sum + leaf as f32);
        return sum.into();
    }
    leaves.fold(trees.base, |sum, leaf| sum + leaf) / trees.divisor
}

/// Trees that are walked at once: a processor waits for the nodes of one while it compares those of the others.
const LANES: usize = 4;

/// The leaves that `row` ends in, of the trees from these roots. Children come after their parents, so that this ends.
fn leaves(trees: &Trees, roots: &[u32], row: &[f64]) -> impl Iterator<Item = f64> {
    let mut places = [usize::MAX; LANES];
    for (place, root) in places.iter_mut().zip(roots) {
        *place = *root as usize;
    }
    let mut walking = true;
    while walking {
        walking = false;
        for place in &mut places {
            let Some(node) = trees.nodes.get(*place) else { continue };
            let Some(value) = row.get(usize::from(node.feature)) else { continue };
            let left = if node.is_plain() {
                // A missing value is not below anything.
                (*value <= node.value) | (value.is_nan() & node.missing_left())
            } else {
                goes_left(trees, node, *value)
            };
            // A processor that guessed would be wrong half of the time.
            *place = select_unpredictable(left, *place + 1, node.right as usize);
            walking = true;
        }
    }
    let value = |place| trees.nodes.get(place).map_or(0.0, |node: &Node| node.value);
    places.into_iter().take(roots.len()).map(value)
}

/// Whether `value` goes left at a split that is not plain; apart, so that the walk of the others stays small.
#[inline(never)]
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
