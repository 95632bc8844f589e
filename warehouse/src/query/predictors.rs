//! What those who reach a step of a funnel did and were, beside those who drop out before it: counts only. What they
//! tell is said by whoever asks, with intervals.

use super::bots::Scope;
use super::funnel::Outcomes;
use super::{funnel, sql, words};
use crate::people::events_by_person;
use crate::{Error, Warehouse};
use attune_schema::question::{Breakdown, FunnelQuestion, Order, Per, Period, PredictorsQuestion, Trait};
use attune_schema::time::Timestamp;
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most event names that are told apart, the most frequent.
const NAMES: usize = 200;
/// Most properties that are named.
const PROPERTIES: usize = 20;
/// Most values of one property that are told apart, the most frequent.
const VALUES: usize = 100;
/// Most units of the funnel.
const UNITS: usize = 2_000_000;

/// Columns at the first event that are always looked at.
const ALWAYS: [(&str, Breakdown); 8] = [
    ("device", Breakdown::Device),
    ("channel", Breakdown::Channel),
    ("source", Breakdown::Source),
    ("browser", Breakdown::Browser),
    ("os", Breakdown::Os),
    ("country", Breakdown::Country),
    ("locale", Breakdown::Locale),
    ("utm_source", Breakdown::UtmSource),
];

#[derive(Row, Deserialize)]
struct NameRow {
    name: String,
}

#[derive(Row, Deserialize)]
struct UnitRow {
    id: String,
    /// Time in milliseconds, and the place of the name from 1.
    events: Vec<(i64, u16)>,
    values: Vec<String>,
}

/// How many of two groups have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Having {
    /// Of those who reached the step.
    pub converted: u64,
    /// Of those who dropped out.
    pub dropped: u64,
}

impl Having {
    fn add(&mut self, converted: bool) {
        *(if converted { &mut self.converted } else { &mut self.dropped }) += 1;
    }
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PredictorCounts {
    /// The two groups.
    pub all: Having,
    /// Who of them has what.
    pub having: BTreeMap<Trait, Having>,
    /// What was counted, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}

impl Warehouse {
    /// Counts what those who reach a step have, and those who drop out before it.
    ///
    /// # Errors
    /// A question that cannot be asked, or if the store does not answer.
    pub async fn predictors(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &PredictorsQuestion,
        now: Timestamp,
    ) -> Result<PredictorCounts, Error> {
        check(question)?;
        let scope = scope.into().sampled(question.funnel.sample, question.funnel.per, "funnel")?;
        let outcomes =
            self.funnel_outcomes(scope, &question.funnel, question.step as usize - 1, UNITS).await?;
        let narrow = Narrow::new(scope, question, now)?;
        let names = self.ask::<NameRow>(&narrow.names()).await?;
        let known: Vec<String> = names.rows.into_iter().map(|row| row.name).collect();
        let properties: Vec<&str> = ALWAYS
            .iter()
            .map(|(name, _)| *name)
            .chain(question.properties.iter().map(String::as_str))
            .collect();
        let sql = narrow.units(&known);
        let mut counts = PredictorCounts::default();
        let mut events = vec![Having::default(); known.len() + 1];
        let mut values: Vec<BTreeMap<String, Having>> = vec![BTreeMap::new(); properties.len()];
        let Outcomes { units, rows_read, elapsed_ms, .. } = outcomes;
        let (read, took) = self
            .each::<UnitRow>(&sql, |row| {
                let Some(outcome) = units.get(&row.id) else { return };
                counts.all.add(outcome.converted);
                let mut did = vec![false; known.len() + 1];
                for (at, name) in &row.events {
                    if (outcome.start_ms..=outcome.end_ms).contains(at)
                        && let Some(did) = did.get_mut(usize::from(*name))
                    {
                        *did = true;
                    }
                }
                for (having, _) in events.iter_mut().zip(&did).filter(|(_, did)| **did) {
                    having.add(outcome.converted);
                }
                for (of, value) in values.iter_mut().zip(row.values).filter(|(_, value)| !value.is_empty()) {
                    of.entry(value).or_default().add(outcome.converted);
                }
            })
            .await?;
        let did = known.into_iter().zip(events.into_iter().skip(1));
        counts.having.extend(did.map(|(name, having)| (Trait::Event(name), having)));
        for (property, of) in properties.into_iter().zip(values) {
            let mut of: Vec<(String, Having)> = of.into_iter().collect();
            of.sort_by_key(|(_, having)| std::cmp::Reverse(having.converted + having.dropped));
            of.truncate(VALUES);
            counts.having.extend(
                of.into_iter()
                    .map(|(value, having)| (Trait::Value { property: property.to_owned(), value }, having)),
            );
        }
        counts.definition = definition(question);
        if let Some(sample) = scope.sample() {
            let one_in = scope.times();
            counts.definition.push_str(&format!(
                " Of one visitor in {one_in} ({} of all); counts are theirs.",
                sample.share
            ));
        }
        counts.sql = sql;
        counts.rows_read = rows_read + names.rows_read + read;
        counts.elapsed_ms = elapsed_ms + names.elapsed_ms + took;
        Ok(counts)
    }
}

fn check(question: &PredictorsQuestion) -> Result<(), Error> {
    let refuse = |message: String| Err(Error::Question(message));
    let PredictorsQuestion { funnel, step, properties, .. } = question;
    let steps = funnel.steps.len();
    if *step < 2 || *step as usize > steps {
        return refuse(format!("predictors of step {step} are asked for: it is 2 to {steps}"));
    }
    if properties.len() > PROPERTIES {
        return refuse(format!("there are at most {PROPERTIES} properties, not {}", properties.len()));
    }
    let unfit = [
        (funnel.order == Order::Any, "an order of its own choosing"),
        (!funnel.compare.is_empty(), "`compare`"),
        (funnel.breakdown.is_some(), "`breakdown`"),
        (funnel.times, "`times`"),
        (funnel.people.is_some(), "`people`"),
    ];
    match unfit.into_iter().find(|(unfit, _)| *unfit) {
        Some((_, what)) => refuse(format!("the funnel of predictors has {what}, which they cannot use")),
        None => Ok(()),
    }
}

/// SQL fragments: all events of units that did the first step.
struct Narrow {
    from: String,
    unit: &'static str,
    first: String,
    own: String,
    values: Vec<String>,
}

impl Narrow {
    fn new(of: Scope<'_>, question: &PredictorsQuestion, now: Timestamp) -> Result<Self, Error> {
        let funnel: &FunnelQuestion = &question.funnel;
        let unit = funnel::unit(funnel.per);
        let Some(begin) = funnel.steps.first() else {
            return Err(Error::Question("a funnel has 1 to 30 steps, not 0".to_owned()));
        };
        let first = sql::event_filter(&begin.event, &begin.filters)?;
        let bots = of.filter(funnel.bots)?;
        // What happens after the period still belongs to a run that waits.
        let period = funnel.period.map(|Period { from, to }| Period {
            from,
            to: Timestamp(match funnel.window_seconds {
                Some(seconds) => {
                    to.0.saturating_add((seconds as i64).saturating_mul(1_000)).min(now.0.max(to.0))
                }
                None => now.0.max(to.0),
            }),
        });
        let scope = format!("site = {}{}{bots}", of.site, sql::period(period, true)?);
        let began = format!("site = {} AND {first}{}{bots}", of.site, sql::period(funnel.period, true)?);
        let table = |scope: &str| match funnel.per {
            Per::Person => events_by_person(of.site, scope),
            Per::Visitor | Per::Session => "events".to_owned(),
        };
        let from = format!(
            "{}\nWHERE {scope}\n  AND {unit} IN (SELECT {unit} FROM {} WHERE {began})",
            table(&scope),
            table(&began)
        );
        let steps = funnel.steps.iter().flat_map(|step| step.event.names());
        let own: Vec<String> = steps.map(|name| sql::text(name)).collect();
        let columns = ALWAYS.iter().map(|(_, by)| sql::breakdown(by));
        let values = columns.chain(question.properties.iter().map(|name| sql::property_text(name)));
        let first = match funnel.period {
            Some(period) => format!("{first} AND {}", sql::within("at", period)?),
            None => first,
        };
        Ok(Self { from, unit, first, own: own.join(", "), values: values.collect() })
    }

    /// The most frequent events that are not steps themselves.
    fn names(&self) -> String {
        let Self { from, own, .. } = self;
        format!(
            "SELECT toString(name) AS name FROM {from}\n  AND name NOT IN ({own})\n\
             GROUP BY name ORDER BY count() DESC, name LIMIT {NAMES}"
        )
    }

    fn units(&self, names: &[String]) -> String {
        let Self { from, unit, first, values, .. } = self;
        let known: Vec<String> = names.iter().map(|name| sql::text(name)).collect();
        let place = match known.as_slice() {
            [] => "0".to_owned(),
            known => format!("indexOf([{}], toString(name))", known.join(", ")),
        };
        let at_first = |value: &String| {
            format!("argMinIf(toString({value}), (at, sequence, toString({value})), {first})")
        };
        let values: Vec<String> = values.iter().map(at_first).collect();
        format!(
            "SELECT toString({unit}) AS id,\n  \
             groupArrayIf((toUnixTimestamp64Milli(at), toUInt16({place})), {place} > 0) AS events,\n  \
             [{}] AS values\nFROM {from}\nGROUP BY {unit}",
            values.join(",\n    ")
        )
    }
}

fn definition(question: &PredictorsQuestion) -> String {
    let funnel = &question.funnel;
    let step = question.step;
    let named = |step: u32| {
        funnel
            .steps
            .get(step as usize - 1)
            .map_or_else(String::new, |of| words::events(&of.event, &of.filters))
    };
    let properties: Vec<String> = ALWAYS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .chain(question.properties.iter().map(|name| format!("property `{name}`")))
        .collect();
    [
        format!(
            "Compares each {} whose best run reaches step {step} ({}) with those whose best run reaches the required \
             step before and not this one.",
            words::unit(funnel.per),
            named(step)
        ),
        format!(
            "An event counts if it happened from the run's first event on, before the step was reached, or, for who \
             dropped out, before the window ended; the {NAMES} most frequent events that are not steps are looked at."
        ),
        format!("Values are those at the first event that fills step 1: {}.", words::list(&properties, "and")),
        words::period(funnel.period),
        words::bots(funnel.bots),
    ]
    .join(" ")
}
