//! A thousand experiments without an effect, looked at after every pair of units.
#![expect(clippy::print_stdout, reason = "a simulation says what it found")]

use attune_stats::arm::{Data, Sums, estimates};
use attune_stats::sequential::between;

const EXPERIMENTS: u64 = 1_000;
const UNITS: u64 = 10_000;
const ALPHA: f64 = 0.05;

/// How many of [`EXPERIMENTS`] with two equal arms of [`UNITS`] each ever raise an alarm: by the sequential interval,
/// and by the test for one look (|z| above 1.96) from as many units on.
fn alarms(share: bool, draw: impl Fn(&mut fastrand::Rng) -> f64) -> (u64, u64) {
    let (mut sequential, mut naive) = (0, 0);
    for seed in 0..EXPERIMENTS {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut arms = [(Sums::default(), 0); 2];
        let (mut alarmed, mut fooled) = (false, false);
        for units in 1..=UNITS {
            for (sums, conversions) in &mut arms {
                let value = draw(&mut rng);
                sums.push(value, 1.0, 0.0).unwrap();
                *conversions += u64::from(value == 1.0);
            }
            let [a, b] = arms.map(
                |(sums, conversions)| {
                    if share { Data::Counts { units, conversions } } else { Data::Sums(sums) }
                },
            );
            let (both, _) = estimates(&[("a", a), ("b", b)], false).unwrap();
            let (control, treated) = (both[0].unwrap(), both[1].unwrap());
            if let Some(seen) = between((&a, &control), (&b, &treated), ALPHA) {
                alarmed |= seen.p <= ALPHA;
                let deviation = (control.variance() + treated.variance()).sqrt();
                fooled |= (treated.value - control.value).abs() > 1.96 * deviation;
            }
        }
        sequential += u64::from(alarmed);
        naive += u64::from(fooled);
    }
    println!("{sequential} and {naive} wrong alarms of {EXPERIMENTS}");
    (sequential, naive)
}

fn check(alarms: (u64, u64)) {
    let (sequential, naive) = alarms;
    assert!(sequential as f64 <= ALPHA * EXPERIMENTS as f64, "{sequential} of {EXPERIMENTS} wrong alarms");
    assert!(naive as f64 > 4.0 * ALPHA * EXPERIMENTS as f64, "peeking at one-look tests hurts: {naive}");
}

#[test]
fn normal_values() {
    // Twelve uniform draws less six (Irwin–Hall).
    check(alarms(false, |rng| (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0));
}

#[test]
fn one_in_twenty_converts() {
    check(alarms(true, |rng| f64::from(u8::from(rng.f64() < 0.05))));
}

#[test]
fn money_with_a_long_tail() {
    // Nine in ten spend nothing, the others exponentially.
    check(alarms(false, |rng| if rng.f64() < 0.9 { 0.0 } else { -(1.0 - rng.f64()).ln() * 50.0 }));
}
