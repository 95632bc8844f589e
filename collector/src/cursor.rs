//! How far the log was shipped, in a file that is replaced whole.

use crate::log::{Position, SegmentLog};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// A fixed range of records, `from..to` by sequence number: retried as it is until it is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First record.
    pub from: u64,
    /// First record after.
    pub to: u64,
}

/// Where shipping stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// The log it belongs to, in two halves.
    pub log: (u64, u64),
    /// Drawn when this cursor was begun or restored: what was shipped before under the same numbers is not taken
    /// for what is shipped now.
    #[serde(default)]
    pub era: u64,
    /// Everything before is in the store.
    pub position: Position,
    /// Events accepted before the position: `stored + duplicates + erased + quarantined`.
    pub accepted: u64,
    /// Events inserted.
    pub stored: u64,
    /// Repeated ids found on the way.
    pub duplicates: u64,
    /// Events of people who were erased since.
    #[serde(default)]
    pub erased: u64,
    /// Events that could not be read.
    pub quarantined: u64,
    /// Being inserted, perhaps already in.
    pub pending: Option<Range>,
}

impl Cursor {
    /// Where to begin with `log`: where the last process stopped, unless that was another log. A log whose
    /// first segments are gone without a cursor was shipped up to there.
    #[must_use]
    pub fn begin(found: Option<Self>, log: &SegmentLog) -> Self {
        let begun = log.start_totals().accepted;
        let fresh = Self {
            log: halves(log.id()),
            era: draw(),
            position: log.start(),
            accepted: begun,
            stored: begun,
            ..Self::default()
        };
        match found {
            Some(cursor) if cursor.log == halves(log.id()) => cursor,
            Some(_) => {
                tracing::error!("the log is not the one that was shipped before: shipping begins anew");
                fresh
            }
            None => fresh,
        }
    }

    /// The same place in a log that went on elsewhere since: ranges are cut anew, under names of their own.
    #[must_use]
    pub fn restored(self) -> Self {
        Self { era: draw(), pending: None, ..self }
    }

    /// Reads the file; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn load(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the file; it is on disk when this returns.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        crate::replace_file(path, &serde_json::to_vec(self).map_err(io::Error::other)?)
    }
}

fn draw() -> u64 {
    getrandom::u64().expect("the operating system gives random bytes")
}

/// JSON has no numbers of 128 bits.
fn halves(id: u128) -> (u64, u64) {
    ((id >> 64) as u64, id as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_reopening_and_is_absent_at_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cursor.json");
        assert_eq!(Cursor::load(&path).unwrap(), None);
        let cursor = Cursor {
            log: (u64::MAX, 0),
            era: 7,
            position: Position { segment: 1, offset: 300, sequence: 9 },
            accepted: 20,
            stored: 18,
            duplicates: 2,
            erased: 1,
            quarantined: 0,
            pending: Some(Range { from: 9, to: 12 }),
        };
        cursor.save(&path).unwrap();
        cursor.save(&path).unwrap();
        assert_eq!(Cursor::load(&path).unwrap(), Some(cursor));
        std::fs::write(&path, b"{").unwrap();
        assert!(Cursor::load(&path).is_err(), "a damaged cursor is never taken for a fresh start");
    }
}
