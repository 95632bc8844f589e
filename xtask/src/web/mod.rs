//! `cargo xtask web`: the console, the SDK and the loader, into `target/web`.

mod console;
mod sdk;

use crate::compress::{Effort, siblings};
use crate::npm;
use crate::run::{root, run};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Build the browser's parts into target/web.
#[derive(Args)]
pub(crate) struct Web {
    /// Quick and large, for development.
    #[arg(long)]
    pub dev: bool,
    /// Which part.
    #[arg(value_enum, default_value_t = Part::All)]
    pub part: Part,
}

/// What to build.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The console.
    Console,
    /// The SDK and the loader.
    Sdk,
    /// Both.
    All,
}

impl Web {
    /// Builds.
    pub(crate) fn run(&self) -> Result<()> {
        npm::install()?;
        if self.part != Part::Sdk {
            console::build(self.dev)?;
        }
        if self.part != Part::Console {
            sdk::build(self.dev)?;
        }
        Ok(())
    }
}

/// `target/web`.
pub(crate) fn web() -> PathBuf {
    root().join("target/web")
}

/// An empty folder for what one part is made of, before it is bundled.
fn stage(part: &str) -> Result<PathBuf> {
    empty(root().join("target/web-stage").join(part))
}

/// An empty folder at `path`.
fn empty(path: PathBuf) -> Result<PathBuf> {
    if path.exists() {
        fs::remove_dir_all(&path)?;
    }
    fs::create_dir_all(&path)?;
    Ok(path)
}

/// First 8 hexadecimal digits of the SHA-256 of `parts`: pages load the names of all parts, and digits do not compress.
fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// esbuild on `entry`; the target is what runs Wasm with bulk memory and SIMD anyway.
fn esbuild(entry: &Path, out: &Path, dev: bool) -> Command {
    let mut command = npm::tool("esbuild");
    command
        .arg(entry)
        .arg("--log-level=warning")
        .arg("--target=es2022")
        .arg(concat!("--define:__VERSION__=\"", env!("CARGO_PKG_VERSION"), "\""))
        .arg(format!("--outfile={}", out.display()));
    if !dev {
        command.args(["--minify", "--legal-comments=none"]);
    }
    command
}

/// Bundles an ES module with the name of its Wasm module as `__WASM__`. Returns the content hash, which is
/// that of module and bundle together, so both names change together.
fn bundle(
    entry: &Path,
    module: &Path,
    name: &str,
    folder: &Path,
    dev: bool,
    extra: &[&str],
) -> Result<Bundled> {
    let scratch = entry.with_extension("bundled.js");
    let wasm = fs::read(module)?;
    let define = |name: &str| format!("--define:__WASM__=\"{name}\"");
    run(esbuild(entry, &scratch, dev)
        .args(["--bundle", "--format=esm"])
        .args(extra)
        .arg(define(&format!("{name}.wasm"))))?;
    let hash = hash(&[&wasm, &fs::read(&scratch)?]);
    let bundled = Bundled { js: format!("{name}-{hash}.js"), wasm: format!("{name}-{hash}.wasm") };
    run(esbuild(entry, &folder.join(&bundled.js), dev)
        .args(["--bundle", "--format=esm"])
        .args(extra)
        .arg(define(&bundled.wasm)))?;
    fs::write(folder.join(&bundled.wasm), wasm)?;
    Ok(bundled)
}

/// Bundles an ES module that has no Wasm; the name of its file.
fn script(entry: &Path, name: &str, folder: &Path, dev: bool) -> Result<String> {
    let scratch = entry.with_extension("bundled.js");
    run(esbuild(entry, &scratch, dev).args(["--bundle", "--format=esm"]))?;
    let text = fs::read(&scratch)?;
    let file = format!("{name}-{}.js", hash(&[&text]));
    fs::write(folder.join(&file), text)?;
    Ok(file)
}

/// Puts a file that needs no other one, such as a Wasm module without JavaScript of its own, into `folder`; its name there.
fn named_by_content(built: &Path, name: &str, folder: &Path) -> Result<String> {
    let bytes = fs::read(built)?;
    let ending = built.extension().and_then(OsStr::to_str).unwrap_or_default();
    let file = format!("{name}-{}.{ending}", hash(&[&bytes]));
    fs::write(folder.join(&file), bytes)?;
    Ok(file)
}

/// Names of a bundle's files.
struct Bundled {
    js: String,
    wasm: String,
}

/// Compresses `folder` and puts `entries` under `part` in `target/web/manifest.json`.
fn finish(folder: &Path, part: &str, dev: bool, entries: Value) -> Result<()> {
    siblings(folder, if dev { Effort::Quick } else { Effort::Best })?;
    note(part, entries)
}

/// Puts `entries` under `part` in `target/web/manifest.json`.
fn note(part: &str, entries: Value) -> Result<()> {
    let path = web().join("manifest.json");
    let mut manifest: Map<String, Value> = match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(_) => Map::new(),
    };
    manifest.insert(part.to_owned(), entries);
    fs::write(&path, serde_json::to_vec_pretty(&manifest)?).context("cannot write manifest.json")
}

/// The manifest.
pub(crate) fn manifest() -> Result<Value> {
    let bytes = fs::read(web().join("manifest.json"))
        .context("target/web/manifest.json is missing: run `cargo xtask web`")?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Copies the files of `from` (not its folders) to `to`.
fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
