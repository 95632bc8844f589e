//! The connection.

use crate::error::Error;
use crate::random::{Random, SystemRandom};
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Executor};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The relational store; clones share one pool of connections.
#[derive(Clone)]
pub struct Control {
    pub(crate) pool: AnyPool,
    pub(crate) random: Arc<dyn Random>,
    /// Whether other processes may work with the same store.
    pub(crate) shared: bool,
    /// Passwords being hashed at the same time.
    pub(crate) hashing: Arc<Semaphore>,
}

/// Each hash takes 19 MiB: as many as there are sign-ins at once would be a way to fill the memory.
const HASHES: usize = 2;

impl Control {
    /// Opens `sqlite://PATH` (made if missing, readable by its owner only) or `postgres://…`, and brings
    /// its tables up to date.
    ///
    /// # Errors
    /// If the store cannot be reached or its tables are newer than this program.
    pub async fn open(url: &str) -> Result<Self, Error> {
        Self::open_with(url, Arc::new(SystemRandom)).await
    }

    /// [`Control::open`] with another source of randomness.
    ///
    /// # Errors
    /// See [`Control::open`].
    pub async fn open_with(url: &str, random: Arc<dyn Random>) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let sqlite = url.starts_with("sqlite:");
        let pool = AnyPoolOptions::new()
            .max_connections(if sqlite { 4 } else { 8 })
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if sqlite {
                        // Readers never wait for the writer; a commit is on disk when it returns.
                        connection.execute("PRAGMA journal_mode = WAL").await?;
                        connection.execute("PRAGMA synchronous = FULL").await?;
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await?;
        sqlx::migrate!("./migrations").run(&pool).await?;
        Ok(Self { pool, random, hashing: Arc::new(Semaphore::new(HASHES)), shared: !sqlite })
    }

    /// Opens the SQLite file at `path`.
    ///
    /// # Errors
    /// See [`Control::open`].
    pub async fn open_file(path: &Path) -> Result<Self, Error> {
        create_private(path)?;
        Self::open(&sqlite_url(path)).await
    }

    /// Copies the SQLite file, as it is at one moment, to the new file `path`; `false` if the store is a server,
    /// which has tools of its own for that.
    ///
    /// # Errors
    /// If the store cannot be read or the file not be written.
    pub async fn copy_to(&self, path: &Path) -> Result<bool, Error> {
        if self.shared {
            return Ok(false);
        }
        create_private(path)?;
        sqlx::query("VACUUM INTO $1").bind(path.to_string_lossy().into_owned()).execute(&self.pool).await?;
        Ok(true)
    }

    /// Whether other processes may work with the same store.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Makes the file before SQLite does, so that nobody else can ever read it.
fn create_private(path: &Path) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

/// The address of a file, with the characters that end a URL's path escaped.
fn sqlite_url(path: &Path) -> String {
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}?mode=rwc")
}
