//! What the lossy form costs.

use anyhow::bail;
use attune_engine::model::score;
use attune_schema::model::{Kind, Model};
use serde::Serialize;

/// Rows whose order is compared pair by pair: so many make 12.5 million pairs.
const COMPARED: usize = 5_000;

/// The difference that rounding made to the scores of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Loss {
    /// Rows of the sample.
    pub rows: usize,
    /// Greatest difference of a score.
    pub greatest_error: f64,
    /// Mean difference of a score.
    pub mean_error: f64,
    /// Share of pairs of rows that the lossy form puts into the other order, among those whose scores differ; of at
    /// most 5,000 rows.
    pub ranking_loss: f64,
}

/// The lossy form of `model`, and what it costs on `rows`.
///
/// # Errors
/// If the model has no lossy form.
pub fn quantise(model: &Model, rows: &[Vec<f64>]) -> anyhow::Result<(Model, Loss)> {
    let Kind::Trees(trees) = &model.kind else {
        bail!("only trees have a lossy form; this is a model of kind {}", model.kind.code());
    };
    if rows.is_empty() {
        bail!("the sample has no rows");
    }
    let lossy = Model { kind: Kind::Trees(trees.quantised()), ..model.clone() };
    let scores =
        |model: &Model| -> Vec<f64> { rows.iter().map(|row| score(model, &mut row.clone())).collect() };
    let (exact, rounded) = (scores(model), scores(&lossy));
    let errors: Vec<f64> = exact.iter().zip(&rounded).map(|(a, b)| (a - b).abs()).collect();
    let loss = Loss {
        rows: rows.len(),
        greatest_error: errors.iter().copied().fold(0.0, f64::max),
        mean_error: errors.iter().sum::<f64>() / errors.len() as f64,
        ranking_loss: ranking_loss(&exact, &rounded),
    };
    Ok((lossy, loss))
}

fn ranking_loss(exact: &[f64], rounded: &[f64]) -> f64 {
    let pairs: Vec<(f64, f64)> = exact.iter().copied().zip(rounded.iter().copied()).take(COMPARED).collect();
    let (mut differing, mut swapped) = (0_u64, 0_u64);
    for (n, a) in pairs.iter().enumerate() {
        for b in &pairs[..n] {
            if a.0 != b.0 {
                differing += 1;
                swapped += u64::from((a.0 < b.0) == (a.1 > b.1) && a.1 != b.1);
            }
        }
    }
    if differing == 0 { 0.0 } else { swapped as f64 / differing as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranking_loss_is_the_share_of_swapped_pairs() {
        assert_eq!(ranking_loss(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]), 0.0);
        assert_eq!(ranking_loss(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), 1.0);
        assert_eq!(ranking_loss(&[1.0, 2.0, 3.0], &[2.0, 1.0, 3.0]), 1.0 / 3.0);
        assert_eq!(
            ranking_loss(&[1.0, 1.0, 2.0], &[5.0, 1.0, 1.0]),
            0.5,
            "equal before says nothing, equal after is no swap"
        );
    }
}
