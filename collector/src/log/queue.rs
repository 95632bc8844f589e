//! The one thread that writes: requests wait in a bounded queue, a group of them shares one sync.

use super::totals::{Tally, Totals};
use super::{CommitError, Durable, Journal, SegmentLog};
use crate::pipeline::dedupe::Window;
use crate::record::Draft;
use attune_schema::id::EventId;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// How much may wait and how much may be kept.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests in the queue.
    pub requests: usize,
    /// Bytes in the queue.
    pub queue_bytes: u64,
    /// Bytes in all segments.
    pub log_bytes: u64,
    /// Bytes to leave free on the disk.
    pub free_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests: 4_096, queue_bytes: 64 << 20, log_bytes: 16 << 30, free_bytes: 256 << 20 }
    }
}

/// Why a request was not written; nothing of it is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Too much is waiting already.
    #[error("the queue is full")]
    Busy,
    /// The log or the disk has no room.
    #[error("the log is full")]
    Full,
    /// The collector is shutting down.
    #[error("shutting down")]
    Closed,
}

/// What became of a request that is durable.
#[derive(Debug, Default)]
pub struct Written {
    /// Positions, within the draft's events, of those whose id was there already; ascending.
    pub duplicates: Vec<usize>,
}

type Outcome = Result<Written, Rejected>;

enum Command {
    Write { draft: Draft, bytes: u64, answer: oneshot::Sender<Outcome> },
    Ack(u64),
    Forget(u32, Vec<EventId>),
    Seal(oneshot::Sender<()>),
    Close(oneshot::Sender<()>),
}

/// Hands requests to the writing thread; clones share it.
#[derive(Clone)]
pub struct Queue {
    commands: mpsc::Sender<Command>,
    waiting_bytes: Arc<AtomicU64>,
    full: Arc<AtomicBool>,
    limited: Arc<AtomicU64>,
    limits: Limits,
    durable: watch::Receiver<Durable>,
}

impl Queue {
    /// Starts the thread. `dir` is the folder whose disk is watched.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(log: SegmentLog, window: Window, limits: Limits, dir: &Path) -> std::io::Result<Self> {
        let (commands, inbox) = mpsc::channel(limits.requests);
        let (published, durable) = watch::channel(log.durable());
        let waiting_bytes = Arc::new(AtomicU64::new(0));
        let full = Arc::new(AtomicBool::new(false));
        let limited = Arc::new(AtomicU64::new(0));
        let thread = Thread {
            log,
            body: Vec::new(),
            window,
            inbox,
            published,
            waiting_bytes: Arc::clone(&waiting_bytes),
            full: Arc::clone(&full),
            limited: Arc::clone(&limited),
            group_limited: 0,
            room: Room { dir: dir.to_owned(), limits, checked: None },
        };
        std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            let _guard = EndTheProcess;
            thread.run();
        })?;
        Ok(Self { commands, waiting_bytes, full, limited, limits, durable })
    }

    /// Writes `draft`; returns once it is on disk.
    ///
    /// # Errors
    /// [`Rejected`]: nothing was written and the client should send again.
    pub async fn write(&self, draft: Draft) -> Result<Written, Rejected> {
        if self.full.load(Ordering::Relaxed) {
            // Asks the thread to look again, so that room made meanwhile is noticed.
            let _nudge = self.commands.try_send(Command::Ack(0));
            return Err(Rejected::Full);
        }
        let bytes = draft.size() as u64;
        if self.waiting_bytes.load(Ordering::Relaxed) + bytes > self.limits.queue_bytes {
            return Err(Rejected::Busy);
        }
        let (answer, written) = oneshot::channel();
        self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        if let Err(error) = self.commands.try_send(Command::Write { draft, bytes, answer }) {
            self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Err(match error {
                mpsc::error::TrySendError::Full(_) => Rejected::Busy,
                mpsc::error::TrySendError::Closed(_) => Rejected::Closed,
            });
        }
        written.await.unwrap_or(Err(Rejected::Closed))
    }

    /// Counts events that were turned away unjudged. A sync for each would spare nothing: the next record carries
    /// the count.
    pub fn count_limited(&self, events: u64) {
        self.limited.fetch_add(events, Ordering::Relaxed);
    }

    /// Counts of what is on disk, and of what was turned away since.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = self.durable.borrow().totals;
        let mut tally = Tally::default();
        tally.turn_away(self.limited.load(Ordering::Relaxed));
        totals.add(&tally);
        totals
    }

    /// Whether events are refused for want of room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// What it was started with.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Lets everything before `sequence` be deleted.
    pub async fn ack_up_to(&self, sequence: u64) {
        // A closed queue deletes nothing; the next start will.
        let _closed = self.commands.send(Command::Ack(sequence)).await;
    }

    /// Lets events with these ids be accepted again.
    pub async fn forget(&self, site: u32, ids: Vec<EventId>) {
        // A closed queue accepts nothing anyway.
        let _closed = self.commands.send(Command::Forget(site, ids)).await;
    }

    /// Begins a new segment, so that the ones before can be deleted once they are shipped.
    pub async fn seal(&self) {
        let (answer, sealed) = oneshot::channel();
        if self.commands.send(Command::Seal(answer)).await.is_ok() {
            let _ended = sealed.await;
        }
    }

    /// What is on disk, and news of it.
    #[must_use]
    pub fn durable(&self) -> watch::Receiver<Durable> {
        self.durable.clone()
    }

    /// Commits what waits and ends the thread.
    pub async fn close(&self) {
        let (answer, closed) = oneshot::channel();
        if self.commands.send(Command::Close(answer)).await.is_ok() {
            let _ended = closed.await;
        }
    }
}

/// A server that cannot write its log must not look alive.
struct EndTheProcess;

impl Drop for EndTheProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the log's thread broke: ending the process");
            std::process::abort();
        }
    }
}

/// Most bytes of one group: bounds both memory and the time to the sync.
const GROUP_BYTES: u64 = 8 << 20;

struct Thread {
    log: SegmentLog,
    /// The record being written.
    body: Vec<u8>,
    window: Window,
    inbox: mpsc::Receiver<Command>,
    published: watch::Sender<Durable>,
    waiting_bytes: Arc<AtomicU64>,
    full: Arc<AtomicBool>,
    limited: Arc<AtomicU64>,
    /// Of these, in the records of the group.
    group_limited: u64,
    room: Room,
}

impl Thread {
    fn run(mut self) {
        let mut answers = Vec::new();
        let (mut closing, mut sealing) = (Vec::new(), Vec::new());
        while let Some(command) = self.inbox.blocking_recv() {
            let mut group = 0;
            let mut next = Some(command);
            self.full.store(!self.room.enough(self.log.durable().bytes), Ordering::Relaxed);
            while let Some(command) = next {
                match command {
                    Command::Write { draft, bytes, answer } => {
                        group += bytes;
                        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
                        let written = self.write(&draft);
                        answers.push((answer, written));
                    }
                    Command::Ack(sequence) => {
                        if let Err(error) = self.log.ack_up_to(sequence) {
                            tracing::error!(%error, "a shipped log segment could not be deleted");
                        }
                    }
                    Command::Seal(answer) => sealing.push(answer),
                    Command::Forget(site, ids) => self.window.forget(site, &ids),
                    Command::Close(answer) => closing.push(answer),
                }
                next =
                    if group < GROUP_BYTES && closing.is_empty() { self.inbox.try_recv().ok() } else { None };
            }
            self.commit(&mut answers);
            if !sealing.is_empty() {
                self.seal();
            }
            for answer in sealing.drain(..) {
                let _gone = answer.send(());
            }
            if !closing.is_empty() {
                break;
            }
        }
        for answer in closing {
            let _gone = answer.send(());
        }
    }

    fn seal(&mut self) {
        match self.log.seal_now() {
            Ok(durable) => _ = self.published.send_replace(durable),
            Err(error) => tracing::error!(%error, "a log segment could not be made"),
        }
    }

    fn write(&mut self, draft: &Draft) -> Result<Written, Rejected> {
        if self.full.load(Ordering::Relaxed) {
            return Err(Rejected::Full);
        }
        let mut duplicates = Vec::new();
        self.body.clear();
        self.body.shrink_to(1 << 20);
        draft.write_body(&mut self.body, |index, id| {
            let new = self.window.insert(draft.site, id);
            if !new {
                duplicates.push(index);
            }
            new
        });
        let mut tally: Tally = draft.tally.clone();
        let limited = self.limited.swap(0, Ordering::Relaxed);
        self.group_limited += limited;
        tally.turn_away(limited);
        tally.duplicates += duplicates.len() as u64;
        tally.accepted = (draft.events() - duplicates.len()) as u64;
        match self.log.append(&tally, &self.body) {
            Ok(_) => Ok(Written { duplicates }),
            Err(error) => {
                tracing::error!(%error, "a log segment could not be made");
                self.window.forget_group();
                self.full.store(true, Ordering::Relaxed);
                Err(Rejected::Full)
            }
        }
    }

    fn commit(&mut self, answers: &mut Vec<(oneshot::Sender<Outcome>, Outcome)>) {
        let committed = self.log.commit();
        let limited = std::mem::take(&mut self.group_limited);
        match &committed {
            Ok(durable) => {
                self.window.keep_group();
                self.published.send_replace(*durable);
            }
            Err(CommitError::Write(error)) => {
                tracing::error!(%error, "the log could not be written");
                self.limited.fetch_add(limited, Ordering::Relaxed);
                self.window.forget_group();
                self.full.store(true, Ordering::Relaxed);
                self.room.checked = Some((Instant::now(), false));
            }
            Err(CommitError::Sync(error)) => {
                // Whether the pages are on disk is unknowable now, and a second sync would lie.
                tracing::error!(%error, "the log could not be synced: ending the process");
                std::process::abort();
            }
        }
        for (answer, written) in answers.drain(..) {
            // A client that hung up still has its events stored.
            let _gone = answer.send(if committed.is_ok() { written } else { Err(Rejected::Full) });
        }
    }
}

/// Watches the size of the log and the disk.
struct Room {
    dir: std::path::PathBuf,
    limits: Limits,
    checked: Option<(Instant, bool)>,
}

impl Room {
    fn enough(&mut self, log_bytes: u64) -> bool {
        if log_bytes >= self.limits.log_bytes {
            return false;
        }
        match self.checked {
            Some((at, enough)) if at.elapsed() < Duration::from_millis(500) => enough,
            _ => {
                let free = rustix::fs::statvfs(&self.dir).map(|disk| disk.f_bavail * disk.f_frsize);
                // A disk that does not tell will say so when it is full.
                let enough = free.map_or(true, |free| free >= self.limits.free_bytes);
                self.checked = Some((Instant::now(), enough));
                enough
            }
        }
    }
}
