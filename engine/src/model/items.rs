//! Scores of items from a history.

use attune_schema::model::{Factors, Kind, Model, Neighbours, Popularity};

/// Scores every item of `model` into `scores`, which has a place for each; 0 where nothing is known.
///
/// `history` are indexes of items, each once. `row` is as for [`super::score`]: the cohort of a popularity is in it.
pub fn score_items(model: &Model, history: &[usize], row: &[f64], scores: &mut [f64]) {
    scores.fill(0.0);
    score_kind(&model.kind, history, row, scores);
}

fn score_kind(kind: &Kind, history: &[usize], row: &[f64], scores: &mut [f64]) {
    match kind {
        Kind::Neighbours(neighbours) => score_neighbours(neighbours, history, scores),
        Kind::Factors(factors) => score_factors(factors, history, scores),
        Kind::Popularity(popularity) => score_popularity(popularity, row, scores),
        Kind::Switch(kinds) => {
            let reached = kinds.iter().rev().find(|(least, _)| *least as usize <= history.len());
            if let Some((_, kind)) = reached {
                score_kind(kind, history, row, scores);
            }
        }
        Kind::Linear(_) | Kind::Trees(_) | Kind::Scorecard(_) => {}
    }
}

fn score_neighbours(neighbours: &Neighbours, history: &[usize], scores: &mut [f64]) {
    for (item, weight) in history.iter().filter_map(|item| neighbours.rows.get(*item)).flatten() {
        if let Some(score) = scores.get_mut(usize::from(*item)) {
            // Whole numbers far below 2^53: exact in any order.
            *score += f64::from(*weight);
        }
    }
    for score in scores {
        *score *= neighbours.scale;
    }
}

fn score_factors(factors: &Factors, history: &[usize], scores: &mut [f64]) {
    let dimensions = factors.dimensions.min(Factors::DIMENSIONS);
    let mut room = [0_i16; Factors::DIMENSIONS];
    let Some(visitor) = room.get_mut(..dimensions) else { return };
    for item in history {
        let vector = factors.known.chunks_exact(dimensions).nth(*item).unwrap_or_default();
        for (sum, number) in visitor.iter_mut().zip(vector) {
            *sum = sum.saturating_add(i16::from(*number));
        }
    }
    for (score, vector) in scores.iter_mut().zip(factors.scored().chunks_exact(dimensions)) {
        // 2^15 · 2^7 · 2^8 at most: 32 bits hold it.
        let dot: i32 = visitor.iter().zip(vector).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        *score = f64::from(dot) * factors.scale;
    }
}

fn score_popularity(popularity: &Popularity, row: &[f64], scores: &mut [f64]) {
    let value = popularity.feature.and_then(|feature| row.get(feature)).copied().unwrap_or(f64::NAN);
    let others = popularity.counts.len().saturating_sub(1);
    let cohort = if value >= 0.0 { (value as usize).min(others) } else { others };
    let Some(counts) = popularity.counts.get(cohort) else { return };
    let total: f64 = counts.iter().map(|count| f64::from(*count)).sum();
    if total > 0.0 {
        for (score, count) in scores.iter_mut().zip(counts) {
            *score = f64::from(*count) / total;
        }
    }
}

/// Index of the item called `id`.
#[must_use]
pub fn item(model: &Model, id: &str) -> Option<usize> {
    model.items.binary_search_by(|item| item.as_str().cmp(id)).ok()
}
