//! Attribution: which visits led to a goal.

use super::{Breakdown, Per, Period, Sampled, Which};
use crate::bot::Bots;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What becomes of visits from nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direct {
    /// They get credit only where nothing else does.
    #[default]
    LastResort,
    /// They are like others.
    Counts,
}

/// Which visits led to a goal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AttributionQuestion {
    /// What is to be explained; every such event is one goal.
    pub goal: Which,
    /// The property with a goal's value, a number; only goals are counted if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What can get credit: the first event of every session, or each of these events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touch: Option<Which>,
    /// What credit goes to; the channel if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Breakdown>,
    /// Most days from a touch to the goal, inclusive, 1 to 365; 30 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 365))]
    pub window_days: Option<u32>,
    /// Days after which a touch has half the weight in `time_decay`; 7 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_life_days: Option<f64>,
    /// What becomes of touches with no value, or `direct`.
    #[serde(default)]
    pub direct: Direct,
    /// `visitor` or `person`.
    #[serde(default)]
    pub per: Per,
    /// Time of the goals; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
    /// Share of the visitors to take, one in a whole number, such as 0.1: a preview; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0.001, maximum = 0.5))]
    pub sample: Option<f64>,
}

/// What one model gives, in millionths of a goal and of the value: whole numbers, so that sums are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Model {
    /// Millionths of goals.
    pub goals_millionths: i64,
    /// Millionths of the goals' value.
    pub value_millionths: i64,
}

/// What goes to one value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credit {
    /// The channel, or whatever was asked for; empty if unknown; `null` for goals that no touch led to.
    pub value: Option<String>,
    /// All to the first touch.
    pub first: Model,
    /// All to the last.
    pub last: Model,
    /// The same to each.
    pub linear: Model,
    /// The later the more: half the weight for each half-life before the goal.
    pub time_decay: Model,
    /// 40 % to the first, 40 % to the last, the rest to those between; half to each of two.
    pub position: Model,
}

/// The answer to an [`AttributionQuestion`]; every model's sums are `total`, exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttributionAnswer {
    /// All goals.
    pub total: Model,
    /// Most by the last touch first.
    pub credits: Vec<Credit>,
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
