//! What is expected of a figure by its own past. Pure.
//!
//! Let `x(t)` be the figure and `w` one week. The same interval of `i` weeks before, moved to today's level, is
//! `y(i) = x(t - i·w) · r(i)`, where `r(i)` is the median of `x(t - j) / x(t - j - i·w)` over the intervals `j` of the last
//! week, weighted by what they are divided by: hours are compared with the same hours, so that neither season nor an
//! outage is taken for growth. Expected is the median `m` of the `y(i)`; the spread is
//! `s = max(1.4826 · median |y(i) - m|, √max(m, 1))`, which for normal noise is its standard deviation, and never less
//! than that of a count; the band is `m ± width · s`, not below zero. Intervals in a gap and beside one are nobody's
//! past and have no band.

use attune_schema::question::{AlertRule, Sensed, Side};

/// From how many values at least something is expected.
const LEAST: usize = 3;
/// A silent interval is a gap if at least so many events of any kind were expected.
const HEARD: f64 = 5.0;

/// What is expected of one interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Band {
    pub(super) expected: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The middle of the values, or half-way between the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// How the week before `at` compares with the one `back` intervals earlier; 1 if nothing can be compared.
fn growth(counts: &[u64], gaps: &[bool], at: usize, week: usize, back: usize) -> f64 {
    let pairs = (at.saturating_sub(week)..at).filter_map(|now| {
        let then = now.checked_sub(back)?;
        let comparable = !gaps[now] && !gaps[then] && counts[then] > 0;
        comparable.then(|| (counts[now] as f64 / counts[then] as f64, counts[then]))
    });
    let mut ratios: Vec<(f64, u64)> = pairs.collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: u64 = ratios.iter().map(|(_, weight)| weight).sum();
    let mut below = 0;
    let middle = ratios.into_iter().find(|(_, weight)| {
        below += weight;
        below * 2 >= all
    });
    middle.map_or(1.0, |(ratio, _)| ratio)
}

/// What is expected of the interval `at` of a figure, `week` intervals being a week, from `weeks` weeks before.
pub(super) fn band(
    counts: &[u64],
    gaps: &[bool],
    at: usize,
    week: usize,
    weeks: usize,
    width: f64,
) -> Option<Band> {
    if gaps[at] {
        return None;
    }
    let past = (1..=weeks)
        .map(|weeks| weeks * week)
        .filter(|back| at.checked_sub(*back).is_some_and(|then| !gaps[then]));
    let moved = past.map(|back| counts[at - back] as f64 * growth(counts, gaps, at, week, back));
    let values: Vec<f64> = moved.collect();
    if values.len() < LEAST {
        return None;
    }
    let expected = median(values.clone())?;
    let apart = median(values.iter().map(|value| (value - expected).abs()).collect())?;
    let spread = (1.4826 * apart).max(expected.max(1.0).sqrt());
    Some(Band { expected, low: (expected - width * spread).max(0.0), high: expected + width * spread })
}

/// Intervals in which the site sent nothing although something was expected, and those beside them, in which it may
/// have sent for a part only.
pub(super) fn gaps(all: &[u64], week: usize, weeks: usize) -> Vec<bool> {
    let mut silent = vec![false; all.len()];
    for at in 0..all.len() {
        if all[at] > 0 {
            continue;
        }
        let past: Vec<f64> = (1..=weeks)
            .filter_map(|back| at.checked_sub(back * week))
            .filter(|index| !silent[*index])
            .map(|index| all[index] as f64)
            .collect();
        silent[at] = median(past).is_some_and(|expected| expected >= HEARD);
    }
    let beside = |at: usize| {
        at.checked_sub(1).is_some_and(|before| silent[before]) || silent.get(at + 1) == Some(&true)
    };
    (0..all.len()).map(|at| silent[at] || beside(at)).collect()
}

/// What is nobody's past: gaps, and everything up to a figure's first interval, which may be a part of one. Nothing is
/// expected of what is new.
pub(super) fn no_past(counts: &[u64], gaps: &[bool]) -> Vec<bool> {
    let first = counts.iter().position(|count| *count > 0).unwrap_or(counts.len());
    gaps.iter().enumerate().map(|(at, gap)| *gap || at <= first).collect()
}

/// What a figure is taken for.
pub(super) fn judge(count: u64, band: Option<Band>, gap: bool) -> Sensed {
    match band {
        _ if gap => Sensed::Gap,
        None => Sensed::Unknown,
        Some(band) if count as f64 > band.high => Sensed::Above,
        Some(band) if (count as f64) < band.low => Sensed::Below,
        Some(_) => Sensed::Expected,
    }
}

/// Where a rule comes true: the first of the intervals in a row, the one at whose end it is told, and the first after
/// it that is judged otherwise. What is not judged neither goes on with a row nor ends it.
pub(super) fn alerts(rule: &AlertRule, points: &[(Sensed, f64)]) -> Vec<(usize, usize, Option<usize>)> {
    let asked = rule.intervals.unwrap_or(1).max(1);
    let wanted = |(state, apart): &(Sensed, f64)| {
        let side = match rule.side {
            Side::Either => matches!(state, Sensed::Above | Sensed::Below),
            Side::Above => *state == Sensed::Above,
            Side::Below => *state == Sensed::Below,
        };
        side && rule.difference.is_none_or(|least| apart.abs() >= least)
    };
    let mut found = Vec::new();
    let mut row: Option<(usize, u32)> = None;
    for (at, point) in points.iter().enumerate() {
        if matches!(point.0, Sensed::Gap | Sensed::Unknown) {
            continue;
        }
        if wanted(point) {
            let (since, length) = row.map_or((at, 1), |(since, length)| (since, length + 1));
            row = Some((since, length));
            if length == asked {
                found.push((since, at, None));
            }
        } else if let Some((_, length)) = row.take()
            && length >= asked
            && let Some(last) = found.last_mut()
        {
            last.2 = Some(at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: usize = 168;

    /// Ten weeks by the hour: days and nights, quieter week-ends, growing by `growth` a week, noise that repeats never.
    fn series(growth: f64) -> Vec<u64> {
        let mut seed = 1_u64;
        (0..10 * WEEK)
            .map(|hour| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let noise = ((seed >> 33) % 2_001) as f64 / 1_000.0 - 1.0;
                let (of_day, day) = (hour % 24, hour / 24 % 7);
                let base =
                    if (8..22).contains(&of_day) { 400.0 } else { 40.0 } * if day < 5 { 1.0 } else { 0.4 };
                let level: f64 = base * growth.powf(hour as f64 / WEEK as f64);
                (level + noise * level.sqrt()).round() as u64
            })
            .collect()
    }

    fn states(counts: &[u64], from: usize) -> Vec<Sensed> {
        let gaps = gaps(counts, WEEK, 8);
        let judged = |at| judge(counts[at], band(counts, &gaps, at, WEEK, 8, 3.5), gaps[at]);
        (from..counts.len()).map(judged).collect()
    }

    #[test]
    fn days_nights_week_ends_and_growth_are_expected() {
        for growth in [1.0, 1.1, 0.9] {
            let found = states(&series(growth), 8 * WEEK);
            let odd = found.iter().filter(|state| **state != Sensed::Expected).count();
            assert_eq!(odd, 0, "growth {growth}: {odd} of {}", found.len());
        }
    }

    #[test]
    fn a_peak_and_a_hole_are_found_where_they_are() {
        let mut counts = series(1.0);
        let noon = 9 * WEEK + 12;
        counts[noon] *= 2;
        counts[noon + 24] /= 2;
        // As much as by day, at night.
        counts[noon + 12] = 400;
        let found = states(&counts, 8 * WEEK);
        let odd: Vec<(usize, Sensed)> =
            (8 * WEEK..).zip(found).filter(|(_, state)| *state != Sensed::Expected).collect();
        assert_eq!(odd, [(noon, Sensed::Above), (noon + 12, Sensed::Above), (noon + 24, Sensed::Below)]);
    }

    #[test]
    fn an_outage_is_a_gap_and_no_past() {
        let mut counts = series(1.0);
        let begin = 8 * WEEK + 10;
        counts[begin..begin + 30].fill(0);
        // Half an hour was heard on either side.
        counts[begin - 1] /= 2;
        counts[begin + 30] /= 2;
        let found = states(&counts, 8 * WEEK);
        for (at, state) in (8 * WEEK..).zip(found) {
            let gap = (begin - 1..=begin + 30).contains(&at);
            assert_eq!(state, if gap { Sensed::Gap } else { Sensed::Expected }, "hour {at}");
        }
    }

    #[test]
    fn nothing_is_expected_without_a_past() {
        let counts = series(1.0);
        assert!(
            states(&counts[..3 * WEEK], 0).iter().take(3 * WEEK - 1).all(|state| *state == Sensed::Unknown)
        );
        // By hand, with weeks of one interval: before it were 30, and before 30, 11, 12 and 10 were 11, 12, 10 and none;
        // moved they are 81.8, 27.5, 36 and 10, their median 31.75, deviations 50.07, 4.25, 4.25 and 21.75, theirs 13.
        let found = band(&[10, 12, 11, 30, 12], &[false; 5], 4, 1, 4, 1.0).unwrap();
        let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-9, "{got}, not {want}");
        near(found.expected, 31.75);
        near(found.high, 31.75 + 1.4826 * 13.0);
        near(found.low, 31.75 - 1.4826 * 13.0);
    }

    #[test]
    fn nothing_is_expected_of_what_is_new() {
        let mut counts = series(1.0);
        counts[..8 * WEEK + 5].fill(0);
        let gaps = vec![false; counts.len()];
        let past = no_past(&counts, &gaps);
        assert_eq!(past.iter().filter(|none| **none).count(), 8 * WEEK + 6);
        let found = (0..counts.len()).filter_map(|at| band(&counts, &past, at, WEEK, 8, 3.5));
        assert_eq!(found.count(), 0);
        assert_eq!(no_past(&[0, 0], &[false, true]), [true, true]);
    }

    #[test]
    fn rules_count_intervals_in_a_row_and_tell_once() {
        use Sensed::{Above, Below, Expected, Gap};
        let points: Vec<(Sensed, f64)> =
            [Expected, Below, Above, Above, Gap, Above, Above, Expected, Above, Below, Below]
                .map(|state| (state, 5.0))
                .to_vec();
        let rule = |side, intervals| AlertRule { side, intervals: Some(intervals), ..AlertRule::default() };
        assert_eq!(alerts(&rule(Side::Above, 3), &points), [(2, 5, Some(7))]);
        assert_eq!(alerts(&rule(Side::Below, 1), &points), [(1, 1, Some(2)), (9, 9, None)]);
        assert_eq!(alerts(&rule(Side::Either, 1), &points), [(1, 1, Some(7)), (8, 8, None)]);
        let far = AlertRule { difference: Some(6.0), ..rule(Side::Either, 1) };
        assert!(alerts(&far, &points).is_empty());
    }
}
