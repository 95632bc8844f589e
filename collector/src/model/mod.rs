//! Other libraries' models → [`attune_schema::model`], and rows to score them with.
//!
//! Importing is lossless: what cannot be kept to the last bit of the library's own arithmetic is refused by name.
//! [`quantise`] is the lossy form, on request.

pub mod ease;
pub mod json;
pub mod lightgbm;
pub mod onnx;
mod plant;
pub mod quantise;
pub mod rows;
pub mod xgboost;

use attune_schema::model::{Feature, Kind, Model};
use serde::Serialize;

/// A library's whole number as an index below `bound`.
fn index(value: i64, bound: usize, what: &str) -> anyhow::Result<usize> {
    usize::try_from(value)
        .ok()
        .filter(|index| *index < bound)
        .ok_or_else(|| anyhow::anyhow!("{what} {value} is not among {bound}"))
}

/// Features by name, without levels.
fn named(names: impl IntoIterator<Item = String>) -> Vec<Feature> {
    names.into_iter().map(|name| Feature { name, levels: Vec::new() }).collect()
}

/// Names that differ, so that rows and inputs can say which one they mean.
fn distinct(names: Vec<String>) -> anyhow::Result<Vec<String>> {
    let mut seen = std::collections::BTreeSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(name) => anyhow::bail!("two features are called `{name}`"),
        None => Ok(names),
    }
}

/// What a model is, for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Stable word for the kind.
    pub kind: &'static str,
    /// What becomes of the sum; none of items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<&'static str>,
    /// Names of features, in the order of a row.
    pub features: Vec<String>,
    /// Features whose values are texts, and how many each has.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub levels: std::collections::BTreeMap<String, usize>,
    /// Trees, where it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trees: Option<usize>,
    /// Leaves of all trees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaves: Option<usize>,
    /// Whether leaves and thresholds were rounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantised: Option<bool>,
    /// Items that it scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<usize>,
    /// As it is kept.
    pub bytes: usize,
    /// As it travels.
    pub brotli_bytes: usize,
}

impl Summary {
    /// Of `model`.
    ///
    /// # Errors
    /// If it cannot be compressed.
    pub fn of(model: &Model) -> anyhow::Result<Self> {
        let bytes = model.to_bytes();
        let (trees, link) = match &model.kind {
            Kind::Trees(trees) => (Some(trees), Some(trees.link)),
            Kind::Linear(linear) => (None, Some(linear.link)),
            Kind::Scorecard(card) => (None, Some(card.link)),
            _ => (None, None),
        };
        let with_levels = model.features.iter().filter(|feature| !feature.levels.is_empty());
        Ok(Self {
            kind: model.kind.code(),
            link: link.map(attune_schema::model::Link::code),
            features: model.features.iter().map(|feature| feature.name.clone()).collect(),
            levels: with_levels.map(|feature| (feature.name.clone(), feature.levels.len())).collect(),
            trees: trees.map(|trees| trees.roots.len()),
            leaves: trees.map(|trees| trees.nodes.iter().filter(|node| node.is_leaf()).count()),
            quantised: trees.map(|trees| trees.leaf_step > 0.0),
            items: model.kind.is_of_items().then_some(model.items.len()),
            bytes: bytes.len(),
            brotli_bytes: compressed(&bytes)?,
        })
    }
}

/// Size of `bytes` under brotli at its best: what is in them, whichever way they travel.
fn compressed(bytes: &[u8]) -> anyhow::Result<usize> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
    Ok(out.len())
}
