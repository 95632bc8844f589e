//! LightGBM's text form (`Booster.save_model`), as of version 4.
//!
//! What the numbers mean is in LightGBM's `include/LightGBM/tree.h` (`NumericalDecision`, `CategoricalDecision`) and
//! `src/objective/`: thresholds are doubles and `≤` goes left; a node says what is missing (nothing, zero, NaN) and where
//! that goes; a category that is missing or not in the set goes right; leaves are added tree by tree.

use super::plant::{Grown, add_set, plant};
use super::{distinct, index, named};
use anyhow::{Context, bail, ensure};
use attune_schema::model::{Feature, Kind, Link, Model, Node, Trees};
use std::collections::BTreeMap;

const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;

/// `key=value` lines of one part of the file.
type Fields<'a> = BTreeMap<&'a str, &'a str>;

/// Reads a model.
///
/// # Errors
/// If it is not of this form, or holds what is not supported: named.
pub fn read(text: &str) -> anyhow::Result<Model> {
    let (model, _) =
        text.split_once("end of trees").context("not a whole LightGBM model: no `end of trees`")?;
    let mut parts = model.split("\nTree=");
    let head = parts.next().unwrap_or_default();
    ensure!(head.trim_start().starts_with("tree"), "not a LightGBM model: its first line is not `tree`");
    let fields = fields(head);
    for (field, one) in [("num_class", "1"), ("num_tree_per_iteration", "1")] {
        let value = fields.get(field).copied().unwrap_or(one);
        ensure!(
            value == one,
            "{field} is {value}: models of several classes have several scores, and are not supported"
        );
    }
    let names: Vec<String> = text_of(&fields, "feature_names")?.split(' ').map(str::to_owned).collect();
    let mut features = named(distinct(names)?);
    take_levels(&mut features, &fields, text)?;

    let (link, slope) = link(fields.get("objective").copied().unwrap_or_default())?;
    let mut trees = Trees { divisor: 1.0, slope, link, ..Trees::default() };
    for part in parts {
        let name = part.lines().next().unwrap_or_default().to_owned();
        tree(&mut trees, part, features.len()).with_context(|| format!("tree {name}"))?;
    }
    ensure!(!trees.roots.is_empty(), "the model has no trees");
    if head.lines().any(|line| line.trim() == "average_output") {
        trees.divisor = trees.roots.len() as f64;
    }
    Ok(Model { features, items: Vec::new(), kind: Kind::Trees(trees) })
}

fn fields(part: &str) -> Fields<'_> {
    part.lines().filter_map(|line| line.trim_end().split_once('=')).collect()
}

fn text_of<'a>(fields: &Fields<'a>, name: &str) -> anyhow::Result<&'a str> {
    fields.get(name).copied().with_context(|| format!("`{name}` is missing"))
}

/// A list of numbers; empty where there is none.
fn list<T: std::str::FromStr>(fields: &Fields<'_>, name: &str) -> anyhow::Result<Vec<T>> {
    let text = fields.get(name).copied().unwrap_or_default();
    text.split_ascii_whitespace()
        .map(|number| number.parse().ok().with_context(|| format!("`{name}` has `{number}`, not a number")))
        .collect()
}

/// What becomes of the sum, and what multiplies it before.
fn link(objective: &str) -> anyhow::Result<(Link, f64)> {
    let mut words = objective.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    let sigmoid = || -> anyhow::Result<f64> {
        let found = objective.split_ascii_whitespace().find_map(|word| word.strip_prefix("sigmoid:"));
        let slope: f64 = found.map_or(Ok(1.0), str::parse).context("sigmoid is not a number")?;
        ensure!(slope > 0.0, "sigmoid:{slope} is not above 0");
        Ok(slope)
    };
    Ok(match name {
        "regression" if words.any(|word| word == "sqrt") => (Link::SignedSquare, 1.0),
        // Without an objective, or with one of somebody's own, the sum is the score.
        "" | "custom" | "none" | "regression" | "regression_l1" | "huber" | "fair" | "quantile" | "mape"
        | "lambdarank" | "rank_xendcg" => (Link::Identity, 1.0),
        "binary" => (Link::Logistic, sigmoid()?),
        "cross_entropy" | "xentropy" => (Link::Logistic, 1.0),
        "cross_entropy_lambda" | "xentlambda" => (Link::Softplus, 1.0),
        "poisson" | "gamma" | "tweedie" => (Link::Exp, 1.0),
        other => bail!("objective `{other}` is not supported"),
    })
}

/// pandas' categories, which the file keeps as JSON: features of texts get their levels.
fn take_levels(features: &mut [Feature], fields: &Fields<'_>, text: &str) -> anyhow::Result<()> {
    let Some(json) = text.lines().find_map(|line| line.strip_prefix("pandas_categorical:")) else {
        return Ok(());
    };
    let all: Option<Vec<Vec<serde_json::Value>>> =
        serde_json::from_str(json).context("`pandas_categorical` is not JSON")?;
    let all = all.unwrap_or_default();
    if all.is_empty() {
        return Ok(());
    }
    // Only features of categories are described by a list with colons; one that was never split is `none`.
    let infos: Vec<&str> = text_of(fields, "feature_infos")?.split(' ').collect();
    let categorical: Vec<usize> = infos
        .iter()
        .enumerate()
        .filter(|(_, info)| !info.starts_with('[') && **info != "none")
        .map(|(n, _)| n)
        .collect();
    ensure!(
        categorical.len() == all.len(),
        "`pandas_categorical` has {} lists for {} features of categories: save the model with codes instead",
        all.len(),
        categorical.len()
    );
    for (feature, levels) in categorical.into_iter().zip(all) {
        features[feature].levels = levels
            .into_iter()
            .map(|level| match level {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            })
            .collect();
    }
    Ok(())
}

fn tree(trees: &mut Trees, part: &str, features: usize) -> anyhow::Result<()> {
    let fields = fields(part);
    if fields.get("is_linear").is_some_and(|linear| *linear != "0") {
        bail!("linear trees (`linear_tree=true`) are not supported");
    }
    let leaves: usize = text_of(&fields, "num_leaves")?.parse().context("num_leaves is not a number")?;
    let values: Vec<f64> = list(&fields, "leaf_value")?;
    let split_features: Vec<i64> = list(&fields, "split_feature")?;
    let thresholds: Vec<f64> = list(&fields, "threshold")?;
    let kinds: Vec<u8> = list(&fields, "decision_type")?;
    let (left, right): (Vec<i64>, Vec<i64>) = (list(&fields, "left_child")?, list(&fields, "right_child")?);
    let (bounds, words): (Vec<usize>, Vec<u32>) =
        (list(&fields, "cat_boundaries")?, list(&fields, "cat_threshold")?);
    let splits = leaves.checked_sub(1).context("num_leaves is 0")?;
    let lengths = [split_features.len(), thresholds.len(), kinds.len(), left.len(), right.len()];
    ensure!(values.len() == leaves && lengths.iter().all(|len| *len == splits), "its lists differ in length");

    // Splits are numbered from 0, leaves behind them; the file has `-1 - n` for leaf n.
    let child = |number: i64| -> anyhow::Result<usize> {
        if number < 0 {
            Ok(splits + index(-1 - number, leaves, "leaf")?)
        } else {
            index(number, splits, "node")
        }
    };
    let root = if splits == 0 { splits } else { 0 };
    plant(trees, root, splits + leaves, |number, trees| {
        if number >= splits {
            return Ok(Grown::Leaf(values[number - splits]));
        }
        let (threshold, kind) = (thresholds[number], kinds[number]);
        let feature = index(split_features[number], features, "feature")? as u16;
        let default_left = kind & DEFAULT_LEFT != 0;
        let node = if kind & CATEGORICAL != 0 {
            let set = index(threshold as i64, bounds.len().saturating_sub(1), "set of categories")?;
            let words =
                words.get(bounds[set]..bounds[set + 1]).context("cat_boundaries exceed cat_threshold")?;
            Node::categories(feature, add_set(trees, words), false)
        } else {
            match kind >> 2 & 3 {
                // Without missing values NaN is 0.
                0 => Node::split(feature, threshold, 0.0 <= threshold, false),
                1 => Node::split(feature, threshold, default_left, true),
                2 => Node::split(feature, threshold, default_left, false),
                other => bail!("node {number} has missing type {other}"),
            }
        };
        Ok(Grown::Split { node, left: child(left[number])?, right: child(right[number])? })
    })
}
