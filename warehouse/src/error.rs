//! What can go wrong with the store.

/// An error of the warehouse; `retryable` tells outages from mistakes.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The embedded engine.
    #[error(transparent)]
    Engine(#[from] attune_chdb::Error),
    /// The server, or the embedded engine as seen by the client.
    #[error("clickhouse: {0}")]
    Client(#[from] clickhouse::error::Error),
    /// The embedded engine is not installed.
    #[error(
        "the embedded ClickHouse engine (libchdb.so) is not installed: run `cargo xtask engine`, \
         set ATTUNE_LIBCHDB to its path, or set CLICKHOUSE_URL to use a server"
    )]
    NoEngine,
    /// A question that cannot be asked.
    #[error("{0}")]
    Question(String),
    /// Files of the data directory.
    #[error("{path}: {reason}")]
    Files {
        /// Which.
        path: String,
        /// Why.
        reason: std::io::Error,
    },
}

impl Error {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Client(error) => !matches!(
                error,
                clickhouse::error::Error::InvalidParams(_) | clickhouse::error::Error::SchemaMismatch(_)
            ),
            Self::Engine(_) | Self::Files { .. } => true,
            Self::NoEngine | Self::Question(_) => false,
        }
    }
}
