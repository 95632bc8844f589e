//! Questions put to the warehouse, and their answers; one JSON form for the command line, the API and the console.

use crate::bot::Bots;
use crate::time::Timestamp;
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// One event name, or any of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum EventNames {
    /// Exactly this event.
    One(String),
    /// Any of these.
    Any(Vec<String>),
}

impl EventNames {
    /// The names, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => core::slice::from_ref(name),
            Self::Any(names) => names,
        }
    }
}

/// A test on a property of an event, evaluated in the warehouse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PropertyFilter {
    /// Property name.
    pub property: String,
    /// Any of these values.
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    pub one_of: Vec<Value>,
}

/// One step of a funnel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FunnelStep {
    /// What counts as the step.
    pub event: EventNames,
    /// All must hold.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<PropertyFilter>,
}

/// What a funnel counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Browser profiles.
    #[default]
    Visitor,
    /// Sessions.
    Session,
    /// Visitors stitched by user id.
    Person,
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

/// What an answer is split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Breakdown {
    /// Desktop, mobile or tablet.
    Device,
    /// Language of the browser.
    Locale,
    /// Campaign tag `utm_source`.
    UtmSource,
    /// Host of the referrer.
    ReferrerHost,
    /// Where the visit came from: search, social, email …
    Channel,
    /// Name of the search engine, network or page it came from.
    Source,
    /// Browser.
    Browser,
    /// Operating system.
    Os,
    /// Country, if a country file is configured.
    Country,
    /// Person, likely a bot, bot, monitoring.
    Bot,
}

/// A half-open period of event time, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First instant.
    pub from: Timestamp,
    /// First instant after.
    pub to: Timestamp,
}

/// Who goes how far through ordered steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FunnelQuestion {
    /// 1 to 30 steps.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 30))]
    pub steps: Vec<FunnelStep>,
    /// From the first step to the last, inclusive; unlimited if null.
    #[serde(default)]
    pub window_seconds: Option<u64>,
    /// What is counted.
    #[serde(default)]
    pub per: Per,
    /// Whether equal times count.
    #[serde(default)]
    pub same_time: SameTime,
    /// Event time; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Split by the value at the first step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Breakdown>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// How many reached a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepCount {
    /// As asked.
    pub event: EventNames,
    /// Reached this step and all before it.
    pub count: u64,
}

/// One slice of a funnel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FunnelSlice {
    /// Value of the breakdown at the first step; empty if unknown.
    pub value: String,
    /// Count per step.
    pub counts: Vec<u64>,
}

/// The answer to a [`FunnelQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FunnelAnswer {
    /// One a step; counts never rise.
    pub steps: Vec<StepCount>,
    /// Slices, largest first, if a breakdown was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<FunnelSlice>,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}

/// Size of a bar in a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One day, UTC.
    #[default]
    Day,
    /// One week from Monday, UTC.
    Week,
    /// One month, UTC.
    Month,
}

/// What a trend counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Events.
    #[default]
    Events,
    /// Distinct visitors.
    Visitors,
    /// Distinct sessions.
    Sessions,
}

/// How often something happened over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrendQuestion {
    /// Which events; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventNames>,
    /// All must hold.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<PropertyFilter>,
    /// What is counted.
    #[serde(default)]
    pub measure: Measure,
    /// Size of a bar.
    #[serde(default)]
    pub interval: Interval,
    /// Event time; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Split by this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Breakdown>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrendPoint {
    /// Start of the interval.
    pub at: Timestamp,
    /// Value of the breakdown; empty without one.
    pub value: String,
    /// The count.
    pub count: u64,
}

/// The answer to a [`TrendQuestion`], by time and then value; empty intervals are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrendAnswer {
    /// The bars.
    pub points: Vec<TrendPoint>,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
