//! One record on disk: length, CRC-32, sequence number, payload.

use super::totals::Totals;
use attune_schema::wire::{Reader, Writer};

/// Bytes before the payload.
pub const FRAME_HEAD: usize = 4 + 4 + 8;
/// Longest payload: an import of the largest size, with room to spare.
pub const PAYLOAD_BYTES: usize = 48 << 20;

/// Appends a frame to `out`.
pub fn write(out: &mut Vec<u8>, sequence: u64, totals: &Totals, accepted: u64, body: &[u8]) {
    let mut writer = Writer::new();
    totals.write(&mut writer);
    writer.uint(accepted);
    let counts = writer.into_bytes();
    let counts_length = counts.len() as u16;
    let length = (2 + counts.len() + body.len()) as u32;
    let mut crc = crc32fast::Hasher::new();
    for part in
        [&length.to_le_bytes()[..], &sequence.to_le_bytes(), &counts_length.to_le_bytes(), &counts, body]
    {
        crc.update(part);
    }
    out.reserve(FRAME_HEAD + length as usize);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&crc.finalize().to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&counts_length.to_le_bytes());
    out.extend_from_slice(&counts);
    out.extend_from_slice(body);
}

/// The head of a frame.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// Length of the payload.
    pub length: usize,
    /// Checksum of length, sequence and payload.
    pub crc: u32,
    /// Number of the record.
    pub sequence: u64,
}

impl Head {
    /// Reads a head; `None` if no record can look like this.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (crc, rest) = rest.split_first_chunk::<4>()?;
        let (sequence, _) = rest.split_first_chunk::<8>()?;
        let length = u32::from_le_bytes(*length) as usize;
        (length > 0 && length <= PAYLOAD_BYTES).then_some(Self {
            length,
            crc: u32::from_le_bytes(*crc),
            sequence: u64::from_le_bytes(*sequence),
        })
    }

    /// Whether `payload` is the one that was written under this head.
    #[must_use]
    pub fn fits(&self, payload: &[u8]) -> bool {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&(self.length as u32).to_le_bytes());
        crc.update(&self.sequence.to_le_bytes());
        crc.update(payload);
        crc.finalize() == self.crc
    }
}

/// A record: counts after it, how many events it holds, and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub sequence: u64,
    /// Counts of the whole log up to and including it.
    pub totals: Totals,
    /// Events in it.
    pub accepted: u64,
    /// See [`crate::record`].
    pub body: Vec<u8>,
}

impl Record {
    /// Reads a payload whose checksum is right.
    #[must_use]
    pub fn parse(sequence: u64, payload: &[u8]) -> Option<Self> {
        let (counts_length, rest) = payload.split_first_chunk::<2>()?;
        let (counts, body) = rest.split_at_checked(u16::from_le_bytes(*counts_length).into())?;
        let mut reader = Reader::new(counts);
        let totals = Totals::read(&mut reader).ok()?;
        let accepted = reader.uint();
        reader.check().ok()?;
        Some(Self { sequence, totals, accepted, body: body.to_vec() })
    }
}
