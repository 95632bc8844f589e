//! The data folder: one process at a time, and how others find it.

use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// How to reach the process that holds the folder.
#[derive(Clone, Serialize, Deserialize)]
pub struct Contact {
    /// Where it listens.
    pub address: SocketAddr,
    /// Lets the command line use its API.
    pub token: String,
}

/// The folder, locked by this process.
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes and locks the folder; `None` if another process has it.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn lock(path: &Path) -> io::Result<Option<Self>> {
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(builder.recursive(true), 0o700);
        builder.create(path)?;
        let lock =
            std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { path: path.to_owned(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// A file in the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Says how to reach this process; readable by the owner only.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn announce(&self, contact: &Contact) -> io::Result<()> {
        let contact = serde_json::to_vec(contact).map_err(io::Error::other)?;
        crate::replace_file(&self.file("server.json"), &contact)
    }

    /// Takes the announcement back.
    pub fn withdraw(&self) {
        if let Err(error) = std::fs::remove_file(self.file("server.json")) {
            tracing::warn!(%error, "server.json could not be removed");
        }
    }
}

/// How to reach the process that holds `path`; meaningful only while the folder is locked by another.
///
/// # Errors
/// If it has not announced itself (yet).
pub fn contact(path: &Path) -> io::Result<Contact> {
    serde_json::from_slice(&std::fs::read(path.join("server.json"))?).map_err(io::Error::other)
}
