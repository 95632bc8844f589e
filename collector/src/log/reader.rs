//! Streams records, stepping over damage.

use super::frame::Record;
use super::segment::{self, HEADER_BYTES, Segment};
use super::{Durable, Position};
use std::io;
use std::path::PathBuf;

/// What comes next.
#[derive(Debug)]
pub enum Item {
    /// A record; the reader now stands after it.
    Record(Record),
    /// Events that were accepted and can no longer be read; the segment they were in is kept aside.
    Lost {
        /// How many.
        events: u64,
    },
}

/// Reads from a position towards the durable end; holds one window of one segment in memory.
pub struct Reader {
    dir: PathBuf,
    position: Position,
    /// Events accepted before the position; unknown until something tells.
    accepted: Option<u64>,
    open: Option<(u64, Segment)>,
}

impl Reader {
    /// Reads the log in `dir` from `position` on.
    #[must_use]
    pub fn new(dir: PathBuf, position: Position) -> Self {
        Self { dir, position, accepted: None, open: None }
    }

    /// Says how many events were accepted before the position, so that a hole right there is counted.
    #[must_use]
    pub fn after(mut self, accepted: u64) -> Self {
        self.accepted = Some(accepted);
        self
    }

    /// Just after what was given last.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Events accepted up to the position.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.unwrap_or(0)
    }

    /// The next item before `durable`'s end; `None` when there.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn next(&mut self, durable: &Durable) -> io::Result<Option<Item>> {
        loop {
            if self.position.sequence >= durable.end.sequence {
                return Ok(self.lost(durable.totals.accepted));
            }
            if self.open.as_ref().is_none_or(|(first, _)| *first != self.position.segment)
                && let Some(item) = self.enter(durable)?
            {
                return Ok(Some(item));
            }
            let Some((first, segment)) = &mut self.open else { return Ok(None) };
            let last = *first == durable.end.segment;
            let limit = if last { durable.end.offset } else { segment.size()? };
            match segment.record(self.position.offset, limit)? {
                Some((record, end)) if record.sequence >= self.position.sequence => {
                    let before = record.totals.accepted - record.accepted;
                    if let Some(lost) = self.lost(before) {
                        return Ok(Some(lost));
                    }
                    self.position.offset = end;
                    self.position.sequence = record.sequence + 1;
                    self.accepted = Some(record.totals.accepted);
                    return Ok(Some(Item::Record(record)));
                }
                _ if self.position.offset >= limit => self.leave(durable)?,
                _ => {
                    let found = segment.record_after(self.position.offset, limit, self.position.sequence)?;
                    self.set_aside()?;
                    match found {
                        Some((place, record, _)) => {
                            self.position.offset = place;
                            self.position.sequence = record.sequence;
                        }
                        None => self.leave(durable)?,
                    }
                }
            }
        }
    }

    /// Opens the segment of the position; counts what is missing before it if its header tells.
    fn enter(&mut self, durable: &Durable) -> io::Result<Option<Item>> {
        let first = self.position.segment;
        match Segment::open(&self.dir, first) {
            Ok(mut segment) => {
                let header = segment.header()?;
                self.open = Some((first, segment));
                if self.position.offset <= HEADER_BYTES {
                    self.position.offset = HEADER_BYTES;
                    self.position.sequence = self.position.sequence.max(first);
                    match header {
                        Some(header) => return Ok(self.lost(header.totals.accepted)),
                        None => self.set_aside()?,
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.leave(durable)?,
            Err(error) => return Err(error),
        }
        Ok(None)
    }

    /// Goes to the next segment, or to the end if there is none.
    fn leave(&mut self, durable: &Durable) -> io::Result<()> {
        self.open = None;
        let next = segment::list(&self.dir)?.into_iter().find(|first| *first > self.position.segment);
        self.position = match next {
            Some(first) if first <= durable.end.segment => {
                Position { segment: first, offset: HEADER_BYTES, sequence: first.max(self.position.sequence) }
            }
            _ => durable.end,
        };
        Ok(())
    }

    /// The difference to what should have been read by now.
    fn lost(&mut self, accepted: u64) -> Option<Item> {
        let events = accepted.saturating_sub(self.accepted.unwrap_or(accepted));
        self.accepted = Some(accepted);
        (events > 0).then_some(Item::Lost { events })
    }

    /// Keeps the segment of what was given last when its name is deleted: something in it cannot be read, now or by
    /// this program.
    ///
    /// # Errors
    /// If the copy cannot be made.
    pub fn set_aside(&self) -> io::Result<()> {
        let first = self.position.segment;
        let aside = self.dir.join("quarantine");
        std::fs::create_dir_all(&aside)?;
        match std::fs::hard_link(segment::path(&self.dir, first), segment::path(&aside, first)) {
            Ok(()) => {
                tracing::error!(
                    segment = first,
                    "a log segment cannot be read in full: it is kept in quarantine"
                )
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
