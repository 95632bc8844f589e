//! Counts over time.

use super::bots::Scope;
use super::{sql, words};
use crate::{Error, Warehouse};
use attune_schema::question::{Interval, Measure, Per, TrendAnswer, TrendPoint, TrendQuestion};
use attune_schema::time::Timestamp;
use clickhouse::Row;
use serde::Deserialize;

/// Most bars of an answer.
const POINTS: usize = 10_000;

#[derive(Row, Deserialize)]
struct PointRow {
    at_ms: i64,
    value: String,
    count: u64,
}

impl Warehouse {
    /// Answers a trend.
    pub async fn trend(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &TrendQuestion,
    ) -> Result<TrendAnswer, Error> {
        let of = scope.into().sampled(question.sample, Per::Visitor, "trend")?;
        let sql = build(of, question)?;
        let answered = self.ask::<PointRow>(&sql).await?;
        let points = answered
            .rows
            .into_iter()
            .map(|row| TrendPoint {
                at: Timestamp(row.at_ms),
                value: row.value,
                count: row.count * of.times(),
            })
            .collect();
        Ok(TrendAnswer {
            points,
            sample: of.sample(),
            definition: of.said(definition(question)),
            sql,
            rows_read: answered.rows_read,
            elapsed_ms: answered.elapsed_ms,
        })
    }
}

fn build(of: Scope<'_>, question: &TrendQuestion) -> Result<String, Error> {
    let interval = match question.interval {
        Interval::Minute => "toStartOfMinute(at)",
        Interval::Hour => "toStartOfHour(at)",
        Interval::Day => "toStartOfDay(at)",
        Interval::Week => "toStartOfWeek(at, 1)",
        Interval::Month => "toStartOfMonth(at)",
    };
    let count = match question.measure {
        Measure::Events => "count()",
        Measure::Visitors => "uniqExact(visitor)",
        Measure::Sessions => "uniqExact(session)",
    };
    let value = question.breakdown.as_ref().map_or_else(|| "''".to_owned(), sql::breakdown);
    let mut scope = format!("site = {}", of.site);
    if let Some(event) = &question.event {
        scope.push_str(" AND ");
        scope.push_str(&sql::event_filter(event, &question.filters)?);
    } else {
        for filter in &question.filters {
            scope.push_str(" AND ");
            scope.push_str(&sql::property_filter(filter)?);
        }
    }
    scope.push_str(&sql::period(question.period, true)?);
    scope.push_str(&of.filter(question.bots)?);
    Ok(format!(
        "SELECT toUnixTimestamp64Milli(toDateTime64({interval}, 3, 'UTC')) AS at_ms, toString({value}) AS value, {count} AS count\n\
         FROM events\nWHERE {scope}\nGROUP BY at_ms, value\nORDER BY at_ms, value\nLIMIT {POINTS}"
    ))
}

fn definition(question: &TrendQuestion) -> String {
    let what = match question.measure {
        Measure::Events => "Events",
        Measure::Visitors => "Distinct visitors",
        Measure::Sessions => "Distinct sessions",
    };
    let interval = match question.interval {
        Interval::Minute => "minute",
        Interval::Hour => "hour",
        Interval::Day => "day",
        Interval::Week => "week, from Monday,",
        Interval::Month => "month",
    };
    let of = match (&question.event, question.filters.as_slice()) {
        (Some(event), filters) => format!(" with {}", words::events(event, filters)),
        (None, []) => String::new(),
        (None, filters) => format!(" with any event where {}", words::filters(filters)),
    };
    let mut said = vec![format!("{what}{of} in each {interval} (UTC); empty ones are left out.")];
    if let Some(breakdown) = &question.breakdown {
        said.push(format!("Split by {} of the event.", words::breakdown(breakdown)));
    }
    said.push(words::period(question.period));
    said.push(words::bots(question.bots));
    said.join(" ")
}
