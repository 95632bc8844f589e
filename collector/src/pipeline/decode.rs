//! Which form a body has.

use super::{Incoming, compact, json};
use attune_schema::batch::MAGIC;

/// Why a body is not a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotABatch {
    /// Not UTF-8.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// Not JSON of the documented shape. The text comes from the parser and names a place, not a value.
    #[error("the body is not a batch: {0}")]
    NotJson(String),
    /// Begins as a compact batch and does not go on as one.
    #[error("the body is not a compact batch")]
    NotCompact,
    /// A text of the envelope is longer than allowed, or not of its form.
    #[error("`{0}` is empty, too long, or not what it should be")]
    BadField(&'static str),
}

/// Reads the compact form if the body begins with its magic, JSON otherwise.
///
/// # Errors
/// [`NotABatch`] if the envelope is not sound; single events are judged later.
pub fn decode(body: &[u8], compact_type: bool) -> Result<Incoming<'_>, NotABatch> {
    if compact_type || body.starts_with(&MAGIC) { compact::decode(body) } else { json::decode(body) }
}
