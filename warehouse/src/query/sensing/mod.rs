//! Sensing: a figure beside what its own past lets expect.

mod band;

use super::bots::Scope;
use super::{sql, words};
use crate::{Error, Warehouse};
use attune_schema::question::{
    Alert, Interval, Measure, Period, SensingAnswer, SensingPoint, SensingQuestion, SensingSeries,
};
use attune_schema::time::{DAY_MS, HOUR_MS, Timestamp};
use band::Band;
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most intervals that are judged.
const INTERVALS: i64 = 2_000;
/// Most values that are judged by themselves.
const VALUES: usize = 20;
/// Most rules.
const RULES: usize = 20;
/// Weeks, if the question does not say, and fewest and most.
const WEEKS: u32 = 8;
const FEW_AND_MANY: std::ops::RangeInclusive<u32> = 3..=26;
/// Half the width of the band in spreads, if the question does not say.
const WIDTH: f64 = 3.5;

#[derive(Row, Deserialize)]
struct AllRow {
    slot: i64,
    count: u64,
}

#[derive(Row, Deserialize)]
struct ValueRow {
    slot: i64,
    value: String,
    count: u64,
}

/// A question's numbers, checked. Slots are intervals since 1970.
struct Frame {
    interval_ms: i64,
    /// Intervals of a week.
    week: usize,
    weeks: usize,
    width: f64,
    /// The first slot of the past, of what is judged, and the first after.
    past: i64,
    from: i64,
    to: i64,
    /// The slot that is not over.
    now: i64,
}

impl Warehouse {
    /// Answers what is expected of a figure, as of `now`.
    ///
    /// # Errors
    /// A question that cannot be asked, or if the store does not answer.
    pub async fn sensing(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &SensingQuestion,
        now: Timestamp,
    ) -> Result<SensingAnswer, Error> {
        let frame = Frame::new(question, now)?;
        let (of_site, of_figure) = build(scope.into(), question, &frame)?;
        let all = self.ask::<AllRow>(&of_site).await?;
        let found = self.ask::<ValueRow>(&of_figure).await?;
        let length = usize::try_from(frame.to - frame.past).unwrap_or(0);
        let place = |slot: i64| usize::try_from(slot - frame.past).ok().filter(|place| *place < length);
        let mut heard = vec![0; length];
        for row in all.rows {
            if let Some(slot) = place(row.slot).and_then(|place| heard.get_mut(place)) {
                *slot = row.count;
            }
        }
        let gaps = band::gaps(&heard, frame.week, frame.weeks);
        let mut figures: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        if question.breakdown.is_none() {
            figures.insert(String::new(), vec![0; length]);
        }
        for row in found.rows {
            let figure = figures.entry(row.value).or_insert_with(|| vec![0; length]);
            if let Some(slot) = place(row.slot).and_then(|place| figure.get_mut(place)) {
                *slot = row.count;
            }
        }
        let (mut series, mut alerts) = (Vec::new(), Vec::new());
        for (value, counts) in figures {
            let points = frame.points(&counts, &gaps);
            alerts.extend(fired(question, &value, &points));
            series.push(SensingSeries { value, points });
        }
        alerts.sort_by(|a: &Alert, b: &Alert| (a.at.0, &a.rule, &a.value).cmp(&(b.at.0, &b.rule, &b.value)));
        Ok(SensingAnswer {
            series,
            alerts,
            definition: definition(question, &frame),
            sql: format!("{of_site};\n\n{of_figure}"),
            rows_read: all.rows_read + found.rows_read,
            elapsed_ms: all.elapsed_ms + found.elapsed_ms,
        })
    }
}

/// Whether a figure can be asked for at all: for one that is kept.
///
/// # Errors
/// [`Error::Question`] naming what is wrong with it.
pub fn check(question: &SensingQuestion) -> Result<(), Error> {
    let frame = Frame::new(question, question.period.to)?;
    build(Scope::from(0), question, &frame).map(drop)
}

impl Frame {
    fn new(question: &SensingQuestion, now: Timestamp) -> Result<Self, Error> {
        let refuse = |message: String| Err(Error::Question(message));
        let (interval_ms, week) = match question.interval {
            Interval::Hour => (HOUR_MS, 168),
            Interval::Day => (DAY_MS, 7),
            _ => return refuse("sensing is by hour or day".to_owned()),
        };
        let weeks = question.weeks.unwrap_or(WEEKS);
        if !FEW_AND_MANY.contains(&weeks) {
            return refuse(format!(
                "`weeks` is {} to {}, not {weeks}",
                FEW_AND_MANY.start(),
                FEW_AND_MANY.end()
            ));
        }
        let width = question.width.unwrap_or(WIDTH);
        if !(1.0..=20.0).contains(&width) {
            return refuse(format!("`width` is 1 to 20, not {width}"));
        }
        if question.rules.len() > RULES {
            return refuse(format!("there are at most {RULES} rules, not {}", question.rules.len()));
        }
        if let Some(rule) =
            question.rules.iter().find(|rule| !(1..=100).contains(&rule.intervals.unwrap_or(1)))
        {
            return refuse(format!("rule `{}` waits for 1 to 100 intervals", rule.name));
        }
        let Period { from, to } = question.period;
        if to <= from {
            return refuse(format!("period ends at {} before it begins at {}", to.0, from.0));
        }
        // Whole intervals, and none that has not begun.
        let slot = |at: i64| at.div_euclid(interval_ms);
        let last = slot(to.0.saturating_sub(1)).min(slot(now.0));
        let (from, to) = (slot(from.0), last + 1);
        if to - from > INTERVALS {
            return refuse(format!("the period has {} intervals, more than {INTERVALS}", to - from));
        }
        // One week more, for the level of the first.
        let past = from - (i64::from(weeks) + 1) * week as i64;
        Ok(Self {
            interval_ms,
            week,
            weeks: weeks as usize,
            width,
            past,
            from,
            to: to.max(from),
            now: slot(now.0),
        })
    }

    fn points(&self, counts: &[u64], gaps: &[bool]) -> Vec<SensingPoint> {
        let begin = usize::try_from(self.from - self.past).unwrap_or(0);
        let past = band::no_past(counts, gaps);
        let point = |at: usize| {
            let slot = self.past + at as i64;
            let band = band::band(counts, &past, at, self.week, self.weeks, self.width);
            let judged = band.filter(|_| slot < self.now);
            SensingPoint {
                at: Timestamp(slot * self.interval_ms),
                count: counts[at],
                expected: band.map(|band| band.expected),
                low: band.map(|Band { low, .. }| low),
                high: band.map(|Band { high, .. }| high),
                state: band::judge(counts[at], judged, gaps[at]),
            }
        };
        (begin..counts.len()).map(point).collect()
    }
}

fn fired(question: &SensingQuestion, value: &str, points: &[SensingPoint]) -> Vec<Alert> {
    let apart = |point: &SensingPoint| point.count as f64 - point.expected.unwrap_or(point.count as f64);
    let judged: Vec<_> = points.iter().map(|point| (point.state, apart(point))).collect();
    let time = |place: usize| points.get(place).map_or(Timestamp(0), |point| point.at);
    let mut found = Vec::new();
    for rule in &question.rules {
        found.extend(band::alerts(rule, &judged).into_iter().map(|(since, at, until)| Alert {
            rule: rule.name.clone(),
            value: value.to_owned(),
            since: time(since),
            at: time(at),
            until: until.map(time),
        }));
    }
    found
}

/// What the whole site sent by interval, and the figure.
fn build(of: Scope<'_>, question: &SensingQuestion, frame: &Frame) -> Result<(String, String), Error> {
    let ms = frame.interval_ms;
    let period =
        Period { from: Timestamp(frame.past * ms), to: Timestamp(frame.to.max(frame.past + 1) * ms) };
    let within = format!("site = {}{}", of.site, sql::period(Some(period), true)?);
    let mut test = within.clone();
    if let Some(event) = &question.event {
        test.push_str(&format!(" AND {}", sql::event_filter(event, &question.filters)?));
    } else {
        for filter in &question.filters {
            test.push_str(&format!(" AND {}", sql::property_filter(filter)?));
        }
    }
    test.push_str(&of.filter(question.bots)?);
    let count = match question.measure {
        Measure::Events => "count()",
        Measure::Visitors => "uniqExact(visitor)",
        Measure::Sessions => "uniqExact(session)",
    };
    let slot = format!("intDiv(toUnixTimestamp64Milli(at), {ms})");
    let value = question.breakdown.as_ref().map(|by| format!("toString({})", sql::breakdown(by)));
    if let Some(value) = &value {
        test.push_str(&format!(
            " AND {value} IN (SELECT {value} AS frequent FROM events WHERE {test} GROUP BY frequent \
             ORDER BY count() DESC, frequent LIMIT {VALUES})"
        ));
    }
    let value = value.unwrap_or_else(|| "''".to_owned());
    Ok((
        format!("SELECT {slot} AS slot, count() AS count FROM events WHERE {within} GROUP BY slot"),
        format!(
            "SELECT {slot} AS slot, {value} AS value, {count} AS count\nFROM events WHERE {test}\nGROUP BY slot, value"
        ),
    ))
}

fn definition(question: &SensingQuestion, frame: &Frame) -> String {
    let what = match question.measure {
        Measure::Events => "Events",
        Measure::Visitors => "Distinct visitors",
        Measure::Sessions => "Distinct sessions",
    };
    let of = match (&question.event, question.filters.as_slice()) {
        (Some(event), filters) => format!(" with {}", words::events(event, filters)),
        (None, []) => String::new(),
        (None, filters) => format!(" with any event where {}", words::filters(filters)),
    };
    let (each, season) = match question.interval {
        Interval::Hour => ("hour", "hour of the week"),
        _ => ("day", "day of the week"),
    };
    let mut said = vec![
        format!("{what}{of} in each {each} (UTC)."),
        format!(
            "Expected is the median of the same {season} in the {} weeks before, each moved to today's level by the \
             weighted median ratio of the last week to the week before it, interval by interval; the band is {} spreads \
             to either side, a spread being 1.4826 times the median absolute deviation, and at least the square root of \
             what is expected.",
            frame.weeks, frame.width
        ),
        format!(
            "A {each} in which the whole site sent nothing although it was expected to is a gap: it and its neighbours \
             are not judged, and nothing is expected from them. What is not over is not judged."
        ),
    ];
    if let Some(breakdown) = &question.breakdown {
        said.push(format!("Each {} by itself, the {VALUES} most frequent.", words::breakdown(breakdown)));
    }
    said.push(words::period(Some(question.period)));
    said.push(words::bots(question.bots));
    said.join(" ")
}
