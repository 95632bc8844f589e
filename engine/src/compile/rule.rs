//! Conditions.

use super::{CONTEXT, Compiler, shown};
use crate::math::to_micros;
use attune_schema::bundle::{self, Op, Rule};
use attune_schema::event::FACETS;
use attune_schema::limits::{CONDITION_DEPTH, COUNTER_TIMES};
#[cfg(feature = "models")]
use attune_schema::source::TrendCondition;
use attune_schema::source::{
    Condition, EventCondition, FieldCondition, SequenceCondition, SumCondition, Test,
};
#[cfg(feature = "models")]
use attune_schema::span::Span;
use attune_schema::stored::counter_key;
#[cfg(feature = "models")]
use attune_schema::time::DAY_MS;
use attune_schema::value::Value;
use std::collections::BTreeMap;

/// Longest time of a trend.
#[cfg(feature = "models")]
const TREND_DAYS: i64 = 366;

/// Steps of a sequence.
const STEPS: std::ops::RangeInclusive<usize> = 2..=8;

impl<'a> Compiler<'a> {
    pub(super) fn rules(&mut self, subject: &str, rules: &'a [Condition], depth: usize) -> Option<Vec<Rule>> {
        // All of them, so that every problem is found.
        let compiled: Vec<Option<Rule>> = rules.iter().map(|rule| self.rule(subject, rule, depth)).collect();
        compiled.into_iter().collect()
    }

    pub(super) fn rule(&mut self, subject: &str, condition: &'a Condition, depth: usize) -> Option<Rule> {
        let Some(depth) = depth.checked_sub(1) else {
            self.problem(subject, true, format!("conditions are nested deeper than {CONDITION_DEPTH}"));
            return None;
        };
        match condition {
            Condition::All(rules) => self.rules(subject, rules, depth).map(Rule::All),
            Condition::Any(rules) => self.rules(subject, rules, depth).map(Rule::Any),
            Condition::None(rules) => self.rules(subject, rules, depth).map(Rule::None),
            Condition::Event(event) => self.event(subject, event),
            Condition::Attribute(field) => self.attribute(subject, field),
            Condition::Context(field) => {
                let test = self.test(subject, field);
                if !CONTEXT.contains(&field.name.as_str()) {
                    let known = CONTEXT.join(", ");
                    self.problem(
                        subject,
                        true,
                        format!("unknown context `{}`; known are {known}", field.name),
                    );
                    return None;
                }
                Some(Rule::Context(field.name.clone(), test?))
            }
            Condition::Affinity(affinity) => {
                if !affinity.at_least.is_finite() {
                    self.problem(
                        subject,
                        true,
                        format!("affinity for `{}` is not a number", affinity.category),
                    );
                    return None;
                }
                Some(Rule::Affinity(affinity.category.clone(), affinity.at_least))
            }
            Condition::Audience(id) => {
                let Some(audience) = self.source.audiences.iter().find(|audience| audience.id == *id) else {
                    self.problem(subject, true, format!("refers to unknown audience `{id}`"));
                    return None;
                };
                let index = self.audience(audience);
                if index.is_none() {
                    self.problem(subject, true, format!("audience `{id}` has problems or refers to itself"));
                }
                index.map(Rule::Audience)
            }
            Condition::Sum(sum) => self.sum(subject, sum),
            Condition::Sequence(sequence) => self.sequence(subject, sequence),
            Condition::Sample(sample) => {
                if sample.name.is_empty() {
                    self.problem(subject, true, "a sample has no name");
                    return None;
                }
                let below = self.percent(subject, "percent of a sample", sample.percent);
                Some(Rule::Sample(format!("sample:{}", sample.name), below))
            }
            #[cfg(feature = "models")]
            Condition::Score(score) => self.score(subject, score),
            #[cfg(feature = "models")]
            Condition::Trend(trend) => self.trend(subject, trend),
            #[cfg(not(feature = "models"))]
            Condition::Trend(_) => {
                self.problem(subject, true, "a trend is not asked here");
                None
            }
            #[cfg(not(feature = "models"))]
            Condition::Score(score) => {
                self.problem(subject, true, format!("model `{}` is not asked here", score.model));
                None
            }
        }
    }

    fn event(&mut self, subject: &str, event: &EventCondition) -> Option<Rule> {
        let before = self.problems.len();
        let name = &event.name;
        let key = self.counter(subject, name, &event.filter);
        let min = event.at_least.unwrap_or(if event.at_most.is_some() { 0 } else { 1 });
        let max = event.at_most.unwrap_or(u32::MAX);
        if min > max {
            self.problem(subject, true, format!("event `{name}`: at_least {min} is above at_most {max}"));
        }
        let kept = COUNTER_TIMES as u32;
        if event.within.is_some() && (min > kept || (max != u32::MAX && max >= kept)) {
            self.problem(subject, true, format!("event `{name}`: counts within a window go up to {kept}"));
        }
        if event.older_than.is_some_and(|older| event.within.is_none_or(|within| within <= older)) {
            self.problem(subject, true, format!("event `{name}`: older_than needs a longer within"));
        }
        (self.problems.len() == before).then(|| Rule::Event {
            key,
            older_ms: event.older_than.map_or(0, |span| span.as_ms()),
            within_ms: event.within.map_or(0, |span| span.as_ms()),
            min,
            max,
        })
    }

    /// The counter that an event, perhaps with one property, is kept under.
    fn counter(&mut self, subject: &str, name: &str, filter: &BTreeMap<String, String>) -> u64 {
        if name.is_empty() {
            self.problem(subject, true, "an event condition has no name");
        }
        if filter.len() > 1 {
            self.problem(subject, true, format!("event `{name}` is filtered by more than one property"));
        }
        let facet = filter.iter().next();
        if let Some((facet, _)) = facet
            && !FACETS.contains(&facet.as_str())
        {
            let known = FACETS.join(", ");
            let message = format!("event `{name}` cannot be filtered by `{facet}`; known are {known}");
            self.problem(subject, true, message);
        }
        counter_key(name, facet.map(|(facet, value)| (facet.as_str(), value.as_str())))
    }

    fn sum(&mut self, subject: &str, sum: &SumCondition) -> Option<Rule> {
        let before = self.problems.len();
        let name = &sum.name;
        let key = self.counter(subject, name, &sum.filter);
        let (least, most) = (sum.at_least, sum.at_most);
        if least.is_none() && most.is_none() {
            self.problem(subject, true, format!("sum of `{name}`: neither at_least nor at_most is given"));
        }
        let (min, max) = (least.unwrap_or(f64::MIN), most.unwrap_or(f64::MAX));
        if min > max {
            let message = format!("sum of `{name}`: at_least {} is above at_most {}", shown(min), shown(max));
            self.problem(subject, true, message);
        }
        let within_ms = sum.within.as_ms();
        (self.problems.len() == before).then(|| Rule::Sum {
            key,
            within_ms,
            min: to_micros(min),
            max: to_micros(max),
        })
    }

    #[cfg(feature = "models")]
    fn trend(&mut self, subject: &str, trend: &TrendCondition) -> Option<Rule> {
        let before = self.problems.len();
        let name = &trend.name;
        let key = self.counter(subject, name, &trend.filter);
        let mut days = |what: &str, span: Span| {
            let days = span.as_ms() / DAY_MS;
            if span.as_ms() % DAY_MS != 0 || !(1..=TREND_DAYS).contains(&days) {
                let message =
                    format!("trend of `{name}`: {what} `{span}` is not 1 to {TREND_DAYS} whole days");
                self.problem(subject, true, message);
            }
            days as u32
        };
        let (within, earlier) = (days("within", trend.within), days("before", trend.before));
        let (falls, factor) = match (trend.rising, trend.falling) {
            (Some(factor), None) => (false, factor),
            (None, Some(factor)) => (true, factor),
            _ => {
                let message = format!("trend of `{name}`: give exactly one of rising and falling");
                self.problem(subject, true, message);
                return None;
            }
        };
        if !(1.0..=1_000.0).contains(&factor) {
            let message = format!("trend of `{name}`: factor {} is not within 1 to 1000", shown(factor));
            self.problem(subject, true, message);
        }
        let factor = to_micros(factor);
        (self.problems.len() == before).then_some(Rule::Trend { key, within, before: earlier, falls, factor })
    }

    fn sequence(&mut self, subject: &str, sequence: &SequenceCondition) -> Option<Rule> {
        let before = self.problems.len();
        let count = sequence.steps.len();
        if !STEPS.contains(&count) {
            let message =
                format!("a sequence of {count} steps: it takes {} to {}", STEPS.start(), STEPS.end());
            self.problem(subject, true, message);
        }
        let absent = sequence.steps.iter().position(|step| step.absent);
        if let Some(index) = absent.filter(|index| index + 1 != count) {
            self.problem(
                subject,
                true,
                format!("step {} of a sequence is absent: only the last can be", index + 1),
            );
        }
        let steps =
            sequence.steps.iter().map(|step| self.counter(subject, &step.name, &step.filter)).collect();
        (self.problems.len() == before).then(|| Rule::Sequence {
            steps,
            absent: absent.is_some(),
            within_ms: sequence.within.as_ms(),
            first_ms: sequence.first_within.map_or(0, |span| span.as_ms()),
        })
    }

    fn attribute(&mut self, subject: &str, field: &FieldCondition) -> Option<Rule> {
        let test = self.test(subject, field);
        let index = self.source.attributes.iter().position(|attribute| attribute.id == field.name);
        if index.is_none() {
            self.problem(subject, true, format!("refers to unknown attribute `{}`", field.name));
        }
        Some(Rule::Attribute(index?, test?))
    }

    fn test(&mut self, subject: &str, field: &FieldCondition) -> Option<bundle::Test> {
        let one = |op, value: &Value| bundle::Test { op, values: vec![value.clone()] };
        let text = |op, value: &str| bundle::Test { op, values: vec![value.into()] };
        let test = match &field.test {
            Test::Is(value) => one(Op::Is, value),
            Test::IsNot(value) => one(Op::IsNot, value),
            Test::OneOf(values) => bundle::Test { op: Op::OneOf, values: values.clone() },
            Test::AtLeast(value) => one(Op::AtLeast, value),
            Test::AtMost(value) => one(Op::AtMost, value),
            Test::MoreThan(value) => one(Op::MoreThan, value),
            Test::LessThan(value) => one(Op::LessThan, value),
            Test::StartsWith(part) => text(Op::StartsWith, part),
            Test::Contains(part) => text(Op::Contains, part),
            Test::Known(known) => one(Op::Known, &Value::Bool(*known)),
        };
        if test.values.is_empty() {
            self.problem(subject, true, format!("`{}` is compared with an empty list", field.name));
            return None;
        }
        Some(test)
    }
}
