//! scikit-learn's models as `skl2onnx` writes them: operators of `ai.onnx.ml` in one line from the input to the score.
//!
//! A `Scaler`, then `LinearClassifier`, `LinearRegressor`, `TreeEnsembleClassifier` or `TreeEnsembleRegressor`. What only
//! reshapes or renames the answer is passed over; any other operator is refused by name. Of two classes the second one's
//! probability is the score.

mod linear;
mod message;
mod trees;

use super::{distinct, named};
use anyhow::{Context, bail, ensure};
use attune_schema::model::{Kind, Link, Model};
use message::{GraphProto, ModelProto, NodeProto};
use prost::Message;

/// A scaler's mean and factor, one a feature: `(x − offset) · scale`.
type Scale = Vec<(f32, f32)>;

/// Reads a model; `names` are those of its features, where the file has one input for all of them.
///
/// # Errors
/// If it is not of this form, or has an operator that is not supported: named.
pub fn read(bytes: &[u8], names: Option<Vec<String>>) -> anyhow::Result<Model> {
    let file = ModelProto::decode(bytes).context("not an ONNX model")?;
    let graph = file.graph.context("not an ONNX model: it has no graph")?;
    let features = features(&graph, names)?;
    let mut scale: Option<Scale> = None;
    let mut kind: Option<Kind> = None;
    for node in &graph.node {
        let after = kind.is_some();
        match node.op_type.as_str() {
            // Several inputs become one row in their order; texts and numbers that already are what they become.
            "Concat" | "FeatureVectorizer" if !after => in_order(node, &graph)?,
            "Identity" => {}
            "Cast" if after => {}
            "Cast" => {
                let to = node.attribute("to").map_or(0, |attribute| attribute.i);
                ensure!(
                    to == 1 || to == 11,
                    "operator `Cast` before the model to type {to}, which is no float"
                );
            }
            "ZipMap"
            | "Normalizer"
            | "Reshape"
            | "Flatten"
            | "Squeeze"
            | "ArrayFeatureExtractor"
            | "ArgMax"
                if after => {}
            "Scaler" if !after && scale.is_none() => scale = Some(scaler(node, features.len())?),
            "LinearClassifier" if !after => {
                kind = Some(linear::classifier(node, features.len(), scale.take())?)
            }
            "LinearRegressor" if !after => {
                kind = Some(linear::regressor(node, features.len(), scale.take())?)
            }
            "TreeEnsembleClassifier" if !after => {
                kind = Some(trees::classifier(node, features.len(), scale.take())?)
            }
            "TreeEnsembleRegressor" if !after => {
                kind = Some(trees::regressor(node, features.len(), scale.take())?)
            }
            other => {
                bail!("operator `{other}` is not supported{}", if after { " behind the model" } else { "" })
            }
        }
    }
    let kind = kind.context("the graph has no linear model and no trees")?;
    Ok(Model { features: named(distinct(features)?), items: Vec::new(), kind })
}

/// Names of the inputs: one for all features, or one each.
fn features(graph: &GraphProto, names: Option<Vec<String>>) -> anyhow::Result<Vec<String>> {
    ensure!(!graph.input.is_empty(), "the graph has no input");
    let mut features = Vec::new();
    for input in &graph.input {
        let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
        let tensor = tensor.with_context(|| format!("input `{}` is no tensor", input.name))?;
        ensure!(
            tensor.elem_type != 8,
            "input `{}` holds texts, which are not supported: encode them first",
            input.name
        );
        let columns = tensor.shape.as_ref().and_then(|shape| shape.dim.get(1)).map_or(0, |dim| dim.dim_value);
        match (columns, graph.input.len()) {
            (0, _) => bail!("input `{}` does not say how many columns it has", input.name),
            (1, 2..) => features.push(input.name.clone()),
            (columns, 1) => features.extend((0..columns).map(|n| format!("f{n}"))),
            _ => features.extend((0..columns).map(|n| format!("{}{n}", input.name))),
        }
    }
    if let Some(names) = names {
        ensure!(names.len() == features.len(), "{} names for {} features", names.len(), features.len());
        features = names;
    }
    Ok(features)
}

/// Whether a concatenation keeps the order of the inputs.
fn in_order(node: &NodeProto, graph: &GraphProto) -> anyhow::Result<()> {
    let inputs: Vec<&str> = graph.input.iter().map(|input| input.name.as_str()).collect();
    let same = node.input.iter().map(String::as_str).eq(inputs.iter().copied());
    ensure!(
        same,
        "operator `{}` does not take the inputs in their order, which is not supported",
        node.op_type
    );
    Ok(())
}

fn scaler(node: &NodeProto, features: usize) -> anyhow::Result<Scale> {
    let spread = |name: &str, default: f32| -> anyhow::Result<Vec<f32>> {
        Ok(match node.floats(name) {
            [] => vec![default; features],
            [one] => vec![*one; features],
            all => {
                ensure!(all.len() == features, "Scaler: {} of {name} for {features} features", all.len());
                all.to_vec()
            }
        })
    };
    Ok(spread("offset", 0.0)?.into_iter().zip(spread("scale", 1.0)?).collect())
}

/// Which of the two classes' scores are there, and what makes a probability of them.
fn binary_link(node: &NodeProto) -> anyhow::Result<Link> {
    let classes = node.ints("classlabels_int64s").len().max(node.ints("classlabels_ints").len());
    let classes = classes.max(node.attribute("classlabels_strings").map_or(0, |labels| labels.strings.len()));
    ensure!(
        classes == 2,
        "{} has {classes} classes: models of several classes have several scores, and are not supported",
        node.op_type
    );
    transform(node)
}

fn transform(node: &NodeProto) -> anyhow::Result<Link> {
    Ok(match node.text("post_transform").as_str() {
        "" | "NONE" => Link::Identity,
        "LOGISTIC" | "SOFTMAX" => Link::Logistic,
        other => bail!("{}: post_transform `{other}` is not supported", node.op_type),
    })
}
