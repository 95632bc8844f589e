//! `attune site`.

use super::attach::{Attached, Client};
use super::{CommonArgs, output};
use attune_schema::api::{NewSite, Site};
use clap::{Args, Subcommand};

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
}

/// Runs `attune site`.
///
/// # Errors
/// What the server says.
pub async fn run(args: SiteArgs) -> anyhow::Result<()> {
    let common = match &args.command {
        SiteCommand::Add { common, .. } | SiteCommand::List { common } => common.clone(),
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
            if common.json {
                return output::json(&serde_json::json!({ "site": site.name, "key": site.key }));
            }
            output::line(&format!("{}  {}", site.name, site.key))
        }
        SiteCommand::List { common } => {
            let sites: Vec<Site> = client.get("/api/sites").await?;
            if common.json {
                return output::json(&sites);
            }
            sites.iter().try_for_each(|site| output::line(&format!("{}  {}", site.name, site.key)))
        }
    }
}
