//! Funnels: question → [`Shape`] → SQL → each unit's [`Verdict`](run::Verdict) → bars.
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

use super::bots::Scope;
use crate::{Error, Warehouse};
use attune_schema::question::{Compared, FunnelAnswer, FunnelQuestion, Order, Period, StepCount};
use build::Parts;
use clickhouse::Row;
use run::Event;
use serde::Deserialize;
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

/// A funnel of one period.
struct Answered<'a> {
    tally: Tally<'a>,
    sql: String,
    rows_read: u64,
    elapsed_ms: u64,
}

impl Warehouse {
    /// Answers a funnel.
    pub async fn funnel(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &FunnelQuestion,
    ) -> Result<FunnelAnswer, Error> {
        let scope = scope.into();
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
            definition,
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
        let sql = parts.events(question.people.is_some());
        let mut walk = Walk::new(shape);
        let (rows_read, elapsed_ms) = self
            .each::<Unit>(&sql, |unit| {
                let verdict = match shape.order {
                    Order::Any => any::verdict(shape, &unit.parts),
                    Order::Ordered | Order::Strict => walk.verdict(&unit.parts),
                };
                tally.take(&unit.id, &verdict, &unit.parts);
            })
            .await?;
        if walk.is_lost {
            let message = "too many events of equal time can each fill several of these steps: name fewer steps, or \
                           fewer events a step";
            return Err(Error::Question(message.to_owned()));
        }
        Ok(Answered { tally, sql, rows_read, elapsed_ms })
    }
}
