//! `attune site`.

use super::attach::{Attached, Client};
use super::{CommonArgs, output};
use attune_schema::api::{
    NewServerKey, NewSite, Retention, ServerKey, ServerKeyMade, SilentPattern, Site, SiteChange,
};
use clap::{Args, Subcommand};
use reqwest::Method;

/// Options of `attune site`.
#[derive(Debug, Args)]
pub struct SiteArgs {
    #[command(subcommand)]
    command: SiteCommand,
}

#[derive(Debug, Subcommand)]
enum SiteCommand {
    /// Add a site and show its public key.
    Add {
        /// Short name: letters, digits, dots, dashes and underscores.
        name: String,
        /// Origin whose pages may send events, such as `https://www.example.com`; any if none is given.
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// List all sites.
    List {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Take no more events of a site.
    Pause(OneSite),
    /// Take its events again.
    Resume(OneSite),
    /// Say which origins' pages may send events; any if none is given.
    Origins {
        #[command(flatten)]
        site: OneSite,
        /// Origin, such as `https://www.example.com`.
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
    },
    /// Make, list and revoke keys with which servers sign their events.
    ServerKey {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Show or set for how many days a site keeps what it stores.
    Retention {
        #[command(flatten)]
        site: OneSite,
        /// Keep events for so many days.
        #[arg(long, value_name = "DAYS")]
        behaviour: Option<u32>,
        /// Keep what events of forms and searches say for so many days.
        #[arg(long, value_name = "DAYS")]
        texts: Option<u32>,
        /// Keep network addresses and user agents for so many days.
        #[arg(long, value_name = "DAYS")]
        addresses: Option<u32>,
        /// Keep what files say of people, and which browsers are whose, for so many days.
        #[arg(long, value_name = "DAYS")]
        people: Option<u32>,
        /// Set these limits and no others: what is not named is kept for ever.
        #[arg(long)]
        set: bool,
    },
    /// List patterns that nothing has matched for a day.
    SilentPatterns(OneSite),
    /// Give a site a new public key; the old one is refused from then on.
    RotateKey(OneSite),
    /// Decisions of pages that came out otherwise here, with both traces.
    Differences(OneSite),
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key; its secret is shown once.
    Add {
        #[command(flatten)]
        site: OneSite,
        /// Which system gets it.
        #[arg(long, value_name = "TEXT")]
        label: String,
    },
    /// List the keys of a site.
    List(OneSite),
    /// Revoke a key: what it signs is refused from then on.
    Revoke {
        #[command(flatten)]
        site: OneSite,
        /// Id of the key.
        id: String,
    },
}

impl KeyCommand {
    fn site(&self) -> &OneSite {
        match self {
            Self::Add { site, .. } | Self::Revoke { site, .. } | Self::List(site) => site,
        }
    }
}

#[derive(Debug, Args)]
struct OneSite {
    /// Name of the site.
    name: String,
    #[command(flatten)]
    common: CommonArgs,
}

/// Runs `attune site`.
///
/// # Errors
/// What the server says.
pub async fn run(args: SiteArgs) -> anyhow::Result<()> {
    let common = match &args.command {
        SiteCommand::Add { common, .. } | SiteCommand::List { common } => common.clone(),
        SiteCommand::Pause(site)
        | SiteCommand::Resume(site)
        | SiteCommand::Differences(site)
        | SiteCommand::SilentPatterns(site)
        | SiteCommand::RotateKey(site) => site.common.clone(),
        SiteCommand::Origins { site, .. } | SiteCommand::Retention { site, .. } => site.common.clone(),
        SiteCommand::ServerKey { command } => command.site().common.clone(),
    };
    let attached = Attached::open(&common).await?;
    let done = command(&attached.client, args.command).await;
    attached.close().await;
    done
}

async fn command(client: &Client, command: SiteCommand) -> anyhow::Result<()> {
    match command {
        SiteCommand::Add { name, origins, common } => {
            let site: Site = client.post("/api/sites", &NewSite { name, origins }).await?;
            show(&site, &common)
        }
        SiteCommand::List { common } => {
            let sites: Vec<Site> = client.get("/api/sites").await?;
            if common.json {
                return output::json(&sites);
            }
            sites.iter().try_for_each(|site| show(site, &common))
        }
        SiteCommand::Pause(site) => {
            change(client, site, SiteChange { paused: Some(true), origins: None }).await
        }
        SiteCommand::Resume(site) => {
            change(client, site, SiteChange { paused: Some(false), origins: None }).await
        }
        SiteCommand::Origins { site, origins } => {
            change(client, site, SiteChange { paused: None, origins: Some(origins) }).await
        }
        SiteCommand::ServerKey { command } => server_key(client, command).await,
        SiteCommand::Differences(OneSite { name, common }) => {
            let found: Vec<serde_json::Value> = client.get(&format!("/api/sites/{name}/differences")).await?;
            if common.json {
                return output::json(&found);
            }
            output::notice(&format!("{} decisions came out otherwise", found.len()));
            found.iter().try_for_each(output::json)
        }
        SiteCommand::Retention { site, behaviour, texts, addresses, people, set } => {
            let named = Retention {
                behaviour_days: behaviour,
                texts_days: texts,
                addresses_days: addresses,
                people_days: people,
            };
            retention(client, &site, named, set).await
        }
        SiteCommand::SilentPatterns(OneSite { name, common }) => {
            let silent: Vec<SilentPattern> = client.get(&format!("/api/sites/{name}/capture/silent")).await?;
            if common.json {
                return output::json(&silent);
            }
            silent.iter().try_for_each(|one| {
                output::line(&format!("{}  no {} for a day", one.id, one.events.join(", ")))
            })
        }
        SiteCommand::RotateKey(OneSite { name, common }) => {
            let site: Site = client.post(&format!("/api/sites/{name}/rotate-key"), &()).await?;
            show(&site, &common)
        }
    }
}

async fn server_key(client: &Client, command: KeyCommand) -> anyhow::Result<()> {
    let path = format!("/api/sites/{}/server-keys", command.site().name);
    match command {
        KeyCommand::Add { site, label } => {
            let made: ServerKeyMade = client.post(&path, &NewServerKey { label }).await?;
            if site.common.json {
                return output::json(&made);
            }
            output::line(&format!("{}  {}  (the secret is shown once)", made.key.id, made.secret))
        }
        KeyCommand::List(site) => {
            let keys: Vec<ServerKey> = client.get(&path).await?;
            if site.common.json {
                return output::json(&keys);
            }
            keys.iter().try_for_each(|key| output::line(&format!("{}  {}", key.id, key.label)))
        }
        KeyCommand::Revoke { id, .. } => client.tell(Method::DELETE, &format!("{path}/{id}"), &()).await,
    }
}

/// Changes the limits that are named, or with `set` all of them, and shows them as they are then.
async fn retention(client: &Client, site: &OneSite, named: Retention, set: bool) -> anyhow::Result<()> {
    let path = format!("/api/sites/{}/retention", site.name);
    let mut limits: Retention = client.get(&path).await?;
    if set {
        limits = named;
    } else {
        limits.behaviour_days = named.behaviour_days.or(limits.behaviour_days);
        limits.texts_days = named.texts_days.or(limits.texts_days);
        limits.addresses_days = named.addresses_days.or(limits.addresses_days);
        limits.people_days = named.people_days.or(limits.people_days);
    }
    if set || named != Retention::default() {
        client.tell(Method::PUT, &path, &limits).await?;
    }
    if site.common.json {
        return output::json(&limits);
    }
    for (class, days) in [
        ("behaviour", limits.behaviour_days),
        ("texts", limits.texts_days),
        ("addresses", limits.addresses_days),
        ("people", limits.people_days),
    ] {
        let days = days.map_or_else(|| "for ever".to_owned(), |days| format!("{days} days"));
        output::line(&format!("{class:<12}{days}"))?;
    }
    Ok(())
}

async fn change(client: &Client, site: OneSite, change: SiteChange) -> anyhow::Result<()> {
    let changed: Site = client.patch(&format!("/api/sites/{}", site.name), &change).await?;
    show(&changed, &site.common)
}

fn show(site: &Site, common: &CommonArgs) -> anyhow::Result<()> {
    if common.json {
        return output::json(
            &serde_json::json!({ "site": site.name, "key": site.key, "paused": site.paused }),
        );
    }
    let paused = if site.paused { "  paused" } else { "" };
    output::line(&format!("{}  {}{paused}", site.name, site.key))
}
