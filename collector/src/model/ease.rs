//! Items beside items, trained from who did what: EASE.
//!
//! Steck 2019, *Embarrassingly Shallow Autoencoders for Sparse Data*: with the Gram matrix `G` of the visits and
//! `P = (G + λ I)^-1`, the weight of item i for item j is `-P_ij / P_jj`, and 0 on the diagonal. Each row keeps its
//! heaviest entries, of eight bits with one scale.

use anyhow::{Context, ensure};
use attune_schema::model::{Kind, Model, Neighbours};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Most items: the matrix is dense.
pub const ITEMS: usize = 4_000;

/// How to train.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Strength of regularisation: added to the diagonal of the Gram matrix.
    pub lambda: f64,
    /// Entries kept for each item.
    pub neighbours: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lambda: 100.0, neighbours: 20 }
    }
}

/// Who did what: items by visitor, each once.
#[derive(Debug, Clone, Default)]
pub struct Visits {
    /// Ids, sorted.
    pub items: Vec<String>,
    /// Indexes of each visitor's items.
    pub histories: Vec<Vec<usize>>,
}

impl Visits {
    /// Of pairs of visitor and item.
    #[must_use]
    pub fn of(pairs: &[(String, String)]) -> Self {
        let items: BTreeSet<&str> = pairs.iter().map(|(_, item)| item.as_str()).collect();
        let items: Vec<String> = items.into_iter().map(str::to_owned).collect();
        let mut visitors: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (visitor, item) in pairs {
            if let Ok(index) = items.binary_search(item) {
                visitors.entry(visitor).or_default().insert(index);
            }
        }
        Self { items, histories: visitors.into_values().map(|set| set.into_iter().collect()).collect() }
    }
}

/// Reads a CSV file, plain or gzip.
///
/// # Errors
/// If it cannot be read, or lacks a column.
pub fn read(path: &Path, visitor: &str, item: &str) -> anyhow::Result<Visits> {
    let shown = path.display();
    let text = super::rows::open(path)?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let header = reader.headers().with_context(|| shown.to_string())?.clone();
    let place = |name: &str| {
        let at = header.iter().position(|column| column == name);
        at.with_context(|| format!("{shown}: no column `{name}`"))
    };
    let (visitor, item) = (place(visitor)?, place(item)?);
    let mut pairs = Vec::new();
    for record in reader.records() {
        let record = record.with_context(|| shown.to_string())?;
        let field = |at: usize| record.get(at).unwrap_or_default().to_owned();
        pairs.push((field(visitor), field(item)));
    }
    Ok(Visits::of(&pairs))
}

/// Trains.
///
/// # Errors
/// If there are no items, or too many.
pub fn train(visits: &Visits, settings: Settings) -> anyhow::Result<Model> {
    let n = visits.items.len();
    ensure!(n > 1, "{n} items: there is nothing to learn from");
    ensure!(n <= ITEMS, "{n} items, at most {ITEMS}");
    ensure!(settings.lambda > 0.0, "lambda {} is not above 0", settings.lambda);
    let mut gram = vec![0.0; n * n];
    for history in &visits.histories {
        for i in history {
            for j in history {
                gram[i * n + j] += 1.0;
            }
        }
    }
    for i in 0..n {
        gram[i * n + i] += settings.lambda;
    }
    let inverse = inverse(gram, n).context("the visits do not determine a model: raise lambda")?;
    let weight = |i: usize, j: usize| if i == j { 0.0 } else { -inverse[i * n + j] / inverse[j * n + j] };
    let mut rows = Vec::with_capacity(n);
    let mut greatest = 0.0_f64;
    for i in 0..n {
        let mut row: Vec<(usize, f64)> = (0..n).map(|j| (j, weight(i, j))).collect();
        row.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        row.truncate(settings.neighbours);
        greatest = row.iter().fold(greatest, |most, (_, weight)| most.max(weight.abs()));
        rows.push(row);
    }
    ensure!(greatest > 0.0, "no item goes with another one");
    let scale = greatest / 127.0;
    let rounded = |row: Vec<(usize, f64)>| {
        let mut row: Vec<(u16, i8)> =
            row.into_iter().map(|(item, weight)| (item as u16, (weight / scale).round() as i8)).collect();
        row.retain(|(_, weight)| *weight != 0);
        row.sort_unstable();
        row
    };
    let rows = rows.into_iter().map(rounded).collect();
    let kind = Kind::Neighbours(Neighbours { scale, rows });
    Ok(Model { features: Vec::new(), items: visits.items.clone(), kind })
}

/// The inverse of a symmetric positive definite matrix of `n` rows, by Cholesky's decomposition; none if it is not one.
fn inverse(mut a: Vec<f64>, n: usize) -> Option<Vec<f64>> {
    // a = l lᵀ, in place below the diagonal.
    for j in 0..n {
        let (above, below) = a.split_at_mut((j + 1) * n);
        let row = &mut above[j * n..];
        let pivot = row[j] - row[..j].iter().map(|x| x * x).sum::<f64>();
        if pivot <= 0.0 {
            return None;
        }
        row[j] = pivot.sqrt();
        for other in below.chunks_exact_mut(n) {
            let dot: f64 = other[..j].iter().zip(&row[..j]).map(|(x, y)| x * y).sum();
            other[j] = (other[j] - dot) / row[j];
        }
    }
    // The columns of the inverse, one after the other: l y = e, then lᵀ x = y.
    let mut inverse = vec![0.0; n * n];
    for (e, x) in inverse.chunks_exact_mut(n).enumerate() {
        for i in e..n {
            let dot: f64 = a[i * n + e..i * n + i].iter().zip(&x[e..i]).map(|(l, y)| l * y).sum();
            x[i] = (f64::from(u8::from(i == e)) - dot) / a[i * n + i];
        }
        for i in (0..n).rev() {
            x[i] /= a[i * n + i];
            let known = x[i];
            for (y, l) in x[..i].iter_mut().zip(&a[i * n..i * n + i]) {
                *y -= l * known;
            }
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let n = 12;
        let mut a = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                a[i * n + j] = 1.0 / (1.0 + i.abs_diff(j) as f64) + if i == j { 2.0 } else { 0.0 };
            }
        }
        let inverse = inverse(a.clone(), n).unwrap();
        for i in 0..n {
            for j in 0..n {
                let product: f64 = (0..n).map(|k| a[i * n + k] * inverse[k * n + j]).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-12, "{i} {j}: {product}");
            }
        }
        assert!(super::inverse(vec![1.0, 2.0, 2.0, 1.0], 2).is_none(), "not positive definite");
    }

    #[test]
    fn what_goes_together_is_near() {
        let pair = |visitor: usize, item: &str| (visitor.to_string(), item.to_owned());
        let mut pairs = Vec::new();
        for visitor in 0..50 {
            pairs.extend([pair(visitor, "bread"), pair(visitor, "butter"), pair(50 + visitor, "tea")]);
        }
        let model = train(&Visits::of(&pairs), Settings { lambda: 1.0, neighbours: 2 }).unwrap();
        assert_eq!(model.items, ["bread", "butter", "tea"]);
        let mut scores = [0.0; 3];
        attune_engine::model::score_items(&model, &[0], &[], &mut scores);
        assert!(scores[1] > 0.9 && scores[2] == 0.0, "{scores:?}");
    }
}
