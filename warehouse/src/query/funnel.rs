//! Ordered funnels.
//!
//! `windowFunnel` in its default mode where it is exact: all steps take different events and equal times count.
//! Otherwise each unit's events are brought here and `kernel` walks them.

use super::bots::Scope;
use super::kernel::reach;
use super::sql;
use crate::people::events_by_person;
use crate::{Error, Warehouse};
use attune_schema::bot::Bots;
use attune_schema::question::{
    Breakdown, EventNames, FunnelAnswer, FunnelQuestion, FunnelSlice, FunnelStep, Per, SameTime, StepCount,
};
use clickhouse::Row;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most steps of a funnel.
const STEPS: usize = 30;
/// Most slices of a breakdown.
const SLICES: usize = 50;
/// Moves times before 1970 above zero: ClickHouse's earliest time is in 1900.
const EPOCH_SHIFT_MS: i64 = 2_208_988_800_000;

#[derive(Row, Deserialize)]
struct LevelCount {
    level: u8,
    value: String,
    units: u64,
}

#[derive(Row, Deserialize)]
struct UnitSteps {
    steps: Vec<(i64, u32)>,
    value: String,
}

impl Warehouse {
    /// Answers a funnel.
    pub async fn funnel(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &FunnelQuestion,
    ) -> Result<FunnelAnswer, Error> {
        let count = question.steps.len();
        if count == 0 || count > STEPS {
            return Err(Error::Question(format!("a funnel has 1 to {STEPS} steps, not {count}")));
        }
        let window_ms = question
            .window_seconds
            .map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000));
        let parts = Parts::new(scope.into(), question)?;
        let exact = question.same_time == SameTime::Allowed && are_disjoint(&question.steps);
        let (sql, tally, rows_read, elapsed_ms) = if exact {
            let sql = parts.window_funnel(window_ms);
            let answered = self.ask::<LevelCount>(&sql).await?;
            let mut tally = Tally::new(count);
            for row in answered.rows {
                tally.add(usize::from(row.level), row.value, row.units);
            }
            (sql, tally, answered.rows_read, answered.elapsed_ms)
        } else {
            let sql = parts.unit_steps();
            let answered = self.ask::<UnitSteps>(&sql).await?;
            let later = question.same_time == SameTime::Later;
            let mut tally = Tally::new(count);
            for row in answered.rows {
                tally.add(reach(&row.steps, count, window_ms, later), row.value, 1);
            }
            (sql, tally, answered.rows_read, answered.elapsed_ms)
        };
        Ok(tally.answer(question, sql, rows_read, elapsed_ms))
    }
}

/// Whether no event can fill two steps.
fn are_disjoint(steps: &[FunnelStep]) -> bool {
    let mut names = BTreeSet::new();
    steps.iter().flat_map(|step| step.event.names()).all(|name| names.insert(name))
}

/// SQL fragments of a question.
struct Parts {
    table: String,
    unit: &'static str,
    scope: String,
    steps: Vec<String>,
    value: &'static str,
}

impl Parts {
    fn new(of: Scope<'_>, question: &FunnelQuestion) -> Result<Self, Error> {
        // The narrow table has what most funnels need, sorted as they need it.
        let narrow = question.per != Per::Person
            && question.steps.iter().all(|step| step.filters.is_empty())
            && matches!(question.breakdown, None | Some(Breakdown::Device))
            && (question.bots == Bots::Include || of.is_plain());
        let names: BTreeSet<&String> = question.steps.iter().flat_map(|step| step.event.names()).collect();
        let names: Vec<String> = names.into_iter().cloned().collect();
        let mut scope =
            format!("site = {} AND {}", of.site, sql::event_filter(&EventNames::Any(names), &[])?);
        scope.push_str(&sql::period(question.period, !narrow)?);
        scope.push_str(&of.filter(question.bots)?);
        let steps = question
            .steps
            .iter()
            .map(|step| sql::event_filter(&step.event, &step.filters))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            table: match (narrow, question.per) {
                (true, _) => "steps".to_owned(),
                (false, Per::Person) => events_by_person(of.site, &scope),
                (false, _) => "events".to_owned(),
            },
            unit: match question.per {
                Per::Visitor => "visitor",
                Per::Session => "session",
                Per::Person => "person",
            },
            scope,
            steps,
            value: question.breakdown.map_or("", sql::breakdown),
        })
    }

    /// The breakdown's value at the unit's first event that fills the first step.
    fn first_value(&self) -> String {
        match (self.value, self.steps.first()) {
            ("", _) | (_, None) => "''".to_owned(),
            (value, Some(first)) => format!("argMinIf({value}, (at, sequence), {first})"),
        }
    }

    fn window_funnel(&self, window_ms: Option<i64>) -> String {
        let Self { table, unit, scope, .. } = self;
        let value = self.first_value();
        // A window that nothing outlasts, without overflowing time plus window.
        let window = window_ms.map_or(i64::MAX / 2, |ms| ms.min(i64::MAX / 2));
        let steps = self.steps.join(",\n            ");
        format!(
            "SELECT level, value, count() AS units FROM (\n    SELECT\n        windowFunnel({window})(\n            \
             toUInt64(toUnixTimestamp64Milli(at) + {EPOCH_SHIFT_MS}),\n            {steps}\n        ) AS level,\n        \
             {value} AS value\n    FROM {table}\n    WHERE {scope}\n    GROUP BY {unit}\n)\n\
             WHERE level > 0\nGROUP BY level, value\nORDER BY level, value"
        )
    }

    fn unit_steps(&self) -> String {
        let Self { table, unit, scope, .. } = self;
        let value = self.first_value();
        let mask: Vec<String> = self
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| format!("if({step}, toUInt32({}), toUInt32(0))", 1u32 << index))
            .collect();
        let mask = mask
            .iter()
            .skip(1)
            .fold(mask.first().cloned().unwrap_or_default(), |sum, bit| format!("bitOr({sum}, {bit})"));
        format!(
            "SELECT arraySort(groupArray((toUnixTimestamp64Milli(at), {mask}))) AS steps, {value} AS value\n\
             FROM {table}\nWHERE {scope}\nGROUP BY {unit}"
        )
    }
}

/// Units by the number of steps they reached, in all and by value.
struct Tally {
    totals: Vec<u64>,
    values: BTreeMap<String, Vec<u64>>,
}

impl Tally {
    fn new(steps: usize) -> Self {
        Self { totals: vec![0; steps], values: BTreeMap::new() }
    }

    /// `units` units reached `level` steps, and so every step before.
    fn add(&mut self, level: usize, value: String, units: u64) {
        let steps = self.totals.len();
        let slice = self.values.entry(value).or_insert_with(|| vec![0; steps]);
        for counts in [&mut self.totals, slice] {
            for count in counts.iter_mut().take(level) {
                *count += units;
            }
        }
    }

    fn answer(self, question: &FunnelQuestion, sql: String, rows_read: u64, elapsed_ms: u64) -> FunnelAnswer {
        let steps = question.steps.iter().zip(self.totals);
        let mut slices: Vec<FunnelSlice> = Vec::new();
        if question.breakdown.is_some() {
            slices = self.values.into_iter().map(|(value, counts)| FunnelSlice { value, counts }).collect();
            slices.retain(|slice| slice.counts.first().is_some_and(|first| *first > 0));
            slices.sort_by(|a, b| b.counts.cmp(&a.counts).then_with(|| a.value.cmp(&b.value)));
            slices.truncate(SLICES);
        }
        FunnelAnswer {
            steps: steps.map(|(step, count)| StepCount { event: step.event.clone(), count }).collect(),
            slices,
            sql,
            rows_read,
            elapsed_ms,
        }
    }
}
