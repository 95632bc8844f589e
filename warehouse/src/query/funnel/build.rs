//! SQL of a funnel.

use super::run::EXCLUSION_BIT;
use super::shape::is_narrow;
use crate::Error;
use crate::people::{events_by_person, persons_on, visitors_on};
use crate::query::bots::Scope;
use crate::query::sql;
use attune_schema::bot::Bots;
use attune_schema::question::{EventNames, FunnelQuestion, Order, Per, Period};
use std::collections::BTreeSet;

/// Moves times before 1970 above zero: ClickHouse's earliest time is in 1900.
const EPOCH_SHIFT_MS: i64 = 2_208_988_800_000;

/// Fragments of a question.
pub(super) struct Parts {
    from: String,
    unit: &'static str,
    steps: Vec<String>,
    exclusions: Vec<String>,
    /// Whether an event is any of these at all; empty if its name says so.
    relevant: String,
    held: Vec<String>,
    value: String,
    begins_first: bool,
}

impl Parts {
    /// Of `question`, over `period`, perhaps of people on a list.
    pub(super) fn new(
        of: Scope<'_>,
        question: &FunnelQuestion,
        period: Option<Period>,
        list: Option<&str>,
    ) -> Result<Self, Error> {
        let narrow = is_narrow(question)
            && question.per != Per::Person
            && (question.bots == Bots::Include || of.is_plain());
        let steps = question.steps.iter().map(|step| sql::event_filter(&step.event, &step.filters));
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        let exclusions = question.exclude.iter().map(|x| sql::event_filter(&x.event, &x.filters));
        let exclusions = exclusions.collect::<Result<Vec<_>, _>>()?;
        let filtered = question.steps.iter().any(|step| !step.filters.is_empty())
            || question.exclude.iter().any(|exclusion| !exclusion.filters.is_empty());
        let strict = question.order == Order::Strict;
        let mut relevant = String::new();
        if filtered && !strict {
            let tests: Vec<String> =
                steps.iter().chain(&exclusions).map(|test| format!("({test})")).collect();
            relevant = format!(" AND ({})", tests.join(" OR "));
        }

        let bots = of.filter(question.bots)?;
        let names = question.steps.iter().flat_map(|step| step.event.names());
        let names: BTreeSet<&String> =
            names.chain(question.exclude.iter().flat_map(|exclusion| exclusion.event.names())).collect();
        let names = EventNames::Any(names.into_iter().cloned().collect());
        let mut scope = format!("site = {}", of.site);
        if !strict {
            scope = format!("{scope} AND {}", sql::event_filter(&names, &[])?);
        }
        scope.push_str(&sql::period(period, !narrow)?);
        scope.push_str(&bots);
        for property in &question.hold_constant {
            scope.push_str(&format!(" AND {}", sql::has_property(property)));
        }

        let table = |scope: &str| match (narrow, question.per) {
            (true, _) => "steps".to_owned(),
            (false, Per::Person) => events_by_person(of.site, scope),
            (false, _) => "events".to_owned(),
        };
        let unit = match question.per {
            Per::Visitor => "visitor",
            Per::Session => "session",
            Per::Person => "person",
        };
        let mut from = format!("{}\nWHERE {scope}", table(&scope));
        if let Some(list) = list {
            let on_list = match question.per {
                Per::Person => format!("person IN ({})", persons_on(of.site, list)),
                Per::Visitor | Per::Session => format!("visitor IN ({})", visitors_on(of.site, list)),
            };
            from.push_str(&format!("\n  AND {on_list}"));
        }
        if let (true, Some(Period { from: begin, .. })) = (question.first_time, period) {
            let first = steps.first().map_or("", String::as_str);
            let ever = format!("site = {} AND {first}{bots}", of.site);
            from.push_str(&format!(
                "\n  AND {unit} IN (SELECT {unit} FROM {} WHERE {ever} GROUP BY {unit} HAVING min(at) >= {})",
                table(&ever),
                sql::instant(begin.0)
            ));
        }
        Ok(Self {
            from,
            unit,
            steps,
            exclusions,
            relevant,
            held: question.hold_constant.iter().map(|name| sql::property_text(name)).collect(),
            value: question.breakdown.as_ref().map_or_else(|| "''".to_owned(), sql::breakdown),
            begins_first: question.order != Order::Any,
        })
    }

    /// Units by how far they got, with the value at their first event that fills the first step.
    pub(super) fn quick(&self, window_ms: Option<i64>) -> String {
        let Self { from, unit, value, .. } = self;
        let value = match (value.as_str(), self.steps.first()) {
            ("''", _) | (_, None) => "''".to_owned(),
            (value, Some(first)) => {
                format!("argMinIf(toString({value}), (at, sequence, toString({value})), {first})")
            }
        };
        // A window that nothing outlasts, without overflowing time plus window.
        let window = window_ms.map_or(i64::MAX / 2, |ms| ms.min(i64::MAX / 2));
        let steps = self.steps.join(",\n            ");
        format!(
            "SELECT level, value, count() AS units FROM (\n    SELECT\n        windowFunnel({window})(\n            \
             toUInt64(toUnixTimestamp64Milli(at) + {EPOCH_SHIFT_MS}),\n            {steps}\n        ) AS level,\n        \
             {value} AS value\n    FROM {from}\n    GROUP BY {unit}\n)\n\
             WHERE level > 0\nGROUP BY level, value\nORDER BY level, value"
        )
    }

    /// How many rows the store would look at for all of it, without looking at them.
    pub(super) fn estimate(&self) -> String {
        format!("EXPLAIN ESTIMATE SELECT count() FROM {}", self.from)
    }

    /// Each unit's events in order: time, sequence, what they can be as bits, value. One list for each value of what
    /// is held constant.
    pub(super) fn events(&self, with_ids: bool) -> String {
        let Self { from, unit, relevant, value, held, .. } = self;
        let bit = |shift: u32| {
            move |(place, test): (u32, &String)| format!("toUInt64({test}) * {}", 1u64 << (place + shift))
        };
        let steps = (0..).zip(&self.steps).map(bit(0));
        let bits: Vec<String> = steps.chain((0..).zip(&self.exclusions).map(bit(EXCLUSION_BIT))).collect();
        let bits = bits.join("\n      + ");
        let id = if with_ids { format!("toString({unit})") } else { "''".to_owned() };
        let events = format!(
            "arraySort(groupArray((toUnixTimestamp64Milli(at), sequence,\n        {bits},\n        toString({value}))))"
        );
        // A run begins with the first step: whoever never did it is not asked for.
        let having = match self.steps.first() {
            Some(first) if self.begins_first => format!("\nHAVING countIf({first}) > 0"),
            _ => String::new(),
        };
        if held.is_empty() {
            return format!(
                "SELECT {id} AS id, [{events}] AS parts\nFROM {from}{relevant}\nGROUP BY {unit}{having}"
            );
        }
        let held = format!("[{}]", held.join(", "));
        format!(
            "SELECT {id} AS id, arrayMap(part -> part.2, arraySort(part -> part.1, groupArray((held, ordered)))) AS parts\n\
             FROM (\n    SELECT {unit}, {held} AS held, {events} AS ordered\n    FROM {from}{relevant}\n    \
             GROUP BY {unit}, held{having}\n)\nGROUP BY {unit}"
        )
    }
}
