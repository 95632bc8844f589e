//! Imported models beside the libraries that trained them: `xtask/models.py` trains, `attune model` imports and scores.

use crate::run::{command, root, run};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What pip installs.
const PACKAGES: [&str; 7] = [
    "lightgbm==4.7.0",
    "numpy==2.4.6",
    "onnxruntime==1.32.0",
    "pandas==3.1.1",
    "scikit-learn==1.9.1",
    "skl2onnx==1.20.0",
    "xgboost-cpu==3.2.0",
];

/// Where the comparison leaves a site with a model of real visits, as a decision specification.
pub(crate) const DECIDED: &str = "target/models-work/shoppers.spec.json";

/// A Python with the libraries, in a virtual environment of its own; `None` without Python or a way to its packages.
fn python() -> Result<Option<PathBuf>> {
    let folder = root().join("target/models");
    let (python, stamp, wanted) = (folder.join("bin/python"), folder.join("version"), PACKAGES.join("\n"));
    if fs::read_to_string(&stamp).is_ok_and(|version| version == wanted) {
        return Ok(Some(python));
    }
    let made = command("python3").args(["-m", "venv"]).arg(&folder).stdout(Stdio::null()).status();
    let installed = made.is_ok_and(|status| status.success())
        && Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(PACKAGES)
            .status()
            .is_ok_and(|status| status.success());
    if !installed {
        return Ok(None);
    }
    fs::write(stamp, wanted)?;
    Ok(Some(python))
}

/// Compares; `None` if the libraries cannot be had here.
///
/// # Errors
/// If a score is further than 1e-6 from the library's: it has said which.
pub(crate) fn check(attune: &Path) -> Result<Option<()>> {
    let Some(python) = python()? else { return Ok(None) };
    let work = root().join("target/models-work");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    run(Command::new(python).arg(root().join("xtask/models.py")).args([
        attune,
        &work,
        &root().join("../shared/data"),
    ]))?;
    Ok(Some(()))
}
