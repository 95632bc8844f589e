//! The console: `target/web/console/{index.html, app-<hash>.{js,wasm,css}, …}`.

use super::{bundle, copy_files, empty, esbuild, finish, hash, stage, web};
use crate::run::{root, run};
use crate::wasm::CONSOLE;
use anyhow::{Context, Result};
use serde_json::json;
use std::fs;

/// Builds.
pub(super) fn build(dev: bool) -> Result<()> {
    let stage = stage("console")?;
    let wasm = CONSOLE.build(dev, &stage.join("pkg"))?;
    let assets = root().join("console/assets");
    copy_files(&assets, &stage)?;

    let folder = empty(web().join("console"))?;
    let bundled = bundle(&stage.join("boot.js"), &wasm, "app", &folder, dev, &[])?;
    let scratch = stage.join("style.bundled.css");
    run(esbuild(&assets.join("style/index.css"), &scratch, dev).arg("--bundle"))?;
    let css = fs::read(&scratch)?;
    let style = format!("app-{}.css", hash(&[&css]));
    fs::write(folder.join(&style), css)?;
    let icon = fs::read(stage.join("icon.svg"))?;
    let icon_name = format!("icon-{}.svg", hash(&[&icon]));
    fs::write(folder.join(&icon_name), icon)?;

    let page = fs::read_to_string(stage.join("index.html")).context("console/assets/index.html")?;
    let page = page
        .replace("__STYLE__", &style)
        .replace("__SCRIPT__", &bundled.js)
        .replace("__WASM__", &bundled.wasm)
        .replace("__ICON__", &icon_name);
    fs::write(folder.join("index.html"), page)?;
    finish(
        &folder,
        "console",
        dev,
        json!({
            "page": "index.html", "script": bundled.js, "wasm": bundled.wasm, "style": style, "icon": icon_name, "dev": dev,
        }),
    )
}
