//! Questions that a site keeps: statements to be run again, and figures to be watched.

use crate::question::{SensingQuestion, SqlQuestion};
use serde::{Deserialize, Serialize};

/// A statement that is kept to be run again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SavedStatement {
    /// Stable id.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$"))]
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// The statement, with its parameters.
    pub question: SqlQuestion,
}

/// A figure whose alert rules are evaluated every hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// Stable id.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$"))]
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// Not evaluated while paused.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub paused: bool,
    /// The figure, with its rules. Its period is moved so that it ends with the last interval that is over: only its
    /// length counts.
    pub question: SensingQuestion,
}
