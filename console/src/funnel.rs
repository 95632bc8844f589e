//! The funnel builder's state: edited by people, kept in the address, asked of the warehouse.

use crate::route;
use crate::text;
use attune_schema::question::{Breakdown, EventNames, FunnelSlice, Per, Period, StepCount};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_schema::value::Value;
use serde::{Deserialize, Serialize};

/// A test on a property; empty while being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Property name.
    pub property: String,
    /// Values separated by commas.
    pub values: String,
}

/// A step being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// Any of these events.
    pub events: Vec<String>,
    /// All must hold.
    pub filters: Vec<Filter>,
}

/// The whole question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funnel {
    /// In order.
    pub steps: Vec<Step>,
    /// Seconds from the first step to the last; unlimited if absent.
    pub window_seconds: Option<u64>,
    /// What is counted.
    pub per: Per,
    /// Split of the answer.
    pub breakdown: Option<Breakdown>,
    /// Days back from now; everything if absent.
    pub days: Option<u32>,
}

impl Default for Funnel {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            window_seconds: Some(7 * 86_400),
            per: Per::Visitor,
            breakdown: None,
            days: Some(30),
        }
    }
}

/// Of the warehouse's `FunnelQuestion` what this page can ask, and no more: each field that could be written weighs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    steps: Vec<QuestionStep>,
    window_seconds: Option<u64>,
    per: Per,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<Period>,
    #[serde(skip_serializing_if = "Option::is_none")]
    breakdown: Option<Breakdown>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct QuestionStep {
    event: EventNames,
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    filters: Vec<QuestionFilter>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct QuestionFilter {
    property: String,
    one_of: Vec<Value>,
}

/// Of the warehouse's `FunnelAnswer` what this page shows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Answer {
    /// One a step.
    pub steps: Vec<StepCount>,
    /// Slices, largest first, if a breakdown was asked for.
    #[serde(default)]
    pub slices: Vec<FunnelSlice>,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}

/// Splits, as written in the address.
pub const BREAKDOWNS: [(&str, Breakdown); 4] = [
    ("device", Breakdown::Device),
    ("locale", Breakdown::Locale),
    ("utm_source", Breakdown::UtmSource),
    ("referrer_host", Breakdown::ReferrerHost),
];

/// Units, as written in the address.
pub const PERS: [(&str, Per); 3] =
    [("visitor", Per::Visitor), ("session", Per::Session), ("person", Per::Person)];

impl Funnel {
    /// A funnel of plain steps.
    #[must_use]
    pub fn of(events: &[&str]) -> Self {
        let step = |name: &&str| Step { events: vec![(*name).to_owned()], filters: Vec::new() };
        Self { steps: events.iter().map(step).collect(), ..Self::default() }
    }

    /// Reads the query of an address; what it does not understand stays at its default.
    #[must_use]
    pub fn from_query(query: &str) -> Self {
        let mut funnel = Self::default();
        for (name, value) in route::pairs(query) {
            match name.as_str() {
                "step" => funnel.steps.push(step_from(&value)),
                "window" => funnel.window_seconds = value.parse().ok(),
                "per" => {
                    let found = PERS.iter().find(|(code, _)| *code == value);
                    funnel.per = found.map_or(Per::Visitor, |(_, per)| *per);
                }
                "by" => {
                    let found = BREAKDOWNS.iter().find(|(code, _)| *code == value);
                    funnel.breakdown = found.map(|(_, breakdown)| breakdown.clone());
                }
                "days" => funnel.days = value.parse().ok(),
                _ => {}
            }
        }
        funnel
    }

    /// The query of its address.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut pairs: Vec<(String, String)> =
            self.steps.iter().map(|step| ("step".to_owned(), step_text(step))).collect();
        let mut add = |name: &str, value: String| pairs.push((name.to_owned(), value));
        let unlimited = || "all".to_owned();
        add("window", self.window_seconds.map_or_else(unlimited, |seconds| seconds.to_string()));
        add("days", self.days.map_or_else(unlimited, |days| days.to_string()));
        if let Some((code, _)) = PERS.iter().find(|(_, per)| *per == self.per) {
            add("per", (*code).to_owned());
        }
        if let Some((code, _)) = BREAKDOWNS.iter().find(|(_, by)| Some(by) == self.breakdown.as_ref()) {
            add("by", (*code).to_owned());
        }
        route::query(&pairs)
    }

    /// What to ask; `None` until every step has an event.
    #[must_use]
    pub fn question(&self, now: Timestamp) -> Option<Question> {
        if self.steps.is_empty() || self.steps.iter().any(|step| step.events.is_empty()) {
            return None;
        }
        Some(Question {
            steps: self.steps.iter().map(question_step).collect(),
            window_seconds: self.window_seconds,
            per: self.per,
            period: self
                .days
                .map(|days| Period { from: now.plus_ms(-DAY_MS * i64::from(days)), to: now.plus_ms(60_000) }),
            breakdown: self.breakdown.clone(),
        })
    }

    /// Moves step `index` one up (`-1`) or down (`1`); returns its new place.
    pub fn shift(&mut self, index: usize, by: isize) -> usize {
        match index.checked_add_signed(by) {
            Some(to) if to < self.steps.len() && index < self.steps.len() => {
                self.steps.swap(index, to);
                to
            }
            _ => index,
        }
    }
}

fn question_step(step: &Step) -> QuestionStep {
    let event = match step.events.as_slice() {
        [one] => EventNames::One(one.clone()),
        several => EventNames::Any(several.to_vec()),
    };
    let filters = step.filters.iter().filter_map(|filter| {
        let one_of: Vec<Value> = text::list(&filter.values).iter().map(|item| text::value(item)).collect();
        let complete = !filter.property.is_empty() && !one_of.is_empty();
        complete.then(|| QuestionFilter { property: filter.property.clone(), one_of })
    });
    QuestionStep { event, filters: filters.collect() }
}

/// `a|b;property:value,value`, with its parts percent-encoded.
fn step_text(step: &Step) -> String {
    let mut text = step.events.iter().map(|name| route::encode(name)).collect::<Vec<_>>().join("|");
    for filter in &step.filters {
        text.push_str(&format!(";{}:{}", route::encode(&filter.property), route::encode(&filter.values)));
    }
    text
}

fn step_from(text: &str) -> Step {
    let mut parts = text.split(';');
    let events = parts.next().unwrap_or_default();
    Step {
        events: events.split('|').filter(|name| !name.is_empty()).map(route::decode).collect(),
        filters: parts
            .map(|part| {
                let (property, values) = part.split_once(':').unwrap_or((part, ""));
                Filter { property: route::decode(property), values: route::decode(values) }
            })
            .collect(),
    }
}

/// One row of the result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Reached the step.
    pub count: u64,
    /// Share of the first step; absent if nobody was there.
    pub overall: Option<f64>,
    /// Share of the step before; absent for the first.
    pub from_previous: Option<f64>,
    /// Left since the step before.
    pub lost: u64,
}

/// Shares and losses of counts that never rise.
#[must_use]
pub fn rows(counts: &[u64]) -> Vec<Row> {
    let first = counts.first().copied().unwrap_or_default();
    let mut before: Option<u64> = None;
    counts
        .iter()
        .map(|&count| {
            let row = Row {
                count,
                overall: text::share(count, first),
                from_previous: before.and_then(|before| text::share(count, before)),
                lost: before.map_or(0, |before| before.saturating_sub(count)),
            };
            before = Some(count);
            row
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_schema::question::FunnelQuestion;

    fn sample() -> Funnel {
        let mut funnel = Funnel::of(&["item_viewed", "form_started"]);
        funnel.steps[0].events.push("a|b;c:d".to_owned());
        funnel.steps[1].filters.push(Filter { property: "form".into(), values: "card, 3, true".into() });
        funnel.breakdown = Some(Breakdown::UtmSource);
        funnel.per = Per::Session;
        funnel.window_seconds = None;
        funnel.days = None;
        funnel
    }

    #[test]
    fn the_address_says_everything() {
        for funnel in [Funnel::default(), sample(), Funnel::of(&["가입"])] {
            assert_eq!(Funnel::from_query(&funnel.to_query()), funnel);
        }
    }

    #[test]
    fn values_are_typed_and_unfinished_filters_left_out() {
        let mut funnel = sample();
        funnel.steps[0].filters.push(Filter { property: "item".into(), values: " , ".into() });
        // What is written is what the warehouse reads.
        let json = serde_json::to_value(funnel.question(Timestamp(0)).unwrap()).unwrap();
        let question: FunnelQuestion = serde_json::from_value(json).unwrap();
        assert_eq!((question.per, &question.breakdown), (Per::Session, &Some(Breakdown::UtmSource)));
        assert!(question.steps[0].filters.is_empty());
        assert_eq!(
            question.steps[1].filters[0].one_of,
            [Value::from("card"), Value::Number(3.0), Value::Bool(true)]
        );
        funnel.steps.push(Step::default());
        assert!(funnel.question(Timestamp(0)).is_none());
    }

    #[test]
    fn steps_move_within_the_list_only() {
        let mut funnel = sample();
        assert_eq!(funnel.shift(0, -1), 0);
        assert_eq!(funnel.shift(0, 1), 1);
        assert_eq!(funnel.steps[1].events[0], "item_viewed");
        assert_eq!(funnel.shift(1, 1), 1);
        assert_eq!(funnel.shift(9, -1), 9);
    }

    #[test]
    fn shares_never_divide_by_nothing() {
        let rows = rows(&[200, 50, 0, 0]);
        assert_eq!(rows[1], Row { count: 50, overall: Some(0.25), from_previous: Some(0.25), lost: 150 });
        assert_eq!(rows[3], Row { count: 0, overall: Some(0.0), from_previous: None, lost: 0 });
        assert_eq!(super::rows(&[0])[0].overall, None);
    }
}
