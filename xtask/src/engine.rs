//! The embedded ClickHouse engine: libchdb, from its npm package, pinned.

use crate::run::{command, run};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;

const VERSION: &str = "26.7.3-stable.1";
const FILE: &str = "libchdb.so";

/// Where the binary looks for it: the user's cache (or `ATTUNE_LIBCHDB`).
fn folder() -> Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is set: there is nowhere to keep the engine")?;
    Ok(cache.join("attune"))
}

/// Puts the engine in place, unless it is there, or a server or another file was named.
pub(crate) fn install() -> Result<()> {
    if ["ATTUNE_LIBCHDB", "CLICKHOUSE_URL"].iter().any(|name| std::env::var_os(name).is_some()) {
        return Ok(());
    }
    let folder = folder()?;
    let mark = folder.join("libchdb.version");
    if folder.join(FILE).is_file() && fs::read_to_string(&mark).is_ok_and(|version| version == VERSION) {
        return Ok(());
    }
    let package = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "@chdb/lib-linux-x64-gnu",
        (os, arch) => bail!(
            "no embedded ClickHouse engine is known for {os} on {arch}: set CLICKHOUSE_URL to use a server"
        ),
    };
    println!("fetching the embedded ClickHouse engine {VERSION} (178 MB, once)");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let fetch = folder.join("fetch");
    if fetch.exists() {
        fs::remove_dir_all(&fetch)?;
    }
    fs::create_dir_all(&fetch)?;
    run(command("npm").args(["pack", "--silent", &format!("{package}@{VERSION}"), "--pack-destination"]).arg(&fetch))
        .context("npm could not fetch the engine: install Node and check the network, or set CLICKHOUSE_URL to use a server")?;
    let archive = fs::read_dir(&fetch)?.next().context("npm wrote no archive")??.path();
    run(command("tar").arg("xzf").arg(&archive).arg("-C").arg(&fetch).arg(format!("package/{FILE}")))?;
    fs::rename(fetch.join("package").join(FILE), folder.join(FILE))?;
    fs::remove_dir_all(&fetch)?;
    fs::write(mark, VERSION)?;
    Ok(())
}
