//! What a back-test counts. Sums of parts are those of the whole, because a visitor is in one part.

use attune_stats::offpolicy::Log;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Counts of some visitors, or of all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Tally {
    /// Events replayed, those of the warm-up among them.
    pub events: u64,
    /// Of them, those of the warm-up.
    pub warm_up_events: u64,
    /// Visitors seen in the period.
    pub visitors: u64,
    /// Questions put to the engine: placements of viewed pages.
    pub opportunities: u64,
    /// Answers by reason.
    pub reasons: BTreeMap<String, u64>,
    /// Visitors who would have seen an offer.
    pub reach: u64,
    /// By day of the site: days since 1970.
    pub days: BTreeMap<i64, Day>,
    /// By campaign.
    pub campaigns: BTreeMap<String, CampaignTally>,
    /// Exposures of each campaign if the drafts stayed drafts; empty without drafts.
    pub without_drafts: BTreeMap<String, u64>,
    /// Sums over recorded exposures with propensities.
    #[schema(value_type = Object)]
    pub log: Log,
}

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Day {
    /// Questions put to the engine.
    pub opportunities: u64,
    /// Visitors who would have seen an offer.
    pub reach: u64,
    /// Offers that would have been seen.
    pub exposures: u64,
    /// Offers kept from visitors in holdouts and control arms.
    pub withheld: u64,
}

/// One campaign.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct CampaignTally {
    /// Visitors who would have seen an offer of it.
    pub reach: u64,
    /// Offers that would have been seen.
    pub exposures: u64,
    /// Decisions in which a cap, or quiet after a dismissal, took it or one of its offers out.
    pub cap_hits: u64,
    /// Decisions that another campaign won and this one alone could have filled, by winner.
    pub lost_to: BTreeMap<String, u64>,
    /// Exposures by offer.
    pub offers: BTreeMap<String, u64>,
    /// Decisions won by group: `treated`, `holdout`, `control`.
    pub groups: BTreeMap<String, u64>,
    /// Decisions won by arm, where it has several.
    pub variants: BTreeMap<String, u64>,
    /// By day of the site: days since 1970.
    pub days: BTreeMap<i64, CampaignDay>,
}

/// A day of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct CampaignDay {
    /// Visitors who would have seen an offer of it.
    pub reach: u64,
    /// Offers that would have been seen.
    pub exposures: u64,
    /// Decisions in which a cap took it or one of its offers out.
    pub cap_hits: u64,
}

impl Tally {
    /// Adds the visitors of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.warm_up_events += other.warm_up_events;
        self.visitors += other.visitors;
        self.opportunities += other.opportunities;
        self.reach += other.reach;
        add(&mut self.reasons, &other.reasons);
        add(&mut self.without_drafts, &other.without_drafts);
        for (day, more) in &other.days {
            let day = self.days.entry(*day).or_default();
            day.opportunities += more.opportunities;
            day.reach += more.reach;
            day.exposures += more.exposures;
            day.withheld += more.withheld;
        }
        for (id, more) in &other.campaigns {
            self.campaigns.entry(id.clone()).or_default().merge(more);
        }
        self.log.merge(&other.log);
    }
}

impl CampaignTally {
    fn merge(&mut self, other: &Self) {
        self.reach += other.reach;
        self.exposures += other.exposures;
        self.cap_hits += other.cap_hits;
        add(&mut self.lost_to, &other.lost_to);
        add(&mut self.offers, &other.offers);
        add(&mut self.groups, &other.groups);
        add(&mut self.variants, &other.variants);
        for (day, more) in &other.days {
            let day = self.days.entry(*day).or_default();
            day.reach += more.reach;
            day.exposures += more.exposures;
            day.cap_hits += more.cap_hits;
        }
    }
}

fn add(sums: &mut BTreeMap<String, u64>, more: &BTreeMap<String, u64>) {
    for (key, count) in more {
        *sums.entry(key.clone()).or_default() += count;
    }
}

/// Counts one more of `key`.
pub(super) fn one(sums: &mut BTreeMap<String, u64>, key: &str) {
    if let Some(count) = sums.get_mut(key) {
        *count += 1;
    } else {
        sums.insert(key.to_owned(), 1);
    }
}
