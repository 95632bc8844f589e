//! `attune sdk` and `attune tag`: which SDK pages get, and what a page says to get it.

use super::attach::{Attached, Client};
use super::{CommonArgs, output};
use crate::endpoint::sdk::{Choice, NewRelease, PinnedTag, Release, Releases};
use crate::sdk::NEWEST;
use anyhow::{Context, bail};
use attune_schema::api::Site;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::{Args, Subcommand};
use reqwest::Method;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Options of `attune sdk`.
#[derive(Debug, Args)]
pub struct SdkArgs {
    #[command(subcommand)]
    command: SdkCommand,
}

#[derive(Debug, Subcommand)]
enum SdkCommand {
    /// List the releases of the SDK that pages have had, and say which they get.
    List(CommonArgs),
    /// Keep a release that is in a folder, as `cargo xtask web sdk` makes it.
    Add {
        /// The folder.
        folder: PathBuf,
        /// What to call it.
        #[arg(long, value_name = "TEXT")]
        label: String,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Give pages that are loaded from now on this release: `newest` for the one in the program, `none` for nothing at
    /// all. Pages that pin a release keep it.
    Use(OneRelease),
    /// Forget a release that no page gets or pins.
    Remove(OneRelease),
}

#[derive(Debug, Args)]
struct OneRelease {
    /// Its id, as `attune sdk list` shows it.
    release: String,
    #[command(flatten)]
    common: CommonArgs,
}

/// Options of `attune tag`.
#[derive(Debug, Args)]
pub struct TagArgs {
    /// Name of the site.
    site: String,
    /// Where pages find the collector's paths.
    #[arg(long, value_name = "ADDRESS", default_value = "/attune/")]
    address: String,
    /// Pin the SDK: the browser runs these files or nothing.
    #[arg(long)]
    pinned: bool,
    /// Pin this release; the one in the program unless said.
    #[arg(long, value_name = "ID", requires = "pinned", default_value = NEWEST)]
    release: String,
    #[command(flatten)]
    common: CommonArgs,
}

/// Runs `attune sdk`.
///
/// # Errors
/// What the server says, or that the folder cannot be read.
pub async fn run(args: SdkArgs) -> anyhow::Result<()> {
    let common = match &args.command {
        SdkCommand::List(common) | SdkCommand::Add { common, .. } => common.clone(),
        SdkCommand::Use(one) | SdkCommand::Remove(one) => one.common.clone(),
    };
    let attached = Attached::open(&common).await?;
    let done = command(&attached.client, args.command).await;
    attached.close().await;
    done
}

async fn command(client: &Client, command: SdkCommand) -> anyhow::Result<()> {
    match command {
        SdkCommand::List(common) => {
            let all: Releases = client.get("/api/sdk").await?;
            if common.json {
                return output::json(&all);
            }
            let mark = |release: &Release| match (all.choice == release.id, release.own) {
                (true, _) => "  pages get it",
                (false, true) if all.choice == NEWEST => "  pages get it (newest)",
                (false, true) => "  newest",
                (false, false) => "",
            };
            for release in &all.releases {
                output::line(&format!("{}  {}{}", release.id, release.version, mark(release)))?;
            }
            if all.choice == crate::sdk::NONE { output::line("pages get none") } else { Ok(()) }
        }
        SdkCommand::Add { folder, label, common } => {
            let new = NewRelease { version: label, files: files(&folder)? };
            let added: Release = client.post("/api/sdk", &new).await?;
            if common.json {
                return output::json(&added);
            }
            output::line(&format!("{}  {}", added.id, added.version))
        }
        SdkCommand::Use(one) => {
            client.tell(Method::POST, "/api/sdk/choice", &Choice { release: one.release }).await
        }
        SdkCommand::Remove(one) => {
            client.tell(Method::DELETE, &format!("/api/sdk/{}", one.release), &()).await
        }
    }
}

/// The files of a folder, in base 64.
fn files(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { bail!("a file's name is not text") };
        if entry.file_type()?.is_file() {
            files.insert(name, BASE64_STANDARD.encode(std::fs::read(entry.path())?));
        }
    }
    Ok(files)
}

/// Prints the line that goes into the head of every page.
///
/// # Errors
/// What the server says.
pub async fn tag(args: TagArgs) -> anyhow::Result<()> {
    let attached = Attached::open(&args.common).await?;
    let line = line(&attached.client, &args).await;
    attached.close().await;
    let line = line?;
    if args.common.json {
        return output::json(&serde_json::json!({ "tag": line }));
    }
    output::line(&line)
}

async fn line(client: &Client, args: &TagArgs) -> anyhow::Result<String> {
    let sites: Vec<Site> = client.get("/api/sites").await?;
    let site = sites.iter().find(|site| site.name == args.site);
    let key = &site.with_context(|| format!("there is no site `{}`", args.site))?.key;
    let base = format!("{}/", args.address.trim_end_matches('/'));
    if base.contains(['"', '<', '>', '&']) {
        bail!("`--address {}` is no address", args.address);
    }
    if !args.pinned {
        return Ok(format!(r#"<script async src="{base}tag.js?site={key}"></script>"#));
    }
    let pinned: PinnedTag = client.post("/api/sdk/tag", &Choice { release: args.release.clone() }).await?;
    let PinnedTag { path, integrity, .. } = pinned;
    Ok(format!(
        r#"<script async src="{base}{path}" integrity="{integrity}" crossorigin="anonymous" data-site="{key}"></script>"#
    ))
}
