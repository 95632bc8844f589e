//! Forms and searches, from what the SDK captures of them.

use super::{FunnelQuestion, Period, Times, Which};
use crate::bot::Bots;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How forms fare.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FormsQuestion {
    /// Only this one; the 50 most started if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Event time; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldReport {
    /// Its name.
    pub field: String,
    /// Sessions that changed it.
    pub sessions: u64,
    /// How often it was changed.
    pub changes: u64,
    /// Of these, how often it had been changed before.
    pub corrections: u64,
    /// How often the form's validation refused it.
    pub refusals: u64,
    /// How often it was the last field before the form was left.
    pub left_at: u64,
    /// Half of its changes took no longer, in milliseconds (nearest rank); null without changes.
    pub median_ms: Option<u64>,
}

/// One form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormReport {
    /// Its name.
    pub form: String,
    /// How often it was started.
    pub started: u64,
    /// How often it was submitted.
    pub submitted: u64,
    /// How often it was left.
    pub abandoned: u64,
    /// Sessions that started it.
    pub sessions: u64,
    /// Of these, sessions that submitted it.
    pub completed: u64,
    /// How long submissions took from the start.
    pub times: Option<Times>,
    /// Fields, those where most left first.
    pub fields: Vec<FieldReport>,
    /// The same as a funnel of sessions, to be asked with a breakdown or for people.
    pub funnel: FunnelQuestion,
}

/// The answer to a [`FormsQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormsAnswer {
    /// The most started first.
    pub forms: Vec<FormReport>,
    /// What was counted, in words.
    pub definition: String,
    /// The queries that were run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}

/// What the site is searched for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SearchesQuestion {
    /// What a search is to lead to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<Which>,
    /// Most terms, 1 to 1000; 100 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    pub top: Option<u32>,
    /// Event time; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// One term, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TermReport {
    /// The term in lower case; empty for all.
    pub term: String,
    /// How often it was searched for.
    pub searches: u64,
    /// In how many sessions.
    pub sessions: u64,
    /// Of these searches, those whose page says how many results there are.
    pub counted: u64,
    /// Of those, how many had none.
    pub without_results: u64,
    /// How often another term was searched for from its results.
    pub refined: u64,
    /// How often a page or an item was viewed, or something clicked, later and before the next search.
    pub continued: u64,
    /// How often the goal was reached before the next search.
    pub goals: u64,
}

/// The answer to a [`SearchesQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchesAnswer {
    /// All searches.
    pub all: TermReport,
    /// How many different terms there are.
    pub distinct: u64,
    /// The most searched for first.
    pub terms: Vec<TermReport>,
    /// What was counted, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
