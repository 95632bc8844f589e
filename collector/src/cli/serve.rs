//! `attune serve`.

use super::{CommonArgs, output};
use crate::config::Config;
use crate::server::{Server, random_text};
use anyhow::Context;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// Options of `attune serve`.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", env = "ATTUNE_LISTEN", default_value = "127.0.0.1:8700")]
    listen: SocketAddr,
    /// Password of the first account, `admin`; drawn and shown once if absent.
    #[arg(long = "admin-password", env = "ATTUNE_ADMIN_PASSWORD", hide = true, hide_env_values = true)]
    admin_password: Option<String>,
    /// Batches a second that one site may send; 0 for no limit.
    #[arg(long, value_name = "N", default_value_t = 0)]
    batches_per_second: u32,
    /// Requests a second that one address may send; 0 for no limit.
    #[arg(long, value_name = "N", default_value_t = 0)]
    requests_per_address: u32,
    /// Days for which requests of other products' clients, and requests with refused events, are kept as they were
    /// received; 0 keeps none.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    raw_days: u32,
    /// Keeps also those in which personal data was found, as it was sent.
    #[arg(long)]
    raw_personal: bool,
    /// Address or network of a proxy whose X-Forwarded-For is believed; may be repeated.
    #[arg(long = "trusted-proxy", value_name = "NETWORK", env = "ATTUNE_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    trusted_proxies: Vec<IpNet>,
    /// File (.mmdb) that tells the country of an address; none is stored without it.
    #[arg(long, value_name = "FILE", env = "ATTUNE_COUNTRY_DB")]
    country_db: Option<PathBuf>,
    /// Most bytes of events waiting for the warehouse, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 16 << 10)]
    log_mib: u64,
    /// Bytes to leave free on the disk, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    free_mib: u64,
}

/// `192.0.2.0/24`, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from).ok();
    text.parse().ok().or_else(address).ok_or_else(|| format!("`{text}` is neither an address nor a network"))
}

impl CommonArgs {
    /// The configuration of a server that listens on `listen`.
    #[must_use]
    pub fn config(&self, listen: SocketAddr) -> Config {
        let mut config = Config::new(self.data.clone(), listen);
        config.control_url.clone_from(&self.control_url);
        config.warehouse_url.clone_from(&self.warehouse_url);
        config.warehouse_cluster.clone_from(&self.warehouse_cluster);
        config
    }
}

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// If the server cannot start.
pub async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let mut config = args.common.config(args.listen);
    config.batches_per_second = args.batches_per_second;
    config.requests_per_address = args.requests_per_address;
    config.raw_days = args.raw_days;
    config.raw_personal = args.raw_personal;
    config.trusted_proxies = args.trusted_proxies;
    config.country_db = args.country_db;
    config.limits.log_bytes = args.log_mib << 20;
    config.limits.free_bytes = args.free_mib << 20;
    let drawn = args.admin_password.is_none().then(|| random_text()[..20].to_owned());
    config.admin_password = args.admin_password.or_else(|| drawn.clone());
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let server = Server::start(&config).await.context("attune did not start")?;
    if let Some(password) = drawn.filter(|_| server.first_account) {
        output::notice(&format!("first account: user `admin`, password `{password}` (shown once)"));
    }
    let store = server.app().store.clone();
    tokio::spawn(async move {
        if let Err(error) = store.ping().await {
            output::notice(&format!("{error}; events are kept until it answers"));
        }
    });
    output::notice(&format!("attune listens on http://{}", server.address));
    if args.common.json {
        output::json(&serde_json::json!({ "address": server.address }))?;
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    output::notice("attune is stopping");
    server.stop().await;
    Ok(())
}
