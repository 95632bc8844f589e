//! `attune bundle`: compile a source, and see what is in a bundle.

use super::output;
use crate::bundle::{Compiled, Signer, payload_of};
use crate::decide::Deciding;
use anyhow::{Context, bail};
use attune_engine::label::{Programs, ServerOnly};
use attune_schema::bundle::{Bundle, MAGIC};
use attune_schema::source::Source;
use attune_schema::time::Timestamp;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Options of `attune bundle`.
#[derive(Debug, Args)]
pub struct BundleArgs {
    #[command(subcommand)]
    command: BundleCommand,
}

#[derive(Debug, Subcommand)]
enum BundleCommand {
    /// Compile and sign. Problems go to standard error, one line of JSON each; what is fine is compiled all the same.
    Compile {
        /// Campaigns, audiences, offers and placements as JSON: see `attune bundle schema`.
        #[arg(value_name = "SOURCE")]
        source: PathBuf,
        /// Where the bundle goes; what only a server may know goes to the same name and `.server`.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Key to sign with, drawn and kept there if the file does not exist. An installation's own is
        /// `signing.key` in its data folder.
        #[arg(long, value_name = "FILE", default_value = "signing.key")]
        key: PathBuf,
        /// Revision that the bundle says it is of.
        #[arg(long, value_name = "N", default_value_t = 0)]
        revision: u64,
        /// Print one last line of JSON on standard output.
        #[arg(long)]
        json: bool,
    },
    /// Say what is in a bundle.
    Inspect {
        /// The bundle.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of sources.
    Schema,
}

/// What stays on the server, beside the bundle for pages.
#[derive(Debug, Serialize, Deserialize)]
struct ServerPart {
    /// Payload, in base 64; absent where pages' bundle is the whole.
    payload: Option<String>,
    server_only: Vec<ServerOnly>,
}

/// Runs `attune bundle`.
///
/// # Errors
/// If a file cannot be read or written, or nothing of the source can be used.
pub fn run(args: &BundleArgs) -> anyhow::Result<()> {
    match &args.command {
        BundleCommand::Compile { source, out, key, revision, json } => {
            compile(source, out, key, *revision, *json)
        }
        BundleCommand::Inspect { file, json } => inspect(file, *json),
        BundleCommand::Schema => output::line(&serde_json::to_string_pretty(&schema())?),
    }
}

/// The JSON Schema (2020-12) of sources, from the same types as the API's description.
fn schema() -> serde_json::Value {
    let mut description = crate::router::openapi();
    let mut schemas = description["components"]["schemas"].take();
    let mut source = schemas["Source"].take();
    source["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    source["$defs"] = schemas;
    let text = source.to_string().replace("#/components/schemas/", "#/$defs/");
    serde_json::from_str(&text).unwrap_or(source)
}

/// Reads a source.
///
/// # Errors
/// If the file cannot be read, or is no source: says where.
pub fn read_source(path: &Path) -> anyhow::Result<Source> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| format!("{} is not a source", path.display()))
}

fn compile(source: &Path, out: &Path, key: &Path, revision: u64, as_json: bool) -> anyhow::Result<()> {
    use base64::Engine as _;
    let read = read_source(source)?;
    let signer = Signer::open(key).with_context(|| key.display().to_string())?;
    let compiled = Compiled::of(&read, revision, now());
    let published = &compiled.published;
    for problem in &published.problems {
        output::notice(&serde_json::to_string(problem)?);
    }
    let whole = published.server.as_ref().unwrap_or(&published.device);
    let unusable = Programs::load(&compiled.device, compiled.server.as_deref()).is_err();
    let wanted = read.campaigns.iter().any(|c| c.status == attune_schema::source::CampaignStatus::Running);
    if unusable || (wanted && whole.campaigns.is_empty()) {
        bail!("{}: nothing of it can be used; {} problems", source.display(), published.problems.len());
    }
    let payload = compiled.server.as_ref().map(|payload| base64::prelude::BASE64_STANDARD.encode(payload));
    let server = ServerPart { payload, server_only: published.server_only.clone() };
    crate::replace_file(out, &signer.sign(&compiled.device))?;
    let beside = server_path(out);
    if server.payload.is_some() {
        crate::replace_file(&beside, &serde_json::to_vec(&server)?)?;
    } else if beside.exists() {
        // That of an earlier source would answer for this one.
        fs::remove_file(&beside)?;
    }
    let (bytes, campaigns) = (compiled.device.len(), published.device.campaigns.len());
    if as_json {
        return output::json(&json!({
            "bytes": bytes,
            "campaigns": campaigns,
            "server_only": server.server_only,
            "problems": published.problems.len(),
            "key": signer.public_key(),
        }));
    }
    output::line(&format!(
        "{}: {bytes} bytes, {campaigns} campaigns on the device, {} on the server only, {} problems",
        out.display(),
        server.server_only.len(),
        published.problems.len()
    ))
}

fn now() -> Timestamp {
    (crate::server::system_clock())()
}

fn server_path(bundle: &Path) -> PathBuf {
    let mut name = bundle.as_os_str().to_owned();
    name.push(".server");
    name.into()
}

/// Reads a bundle, signed or bare, and what the server has beside it.
///
/// # Errors
/// If the file is not a bundle.
pub fn read(path: &Path) -> anyhow::Result<Deciding> {
    use base64::Engine as _;
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let not = || format!("{} is not a bundle of this version", path.display());
    let payload = if bytes.starts_with(&MAGIC) { Some(bytes.as_slice()) } else { payload_of(&bytes) };
    let payload = payload.with_context(not)?;
    let beside = server_path(path);
    let mut server = ServerPart { payload: None, server_only: Vec::new() };
    if beside.exists() {
        let text = fs::read(&beside).with_context(|| beside.display().to_string())?;
        server = serde_json::from_slice(&text).with_context(|| beside.display().to_string())?;
    }
    let whole = server.payload.map(|text| base64::prelude::BASE64_STANDARD.decode(text)).transpose();
    let whole = whole.with_context(|| beside.display().to_string())?;
    let programs = Programs::load(payload, whole.as_deref()).ok().with_context(not)?;
    Ok(Deciding::of_bundles(programs, server.server_only))
}

/// Bytes of each part, found by leaving it out.
fn sizes(bundle: &Bundle) -> serde_json::Value {
    let all = bundle.to_bytes().len();
    let without = |part: fn(&mut Bundle)| {
        let mut rest = bundle.clone();
        part(&mut rest);
        all - rest.to_bytes().len()
    };
    json!({
        "all": all,
        "audiences": without(|b| b.audiences.clear()),
        "placements": without(|b| b.placements.clear()),
        "offers": without(|b| b.offers.clear()),
        "campaigns": without(|b| b.campaigns.clear()),
        "words": without(|b| b.words.clear()),
        "models": without(|b| {
            b.models.clear();
            b.rank_scores.clear();
        }),
        "explore": without(|b| b.explores.clear()),
    })
}

fn inspect(file: &Path, as_json: bool) -> anyhow::Result<()> {
    let deciding = read(file)?;
    let device = &deciding.programs.device;
    let bundle = &device.bundle;
    let names = |indexes: &[usize]| -> Vec<&str> {
        indexes.iter().filter_map(|index| bundle.placements.get(*index)).map(String::as_str).collect()
    };
    let asked = names(&bundle.asked);
    let campaigns: Vec<serde_json::Value> = bundle
        .campaigns
        .iter()
        .enumerate()
        .map(|(index, campaign)| {
            json!({
                "tries_offers": bundle.explores.iter().any(|explore| explore.campaign == index),
                "id": campaign.id,
                "priority": campaign.priority,
                "placements": names(&campaign.placements),
                "variants": campaign.variants.iter().map(|variant| &variant.id).collect::<Vec<_>>(),
            })
        })
        .collect();
    let described = json!({
        "version": bundle.version,
        "expires_at": bundle.expires_at,
        "digest": format!("{:032x}", device.digest),
        "server_digest": deciding.programs.server.as_ref().map(|server| format!("{:032x}", server.digest)),
        "enabled": bundle.enabled,
        "sizes": sizes(bundle),
        "placements": bundle.placements,
        "ask_server": asked,
        "campaigns": campaigns,
        "offers": bundle.offers.iter().map(|offer| &offer.id).collect::<Vec<_>>(),
        "server_only": deciding.server_only,
    });
    if as_json {
        return output::json(&described);
    }
    let expiry = bundle.expires_at.map_or("never".to_owned(), |at| format!("at {} ms", at.0));
    output::line(&format!(
        "version {}, expires {expiry}, digest {:032x}\n{} bytes: {}",
        bundle.version, device.digest, described["sizes"]["all"], described["sizes"]
    ))?;
    for campaign in &bundle.campaigns {
        let places = names(&campaign.placements).join(", ");
        output::line(&format!("campaign {}  priority {}  in {places}", campaign.id, campaign.priority))?;
    }
    for hidden in &deciding.server_only {
        let (places, why) = (hidden.placements.join(", "), hidden.attributes.join(", "));
        output::line(&format!(
            "campaign {}  on the server only, in {places}: it touches {why}",
            hidden.campaign
        ))?;
    }
    for placement in asked {
        output::line(&format!("placement {placement}  pages ask the server"))?;
    }
    Ok(())
}
