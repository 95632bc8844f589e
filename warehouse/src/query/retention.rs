//! Retention: who comes back.
//!
//! Each unit's events become one row an interval, with the first start and the last return in it; from these rows a
//! unit's cohorts and the intervals in which it returned follow. What is counted is defined in docs/questions.md.

use super::bots::Scope;
use super::{sql, words};
use crate::people::events_by_person;
use crate::{Error, Warehouse};
use attune_schema::question::{
    Cohort, CohortOf, Interval, Per, RetentionAnswer, RetentionQuestion, Returned, Which,
};
use attune_schema::time::Timestamp;
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most intervals after the first.
const INTERVALS: u32 = 100;
/// Intervals after the first, if the question does not say.
const USUAL: u32 = 8;
/// Most cells of an answer.
const CELLS: usize = 100_000;

#[derive(Row, Deserialize)]
struct CellRow {
    at_ms: i64,
    value: String,
    /// Intervals after the first; -1 is everybody of the cohort.
    later: i64,
    units: u64,
    /// Intervals that have begun and that are over, of the cohort's.
    begun: i64,
    over: i64,
}

impl Warehouse {
    /// Answers who comes back, as of `now`.
    pub async fn retention(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &RetentionQuestion,
        now: Timestamp,
    ) -> Result<RetentionAnswer, Error> {
        let of = scope.into().sampled(question.sample, question.per, "retention")?;
        let sql = build(of, question, now)?;
        let answered = self.ask::<CellRow>(&sql).await?;
        if answered.rows.len() >= CELLS {
            return Err(Error::Question(format!(
                "the answer has more than {CELLS} cells: choose a period, or a longer interval"
            )));
        }
        let mut cohorts: BTreeMap<(i64, String), Cohort> = BTreeMap::new();
        for row in answered.rows {
            let cohort = cohorts.entry((row.at_ms, row.value.clone())).or_insert_with(|| Cohort {
                at: Timestamp(row.at_ms),
                value: row.value,
                size: 0,
                returned: vec![0; row.begun.max(0) as usize],
                complete: row.over.max(0) as u32,
            });
            match usize::try_from(row.later) {
                Err(_) => cohort.size = row.units * of.times(),
                Ok(later) => {
                    if let Some(count) = cohort.returned.get_mut(later) {
                        *count = row.units * of.times();
                    }
                }
            }
        }
        Ok(RetentionAnswer {
            cohorts: cohorts.into_values().collect(),
            sample: of.sample(),
            definition: of.said(definition(question)),
            sql,
            rows_read: answered.rows_read,
            elapsed_ms: answered.elapsed_ms,
        })
    }
}

/// The name of an interval, as ClickHouse has it.
fn name(of: Interval) -> Result<&'static str, Error> {
    match of {
        Interval::Day => Ok("day"),
        Interval::Week => Ok("week"),
        Interval::Month => Ok("month"),
        Interval::Minute | Interval::Hour => {
            Err(Error::Question("retention is by day, week or month".to_owned()))
        }
    }
}

/// The first day of the interval that a time is in.
fn start_of(of: Interval, at: &str) -> String {
    let day = format!("toDate({at}, 'UTC')");
    match of {
        Interval::Week => format!("toMonday({day})"),
        Interval::Month => format!("toStartOfMonth({day})"),
        Interval::Day | Interval::Minute | Interval::Hour => day,
    }
}

fn intervals(question: &RetentionQuestion) -> Result<u32, Error> {
    let intervals = question.intervals.unwrap_or(USUAL);
    if (1..=INTERVALS).contains(&intervals) {
        return Ok(intervals);
    }
    Err(Error::Question(format!("retention has 1 to {INTERVALS} intervals, not {intervals}")))
}

fn build(of: Scope<'_>, question: &RetentionQuestion, now: Timestamp) -> Result<String, Error> {
    let name = name(question.interval)?;
    let most = intervals(question)?;
    let unit = sql::unit(question.per, "retention")?;
    let which = |which: &Option<Which>| which.as_ref().map_or_else(|| Ok("1".to_owned()), sql::which);
    let (mut start, back) = (which(&question.start)?, which(&question.back)?);
    let now = sql::instant(now.0);
    let mut scope = format!("site = {} AND at < {now}", of.site);
    let mut of_first = String::new();
    if let Some(period) = question.period {
        match question.cohort {
            // The first ever is looked for in all that is stored.
            CohortOf::First => of_first = format!("\n  WHERE {}", sql::within("cohort.2", period)?),
            CohortOf::Each => {
                start = format!("({start} AND {})", sql::within("at", period)?);
                scope.push_str(&format!(" AND at >= {}", sql::instant(period.from.0)));
            }
        }
    }
    scope.push_str(&of.filter(question.bots)?);
    if let (Some(start), Some(back)) = (&question.start, &question.back) {
        scope.push_str(&format!(" AND {}", sql::names(&[&start.event, &back.event])?));
    }
    let plain = |which: &Option<Which>| which.as_ref().is_none_or(|which| which.filters.is_empty());
    let narrow = plain(&question.start)
        && plain(&question.back)
        && sql::is_narrow(of, question.bots, question.breakdown.as_ref());
    let table = match question.per {
        Per::Person => events_by_person(of.site, &scope),
        _ if narrow => "steps".to_owned(),
        _ => "events".to_owned(),
    };
    let value = question.breakdown.as_ref().map_or_else(
        || "''".to_owned(),
        |by| {
            let value = format!("toString({})", sql::breakdown(by));
            format!("argMinIf({value}, (at, sequence, {value}), {start})")
        },
    );
    // Of a slot: 1 its interval, 2 the first start, 3 the last return, 4 the value, 5 starts, 6 returns.
    // Of a cohort: 1 its interval, 2 the first start, 3 the value.
    let cohorts = "arrayMap(s -> (s.1, s.2, s.4), arrayFilter(s -> s.5 > 0, arraySort(slots)))";
    let cohorts = match question.cohort {
        CohortOf::First => format!("arraySlice({cohorts}, 1, 1)"),
        CohortOf::Each => cohorts.to_owned(),
    };
    let later = format!(
        "arrayFilter(n -> n >= 0, arrayMap(s -> dateDiff('{name}', cohort.1, s.1), \
         arrayFilter(s -> s.6 > 0 AND s.3 >= cohort.2, slots)))"
    );
    let later = match question.returned {
        Returned::On => format!("arrayFilter(n -> n <= {most}, {later})"),
        // Whoever comes back at all has come back in or after every interval until then.
        Returned::OnOrAfter => format!(
            "arrayMap(n -> toInt64(n), range(toUInt64(1 + least({most}, arrayMax(arrayPushBack({later}, -1))))))"
        ),
    };
    let (slot, today) = (start_of(question.interval, "at"), start_of(question.interval, &now));
    Ok(format!(
        "SELECT toUnixTimestamp64Milli(toDateTime64(cohort.1, 3, 'UTC')) AS at_ms, cohort.3 AS value, later, \
         count() AS units,\n  least(dateDiff('{name}', cohort.1, {today}), {most}) + 1 AS begun,\n  \
         least(dateDiff('{name}', cohort.1, {today}), {most} + 1) AS over\nFROM (\n  \
         SELECT cohort, arrayJoin(arrayPushFront({later}, -1)) AS later FROM (\n    \
         SELECT slots, arrayJoin({cohorts}) AS cohort FROM (\n      \
         SELECT groupArray((slot, first_start, last_return, value, starts, returns)) AS slots FROM (\n        \
         SELECT {unit} AS unit, {slot} AS slot, minIf(at, {start}) AS first_start, maxIf(at, {back}) AS last_return,\n          \
         {value} AS value, countIf({start}) AS starts, countIf({back}) AS returns\n        \
         FROM {table}\n        WHERE {scope}\n        GROUP BY unit, slot\n      )\n      \
         GROUP BY unit\n    )\n  ){of_first}\n)\n\
         GROUP BY cohort.1, value, later\nORDER BY at_ms, value, later\nLIMIT {CELLS}",
    ))
}

fn definition(question: &RetentionQuestion) -> String {
    let name = name(question.interval).unwrap_or("interval");
    let which = |which: &Option<Which>| {
        which
            .as_ref()
            .map_or_else(|| "anything".to_owned(), |which| words::events(&which.event, &which.filters))
    };
    let unit = words::unit(question.per);
    let cohort = match question.cohort {
        CohortOf::First => {
            format!("A {unit} is of the cohort of the {name} (UTC) in which it first ever did")
        }
        CohortOf::Each => format!("A {unit} is of the cohort of every {name} (UTC) in which it did"),
    };
    let returned = match question.returned {
        Returned::On => format!("if it did {} in that very {name}", which(&question.back)),
        Returned::OnOrAfter => format!("if it did {} in that {name} or any later one", which(&question.back)),
    };
    let mut said = vec![
        format!("{cohort} {}.", which(&question.start)),
        format!(
            "It counts as returned {returned}, not before its first start in the cohort's {name}; \
             the start itself counts in {name} 0 if it is such an event."
        ),
        format!("A {name} that is not over may still rise; one that has not begun is left out."),
    ];
    if let Some(breakdown) = &question.breakdown {
        said.push(format!("Split by {} at the first start of the {name}.", words::breakdown(breakdown)));
    }
    said.push(match question.period {
        Some(_) => format!("Of starts: {} Returns are counted up to now.", words::period(question.period)),
        None => words::period(None),
    });
    said.push(words::bots(question.bots));
    said.join(" ")
}
