//! Funnels: who goes how far through steps.

use super::{Breakdown, EventNames, Per, Period, PropertyFilter, Sampled};
use crate::bot::Bots;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One step of a funnel.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FunnelStep {
    /// What counts as the step.
    pub event: EventNames,
    /// All must hold.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<PropertyFilter>,
    /// Whether a run may leave it out; never the first.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub optional: bool,
    /// Most seconds after the step before that the run has, inclusive; never on the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_seconds: Option<u64>,
}

/// In which order steps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One after the other, whatever else happens between.
    #[default]
    Ordered,
    /// One after the other, and nothing else between.
    Strict,
    /// In any order: the bars count one step, two steps, and so on.
    Any,
}

impl Order {
    /// Whether it is what is asked when nothing is said.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether a step may have the same time as the step before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SameTime {
    /// Equal times count, in either order.
    #[default]
    Allowed,
    /// The next step must be strictly later.
    Later,
}

/// What must not happen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The events.
    pub event: EventNames,
    /// All must hold.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<PropertyFilter>,
    /// After this step and before that one, counted from 1; anywhere in the period if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<u32>>, min_items = 2, max_items = 2))]
    pub between: Option<(u32, u32)>,
}

/// At which event the value of a breakdown is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BreakdownAt {
    /// The first event that fills the first step.
    #[default]
    First,
    /// The last event of the run.
    Last,
    /// The event that fills the step: a run may be in another slice at each.
    Each,
}

impl BreakdownAt {
    /// Whether it is what is asked when nothing is said.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What became of those behind a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Reached the step.
    #[default]
    Converted,
    /// Reached the required step before, and not this one.
    Dropped,
    /// Left the funnel by an exclusion.
    Excluded,
}

/// Whose ids to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct FunnelPeople {
    /// The bar, counted from 1; of no account for `excluded`.
    #[serde(default)]
    pub step: u32,
    /// What became of them.
    #[serde(default)]
    pub outcome: Outcome,
    /// Only the slice with this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Only ids after this one: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Most ids of a page, 1 to 1000; 100 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    pub limit: Option<u32>,
}

object!(FunnelPeople);

/// What else to answer beside.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Against {
    /// Another period; the same if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// People of another list; the same if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
}

object!(Against);

/// Who goes how far through steps.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FunnelQuestion {
    /// 1 to 30 steps.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 30))]
    pub steps: Vec<FunnelStep>,
    /// In which order they count.
    #[serde(default, skip_serializing_if = "Order::is_default")]
    pub order: Order,
    /// From the first step to the last, inclusive; unlimited if null.
    #[serde(default)]
    pub window_seconds: Option<u64>,
    /// What is counted.
    #[serde(default)]
    pub per: Per,
    /// Whether equal times count.
    #[serde(default)]
    pub same_time: SameTime,
    /// What must not happen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Exclusion>,
    /// Properties that have one value in all of a run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hold_constant: Vec<String>,
    /// Only those who did the first step never before the period.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub first_time: bool,
    /// Event time; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Only people on this imported list, and the visitors that were identified as them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Other periods and lists, to be answered beside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compare: Vec<Against>,
    /// Split of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Breakdown>,
    /// At which event its value is read.
    #[serde(default, skip_serializing_if = "BreakdownAt::is_default")]
    pub breakdown_at: BreakdownAt,
    /// Whether to say how long it takes.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub times: bool,
    /// Whose ids to list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<FunnelPeople>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
    /// Share of the visitors to take, one in a whole number, such as 0.1: a preview; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0.001, maximum = 0.5))]
    pub sample: Option<f64>,
}

/// How many reached a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepCount {
    /// As asked.
    pub event: EventNames,
    /// Reached this step and all required ones before it; in any order, as many steps as this one's number.
    pub count: u64,
}

/// One slice of a funnel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FunnelSlice {
    /// Value of the breakdown; empty if unknown.
    pub value: String,
    /// Count per step.
    pub counts: Vec<u64>,
}

/// A bar of a histogram of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bar {
    /// Not shorter, in milliseconds.
    pub from_ms: u64,
    /// Shorter, in milliseconds; without bound if null.
    pub to_ms: Option<u64>,
    /// How many.
    pub count: u64,
}

/// How long something takes, over all who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Times {
    /// How many did it; never 0.
    pub count: u64,
    /// Half of them took no longer, in milliseconds (nearest rank).
    pub median_ms: u64,
    /// Nine in ten took no longer, in milliseconds (nearest rank).
    pub p90_ms: u64,
    /// The bars that have somebody.
    pub histogram: Vec<Bar>,
}

/// Times of a funnel; `null` where nobody got so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FunnelTimes {
    /// From the first step to the last, of those who reached it.
    pub total: Option<Times>,
    /// For each step, from the step before that the run has; `null` for the first, and empty in any order.
    pub steps: Vec<Option<Times>>,
}

/// A funnel of another period, or of people of another list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Compared {
    /// As asked.
    pub against: Against,
    /// Count per step.
    pub counts: Vec<u64>,
    /// How many left it by an exclusion.
    pub excluded: u64,
    /// Slices, largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<FunnelSlice>,
    /// How long it takes, if asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<FunnelTimes>,
    /// The query that was run.
    pub sql: String,
}

/// A page of ids, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeopleIds {
    /// Visitors, sessions or persons, as the question counts.
    pub ids: Vec<String>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The answer to a [`FunnelQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FunnelAnswer {
    /// One a step; counts of required steps never rise.
    pub steps: Vec<StepCount>,
    /// How many left the funnel by an exclusion, and are in no bar.
    #[serde(default)]
    pub excluded: u64,
    /// The 50 largest slices, largest first, if a breakdown was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<FunnelSlice>,
    /// How long it takes, if asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<FunnelTimes>,
    /// Other periods and lists, as asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Compared>,
    /// Whose ids were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<PeopleIds>,
    /// Of which visitors, if not of all; every count is already multiplied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sampled>,
    /// What was counted, in words.
    #[serde(default)]
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
