//! Files of receipts: lines of JSON, before the first receipt of a bundle the bundle itself, so that a file says all
//! that it takes to decide again.

use crate::decide::Deciding;
use crate::decide::receipt::Receipt;
use attune_engine::decide::Program;
use attune_engine::label::Programs;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;

/// What decided, by each digest by which a receipt may name it.
pub type Known = BTreeMap<String, Arc<Deciding>>;

/// A line before the first receipt of a bundle. Nobody has to trust it: receipts name bundles by their digest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundles {
    /// Payload, in base 64.
    device: String,
    server: Option<String>,
}

impl Bundles {
    fn of(programs: &Programs) -> Self {
        let text = |program: &Program| BASE64_STANDARD.encode(program.bundle.to_bytes());
        Self { device: text(&programs.device), server: programs.server.as_ref().map(text) }
    }

    fn read(&self) -> Option<Deciding> {
        let device = BASE64_STANDARD.decode(&self.device).ok()?;
        let server = self.server.as_ref().map(|text| BASE64_STANDARD.decode(text)).transpose().ok()?;
        Some(Deciding::of_bundles(Programs::load(&device, server.as_deref()).ok()?, Vec::new()))
    }
}

/// A line of a file.
#[derive(Debug)]
pub enum Line {
    /// What decides from here on.
    Bundles(Box<Deciding>),
    /// One decision.
    Receipt(Box<Receipt>),
}

/// Adds what decides under each digest by which a receipt may name it: the device's bundle, or the server's.
pub fn know(known: &mut Known, deciding: Deciding) {
    let deciding = Arc::new(deciding);
    let programs = &deciding.programs;
    for program in [Some(&programs.device), programs.server.as_ref()].into_iter().flatten() {
        known.insert(format!("{:032x}", program.digest), Arc::clone(&deciding));
    }
}

/// Gives `take` each line with its number and its text.
///
/// # Errors
/// If the file cannot be read, a line is neither, or what `take` says.
pub fn each_line<E: From<io::Error>>(
    path: &Path,
    mut take: impl FnMut(usize, &str, Line) -> Result<(), E>,
) -> Result<(), E> {
    for (index, line) in BufReader::new(File::open(path)?).lines().enumerate() {
        let text = line?;
        if text.trim().is_empty() {
            continue;
        }
        let not = |what: &str| {
            let (path, line) = (path.display(), index + 1);
            io::Error::new(io::ErrorKind::InvalidData, format!("{path}, line {line}: not {what}"))
        };
        let line = if let Ok(bundles) = serde_json::from_str::<Bundles>(&text) {
            Line::Bundles(Box::new(bundles.read().ok_or_else(|| not("a bundle of this version"))?))
        } else {
            Line::Receipt(Box::new(serde_json::from_str(&text).map_err(|_| not("a receipt"))?))
        };
        take(index + 1, &text, line)?;
    }
    Ok(())
}

/// Appends `receipt`, after its bundle if no receipt before it is of that.
///
/// # Errors
/// If the file cannot be written.
pub fn append(
    file: &mut impl Write,
    receipt: &Receipt,
    programs: &Programs,
    knows_bundle: bool,
) -> io::Result<()> {
    let mut lines = String::new();
    if !knows_bundle {
        lines = serde_json::to_string(&Bundles::of(programs))? + "\n";
    }
    lines.push_str(&serde_json::to_string(receipt)?);
    lines.push('\n');
    file.write_all(lines.as_bytes())
}
