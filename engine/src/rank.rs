//! Scores of offers and their total order.

use crate::profile::affinity;
use attune_schema::bundle::{Bundle, Campaign, Offer};
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;
use core::cmp::Ordering;

/// One offer with its score.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    /// The offer.
    pub offer: &'a Offer,
    /// Higher goes first.
    pub score: f64,
    /// Draw between offers of one score, stable for a visitor and even over visitors; the lowest goes first.
    pub tie: u32,
    /// Millionths with which it was chosen, where it was tried.
    #[cfg(feature = "models")]
    pub propensity_micros: u32,
}

impl<'a> Scored<'a> {
    /// The only one of its score.
    #[must_use]
    pub const fn new(offer: &'a Offer, score: f64) -> Self {
        Self {
            offer,
            score,
            tie: 0,
            #[cfg(feature = "models")]
            propensity_micros: 0,
        }
    }
}

/// Scores `offer` for a visitor: `rank_weight × weight + rank_affinity × affinity of its category`.
#[must_use]
pub fn score<'a>(
    bundle: &Bundle,
    campaign: &Campaign,
    offer: &'a Offer,
    profile: &Profile,
    now: Timestamp,
) -> Scored<'a> {
    let interest = if campaign.rank_affinity == 0.0 {
        0.0
    } else {
        affinity(profile, &offer.category, now, bundle.half_life_of(&offer.category))
    };
    // Adding zero makes negative zero zero: they are one score, however many terms it has in this build.
    let score = campaign.rank_weight * offer.weight + campaign.rank_affinity * interest + 0.0;
    Scored::new(offer, score)
}

/// Best first: by score, then by the draw, then by id.
#[must_use]
pub fn order(a: &Scored<'_>, b: &Scored<'_>) -> Ordering {
    let order = b.score.total_cmp(&a.score).then(a.tie.cmp(&b.tie));
    order.then_with(|| a.offer.id.cmp(&b.offer.id))
}
