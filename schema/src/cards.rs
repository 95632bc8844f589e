//! Cards, what a customer spends, and what each card would bring. Money is in whole minor units throughout.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A card and its benefits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Stable id.
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// Fee of a year; a twelfth of it counts each month, rounded up.
    #[serde(default)]
    pub annual_fee: u64,
    /// Least spend of the previous month for any benefit.
    #[serde(default)]
    pub minimum_spend: u64,
    /// What it gives; several benefits of one category add up.
    pub benefits: Vec<Benefit>,
    /// No longer given out: it is compared with, never recommended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub discontinued: bool,
}

/// Money back for spend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benefit {
    /// Categories whose spend counts; all if empty.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Categories whose spend does not.
    #[serde(default)]
    pub except: Vec<String>,
    /// By spend of the previous month: the highest that is reached counts.
    pub tiers: Vec<Tier>,
}

/// What a benefit gives from some spend on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Least spend of the previous month.
    #[serde(default)]
    pub from: u64,
    /// Share of the spend, in percent with at most two decimals; what it makes is rounded down.
    pub rate_percent: f64,
    /// Most in a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_cap: Option<u64>,
}

/// What a customer spends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spend {
    /// In the previous month, which benefits may ask for.
    pub previous_month: u64,
    /// In a month, by category.
    pub monthly: BTreeMap<String, u64>,
}

/// What a card would bring in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Worth {
    /// Id of the card.
    pub card: String,
    /// Benefits less the fee; negative where the fee is more.
    pub net_monthly: i64,
    /// A twelfth of the annual fee.
    pub monthly_fee: u64,
    /// One a benefit, in the order of the card.
    pub reasons: Vec<Reason>,
    /// What would bring more: nearest first.
    pub hints: Vec<Hint>,
}

/// What one benefit gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Categories whose spend counted; all if empty.
    pub categories: Vec<String>,
    /// That spend.
    pub spend: u64,
    /// What it gives.
    pub amount: u64,
    /// Whether the cap cut it.
    pub capped: bool,
}

/// What more spend in the previous month would have brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// So much more spend.
    pub needs_more_spend: u64,
    /// The card's net benefit then.
    pub net_monthly: i64,
}

/// A card that is like another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Likeness {
    /// Id of the card.
    pub card: String,
    /// What both give of what either gives, in per cent, rounded down: 100 is the same.
    pub percent: u64,
    /// A twelfth of the annual fee.
    pub monthly_fee: u64,
    /// Benefit by benefit, by category; where neither gives anything there is none.
    pub benefits: Vec<Difference>,
}

/// What two cards give in a month for the spend of one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The category.
    pub category: String,
    /// That spend.
    pub spend: u64,
    /// What the first card gives.
    pub before: u64,
    /// What this one gives.
    pub after: u64,
}
