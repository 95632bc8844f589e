//! Files of events, people and lists.

use crate::id::{EventId, SessionId, VisitorId};
use crate::time::Timestamp;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
