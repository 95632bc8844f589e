//! The `attune` server and command line.
//!
//! Path of an event: [`endpoint::batch`] reads a body, [`pipeline`] judges each event, [`log`] makes the good
//! ones durable and only then the answer goes out; [`ship`] takes them from the log to the [`sink`], each once.
//! What is not here: SQL (in `control` and `warehouse`), decisions (in `engine`).

pub mod aside;
pub mod backtest;
pub mod backup;
pub mod bundle;
pub mod cli;
pub mod config;
pub mod cursor;
pub mod data;
pub mod debug;
pub mod decide;
pub mod description;
pub mod endpoint;
pub mod enrich;
pub mod erase;
pub mod error;
pub mod export;
pub mod extract;
pub mod foreign;
pub mod import;
pub mod learn;
pub mod limit;
pub mod listen;
pub mod live;
pub mod log;
pub mod model;
pub mod pipeline;
pub mod predictors;
pub mod raw;
pub mod receipts;
pub mod record;
pub mod recover;
pub mod replay;
pub mod retention;
pub mod router;
pub mod sdk;
pub mod server;
pub mod ship;
pub mod silent;
pub mod sink;
pub mod sites;
pub mod state;
pub mod tag;
pub mod telemetry;
pub mod turns;
pub mod watch;

pub use config::Config;
pub use server::{Parts, Server, StartError};

use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::path::Path;

/// Serves until `shutdown` is done, then finishes what is in progress and closes everything.
///
/// # Errors
/// If the server cannot start, or breaks.
pub async fn run(config: Config, shutdown: impl Future<Output = ()> + Send) -> Result<(), StartError> {
    let server = Server::start(&config).await?;
    shutdown.await;
    server.stop().await;
    Ok(())
}

/// Replaces a file, or makes it; only its owner can read it. It is on disk, whole, when this returns.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    // The folder of a bare name is the current one.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
