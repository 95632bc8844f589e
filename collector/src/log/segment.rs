//! One file of the log.

use super::frame::{FRAME_HEAD, Head, Record};
use super::totals::Totals;
use attune_schema::wire::{Reader, Writer};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// First bytes of every segment.
const MAGIC: &[u8; 8] = b"ATTLOG\x00\x01";
/// Bytes before the first frame; fixed, so that a damaged header does not hide the records.
pub const HEADER_BYTES: u64 = 256;
/// Bytes read ahead.
const WINDOW: usize = 256 << 10;

/// What a segment says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Drawn when the log was made: part of every shipping token.
    pub log_id: u128,
    /// Sequence number of its first record.
    pub first: u64,
    /// Counts before its first record.
    pub totals: Totals,
}

impl Header {
    /// [`HEADER_BYTES`] bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.raw(MAGIC);
        writer.u128(self.log_id);
        writer.uint(self.first);
        self.totals.write(&mut writer);
        let mut bytes = writer.into_bytes();
        bytes.resize(HEADER_BYTES as usize - 4, 0);
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads a header; `None` if it is torn or damaged.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (bytes, crc) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(bytes) != u32::from_le_bytes(*crc) {
            return None;
        }
        let mut reader = Reader::after(MAGIC, bytes);
        let (log_id, first) = (reader.u128(), reader.uint());
        Some(Self { log_id, first, totals: Totals::read(&mut reader).ok()? })
    }
}

/// Where the segment that begins with record `first` lies.
#[must_use]
pub fn path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.seg"))
}

/// First sequence numbers of all segments in `dir`, in order.
///
/// # Errors
/// If the folder cannot be read.
pub fn list(dir: &Path) -> io::Result<Vec<u64>> {
    let mut firsts = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let first: Option<u64> =
            name.to_str().and_then(|name| name.strip_suffix(".seg")).and_then(|name| name.parse().ok());
        firsts.extend(first);
    }
    firsts.sort_unstable();
    Ok(firsts)
}

/// Reads records of one segment at any offset.
pub struct Segment {
    file: File,
    window: Vec<u8>,
    start: u64,
}

impl Segment {
    /// Opens the segment that begins with record `first`.
    ///
    /// # Errors
    /// If there is none.
    pub fn open(dir: &Path, first: u64) -> io::Result<Self> {
        Ok(Self { file: File::open(path(dir, first))?, window: Vec::new(), start: 0 })
    }

    /// Bytes in the file.
    ///
    /// # Errors
    /// If the file cannot be asked.
    pub fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Its header; `None` if torn or damaged.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn header(&mut self) -> io::Result<Option<Header>> {
        Ok(self.bytes(0, HEADER_BYTES as usize)?.and_then(Header::parse))
    }

    /// The record at `offset` and where it ends; `None` if there is no whole, undamaged record before `limit`.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn record(&mut self, offset: u64, limit: u64) -> io::Result<Option<(Record, u64)>> {
        let Some(head) = self.bytes(offset, FRAME_HEAD)?.and_then(Head::parse) else { return Ok(None) };
        let body = offset + FRAME_HEAD as u64;
        let end = body + head.length as u64;
        if end > limit {
            return Ok(None);
        }
        let payload = self.bytes(body, head.length)?;
        let record =
            payload.filter(|payload| head.fits(payload)).and_then(|p| Record::parse(head.sequence, p));
        Ok(record.map(|record| (record, end)))
    }

    /// The first whole record after damage at `offset`: its place, itself, its end.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn record_after(
        &mut self,
        offset: u64,
        limit: u64,
        at_least: u64,
    ) -> io::Result<Option<(u64, Record, u64)>> {
        let mut place = offset + 1;
        while place + (FRAME_HEAD as u64) < limit {
            // Numbers rise by one a record, and no record is shorter than its head.
            let most = at_least + (limit - offset) / FRAME_HEAD as u64;
            let head = self.bytes(place, FRAME_HEAD)?.and_then(Head::parse);
            if head.is_some_and(|head| (at_least..=most).contains(&head.sequence))
                && let Some((record, end)) = self.record(place, limit)?
            {
                return Ok(Some((place, record, end)));
            }
            place += 1;
        }
        Ok(None)
    }

    fn bytes(&mut self, offset: u64, length: usize) -> io::Result<Option<&[u8]>> {
        let inside = offset >= self.start && offset + length as u64 <= self.start + self.window.len() as u64;
        if !inside {
            self.window.resize(length.max(WINDOW), 0);
            let mut read = 0;
            while read < self.window.len() {
                match self.file.read_at(&mut self.window[read..], offset + read as u64) {
                    Ok(0) => break,
                    Ok(more) => read += more,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            self.window.truncate(read);
            self.start = offset;
        }
        let from = (offset - self.start) as usize;
        Ok(self.window.get(from..from + length))
    }
}
