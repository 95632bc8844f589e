//! Requests made from the served OpenAPI description, by a tool that knows nothing of ours: what the description
//! promises is taken, what it excludes is refused, and every answer is of the described shape.

use crate::run::{command, root, run};
use crate::serve::Server;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What pip installs.
const VERSION: &str = "4.32.5";
/// Where a run starts; it says so itself if it fails.
const SEED: &str = "7";

/// How much is asked.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Generated requests an operation and phase.
    pub(crate) examples: u32,
    /// Longest time.
    pub(crate) seconds: u32,
}

/// The program, in a virtual environment of its own; `None` without Python or a way to its packages.
fn program() -> Result<Option<PathBuf>> {
    let folder = root().join("target/schemathesis");
    let program = folder.join("bin/schemathesis");
    let stamp = folder.join("version");
    if fs::read_to_string(&stamp).is_ok_and(|version| version == VERSION) {
        return Ok(Some(program));
    }
    let made = command("python3").args(["-m", "venv"]).arg(&folder).stdout(Stdio::null()).status();
    if !made.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    let installed = Command::new(folder.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check", &format!("schemathesis=={VERSION}")])
        .status();
    if !installed.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    fs::write(stamp, VERSION)?;
    Ok(Some(program))
}

/// Runs it against `attune`, the program at that path; `None` if it cannot be had here.
///
/// # Errors
/// If the description and the server disagree: the program has said where.
pub(crate) fn check(attune: &Path, effort: Effort) -> Result<Option<()>> {
    let Some(program) = program()? else { return Ok(None) };
    let server = Server::start(attune, "schemathesis")?;
    run(Command::new(program)
        .arg("--config-file")
        .arg(root().join("xtask/schemathesis.toml"))
        .args(["run", &format!("http://{}/openapi.json", server.address)])
        .args(["--seed", SEED, "--continue-on-failure", "--workers", "2", "--no-color"])
        .args(["--max-examples", &effort.examples.to_string(), "--max-time", &effort.seconds.to_string()])
        .env("SCHEMATHESIS_HOOKS", root().join("xtask/schemathesis.py"))
        .env("ATTUNE_TOKEN", &server.token)
        .env("ATTUNE_SITE", &server.site)
        .env("ATTUNE_KEY", &server.server_key.0)
        .env("ATTUNE_SECRET", &server.server_key.1)
        .current_dir(&server.dir))?;
    Ok(Some(()))
}
