//! Appends, commits, recovers, deletes.

use super::segment::{self, HEADER_BYTES, Header, Segment};
use super::totals::{Tally, Totals};
use super::{CommitError, Durable, Journal, Position, Reader, frame};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Zeros that are written behind the records at a time. A sync of bytes that take the place of others waits for the disk
/// only; of a file that grew, it waits for the file system's journal, too, and so for what everybody else has written.
const AHEAD: u64 = 512 << 10;
/// A group from this size on is worth a wait for the journal, and not worth being written twice.
const LARGE: u64 = AHEAD / 8;

/// The log in one folder.
pub struct SegmentLog {
    dir: PathBuf,
    log_id: u128,
    file: File,
    /// Bytes of the file, zeros behind the records included.
    size: u64,
    /// Bytes a segment may grow to before it is sealed.
    segment_bytes: u64,
    /// Sealed segments and their sizes, oldest first.
    sealed: Vec<(u64, u64)>,
    durable: Durable,
    /// Appended since the last commit.
    pending: Vec<u8>,
    next: u64,
    totals: Totals,
}

impl SegmentLog {
    /// Opens the log in `dir`, or makes one called `new_id`; cuts a torn tail.
    ///
    /// # Errors
    /// If the folder or its files cannot be read and written.
    pub fn open(dir: &Path, segment_bytes: u64, new_id: u128) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let mut firsts = segment::list(dir)?;
        let mut state = Recovered { log_id: new_id, next: 1, totals: Totals::default() };
        let mut last = None;
        // The log's id is in every header; a torn last one does not hide it.
        for first in &firsts {
            if let Some(header) = Segment::open(dir, *first)?.header()? {
                state.log_id = header.log_id;
                break;
            }
        }
        let mut unreadable = Vec::new();
        while let Some(first) = firsts.pop() {
            let mut segment = Segment::open(dir, first)?;
            let (header, size) = (segment.header()?, segment.size()?);
            if let Some(scanned) = scan(&mut segment, first, header)? {
                state.next = state.next.max(scanned.next);
                state.totals = scanned.totals;
                if unreadable.is_empty() && header.is_some() {
                    last = Some((first, scanned.end));
                } else {
                    firsts.push(first);
                }
                break;
            }
            if unreadable.is_empty() && size <= HEADER_BYTES {
                // Torn while it was made: nothing was ever in it.
                std::fs::remove_file(segment::path(dir, first))?;
                sync_dir(dir)?;
            } else {
                // It held no more records than this; their numbers are not used again.
                state.next = state.next.max(first + size / frame::FRAME_HEAD as u64);
                unreadable.insert(0, first);
            }
        }
        firsts.append(&mut unreadable);
        let sizes = |first: u64| Ok((first, segment::path(dir, first).metadata()?.len()));
        let sealed = firsts.into_iter().map(sizes).collect::<io::Result<Vec<_>>>()?;
        let (first, file, offset) = match last {
            Some((first, end)) => {
                let file = OpenOptions::new().read(true).write(true).open(segment::path(dir, first))?;
                let size = file.metadata()?.len();
                if size > end {
                    if !is_zero(&file, end, size)? {
                        tracing::warn!(segment = first, "torn tail of the log cut");
                    }
                    file.set_len(end)?;
                    file.sync_all()?;
                }
                (first, file, end)
            }
            None => (state.next, create(dir, &state.header())?, HEADER_BYTES),
        };
        let bytes = sealed.iter().map(|(_, size)| size).sum::<u64>() + offset;
        let end = Position { segment: first, offset, sequence: state.next };
        Ok(Self {
            dir: dir.to_owned(),
            log_id: state.log_id,
            file,
            size: offset,
            segment_bytes,
            sealed,
            durable: Durable { end, totals: state.totals, bytes },
            pending: Vec::new(),
            next: state.next,
            totals: state.totals,
        })
    }

    /// Drawn when the log was made.
    #[must_use]
    pub fn id(&self) -> u128 {
        self.log_id
    }

    /// What is on disk.
    #[must_use]
    pub fn durable(&self) -> Durable {
        self.durable
    }

    /// The start of the oldest segment kept.
    #[must_use]
    pub fn start(&self) -> Position {
        let segment = self.sealed.first().map_or(self.durable.end.segment, |(first, _)| *first);
        Position { segment, offset: HEADER_BYTES, sequence: segment }
    }

    /// Counts before the oldest segment kept; nothing if its header cannot be read.
    #[must_use]
    pub fn start_totals(&self) -> Totals {
        let header = Segment::open(&self.dir, self.start().segment).and_then(|mut segment| segment.header());
        header.ok().flatten().map(|header| header.totals).unwrap_or_default()
    }

    /// Goes on after `sequence` and `accepted` if the log itself ends before: a disk that forgot synced records.
    /// Numbers and counts that were used are not used again.
    ///
    /// # Errors
    /// If a new segment cannot be made.
    pub fn skip_to(&mut self, sequence: u64, accepted: u64) -> io::Result<()> {
        if self.next >= sequence {
            return Ok(());
        }
        tracing::error!("the log ends before what was shipped from it: the disk lost synced records");
        let forgotten = accepted.saturating_sub(self.totals.accepted);
        self.totals.accepted += forgotten;
        self.totals.received += forgotten;
        self.next = sequence;
        self.seal()?;
        self.durable.totals = self.totals;
        Ok(())
    }

    /// The start of the newest segment such that it and all after it hold `events` events or more, or of
    /// the oldest.
    #[must_use]
    pub fn start_of_last(&self, events: u64) -> Position {
        let start = |first| Position { segment: first, offset: HEADER_BYTES, sequence: first };
        let enough = |first: u64| {
            let header =
                Segment::open(&self.dir, first).and_then(|mut segment| segment.header()).ok().flatten();
            header.is_some_and(|header| self.totals.accepted - header.totals.accepted >= events)
        };
        let firsts = self.sealed.iter().map(|(first, _)| *first).chain([self.durable.end.segment]);
        firsts.rev().find(|first| enough(*first)).map_or_else(|| self.start(), start)
    }

    /// Begins a new segment unless the current one is empty; nothing may be pending.
    ///
    /// # Errors
    /// If it cannot be made: then the current one goes on.
    pub fn seal_now(&mut self) -> io::Result<Durable> {
        if self.pending.is_empty() && self.durable.end.offset > HEADER_BYTES {
            self.seal()?;
        }
        Ok(self.durable)
    }

    /// Writes what is pending behind the records, over zeros if there are enough, otherwise with new ones behind it.
    fn write(&mut self) -> io::Result<()> {
        let (from, length) = (self.durable.end.offset, self.pending.len() as u64);
        self.file.write_all_at(&self.pending, from)?;
        if from + length > self.size {
            self.is_of(from + length);
            let ahead = AHEAD.min(self.segment_bytes.saturating_sub(self.size));
            if length < LARGE && ahead > 0 {
                match self.file.write_all_at(&vec![0; ahead as usize], self.size) {
                    Ok(()) => self.is_of(self.size + ahead),
                    // Where there is no room for zeros there may be some for records.
                    Err(_) => self.file.set_len(self.size)?,
                }
            }
        }
        Ok(())
    }

    /// Notes that the file has so many bytes.
    fn is_of(&mut self, size: u64) {
        self.durable.bytes = self.durable.bytes - self.size + size;
        self.size = size;
    }

    fn seal(&mut self) -> io::Result<()> {
        if self.size > self.durable.end.offset {
            // Behind the records of a sealed segment there is nothing, also after a crash.
            self.file.set_len(self.durable.end.offset)?;
            self.is_of(self.durable.end.offset);
            self.file.sync_all()?;
        }
        let header = Header { log_id: self.log_id, first: self.next, totals: self.totals };
        self.file = create(&self.dir, &header)?;
        self.size = HEADER_BYTES;
        self.sealed.push((self.durable.end.segment, self.durable.end.offset));
        self.durable.end = Position { segment: self.next, offset: HEADER_BYTES, sequence: self.next };
        self.durable.bytes += HEADER_BYTES;
        Ok(())
    }
}

impl Journal for SegmentLog {
    fn append(&mut self, tally: &Tally, body: &[u8]) -> io::Result<u64> {
        if self.pending.is_empty() && self.durable.end.offset >= self.segment_bytes {
            self.seal()?;
        }
        let sequence = self.next;
        self.totals.add(tally);
        self.next += 1;
        frame::write(&mut self.pending, sequence, &self.totals, tally.accepted, body);
        Ok(sequence)
    }

    fn commit(&mut self) -> Result<Durable, CommitError> {
        if self.pending.is_empty() {
            return Ok(self.durable);
        }
        if let Err(error) = self.write() {
            self.pending.clear();
            self.next = self.durable.end.sequence;
            self.totals = self.durable.totals;
            // What was written of the group must not be taken for records later.
            self.file.set_len(self.durable.end.offset).map_err(CommitError::Sync)?;
            self.is_of(self.durable.end.offset);
            return Err(CommitError::Write(error));
        }
        self.file.sync_data().map_err(CommitError::Sync)?;
        let written = self.pending.len() as u64;
        self.pending.clear();
        self.pending.shrink_to(4 << 20);
        self.durable.end.offset += written;
        self.durable.end.sequence = self.next;
        self.durable.totals = self.totals;
        Ok(self.durable)
    }

    fn read_from(&self, position: Position) -> Reader {
        Reader::new(self.dir.clone(), position)
    }

    fn ack_up_to(&mut self, sequence: u64) -> io::Result<()> {
        while let Some((first, size)) = self.sealed.first().copied() {
            let next = self.sealed.get(1).map_or(self.durable.end.segment, |(next, _)| *next);
            if next > sequence {
                break;
            }
            std::fs::remove_file(segment::path(&self.dir, first))?;
            self.sealed.remove(0);
            self.durable.bytes = self.durable.bytes.saturating_sub(size);
        }
        Ok(())
    }
}

struct Recovered {
    log_id: u128,
    next: u64,
    totals: Totals,
}

impl Recovered {
    fn header(&self) -> Header {
        Header { log_id: self.log_id, first: self.next, totals: self.totals }
    }
}

struct Scanned {
    next: u64,
    totals: Totals,
    /// Just after the last whole record.
    end: u64,
}

/// Finds the last whole record of a segment; `None` if neither header nor any record can be read.
fn scan(segment: &mut Segment, first: u64, header: Option<Header>) -> io::Result<Option<Scanned>> {
    let limit = segment.size()?;
    let mut scanned = header.map(|header| Scanned { next: first, totals: header.totals, end: HEADER_BYTES });
    let (mut offset, mut next) = (HEADER_BYTES, first);
    loop {
        let found = match segment.record(offset, limit)? {
            Some((record, end)) => Some((record, end)),
            None if offset >= limit => None,
            // Records behind the break mean damage, not a torn tail: they stay.
            None => segment.record_after(offset, limit, next)?.map(|(_, record, end)| (record, end)),
        };
        let Some((record, end)) = found else { return Ok(scanned) };
        (offset, next) = (end, record.sequence + 1);
        scanned = Some(Scanned { next, totals: record.totals, end });
    }
}

fn create(dir: &Path, header: &Header) -> io::Result<File> {
    let path = segment::path(dir, header.first);
    // Left by a crash, or by a disk that filled up: nothing was committed to it.
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).read(true).write(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    file.write_all(&header.to_bytes())?;
    file.sync_all()?;
    sync_dir(dir)?;
    Ok(file)
}

/// Whether nothing but zeros is in this part of a file.
fn is_zero(file: &File, from: u64, to: u64) -> io::Result<bool> {
    let mut bytes = vec![0; (to - from) as usize];
    file.read_exact_at(&mut bytes, from)?;
    Ok(bytes.iter().all(|byte| *byte == 0))
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
