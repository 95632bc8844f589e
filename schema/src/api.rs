//! Requests and responses of the JSON API, shared by the collector, the console and the command line.

use crate::id::{EventId, SessionId, VisitorId};
use crate::outcome::{Reason, Verdict};
use crate::time::Timestamp;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An error answer: stable code, text that says what to fix, whether trying again can help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// Stable code, such as `conflict`.
    pub code: String,
    /// What is wrong, in one line.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

/// Credentials.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Account name.
    pub user: String,
    /// Password.
    pub password: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Account name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A new account; also carries a new password to an old one.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Account name.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._@-]+$"))]
    pub name: String,
    /// Password, 8 to 256 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 256))]
    pub password: String,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Account name.
    pub user: String,
    /// Version of the server.
    pub version: String,
}

/// One installation of the tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Site {
    /// Short name, unique, as on the command line.
    pub name: String,
    /// Public site key.
    pub key: String,
    /// Origins whose pages may send events; any if empty.
    pub origins: Vec<String>,
    /// Takes no events while paused.
    #[serde(default)]
    pub paused: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What is to change about a site; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SiteChange {
    /// Origins whose pages may send events; any if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<Origin>>))]
    pub origins: Option<Vec<String>>,
    /// Takes no events while paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}

/// `https://host[:port]`, as browsers write it.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(pattern = "^https?://[a-z0-9.:-]+$")]
pub struct Origin(#[expect(dead_code, reason = "only described")] String);

/// A new site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSite {
    /// Short name: letters, digits, dots, dashes and underscores.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$"))]
    pub name: String,
    /// Origins whose pages may send events; any if empty.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Origin>))]
    pub origins: Vec<String>,
}

/// A key with which a company's server signs what it sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerKey {
    /// Names the key in a request; not secret.
    pub id: String,
    /// Which system has it.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A new server key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewServerKey {
    /// Which system gets it.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9][A-Za-z0-9 ._-]*$")
    )]
    pub label: String,
}

/// A server key that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerKeyMade {
    /// The key.
    pub key: ServerKey,
    /// What signatures are made with; shown this once.
    pub secret: String,
}

/// Who is to be erased: one of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NewErasure {
    /// A person by any of their user ids: all that is known to be theirs.
    User(String),
    /// A browser, whoever used it.
    Visitor(VisitorId),
}

/// An erasure, and its proof once it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Erasure {
    /// Its id.
    pub id: String,
    /// When it was asked for; what happened until then is left out wherever it arrives later.
    pub requested_at: Timestamp,
    /// Account name, `local` for the command line, or `visitor`.
    pub requested_by: String,
    /// When everything was deleted.
    pub done_at: Option<Timestamp>,
    /// What was there before, and after.
    pub rows: Vec<ErasedRows>,
}

/// Rows about the person in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasedRows {
    /// Name of the table, `log` or `quarantine`.
    pub place: String,
    /// Rows before.
    pub before: u64,
    /// Rows after.
    pub after: u64,
}

/// Whether the tag works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagStatus {
    /// First event ever received.
    pub first_event_at: Option<Timestamp>,
    /// Last event received.
    pub last_event_at: Option<Timestamp>,
    /// Pages seen lately: address without query, and how many events; most first, at most 20.
    pub pages: Vec<(String, u64)>,
    /// Content hash of the current bundle.
    pub bundle: String,
    /// Size of the current bundle in bytes.
    pub bundle_bytes: u64,
}

/// A versioned part of a site's [`crate::source::Source`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Document<T> {
    /// Rises by one with each change; sent back as `If-Match`.
    pub version: u64,
    /// Last change.
    pub updated_at: Timestamp,
    /// Who made it.
    pub updated_by: String,
    /// The content; its `id` names it.
    pub body: T,
}

/// The answer to a change against an old version: an [`ErrorBody`] and what is there now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conflict<T> {
    /// `conflict`.
    pub code: String,
    /// What is wrong, in one line.
    pub message: String,
    /// Always `false`: read the current version first.
    pub retryable: bool,
    /// The current document.
    pub current: Document<T>,
}

/// A problem found in a source, named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// What it is about, such as `campaign summer`.
    pub subject: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The subject is left out of the bundle.
    pub fatal: bool,
}

/// One event as Live shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveEvent {
    /// Event id.
    pub id: EventId,
    /// Event name.
    pub name: String,
    /// Event time.
    pub at: Timestamp,
    /// When the collector received it.
    pub received_at: Timestamp,
    /// Browser profile.
    pub visitor: VisitorId,
    /// Session.
    pub session: SessionId,
    /// Page address, or empty.
    pub url: String,
    /// Page title, or empty.
    pub title: String,
    /// `desktop`, `mobile`, `tablet` or empty.
    pub device: String,
    /// Details.
    pub properties: BTreeMap<String, Value>,
}

/// Answer to a batch: one verdict an event, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchAnswer {
    /// In the order of the batch.
    pub events: Vec<EventAnswer>,
}

/// Verdict on one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventAnswer {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, unless stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// Where every event went: `received` is the sum of `stored`, `duplicate`, `filtered`, `invalid`, `expired`, `limited`,
/// `quarantined` and `waiting`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Ledger {
    /// Events in requests that were read.
    pub received: u64,
    /// In the warehouse.
    pub stored: u64,
    /// Repeated ids.
    pub duplicate: u64,
    /// Left out by policy: no consent.
    pub filtered: u64,
    /// Not events.
    pub invalid: u64,
    /// Too old.
    pub expired: u64,
    /// More than allowed at once: the sender was told to send them again.
    pub limited: u64,
    /// In segments found damaged and set aside.
    pub quarantined: u64,
    /// Durable in the log, not yet in the warehouse.
    pub waiting: u64,
    /// `filtered`, `invalid`, `expired` and `limited` by reason code.
    pub refused: BTreeMap<String, u64>,
    /// Dropped by clients before sending, as they reported it (not part of the sum).
    pub client_dropped: u64,
}

impl Ledger {
    /// Whether every event is accounted for.
    #[must_use]
    pub fn balanced(&self) -> bool {
        let refused = self.filtered + self.invalid + self.expired + self.limited;
        self.received == self.stored + self.duplicate + refused + self.quarantined + self.waiting
            && refused == self.refused.values().sum::<u64>()
    }
}

/// Something that wants attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// The warehouse does not answer: events are kept and will be delivered.
    WarehouseAway,
    /// The oldest event has been waiting for the warehouse for more than a minute.
    EventsWaiting,
    /// The log is filled to four fifths of what it may hold.
    LogFilling,
    /// Events are refused: the log is full, or the disk nearly so.
    LogFull,
    /// Events could not be read from damaged segments.
    Quarantined,
    /// The ledger's sum is not right.
    Unbalanced,
}

/// Health of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// `ok`, or what is wrong.
    pub status: String,
    /// What is wrong, for machines.
    #[serde(default)]
    pub alarms: Vec<Alarm>,
    /// Version of the server.
    pub version: String,
    /// Whether the warehouse answers.
    pub warehouse: bool,
    /// Age of the oldest event not yet shipped, in milliseconds.
    pub lag_ms: u64,
    /// Bytes in the log.
    pub log_bytes: u64,
    /// Most bytes that the log may hold.
    #[serde(default)]
    pub log_bytes_most: u64,
}

/// An event that went the whole way and was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SelfTest {
    /// Its id.
    pub event: EventId,
    /// Milliseconds until it was on disk.
    pub durable_ms: u64,
    /// Milliseconds until it was read back from the warehouse.
    pub stored_ms: u64,
}

/// Which kept requests are to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Replay {
    /// Received at or after.
    pub from: Option<Timestamp>,
    /// Received before.
    pub to: Option<Timestamp>,
    /// Also those of which no event was refused.
    pub all: bool,
    /// All of them, and what is stored of them is taken out first: a mended translation replaces what the old one
    /// made.
    pub replace: bool,
}

/// What became of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replayed {
    /// Requests read again.
    pub requests: u64,
    /// Of these, answered with an error once more.
    pub refused: u64,
    /// Events of them that were stored now.
    pub stored: u64,
    /// Events that were there already.
    pub duplicate: u64,
    /// Events refused once more.
    pub invalid: u64,
}

/// What was found in segments that had been set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recovered {
    /// Segments in quarantine.
    pub segments: u64,
    /// Of these, still not readable to their end: they stay.
    pub damaged: u64,
    /// Events that could be read.
    pub read: u64,
    /// Of these, not in the warehouse before.
    pub stored: u64,
}

/// A request of which an event was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetter {
    /// When it was received.
    pub received_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
    /// Path and query.
    pub path: String,
    /// Which of its events were refused, counted from 0, and why.
    pub refused: Vec<(u32, String)>,
    /// Its body; what is not text is shown as such.
    pub body: String,
}

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

/// Rows of an import, as events of one site; ids make a repeat harmless.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportRows {
    /// At most [`crate::limits::IMPORT_ROWS`].
    pub rows: Vec<ImportRow>,
    /// Judge and count them, store nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// One event of an import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportRow {
    /// Key of de-duplication.
    pub id: EventId,
    /// Event name.
    pub name: String,
    /// Event time; any age.
    pub at: Timestamp,
    /// Browser profile, hashed from the file's column unless it is a UUID.
    pub visitor: VisitorId,
    /// Pseudonymous user id, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Session; derived from the visitor if the file has none.
    pub session: SessionId,
    /// Details.
    pub properties: BTreeMap<String, Value>,
}

/// Result of an import.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportCount {
    /// Rows read.
    pub read: u64,
    /// New events.
    pub imported: u64,
    /// Already there.
    pub duplicate: u64,
    /// Rows that are not events.
    pub rejected: u64,
    /// Of a dry run: rows that name a user whom the site knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_users: Option<u64>,
    /// Rejected rows by the code of the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, u64>,
}

/// By what the rows of a file say whose they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyedBy {
    /// A user id.
    User,
    /// A keyed hash, `k1:FINGERPRINT:HEX`.
    Hash,
}

/// What a file of people is, whole: the same file is the same import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FileImport {
    /// SHA-256 of the file, in hexadecimal digits.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{64}$"))]
    pub content: String,
    /// By what its rows say whose they are.
    pub keyed_by: KeyedBy,
    /// Attributes that its columns hold; none of a list.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// The list that it replaces; attributes of people without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<NewList>,
}

/// A list of people that an import replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewList {
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._:-]+$"))]
    pub name: String,
    /// From then on nobody is on it.
    pub expires_at: Timestamp,
}

/// How an import of a file stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileImportState {
    /// Its id, as long as no other import comes between.
    pub id: String,
    /// What the file says holds already: there is nothing to do.
    pub published: bool,
    /// Where each attribute may be used.
    pub labels: BTreeMap<String, crate::source::Label>,
}

/// Rows of a file of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonRows {
    /// The file.
    pub import: FileImport,
    /// At most [`crate::limits::IMPORT_ROWS`].
    pub rows: Vec<PersonRow>,
    /// Judge and count them, store nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// One person of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonRow {
    /// Where in the file; rejected rows are named by it.
    pub line: u64,
    /// User id or keyed hash.
    pub key: String,
    /// What the file says of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
    /// Attributes that the file says they do not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
}

/// What became of rows of a file of people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonCount {
    /// Rows that are fit.
    pub taken: u64,
    /// Of these, rows of somebody whom the site knows.
    pub known: u64,
    /// Lines of rejected rows, by the code of the reason.
    pub rejected: BTreeMap<String, Vec<u64>>,
}

/// The end of an import of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The file.
    pub import: FileImport,
    /// People of whom rows were taken, all together.
    pub people: u64,
}

/// A list of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeopleList {
    /// Its name.
    pub name: String,
    /// How many are on it; none once it has expired.
    pub people: u64,
    /// Of these, those whom the site knows.
    pub known: u64,
    /// When it was last replaced.
    pub imported_at: Timestamp,
    /// From then on nobody is on it.
    pub expires_at: Timestamp,
}

/// What files said of a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Imported {
    /// Their attributes.
    pub attributes: BTreeMap<String, Value>,
    /// Lists that they are on.
    pub lists: Vec<String>,
}

/// What is to be hashed with the site's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ToHash {
    /// What the texts are.
    pub what: Hashable,
    /// Calling code of the country of national telephone numbers, such as 82.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 65535))]
    pub country: Option<u16>,
    /// At most [`crate::limits::IMPORT_ROWS`].
    pub texts: Vec<String>,
}

/// What can be hashed; it is written in one way first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Hashable {
    /// User ids.
    User,
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
}

/// Keyed hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hashed {
    /// One for each text; none for what is nothing of the kind.
    pub hashes: Vec<Option<String>>,
}
