//! Goals: each is a table of the moments at which it was reached, with what they were worth.

use super::bots::Scope;
use super::{sql, words};
use crate::{Error, Warehouse};
use attune_schema::event::name;
use attune_schema::question::{
    Goal, GoalCount, GoalsAnswer, GoalsQuestion, Money, Once, Reached, TimeOnTask,
};
use clickhouse::Row;
use serde::Deserialize;

/// Most goals of a question.
const GOALS: usize = 10;
/// Most slices of a goal.
const SLICES: usize = 50;
/// Longest time on task, in seconds.
const SECONDS: u32 = 86_400;

#[derive(Row, Deserialize)]
struct AllRow {
    sessions: u64,
    visitors: u64,
}

#[derive(Row, Deserialize)]
struct SliceRow {
    whole: u8,
    slice: String,
    reached: u64,
    sessions: u64,
    visitors: u64,
    /// Currency, goals with a value, their sum in ten-thousandths.
    money: Vec<(String, u64, i64)>,
}

impl Warehouse {
    /// Answers how often goals were reached.
    ///
    /// # Errors
    /// A question that cannot be asked, or if the store does not answer.
    pub async fn goals(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &GoalsQuestion,
    ) -> Result<GoalsAnswer, Error> {
        let scope = scope.into();
        if !(1..=GOALS).contains(&question.goals.len()) {
            return Err(Error::Question(format!(
                "there are 1 to {GOALS} goals, not {}",
                question.goals.len()
            )));
        }
        let within = format!(
            "site = {}{}{}",
            scope.site,
            sql::period(question.period, true)?,
            scope.filter(question.bots)?
        );
        let slice = question.breakdown.as_ref().map_or_else(|| "''".to_owned(), sql::breakdown);
        let queries = question.goals.iter().map(|goal| build(goal, &within, &slice));
        let queries = queries.collect::<Result<Vec<_>, _>>()?;
        let all = format!(
            "SELECT uniqExact(session) AS sessions, uniqExact(visitor) AS visitors FROM events WHERE {within}"
        );
        let found = self.ask::<AllRow>(&all).await?;
        let (mut rows_read, mut elapsed_ms) = (found.rows_read, found.elapsed_ms);
        let (sessions, visitors) = found.rows.first().map_or((0, 0), |row| (row.sessions, row.visitors));
        let mut goals = Vec::new();
        for (goal, sql) in question.goals.iter().zip(&queries) {
            let answered = self.ask::<SliceRow>(sql).await?;
            rows_read += answered.rows_read;
            elapsed_ms += answered.elapsed_ms;
            let mut reached = Reached::default();
            let mut slices = Vec::new();
            for row in answered.rows {
                let whole = row.whole == 1;
                let row = Reached {
                    value: row.slice,
                    count: row.reached,
                    sessions: row.sessions,
                    visitors: row.visitors,
                    money: row.money.into_iter().map(money).collect(),
                };
                if whole {
                    reached = row;
                } else if question.breakdown.is_some() {
                    slices.push(row);
                }
            }
            slices.truncate(SLICES);
            let session_share = if sessions == 0 { 0.0 } else { reached.sessions as f64 / sessions as f64 };
            goals.push(GoalCount { name: goal.name.clone(), reached, session_share, slices });
        }
        let sql = std::iter::once(all).chain(queries).collect::<Vec<_>>().join(";\n\n");
        Ok(GoalsAnswer {
            sessions,
            visitors,
            goals,
            definition: definition(question),
            sql,
            rows_read,
            elapsed_ms,
        })
    }
}

fn money((currency, count, total): (String, u64, i64)) -> Money {
    Money { currency, count, total: total as f64 / 10_000.0 }
}

/// Whether a page's path is `page`, or begins so if it ends with `*`.
pub(super) fn path_is(page: &str) -> Result<String, Error> {
    if !page.starts_with('/') {
        return Err(Error::Question(format!("page `{page}` is not a path: it begins with `/`")));
    }
    Ok(match page.strip_suffix('*') {
        Some(begin) => format!("startsWith(path(url), {})", sql::text(begin)),
        None => format!("path(url) = {}", sql::text(page)),
    })
}

fn build(goal: &Goal, within: &str, slice: &str) -> Result<String, Error> {
    let refuse = |what: &str| Err(Error::Question(format!("goal `{}` {what}", goal.name)));
    let amount = match (&goal.value, goal.worth) {
        (Some(_), Some(_)) => return refuse("has both `value` and `worth`"),
        (_, Some(worth)) if !worth.is_finite() || worth.abs() > 1e12 => return refuse("is worth too much"),
        (None, Some(worth)) => format!("toNullable(toFloat64({worth:?}))"),
        (Some(property), None) => {
            let key = sql::text(property);
            // What is not a number that money can be is no value.
            format!("if(mapContains(numbers, {key}) AND abs(numbers[{key}]) <= 1e12, numbers[{key}], NULL)")
        }
        (None, None) => "CAST(NULL, 'Nullable(Float64)')".to_owned(),
    };
    let currency = match &goal.currency {
        Some(_) if goal.value.is_none() => return refuse("has a currency, and no `value`"),
        Some(property) => format!("upper({})", sql::property_text(property)),
        None => "''".to_owned(),
    };
    let columns = format!("toString({slice}) AS sliced, {currency} AS currency, {amount} AS amount");
    let moments = match (&goal.event, &goal.page, &goal.time) {
        (None, None, Some(time)) => in_time(time, &columns, within)?,
        (Some(event), None, None) => moments(goal.once, &sql::which(event)?, &columns, within),
        (None, Some(page), None) => {
            let viewed = format!("(name = '{}' AND {})", name::PAGE_VIEWED, path_is(page)?);
            moments(goal.once, &viewed, &columns, within)
        }
        _ => return refuse("is exactly one of `event`, `page` and `time`"),
    };
    // Sums of whole numbers do not depend on the order of the rows. A part is either all slices as one, or each.
    Ok(format!(
        "SELECT toUInt8(part) AS whole, slice, sum(times) AS reached, uniqExactMerge(in_sessions) AS sessions,\n  \
         uniqExactMerge(by_visitors) AS visitors,\n  \
         arraySort(groupArrayIf((currency, valued, total), valued > 0)) AS money\nFROM (\n  \
         SELECT part, if(part = 1, '', sliced) AS slice, currency, count() AS times, uniqExactState(session) AS in_sessions,\n    \
         uniqExactState(visitor) AS by_visitors, count(amount) AS valued,\n    \
         sum(toInt64(round(ifNull(amount, 0) * 10000))) AS total\n  FROM (\n    \
         SELECT *, arrayJoin([0, 1]) AS part FROM (\n{moments}\n    )\n  )\n  GROUP BY part, slice, currency\n)\n\
         GROUP BY part, slice\nORDER BY reached DESC, slice"
    ))
}

/// Each event that passes `test`, or the first of each session.
fn moments(once: Once, test: &str, columns: &str, within: &str) -> String {
    let each =
        format!("SELECT at, sequence, id, session, visitor, {columns} FROM events WHERE {within} AND {test}");
    match once {
        Once::Each => each,
        Once::Session => format!("SELECT * FROM ({each})\nORDER BY at, sequence, id LIMIT 1 BY session"),
    }
}

/// The event of each session at which the time in front of pages was reached.
fn in_time(time: &TimeOnTask, columns: &str, within: &str) -> Result<String, Error> {
    if !(1..=SECONDS).contains(&time.seconds) {
        return Err(Error::Question(format!("time on task is 1 to {SECONDS} seconds, not {}", time.seconds)));
    }
    let mut test = format!("name = '{}'", name::PAGE_LEFT);
    if let Some(page) = &time.page {
        test.push_str(&format!(" AND {}", path_is(page)?));
    }
    Ok(format!(
        "SELECT * FROM (\n  SELECT at, sequence, id, session, visitor, {columns},\n    \
         sum(numbers['engaged_ms']) OVER (PARTITION BY session ORDER BY at, sequence, id \
         ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS spent_ms\n  FROM events WHERE {within} AND {test}\n)\n\
         WHERE spent_ms >= {}\nORDER BY at, sequence, id LIMIT 1 BY session",
        u64::from(time.seconds) * 1_000
    ))
}

fn definition(question: &GoalsQuestion) -> String {
    let mut said = Vec::new();
    for goal in &question.goals {
        let of = match (&goal.event, &goal.page, &goal.time) {
            (Some(event), ..) => words::events(&event.event, &event.filters),
            (_, Some(page), _) => format!("a view of the page `{page}`"),
            (.., Some(time)) => {
                let on = time.page.as_ref().map_or_else(String::new, |page| format!(" of `{page}`"));
                format!("{} in front of pages{on} in one session", words::duration(u64::from(time.seconds)))
            }
            _ => String::new(),
        };
        let once = match goal.once {
            Once::Session => ", once a session, the first",
            Once::Each if goal.time.is_some() => ", once a session",
            Once::Each => ", each time",
        };
        let worth = match (&goal.value, goal.worth) {
            (Some(value), _) => format!(", worth its `{value}`, or nothing without it"),
            (_, Some(worth)) => format!(", worth {worth}"),
            _ => String::new(),
        };
        said.push(format!("`{}` is {of}{once}{worth}.", goal.name));
    }
    said.push("Money of different currencies is not added.".to_owned());
    if let Some(breakdown) = &question.breakdown {
        said.push(format!("Split by {} of the event that reached it.", words::breakdown(breakdown)));
    }
    said.push(words::period(question.period));
    said.push(words::bots(question.bots));
    said.join(" ")
}
