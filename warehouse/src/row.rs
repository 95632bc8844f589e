//! One struct per table.

use attune_schema::bot::Class;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use std::sync::Arc;

/// One event as stored: what the collector ships, before the column encoding.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// Number of the site, given by `control`; never reused.
    pub site: u32,
    /// Key of de-duplication within the site.
    pub id: EventId,
    /// Event name.
    pub name: String,
    /// Event time, corrected by the client's clock error.
    pub at: Timestamp,
    /// When the collector received it.
    pub received_at: Timestamp,
    /// Browser profile.
    pub visitor: VisitorId,
    /// Pseudonymous user id, or empty.
    pub user: String,
    /// Session.
    pub session: SessionId,
    /// Order among events of one batch with equal times.
    pub sequence: u32,
    /// Page address, title and referrer, or empty.
    pub url: String,
    /// Page title.
    pub title: String,
    /// Referrer of the page.
    pub referrer: String,
    /// `desktop`, `mobile`, `tablet` or empty.
    pub device: String,
    /// Language tag, or empty.
    pub locale: String,
    /// Campaign tags, or empty.
    pub utm_source: String,
    /// See `utm_source`.
    pub utm_medium: String,
    /// See `utm_source`.
    pub utm_campaign: String,
    /// Name and version of the sender.
    pub library: String,
    /// [`attune_schema::consent::Consent::to_bits`].
    pub consent: u8,
    /// Details.
    pub properties: Vec<(String, Value)>,
    /// Time of receipt minus time of sending, in milliseconds; 0 if the sender told no time.
    pub skew_ms: i64,
    /// Whether `at` was moved by it.
    pub clock_corrected: bool,
    /// Browser, system and device; rows of one user agent share them.
    pub agent: Arc<Agent>,
    /// Where the visit came from: `direct`, `internal`, `search`, `social`, `email`, `chatbot`, `paid`, `referral`,
    /// or empty where there was no page.
    pub channel: &'static str,
    /// Name of the search engine, network or page it came from, or empty.
    pub source: String,
    /// What was searched for, or empty.
    pub search_term: String,
    /// Country as two letters, or empty.
    pub country: String,
    /// What the site's policy leaves of the network address, or empty.
    pub address: String,
    /// Whether it is a person's doing.
    pub bot: Class,
    /// Why [`EventRow::bot`] is what it is: a code of [`attune_schema::bot::Reason`], or empty.
    pub bot_reason: &'static str,
}

/// What a user agent says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agent {
    /// The user agent itself, at most [`attune_schema::limits::AGENT_BYTES`] bytes.
    pub user_agent: String,
    /// Family of the browser, or of whatever program it is.
    pub browser: String,
    /// Its version, at most two parts.
    pub browser_version: String,
    /// Family of the operating system.
    pub os: String,
    /// Its version, at most two parts.
    pub os_version: String,
    /// Brand of the device.
    pub device_brand: String,
    /// Model of the device.
    pub device_model: String,
}
