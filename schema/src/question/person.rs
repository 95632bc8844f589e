//! One person: a row of figures, and facts about what they did.

use super::{Goal, Which};
use crate::bot::Bots;
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Who is asked about: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct WhoIs {
    /// A user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A visitor; if it was identified, the person it was identified as last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<String>,
}

object!(WhoIs);

/// One person in one row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonQuestion {
    /// Who.
    pub who: WhoIs,
    /// What is a purchase; `purchased` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<Which>,
    /// The property with what a purchase, or something in the cart, is worth; `value` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is a claim; not counted if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Which>,
    /// What puts something into the cart; no cart if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<Which>,
    /// From when to look back; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// Purchases of a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Month {
    /// Like `2026-11`, in UTC.
    pub month: String,
    /// How many.
    pub purchases: u64,
    /// What they were worth.
    pub value: f64,
}

/// What is in the cart since the last purchase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cart {
    /// When the first of it was put there.
    pub since: Timestamp,
    /// How many times something was put there.
    pub items: u64,
    /// What it is worth.
    pub value: f64,
}

/// Something, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Often {
    /// What.
    pub value: String,
    /// How often.
    pub count: u64,
}

/// What came of offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Response {
    /// How often an offer was seen.
    pub exposed: u64,
    /// How often one was clicked.
    pub clicked: u64,
    /// How often one was closed.
    pub dismissed: u64,
}

/// An hour of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HourOfWeek {
    /// 1 is Monday, in UTC.
    pub weekday: u32,
    /// 0 to 23, in UTC.
    pub hour: u32,
    /// How many sessions began in it.
    pub sessions: u64,
}

/// The answer to a [`PersonQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonAnswer {
    /// What the person is called: the smallest of their user ids, or the visitor.
    pub id: String,
    /// User ids that are the same person.
    pub users: Vec<String>,
    /// Browsers they used.
    pub visitors: u64,
    /// When something was first heard of them.
    pub first_at: Timestamp,
    /// When last.
    pub last_at: Timestamp,
    /// Sessions.
    pub sessions: u64,
    /// Events.
    pub events: u64,
    /// Months with purchases, of the last twelve, the latest first.
    pub monthly: Vec<Month>,
    /// Purchases in all.
    pub purchases: u64,
    /// What a purchase with a value is worth on average; null without one.
    pub average_basket: Option<f64>,
    /// Claims; null if not asked for.
    pub claims: Option<u64>,
    /// Channel by which most sessions came, direct ones apart.
    pub main_channel: Option<Often>,
    /// Source by which most sessions came: a search engine, a network, a page.
    pub main_referrer: Option<Often>,
    /// Device of most sessions.
    pub device: Option<Often>,
    /// What is in the cart; null if nothing is.
    pub cart: Option<Cart>,
    /// The `category` of most events of the last seven days.
    pub last_week_interest: Option<Often>,
    /// What came of offers.
    pub response: Response,
    /// When most sessions begin; null before the third session.
    pub best_time: Option<HourOfWeek>,
    /// Whether there are more events than were looked at, which are the latest.
    pub truncated: bool,
    /// What was counted, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}

/// Something that is begun and may be left.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// What it is called in the answer.
    pub name: String,
    /// What begins it.
    pub start: Which,
    /// What ends it well.
    pub end: Which,
    /// How long it may take, inclusive; a day if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub window_seconds: Option<u64>,
}

/// What is known of what somebody did.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FactsQuestion {
    /// Who.
    pub who: WhoIs,
    /// Up to 10 things that may be left in the middle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub transactions: Vec<Transaction>,
    /// Up to 10 goals, events or pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub goals: Vec<Goal>,
    /// Most facts, 1 to 1000, the latest; 200 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    pub limit: Option<u32>,
    /// From when to look back; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
}

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Did {
    /// A session began from elsewhere.
    Entered {
        /// Kind of the campaign: search, social, email …
        channel: String,
        /// Where it came from.
        source: String,
        /// Name of the campaign; empty without one.
        campaign: String,
    },
    /// A form was left at a field.
    FormAbandoned {
        /// The form.
        form: String,
        /// The last field.
        field: String,
    },
    /// An item was looked at; once a session.
    ItemReviewed {
        /// The item.
        item: String,
        /// How often in this session.
        views: u64,
    },
    /// An offer was clicked or closed.
    OfferAnswered {
        /// The offer.
        offer: String,
        /// Its campaign.
        campaign: String,
        /// Whether it was clicked; closed otherwise.
        clicked: bool,
    },
    /// Something was begun and not ended in time.
    TransactionAbandoned {
        /// As asked.
        name: String,
    },
    /// A goal was reached.
    GoalReached {
        /// As asked.
        name: String,
        /// What it was worth; null without a value.
        value: Option<f64>,
    },
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fact {
    /// When it happened; of what was left, when it began.
    pub at: Timestamp,
    /// What.
    pub did: Did,
}

/// The answer to a [`FactsQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactsAnswer {
    /// What the person is called.
    pub id: String,
    /// The latest first.
    pub facts: Vec<Fact>,
    /// Whether there are more, or more events than were looked at.
    pub truncated: bool,
    /// What was counted, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
