//! Recency, frequency and value, and scores of them.
//!
//! A score is five less the fifths of people who are strictly better, so that whoever ties has the better score, or
//! the band between bounds that the question names. Whoever never did it has none.

use super::bots::Scope;
use super::{sql, words};
use crate::people::events_by_person;
use crate::{Error, Warehouse};
use attune_schema::question::{
    PeopleIds, Per, Period, RfmAnswer, RfmBand, RfmBounds, RfmCell, RfmPeople, RfmQuestion,
};
use attune_schema::time::{DAY_MS, Timestamp};
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most bounds of a band.
const BOUNDS: usize = 20;
/// Most ids of a page.
const IDS: u32 = 1_000;

#[derive(Row, Deserialize)]
struct CellRow {
    scores: (u32, u32, u32),
    units: u64,
    total: f64,
    /// Least and most of each: whole days since the last event, events, value.
    days: (i64, i64),
    counts: (u64, u64),
    values: (f64, f64),
}

#[derive(Row, Deserialize)]
struct IdRow {
    id: String,
}

impl Warehouse {
    /// Answers how recently, how often and for how much, as of `now` unless the question says.
    pub async fn rfm(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &RfmQuestion,
        now: Timestamp,
    ) -> Result<RfmAnswer, Error> {
        let as_of = question.as_of.unwrap_or(now);
        let of = scope.into().sampled(question.sample, question.per, "rfm")?;
        if question.sample.is_some() && question.people.is_some() {
            return Err(Error::Question("people are listed of all, not of a sample".to_owned()));
        }
        let scored = scored(of, question, as_of)?;
        let sql = format!(
            "SELECT (recency, frequency, value) AS scores, count() AS units, sum(amount) AS total,\n  \
             (min(age_days), max(age_days)) AS days, (min(events), max(events)) AS counts, (min(amount), max(amount)) AS values\n\
             FROM (\n{scored}\n)\nGROUP BY recency, frequency, value\nORDER BY scores DESC"
        );
        let people = question.people.as_ref().map(|people| ids(people, &scored)).transpose()?;
        let mut answered = self.ask::<CellRow>(&sql).await?;
        for row in &mut answered.rows {
            row.units *= of.times();
            row.total *= of.times() as f64;
        }
        let mut bands = [BTreeMap::new(), BTreeMap::new(), BTreeMap::new()];
        for row in &answered.rows {
            let days = (row.days.0 as f64, row.days.1 as f64);
            let counts = (row.counts.0 as f64, row.counts.1 as f64);
            let scores = [(row.scores.0, days), (row.scores.1, counts), (row.scores.2, row.values)];
            for (bands, (score, (from, to))) in bands.iter_mut().zip(scores) {
                let band = bands.entry(score).or_insert(RfmBand { score, count: 0, from, to });
                band.count += row.units;
                (band.from, band.to) = (band.from.min(from), band.to.max(to));
            }
        }
        let listed = match people {
            None => None,
            Some((sql, limit)) => Some(self.page(&sql, limit).await?),
        };
        let [recency, frequency, value] = bands.map(|bands| bands.into_values().rev().collect::<Vec<_>>());
        let cells = answered.rows.iter().map(|row| RfmCell {
            recency: row.scores.0,
            frequency: row.scores.1,
            value: row.scores.2,
            count: row.units,
            total: row.total,
        });
        Ok(RfmAnswer {
            count: answered.rows.iter().map(|row| row.units).sum(),
            cells: cells.collect(),
            recency,
            frequency,
            value: if question.value.is_some() { value } else { Vec::new() },
            people: listed,
            sample: of.sample(),
            definition: of.said(definition(question, as_of)),
            sql,
            rows_read: answered.rows_read,
            elapsed_ms: answered.elapsed_ms,
        })
    }

    /// A page of ids, of which the query asks for one more.
    async fn page(&self, sql: &str, limit: u32) -> Result<PeopleIds, Error> {
        let rows = self.ask::<IdRow>(sql).await?.rows;
        let more = rows.len() > limit as usize;
        let ids: Vec<String> = rows.into_iter().take(limit as usize).map(|row| row.id).collect();
        let next = ids.last().filter(|_| more).cloned();
        Ok(PeopleIds { ids, next })
    }
}

fn ids(people: &RfmPeople, scored: &str) -> Result<(String, u32), Error> {
    let limit = people.limit.unwrap_or(100);
    if !(1..=IDS).contains(&limit) {
        return Err(Error::Question(format!("a page has 1 to {IDS} ids, not {limit}")));
    }
    let mut tests = vec![format!("id > {}", sql::text(people.after.as_deref().unwrap_or_default()))];
    for (name, score) in
        [("recency", people.recency), ("frequency", people.frequency), ("value", people.value)]
    {
        tests.extend(score.map(|score| format!("{name} = {score}")));
    }
    let sql = format!(
        "SELECT id FROM (\n{scored}\n)\nWHERE {}\nORDER BY id\nLIMIT {}",
        tests.join(" AND "),
        limit + 1
    );
    Ok((sql, limit))
}

/// A table of everybody who has scores.
fn scored(of: Scope<'_>, question: &RfmQuestion, as_of: Timestamp) -> Result<String, Error> {
    let unit = sql::unit(question.per, "rfm")?;
    let which = sql::which(&question.event)?;
    let mut scope = format!("site = {} AND {which} AND at < {}", of.site, sql::instant(as_of.0));
    match question.period {
        None => {}
        Some(Period { from, to }) => scope.push_str(&sql::period(Some(Period { from, to }), false)?),
    }
    scope.push_str(&of.filter(question.bots)?);
    let plain = question.event.filters.is_empty() && question.value.is_none();
    let table = match question.per {
        Per::Person => events_by_person(of.site, &scope),
        _ if plain && sql::is_narrow(of, question.bots, None) => "steps".to_owned(),
        _ => "events".to_owned(),
    };
    let amount = match &question.value {
        None => "toFloat64(0)".to_owned(),
        Some(name) => format!("sum(numbers[{}])", sql::text(name)),
    };
    let none = RfmBounds::default();
    let bounds = question.bounds.as_ref().unwrap_or(&none);
    // Everybody tied has the rank of the first of them.
    let fifth = |order: &str| {
        format!("toUInt32(5 - intDiv(5 * (rank() OVER (ORDER BY {order}) - 1), count() OVER ()))")
    };
    let recency = match bounds.recency_days.as_slice() {
        [] => fifth("age_days ASC"),
        days => {
            rising("recency_days", days)?;
            let over = days.iter().map(|days| format!("(age_days <= {days})"));
            format!("toUInt32(1 + {})", over.collect::<Vec<_>>().join(" + "))
        }
    };
    let least = |column: &str, bounds: Vec<String>| {
        let reached = bounds.into_iter().map(|bound| format!("({column} >= {bound})"));
        format!("toUInt32(1 + {})", reached.collect::<Vec<_>>().join(" + "))
    };
    let frequency = match bounds.frequency.as_slice() {
        [] => fifth("events DESC"),
        counts => {
            rising("frequency", counts)?;
            least("events", counts.iter().map(u64::to_string).collect())
        }
    };
    let value = match (bounds.value.as_slice(), &question.value) {
        ([], None) => "toUInt32(0)".to_owned(),
        (_, None) => return Err(Error::Question("there are bounds of value, and no value".to_owned())),
        ([], Some(_)) => fifth("amount DESC"),
        (values, Some(_)) => {
            rising("value", values)?;
            least("amount", values.iter().map(|value| format!("{value:?}")).collect())
        }
    };
    Ok(format!(
        "  SELECT id, age_days, events, amount, {recency} AS recency, {frequency} AS frequency, {value} AS value\n  FROM (\n    \
         SELECT toString({unit}) AS id, intDiv({} - toUnixTimestamp64Milli(max(at)), {DAY_MS}) AS age_days, count() AS events,\n      {amount} AS amount\n    \
         FROM {table}\n    WHERE {scope}\n    GROUP BY {unit}\n  )",
        as_of.0
    ))
}

fn rising<T: PartialOrd>(name: &str, bounds: &[T]) -> Result<(), Error> {
    if bounds.len() > BOUNDS {
        return Err(Error::Question(format!("`{name}` has at most {BOUNDS} bounds, not {}", bounds.len())));
    }
    if bounds.is_sorted_by(|a, b| a < b) {
        return Ok(());
    }
    Err(Error::Question(format!("bounds of `{name}` must rise")))
}

fn definition(question: &RfmQuestion, as_of: Timestamp) -> String {
    let unit = words::unit(question.per);
    let what = words::events(&question.event.event, &question.event.filters);
    let mut said = vec![
        format!(
            "Scores every {unit} that did {what} before {}; nobody else has a score.",
            words::instant(as_of)
        ),
        "Recency is the whole days since the last of them, frequency their number.".to_owned(),
    ];
    if let Some(value) = &question.value {
        said.push(format!("Value is the sum of `{value}`; an event without it adds nothing."));
    }
    said.push(match &question.bounds {
        None => "A score is 5 less the whole fifths of those who are strictly better: the best fifth has 5, and whoever \
                 ties has the better score."
            .to_owned(),
        Some(bounds) => {
            let list = |name: &str, bounds: Vec<String>| match bounds.is_empty() {
                true => format!("{name} by fifths"),
                false => format!("{name} at {}", bounds.join(", ")),
            };
            format!(
                "Scores count bands: {}; {}; {}. A bound belongs to the better band.",
                list("days of recency", bounds.recency_days.iter().map(u32::to_string).collect()),
                list("frequency", bounds.frequency.iter().map(u64::to_string).collect()),
                list("value", bounds.value.iter().map(f64::to_string).collect()),
            )
        }
    });
    said.push(words::period(question.period));
    said.push(words::bots(question.bots));
    said.join(" ")
}
