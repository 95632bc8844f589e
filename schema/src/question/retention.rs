//! Retention: who comes back.

use super::{Breakdown, Interval, Per, Period, Sampled, Which};
use crate::bot::Bots;
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Which starts make a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CohortOf {
    /// The first ever: everybody is in one cohort.
    #[default]
    First,
    /// Every interval with a start: somebody may be in several cohorts.
    Each,
}

/// When somebody counts as returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// In that very interval.
    #[default]
    On,
    /// In that interval or any later one.
    OnOrAfter,
}

/// Who comes back after a start, by interval of the calendar (UTC).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RetentionQuestion {
    /// What makes somebody of a cohort; anything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Which>,
    /// What counts as coming back; anything if absent.
    #[serde(default, rename = "return", skip_serializing_if = "Option::is_none")]
    pub back: Option<Which>,
    /// `day`, `week` (from Monday) or `month`.
    #[serde(default)]
    pub interval: Interval,
    /// Intervals after the first, 1 to 100; 8 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub intervals: Option<u32>,
    /// Which starts make a cohort.
    #[serde(default)]
    pub cohort: CohortOf,
    /// When somebody counts as returned.
    #[serde(default)]
    pub returned: Returned,
    /// `visitor` or `person`.
    #[serde(default)]
    pub per: Per,
    /// Time of the starts; everything if absent. Returns are counted up to now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Split by the value at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Breakdown>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
    /// Share of the visitors to take, one in a whole number, such as 0.1: a preview; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0.001, maximum = 0.5))]
    pub sample: Option<f64>,
}

/// Who started in one interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cohort {
    /// Start of the interval.
    pub at: Timestamp,
    /// Value of the breakdown; empty without one.
    pub value: String,
    /// How many started.
    pub size: u64,
    /// How many returned in the same interval, the next, and so on, as far as there is time.
    pub returned: Vec<u64>,
    /// How many of `returned`, from the first, are of intervals that are over; what follows may still rise.
    pub complete: u32,
}

/// The answer to a [`RetentionQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionAnswer {
    /// By time, then value.
    pub cohorts: Vec<Cohort>,
    /// Of which visitors, if not of all; every count is already multiplied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sampled>,
    /// What was counted, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
