//! What commands say: results on standard output, everything else on standard error.

use serde::Serialize;
use std::io::{self, Write};

/// One line of JSON, the last of the command.
///
/// # Errors
/// If standard output is closed.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    line(&serde_json::to_string(value)?)
}

/// One line for people.
///
/// # Errors
/// If standard output is closed.
pub fn line(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Progress or a notice.
pub fn notice(text: &str) {
    // Nobody listens to a closed standard error.
    let _closed = writeln!(io::stderr().lock(), "{text}");
}
