//! Compressed siblings of every file, and compressed sizes.

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write;
use std::path::Path;

/// How hard to try.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Development: quick.
    Quick,
    /// Release: smallest.
    Best,
}

/// Brotli.
pub(crate) fn brotli(bytes: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let quality = if effort == Effort::Best { 11 } else { 3 };
    let parameters =
        brotli::enc::BrotliEncoderParams { quality, lgwin: 24, size_hint: bytes.len(), ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
    Ok(out)
}

/// Gzip, without a time stamp.
pub(crate) fn gzip(bytes: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let level = if effort == Effort::Best { Compression::best() } else { Compression::fast() };
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Writes `.br` and `.gz` beside every file below `folder`.
pub(crate) fn siblings(folder: &Path, effort: Effort) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            siblings(&path, effort)?;
            continue;
        }
        let bytes = fs::read(&path)?;
        for (ending, packed) in [(".br", brotli(&bytes, effort)?), (".gz", gzip(&bytes, effort)?)] {
            let mut name = path.clone().into_os_string();
            name.push(ending);
            fs::write(name, packed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_shrink_text_and_repeat_themselves() {
        let text = b"a calm page, a calm page, a calm page".repeat(20);
        for effort in [Effort::Quick, Effort::Best] {
            assert!(brotli(&text, effort).unwrap().len() < text.len() / 4);
            assert!(gzip(&text, effort).unwrap().len() < text.len() / 4);
            assert_eq!(gzip(&text, effort).unwrap(), gzip(&text, effort).unwrap());
        }
    }
}
