//! Promotions and processes.

use super::{FunnelQuestion, Period, Times, Which};
use crate::bot::Bots;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// By what offers are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PromotionBy {
    /// The offer.
    #[default]
    Offer,
    /// Its campaign.
    Campaign,
    /// The place where it was.
    Placement,
    /// The arm of its test.
    Variant,
}

/// How offers fare.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PromotionsQuestion {
    /// By what they are told apart.
    #[serde(default)]
    pub by: PromotionBy,
    /// What an offer is to lead to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<Which>,
    /// The property with what a goal is worth, a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// How long after the first exposure a goal counts, inclusive; seven days if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub window_seconds: Option<u64>,
    /// Time of exposures; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// What visitors did who saw something, or who would have seen it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Group {
    /// How many there are.
    pub visitors: u64,
    /// How many of them reached the goal within the window.
    pub converted: u64,
    /// How often they did.
    pub goals: u64,
    /// What it was worth.
    pub value: f64,
}

/// One offer, campaign, placement or arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PromotionReport {
    /// Its id.
    pub id: String,
    /// How often it was seen.
    pub exposures: u64,
    /// How often it was clicked.
    pub clicks: u64,
    /// How often it was closed.
    pub dismissals: u64,
    /// Visitors that saw it and clicked then.
    pub clicked: u64,
    /// Visitors that saw it and closed it then.
    pub dismissed: u64,
    /// Who saw it.
    pub exposed: Group,
    /// Who would have seen it, and was kept out, as long as they never saw it.
    pub withheld: Group,
    /// The same as a funnel, to be asked with a breakdown or for people.
    pub funnel: FunnelQuestion,
}

/// The answer to a [`PromotionsQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PromotionsAnswer {
    /// The 200 with most visitors, most first.
    pub promotions: Vec<PromotionReport>,
    /// What was counted, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}

/// One step of a process: either events or a page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProcessStep {
    /// What it is called in the answer.
    pub name: String,
    /// The events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Which>,
    /// A page viewed whose path is this, or begins so if it ends with `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// How sessions move through a process, forward and back.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProcessQuestion {
    /// 2 to 20 steps; an event that is several of them is the first.
    #[cfg_attr(feature = "openapi", schema(min_items = 2, max_items = 20))]
    pub steps: Vec<ProcessStep>,
    /// Event time; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// One step, by sessions and visits to it; again and again in a row is one visit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProcessStepReport {
    /// As asked.
    pub name: String,
    /// Sessions that came here.
    pub sessions: u64,
    /// Sessions that came here first.
    pub entered: u64,
    /// Visits.
    pub visits: u64,
    /// Visits that went on to a later step.
    pub forward: u64,
    /// Visits that went back to an earlier one.
    pub back: u64,
    /// Sessions that ended here and never came to the last step.
    pub left: u64,
    /// How long visits took that went on to a later step.
    pub times: Option<Times>,
}

/// The answer to a [`ProcessQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProcessAnswer {
    /// Sessions that came to any step.
    pub sessions: u64,
    /// Of these, sessions that came to the last one.
    pub completed: u64,
    /// In the order asked.
    pub steps: Vec<ProcessStepReport>,
    /// The same as a funnel of sessions, if no step is a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funnel: Option<FunnelQuestion>,
    /// What was counted, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
