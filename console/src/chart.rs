//! Geometry of charts: numbers in, coordinates out; no DOM.

use crate::text::fixed;

/// A point in the chart's own coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// The area a chart is drawn in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

/// Round steps from zero to at least `most`, about `wanted` of them, whole numbers only.
#[must_use]
pub fn ticks(most: u64, wanted: u32) -> Vec<u64> {
    let raw = (most.max(1) as f64 / f64::from(wanted.max(1))).max(1.0);
    let magnitude = 10f64.powi(raw.log10().floor() as i32);
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * magnitude).find(|s| *s >= raw).unwrap_or(raw);
    let step = step.round().max(1.0) as u64;
    let count = most.max(1).div_ceil(step);
    (0..=count).map(|index| index * step).collect()
}

/// One point a value, evenly spread, on a scale from zero to `top`.
#[must_use]
pub fn points(values: &[u64], top: u64, frame: Frame) -> Vec<Point> {
    let gaps = values.len().saturating_sub(1).max(1) as f64;
    let single = values.len() == 1;
    values
        .iter()
        .enumerate()
        .map(|(index, value)| Point {
            x: if single {
                f64::midpoint(frame.left, frame.right)
            } else {
                frame.left + (frame.right - frame.left) * index as f64 / gaps
            },
            y: frame.bottom - (frame.bottom - frame.top) * *value as f64 / top.max(1) as f64,
        })
        .collect()
}

/// Path through `points`.
#[must_use]
pub fn line(points: &[Point]) -> String {
    let mut path = String::new();
    for (index, point) in points.iter().enumerate() {
        path.push_str(if index == 0 { "M" } else { "L" });
        path.push_str(&spot(point.x, point.y));
    }
    path
}

fn spot(x: f64, y: f64) -> String {
    format!("{} {}", fixed(x, 1), fixed(y, 1))
}

/// Closed path between `points` and `bottom`.
#[must_use]
pub fn band(points: &[Point], bottom: f64) -> String {
    match (points.first(), points.last()) {
        (Some(first), Some(last)) => {
            format!("{}L{}L{}Z", line(points), spot(last.x, bottom), spot(first.x, bottom))
        }
        _ => String::new(),
    }
}

/// Which of `count` labels to show so that about `wanted` remain, the last always.
#[must_use]
pub fn thinned(count: usize, wanted: usize) -> Vec<usize> {
    let step = count.div_ceil(wanted.max(1)).max(1);
    (0..count).filter(|index| (count - 1 - index).is_multiple_of(step)).collect()
}

/// Counts of the `days` days that end with the one of `now_ms`, UTC; days without a count are zero.
#[must_use]
pub fn daily(counts: &[(i64, u64)], now_ms: i64, days: i64) -> Vec<(i64, u64)> {
    const DAY: i64 = attune_schema::time::DAY_MS;
    let last = now_ms.div_euclid(DAY);
    (last - days + 1..=last)
        .map(|day| {
            let count =
                counts.iter().filter(|(at, _)| at.div_euclid(DAY) == day).map(|(_, count)| count).sum();
            (day * DAY, count)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { left: 0.0, top: 0.0, right: 100.0, bottom: 50.0 };

    #[test]
    fn ticks_are_round_and_cover() {
        assert_eq!(ticks(0, 4), [0, 1]);
        assert_eq!(ticks(3, 4), [0, 1, 2, 3]);
        assert_eq!(ticks(97, 4), [0, 50, 100]);
        assert_eq!(ticks(1_000, 4), [0, 500, 1_000]);
        for most in [1, 9, 10, 11, 12_345, 9_999_999] {
            let ticks = ticks(most, 4);
            assert!(*ticks.last().unwrap() >= most && ticks.len() <= 6, "{most}: {ticks:?}");
        }
    }

    #[test]
    fn points_fill_the_frame() {
        let points = points(&[0, 10, 5], 10, FRAME);
        assert_eq!(points[0], Point { x: 0.0, y: 50.0 });
        assert_eq!(points[1], Point { x: 50.0, y: 0.0 });
        assert_eq!(line(&points), "M0.0 50.0L50.0 0.0L100.0 25.0");
        assert!(band(&points, 50.0).ends_with('Z'));
        assert_eq!(band(&[], 50.0), "");
        assert_eq!(super::points(&[1], 1, FRAME)[0].x, 50.0);
    }

    #[test]
    fn days_without_events_are_zero() {
        let day = attune_schema::time::DAY_MS;
        let days = daily(&[(day, 5), (3 * day, 7)], 3 * day + 1, 4);
        assert_eq!(days, [(0, 0), (day, 5), (2 * day, 0), (3 * day, 7)]);
    }

    #[test]
    fn the_last_label_always_shows() {
        assert_eq!(thinned(7, 4), [0, 2, 4, 6]);
        assert_eq!(thinned(1, 4), [0]);
        assert!(thinned(0, 4).is_empty());
    }
}
