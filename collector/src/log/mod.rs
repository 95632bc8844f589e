//! The segmented log: what is answered with 200 is in here, on disk.
//!
//! | file | what it holds |
//! |---|---|
//! | [`totals`] | counts carried by every record, so that a hole in the log can be counted |
//! | [`frame`] | length, checksum, sequence, payload |
//! | [`segment`] | one file: header, name, listing |
//! | [`writer`] | appends and commits; recovers the last segment at open; deletes what was shipped |
//! | [`reader`] | streams records from a position, stepping over damage |
//! | [`queue`] | the one thread that writes: group commit over a bounded queue |
//!
//! Rules: a sealed segment is never written again. A torn tail of the last segment is cut. Damage anywhere
//! else costs exactly the records it hit: they are counted from their neighbours' totals, the segment is kept
//! in `quarantine/`, everything else goes on. A failed sync ends the process.

pub mod frame;
pub mod queue;
pub mod reader;
pub mod segment;
pub mod totals;
pub mod writer;

pub use queue::{Limits, Queue, Rejected};
pub use reader::{Item, Reader};
pub use totals::{Tally, Totals};
pub use writer::SegmentLog;

use std::io;

/// A place between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// First sequence number of the segment, which is its name.
    pub segment: u64,
    /// Byte in the segment.
    pub offset: u64,
    /// Sequence number of the next record.
    pub sequence: u64,
}

/// What is safely on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Durable {
    /// Just after the last record.
    pub end: Position,
    /// Counts up to there.
    pub totals: Totals,
    /// Bytes in all segments.
    pub bytes: u64,
}

/// A durable queue of records.
pub trait Journal: Send {
    /// Adds a record; durable only after the next [`Journal::commit`]. Gives its sequence number.
    ///
    /// # Errors
    /// If a full segment could not be sealed.
    fn append(&mut self, tally: &Tally, body: &[u8]) -> io::Result<u64>;

    /// Writes and syncs everything appended.
    ///
    /// # Errors
    /// [`CommitError`]: after a failed write the records are gone and the log goes on; after a failed sync
    /// nothing is known about the disk, and the process must end.
    fn commit(&mut self) -> Result<Durable, CommitError>;

    /// Reads from `position` on.
    fn read_from(&self, position: Position) -> Reader;

    /// Deletes the segments that hold nothing at or after `sequence`.
    ///
    /// # Errors
    /// If a file cannot be deleted.
    fn ack_up_to(&mut self, sequence: u64) -> io::Result<()>;
}

/// Why a commit failed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Nothing of the group is in the log; the next group may succeed.
    #[error("log write: {0}")]
    Write(io::Error),
    /// The disk's state is unknown.
    #[error("log sync: {0}")]
    Sync(io::Error),
}

#[cfg(test)]
mod tests;
