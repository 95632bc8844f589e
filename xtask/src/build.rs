//! `cargo xtask build`: everything, in release.

use crate::run::{cargo, run};
use crate::web::{Part, Web};
use anyhow::Result;

/// Browser's parts first: the binary embeds them.
pub(crate) fn run_all() -> Result<()> {
    Web { dev: false, part: Part::All }.run()?;
    run(cargo().args(["build", "--release", "--package", "attune-collector"]))?;
    println!("target/release/attune");
    Ok(())
}
