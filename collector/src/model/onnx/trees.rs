//! `TreeEnsembleClassifier` and `TreeEnsembleRegressor`: inputs and thresholds of single precision, or all of double
//! where the attributes end in `_as_tensor`.

use super::super::index;
use super::super::plant::{Grown, plant};
use super::message::NodeProto;
use super::{Scale, binary_link, transform};
use anyhow::{Context, bail, ensure};
use attune_schema::model::{Kind, Link, Node, Trees};
use std::collections::BTreeMap;

/// Numbers of single precision as they are, or of double from the tensor beside them; and whether they were single.
fn numbers(node: &NodeProto, name: &str) -> anyhow::Result<(Vec<f64>, bool)> {
    let Some(tensor) =
        node.attribute(&format!("{name}_as_tensor")).and_then(|attribute| attribute.t.as_ref())
    else {
        return Ok((node.floats(name).iter().map(|number| f64::from(*number)).collect(), true));
    };
    ensure!(tensor.data_type == 11, "{name}_as_tensor is of type {}, not of doubles", tensor.data_type);
    let raw = tensor.raw_data.as_chunks().0.iter().map(|chunk| f64::from_le_bytes(*chunk));
    Ok((tensor.double_data.iter().copied().chain(raw).collect(), false))
}

/// Of two classes: leaves have a weight of one of them, or of both.
pub(super) fn classifier(node: &NodeProto, features: usize, scale: Option<Scale>) -> anyhow::Result<Kind> {
    let link = binary_link(node)?;
    let classes = node.ints("class_ids");
    let both = classes.contains(&0) && classes.contains(&1);
    let softmax = node.text("post_transform") == "SOFTMAX";
    ensure!(both || !softmax, "post_transform `SOFTMAX` with weights of one class is not supported");
    ensure!(
        !both || softmax || link == Link::Identity,
        "post_transform `LOGISTIC` with weights of both classes is not supported"
    );
    let sign = |class: i64| match (both, class) {
        (false, _) | (true, 1) => 1.0,
        // The other class's weight counts against, or not at all where both are probabilities already.
        _ if softmax => -1.0,
        _ => 0.0,
    };
    let (weights, _) = numbers(node, "class_weights")?;
    let (base, _) = numbers(node, "base_values")?;
    let base = match base.as_slice() {
        [] => 0.0,
        [one] => *one,
        [a, b] if both && softmax => b - a,
        [_, b] => *b,
        several => bail!("{} base values for two classes", several.len()),
    };
    let leaves = weighed(node, ["class_treeids", "class_nodeids"], classes, &weights, sign)?;
    grow(node, features, scale, &leaves, base, link)
}

pub(super) fn regressor(node: &NodeProto, features: usize, scale: Option<Scale>) -> anyhow::Result<Kind> {
    let targets = node.attribute("n_targets").map_or(1, |attribute| attribute.i);
    ensure!(
        targets == 1,
        "n_targets is {targets}: models of several targets have several scores, and are not supported"
    );
    let (weights, _) = numbers(node, "target_weights")?;
    let (base, _) = numbers(node, "base_values")?;
    let leaves =
        weighed(node, ["target_treeids", "target_nodeids"], node.ints("target_ids"), &weights, |_| 1.0)?;
    grow(node, features, scale, &leaves, base.first().copied().unwrap_or(0.0), transform(node)?)
}

/// Values of leaves by tree and node.
fn weighed(
    node: &NodeProto,
    [trees, nodes]: [&str; 2],
    ids: &[i64],
    weights: &[f64],
    sign: impl Fn(i64) -> f64,
) -> anyhow::Result<BTreeMap<(i64, i64), f64>> {
    let (trees, nodes) = (node.ints(trees), node.ints(nodes));
    let len = weights.len();
    ensure!(trees.len() == len && nodes.len() == len && ids.len() == len, "lists of leaves differ in length");
    let mut leaves = BTreeMap::new();
    for n in 0..len {
        *leaves.entry((trees[n], nodes[n])).or_insert(0.0) += sign(ids[n]) * weights[n];
    }
    Ok(leaves)
}

fn grow(
    node: &NodeProto,
    features: usize,
    scale: Option<Scale>,
    leaves: &BTreeMap<(i64, i64), f64>,
    base: f64,
    link: Link,
) -> anyhow::Result<Kind> {
    let (values, single) = numbers(node, "nodes_values")?;
    ensure!(single || scale.is_none(), "a Scaler before trees of double precision is not supported");
    let modes = node.attribute("nodes_modes").map_or(&[][..], |attribute| attribute.strings.as_slice());
    let (trees, ids) = (node.ints("nodes_treeids"), node.ints("nodes_nodeids"));
    let (yes, no) = (node.ints("nodes_truenodeids"), node.ints("nodes_falsenodeids"));
    let tests = node.ints("nodes_featureids");
    let tracks = node.ints("nodes_missing_value_tracks_true");
    let len = ids.len();
    let lengths = [trees.len(), yes.len(), no.len(), tests.len(), values.len(), modes.len()];
    ensure!(lengths.iter().all(|other| *other == len), "lists of nodes differ in length");

    let mut places: BTreeMap<(i64, i64), usize> = BTreeMap::new();
    let mut roots: Vec<usize> = Vec::new();
    for n in 0..len {
        if n == 0 || trees[n] != trees[n - 1] {
            roots.push(n);
        }
        ensure!(places.insert((trees[n], ids[n]), n).is_none(), "tree {} has two nodes {}", trees[n], ids[n]);
    }
    let mut all = Trees { single_inputs: single, base, divisor: 1.0, slope: 1.0, link, ..Trees::default() };
    match node.text("aggregate_function").as_str() {
        "" | "SUM" => {}
        // The base counts whole.
        "AVERAGE" if base == 0.0 => all.divisor = roots.len() as f64,
        other => bail!("aggregate_function `{other}` is not supported"),
    }
    for root in roots {
        plant(&mut all, root, len, |n, _| {
            let place = |id: i64| {
                let at = places.get(&(trees[n], id)).copied();
                at.with_context(|| format!("tree {} has no node {id}", trees[n]))
            };
            let mode = String::from_utf8_lossy(&modes[n]);
            if mode == "LEAF" {
                return Ok(Grown::Leaf(leaves.get(&(trees[n], ids[n])).copied().unwrap_or(0.0)));
            }
            let feature = index(tests[n], features, "feature")?;
            let missing_true = tracks.get(n).is_some_and(|tracks| *tracks == 1);
            let (yes, no) = (place(yes[n])?, place(no[n])?);
            // A test is `≤`, or the opposite of one with its children in the other order.
            let (threshold, opposite) = match &*mode {
                "BRANCH_LEQ" => (values[n], false),
                "BRANCH_LT" => (below(values[n], single), false),
                "BRANCH_GT" => (values[n], true),
                "BRANCH_GTE" => (below(values[n], single), true),
                other => bail!("nodes of mode `{other}` are not supported"),
            };
            let scaling = scale.as_ref().and_then(|scale| scale.get(feature)).copied();
            let threshold = scaling.map_or(Ok(threshold), |by| unscaled(threshold as f32, by))?;
            let node = Node::split(feature as u16, threshold, missing_true != opposite, false);
            let (left, right) = if opposite { (no, yes) } else { (yes, no) };
            Ok(Grown::Split { node, left, right })
        })?;
    }
    ensure!(!all.roots.is_empty(), "the model has no trees");
    Ok(Kind::Trees(all))
}

/// The greatest number below.
fn below(threshold: f64, single: bool) -> f64 {
    if single { f64::from((threshold as f32).next_down()) } else { threshold.next_down() }
}

/// The greatest `x` whose scaled value is not above `threshold`: found among all numbers of single precision, so that
/// rows need no scaling and every one of them goes the same way.
fn unscaled(threshold: f32, (offset, scale): (f32, f32)) -> anyhow::Result<f64> {
    ensure!(scale > 0.0, "Scaler: the factor {scale} before trees is not above 0");
    let number = |order: u32| f32::from_bits(if order >> 31 == 1 { order ^ (1 << 31) } else { !order });
    let order =
        |value: f32| if value.is_sign_negative() { !value.to_bits() } else { value.to_bits() | 1 << 31 };
    let (mut low, mut high) = (order(f32::MIN), order(f32::MAX));
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if (number(middle) - offset) * scale <= threshold { low = middle } else { high = middle - 1 }
    }
    Ok(number(low).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_is_taken_out_of_a_threshold_to_the_last_bit() {
        for (threshold, offset, scale) in
            [(0.3_f32, 81.5_f32, 0.013_f32), (-1.7, -3.25, 12.5), (0.0, 0.1, 1.0)]
        {
            let x = unscaled(threshold, (offset, scale)).unwrap() as f32;
            assert!((x - offset) * scale <= threshold);
            assert!((x.next_up() - offset) * scale > threshold);
        }
    }
}
