//! Paths: what happens next, or happened before.

use super::{EventNames, Per, Period, Sampled, Which};
use crate::bot::Bots;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Which way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// What followed.
    #[default]
    Forward,
    /// What led there.
    Back,
}

/// What a place on a path is called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PathBy {
    /// Name of the event.
    #[default]
    Event,
    /// Path of the page's address, without query.
    Page,
    /// So many first parts of that path: 1 makes `/shop/a/b` `/shop`.
    PageLevel(u32),
    /// A property of the event, as text.
    Property(String),
}

/// What units do one after the other.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PathsQuestion {
    /// Where paths begin: a unit's first such event, its last going back; its very first or last event if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Which>,
    /// Which way to go.
    #[serde(default)]
    pub direction: Direction,
    /// Only these events are places; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventNames>,
    /// What a place is called.
    #[serde(default)]
    pub by: PathBy,
    /// Whether the same place several times in a row is one.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub collapse: bool,
    /// Most places of a path, the beginning included, 1 to 10; 5 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10))]
    pub depth: Option<u32>,
    /// Most places that follow one, 1 to 50; 10 if absent. The rest are counted together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 50))]
    pub top: Option<u32>,
    /// Whose events are one path: `session` unless said otherwise.
    #[serde(default = "session", skip_serializing_if = "is_session")]
    pub per: Per,
    /// Event time; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
    /// Share of the visitors to take, one in a whole number, such as 0.1: a preview; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0.001, maximum = 0.5))]
    pub sample: Option<f64>,
}

const fn session() -> Per {
    Per::Session
}

fn is_session(per: &Per) -> bool {
    *per == Per::Session
}

/// A place on paths, and what follows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PathNode {
    /// What it is called; `null` for all the rest together.
    pub place: Option<String>,
    /// How many came here on this path.
    pub count: u64,
    /// How many of them went no further.
    pub ended: u64,
    /// Where they went, most first; the rest, and what less than one path in a thousand does, together at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub next: Vec<PathNode>,
}

/// How many were where at one position of their path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PathPosition {
    /// Position, from 1.
    pub position: u32,
    /// The place; `null` for all the rest together.
    pub place: Option<String>,
    /// How many.
    pub count: u64,
}

/// From one place to the next, anywhere on a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Transition {
    /// The place before.
    pub from: String,
    /// The place after.
    pub to: String,
    /// How often.
    pub count: u64,
}

/// Steps from place to place, over all of every unit's history, whatever its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Transitions {
    /// How many there are.
    pub total: u64,
    /// How many different ones.
    pub distinct: u64,
    /// The 100 most frequent, most first.
    pub top: Vec<Transition>,
}

/// The answer to a [`PathsQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PathsAnswer {
    /// How many paths there are.
    pub count: u64,
    /// Where they begin, most first; going back, where they end.
    pub tree: Vec<PathNode>,
    /// Who was where, position by position.
    pub positions: Vec<PathPosition>,
    /// From place to place.
    pub transitions: Transitions,
    /// Of which visitors, if not of all; every count is already multiplied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sampled>,
    /// What was counted, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
