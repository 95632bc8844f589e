//! Recency, frequency and value of what people do.

use super::{Per, Period, Sampled, Which};
use crate::bot::Bots;
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Bounds of bands to take instead of quintiles, each rising.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RfmBounds {
    /// Most whole days of a band: `[30, 90]` are three bands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recency_days: Vec<u32>,
    /// Least events of a band: `[2, 5]` are three bands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frequency: Vec<u64>,
    /// Least value of a band.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub value: Vec<f64>,
}

/// Whose ids to list: those with these scores.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(remote = "Self", default, deny_unknown_fields)]
pub struct RfmPeople {
    /// Score of recency; any if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recency: Option<u32>,
    /// Score of frequency; any if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<u32>,
    /// Score of value; any if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<u32>,
    /// Only ids after this one: `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Most ids of a page, 1 to 1000; 100 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    pub limit: Option<u32>,
}

object!(RfmPeople);

/// How recently, how often and for how much.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RfmQuestion {
    /// What counts as a purchase.
    pub event: Which,
    /// The property with its value, a number; there is no score of value if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// From when to look back; now if absent. What happened then or later does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// Event time; everything before `as_of` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Bands to take instead of quintiles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<RfmBounds>,
    /// `visitor` or `person`.
    #[serde(default)]
    pub per: Per,
    /// Whose ids to list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<RfmPeople>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
    /// Share of the visitors to take, one in a whole number, such as 0.1: a preview; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0.001, maximum = 0.5))]
    pub sample: Option<f64>,
}

/// How many have the same three scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RfmCell {
    /// Score of recency, from 1; the higher the more recent.
    pub recency: u32,
    /// Score of frequency.
    pub frequency: u32,
    /// Score of value; 0 without one.
    pub value: u32,
    /// How many.
    pub count: u64,
    /// Sum of their values.
    pub total: f64,
}

/// What a score means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RfmBand {
    /// The score, from 1.
    pub score: u32,
    /// How many have it.
    pub count: u64,
    /// Least of them: whole days since the last event, events, or value.
    pub from: f64,
    /// Most of them.
    pub to: f64,
}

/// The answer to an [`RfmQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RfmAnswer {
    /// How many did it at all; nobody else has a score.
    pub count: u64,
    /// Scores that somebody has, the highest first.
    pub cells: Vec<RfmCell>,
    /// Days since the last event, by score, the highest first.
    pub recency: Vec<RfmBand>,
    /// Number of events.
    pub frequency: Vec<RfmBand>,
    /// Sum of values; empty without them.
    pub value: Vec<RfmBand>,
    /// Whose ids were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<super::PeopleIds>,
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

#[cfg(test)]
mod tests {
    use super::super::{Against, FunnelPeople};
    use super::*;

    #[test]
    fn an_array_is_no_object() {
        assert!(serde_json::from_str::<RfmPeople>("[null,null]").is_err());
        assert!(serde_json::from_str::<FunnelPeople>("[1]").is_err());
        assert!(serde_json::from_str::<Against>("[]").is_err());
        assert!(serde_json::from_str::<RfmPeople>(r#"{"other":1}"#).is_err());
        let people: RfmPeople = serde_json::from_str(r#"{"value":5}"#).unwrap();
        assert_eq!(serde_json::to_string(&people).unwrap(), r#"{"value":5}"#);
    }
}
