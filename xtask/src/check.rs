//! `cargo xtask check`: everything that needs no browser and no database.

use crate::arrows;
use crate::run::{cargo, output, run};
use crate::wasm::{CONSOLE, EXPLAIN, MODELS, SDK};
use anyhow::Result;

/// Checks; the first failure ends it.
pub(crate) fn run_all() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    arrows::check()?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    for module in [CONSOLE, SDK, MODELS, EXPLAIN] {
        run(module.cargo("clippy").args(["--no-deps", "--", "-D", "warnings"]))?;
    }
    run(cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    if output(cargo().args(["deny", "--version"])).is_ok() {
        run(cargo().args(["deny", "check", "licenses", "bans"]))?;
    } else {
        println!("!! cargo-deny is not installed: LICENCES AND BANS WERE NOT CHECKED");
        println!("!! cargo install --locked cargo-deny");
    }
    Ok(())
}
