//! `cargo xtask check`: everything that needs no browser and no database.

use crate::arrows;
use crate::run::{cargo, output, root, run};
use anyhow::Result;

/// Members built for the browser, each with the target folder of its own that `web` uses too.
const WASM_MEMBERS: [(&str, &str); 2] = [("attune-sdk-wasm", "wasm-sdk"), ("attune-console", "wasm")];

/// Checks; the first failure ends it.
pub(crate) fn run_all() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    arrows::check()?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    for (member, folder) in WASM_MEMBERS {
        run(cargo()
            .args(["clippy", "--target", "wasm32-unknown-unknown", "--package", member, "--target-dir"])
            .arg(root().join("target").join(folder))
            .args(["--", "-D", "warnings"]))?;
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
