//! Sensing: what is expected of a figure, and when it is not so.

use super::{Breakdown, EventNames, Interval, Measure, Period, PropertyFilter};
use crate::bot::Bots;
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// On which side of its band a figure is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Above or below.
    #[default]
    Either,
    /// Above.
    Above,
    /// Below.
    Below,
}

/// When somebody is to be told.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AlertRule {
    /// Name for people.
    pub name: String,
    /// On which side.
    #[serde(default)]
    pub side: Side,
    /// For so many intervals in a row, 1 to 100; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub intervals: Option<u32>,
    /// Only if it is so much away from what was expected, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
}

/// What is expected of a figure, by the same hour of the week or day of the week before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SensingQuestion {
    /// Which events; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventNames>,
    /// All must hold.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<PropertyFilter>,
    /// What is counted.
    #[serde(default)]
    pub measure: Measure,
    /// `hour` or `day`.
    #[serde(default)]
    pub interval: Interval,
    /// What is judged, at most 2000 intervals.
    pub period: Period,
    /// From how many weeks before is expected, 3 to 26; 8 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 3, maximum = 26))]
    pub weeks: Option<u32>,
    /// Half the width of the band in spreads, 1 to 20; 3.5 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 20))]
    pub width: Option<f64>,
    /// Judge each value by itself, the 20 most frequent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Breakdown>,
    /// Up to 20 rules, evaluated over the period.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub rules: Vec<AlertRule>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// What a figure is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sensed {
    /// Within its band.
    Expected,
    /// Above it.
    Above,
    /// Below it.
    Below,
    /// The site sent nothing at all, or it is beside such a gap: not judged, and nothing is expected from it.
    Gap,
    /// Too few weeks to expect anything, or not over yet.
    Unknown,
}

/// One interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SensingPoint {
    /// Start of the interval.
    pub at: Timestamp,
    /// The figure.
    pub count: u64,
    /// What was expected; null if unknown.
    pub expected: Option<f64>,
    /// Lower end of the band.
    pub low: Option<f64>,
    /// Upper end of the band.
    pub high: Option<f64>,
    /// What it is taken for.
    pub state: Sensed,
}

/// A figure over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SensingSeries {
    /// Value of the breakdown; empty without one.
    pub value: String,
    /// Every interval of the period that has begun.
    pub points: Vec<SensingPoint>,
}

/// A rule that came true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alert {
    /// Name of the rule.
    pub rule: String,
    /// Value of the breakdown.
    pub value: String,
    /// The first interval of those in a row.
    pub since: Timestamp,
    /// The interval at whose end somebody is told.
    pub at: Timestamp,
    /// The first interval that ended it; null while it lasts.
    pub until: Option<Timestamp>,
}

/// The answer to a [`SensingQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SensingAnswer {
    /// One, or one for each value.
    pub series: Vec<SensingSeries>,
    /// Rules that came true, by when.
    pub alerts: Vec<Alert>,
    /// What was counted, in words.
    pub definition: String,
    /// The queries that were run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
