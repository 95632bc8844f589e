//! The SDK (`target/web/sdk`) and the loader (`target/web/tag/loader.js`), and both in one (`target/web/sdk/whole-HASH.js`).

use super::{Bundled, bundle, copy_files, empty, esbuild, finish, named_by_content, script, stage, web};
use crate::run::{root, run};
use crate::wasm::{EXPLAIN, MODELS, SDK};
use anyhow::Result;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Parts without Wasm that pages load when they need them, by file and by `__NAME__` in the SDK.
const LAZY: [&str; 11] = [
    "placement",
    "banner",
    "debug",
    "form",
    "pattern",
    "privacy",
    "receipt",
    "redact",
    "server",
    "token",
    "vault",
];

/// Most of it runs at once: the browser compiles it beside the page instead of function by function in it.
const AT_ONCE: &str = "//# allFunctionsCalledOnLoad";

/// Builds what is there; says what is not.
pub(super) fn build(dev: bool) -> Result<()> {
    loader(dev)?;
    let source = root().join("sdk-wasm/js");
    if !source.join("main.js").exists() {
        println!("sdk-wasm/js/main.js is missing: the SDK was not built");
        return Ok(());
    }
    let stage = stage("sdk")?;
    copy_tree(&source, &stage)?;
    let wasm = SDK.build(dev, &stage.join("pkg"))?;
    let folder = empty(web().join("sdk"))?;
    let models = named_by_content(&MODELS.build(dev, &stage.join("models"))?, "models", &folder)?;
    let explain = EXPLAIN.build(dev, &stage.join("explain"))?;
    let lazy = stage.join("lazy");
    let explain = bundle(&lazy.join("explain.js"), &explain, "explain", &folder, dev, &[])?;
    let mut names = vec![("explain", explain.js)];
    for part in LAZY {
        names.push((part, script(&lazy.join(part).with_extension("js"), part, &folder, dev)?));
    }
    let mut defines: Vec<_> =
        names.iter().map(|(part, name)| format!("--define:__{}__=\"{name}\"", part.to_uppercase())).collect();
    defines.push(format!("--define:__MODELS__=\"{models}\""));
    defines.push(format!("--banner:js={AT_ONCE}"));
    let defines: Vec<_> = defines.iter().map(String::as_str).collect();
    let bundled = bundle(&stage.join("main.js"), &wasm, "attune", &folder, dev, &defines)?;
    let whole = whole(&stage, &defines, &bundled, &folder, dev)?;
    let lazy: BTreeMap<_, _> = names.into_iter().collect();
    let entries = json!({
        "script": bundled.js, "whole": whole, "wasm": bundled.wasm, "models_wasm": models, "lazy": lazy, "explain_wasm": explain.wasm,
        "dev": dev,
    });
    finish(&folder, "sdk", dev, entries)
}

/// The loader with the SDK in it, whose placeholders the collector fills in as well; the name of its file.
fn whole(stage: &Path, defines: &[&str], parts: &Bundled, folder: &Path, dev: bool) -> Result<String> {
    let out = stage.join("whole.bundled.js");
    run(esbuild(&root().join("tag/loader.js"), &out, dev)
        .args(defines)
        .args(["--bundle", "--format=iife", "--define:PINNED=false", "--define:WHOLE=true"])
        .arg(format!("--inject:{}", stage.join("whole.js").display()))
        .arg(format!("--define:__WASM__=\"{}\"", parts.wasm))
        // Whatever it meets in a browser, the page does not hear of it.
        .arg(format!("--banner:js={AT_ONCE}\ntry{{"))
        .arg("--footer:js=}catch{}"))?;
    named_by_content(&out, "whole", folder)
}

/// The loader, as it is and for pages that pin the SDK, keeps its placeholders: the collector fills them in.
fn loader(dev: bool) -> Result<()> {
    let source = root().join("tag/loader.js");
    if !source.exists() {
        println!("tag/loader.js is missing: the loader was not built");
        return Ok(());
    }
    let folder = empty(web().join("tag"))?;
    for (name, pinned) in [("loader.js", false), ("pinned.js", true)] {
        let built = [format!("--define:PINNED={pinned}"), "--define:WHOLE=false".to_owned()];
        run(esbuild(&source, &folder.join(name), dev).args(built))?;
    }
    run(&mut esbuild(&root().join("tag/remove.js"), &folder.join("remove.js"), dev))?;
    let entries = json!({ "loader": "loader.js", "pinned": "pinned.js", "remove": "remove.js", "dev": dev });
    finish(&folder, "tag", dev, entries)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    copy_files(from, to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            let folder = to.join(entry.file_name());
            std::fs::create_dir_all(&folder)?;
            copy_tree(&entry.path(), &folder)?;
        }
    }
    Ok(())
}
