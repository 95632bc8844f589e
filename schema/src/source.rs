//! What people write: campaigns, audiences, offers and placements of one site, as JSON.
//!
//! The engine compiles a [`Source`] into a bundle; the console edits its parts; `control` versions them.

#[cfg(feature = "capture")]
mod capture;
mod condition;
mod explore;
mod saved;

#[cfg(feature = "capture")]
pub use capture::{CaptureSettings, LevelRule, Pattern, PatternKind, Step, Trigger};
#[cfg(feature = "models")]
pub use condition::TrendCondition;
pub use condition::{
    AffinityCondition, Condition, EventCondition, FieldCondition, SampleCondition, ScoreCondition,
    SequenceCondition, SequenceStep, SumCondition, Test,
};
pub use explore::{Evidence, Explore, ExploreFeature, Prior, Redraw};
pub use saved::{SavedStatement, Watch};

#[cfg(feature = "models")]
use crate::bot::BotRule;
use crate::consent::Basis;
use crate::span::Span;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[cfg(feature = "models")]
pub use crate::model::ModelSource;

/// Everything that decides what one site shows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Source {
    /// Site-wide settings.
    pub site: SiteSettings,
    /// Attributes that rules may use.
    pub attributes: Vec<Attribute>,
    /// Named places in pages.
    pub placements: Vec<Placement>,
    /// Saved rules.
    pub audiences: Vec<Audience>,
    /// Things that can be shown.
    pub offers: Vec<Offer>,
    /// Who sees what, where and when.
    pub campaigns: Vec<Campaign>,
    /// Models that rules and rankings may ask.
    #[cfg(feature = "models")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelSource>,
    /// Models, which this build passes over.
    #[cfg(not(feature = "models"))]
    #[serde(skip_serializing)]
    pub models: Unread,
    /// What pages capture.
    #[cfg(feature = "capture")]
    #[serde(skip_serializing_if = "CaptureSettings::is_default")]
    pub capture: CaptureSettings,
    /// What pages capture, which this build passes over.
    #[cfg(not(feature = "capture"))]
    #[serde(skip_serializing)]
    pub capture: Unread,
}

/// Whatever it was.
#[cfg(not(all(feature = "models", feature = "capture")))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unread;

#[cfg(not(all(feature = "models", feature = "capture")))]
impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Settings of a site that every decision depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SiteSettings {
    /// The kill switch: `false` shows default content everywhere.
    pub enabled: bool,
    /// Share of visitors never treated by any campaign, in percent.
    pub holdout_percent: f64,
    /// Changing it draws new holdouts and variants for everybody.
    pub salt: String,
    /// What unanswered consent to measuring means.
    pub measure_basis: Basis,
    /// What unanswered consent to personalisation means.
    pub personalise_basis: Basis,
    /// Inactivity after which a new session starts.
    pub session_timeout: Span,
    /// Offset of the site's days from UTC, in minutes (540 for Seoul).
    pub utc_offset_minutes: i32,
    /// How interest in categories is earned and forgotten.
    pub affinity: AffinitySettings,
    /// How long pages may decide by a bundle after it was made; for ever if absent. It is made anew at half of
    /// that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_lifetime: Option<Span>,
    /// Share of visitors whose decisions by the server are kept with their inputs for a while, in percent, so that they
    /// can be made again; only of those who allowed measuring and personalising.
    #[serde(skip_serializing_if = "is_nothing")]
    pub receipts_percent: f64,
    /// Share of visitors whose pages send what they decided and of what, in percent, so that it can be made again here;
    /// only of those who granted measuring and personalising.
    #[serde(skip_serializing_if = "is_nothing")]
    pub page_receipts_percent: f64,
    /// Where pages decide otherwise than the engine here, in the words of three visitors at three addresses, pages get the
    /// bundle before.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub hold_on_difference: bool,
    /// What is kept of a visitor's network address.
    #[serde(skip_serializing_if = "AddressPolicy::is_default")]
    pub address: AddressPolicy,
    /// The site's own word on bots, applied when a question is asked.
    #[cfg(feature = "models")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bot_rules: Vec<BotRule>,
    /// The same, which this build keeps as it is.
    #[cfg(not(feature = "models"))]
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub bot_rules: serde_json::Value,
}

/// What is kept of a visitor's network address: only this enters the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AddressPolicy {
    /// Nothing.
    #[default]
    None,
    /// The network: the first 24 bits of IPv4, 48 of IPv6.
    Truncated,
    /// A hash under a key that is drawn anew every day and then forgotten.
    Hashed,
}

impl AddressPolicy {
    /// Whether it is what holds when nothing is said.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for SiteSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            holdout_percent: 5.0,
            salt: "attune".to_owned(),
            measure_basis: Basis::OptIn,
            personalise_basis: Basis::OptIn,
            session_timeout: Span::from_ms(30 * crate::time::MINUTE_MS),
            utc_offset_minutes: 0,
            affinity: AffinitySettings::default(),
            bundle_lifetime: None,
            receipts_percent: 0.0,
            page_receipts_percent: 0.0,
            hold_on_difference: false,
            address: AddressPolicy::default(),
            bot_rules: Default::default(),
        }
    }
}

/// How interest in a category grows with events and decays with time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AffinitySettings {
    /// Time after which an interest counts half.
    pub half_life: Span,
    /// The same by category, where it differs.
    #[cfg(feature = "models")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub half_lives: BTreeMap<String, Span>,
    /// The same, which this build keeps as it is.
    #[cfg(not(feature = "models"))]
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub half_lives: serde_json::Value,
    /// Points an event adds to the category it carries, by event name.
    pub weights: BTreeMap<String, f64>,
}

impl Default for AffinitySettings {
    fn default() -> Self {
        let mut weights = BTreeMap::new();
        for (name, weight) in
            [("page_viewed", 1.0), ("item_viewed", 2.0), ("offer_clicked", 2.0), ("form_started", 3.0)]
        {
            weights.insert(name.to_owned(), weight);
        }
        Self { half_life: Span::from_days(14), half_lives: Default::default(), weights }
    }
}

/// Sensitivity of a field: where it may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// May be used anywhere.
    Public,
    /// May be used on the visitor's own device.
    #[default]
    DeviceOk,
    /// Never leaves the server: a rule that uses it is not put into the bundle.
    ServerOnly,
}

/// A declared attribute of a visitor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Name as in `identify(id, traits)`.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$"))]
    pub id: String,
    /// Where it may be used.
    #[serde(default)]
    pub label: Label,
}

/// A named place in a page that can hold an offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// Name as in `<attune-placement name>`.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$"))]
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// How long the page may wait before the default content stays, in milliseconds.
    #[serde(default = "default_budget_ms")]
    pub budget_ms: u32,
}

fn default_budget_ms() -> u32 {
    1_500
}

/// A saved rule over the profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Stable id.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$"))]
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// Who belongs to it.
    pub rule: Condition,
}

/// A thing that can be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Stable id.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$"))]
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// Category whose affinity ranks it.
    #[serde(default)]
    pub category: String,
    /// Its own weight in ranking formulas.
    #[serde(default)]
    pub weight: f64,
    /// Shown only to visitors for whom this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligibility: Option<Condition>,
    /// Shown from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Shown until just before then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// Fields by language (`en`, `ko`): title, body, cta, badge, url, image, alt.
    #[serde(default)]
    pub content: BTreeMap<String, BTreeMap<String, String>>,
}

/// Whether a campaign runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// Being written; not in the public bundle.
    #[default]
    Draft,
    /// In the bundle.
    Running,
    /// Kept, shows nothing.
    Paused,
}

/// Who sees which offers, where and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Stable id.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$"))]
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// Whether it runs.
    #[serde(default)]
    pub status: CampaignStatus,
    /// Placements it may fill.
    pub placements: Vec<String>,
    /// Higher goes first where two campaigns want one placement.
    #[serde(default)]
    pub priority: i32,
    /// Who may see it; everybody if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Condition>,
    /// Share of its audience kept out to measure lift, in percent.
    #[serde(default)]
    pub holdout_percent: f64,
    /// A visitor takes part in one campaign of a group only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusion_group: Option<String>,
    /// Runs from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// Runs until just before then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Offers it chooses from (those of a variant without its own).
    #[serde(default)]
    pub offers: Vec<String>,
    /// Arms of its test; one arm with all visitors if empty.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// How its eligible offers are ordered.
    #[serde(default)]
    pub rank: Rank,
    /// What models add to that: `factor × score`, by id of the model. Of a model of items the score is the offer's, by its
    /// id; of any other it is the visitor's, which weighs this campaign against others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rank_scores: BTreeMap<String, f64>,
    /// Tries its offers, and learns which works.
    #[cfg(feature = "models")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explore: Option<Explore>,
    /// The same, which this build keeps as it is: its types are five kilobytes of the console.
    #[cfg(not(feature = "models"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explore: Option<serde_json::Value>,
    /// Frequency limits.
    #[serde(default)]
    pub caps: Vec<Cap>,
    /// After a dismissal, quiet for this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dismissed_for: Option<Span>,
    /// Why the visitor sees it, by language, in the visitor's words; `{offer}` is replaced by the offer's title.
    #[serde(default)]
    pub reason: BTreeMap<String, String>,
}

/// One arm of a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Stable id; assignment depends on it.
    pub id: String,
    /// Share relative to the other arms.
    pub weight: f64,
    /// Offers of this arm; the campaign's if empty.
    #[serde(default)]
    pub offers: Vec<String>,
    /// Shows the placement's default content: the control arm.
    #[serde(default)]
    pub control: bool,
    /// Taken out of the test: its visitors see default content and no other arm's visitors move.
    #[serde(default)]
    pub dropped: bool,
}

/// Ranking formula: `weight × offer weight + affinity × affinity of the offer's category`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Rank {
    /// Factor of the offer's own weight.
    pub weight: f64,
    /// Factor of the visitor's affinity for the offer's category.
    pub affinity: f64,
    /// Most offers of one category in a list; any number if 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub per_category: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_nothing(percent: &f64) -> bool {
    *percent == 0.0
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Default for Rank {
    fn default() -> Self {
        Self { weight: 1.0, affinity: 0.0, per_category: 0 }
    }
}

/// What a cap counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CapScope {
    /// Exposures of any offer of the campaign.
    Campaign,
    /// Exposures of each offer by itself.
    Offer,
    /// Exposures of anything in the placement.
    Placement,
}

/// The period over which a cap counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CapPer {
    /// The current session.
    Session,
    /// The current day in the site's time zone.
    Day,
    /// The current week (from Monday) in the site's time zone.
    Week,
    /// For ever.
    Lifetime,
}

/// A frequency limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// What is counted.
    pub scope: CapScope,
    /// Over which period.
    pub per: CapPer,
    /// Most exposures; 1 or more.
    pub max: u32,
}
