//! Keyed hashes to 32 bits: who is held out, who gets which variant, which of two equals goes first.

use crate::math::ln;
use attune_schema::hash::Sip;
use attune_schema::id::VisitorId;

/// One more than the greatest bucket.
pub const BUCKETS: u64 = 1 << 32;

/// Bucket of `unit` for the purpose named by `salt` and `key`, uniform in `0..2^32`.
///
/// SipHash-2-4 with a zero key over `salt, 0, key, 0, unit`; the upper half of its 64 bits.
#[must_use]
pub fn bucket(salt: &str, key: &str, unit: VisitorId) -> u32 {
    bucket_of(salt, &[key], unit)
}

/// [`bucket`] for a key that is told in parts.
#[must_use]
pub fn bucket_of(salt: &str, key: &[&str], unit: VisitorId) -> u32 {
    let mut hash = Sip::new(false);
    hash.write(salt.as_bytes());
    hash.write(&[0]);
    for part in key {
        hash.write(part.as_bytes());
    }
    hash.write(&[0]);
    hash.write(&unit.0.to_be_bytes());
    (hash.finish() >> 32) as u32
}

/// A draw of 64 bits for `unit`: the same hash, with more to tell one draw from another.
#[must_use]
pub fn draw(salt: &str, key: &str, unit: VisitorId, more: [u64; 3]) -> u64 {
    let mut hash = Sip::new(false);
    for text in [salt, "draw", key] {
        hash.write(text.as_bytes());
        hash.write(&[0]);
    }
    hash.write(&unit.0.to_be_bytes());
    for number in more {
        hash.write(&number.to_be_bytes());
    }
    hash.finish() as u64
}

/// First bucket not held out for a share of `percent`; monotone, so raising a share evicts nobody.
#[must_use]
pub fn below(percent: f64) -> u64 {
    ((percent.clamp(0.0, 100.0) / 100.0) * BUCKETS as f64) as u64
}

/// Index of the option that `unit` gets among `(id, weight)`, or `None` if no weight is positive.
///
/// Weighted rendezvous hashing (Wang and Ravishankar 1996; logarithmic weights): each option draws
/// `-ln(u) / weight` by its own id and the smallest wins. Changing one weight moves visitors only from or to
/// that option, and options may come in any order.
pub fn choose(
    salt: &str,
    key: &str,
    unit: VisitorId,
    options: &mut dyn Iterator<Item = (&str, f64)>,
) -> Option<usize> {
    let mut best: Option<(f64, usize)> = None;
    for (index, (id, weight)) in options.enumerate() {
        if weight > 0.0 {
            let u = (f64::from(bucket_of(salt, &[key, "\u{1}", id], unit)) + 0.5) / BUCKETS as f64;
            let draw = -ln(u) / weight;
            if best.is_none_or(|(least, _)| draw < least) {
                best = Some((draw, index));
            }
        }
    }
    best.map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(n: u128) -> impl Iterator<Item = VisitorId> {
        (0..n).map(|i| VisitorId(i * 0x9E37_79B9_7F4A_7C15))
    }

    #[test]
    fn buckets_are_uniform() {
        const N: u128 = 20_000;
        let mut cells = [0u32; 64];
        for unit in units(N) {
            cells[(bucket("s", "k", unit) >> 26) as usize] += 1;
        }
        let expected = N as f64 / 64.0;
        let chi2: f64 = cells.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum();
        assert!(chi2 < 103.4, "chi² {chi2} over 63 degrees of freedom, 0.1 % point 103.4");
    }

    #[test]
    fn raising_a_share_evicts_nobody() {
        for (low, high) in [(0.0, 1.0), (5.0, 5.1), (50.0, 100.0)] {
            for unit in units(2_000) {
                let bucket = u64::from(bucket("s", "holdout", unit));
                assert!(bucket >= below(low) || bucket < below(high));
            }
        }
        assert_eq!(below(100.0), BUCKETS);
        assert_eq!(below(0.0), 0);
    }

    #[test]
    fn weights_are_shares() {
        let mut counts = [0f64; 3];
        for unit in units(20_000) {
            counts[choose("s", "c", unit, &mut [("a", 1.0), ("b", 2.0), ("c", 7.0)].into_iter()).unwrap()] +=
                1.0;
        }
        for (count, share) in counts.into_iter().zip([0.1, 0.2, 0.7]) {
            assert!((count / 20_000.0 - share).abs() < 0.01, "{count} for {share}");
        }
    }

    #[test]
    fn changing_one_weight_moves_visitors_only_from_or_to_that_arm() {
        for unit in units(5_000) {
            let before =
                choose("s", "c", unit, &mut [("a", 1.0), ("b", 1.0), ("c", 1.0)].into_iter()).unwrap();
            let after =
                choose("s", "c", unit, &mut [("a", 1.0), ("b", 3.0), ("c", 1.0)].into_iter()).unwrap();
            assert!(before == after || after == 1);
        }
    }

    #[test]
    fn order_of_arms_does_not_matter() {
        for unit in units(1_000) {
            let one = choose("s", "c", unit, &mut [("a", 1.0), ("b", 2.0)].into_iter()).unwrap();
            let other = choose("s", "c", unit, &mut [("b", 2.0), ("a", 1.0)].into_iter()).unwrap();
            assert_eq!(one, 1 - other);
        }
    }
}
