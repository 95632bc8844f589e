//! XGBoost's JSON form (`Booster.save_model("model.json")`), as of version 3; that of 1.6 and later has the same fields.
//!
//! XGBoost computes in single precision throughout (`src/predictor/`, `src/common/math.h`): inputs, thresholds, the sum
//! (which begins with the base score), and the link. `<` goes left; a category in the set goes right.

use super::plant::{Grown, add_set, plant};
use super::{distinct, index, named};
use anyhow::{Context, bail, ensure};
use attune_engine::math::ln;
use attune_schema::model::{Feature, Kind, Linear, Link, Model, Node, Term, Trees, category_set};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct File {
    learner: Learner,
}

#[derive(Deserialize)]
struct Learner {
    #[serde(default)]
    feature_names: Vec<String>,
    gradient_booster: Value,
    learner_model_param: Parameters,
    objective: Objective,
}

#[derive(Deserialize)]
struct Parameters {
    base_score: String,
    #[serde(default)]
    num_class: String,
    num_feature: String,
    #[serde(default)]
    num_target: String,
}

#[derive(Deserialize)]
struct Objective {
    name: String,
}

#[derive(Deserialize)]
struct Ensemble {
    trees: Vec<Tree>,
}

#[derive(Deserialize)]
struct Tree {
    left_children: Vec<i64>,
    right_children: Vec<i64>,
    split_indices: Vec<i64>,
    split_conditions: Vec<f32>,
    default_left: Vec<Flag>,
    #[serde(default)]
    split_type: Vec<u8>,
    #[serde(default)]
    categories: Vec<u32>,
    #[serde(default)]
    categories_nodes: Vec<usize>,
    #[serde(default)]
    categories_segments: Vec<usize>,
    #[serde(default)]
    categories_sizes: Vec<usize>,
}

/// 0 and 1 in newer files, `false` and `true` in older ones.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Flag {
    Number(u8),
    Truth(bool),
}

impl Flag {
    const fn holds(self) -> bool {
        matches!(self, Self::Number(1..) | Self::Truth(true))
    }
}

/// Reads a model.
///
/// # Errors
/// If it is not of this form, or holds what is not supported: named.
pub fn read(bytes: &[u8]) -> anyhow::Result<Model> {
    // UBJSON begins with an object as JSON does, and then has the type of a length.
    if bytes.starts_with(b"{L")
        || bytes.starts_with(b"{l")
        || bytes.starts_with(b"{i")
        || bytes.starts_with(b"{U")
    {
        bail!(
            "this is XGBoost's binary form (UBJSON): save the model as JSON, `booster.save_model(\"model.json\")`"
        );
    }
    ensure!(
        !bytes.starts_with(b"binf"),
        "this is XGBoost's old binary form: save the model as JSON, `booster.save_model(\"model.json\")`"
    );
    let File { learner } = serde_json::from_slice(bytes).context("not XGBoost's JSON")?;
    let parameters = &learner.learner_model_param;
    let count = |text: &str| text.parse::<usize>().unwrap_or(0);
    for (name, several) in [("num_class", &parameters.num_class), ("num_target", &parameters.num_target)] {
        ensure!(
            count(several) <= 1,
            "{name} is {several}: models of several classes or targets have several scores, and are not supported"
        );
    }
    let objective = learner.objective.name.as_str();
    let link = link(objective)?;
    let base = base_margin(&parameters.base_score, objective, link)?;
    let names = if learner.feature_names.is_empty() {
        (0..count(&parameters.num_feature)).map(|n| format!("f{n}")).collect()
    } else {
        distinct(learner.feature_names)?
    };
    ensure!(
        names.len() == count(&parameters.num_feature),
        "{} feature names for {} features",
        names.len(),
        parameters.num_feature
    );

    let booster = &learner.gradient_booster;
    let mut features = named(names);
    take_levels(&mut features, booster)?;
    let kind = match booster["name"].as_str().unwrap_or_default() {
        "gbtree" => trees(&booster["model"], None, features.len(), base, link)?,
        "dart" => {
            let weights: Vec<f32> = serde_json::from_value(booster["weight_drop"].clone())
                .context("weight_drop is no list of numbers")?;
            trees(&booster["gbtree"]["model"], Some(&weights), features.len(), base, link)?
        }
        "gblinear" => linear(&booster["model"], features.len(), base, link)?,
        other => bail!("booster `{other}` is not supported"),
    };
    Ok(Model { features, items: Vec::new(), kind })
}

/// Texts of a data frame's categories, which files of 3.1 and later keep: features of texts get their levels.
fn take_levels(features: &mut [Feature], booster: &Value) -> anyhow::Result<()> {
    let model = if booster["gbtree"].is_object() { &booster["gbtree"]["model"] } else { &booster["model"] };
    let Some(all) = model["cats"]["enc"].as_array() else { return Ok(()) };
    for (feature, kept) in features.iter_mut().zip(all) {
        let offsets: Vec<usize> = Deserialize::deserialize(&kept["offsets"]).unwrap_or_default();
        if offsets.is_empty() {
            ensure!(
                kept["values"].as_array().is_none_or(Vec::is_empty),
                "the categories of feature `{}` are numbers of a data frame: train on their codes (`.cat.codes`) instead",
                feature.name
            );
            continue;
        }
        let bytes: Vec<i16> = Deserialize::deserialize(&kept["values"]).context("`cats` has no bytes")?;
        let bytes: Vec<u8> = bytes.into_iter().map(|byte| byte as u8).collect();
        for ends in offsets.windows(2) {
            let text = bytes.get(ends[0]..ends[1]).and_then(|text| std::str::from_utf8(text).ok());
            feature.levels.push(
                text.with_context(|| {
                    format!(
                        "the categories of `{}` are no whole texts (XGBoost 3.2 cuts those beyond ASCII): \
                     train on their codes (`.cat.codes`) instead",
                        feature.name
                    )
                })?
                .into(),
            );
        }
    }
    Ok(())
}

fn link(objective: &str) -> anyhow::Result<Link> {
    Ok(match objective {
        "reg:squarederror"
        | "reg:squaredlogerror"
        | "reg:absoluteerror"
        | "reg:pseudohubererror"
        | "reg:linear"
        | "reg:quantileerror"
        | "binary:logitraw"
        | "rank:pairwise"
        | "rank:ndcg"
        | "rank:map" => Link::Identity,
        "binary:logistic" | "reg:logistic" => Link::Logistic,
        "binary:hinge" => Link::Step,
        "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => Link::Exp,
        other => bail!("objective `{other}` is not supported"),
    })
}

/// The base score as the sum begins with it: through the inverse of the link.
fn base_margin(text: &str, objective: &str, link: Link) -> anyhow::Result<f32> {
    let number = text.trim_matches(['[', ']']);
    ensure!(
        !number.contains(','),
        "base_score {text} has several values: models of several targets are not supported"
    );
    let base: f32 = number.parse().with_context(|| format!("base_score `{text}` is not a number"))?;
    Ok(match link {
        Link::Logistic => {
            ensure!(base > 0.0 && base < 1.0, "base_score {base} of {objective} is not within 0 and 1");
            -(ln(f64::from(1.0 / base - 1.0)) as f32)
        }
        Link::Exp => {
            ensure!(base > 0.0, "base_score {base} of {objective} is not above 0");
            ln(f64::from(base)) as f32
        }
        _ => base,
    })
}

/// The greatest single-precision number below `threshold`: `x < threshold` and `x ≤` this are the same.
fn below(threshold: f32) -> f64 {
    f64::from(threshold.next_down())
}

fn trees(
    model: &Value,
    weights: Option<&[f32]>,
    features: usize,
    base: f32,
    link: Link,
) -> anyhow::Result<Kind> {
    let model = Ensemble::deserialize(model).context("the booster has no trees as expected")?;
    let mut trees = Trees {
        single_inputs: true,
        single_sum: true,
        base: base.into(),
        divisor: 1.0,
        slope: 1.0,
        link,
        ..Trees::default()
    };
    for (number, tree) in model.trees.iter().enumerate() {
        let weight = weights.map(|weights| weights.get(number).copied().context("weight_drop is too short"));
        grow(&mut trees, tree, weight.transpose()?.unwrap_or(1.0), features)
            .with_context(|| format!("tree {number}"))?;
    }
    ensure!(!trees.roots.is_empty(), "the model has no trees");
    Ok(Kind::Trees(trees))
}

fn grow(trees: &mut Trees, tree: &Tree, weight: f32, features: usize) -> anyhow::Result<()> {
    let nodes = tree.left_children.len();
    let lengths = [
        tree.right_children.len(),
        tree.split_indices.len(),
        tree.split_conditions.len(),
        tree.default_left.len(),
    ];
    ensure!(lengths.iter().all(|len| *len == nodes), "its lists differ in length");
    plant(trees, 0, nodes, |number, trees| {
        let left = *tree.left_children.get(number).context("it has no nodes")?;
        let value = tree.split_conditions[number];
        if left == -1 {
            return Ok(Grown::Leaf((value * weight).into()));
        }
        let (left, right) = (index(left, nodes, "node")?, index(tree.right_children[number], nodes, "node")?);
        let feature = index(tree.split_indices[number], features, "feature")? as u16;
        let missing_left = tree.default_left[number].holds();
        if tree.split_type.get(number).is_none_or(|kind| *kind == 0) {
            return Ok(Grown::Split {
                node: Node::split(feature, below(value), missing_left, false),
                left,
                right,
            });
        }
        let at = tree.categories_nodes.iter().position(|node| *node == number);
        let (at, len) = at
            .and_then(|at| Some((*tree.categories_segments.get(at)?, *tree.categories_sizes.get(at)?)))
            .with_context(|| format!("node {number} has no categories"))?;
        let categories = at.checked_add(len).and_then(|end| tree.categories.get(at..end));
        let categories =
            categories.with_context(|| format!("node {number}: its categories are not there"))?;
        ensure!(categories.iter().all(|category| *category < 1 << 24), "a category is beyond 2^24");
        let set = add_set(trees, &category_set(categories.iter().copied()));
        // Theirs goes right: the children change places.
        Ok(Grown::Split { node: Node::categories(feature, set, !missing_left), left: right, right: left })
    })
}

fn linear(model: &Value, features: usize, base: f32, link: Link) -> anyhow::Result<Kind> {
    let weights: Vec<f32> =
        serde_json::from_value(model["weights"].clone()).context("weights are no list of numbers")?;
    ensure!(weights.len() == features + 1, "{} weights for {features} features", weights.len());
    let (bias, weights) = weights.split_last().context("there are no weights")?;
    let term = |weight: &f32| Term { offset: 0.0, factor: 1.0, weight: f64::from(*weight) };
    let intercept = f64::from(base) + f64::from(*bias);
    Ok(Kind::Linear(Linear { intercept, terms: weights.iter().map(term).collect(), link }))
}
