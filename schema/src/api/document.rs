//! What people write, with its version.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A versioned part of a site's [`crate::source::Source`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Document<T> {
    /// Rises by one with each change; sent back as `If-Match`.
    pub version: u64,
    /// Last change.
    pub updated_at: Timestamp,
    /// Who made it.
    pub updated_by: String,
    /// The content; its `id` names it.
    pub body: T,
}

/// The answer to a change against an old version: an [`ErrorBody`](super::ErrorBody) and what is there now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conflict<T> {
    /// `conflict`.
    pub code: String,
    /// What is wrong, in one line.
    pub message: String,
    /// Always `false`: read the current version first.
    pub retryable: bool,
    /// The current document.
    pub current: Document<T>,
}

/// A problem found in a source, named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// What it is about, such as `campaign summer`.
    pub subject: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The subject is left out of the bundle.
    pub fatal: bool,
}
