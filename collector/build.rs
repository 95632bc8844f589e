//! The web artefacts are embedded; the folder may be empty, but it must be there.

use std::path::Path;

fn main() {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/web");
    if let Err(error) = std::fs::create_dir_all(&web) {
        println!("cargo::warning=target/web cannot be made: {error}");
    }
    println!("cargo::rerun-if-changed=../target/web");
    println!("cargo::rerun-if-changed=build.rs");
}
