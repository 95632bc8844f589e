//! A copy of everything that lasts, made while the server runs, and the way back.
//!
//! What is acknowledged when a copy begins is in it: as a row, or in the log from which the row will be made. The
//! cursor is copied before the rows are, while nothing is shipped, so rows can only be ahead of it; what is shipped
//! a second time after a restore is known by its id, because the restored cursor ships under names of its own.

use crate::cursor::Cursor;
use crate::state::App;
use rustix::fs::syncfs;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Name of the file that says what the folder is; written last.
const MANIFEST: &str = "backup.json";
/// Raised when an older program could not restore what this one copies.
const VERSION: u32 = 1;

/// What a copy holds.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Manifest {
    version: u32,
    /// Version of the program that made it.
    pub attune: String,
    /// When it was made, in milliseconds since 1970.
    pub at: i64,
    /// Accounts, sites and documents are in it; otherwise they are in PostgreSQL, which has tools of its own.
    pub control: bool,
    /// Events that were shipped are in it; otherwise they are on a ClickHouse server.
    pub warehouse: bool,
    /// Files and bytes.
    pub files: u64,
    /// See `files`.
    pub bytes: u64,
}

/// Why there is no copy, or no way back from it.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target exists and is not an empty folder.
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    /// The source is not a copy made by this program.
    #[error("{} is not a whole backup", .0.display())]
    NotABackup(PathBuf),
    /// The copy was made by a newer program.
    #[error("the backup was made by attune {0}, which is newer")]
    Newer(String),
    /// A file.
    #[error("{path}: {1}", path = .0.display())]
    File(PathBuf, #[source] io::Error),
    /// The stores.
    #[error("{0}")]
    Store(String),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    |error| BackupError::File(path, error)
}

/// Copies the data folder of a running server to the new folder `to`. Events are taken meanwhile, but none shipped.
///
/// # Errors
/// [`BackupError`]; what was copied until then stays beside `to`, as `to.partial`.
pub async fn backup(app: &App, to: &Path) -> Result<Manifest, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let partial = beside(to);
    let from = app.data_dir.clone();
    // Also keeps a second copy from beginning while this one is made.
    let turn = app.shipping.pause().await;
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(at(&partial))?;
    }
    make_private(&partial)?;
    let control = app.control.copy_to(&partial.join("control.db")).await;
    let control = control.map_err(|error| BackupError::Store(error.to_string()))?;
    let warehouse = app.store.quiet().await.map_err(|error| BackupError::Store(error.to_string()))?;
    let copying = {
        let (from, partial) = (from.clone(), partial.clone());
        let attune = env!("CARGO_PKG_VERSION").to_owned();
        let manifest =
            Manifest { version: VERSION, attune, at: app.now().0, control, warehouse, files: 0, bytes: 0 };
        tokio::task::spawn_blocking(move || copy_all(&from, &partial, manifest))
    };
    let copied = copying.await.map_err(|error| BackupError::Store(error.to_string()));
    if let Err(error) = app.store.resume().await {
        tracing::error!(%error, "the warehouse did not resume its work after a backup");
    }
    drop(turn);
    let manifest = copied??;
    fs::rename(&partial, to).map_err(at(to))?;
    Ok(manifest)
}

fn copy_all(from: &Path, to: &Path, mut manifest: Manifest) -> Result<Manifest, BackupError> {
    let mut copier = Copier::default();
    // The cursor before the log and the rows: see the module.
    // The day's key for visitors without an id stays behind: it is to be forgotten at midnight.
    for name in ["cursor.json", "recovered.json", "signing.key", "signing.key.previous"] {
        copier.file(&from.join(name), &to.join(name))?;
    }
    copier.folder(&from.join("log"), &to.join("log"))?;
    copier.folder(&from.join("decisions"), &to.join("decisions"))?;
    if manifest.warehouse {
        copier.folder(&from.join("warehouse"), &to.join("warehouse"))?;
    }
    (manifest.files, manifest.bytes) = (copier.files, copier.bytes);
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| BackupError::Store(error.to_string()))?;
    let path = to.join(MANIFEST);
    sync(to)?;
    fs::write(&path, text).map_err(at(&path))?;
    sync(to)?;
    Ok(manifest)
}

/// Makes the data folder `to` from the copy at `from`.
///
/// # Errors
/// [`BackupError`].
pub fn restore(from: &Path, to: &Path) -> Result<Manifest, BackupError> {
    let not_whole = || BackupError::NotABackup(from.to_owned());
    let text = fs::read(from.join(MANIFEST)).map_err(|_| not_whole())?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| not_whole())?;
    if manifest.version > VERSION {
        return Err(BackupError::Newer(manifest.attune));
    }
    if to.exists() {
        // Fails unless it is an empty folder.
        fs::remove_dir(to).map_err(|_| BackupError::Exists(to.to_owned()))?;
    }
    let partial = beside(to);
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(at(&partial))?;
    }
    let mut copier = Copier::default();
    copier.folder(from, &partial)?;
    let mark = partial.join(MANIFEST);
    fs::remove_file(&mark).map_err(at(&mark))?;
    let path = partial.join("cursor.json");
    if let Some(cursor) = Cursor::load(&path).map_err(at(&path))? {
        cursor.restored().save(&path).map_err(at(&path))?;
    }
    sync(&partial)?;
    fs::rename(&partial, to).map_err(at(to))?;
    Ok(manifest)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    path.with_file_name(name)
}

fn make_private(path: &Path) -> Result<(), BackupError> {
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(builder.recursive(true), 0o700);
    builder.create(path).map_err(at(path))
}

/// Waits until the disk that holds `folder` has everything.
fn sync(folder: &Path) -> Result<(), BackupError> {
    let open = File::open(folder).map_err(at(folder))?;
    syncfs(&open).map_err(|error| at(folder)(error.into()))
}

#[derive(Default)]
struct Copier {
    files: u64,
    bytes: u64,
}

impl Copier {
    /// Copies a file with its permissions; whether it was there.
    fn file(&mut self, from: &Path, to: &Path) -> Result<bool, BackupError> {
        match fs::copy(from, to) {
            Ok(bytes) => {
                self.files += 1;
                self.bytes += bytes;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && !from.exists() => Ok(false),
            Err(error) => Err(BackupError::File(from.to_owned(), error)),
        }
    }

    /// Copies a folder. What is deleted meanwhile is not needed any more: a shipped segment of the log, or a part
    /// that was merged into another; such a part is left out whole.
    fn folder(&mut self, from: &Path, to: &Path) -> Result<(), BackupError> {
        let entries = match fs::read_dir(from) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(BackupError::File(from.to_owned(), error)),
        };
        make_private(to)?;
        for entry in entries {
            let entry = entry.map_err(at(from))?;
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            let kind = entry.file_type().map_err(at(&source))?;
            if kind.is_dir() {
                self.folder(&source, &target)?;
            } else if kind.is_symlink() {
                let points_to = fs::read_link(&source).map_err(at(&source))?;
                std::os::unix::fs::symlink(points_to, &target).map_err(at(&target))?;
            } else if kind.is_file() && !self.file(&source, &target)? && !from.exists() {
                return fs::remove_dir_all(to).map_err(at(to));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_backup_is_restored_and_only_into_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("copy"), dir.path().join("data"));
        fs::create_dir_all(from.join("log")).unwrap();
        fs::write(from.join("log/1.seg"), "x").unwrap();
        assert!(matches!(restore(&from, &to), Err(BackupError::NotABackup(_))));

        let mut manifest = Manifest {
            version: VERSION + 1,
            attune: "9.0".to_owned(),
            at: 0,
            control: true,
            warehouse: true,
            files: 1,
            bytes: 1,
        };
        fs::write(from.join(MANIFEST), serde_json::to_vec(&manifest).unwrap()).unwrap();
        assert!(matches!(restore(&from, &to), Err(BackupError::Newer(version)) if version == "9.0"));

        manifest.version = VERSION;
        fs::write(from.join(MANIFEST), serde_json::to_vec(&manifest).unwrap()).unwrap();
        fs::create_dir(&to).unwrap();
        assert_eq!(restore(&from, &to).unwrap(), manifest);
        assert_eq!(fs::read(to.join("log/1.seg")).unwrap(), b"x");
        assert!(!to.join(MANIFEST).exists());
        assert!(matches!(restore(&from, &to), Err(BackupError::Exists(_))));
    }
}
