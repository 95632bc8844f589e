//! What every request can reach.

use crate::enrich::Enricher;
use crate::enrich::country::Countries;
use crate::erase::Erased;
use crate::error::ApiError;
use crate::foreign::salt::DailySalt;
use crate::limit::Buckets;
use crate::live::Live;
use crate::log::Queue;
use crate::recover::Count;
use crate::replay;
use crate::ship::{Shipped, Shipping};
use crate::sink::Store;
use crate::sites::{SiteEntry, Sites};
use crate::telemetry::Metrics;
use crate::turns::{Turn, Turns};
use attune_control::Control;
use attune_schema::api::Ledger;
use attune_schema::outcome::{Reason, Refusal};
use attune_schema::time::Timestamp;
use axum::http::StatusCode;
use ipnet::IpNet;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The parts of a running collector; clones share them.
#[derive(Clone)]
pub struct App(pub Arc<Parts>);

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// See [`App`].
pub struct Parts {
    /// Folder of everything that lasts.
    pub data_dir: PathBuf,
    /// Accounts, sites, documents.
    pub control: Control,
    /// Sites in memory.
    pub sites: Sites,
    /// Which SDK pages get.
    pub sdk: crate::sdk::Sdk,
    /// The tags that they get.
    pub tags: crate::tag::Tags,
    /// The log.
    pub queue: Queue,
    /// From the log to the store.
    pub shipping: Shipping,
    /// Events to be asked about.
    pub store: Arc<dyn Store>,
    /// Completes rows.
    pub enricher: Arc<std::sync::Mutex<Enricher>>,
    /// Events of damaged segments that were stored after all.
    pub recovered: Count,
    /// Places for exports that run.
    pub exports: Arc<tokio::sync::Semaphore>,
    /// Places for erasures that wait for their turn.
    pub erasures: Arc<tokio::sync::Semaphore>,
    /// The turn.
    pub erasing: tokio::sync::Mutex<()>,
    /// Devices that ask to be forgotten, by address.
    pub forgets: Buckets<std::net::IpAddr>,
    /// Whose past is left out.
    pub erased: Erased,
    /// Events as they come in.
    pub live: Live,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
    /// The command line's key to this process.
    pub local_token: String,
    /// Whose turn it is to ask.
    pub turns: Turns,
    /// Sign-ins by account.
    pub sign_ins_by_user: Buckets<String>,
    /// Sign-ins by address.
    pub sign_ins_by_address: Buckets<std::net::IpAddr>,
    /// Batches by site.
    pub batches: Option<Buckets<u32>>,
    /// Requests by address.
    pub requests: Option<Buckets<std::net::IpAddr>>,
    /// What the server decided, a sample.
    pub decisions: crate::receipts::log::DecisionLog,
    /// Whether pages decide what the engine here decides.
    pub parity: crate::receipts::parity::Parity,
    /// Days for which requests are kept as they were received.
    pub raw_days: u32,
    /// Also those in which personal data was found.
    pub raw_personal: bool,
    /// Visitors of clients that have no id for them.
    pub salt: DailySalt,
    /// Countries of addresses, if there is a file.
    pub countries: Option<Countries>,
    /// Proxies whose word on who connected to them is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Batches being read at the same time.
    pub ingest_permits: tokio::sync::Semaphore,
    /// Becomes true when the server is to end: long answers watch it.
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

impl App {
    /// The time; of a request that is read again, the time when it was received.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        replay::received_at().unwrap_or_else(|| (self.clock)())
    }

    /// Waits for somebody's turn to ask.
    ///
    /// # Errors
    /// 429 if too many questions wait already.
    pub async fn turn(&self, person: &str) -> Result<Turn, ApiError> {
        self.turns.take(person).await.map_err(|_| {
            let message = "too many questions wait for their turn";
            ApiError::later(StatusCode::TOO_MANY_REQUESTS, "too_many_questions", message, 10)
        })
    }

    /// Where every event went. Derived from durable records and the cursor only.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        // The cursor first: it can only be behind the log, never ahead of it.
        let cursor = self.shipping.state.borrow().cursor;
        let totals = self.queue.totals();
        // No more than were missing: what is read again may have been stored by somebody else.
        let recovered = self.recovered.events().min(cursor.quarantined);
        let mut ledger = Ledger {
            received: totals.received,
            stored: cursor.stored + recovered,
            duplicate: totals.duplicates + cursor.duplicates,
            quarantined: cursor.quarantined - recovered,
            waiting: totals.accepted.saturating_sub(cursor.accepted),
            client_dropped: totals.client_dropped,
            ..Ledger::default()
        };
        for (reason, count) in Reason::ALL.iter().zip(totals.refused).filter(|(_, count)| *count > 0) {
            ledger.refused.insert(reason.code().to_owned(), count);
            *match reason.refusal() {
                Refusal::Filtered => &mut ledger.filtered,
                Refusal::Invalid => &mut ledger.invalid,
                Refusal::Expired => &mut ledger.expired,
                Refusal::Limited => &mut ledger.limited,
            } += count;
        }
        if cursor.erased > 0 {
            ledger.refused.insert("erased".to_owned(), cursor.erased);
            ledger.filtered += cursor.erased;
        }
        ledger
    }

    /// Whether pages of this site get the bundle before, because they decide otherwise by the current one.
    #[must_use]
    pub fn is_held(&self, site: &SiteEntry) -> bool {
        let digest = site.deciding.programs.device.digest;
        site.hold_on_difference && self.parity.is_believed(site.record.number, digest)
    }

    /// Age of the oldest event not yet shipped, in milliseconds.
    #[must_use]
    pub fn lag_ms(&self) -> u64 {
        let Shipped { oldest, .. } = *self.shipping.state.borrow();
        oldest.map_or(0, |oldest| self.now().since(oldest).max(0).unsigned_abs())
    }
}
