//! How long things take.

use attune_schema::question::{Bar, Times};
use attune_schema::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// Lower bounds of a histogram's bars, the same for every question, so that answers can be compared.
const BOUNDS_MS: [i64; 14] = [
    0,
    SECOND_MS,
    10 * SECOND_MS,
    30 * SECOND_MS,
    MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    HOUR_MS,
    6 * HOUR_MS,
    DAY_MS,
    3 * DAY_MS,
    7 * DAY_MS,
    30 * DAY_MS,
    90 * DAY_MS,
];

/// Of durations in milliseconds, exactly; `None` of none.
pub(crate) fn times(mut durations: Vec<u64>) -> Option<Times> {
    durations.sort_unstable();
    let count = durations.len();
    // The nearest rank: the smallest value that so many are not above.
    let rank = |tenths: usize| durations.get((count * tenths).div_ceil(10).saturating_sub(1)).copied();
    let (median_ms, p90_ms) = rank(5).zip(rank(9))?;
    let bounds = BOUNDS_MS.map(|bound| bound as u64);
    let ends = bounds.iter().skip(1).copied().map(Some).chain([None]);
    let bars = bounds.iter().zip(ends).map(|(from, to)| {
        let below = |bound: u64| durations.partition_point(|duration| *duration < bound);
        Bar { from_ms: *from, to_ms: to, count: (to.map_or(count, below) - below(*from)) as u64 }
    });
    let histogram = bars.filter(|bar| bar.count > 0).collect();
    Some(Times { count: count as u64, median_ms, p90_ms, histogram })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_nearest_and_bars_are_half_open() {
        assert_eq!(times(vec![]), None);
        let one = times(vec![1_000]).unwrap();
        assert_eq!((one.median_ms, one.p90_ms), (1_000, 1_000));
        assert_eq!(one.histogram, [Bar { from_ms: 1_000, to_ms: Some(10_000), count: 1 }]);
        let ten = times((1..=10).rev().collect()).unwrap();
        assert_eq!((ten.count, ten.median_ms, ten.p90_ms), (10, 5, 9));
        let long = times(vec![u64::MAX, 999, 0]).unwrap();
        assert_eq!(long.median_ms, 999);
        assert_eq!(long.histogram.iter().map(|bar| bar.count).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(long.histogram[1].to_ms, None);
    }
}
