//! What came in, and what became of it.

use crate::id::{EventId, SessionId, VisitorId};
use crate::outcome::{Reason, Verdict};
use crate::time::Timestamp;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Answer to a batch: one verdict an event, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchAnswer {
    /// In the order of the batch.
    pub events: Vec<EventAnswer>,
}

/// Verdict on one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventAnswer {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, unless stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// One event as Live shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveEvent {
    /// Event id.
    pub id: EventId,
    /// Event name.
    pub name: String,
    /// Event time.
    pub at: Timestamp,
    /// When the collector received it.
    pub received_at: Timestamp,
    /// Browser profile.
    pub visitor: VisitorId,
    /// Session.
    pub session: SessionId,
    /// Page address, or empty.
    pub url: String,
    /// Page title, or empty.
    pub title: String,
    /// `desktop`, `mobile`, `tablet` or empty.
    pub device: String,
    /// Details.
    pub properties: BTreeMap<String, Value>,
}

/// A request of which an event was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetter {
    /// When it was received.
    pub received_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
    /// Path and query.
    pub path: String,
    /// Which of its events were refused, counted from 0, and why.
    pub refused: Vec<(u32, String)>,
    /// Its body; what is not text is shown as such.
    pub body: String,
}
