//! The only home of transcendental functions.
//!
//! The standard library's differ between native and Wasm by units in the last place for 5–12 % of inputs,
//! enough to flip a tie. Ours are series of the four basic operations, which are the same everywhere; a library's
//! tables and polynomials would be several times the Wasm.

/// What is left of `points` after `elapsed_ms`, halving every `half_life_ms`; nothing is gained backwards in time.
#[must_use]
pub fn decay(points: f64, elapsed_ms: i64, half_life_ms: i64) -> f64 {
    if elapsed_ms <= 0 || half_life_ms <= 0 {
        return points;
    }
    points * half_to_the(elapsed_ms as f64 / half_life_ms as f64)
}

/// `2^-x` for `x ≥ 0`, exact for whole `x`. A series rather than `libm::exp2`, whose table is 4 kB.
fn half_to_the(x: f64) -> f64 {
    if x > 1_000.0 {
        return 0.0;
    }
    let whole = x as u64;
    let power = f64::from_bits((1_023 - whole) << 52);
    let y = (whole as f64 - x) * core::f64::consts::LN_2;
    // Horner's scheme for e^y; the first term left out is below 2^-57.
    let mut sum = 1.0;
    let mut n = 18.0;
    while n > 0.0 {
        sum = 1.0 + sum * y / n;
        n -= 1.0;
    }
    power * sum
}

/// `e^x`, within two units in the last place; 0 and infinity beyond the range of doubles.
#[must_use]
pub fn exp(x: f64) -> f64 {
    // ln 2 in two parts, of which the first has enough zeros behind it that a power times it is exact.
    const HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
    const LOW: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);
    if x.is_nan() {
        return x;
    }
    if x > 709.782_712_893_384 {
        return f64::INFINITY;
    }
    if x < -745.2 {
        return 0.0;
    }
    let powers = x / core::f64::consts::LN_2;
    let whole = (powers + if powers < 0.0 { -0.5 } else { 0.5 }) as i64;
    let rest = x - whole as f64 * HIGH - whole as f64 * LOW;
    // Horner's scheme, as above; the first term left out is below 2^-62.
    let mut sum = 1.0;
    let mut n = 14.0;
    while n > 0.0 {
        sum = 1.0 + sum * rest / n;
        n -= 1.0;
    }
    // In two steps: a power below the least normal one has no bits of its own.
    let power = |n: i64| f64::from_bits(((1_023 + n) as u64) << 52);
    sum * power(whole / 2) * power(whole - whole / 2)
}

/// Natural logarithm of a positive number (neither subnormal nor infinite).
#[must_use]
pub fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut power = (bits >> 52) as f64 - 1_023.0;
    let mut part = f64::from_bits(bits & ((1 << 52) - 1) | 1_023 << 52);
    if part > 1.5 {
        part /= 2.0;
        power += 1.0;
    }
    // ln(part) is twice the inverse hyperbolic tangent of z; the first term left out is below 2^-60.
    let z = (part - 1.0) / (part + 1.0);
    let mut sum = 0.0;
    let mut n = 25.0;
    while n > 0.0 {
        sum = sum * z * z + 1.0 / n;
        n -= 2.0;
    }
    power * core::f64::consts::LN_2 + 2.0 * z * sum
}

/// `score` in millionths, rounded half away from zero and saturated: how scores leave the engine.
#[must_use]
pub fn to_micros(score: f64) -> i64 {
    let micros = score * 1e6;
    let whole = micros as i64;
    let rest = micros - whole as f64;
    whole.saturating_add(i64::from(rest >= 0.5) - i64::from(rest <= -0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_as_good_as_a_table() {
        for n in 0..20_000 {
            let x = f64::from(n) / 1_000.0;
            let (ours, theirs) = (half_to_the(x), libm::exp2(-x));
            assert!((ours - theirs).abs() <= 4.0 * f64::EPSILON * theirs, "{x}: {ours} and {theirs}");
        }
        assert_eq!(half_to_the(1e9), 0.0);
    }

    #[test]
    fn exponentials_are_as_good_as_a_library_s() {
        for n in -745_000..709_700 {
            let x = f64::from(n) / 1_000.0;
            let (ours, theirs) = (exp(x), libm::exp(x));
            let unit = (theirs * f64::EPSILON).max(f64::from_bits(1));
            assert!((ours - theirs).abs() <= 2.0 * unit, "{x}: {ours} and {theirs}");
        }
        assert_eq!((exp(0.0), exp(-1e9), exp(1e9)), (1.0, 0.0, f64::INFINITY));
        assert!(exp(f64::NAN).is_nan());
    }

    #[test]
    fn logarithms_are_as_good_as_a_library_s() {
        for n in 1..20_000 {
            for x in [f64::from(n) / 20_000.0, f64::from(n), 1.0 - f64::from(n) * 1e-10, f64::from(n) * 1e-12]
            {
                let (ours, theirs) = (ln(x), libm::log(x));
                assert!(
                    (ours - theirs).abs() <= 4.0 * f64::EPSILON * theirs.abs(),
                    "{x}: {ours} and {theirs}"
                );
            }
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn decay_halves() {
        assert_eq!(decay(8.0, 14, 14), 4.0);
        assert_eq!(decay(8.0, 28, 14), 2.0);
        assert_eq!(decay(8.0, -5, 14), 8.0);
    }

    #[test]
    fn scores_round_half_away_and_saturate() {
        assert_eq!(to_micros(1.0), 1_000_000);
        assert_eq!(to_micros(-0.000_000_5), -1);
        assert_eq!(to_micros(f64::MIN), i64::MIN);
        for n in -4_000..4_000 {
            let score = f64::from(n) / 3.0 * 1e-7;
            assert_eq!(to_micros(score), libm::round(score * 1e6) as i64);
        }
        assert_eq!(to_micros(f64::MAX), i64::MAX);
        assert_eq!(to_micros(f64::NAN), 0);
    }
}
