//! Learning which offer works by trying, as people write it.

use crate::event::name::OFFER_CLICKED;
use crate::span::Span;
use crate::time::DAY_MS;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A campaign that tries its offers and shows more often what works better (Thompson sampling): an offer is shown
/// as often as it is likely to be the best of those that the visitor may see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Explore {
    /// The event that is a success.
    pub goal: String,
    /// How long after an exposure a success counts. Exposures that are younger count once it is over.
    pub within: Span,
    /// Share of choices that is spread evenly over all offers, in percent, so that none is ever given up.
    pub floor_percent: f64,
    /// How long a visitor keeps what was drawn.
    pub redraw: Redraw,
    /// What is believed of an offer before anything was seen.
    pub prior: Prior,
    /// Time after which what was seen counts half, where rates change; never if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_life: Option<Span>,
    /// Learns no more, and goes on choosing by what it knows.
    pub frozen: bool,
    /// Of what this device saw since, at most so many successes and failures of an offer count at once; 0 for none.
    pub local: u32,
    /// What the choice may depend on: then success is taken to be a weighted sum of these (linear contextual bandit).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<ExploreFeature>,
    /// What was seen so far, by offer: written here it is a warm start, to which the collector adds what it counts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub learned: BTreeMap<String, Evidence>,
}

impl Default for Explore {
    fn default() -> Self {
        Self {
            goal: OFFER_CLICKED.to_owned(),
            within: Span::from_ms(DAY_MS),
            floor_percent: 10.0,
            redraw: Redraw::default(),
            prior: Prior::default(),
            half_life: None,
            frozen: false,
            local: 0,
            features: Vec::new(),
            learned: BTreeMap::new(),
        }
    }
}

/// How long a visitor keeps what was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Redraw {
    /// Each decision draws.
    Decision,
    /// For the session.
    #[default]
    Session,
    /// For the day, in the site's time zone.
    Day,
    /// For good, until what is known changes the odds.
    Never,
}

/// Successes and failures as if they had been seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// Above 0.
    pub successes: f64,
    /// Above 0.
    pub failures: f64,
}

impl Default for Prior {
    fn default() -> Self {
        Self { successes: 1.0, failures: 1.0 }
    }
}

/// A number that the choice may depend on: an attribute labelled `public`, or something of the context, because it
/// leaves the device with each exposure. 0 where it is not known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExploreFeature {
    /// Name of an attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// Name in the context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// 1 where it has this value, else 0; without it, the number itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Value>,
    /// What a number is multiplied with; numbers count from −10 to 10 after that.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub scale: f64,
}

fn one() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_one(scale: &f64) -> bool {
    *scale == 1.0
}

/// What was seen of one offer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Evidence {
    /// Exposures whose time for a success is over, or that had one.
    pub trials: f64,
    /// Those with a success.
    pub successes: f64,
    /// With features x (x₀ = 1 first): the sum of `x xᵀ` over trials, its lower triangle row by row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<f64>,
    /// With features: the sum of `x` over successes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response: Vec<f64>,
}

impl Evidence {
    /// Adds `other` to it.
    pub fn add(&mut self, other: &Self) {
        self.trials += other.trials;
        self.successes += other.successes;
        for (ours, theirs) in [(&mut self.moments, &other.moments), (&mut self.response, &other.response)] {
            if ours.is_empty() {
                ours.clone_from(theirs);
            } else {
                for (sum, value) in ours.iter_mut().zip(theirs) {
                    *sum += value;
                }
            }
        }
    }

    /// Adds one trial with these features (without x₀) and this weight.
    pub fn learn(&mut self, features: &[f64], success: bool, weight: f64) {
        self.trials += weight;
        self.successes += if success { weight } else { 0.0 };
        if features.is_empty() {
            return;
        }
        let width = features.len() + 1;
        self.moments.resize(width * (width + 1) / 2, 0.0);
        self.response.resize(width, 0.0);
        let x = |index: usize| index.checked_sub(1).and_then(|i| features.get(i)).copied().unwrap_or(1.0);
        let mut cells = self.moments.iter_mut();
        for row in 0..width {
            for (column, cell) in (0..=row).zip(&mut cells) {
                *cell += weight * x(row) * x(column);
            }
        }
        if success {
            for (index, cell) in self.response.iter_mut().enumerate() {
                *cell += weight * x(index);
            }
        }
    }
}
