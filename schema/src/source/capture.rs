//! What pages capture: how much of what happens, and what means something on this site.

use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much pages of a site capture, and what besides.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CaptureSettings {
    /// How much; everything if there is none, page views where the connection is not secure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<LevelRule>,
    /// What means something on this site.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<Pattern>,
}

impl CaptureSettings {
    /// Whether it is what holds when nothing is said.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.levels.is_empty() && self.patterns.is_empty()
    }
}

/// How much is captured at most, where all that it names holds; what is empty holds everywhere. Of several the most
/// specific counts: by path (the more characters besides `*`, the more specific), then by category, then by scheme; of
/// equals the lowest level.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LevelRule {
    /// 0 nothing, 1 page views, 2 also clicks, searches and what the page tells by name, 3 also forms, 4 also time in
    /// front, scrolling, Web Vitals and errors, 5 also the properties that the site declares.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 5))]
    pub level: u8,
    /// Path of the page, whole; `*` stands for any characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_length = 256))]
    pub path: String,
    /// Category that the page says of itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_length = 128))]
    pub category: String,
    /// `http` or `https`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^(https?)?$"))]
    pub scheme: String,
}

/// Something that happens on this site and has a name here, told by its address or by an element, without a change to
/// the pages.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// What it is called: a goal's event, a campaign's, promotion's, process's or form's name.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$"))]
    pub id: String,
    /// What it is.
    pub kind: PatternKind,
    /// Only on pages with this path, whole; `*` stands for any characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_length = 256))]
    pub path: String,
    /// CSS selector of what is meant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_length = 256))]
    pub selector: String,
    /// Parameter of the address: of a campaign, its name; of a search, the term.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub parameter: String,
    /// Name of a user-defined event.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub event: String,
    /// When a user-defined event or a goal happens; told by `selector` and `path` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Trigger>,
    /// What a goal is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Steps of a process, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Properties of a user-defined event: what always holds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, Value>,
    /// Properties of a user-defined event that are read from attributes of its element or an ancestor, by the
    /// attribute's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// The seven patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PatternKind {
    /// Visitors come with a parameter of the site's own that names the campaign.
    Campaign,
    /// Something was reached that is worth having.
    Goal,
    /// A form gets a name.
    Form,
    /// Something is advertised in the page: seen, clicked.
    Promotion,
    /// Steps that lead to a goal.
    Process,
    /// The site is searched by a parameter of its own.
    Search,
    /// Anything else.
    #[default]
    Event,
}

/// When a pattern happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A page is viewed.
    View,
    /// The element, or something in it, is clicked.
    Click,
    /// The element was half visible for a second.
    Visible,
    /// The form was submitted.
    Submit,
}

/// A step of a process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Name of the event that says it was reached.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub event: String,
    /// Reached on pages with this path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_length = 256))]
    pub path: String,
    /// Reached by a click on this; without it by the view of the page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_length = 256))]
    pub selector: String,
}
