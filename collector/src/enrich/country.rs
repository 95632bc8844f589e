//! The country of an address, by a file of the form that ends in `.mmdb`; nothing finer is read from it.

use maxminddb::{PathElement, Reader};
use std::net::IpAddr;
use std::path::Path;

/// An opened file, in memory.
pub struct Countries(Reader<Vec<u8>>);

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the country file `{file}`: {reason}")]
pub struct BadFile {
    file: String,
    reason: String,
}

impl Countries {
    /// Reads a file.
    ///
    /// # Errors
    /// If it is not there or not of the form.
    pub fn open(path: &Path) -> Result<Self, BadFile> {
        let bad = |reason: String| BadFile { file: path.display().to_string(), reason };
        Reader::open_readfile(path).map(Self).map_err(|error| bad(error.to_string()))
    }

    /// Two letters; empty if the file does not know.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> String {
        let key = ["country", "iso_code"].map(PathElement::Key);
        let found =
            self.0.lookup(address).ok().and_then(|found| found.decode_path::<&str>(&key).ok().flatten());
        found.filter(|code| code.len() == 2).unwrap_or_default().to_owned()
    }
}
