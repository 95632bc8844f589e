//! Scores of offers and their total order.

use crate::bucket::bucket;
use crate::profile::affinity;
use attune_schema::bundle::{Bundle, Campaign, Offer};
use attune_schema::id::VisitorId;
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
    /// Breaks equal scores: stable for a visitor, even over visitors.
    pub tie: u32,
}

/// Scores `offer` for a visitor: `rank_weight × weight + rank_affinity × affinity of its category`.
#[must_use]
pub fn score<'a>(
    bundle: &Bundle,
    campaign: &Campaign,
    offer: &'a Offer,
    profile: &Profile,
    unit: VisitorId,
    now: Timestamp,
) -> Scored<'a> {
    let interest = if campaign.rank_affinity == 0.0 {
        0.0
    } else {
        affinity(profile, &offer.category, now, bundle.half_life_ms)
    };
    let score = campaign.rank_weight * offer.weight + campaign.rank_affinity * interest;
    Scored { offer, score, tie: bucket(&bundle.salt, &offer.id, unit) }
}

/// Best first: by score, then tie-break, then id.
#[must_use]
pub fn order(a: &Scored<'_>, b: &Scored<'_>) -> Ordering {
    b.score.total_cmp(&a.score).then(a.tie.cmp(&b.tie)).then_with(|| a.offer.id.cmp(&b.offer.id))
}
