//! What `serve` can be told.

use crate::listen::Connections;
use crate::log::Limits;
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Configuration of a collector; [`Config::new`] has safe defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of everything that lasts: log, cursor, control store, signing key.
    pub data_dir: PathBuf,
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// `postgres://…`; a SQLite file in the data folder if absent.
    pub control_url: Option<String>,
    /// ClickHouse server; embedded in the data folder if absent.
    pub warehouse_url: Option<String>,
    /// The cluster over which that server's tables are spread, if they are.
    pub warehouse_cluster: Option<String>,
    /// Makes the first account, `admin`, with this password if there is none at all.
    pub admin_password: Option<String>,
    /// How much may wait and how much may be kept.
    pub limits: Limits,
    /// Bytes after which a segment of the log is sealed.
    pub segment_bytes: u64,
    /// Batches a second that one site may send, with bursts of twice as many; no limit if 0.
    pub batches_per_second: u32,
    /// Requests a second that one address may send, with bursts of twice as many; no limit if 0. Trusted proxies
    /// are not counted, whoever is behind them is.
    pub requests_per_address: u32,
    /// Days for which requests are kept as they were received, if they may be needed again; none are if 0.
    pub raw_days: u32,
    /// Also those in which personal data was found.
    pub raw_personal: bool,
    /// How many may be connected, and how long they may say nothing.
    pub connections: Connections,
    /// A file, of the form that ends in `.mmdb`, that tells the country of an address.
    pub country_db: Option<PathBuf>,
    /// Proxies in front: their `X-Forwarded-For` is believed, nobody else's is.
    pub trusted_proxies: Vec<IpNet>,
}

impl Config {
    /// A collector for this machine only.
    #[must_use]
    pub fn new(data_dir: PathBuf, listen: SocketAddr) -> Self {
        Self {
            data_dir,
            listen,
            control_url: None,
            warehouse_url: None,
            warehouse_cluster: None,
            admin_password: None,
            limits: Limits::default(),
            segment_bytes: 32 << 20,
            batches_per_second: 0,
            requests_per_address: 0,
            raw_days: 7,
            raw_personal: false,
            connections: Connections::default(),
            country_db: None,
            trusted_proxies: Vec::new(),
        }
    }
}
