//! The warehouse as the rest sees it.

use crate::cluster::check_name;
use crate::embedded::{Embedded, find_library};
use crate::migrate::{check, migrate};
use crate::{Error, embedded};
use clickhouse::Client;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Tables of all sites live in this database.
pub(crate) const DATABASE: &str = "attune";

/// Rows that units' events are asked of at once: an answer comes as a whole, and this process holds it.
const ROWS_AT_ONCE: u64 = 4_000_000;

/// Users' statements that run at once.
const STATEMENTS: usize = 2;

/// Where events are kept.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// A server, `http://user:password@host:port`; the embedded engine without.
    pub url: Option<String>,
    /// Folder of the embedded engine's data.
    pub data_dir: PathBuf,
    /// The embedded engine's library; looked for if absent (see [`embedded::find_library`]).
    pub library: Option<PathBuf>,
    /// More of the embedded engine's own arguments, such as `--config-file=…`.
    pub arguments: Vec<String>,
    /// Name of the cluster over which the server's tables are spread (see [`crate::cluster`]), if they are.
    pub cluster: Option<String>,
}

/// Open tables.
#[derive(Clone)]
pub struct Warehouse {
    pub(crate) client: Client,
    embedded: Option<Embedded>,
    cluster: Option<String>,
    /// Users' statements at once: fewer than there are connections, so that inserts and questions always find one.
    pub(crate) statements: Arc<Semaphore>,
    /// See [`ROWS_AT_ONCE`].
    pub(crate) rows_at_once: u64,
}

impl std::fmt::Debug for Warehouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Warehouse").field("embedded", &self.embedded.is_some()).finish_non_exhaustive()
    }
}

impl Warehouse {
    /// Connects, and brings the tables up to date.
    ///
    /// # Errors
    /// [`Error::NoEngine`] without a server and without the library; [`Error::Engine`] if another process
    /// holds the data; [`Error::Client`] if the server does not answer.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let (client, embedded) = match &config.url {
            Some(url) => (server(url)?, None),
            None => {
                let library = config.library.clone().or_else(find_library).ok_or(Error::NoEngine)?;
                let (data, arguments) = (config.data_dir.clone(), config.arguments.clone());
                let opening = move || Embedded::open_with(&library, &data, &arguments);
                let opened = tokio::task::spawn_blocking(opening).await;
                let embedded: embedded::Embedded = opened
                    .map_err(|error| Error::Question(format!("the engine did not open: {error}")))??;
                (embedded.client(), Some(embedded))
            }
        };
        let client = match &config.cluster {
            None => {
                migrate(&client, DATABASE).await?;
                client
            }
            Some(cluster) => {
                check_name("cluster", cluster)?;
                check(&client, DATABASE, cluster).await?;
                // What is joined or listed may be on another shard; an insert is over when all shards have it.
                client
                    .with_setting("distributed_product_mode", "global")
                    .with_setting("distributed_foreground_insert", "1")
            }
        };
        let statements = Arc::new(Semaphore::new(STATEMENTS));
        let cluster = config.cluster.clone();
        Ok(Self {
            client: client.with_database(DATABASE),
            embedded,
            cluster,
            statements,
            rows_at_once: ROWS_AT_ONCE,
        })
    }

    /// The same, asking fewer rows at once: for tests, whose histories are short.
    #[doc(hidden)]
    #[must_use]
    pub fn asking_at_once(&self, rows: u64) -> Self {
        Self { rows_at_once: rows, ..self.clone() }
    }

    /// What changes the rows of `table` that are there must be told, with the servers that it is told.
    pub(crate) fn stored(&self, table: &str) -> String {
        match &self.cluster {
            None => table.to_owned(),
            Some(cluster) => format!("{table}_local ON CLUSTER {cluster}"),
        }
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), Error> {
        self.client.query("SELECT toUInt8(1)").fetch_one::<u8>().await?;
        Ok(())
    }

    /// Runs a statement as it is: for tests of what other programs do to the tables.
    #[doc(hidden)]
    pub async fn run(&self, statement: &str) -> Result<(), Error> {
        Ok(self.client.query_raw(statement).execute().await?)
    }

    /// Merges no parts until [`Warehouse::resume_merges`], so that the embedded engine's files can be copied; does
    /// nothing to a server.
    pub async fn pause_merges(&self) -> Result<(), Error> {
        self.merges("STOP").await
    }

    /// See [`Warehouse::pause_merges`].
    pub async fn resume_merges(&self) -> Result<(), Error> {
        self.merges("START").await
    }

    async fn merges(&self, what: &str) -> Result<(), Error> {
        if self.embedded.is_some() {
            self.client.query_raw(&format!("SYSTEM {what} MERGES")).execute().await?;
        }
        Ok(())
    }

    /// Waits for running statements and closes the embedded engine.
    pub async fn close(&self) {
        if let Some(embedded) = &self.embedded {
            embedded.close().await;
        }
    }
}

/// A client for `url`; user and password are taken out of the address and sent as headers.
fn server(url: &str) -> Result<Client, Error> {
    let bad =
        || Error::Question("CLICKHOUSE_URL is not of the form http://user:password@host:port".to_owned());
    let (scheme, rest) = url.split_once("://").ok_or_else(bad)?;
    let (login, address) =
        rest.rsplit_once('@').map_or((None, rest), |(login, address)| (Some(login), address));
    if address.is_empty() {
        return Err(bad());
    }
    let mut client = Client::default().with_url(format!("{scheme}://{address}"));
    if let Some((user, password)) = login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
        client = client.with_user(user).with_password(password);
    }
    Ok(client)
}
