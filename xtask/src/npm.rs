//! JavaScript tools, pinned in the root `package.json`.

use crate::run::{command, root, run};
use anyhow::{Context, Result};
use std::fs;
use std::process::Command;

/// Installs the pinned tools unless they are those of the lock file already.
pub(crate) fn install() -> Result<()> {
    let lock = root().join("package-lock.json");
    let seen = root().join("node_modules/.attune-lock");
    let wanted = fs::read(&lock).context("package-lock.json is missing")?;
    if fs::read(&seen).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(command("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    fs::write(&seen, wanted).context("cannot note the installed lock file")
}

/// An installed tool.
pub(crate) fn tool(name: &str) -> Command {
    let path = root().join("node_modules/.bin").join(name);
    command(&path.to_string_lossy())
}
