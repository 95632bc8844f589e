//! Compressed bodies, never larger than the cap.

use attune_schema::limits::BODY_BYTES;
use std::io::Read;

/// Why a body cannot be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InflateError {
    /// Larger than [`BODY_BYTES`] when unpacked.
    TooLarge,
    /// Not gzip.
    NotGzip,
}

/// Unpacks gzip; stops at the cap, however much more there would be.
///
/// # Errors
/// [`InflateError`].
#[expect(clippy::disallowed_types, reason = "this is the capped reader that the lint asks for")]
pub fn gunzip(body: &[u8]) -> Result<Vec<u8>, InflateError> {
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(body)
        .take(BODY_BYTES as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|_| InflateError::NotGzip)?;
    if unpacked.len() > BODY_BYTES {
        return Err(InflateError::TooLarge);
    }
    Ok(unpacked)
}
