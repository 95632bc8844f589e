//! One struct per table.

use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use attune_schema::value::Value;

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
}
