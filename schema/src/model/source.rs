//! Models as people write them.

use crate::span::Span;
use alloc::collections::BTreeMap;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// A model that rules and rankings may ask, and where its numbers come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelSource {
    /// Stable id.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$"))]
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// What `attune model import` or `train` wrote, in base 64.
    #[cfg_attr(feature = "openapi", schema(content_encoding = "base64"))]
    pub data: String,
    /// Where each feature of the model comes from, by its name.
    #[serde(default)]
    pub inputs: BTreeMap<String, InputSource>,
    /// What counts as the visitor's items; only of a model of items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistorySource>,
}

/// Where a number comes from. Texts are the levels of the model's feature; truth is 1 and 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InputSource {
    /// An attribute of the visitor.
    Attribute(String),
    /// The page, the device or the campaign tags of this view.
    Context(String),
    /// Interest in a category, in points.
    Affinity(String),
    /// How often an event happened on this device.
    Count(CountSource),
    /// Days since an event happened last on this device; missing where it never did.
    DaysSince(CountSource),
}

/// Which events are counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CountSource {
    /// Event name.
    pub name: String,
    /// Only with this value of a facet; at most one.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub filter: BTreeMap<String, String>,
    /// Only this long before the decision; ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

/// Which items are the visitor's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HistorySource {
    /// Event name.
    pub event: String,
    /// The facet whose values are ids of items.
    #[serde(default = "by_item")]
    pub by: String,
    /// Only this long before the decision; ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

fn by_item() -> String {
    "item".into()
}
