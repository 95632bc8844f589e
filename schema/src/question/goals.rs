//! Goals: what the site is for, how often it came about, and what it was worth.

use super::{Breakdown, Period, Which};
use crate::bot::Bots;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How often one session can reach a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Once {
    /// Each time.
    #[default]
    Each,
    /// Once; the first time counts, with its value.
    Session,
}

/// Time spent in front of pages.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TimeOnTask {
    /// At least so many seconds in one session, 1 to 86400.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 86_400))]
    pub seconds: u32,
    /// On pages whose path is this, or begins so if it ends with `*`; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// What a goal is: exactly one of `event`, `page` and `time`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// What it is called in the answer.
    pub name: String,
    /// An event, an imported outcome among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Which>,
    /// A page viewed whose path is this, or begins so if it ends with `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Time in front of pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeOnTask>,
    /// How often a session can reach it; time on task is reached once.
    #[serde(default)]
    pub once: Once,
    /// The property with what it was worth, a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What it is always worth; not together with `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<f64>,
    /// The property with the currency of `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// How often goals were reached, and their value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GoalsQuestion {
    /// 1 to 10 goals.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 10))]
    pub goals: Vec<Goal>,
    /// Event time; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Split by the value at the event that reached the goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Breakdown>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// Money of one currency; never added to another's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Money {
    /// As the events say; empty if they do not.
    pub currency: String,
    /// How many goals have a value in it.
    pub count: u64,
    /// Their sum, of values rounded to four decimals.
    pub total: f64,
}

/// How often a goal was reached.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reached {
    /// Value of the breakdown; empty without one.
    pub value: String,
    /// How often, as the goal counts.
    pub count: u64,
    /// Sessions that reached it.
    pub sessions: u64,
    /// Visitors that reached it.
    pub visitors: u64,
    /// What it was worth, by currency.
    pub money: Vec<Money>,
}

/// What came of one goal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GoalCount {
    /// As asked.
    pub name: String,
    /// In all.
    pub reached: Reached,
    /// Share of the period's sessions that reached it; 0 if there are none.
    pub session_share: f64,
    /// The 50 largest slices, largest first, if a breakdown was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Reached>,
}

/// The answer to a [`GoalsQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GoalsAnswer {
    /// Sessions of the period.
    pub sessions: u64,
    /// Visitors of the period.
    pub visitors: u64,
    /// In the order asked.
    pub goals: Vec<GoalCount>,
    /// What was counted, in words.
    pub definition: String,
    /// The queries that were run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
