//! Figures of the Home page, and the names of events.

use crate::question::Alert;
use crate::source::Evidence;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An event name and how often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventName {
    /// Event name.
    pub name: String,
    /// Events.
    pub count: u64,
    /// Last seen.
    pub last_at: Timestamp,
}

/// Figures of the Home page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overview {
    /// Last seven days.
    pub current: OverviewFigures,
    /// The seven days before.
    pub previous: OverviewFigures,
    /// By campaign, last seven days.
    pub campaigns: Vec<CampaignFigures>,
}

/// Counts over a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OverviewFigures {
    /// Distinct visitors.
    pub visitors: u64,
    /// Distinct sessions.
    pub sessions: u64,
    /// Page views.
    pub page_views: u64,
    /// Exposures of offers.
    pub exposures: u64,
    /// Clicks on offers.
    pub offer_clicks: u64,
}

/// Counts of one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CampaignFigures {
    /// Campaign id.
    pub campaign: String,
    /// Exposures.
    pub exposures: u64,
    /// Counterfactual exposures of its holdout.
    pub withheld: u64,
    /// Clicks.
    pub clicks: u64,
    /// Distinct visitors exposed.
    pub reach: u64,
}

/// What a campaign that tries its offers has learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LearnedCampaign {
    /// Its id.
    pub campaign: String,
    /// When it was counted; absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<Timestamp>,
    /// Whether it learns no more.
    pub frozen: bool,
    /// What it was given and what was seen, by offer.
    pub offers: BTreeMap<String, Evidence>,
}

/// A rule of a watched figure that came true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchAlert {
    /// Id of the figure.
    pub watch: String,
    /// When it was found.
    pub told_at: Timestamp,
    /// What came true.
    pub alert: Alert,
}
