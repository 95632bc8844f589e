//! Segments that were set aside, read again: once a disk gives the right bytes, a copy was put in their place, or a
//! version is here that knows their records.

use crate::log::segment::{self, HEADER_BYTES, Segment};
use crate::ship::not_stored;
use crate::sink::StoreError;
use crate::state::App;
use crate::{raw, record};
use attune_schema::api::Recovered;
use attune_warehouse::raw::RawRow;
use attune_warehouse::row::EventRow;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows inserted at once.
const ROWS: usize = 20_000;
/// Number of no range of any log.
const BATCH: u64 = u64::MAX - 1;
/// Number of no rows at all.
const NOBODY: u64 = u64::MAX;

/// Events that were counted as quarantined and are stored now, kept in a file: the ledger's correction.
#[derive(Debug)]
pub struct Count {
    path: PathBuf,
    events: AtomicU64,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    events: u64,
}

impl Count {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let events = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice::<Kept>(&bytes).map_err(io::Error::other)?.events,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self { path, events: AtomicU64::new(events) })
    }

    /// How many.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    fn add(&self, more: u64) -> io::Result<()> {
        let events = self.events.fetch_add(more, Ordering::Relaxed) + more;
        crate::replace_file(&self.path, &serde_json::to_vec(&Kept { events }).map_err(io::Error::other)?)
    }
}

/// Why segments were not all read again.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The store, or the turn at it.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The control store.
    #[error("{0}")]
    Control(#[from] attune_control::Error),
    /// A file.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What could be read of a segment.
#[derive(Default)]
struct Contents {
    rows: Vec<EventRow>,
    raw: Vec<RawRow>,
    whole: bool,
}

/// Delivers what can be read of the segments in quarantine and is not stored; deletes those that were read to their
/// end.
///
/// # Errors
/// [`RecoverError`]; doing it again goes on with what is left.
pub async fn recover(app: &App) -> Result<Recovered, RecoverError> {
    let dir = app.data_dir.join("log/quarantine");
    let segments = match segment::list(&dir) {
        Ok(segments) => segments,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let mut recovered = Recovered::default();
    for first in segments {
        let (from, known) = (dir.clone(), app.clone());
        let reading = tokio::task::spawn_blocking(move || read(&from, first, &known));
        let contents = reading.await.map_err(io::Error::other)??;
        recovered.segments += 1;
        recovered.read += contents.rows.len() as u64;
        let stored = deliver(app, first, contents.rows, contents.raw).await?;
        recovered.stored += stored;
        app.recovered.add(stored)?;
        if contents.whole {
            std::fs::remove_file(segment::path(&dir, first))?;
        } else {
            recovered.damaged += 1;
        }
    }
    Ok(recovered)
}

fn read(dir: &Path, first: u64, app: &App) -> io::Result<Contents> {
    let mut file = Segment::open(dir, first)?;
    let limit = file.size()?;
    let mut contents = Contents { whole: file.header()?.is_some(), ..Contents::default() };
    let (mut offset, mut next) = (HEADER_BYTES, first);
    let mut enricher = app.enricher.lock().unwrap_or_else(PoisonError::into_inner);
    while offset < limit {
        let (record, end) = match file.record(offset, limit)? {
            Some(found) => found,
            None => {
                contents.whole = false;
                match file.record_after(offset, limit, next)? {
                    Some((_, record, end)) => (record, end),
                    None => break,
                }
            }
        };
        (offset, next) = (end, record.sequence + 1);
        let known = match record.body.first() {
            Some(&raw::KIND) => raw::row(&record.body).map(|row| contents.raw.push(row)),
            _ => record::read(&record.body).map(|mut read| {
                enricher.put(&mut read);
                contents.rows.append(&mut read.rows);
            }),
        };
        contents.whole &= known.is_ok();
    }
    Ok(contents)
}

async fn deliver(
    app: &App,
    first: u64,
    mut rows: Vec<EventRow>,
    mut raw: Vec<RawRow>,
) -> Result<u64, RecoverError> {
    app.erased.leave_out(&mut rows, &mut raw);
    let mut stored = 0;
    // What waits in the log may be the same events.
    let _mine = app.shipping.pause().await;
    let turn = app.control.turn().await?;
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(ROWS));
        let new = not_stored(app.store.as_ref(), std::mem::replace(&mut rows, rest), NOBODY).await?;
        if !new.is_empty() {
            app.store.insert(&token(first, &new), BATCH, &new).await?;
        }
        stored += new.len() as u64;
    }
    if !raw.is_empty() {
        app.store.insert_raw(&token(first, &[]), BATCH, &raw).await?;
    }
    turn.end().await?;
    Ok(stored)
}

fn token(first: u64, rows: &[EventRow]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"recovered");
    hash.update(first.to_le_bytes());
    for row in rows {
        hash.update(row.id.0.to_le_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
