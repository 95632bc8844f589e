//! Many comparisons: p-values adjusted so that the largest stays a promise.

/// Holm's adjusted p-values (Holm 1979): rejecting those at or below α wrongly rejects any with probability at most α.
/// In the order given; each in 0..=1.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let n = p.len();
    let mut largest = 0.0_f64;
    adjust(p, ascending(p), |rank, p| {
        largest = largest.max((n - rank) as f64 * p).min(1.0);
        largest
    })
}

/// Benjamini and Hochberg's adjusted p-values (1995): of those at or below α, at most a share α is expected to be wrong,
/// for independent or positively dependent tests. In the order given; each in 0..=1.
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let n = p.len();
    let mut order = ascending(p);
    order.reverse();
    let mut smallest = 1.0_f64;
    adjust(p, order, |place, p| {
        smallest = smallest.min(n as f64 / (n - place) as f64 * p);
        smallest
    })
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p.get(*a).unwrap_or(&1.0).total_cmp(p.get(*b).unwrap_or(&1.0)));
    order
}

fn adjust(p: &[f64], order: Vec<usize>, mut step: impl FnMut(usize, f64) -> f64) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    for (place, index) in order.into_iter().enumerate() {
        if let (Some(slot), Some(p)) = (adjusted.get_mut(index), p.get(index)) {
            *slot = step(place, *p);
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-12), "{got:?}, not {want:?}");
    }

    #[test]
    fn worked_by_hand() {
        // Sorted .005 .01 .03 .04; Holm ×4 ×3 ×2 ×1 with a running maximum, BH ×4/1 ×4/2 ×4/3 ×4/4 with a minimum.
        let p = [0.01, 0.04, 0.03, 0.005];
        near(&holm(&p), &[0.03, 0.06, 0.06, 0.02]);
        near(&benjamini_hochberg(&p), &[0.02, 0.04, 0.04, 0.02]);
        assert!(holm(&[]).is_empty());
        near(&holm(&[0.9, 0.8]), &[1.0, 1.0]);
    }
}
