//! What `attune stats` says, beside scipy and statsmodels from Python's package index.

use crate::run::{command, root, run};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What pip installs.
const PACKAGES: [&str; 2] = ["scipy==1.17.1", "statsmodels==0.15.0"];

/// A Python with both, in a virtual environment of its own.
///
/// # Errors
/// Without Python or a way to its packages: figures that nobody checked are no figures.
fn python() -> Result<PathBuf> {
    let folder = root().join("target/statistics");
    let (python, stamp) = (folder.join("bin/python"), folder.join("version"));
    let wanted = PACKAGES.join(" ");
    if fs::read_to_string(&stamp).is_ok_and(|version| version == wanted) {
        return Ok(python);
    }
    let made = command("python3").args(["-m", "venv"]).arg(&folder).stdout(Stdio::null()).status();
    if !made.context("cannot start python3")?.success() {
        bail!("python3 cannot make a virtual environment");
    }
    run(Command::new(folder.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(PACKAGES))?;
    fs::write(stamp, wanted)?;
    Ok(python)
}

/// Compares what `attune`, the program at that path, says.
///
/// # Errors
/// On the first difference, or without the packages.
pub(crate) fn check(attune: &Path) -> Result<()> {
    run(Command::new(python()?).arg(root().join("xtask/statistics.py")).arg(attune))
}
