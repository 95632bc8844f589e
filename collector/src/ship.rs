//! Ships the log to the store: each event once, whatever crashes in between.
//!
//! A range of records is written to the cursor before it is inserted, so a crash is followed by the same range
//! with the same token. Ids are looked up before the insert, in the store and within the range; rows that the
//! range itself stored before a crash do not count, so the second attempt builds the very same rows.
//!
//! Collectors that share a control store take turns, so that an event sent to one and again to another is looked up
//! by the second only when the first has it in the store, or has not begun.

use crate::cursor::{Cursor, Range};
use crate::enrich::{self, Enricher};
use crate::erase::Erased;
use crate::log::{Durable, Item, Queue, Reader};
use crate::sink::{Store, StoreError};
use crate::telemetry::{Metric, Metrics};
use crate::{raw, record};
use attune_control::Control;
use attune_schema::id::EventId;
use attune_schema::time::{DAY_MS, Timestamp};
use attune_warehouse::raw::RawRow;
use attune_warehouse::row::EventRow;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, watch};

/// Events after which a range is cut.
const RANGE_EVENTS: usize = 20_000;
/// Bytes after which a range is cut: bounds memory.
const RANGE_BYTES: usize = 4 << 20;
/// Longest wait for more events.
const RANGE_WAIT: Duration = Duration::from_secs(1);
/// Longest time for a range to be looked up and inserted: others may be waiting for their turn.
const TURN_MAX: Duration = Duration::from_secs(120);
/// Wait after the first failure.
const BACKOFF_MIN: Duration = Duration::from_millis(200);
/// Longest wait after a failure.
const BACKOFF_MAX: Duration = Duration::from_secs(15);

/// Where shipping stands, for `/health`, `/api/ledger` and `/api/flush`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shipped {
    /// The cursor.
    pub cursor: Cursor,
    /// Receipt of the oldest event not yet shipped.
    pub oldest: Option<Timestamp>,
}

/// Asks the shipper and tells it to hurry.
#[derive(Clone)]
pub struct Shipping {
    /// Where it stands.
    pub state: watch::Receiver<Shipped>,
    hurry: Arc<Notify>,
    turn: Arc<Mutex<()>>,
}

impl Shipping {
    /// Waits for the range in progress; nothing is shipped until the guard is dropped.
    pub async fn pause(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// Cuts the current range now.
    pub fn hurry(&self) {
        self.hurry.notify_one();
    }
}

/// What the shipper works with.
pub struct Shipper {
    /// Folder of the log.
    pub log_dir: PathBuf,
    /// Drawn when the log was made.
    pub log_id: u128,
    /// The cursor's file.
    pub cursor_path: PathBuf,
    /// Where it stood at the last stop.
    pub cursor: Cursor,
    /// The log's other end.
    pub queue: Queue,
    /// Where events go.
    pub store: Arc<dyn Store>,
    /// Gives collectors that share a store their turns.
    pub control: Control,
    /// Whose past is left out.
    pub erased: Erased,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Completes the rows.
    pub enricher: Arc<std::sync::Mutex<Enricher>>,
}

/// Why a range was not shipped.
#[derive(Debug, thiserror::Error)]
enum ShipError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("log or cursor: {0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Turn(#[from] attune_control::Error),
    #[error("the warehouse did not answer in time")]
    Slow,
}

impl Shipper {
    /// Starts shipping until `stop` says so; the handle ends after the range in progress.
    #[must_use]
    pub fn start(self, stop: watch::Receiver<bool>) -> (Shipping, tokio::task::JoinHandle<()>) {
        let hurry = Arc::new(Notify::new());
        let (publish, state) = watch::channel(Shipped { cursor: self.cursor, oldest: None });
        let turn = Arc::new(Mutex::new(()));
        let run = Run { shipper: self, publish, hurry: Arc::clone(&hurry), turn: Arc::clone(&turn), stop };
        (Shipping { state, hurry, turn }, tokio::spawn(run.run()))
    }
}

struct Run {
    shipper: Shipper,
    publish: watch::Sender<Shipped>,
    hurry: Arc<Notify>,
    turn: Arc<Mutex<()>>,
    stop: watch::Receiver<bool>,
}

/// A range read from the log.
struct Cut {
    range: Range,
    rows: Vec<EventRow>,
    raw: Vec<RawRow>,
    after: Cursor,
}

impl Run {
    async fn run(mut self) {
        let mut durable = self.shipper.queue.durable();
        let mut backoff = BACKOFF_MIN;
        let mut first_seen: Option<tokio::time::Instant> = None;
        while !*self.stop.borrow() {
            let now = *durable.borrow_and_update();
            if now.end.sequence <= self.shipper.cursor.position.sequence {
                first_seen = None;
                tokio::select! {
                    changed = durable.changed() => if changed.is_err() { return },
                    () = ended(&mut self.stop) => return
                }
                continue;
            }
            let seen = *first_seen.get_or_insert_with(tokio::time::Instant::now);
            let waiting = now.totals.accepted.saturating_sub(self.shipper.cursor.accepted);
            let due = self.shipper.cursor.pending.is_some() || waiting >= RANGE_EVENTS as u64;
            if !due && seen.elapsed() < RANGE_WAIT {
                tokio::select! {
                    () = tokio::time::sleep_until(seen + RANGE_WAIT) => {}
                    () = self.hurry.notified() => first_seen = Some(seen - RANGE_WAIT),
                    changed = durable.changed() => if changed.is_err() { return },
                    () = ended(&mut self.stop) => return
                }
                continue;
            }
            // A store that was away is asked before the range is read again.
            let ready = if backoff > BACKOFF_MIN { self.shipper.store.ping().await } else { Ok(()) };
            let shipped = match ready {
                Ok(()) => self.ship_one(now).await,
                Err(error) => Err(error.into()),
            };
            match shipped {
                Ok(()) => {
                    backoff = BACKOFF_MIN;
                    first_seen = None;
                }
                Err(error) => {
                    self.shipper.metrics.add(Metric::ShipFailures, 1);
                    tracing::warn!(%error, "shipping failed; the events stay in the log");
                    let jitter = f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX);
                    tokio::select! {
                        () = tokio::time::sleep(backoff.mul_f64(0.5 + jitter)) => {}
                        () = ended(&mut self.stop) => return
                    }
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
            }
        }
    }

    async fn ship_one(&mut self, durable: Durable) -> Result<(), ShipError> {
        let _turn = Arc::clone(&self.turn).lock_owned().await;
        let cut = self.cut(durable).await?;
        let oldest = cut.rows.first().map(|row| row.received_at);
        self.publish.send_modify(|shipped| shipped.oldest = oldest);
        if self.shipper.cursor.pending.is_none() {
            self.shipper.cursor.pending = Some(cut.range);
            self.save()?;
        }
        let (mut rows, mut raw) = (cut.rows, cut.raw);
        let read = rows.len();
        self.shipper.erased.leave_out(&mut rows, &mut raw);
        let kept = rows.len();
        let (log_id, era) = (self.shipper.log_id, self.shipper.cursor.era);
        let batch = batch_number(log_id, era, cut.range);
        let token = token(log_id, era, cut.range);
        // From the look-up to the end of the insert nobody else may store the same ids.
        let turn = self.shipper.control.turn().await?;
        let stored = tokio::time::timeout(TURN_MAX, self.store_new(rows, &raw, batch, &token)).await;
        let stored = stored.map_err(|_| ShipError::Slow)??;
        turn.end().await?;
        let mut after = cut.after;
        after.stored += stored as u64;
        after.duplicates += (kept - stored) as u64;
        after.erased += (read - kept) as u64;
        after.pending = None;
        self.shipper.cursor = after;
        self.save()?;
        self.shipper.queue.ack_up_to(after.position.sequence).await;
        self.shipper.metrics.add(Metric::EventsShipped, stored as u64);
        self.publish.send_replace(Shipped { cursor: after, oldest: None });
        Ok(())
    }

    fn save(&self) -> io::Result<()> {
        self.shipper.cursor.save(&self.shipper.cursor_path)
    }

    /// Reads the pending range again, or cuts a new one.
    async fn cut(&self, durable: Durable) -> Result<Cut, ShipError> {
        let (dir, cursor) = (self.shipper.log_dir.clone(), self.shipper.cursor);
        let enricher = Arc::clone(&self.shipper.enricher);
        let read = tokio::task::spawn_blocking(move || {
            let mut enricher = enricher.lock().unwrap_or_else(PoisonError::into_inner);
            read_range(dir, cursor, durable, &mut enricher)
        });
        Ok(read.await.map_err(io::Error::other)??)
    }

    /// Stores what the store does not have; says how many rows that were.
    async fn store_new(
        &self,
        rows: Vec<EventRow>,
        raw: &[RawRow],
        batch: u64,
        token: &str,
    ) -> Result<usize, StoreError> {
        let rows = not_stored(self.shipper.store.as_ref(), rows, batch).await?;
        if !rows.is_empty() {
            self.shipper.store.insert(token, batch, &rows).await?;
        }
        if !raw.is_empty() {
            self.shipper.store.insert_raw(token, batch, raw).await?;
        }
        Ok(rows.len())
    }
}

/// Leaves out the rows whose id is in the store, by any batch but `batch`, or earlier among them.
///
/// A day of slack: the same event sent twice can have its time corrected differently.
pub(crate) async fn not_stored(
    store: &dyn Store,
    rows: Vec<EventRow>,
    batch: u64,
) -> Result<Vec<EventRow>, StoreError> {
    let mut by_site: BTreeMap<u32, (Vec<EventId>, i64, i64)> = BTreeMap::new();
    for row in &rows {
        let (ids, from, to) = by_site.entry(row.site).or_insert((Vec::new(), i64::MAX, i64::MIN));
        ids.push(row.id);
        *from = row.at.0.min(*from);
        *to = row.at.0.max(*to);
    }
    let mut known: HashSet<(u32, EventId)> = HashSet::new();
    for (site, (ids, from, to)) in &by_site {
        let (from, to) = (from.saturating_sub(DAY_MS).max(0), to.saturating_add(DAY_MS));
        let existing = store.existing(*site, ids, from, to, batch).await?;
        known.extend(existing.into_iter().map(|id| (*site, id)));
    }
    Ok(rows.into_iter().filter(|row| known.insert((row.site, row.id))).collect())
}

fn read_range(dir: PathBuf, cursor: Cursor, durable: Durable, enricher: &mut Enricher) -> io::Result<Cut> {
    let mut reader = Reader::new(dir, cursor.position).after(cursor.accepted);
    let mut after = cursor;
    let (mut rows, mut raw_rows) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    let stop = |sequence, rows: usize, bytes| match cursor.pending {
        Some(range) => sequence >= range.to,
        None => rows >= RANGE_EVENTS || bytes >= RANGE_BYTES,
    };
    while !stop(reader.position().sequence, rows.len(), bytes) {
        match reader.next(&durable)? {
            Some(Item::Record(record)) => {
                bytes += record.body.len();
                let read = match record.body.first() {
                    Some(&raw::KIND) => raw::row(&record.body).map(|row| raw_rows.push(row)),
                    _ => record::read(&record.body).map(|mut read| {
                        enricher.put(&mut read);
                        rows.extend(read.rows);
                    }),
                };
                match read {
                    Ok(()) => {}
                    Err(_) => {
                        // Damaged before it was written, or of a later version of this program.
                        tracing::error!(record = record.sequence, "a log record cannot be read");
                        reader.set_aside()?;
                        after.quarantined += record.accepted;
                    }
                }
            }
            Some(Item::Lost { events }) => {
                tracing::error!(events, "events lost to a damaged log segment");
                after.quarantined += events;
            }
            None => break,
        }
    }
    enrich::put_rates(&mut rows);
    after.position = reader.position();
    after.accepted = reader.accepted();
    let range =
        cursor.pending.unwrap_or(Range { from: cursor.position.sequence, to: after.position.sequence });
    Ok(Cut { range, rows, raw: raw_rows, after })
}

/// Waits until the server is to end, or is gone.
pub(crate) async fn ended(stop: &mut watch::Receiver<bool>) {
    let _gone = stop.wait_for(|stop| *stop).await;
}

/// Numbers a range: its place in the log, below 24 bits of the log's id and the cursor's era, so that a log or a
/// cursor made anew never takes the rows of the old one for its own.
fn batch_number(log_id: u128, era: u64, range: Range) -> u64 {
    const PLACE_BITS: u32 = 40;
    ((log_id as u64 ^ era) << PLACE_BITS) | (range.from & ((1 << PLACE_BITS) - 1))
}

/// Names the rows of a range; the same after a crash.
fn token(log_id: u128, era: u64, range: Range) -> String {
    let digest = Sha256::digest(format!("{log_id:032x}/{era:016x}/{}/{}", range.from, range.to));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
