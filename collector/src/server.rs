//! Puts the parts together, in order, and takes them apart in the reverse order.

use crate::aside::Aside;
use crate::bundle::Signer;
use crate::config::Config;
use crate::cursor::Cursor;
use crate::data::{Contact, DataDir};
use crate::enrich::country::Countries;
use crate::erase::Erased;
use crate::foreign::salt::DailySalt;
use crate::limit::Buckets;
use crate::listen;
use crate::live::Live;
use crate::log::{Item, Journal, Queue, SegmentLog};
use crate::pipeline::dedupe::Window;
use crate::receipts::log::DecisionLog;
use crate::receipts::parity::Parity;
use crate::recover::Count;
use crate::router::router;
use crate::sdk::Sdk;
use crate::ship::Shipper;
use crate::sink::Store;
use crate::sink::warehouse::WarehouseStore;
use crate::sites::Sites;
use crate::state::{App, Clock};
use crate::tag::Tags;
use crate::telemetry::Metrics;
use crate::turns::Turns;
use crate::{record, state};
use attune_control::Control;
use attune_schema::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process has the data folder.
    #[error("the data folder is in use by another attune process")]
    InUse,
    /// A file or the address.
    #[error("{0}: {1}")]
    Io(&'static str, #[source] std::io::Error),
    /// The country file.
    #[error(transparent)]
    Countries(#[from] crate::enrich::country::BadFile),
    /// The control store.
    #[error(transparent)]
    Control(#[from] attune_control::Error),
}

fn io(what: &'static str) -> impl Fn(std::io::Error) -> StartError {
    move |error| StartError::Io(what, error)
}

/// A collector without an address: what tests and [`Server`] build on.
pub struct Parts {
    /// What requests reach.
    pub app: App,
    data: DataDir,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Parts {
    /// Opens the data folder and starts log and shipper.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(config: &Config, store: Arc<dyn Store>, clock: Clock) -> Result<Self, StartError> {
        let data = DataDir::lock(&config.data_dir).map_err(io("data folder"))?.ok_or(StartError::InUse)?;
        Self::open_locked(config, data, store, clock).await
    }

    async fn open_locked(
        config: &Config,
        data: DataDir,
        store: Arc<dyn Store>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let countries = config.country_db.as_deref().map(Countries::open).transpose()?;
        let control = match &config.control_url {
            Some(url) => Control::open(url).await?,
            None => Control::open_file(&data.file("control.db")).await?,
        };
        let signer = Signer::open(&data.file("signing.key")).map_err(io("signing key"))?;
        let sites = Sites::new(signer, Arc::clone(&clock));
        sites.refresh(&control).await?;
        let sdk = Sdk::default();
        sdk.refresh(&control).await?;
        let erased = Erased::default();
        erased.refresh(&control).await?;

        let log_dir = data.file("log");
        let segment_bytes = config.segment_bytes;
        let opening = {
            let log_dir = log_dir.clone();
            tokio::task::spawn_blocking(move || open_log(&log_dir, segment_bytes))
        };
        let (mut log, window) =
            opening.await.map_err(|e| io("log")(std::io::Error::other(e)))?.map_err(io("log"))?;
        let cursor_path = data.file("cursor.json");
        let cursor = Cursor::begin(Cursor::load(&cursor_path).map_err(io("cursor"))?, &log);
        log.skip_to(cursor.position.sequence, cursor.accepted).map_err(io("log"))?;
        let log_id = log.id();
        let queue = Queue::start(log, window, config.limits, &data.file("")).map_err(io("log thread"))?;

        let metrics = Arc::new(Metrics::default());
        let (stop, stopping) = watch::channel(false);
        let enricher = Arc::default();
        let shipper = Shipper {
            log_dir,
            log_id,
            cursor_path,
            cursor,
            queue: queue.clone(),
            store: Arc::clone(&store),
            control: control.clone(),
            erased: erased.clone(),
            metrics: Arc::clone(&metrics),
            enricher: Arc::clone(&enricher),
        };
        let (shipping, shipper) = shipper.start(stopping.clone());
        let app = App(Arc::new(state::Parts {
            data_dir: config.data_dir.clone(),
            control,
            enricher,
            recovered: Count::open(data.file("recovered.json")).map_err(io("recovered.json"))?,
            erased,
            exports: Arc::new(tokio::sync::Semaphore::new(crate::export::AT_ONCE)),
            erasures: Arc::new(tokio::sync::Semaphore::new(crate::erase::WAITING)),
            erasing: tokio::sync::Mutex::default(),
            // People share addresses, but not that many forget themselves at once.
            forgets: Buckets::new(10.0, 0.2),
            sites,
            sdk,
            tags: Tags::default(),
            queue,
            shipping,
            store,
            live: Live::default(),
            metrics,
            clock,
            local_token: random_text(),
            turns: Turns::default(),
            sign_ins_by_user: Buckets::new(5.0, 0.1),
            sign_ins_by_address: Buckets::new(20.0, 0.5),
            batches: Buckets::of_rate(config.batches_per_second),
            requests: Buckets::of_rate(config.requests_per_address),
            decisions: DecisionLog::open(data.file("decisions")).map_err(io("decision log"))?,
            parity: Parity::default(),
            raw_days: config.raw_days,
            raw_personal: config.raw_personal,
            salt: DailySalt::open(&data.file("salt.json")),
            countries,
            trusted_proxies: config.trusted_proxies.clone(),
            ingest_permits: tokio::sync::Semaphore::new(512),
            stopping: stopping.clone(),
        }));
        let learner = tokio::spawn(crate::learn::keep_learning(app.clone(), stopping.clone()));
        let watcher = tokio::spawn(crate::watch::keep_watching(app.clone(), stopping.clone()));
        let retainer = tokio::spawn(crate::retention::keep_retaining(app.clone(), stopping.clone()));
        let refresher = tokio::spawn(refresh_sites(app.clone(), stopping));
        Ok(Self { app, data, stop, tasks: vec![shipper, refresher, learner, retainer, watcher] })
    }

    /// Ends the shipper after its range, commits what waits, closes the stores.
    pub async fn close(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task broke");
            }
        }
        self.app.queue.close().await;
        self.app.store.close().await;
        self.app.control.close().await;
    }
}

/// Opens the log and remembers the ids of its last events.
fn open_log(dir: &std::path::Path, segment_bytes: u64) -> std::io::Result<(SegmentLog, Window)> {
    let log = SegmentLog::open(dir, segment_bytes, random_number())?;
    let mut window = Window::default();
    let (durable, mut reader) = (log.durable(), log.read_from(log.start_of_last(Window::CAPACITY)));
    while let Some(item) = reader.next(&durable)? {
        if let Item::Record(record) = item {
            for row in record::read(&record.body).map(|read| read.rows).unwrap_or_default() {
                window.insert(row.site, row.id);
            }
            window.keep_group();
        }
    }
    Ok((log, window))
}

/// Notices what other processes changed in a shared control store.
async fn refresh_sites(app: App, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
            () = crate::ship::ended(&mut stopping) => return,
        }
        if let Err(error) = app.salt.forget(app.now()) {
            tracing::error!(%error, "yesterday's key for visitors without an id could not be removed");
        }
        match app.erased.refresh(&app.control).await {
            Ok(false) => {}
            // What this log still holds of somebody goes with its old segments.
            Ok(true) => app.queue.seal().await,
            Err(error) => tracing::warn!(%error, "erasures could not be read again"),
        }
        if let Err(error) = app.sites.refresh(&app.control).await {
            tracing::warn!(%error, "sites could not be read again");
        }
        if let Err(error) = app.sdk.refresh(&app.control).await {
            tracing::warn!(%error, "which SDK pages get could not be read again");
        }
    }
}

/// A collector that listens.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Lets the command line use the API.
    pub token: String,
    /// Whether the account `admin` was made just now.
    pub first_account: bool,
    parts: Parts,
    serving: JoinHandle<()>,
    aside: Aside,
}

impl Server {
    /// Starts everything; ready when this returns.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        let data = DataDir::lock(&config.data_dir).map_err(io("data folder"))?.ok_or(StartError::InUse)?;
        Self::start_locked(config, data).await
    }

    /// [`Server::start`] in a folder that is locked already.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start_locked(config: &Config, data: DataDir) -> Result<Self, StartError> {
        let listener = tokio::net::TcpListener::bind(config.listen).await.map_err(io("address"))?;
        let address = listener.local_addr().map_err(io("address"))?;
        let store = Arc::new(WarehouseStore::new(config));
        let parts = Parts::open_locked(config, data, store, system_clock()).await?;
        let first_account = match &config.admin_password {
            Some(password) if parts.app.control.users().await?.is_empty() => {
                parts.app.control.add_user("admin", password, parts.app.now()).await?;
                true
            }
            _ => false,
        };
        let token = parts.app.local_token.clone();
        parts.data.announce(&Contact { address, token: token.clone() }).map_err(io("server.json"))?;
        listen::raise_file_limit();
        let aside = Aside::start().map_err(io("threads"))?;
        let serving = tokio::spawn(listen::serve(
            listener,
            router(parts.app.clone()),
            aside.threads(),
            config.connections.clone(),
            config.trusted_proxies.clone(),
            Arc::clone(&parts.app.metrics),
            parts.app.stopping.clone(),
        ));
        Ok(Self { address, token, first_account, parts, serving, aside })
    }

    /// What requests reach.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.parts.app
    }

    /// Stops accepting, finishes requests, commits, closes.
    pub async fn stop(self) {
        self.parts.stop.send_replace(true);
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "serving broke");
        }
        self.parts.data.withdraw();
        self.parts.close().await;
        drop(self.aside);
    }
}

/// The machine's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

/// 128 random bits.
pub(crate) fn random_number() -> u128 {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    u128::from_be_bytes(bytes)
}

/// 256 random bits as text.
#[must_use]
pub fn random_text() -> String {
    let bytes = [random_number().to_be_bytes(), random_number().to_be_bytes()].concat();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
