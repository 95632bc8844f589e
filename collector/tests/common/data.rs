//! The data that lies beside the project (`../shared/data`) and is not part of it.

#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

use std::io::Read;
use std::path::{Path, PathBuf};

/// A file or folder of the shared data, or `None` after saying loudly that it is not there.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("!! SKIPPED: {} is absent, so real data was NOT tested", path.display());
    None
}

/// The text of a packed file.
#[expect(clippy::disallowed_types, reason = "our own files, of known size")]
pub fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}
