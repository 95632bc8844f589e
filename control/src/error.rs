//! What can go wrong.

use attune_schema::api::Document;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("{kind} `{id}` does not exist")]
    NotFound {
        /// What kind of thing.
        kind: &'static str,
        /// Which one.
        id: String,
    },
    /// A thing of this name exists.
    #[error("{kind} `{id}` already exists")]
    Exists {
        /// What kind of thing.
        kind: &'static str,
        /// Which one.
        id: String,
    },
    /// Somebody else changed the document since it was read.
    #[error("{kind} `{id}` was changed by somebody else: it is at version {}", current.version)]
    Conflict {
        /// What kind of document.
        kind: &'static str,
        /// Which one.
        id: String,
        /// As it is now.
        current: Box<Document<serde_json::Value>>,
    },
    /// A name, password or body that cannot be accepted; the text says what to fix.
    #[error("{0}")]
    Invalid(String),
    /// A stored document that this version cannot read.
    #[error("stored {kind} `{id}` cannot be read: {reason}")]
    Corrupt {
        /// What kind of document.
        kind: &'static str,
        /// Which one.
        id: String,
        /// Why.
        reason: String,
    },
    /// The store does not answer.
    #[error("control store: {0}")]
    Store(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("control store migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The file could not be made.
    #[error("control store file: {0}")]
    File(#[from] std::io::Error),
}
