//! Funnels: question → [`Shape`] → SQL → each unit's [`Verdict`] → bars.
//!
//! `windowFunnel` counts where it is exact and nothing but counts is asked: ordered steps of different events, equal
//! times allowed. Everything else needs each unit's events, which are brought here and walked (`walk`, `any`). What
//! counts is defined in docs/questions.md, and `definition` says it of one question.

mod any;
mod build;
mod definition;
pub mod run;
mod shape;
mod tally;
pub mod walk;

pub use shape::Shape;

use super::SECONDS;
use super::bots::Scope;
use crate::{Error, Warehouse};
use attune_schema::question::{
    Compared, FunnelAnswer, FunnelQuestion, FunnelSlice, FunnelTimes, Order, Per, Period, StepCount,
};
use build::Parts;
use clickhouse::Row;
use run::{Event, Verdict};
use serde::Deserialize;
use std::collections::HashMap;
use tally::Tally;
use walk::Walk;

#[derive(Row, Deserialize)]
struct LevelCount {
    level: u8,
    value: String,
    units: u64,
}

#[derive(Row, Deserialize)]
struct Unit {
    id: String,
    parts: Vec<Vec<Event>>,
}

/// What `EXPLAIN ESTIMATE` says of a table.
#[derive(Row, Deserialize)]
#[expect(dead_code, reason = "a row is read as a whole")]
struct Estimate {
    database: String,
    table: String,
    parts: u64,
    rows: u64,
    marks: u64,
}

/// What asking for units' events took.
struct Walked {
    sql: String,
    rows_read: u64,
    elapsed_ms: u64,
}

/// A funnel of one period.
struct Answered<'a> {
    tally: Tally<'a>,
    sql: String,
    rows_read: u64,
    elapsed_ms: u64,
}

/// What became of a unit at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Became {
    /// Reached the step; otherwise the required one before, and not this one.
    pub(super) converted: bool,
    /// When its run began.
    pub(super) start_ms: i64,
    /// The last millisecond before the step was reached, or of the wait for it.
    pub(super) end_ms: i64,
}

/// Units that came as far as a step, or to the one before.
pub(super) struct Outcomes {
    pub(super) units: HashMap<String, Became>,
    pub(super) rows_read: u64,
    pub(super) elapsed_ms: u64,
}

/// The column of a unit.
pub(super) fn unit(per: Per) -> &'static str {
    match per {
        Per::Visitor => "visitor",
        Per::Session => "session",
        Per::Person => "person",
    }
}

impl Warehouse {
    /// What became of each unit at `step`, counted from 0; refused if there are more than `most`.
    pub(super) async fn funnel_outcomes(
        &self,
        scope: Scope<'_>,
        question: &FunnelQuestion,
        step: usize,
        most: usize,
    ) -> Result<Outcomes, Error> {
        let shape = Shape::new(question)?;
        self.must_have_lists(scope.site, question).await?;
        let mut walk = Walk::new(&shape);
        let mut units = HashMap::new();
        let of = (question.period, question.list.as_deref());
        let Walked { rows_read, elapsed_ms, .. } = self
            .each_unit(scope, question, of, true, |unit| {
                let Verdict::Ran(part, run) = walk.verdict(&unit.parts) else { return };
                let at = |step: usize| {
                    let filled = run.filled.iter().find(|(of, _)| *of == step);
                    filled.and_then(|(_, event)| unit.parts.get(part)?.get(*event)).map(|event| event.0)
                };
                let Some(start_ms) = at(0) else { return };
                let became = match at(step) {
                    Some(end) => Became { converted: true, start_ms, end_ms: end - 1 },
                    None => {
                        let Some(before) = shape.required_before(step).and_then(at) else { return };
                        let waits = [
                            shape.window_ms.map(|ms| start_ms.saturating_add(ms)),
                            shape
                                .step_windows_ms
                                .get(step)
                                .copied()
                                .flatten()
                                .map(|ms| before.saturating_add(ms)),
                        ];
                        let end_ms = waits.into_iter().flatten().min().unwrap_or(i64::MAX);
                        Became { converted: false, start_ms, end_ms }
                    }
                };
                if units.len() <= most {
                    units.insert(unit.id, became);
                }
            })
            .await?;
        if walk.is_lost {
            return Err(lost());
        }
        if units.len() > most {
            return Err(Error::Question(format!(
                "more than {most} reach this step or drop out: choose a period"
            )));
        }
        Ok(Outcomes { units, rows_read, elapsed_ms })
    }

    /// Answers a funnel.
    pub async fn funnel(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &FunnelQuestion,
    ) -> Result<FunnelAnswer, Error> {
        let scope = scope.into().sampled(question.sample, question.per, "funnel")?;
        if question.sample.is_some() && question.people.is_some() {
            return Err(Error::Question("people are listed of all, not of a sample".to_owned()));
        }
        let shape = Shape::new(question)?;
        let definition = definition::of(question);
        self.must_have_lists(scope.site, question).await?;
        let mut first =
            self.funnel_of(scope, question, &shape, question.period, question.list.as_deref()).await?;
        let counts = std::mem::take(&mut first.tally.counts);
        let steps = question.steps.iter().zip(counts);
        let mut answer = FunnelAnswer {
            steps: steps.map(|(step, count)| StepCount { event: step.event.clone(), count }).collect(),
            excluded: first.tally.excluded,
            slices: first.tally.slices(),
            times: first.tally.times(),
            compared: Vec::new(),
            people: first.tally.people(),
            sample: scope.sample(),
            definition: scope.said(definition),
            sql: first.sql,
            rows_read: first.rows_read,
            elapsed_ms: first.elapsed_ms,
        };
        for against in &question.compare {
            let (period, list) = (against.period.or(question.period), against.list.as_ref());
            let list = list.or(question.list.as_ref()).map(String::as_str);
            let mut other = self.funnel_of(scope, question, &shape, period, list).await?;
            answer.rows_read += other.rows_read;
            answer.elapsed_ms += other.elapsed_ms;
            answer.compared.push(Compared {
                against: against.clone(),
                counts: std::mem::take(&mut other.tally.counts),
                excluded: other.tally.excluded,
                slices: other.tally.slices(),
                times: other.tally.times(),
                sql: other.sql,
            });
        }
        if question.sample.is_some() {
            multiply(&mut answer, scope.times());
        }
        Ok(answer)
    }

    /// Refuses lists that nobody imported, which would look like lists of nobody.
    async fn must_have_lists(&self, site: u32, question: &FunnelQuestion) -> Result<(), Error> {
        let lists = question.compare.iter().filter_map(|other| other.list.as_ref());
        let asked: Vec<&String> = question.list.iter().chain(lists).collect();
        if asked.is_empty() {
            return Ok(());
        }
        let known = self.imports(site).await?;
        match asked.iter().find(|list| known.iter().all(|record| record.list != ***list)) {
            Some(list) => Err(Error::Question(format!("there is no list `{list}`"))),
            None => Ok(()),
        }
    }

    /// Gives `take` each unit's events, over a period and perhaps of a list: visitors in as many parts as keep an answer
    /// small. What is told as the question's SQL is that of all of them.
    async fn each_unit(
        &self,
        scope: Scope<'_>,
        question: &FunnelQuestion,
        (period, list): (Option<Period>, Option<&str>),
        with_ids: bool,
        mut take: impl FnMut(Unit),
    ) -> Result<Walked, Error> {
        let whole = Parts::new(scope, question, period, list)?;
        let of = match question.per {
            Per::Visitor => {
                let estimates = self.ask::<Estimate>(&whole.estimate()).await?;
                estimates.rows.iter().map(|of| of.rows).sum::<u64>().div_ceil(self.rows_at_once).max(1)
            }
            // May have rows of several visitors.
            Per::Session | Per::Person => 1,
        };
        let mut walked = Walked { sql: whole.events(with_ids), rows_read: 0, elapsed_ms: 0 };
        for part in 0..of {
            let sql = Parts::new(scope.of_part(part, of), question, period, list)?.events(with_ids);
            let left = SECONDS.checked_sub(walked.elapsed_ms / 1_000).ok_or_else(too_long)?;
            let (rows_read, elapsed_ms) = self.each_within::<Unit>(left, &sql, &mut take).await?;
            walked.rows_read += rows_read;
            walked.elapsed_ms += elapsed_ms;
        }
        Ok(walked)
    }

    async fn funnel_of<'a>(
        &self,
        scope: Scope<'_>,
        question: &'a FunnelQuestion,
        shape: &'a Shape,
        period: Option<Period>,
        list: Option<&str>,
    ) -> Result<Answered<'a>, Error> {
        let parts = Parts::new(scope, question, period, list)?;
        let mut tally = Tally::new(question, shape);
        if shape::is_quick(question) {
            let sql = parts.quick(shape.window_ms);
            let answered = self.ask::<LevelCount>(&sql).await?;
            for row in answered.rows {
                tally.add(usize::from(row.level), row.value, row.units);
            }
            return Ok(Answered {
                tally,
                sql,
                rows_read: answered.rows_read,
                elapsed_ms: answered.elapsed_ms,
            });
        }
        let mut walk = Walk::new(shape);
        let Walked { sql, rows_read, elapsed_ms } = self
            .each_unit(scope, question, (period, list), question.people.is_some(), |unit| {
                let verdict = match shape.order {
                    Order::Any => any::verdict(shape, &unit.parts),
                    Order::Ordered | Order::Strict => walk.verdict(&unit.parts),
                };
                tally.take(&unit.id, &verdict, &unit.parts);
            })
            .await?;
        if walk.is_lost {
            return Err(lost());
        }
        Ok(Answered { tally, sql, rows_read, elapsed_ms })
    }
}

/// Why runs were not all tried.
fn lost() -> Error {
    let message = "too many events of equal time can each fill several of these steps: name fewer steps, or fewer \
                   events a step";
    Error::Question(message.to_owned())
}

/// All parts together have as long as one answer.
fn too_long() -> Error {
    Error::Question(format!("the answer takes longer than {SECONDS} s: choose a shorter period, or a sample"))
}

/// Makes of the counts of a sample those of all.
fn multiply(answer: &mut FunnelAnswer, times: u64) {
    let in_slices = |slices: &mut Vec<FunnelSlice>| {
        slices.iter_mut().flat_map(|slice| &mut slice.counts).for_each(|count| *count *= times);
    };
    let in_times = |of: &mut Option<FunnelTimes>| {
        let of = of.iter_mut().flat_map(|of| of.steps.iter_mut().chain([&mut of.total]).flatten());
        for of in of {
            of.count *= times;
            of.histogram.iter_mut().for_each(|bar| bar.count *= times);
        }
    };
    answer.steps.iter_mut().for_each(|step| step.count *= times);
    answer.excluded *= times;
    in_slices(&mut answer.slices);
    in_times(&mut answer.times);
    for other in &mut answer.compared {
        other.counts.iter_mut().for_each(|count| *count *= times);
        other.excluded *= times;
        in_slices(&mut other.slices);
        in_times(&mut other.times);
    }
}
