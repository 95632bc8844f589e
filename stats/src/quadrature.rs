//! Integrals by Gauss's formula on pieces.

/// Positive nodes and weights of the 16-point Gauss–Legendre formula on `[-1, 1]` (Abramowitz & Stegun, table 25.4).
const NODES: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_7, 0.149_595_988_816_576_73),
    (0.755_404_408_355_003, 0.124_628_971_255_533_87),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_89),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
];

/// `∫ f` over the pieces between consecutive `breaks`, which are sorted.
pub(crate) fn integrate(breaks: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let mut sum = 0.0;
    for pair in breaks.windows(2) {
        let [low, high] = *pair else { continue };
        let (centre, half) = (f64::midpoint(low, high), (high - low) / 2.0);
        if half > 0.0 {
            for (node, weight) in NODES {
                sum += half * weight * (f(centre - half * node) + f(centre + half * node));
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_for_polynomials_and_close_for_bells() {
        assert!((integrate(&[0.0, 2.0], |x| x.powi(31)) - 2f64.powi(32) / 32.0).abs() < 1e-6);
        let breaks: Vec<f64> = (-8..=8).map(f64::from).collect();
        let bell = integrate(&breaks, |x| (-x * x / 2.0).exp());
        assert!((bell - (2.0 * std::f64::consts::PI).sqrt()).abs() < 1e-13, "{bell}");
    }
}
