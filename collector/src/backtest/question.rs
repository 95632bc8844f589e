//! What is asked of a back-test.

use attune_schema::api::Problem;
use attune_schema::question::Period;
use attune_schema::source::Source;
use attune_schema::span::Span;
use attune_schema::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A source, a period, and what counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestQuestion {
    /// What to run. Its drafts are taken as running.
    pub source: Source,
    /// First instant in which something is decided.
    pub from: Timestamp,
    /// First instant after.
    pub to: Timestamp,
    /// How far before `from` profiles begin to be filled; 30 days if absent.
    #[serde(default = "month")]
    pub warm_up: Span,
    /// Which pages hold a placement, by how their paths begin; a placement without is in every page.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pages: BTreeMap<String, Vec<String>>,
    /// Event that is a conversion, where exposures were stored with propensities.
    #[serde(default = "click")]
    #[schema(min_length = 1, max_length = 64)]
    pub goal: String,
    /// How long after an exposure it counts; 7 days if absent.
    #[serde(default = "week")]
    pub goal_within: Span,
    /// Which part of the visitors, from 0.
    #[serde(default)]
    pub part: u32,
    /// How many parts there are.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 100000)]
    pub parts: u32,
}

fn month() -> Span {
    Span::from_days(30)
}

fn week() -> Span {
    Span::from_days(7)
}

fn click() -> String {
    attune_schema::event::name::OFFER_CLICKED.to_owned()
}

fn one() -> u32 {
    1
}

impl BacktestQuestion {
    /// The period whose events are read.
    #[must_use]
    pub fn read(&self) -> Period {
        // The store's times begin in 1970.
        let begin = self.from.0.saturating_sub(self.warm_up.as_ms()).clamp(0, self.from.0.max(0));
        Period { from: Timestamp(begin), to: self.to }
    }

    /// What is wrong with it, if anything.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if self.to <= self.from {
            return Some(format!("period ends at {} before it begins at {}", self.to.0, self.from.0));
        }
        if self.parts == 0 || self.parts > 100_000 || self.part >= self.parts {
            return Some(format!("part {} of {} does not exist", self.part, self.parts));
        }
        if !(1..=64).contains(&self.goal.chars().count()) {
            return Some(format!("goal: `{}` is not a name of 1 to 64 characters", self.goal));
        }
        let placement = |name: &&String| self.source.placements.iter().any(|known| known.id == **name);
        let unknown = self.pages.keys().find(|name| !placement(name));
        unknown.map(|name| format!("pages: `{name}` is no placement of the source"))
    }
}

/// How a back-test is to be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BacktestPlan {
    /// Events that will be read, those of the warm-up among them.
    pub events: u64,
    /// In how many parts to ask.
    #[schema(minimum = 1)]
    pub parts: u32,
    /// Digest of the bundle that is tested, in hexadecimal: what ships if the drafts are launched as they are.
    pub bundle: String,
    /// Campaigns that are drafts.
    pub drafts: Vec<String>,
    /// What the compiler found.
    pub problems: Vec<Problem>,
}
