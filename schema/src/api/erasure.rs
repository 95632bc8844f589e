//! Forgetting people.

use crate::id::VisitorId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Who is to be erased: one of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NewErasure {
    /// A person by any of their user ids: all that is known to be theirs.
    User(String),
    /// A browser, whoever used it.
    Visitor(VisitorId),
}

/// An erasure, and its proof once it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Erasure {
    /// Its id.
    pub id: String,
    /// When it was asked for; what happened until then is left out wherever it arrives later.
    pub requested_at: Timestamp,
    /// Account name, `local` for the command line, or `visitor`.
    pub requested_by: String,
    /// When everything was deleted.
    pub done_at: Option<Timestamp>,
    /// What was there before, and after.
    pub rows: Vec<ErasedRows>,
}

/// Rows about the person in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasedRows {
    /// Name of the table, `log` or `quarantine`.
    pub place: String,
    /// Rows before.
    pub before: u64,
    /// Rows after.
    pub after: u64,
}
