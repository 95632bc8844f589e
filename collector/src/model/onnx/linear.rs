//! `LinearClassifier` and `LinearRegressor`.

use super::message::NodeProto;
use super::{Scale, binary_link, transform};
use anyhow::{bail, ensure};
use attune_schema::model::{Kind, Linear, Link, Term};

/// Of two classes; both may have weights, of which one is the other's negative.
pub(super) fn classifier(node: &NodeProto, features: usize, scale: Option<Scale>) -> anyhow::Result<Kind> {
    let link = binary_link(node)?;
    let (weights, intercepts) = (node.floats("coefficients"), node.floats("intercepts"));
    let double = |numbers: &[f32]| numbers.iter().map(|number| f64::from(*number)).collect::<Vec<_>>();
    let intercept = |n: usize| intercepts.get(n).copied().map_or(0.0, f64::from);
    if weights.len() == features {
        return Ok(linear(double(weights), intercept(0), link, scale));
    }
    ensure!(weights.len() == 2 * features, "{} coefficients for {features} features", weights.len());
    let (first, second) = (double(&weights[..features]), double(&weights[features..]));
    if node.text("post_transform") == "SOFTMAX" {
        // e^b / (e^a + e^b) is the logistic of b - a.
        let weights = first.iter().zip(&second).map(|(a, b)| b - a).collect();
        return Ok(linear(weights, intercept(1) - intercept(0), link, scale));
    }
    Ok(linear(second, intercept(1), link, scale))
}

pub(super) fn regressor(node: &NodeProto, features: usize, scale: Option<Scale>) -> anyhow::Result<Kind> {
    let weights = node.floats("coefficients");
    if weights.len() != features {
        bail!(
            "LinearRegressor has {} coefficients for {features} features: several targets are not supported",
            weights.len()
        );
    }
    let intercept = node.floats("intercepts").first().copied().map_or(0.0, f64::from);
    Ok(linear(weights.iter().map(|weight| f64::from(*weight)).collect(), intercept, transform(node)?, scale))
}

fn linear(weights: Vec<f64>, intercept: f64, link: Link, scale: Option<Scale>) -> Kind {
    let scale = scale.unwrap_or_else(|| vec![(0.0, 1.0); weights.len()]);
    let terms = weights.into_iter().zip(scale);
    let term = |(weight, (offset, factor)): (f64, (f32, f32))| Term {
        offset: offset.into(),
        factor: factor.into(),
        weight,
    };
    Kind::Linear(Linear { intercept, terms: terms.map(term).collect(), link })
}
