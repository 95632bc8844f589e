//! Crate → optimised Wasm module and its JavaScript glue.

use crate::bare::bare;
use crate::npm;
use crate::run::{cargo, command, output, root, run};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// How one crate is built.
pub(crate) struct Module<'a> {
    /// Package name; its library has dashes replaced.
    pub package: &'a str,
    /// Folder below `target`: one a crate, so that flags and features never flip.
    pub target_dir: &'a str,
    /// Features of the crate that are switched on.
    pub features: &'a str,
    /// Extra compiler flags.
    pub rustflags: &'a str,
    /// How the engine is compiled: `z` for the fewest bytes, `s` for few where it decides in pages.
    pub engine: &'a str,
    /// Exported functions, if they speak in plain numbers; otherwise the glue is generated.
    pub exports: &'a [&'a str],
    /// What `wasm-opt` is told.
    pub passes: &'a [&'a str],
}

/// The console.
pub(crate) const CONSOLE: Module<'_> = Module {
    package: "attune-console",
    target_dir: "wasm",
    features: "",
    rustflags: "",
    engine: "z",
    exports: &[],
    passes: &["-Oz"],
};

/// The SDK, with the instructions that every browser has which it is sent to. Its stack is half the usual one,
/// so that addresses behind it take a byte less; the first kilobyte of memory is the stack's last.
pub(crate) const SDK: Module<'_> = Module {
    package: "attune-sdk-wasm",
    target_dir: "wasm-sdk",
    features: "",
    rustflags: "-C target-feature=+simd128 -C link-arg=-zstack-size=524288",
    engine: "s",
    exports: &["room", "call", "answer"],
    passes: &[
        "--zero-filled-memory",
        "--low-memory-unused",
        "--flatten",
        "--rereloop",
        "-Oz",
        "-Oz",
        "--converge",
        "--strip-target-features",
    ],
};

/// The same with what scores models: loaded instead of it where the bundle holds one.
pub(crate) const MODELS: Module<'_> = Module { target_dir: "wasm-models", features: "models", ..SDK };

/// The same with what the SDK loads only when somebody asks why, whatever the bundle holds.
pub(crate) const EXPLAIN: Module<'_> =
    Module { target_dir: "wasm-explain", features: "explain,models", engine: "z", ..SDK };

impl Module<'_> {
    /// Name of the library: of the glue, and of the module before it was hashed.
    pub(crate) fn library(&self) -> String {
        self.package.replace('-', "_")
    }

    fn target_dir(&self) -> PathBuf {
        root().join("target").join(self.target_dir)
    }

    /// A cargo command on this library, always with the same flags and folder.
    pub(crate) fn cargo(&self, command: &str) -> Command {
        let mut cargo = cargo();
        cargo
            .args([command, "--target", TARGET, "--package", self.package, "--lib", "--target-dir"])
            .arg(self.target_dir())
            .args(["--features", self.features])
            .args(["--config", &format!("profile.wasm.package.attune-engine.opt-level={:?}", self.engine)])
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", self.rustflags);
        cargo
    }

    /// Builds into `out`: `<library>_bg.wasm`, and its glue in `<library>.js`. Returns the path of the module.
    pub(crate) fn build(&self, dev: bool, out: &Path) -> Result<PathBuf> {
        add_target()?;
        let profile = if dev { "dev" } else { "wasm" };
        run(self.cargo("build").args(["--profile", profile]))?;
        let folder = if dev { "debug" } else { "wasm" };
        let input = self.target_dir().join(TARGET).join(folder).join(self.library()).with_extension("wasm");
        fs::create_dir_all(out)?;
        let module = out.join(format!("{}_bg.wasm", self.library()));
        if self.exports.is_empty() {
            self.bind(&input, dev, out)?;
        } else {
            bare(&input, &module, self.exports, dev)?;
        }
        if !dev {
            optimise(&module, self.passes)?;
        }
        Ok(module)
    }

    /// Generates the glue.
    fn bind(&self, input: &Path, dev: bool, out: &Path) -> Result<()> {
        let mut bindgen = Bindgen::new();
        bindgen
            .input_path(input)
            .web(true)?
            .typescript(false)
            .omit_default_module_path(true)
            .remove_producers_section(true)
            .remove_name_section(!dev)
            .generate(out)
            .with_context(|| format!("wasm-bindgen on {}", self.package))
    }
}

/// Debian's binaryen makes modules that fail only at run time, hence the pinned one.
fn optimise(module: &Path, passes: &[&str]) -> Result<()> {
    let before = fs::metadata(module)?.len();
    let smaller = module.with_extension("opt");
    run(npm::tool("wasm-opt").args(passes).arg(module).arg("-o").arg(&smaller))?;
    fs::rename(&smaller, module)?;
    println!("  {before} → {} bytes", fs::metadata(module)?.len());
    Ok(())
}

fn add_target() -> Result<()> {
    let installed = output(command("rustup").args(["target", "list", "--installed"]));
    // Without rustup the toolchain is somebody else's business; cargo will say what is missing.
    if installed.is_ok_and(|list| !list.lines().any(|line| line == TARGET)) {
        run(command("rustup").args(["target", "add", TARGET]))?;
    }
    Ok(())
}
