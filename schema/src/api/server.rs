//! The server itself: ledger, health, what is read again.

use crate::id::EventId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where every event went: `received` is the sum of `stored`, `duplicate`, `filtered`, `invalid`, `expired`, `limited`,
/// `quarantined` and `waiting`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Ledger {
    /// Events in requests that were read.
    pub received: u64,
    /// Written to the warehouse. What an erasure, a limit of retention or a replay that replaces took out later stays
    /// counted.
    pub stored: u64,
    /// Repeated ids.
    pub duplicate: u64,
    /// Left out by policy: no consent.
    pub filtered: u64,
    /// Not events.
    pub invalid: u64,
    /// Too old.
    pub expired: u64,
    /// More than allowed at once: the sender was told to send them again.
    pub limited: u64,
    /// In segments found damaged and set aside.
    pub quarantined: u64,
    /// Durable in the log, not yet in the warehouse.
    pub waiting: u64,
    /// `filtered`, `invalid`, `expired` and `limited` by reason code.
    pub refused: BTreeMap<String, u64>,
    /// Dropped by clients before sending, as they reported it (not part of the sum).
    pub client_dropped: u64,
}

impl Ledger {
    /// Whether every event is accounted for.
    #[must_use]
    pub fn balanced(&self) -> bool {
        let refused = self.filtered + self.invalid + self.expired + self.limited;
        self.received == self.stored + self.duplicate + refused + self.quarantined + self.waiting
            && refused == self.refused.values().sum::<u64>()
    }
}

/// Something that wants attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// The warehouse does not answer: events are kept and will be delivered.
    WarehouseAway,
    /// The oldest event has been waiting for the warehouse for more than a minute.
    EventsWaiting,
    /// The log is filled to four fifths of what it may hold.
    LogFilling,
    /// Events are refused: the log is full, or the disk nearly so.
    LogFull,
    /// Events could not be read from damaged segments.
    Quarantined,
    /// The ledger's sum is not right.
    Unbalanced,
    /// Pages decide otherwise than the engine here.
    DecisionsDiffer,
}

/// Health of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// `ok`, or what is wrong.
    pub status: String,
    /// What is wrong, for machines.
    #[serde(default)]
    pub alarms: Vec<Alarm>,
    /// Version of the server.
    pub version: String,
    /// Whether the warehouse answers.
    pub warehouse: bool,
    /// Age of the oldest event not yet shipped, in milliseconds.
    pub lag_ms: u64,
    /// Bytes in the log.
    pub log_bytes: u64,
    /// Most bytes that the log may hold.
    #[serde(default)]
    pub log_bytes_most: u64,
}

/// An event that went the whole way and was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SelfTest {
    /// Its id.
    pub event: EventId,
    /// Milliseconds until it was on disk.
    pub durable_ms: u64,
    /// Milliseconds until it was read back from the warehouse.
    pub stored_ms: u64,
}

/// Which kept requests are to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Replay {
    /// Received at or after.
    pub from: Option<Timestamp>,
    /// Received before.
    pub to: Option<Timestamp>,
    /// Also those of which no event was refused.
    pub all: bool,
    /// All of them, and what is stored of them is taken out: a mended translation replaces what the old one made.
    pub replace: bool,
}

/// What became of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replayed {
    /// Requests read again.
    pub requests: u64,
    /// Of these, answered with an error once more. What was turned away as a whole stays kept.
    pub refused: u64,
    /// Events that were taken out of the warehouse, to be made anew.
    pub taken_out: u64,
    /// Events of them that were stored now.
    pub stored: u64,
    /// Events that were there already.
    pub duplicate: u64,
    /// Events refused once more.
    pub invalid: u64,
}

/// What was found in segments that had been set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recovered {
    /// Segments in quarantine.
    pub segments: u64,
    /// Of these, still not readable to their end: they stay.
    pub damaged: u64,
    /// Events that could be read.
    pub read: u64,
    /// Of these, not in the warehouse before.
    pub stored: u64,
}
