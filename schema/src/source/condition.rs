//! Rules as people write them.

use crate::span::Span;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rule with three results: true, false, unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(no_recursion))]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Every one holds; an empty list is true.
    All(Vec<Condition>),
    /// At least one holds; an empty list is false.
    Any(Vec<Condition>),
    /// None holds; unknown if any of them is unknown and none is true.
    None(Vec<Condition>),
    /// How often an event happened.
    Event(EventCondition),
    /// A declared attribute of the visitor.
    Attribute(FieldCondition),
    /// The page, device or campaign tags of this view.
    Context(FieldCondition),
    /// Decayed interest in a category.
    Affinity(AffinityCondition),
    /// Belongs to a saved audience.
    Audience(String),
    /// What events were worth together.
    Sum(SumCondition),
    /// Events one after the other, or one that did not follow.
    Sequence(SequenceCondition),
    /// A fixed share of all visitors.
    Sample(SampleCondition),
    /// A model's score.
    Score(ScoreCondition),
    /// Something is done on more days than before, or on fewer.
    #[cfg(feature = "models")]
    Trend(TrendCondition),
    /// The same, which this build keeps as it is.
    #[cfg(not(feature = "models"))]
    Trend(serde_json::Value),
}

/// On how many days an event happened, against the time before:
/// `{"name":"item_viewed","where":{"category":"travel"},"within":"7d","before":"28d","rising":2}` holds where it happened on at
/// least twice the share of days. Days are 24 hours, counted back from the decision, so that many events of one day are one;
/// of the event's latest 32, and unknown where those do not reach back beyond `within`.
#[cfg(feature = "models")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrendCondition {
    /// Event name.
    pub name: String,
    /// One property and its value; properties are those of [`crate::event::FACETS`].
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub filter: BTreeMap<String, String>,
    /// The latest time, in whole days.
    pub within: Span,
    /// The time before that, in whole days.
    pub before: Span,
    /// Least factor by which the share of days has grown, 1 or more; two days of the latest time are needed. Exactly one of
    /// this and `falling`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rising: Option<f64>,
    /// Least factor by which it has shrunk, 1 or more; two days of the time before are needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub falling: Option<f64>,
}

/// Sum of the property `value` of events within a window, over at most the latest 32 of them:
/// `{"name":"order_placed","within":"30d","at_least":100}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SumCondition {
    /// Event name.
    pub name: String,
    /// One property and its value; properties are those of [`crate::event::FACETS`].
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub filter: BTreeMap<String, String>,
    /// Only events not older than this.
    pub within: Span,
    /// Least sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Greatest sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// Two to eight events, each later than the one before by at most `within`. If the last is `absent`, it holds
/// once `within` has passed since the one before without it.
///
/// `{"steps":[{"name":"item_viewed","where":{"category":"travel"}},{"name":"form_submitted","absent":true}],"within":"2d"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SequenceCondition {
    /// The events.
    pub steps: Vec<SequenceStep>,
    /// Longest time from one step to the next, inclusive.
    pub within: Span,
    /// Greatest age of the first step; any age if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_within: Option<Span>,
}

/// One event of a sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SequenceStep {
    /// Event name.
    pub name: String,
    /// One property and its value; properties are those of [`crate::event::FACETS`].
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub filter: BTreeMap<String, String>,
    /// It must not have come; the last step only.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub absent: bool,
}

/// A share of all visitors, the same ones wherever the name is the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SampleCondition {
    /// Names the draw: shares of different names are independent.
    pub name: String,
    /// How many, in percent; raising it keeps those who were in.
    pub percent: f64,
}

/// How often an event happened within a window: `{"name":"page_viewed","where":{"category":"travel"},"within":"7d","at_least":2}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EventCondition {
    /// Event name.
    pub name: String,
    /// One property and its value; properties are those of [`crate::event::FACETS`].
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub filter: BTreeMap<String, String>,
    /// Only events not older than this; any age if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// Only events at least this old; needs `within`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than: Option<Span>,
    /// Least number; 1 if neither bound is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// Greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
}

/// Bounds of a model's score; unknown where nothing that the model asks is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScoreCondition {
    /// Id of a model of features.
    pub model: String,
    /// Least score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Greatest score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// A test on a named field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
// A browser reads what the server has read before.
#[cfg_attr(not(target_arch = "wasm32"), serde(try_from = "StrictFieldCondition"))]
pub struct FieldCondition {
    /// Attribute or context name.
    pub name: String,
    /// The test.
    #[serde(flatten)]
    pub test: Test,
}

/// A [`FieldCondition`] as it is written: of two tests none would be the one that was meant.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictFieldCondition {
    name: String,
    is: Option<Value>,
    is_not: Option<Value>,
    one_of: Option<Vec<Value>>,
    at_least: Option<Value>,
    at_most: Option<Value>,
    more_than: Option<Value>,
    less_than: Option<Value>,
    starts_with: Option<String>,
    contains: Option<String>,
    known: Option<bool>,
}

#[cfg(not(target_arch = "wasm32"))]
impl TryFrom<StrictFieldCondition> for FieldCondition {
    type Error = String;

    fn try_from(given: StrictFieldCondition) -> Result<Self, String> {
        let tests = [
            given.is.map(Test::Is),
            given.is_not.map(Test::IsNot),
            given.one_of.map(Test::OneOf),
            given.at_least.map(Test::AtLeast),
            given.at_most.map(Test::AtMost),
            given.more_than.map(Test::MoreThan),
            given.less_than.map(Test::LessThan),
            given.starts_with.map(Test::StartsWith),
            given.contains.map(Test::Contains),
            given.known.map(Test::Known),
        ];
        let mut tests = tests.into_iter().flatten();
        match (tests.next(), tests.next()) {
            (Some(test), None) => Ok(Self { name: given.name, test }),
            (None, _) => Err(format!("condition on `{}`: it has no test", given.name)),
            (Some(_), Some(_)) => Err(format!("condition on `{}`: it has more than one test", given.name)),
        }
    }
}

/// A test on a value; unknown if the value is unknown or of another kind (but see [`Test::Known`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Equal.
    Is(Value),
    /// Known and not equal.
    IsNot(Value),
    /// Equal to one of these.
    OneOf(Vec<Value>),
    /// Number or text not below.
    AtLeast(Value),
    /// Number or text not above.
    AtMost(Value),
    /// Number or text above.
    MoreThan(Value),
    /// Number or text below.
    LessThan(Value),
    /// Text begins with.
    StartsWith(String),
    /// Text contains.
    Contains(String),
    /// Whether the value is known at all; itself never unknown.
    Known(bool),
}

/// Decayed interest in a category, in points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AffinityCondition {
    /// The category.
    pub category: String,
    /// Least points.
    pub at_least: f64,
}
