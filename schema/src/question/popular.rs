//! What people like somebody choose.

use super::{Period, Which};
use crate::bot::Bots;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What an imported attribute of a peer has to be.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Name of the attribute.
    pub attribute: String,
    /// Its value is one of these, 1 to 50.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 50))]
    pub is: Vec<Value>,
}

/// What is chosen most among people who have something in common.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PopularQuestion {
    /// What peers have in common, the most important first; 1 to 8.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 8))]
    pub peers: Vec<Peer>,
    /// What counts as a choice.
    pub event: Which,
    /// The property that names what was chosen; `item` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Fewest people of a group, 10 or more; 100 if absent. A smaller group is widened: the last condition goes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 10))]
    pub k: Option<u64>,
    /// Most items, 1 to 100; 10 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub limit: Option<u32>,
    /// Event time; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// Something that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Popular {
    /// What.
    pub item: String,
    /// Of the group, how many chose it.
    pub people: u64,
    /// The same as a share of the group.
    pub share: f64,
    /// How much larger that share is than among everybody who is known; 1 if the group is no different.
    pub lift: f64,
}

/// The answer to a [`PopularQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PopularAnswer {
    /// People in the group.
    pub group: u64,
    /// Attributes that they have in common.
    pub common: Vec<String>,
    /// Attributes that were asked for and given up, because the group would have been too small.
    pub widened: Vec<String>,
    /// What most of them chose first; of equals by name.
    pub items: Vec<Popular>,
    /// Items that too few chose to be told.
    pub untold: u64,
    /// What was counted, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
