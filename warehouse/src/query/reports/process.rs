//! A process: how sessions move through its steps, forward and back, and where they leave it.

use super::{funnel, step_of, within};
use crate::query::bots::Scope;
use crate::query::goals::path_is;
use crate::query::times::times;
use crate::query::{sql, words};
use crate::{Error, Warehouse};
use attune_schema::event::name;
use attune_schema::question::{Per, ProcessAnswer, ProcessQuestion, ProcessStep, ProcessStepReport};
use clickhouse::Row;
use serde::Deserialize;

/// Fewest and most steps of a process.
const STEPS: std::ops::RangeInclusive<usize> = 2..=20;

#[derive(Row, Deserialize)]
struct SessionRow {
    /// Time in milliseconds, sequence, step from 0.
    events: Vec<(i64, u32, u8)>,
}

impl Warehouse {
    /// Answers how sessions move through a process.
    ///
    /// # Errors
    /// A question that cannot be asked, or if the store does not answer.
    pub async fn process(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &ProcessQuestion,
    ) -> Result<ProcessAnswer, Error> {
        let sql = build(scope.into(), question)?;
        let report = |step: &ProcessStep| ProcessStepReport {
            name: step.name.clone(),
            ..ProcessStepReport::default()
        };
        let mut steps: Vec<ProcessStepReport> = question.steps.iter().map(report).collect();
        let mut durations: Vec<Vec<u64>> = vec![Vec::new(); steps.len()];
        let (mut sessions, mut completed) = (0, 0);
        let (rows_read, elapsed_ms) = self
            .each::<SessionRow>(&sql, |row| {
                let mut visits: Vec<(i64, usize)> =
                    row.events.iter().map(|e| (e.0, usize::from(e.2))).collect();
                // Again and again in a row is one visit, from the first time on.
                visits.dedup_by_key(|visit| visit.1);
                let done = visits.iter().any(|visit| visit.1 + 1 == steps.len());
                sessions += 1;
                completed += u64::from(done);
                let mut here = vec![false; steps.len()];
                for (place, (at, step)) in visits.iter().enumerate() {
                    let (Some(report), Some(here)) = (steps.get_mut(*step), here.get_mut(*step)) else {
                        continue;
                    };
                    report.visits += 1;
                    report.sessions += u64::from(!std::mem::replace(here, true));
                    report.entered += u64::from(place == 0);
                    match visits.get(place + 1) {
                        Some((then, next)) if next > step => {
                            report.forward += 1;
                            if let Some(durations) = durations.get_mut(*step) {
                                durations.push(then.abs_diff(*at));
                            }
                        }
                        Some(_) => report.back += 1,
                        None => report.left += u64::from(!done),
                    }
                }
            })
            .await?;
        for (report, durations) in steps.iter_mut().zip(durations) {
            report.times = times(durations);
        }
        let events: Option<Vec<_>> =
            question.steps.iter().map(|step| step.event.as_ref().map(step_of)).collect();
        let funnel = events.map(|steps| funnel(steps, Per::Session, question.period, question.bots));
        let definition = definition(question);
        Ok(ProcessAnswer { sessions, completed, steps, funnel, definition, sql, rows_read, elapsed_ms })
    }
}

fn build(of: Scope<'_>, question: &ProcessQuestion) -> Result<String, Error> {
    let count = question.steps.len();
    if !STEPS.contains(&count) {
        return Err(Error::Question(format!(
            "a process has {} to {} steps, not {count}",
            STEPS.start(),
            STEPS.end()
        )));
    }
    let within = within(of, question.period, question.bots)?;
    let tests = question.steps.iter().map(|step| match (&step.event, &step.page) {
        (Some(event), None) => sql::which(event),
        (None, Some(page)) => Ok(format!("(name = '{}' AND {})", name::PAGE_VIEWED, path_is(page)?)),
        _ => Err(Error::Question(format!("step `{}` is exactly one of `event` and `page`", step.name))),
    });
    let tests = tests.collect::<Result<Vec<_>, _>>()?;
    let numbered: String = tests.iter().zip(0..).map(|(test, step)| format!("{test}, {step}, ")).collect();
    Ok(format!(
        "SELECT arraySort(groupArray((toUnixTimestamp64Milli(at), sequence, toUInt8(multiIf({numbered}0))))) AS events\n\
         FROM events WHERE {within} AND ({})\nGROUP BY session",
        tests.join(" OR ")
    ))
}

fn definition(question: &ProcessQuestion) -> String {
    let step = |step: &ProcessStep| match (&step.event, &step.page) {
        (Some(event), _) => format!("`{}` ({})", step.name, words::events(&event.event, &event.filters)),
        (_, page) => format!("`{}` (page `{}`)", step.name, page.as_deref().unwrap_or_default()),
    };
    let steps: Vec<String> = question.steps.iter().map(step).collect();
    [
        format!("Sessions that come to any of the steps {}.", words::list(&steps, "and")),
        "A visit to a step lasts until the session comes to another one; an event that is several steps is the first. A \
         session leaves at its last step, if it never came to the last one of the process."
            .to_owned(),
        words::period(question.period),
        words::bots(question.bots),
    ]
    .join(" ")
}
