//! Decisions of pages that came out otherwise here, with both traces: one file a site and day, beside the log.

use super::page::Difference;
use attune_schema::id::VisitorId;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What comes after site and day in the name of a file.
pub const SUFFIX: &str = ".differences.ndjson";
/// Largest file: whoever has a site's public key can add to it.
const MOST_BYTES: u64 = 4 << 20;

/// Adds one, unless the day's file is full; false then.
///
/// # Errors
/// If the file cannot be written.
pub fn append(path: &Path, difference: &Difference) -> io::Result<bool> {
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    if file.metadata()?.len() >= MOST_BYTES {
        return Ok(false);
    }
    file.write_all(format!("{}\n", serde_json::to_string(difference)?).as_bytes())?;
    Ok(true)
}

/// The lines of these files that read, in order, each as it is.
///
/// # Errors
/// If a file cannot be read.
pub fn read(files: &[(i64, PathBuf)]) -> io::Result<Vec<Value>> {
    let mut found = Vec::new();
    for (_, path) in files {
        let text = std::fs::read_to_string(path)?;
        found.extend(text.lines().filter_map(|line| serde_json::from_str(line).ok()));
    }
    Ok(found)
}

/// Takes out the lines about these people; how many those were.
///
/// # Errors
/// If a file cannot be rewritten.
pub fn erase(
    files: &[(i64, PathBuf)],
    users: &BTreeSet<String>,
    visitors: &BTreeSet<VisitorId>,
) -> io::Result<u64> {
    let mut erased = 0;
    for (_, path) in files {
        let text = std::fs::read_to_string(path)?;
        let is_theirs = |line: &&str| {
            // What does not read says of nobody that it is not about them.
            let Ok(line) = serde_json::from_str::<Value>(line) else { return true };
            let of = |field: &str| line["question"][field].as_str();
            of("user").is_some_and(|user| users.contains(user))
                || of("visitor").is_some_and(|text| visitors.contains(&VisitorId::from_text(text)))
        };
        let (theirs, others): (Vec<&str>, Vec<&str>) = text.lines().partition(is_theirs);
        if !theirs.is_empty() {
            let left: String = others.iter().flat_map(|line| [line, "\n"]).collect();
            crate::replace_file(path, left.as_bytes())?;
            erased += theirs.len() as u64;
        }
    }
    Ok(erased)
}
