//! Events as files.

use crate::bot::Bots;
use crate::time::Timestamp;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Form of an exported file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Comma-separated, with a head, as RFC 4180 has it.
    #[default]
    Csv,
    /// Apache Parquet, compressed with zstd.
    Parquet,
}

/// Which events, in which form.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExportQuestion {
    /// Form of the file.
    #[serde(default)]
    pub format: ExportFormat,
    /// First instant; from the first event on if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// First instant after; to the last event if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Only events of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Whose events.
    #[serde(default)]
    pub bots: Bots,
}

/// An export on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Export {
    /// What it is known by.
    pub id: String,
    /// When it was asked for.
    pub begun_at: Timestamp,
    /// By whom.
    pub begun_by: String,
    /// Which events, in which form.
    pub asked: ExportQuestion,
    /// When the last row was sent, or whoever asked went away; absent if the server stopped before.
    pub done_at: Option<Timestamp>,
    /// Rows that were sent.
    pub rows: u64,
    /// Whether these were all.
    pub whole: bool,
}
