//! What goes with dropping out of a funnel.

use super::FunnelQuestion;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Which events and properties those who reach a step have more often, or less, than those who drop out before it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PredictorsQuestion {
    /// The funnel; ordered or strict, without comparisons, breakdown, times or people.
    pub funnel: FunnelQuestion,
    /// The step, from 2.
    #[cfg_attr(feature = "openapi", schema(minimum = 2, maximum = 30))]
    pub step: u32,
    /// Up to 20 properties of the first event, besides device, channel and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub properties: Vec<String>,
    /// Most predictors, 1 to 200; 50 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 200))]
    pub top: Option<u32>,
}

/// What a predictor is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trait {
    /// Did this event on the way.
    Event(String),
    /// Had this value at the first event.
    Value {
        /// `device`, `channel` … or the name of a property.
        property: String,
        /// The value.
        value: String,
    },
}

/// Something that the two groups have with different shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Predictor {
    /// What.
    pub of: Trait,
    /// Of those who reached the step, how many have it.
    pub converted: u64,
    /// Of those who dropped out, how many have it.
    pub dropped: u64,
    /// Share of those who reached the step.
    pub share_converted: f64,
    /// Share of those who dropped out.
    pub share_dropped: f64,
    /// Odds of having it among those who reached the step, over those among the dropped; above 1 goes with reaching it.
    pub odds_ratio: f64,
    /// Lower end of its interval of 95 %.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Probability of so large a difference by chance, by itself.
    pub p: f64,
    /// The same, corrected for how many were looked at (Benjamini and Hochberg).
    pub p_adjusted: f64,
    /// Whether the corrected one is at or below 0.05.
    pub significant: bool,
}

/// The answer to a [`PredictorsQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PredictorsAnswer {
    /// How many reached the step.
    pub converted: u64,
    /// How many reached the required step before, and not this one.
    pub dropped: u64,
    /// What this is: what goes with dropping out, not what causes it.
    pub caveat: String,
    /// The least probable by chance first.
    pub predictors: Vec<Predictor>,
    /// How many were looked at.
    pub tested: u64,
    /// What is left out because it says the same as the step itself.
    pub suppressed: Vec<Trait>,
    /// What was counted, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
