//! The decision log: a sample of what the server decided, with its inputs, as files of receipts, one a site and day.
//!
//! One thread writes, so that the digests chain; deciding never waits for it. Who is erased is taken out of it, and the
//! chain still holds.

use super::differences;
use super::file::{self, Line};
use super::page::Difference;
use crate::decide::receipt::Receipt;
use crate::decide::{Authority, Deciding, Question, Unfit};
use crate::sites::SiteEntry;
use attune_engine::bucket::{below, bucket};
use attune_schema::consent::Grant;
use attune_schema::id::VisitorId;
use attune_schema::time::{DAY_MS, Timestamp};
use attune_schema::value::Value;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Decisions that may wait to be written.
const WAITING: usize = 4_096;
/// Days for which they are kept.
const DAYS: i64 = 30;

/// A decision to be written.
#[derive(Debug)]
pub struct Kept {
    /// Where.
    pub site: Arc<SiteEntry>,
    /// What was asked: about one placement.
    pub question: Question,
    /// What came out.
    pub output: String,
    /// When.
    pub at: Timestamp,
}

enum Order {
    Keep(Box<Kept>),
    Differ {
        site: u32,
        difference: Box<Difference>,
    },
    Differences {
        site: u32,
        done: oneshot::Sender<io::Result<Vec<serde_json::Value>>>,
    },
    Erase {
        site: u32,
        users: BTreeSet<String>,
        visitors: BTreeSet<VisitorId>,
        done: oneshot::Sender<io::Result<u64>>,
    },
    Flush(oneshot::Sender<()>),
}

/// Hands decisions to the thread that writes them.
#[derive(Debug)]
pub struct DecisionLog {
    orders: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl DecisionLog {
    /// Begins to write into the folder `dir`.
    ///
    /// # Errors
    /// If the folder cannot be made or the thread not started.
    pub fn open(dir: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&dir)?;
        let (sender, orders) = sync_channel(WAITING);
        let thread =
            std::thread::Builder::new().name("decisions".to_owned()).spawn(move || write(&dir, &orders))?;
        Ok(Self { orders: Some(sender), thread: Some(thread) })
    }

    /// Writes a decision down; false if too many wait.
    #[must_use]
    pub fn keep(&self, kept: Kept) -> bool {
        self.orders.as_ref().is_some_and(|orders| orders.try_send(Order::Keep(Box::new(kept))).is_ok())
    }

    /// Writes down a decision of a page that came out otherwise here; false if too many wait.
    #[must_use]
    pub fn differ(&self, site: u32, difference: Difference) -> bool {
        let order = Order::Differ { site, difference: Box::new(difference) };
        self.orders.as_ref().is_some_and(|orders| orders.try_send(order).is_ok())
    }

    /// What was written of those, oldest first.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub async fn differences(&self, site: u32) -> io::Result<Vec<serde_json::Value>> {
        self.ask(|done| Order::Differences { site, done }).await?
    }

    /// Takes out what is about these people; how many receipts that were.
    ///
    /// # Errors
    /// If a file cannot be rewritten.
    pub async fn erase(
        &self,
        site: u32,
        users: BTreeSet<String>,
        visitors: BTreeSet<VisitorId>,
    ) -> io::Result<u64> {
        self.ask(|done| Order::Erase { site, users, visitors, done }).await?
    }

    /// Until everything before it is written.
    ///
    /// # Errors
    /// If the thread is gone.
    pub async fn flush(&self) -> io::Result<()> {
        self.ask(Order::Flush).await
    }

    async fn ask<T: Send + 'static>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> io::Result<T> {
        let gone = || io::Error::other("the thread that writes decisions is gone");
        let (done, answer) = oneshot::channel();
        let (orders, order) = (self.orders.clone().ok_or_else(gone)?, order(done));
        // There may be no room for a moment.
        let sent = tokio::task::spawn_blocking(move || orders.send(order).is_ok()).await;
        if !sent.map_err(io::Error::other)? {
            return Err(gone());
        }
        answer.await.map_err(|_| gone())
    }
}

impl Drop for DecisionLog {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes decisions broke");
        }
    }
}

/// Whether decisions about this visitor are kept: of a fixed share of visitors, and of nobody who did not allow it.
#[must_use]
pub fn is_kept(deciding: &Deciding, percent: f64, question: &Question) -> bool {
    let consent = question.consent;
    let allowed = consent.measure == Grant::Granted && consent.personalise == Grant::Granted;
    let salt = &deciding.programs.device.bundle.salt;
    allowed
        && percent > 0.0
        && u64::from(bucket(salt, "receipts", VisitorId::from_text(&question.visitor))) < below(percent)
}

/// `question` as one question a placement, each of which says all that it depends on, with what comes out.
///
/// # Errors
/// If the question cannot be asked.
pub fn single(
    deciding: &Deciding,
    question: &Question,
    authority: Authority,
    stored: &BTreeMap<String, Value>,
) -> Result<Vec<(Question, String)>, Unfit> {
    /// What of a decision counts against the caps of the next.
    #[derive(Deserialize)]
    struct Shown {
        campaign: Option<String>,
        offers: Vec<Offer>,
    }
    #[derive(Deserialize)]
    struct Offer {
        id: String,
    }
    let mut reserved = question.reserved.clone();
    let mut singles = Vec::new();
    for placement in question.wanted() {
        let asked = deciding.programs.asks(placement);
        let mut one = Question {
            site: String::new(),
            placement: Some(placement.clone()),
            placements: Vec::new(),
            reserved: reserved.clone(),
            explain: false,
            lang: String::new(),
            content: false,
            ..question.clone()
        };
        if asked && authority > Authority::Page {
            for (name, value) in stored.iter().filter(|(name, _)| deciding.declares(name)) {
                one.attributes.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        if asked && authority < Authority::Server {
            one.force = None;
        }
        let output = deciding.answer(&one, Authority::Server, &BTreeMap::new())?;
        if let Ok(Shown { campaign: Some(campaign), offers }) = serde_json::from_str::<Shown>(&output)
            && let [Offer { id }, ..] = offers.as_slice()
        {
            for (facet, value) in [("campaign", &campaign), ("offer", id), ("placement", placement)] {
                reserved.push((facet.to_owned(), value.clone()));
            }
        }
        singles.push((one, output));
    }
    Ok(singles)
}

/// A file that is being written.
struct Open {
    day: i64,
    file: File,
    previous: String,
    bundles: BTreeSet<String>,
}

fn write(dir: &Path, orders: &Receiver<Order>) {
    let mut files: HashMap<u32, Open> = HashMap::new();
    while let Ok(order) = orders.recv() {
        match order {
            Order::Keep(kept) => {
                let site = kept.site.record.number;
                if let Err(error) = keep(dir, &mut files, &kept) {
                    tracing::error!(%error, site, "a decision could not be written down");
                    // Begins anew by what is in the file.
                    files.remove(&site);
                }
            }
            Order::Differ { site, difference } => {
                if let Err(error) = differ(dir, site, &difference) {
                    tracing::error!(%error, site, "a decision that came out otherwise could not be written down");
                }
            }
            Order::Differences { site, done } => {
                let found = list(dir, site, differences::SUFFIX).and_then(|files| differences::read(&files));
                let _nobody_waits = done.send(found);
            }
            Order::Erase { site, users, visitors, done } => {
                files.remove(&site);
                let erased = erase(dir, site, &users, &visitors).and_then(|erased| {
                    let files = list(dir, site, differences::SUFFIX)?;
                    Ok(erased + differences::erase(&files, &users, &visitors)?)
                });
                let _nobody_waits = done.send(erased);
            }
            Order::Flush(done) => {
                let _nobody_waits = done.send(());
            }
        }
    }
}

const SUFFIX: &str = ".ndjson";

fn path(dir: &Path, site: u32, day: i64, suffix: &str) -> PathBuf {
    dir.join(format!("{site}-{day}{suffix}"))
}

/// Files of `site` with their days.
fn list(dir: &Path, site: u32, suffix: &str) -> io::Result<Vec<(i64, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let day = name
            .to_str()
            .and_then(|name| name.strip_suffix(suffix)?.strip_prefix(&format!("{site}-"))?.parse().ok());
        if let Some(day) = day {
            files.push((day, path(dir, site, day, suffix)));
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn keep(dir: &Path, files: &mut HashMap<u32, Open>, kept: &Kept) -> io::Result<()> {
    let (site, day) = (kept.site.record.number, kept.at.0.div_euclid(DAY_MS));
    let open = match files.remove(&site).filter(|open| open.day == day) {
        Some(open) => open,
        None => {
            remove_old(dir, site, day, SUFFIX)?;
            begin(&path(dir, site, day, SUFFIX), day)?
        }
    };
    let open = files.entry(site).or_insert(open);
    let programs = &kept.site.deciding.programs;
    let receipt = Receipt::new(&kept.question, programs, &kept.output, &open.previous);
    file::append(&mut open.file, &receipt, programs, open.bundles.contains(&receipt.bundle))?;
    open.previous = receipt.digest;
    open.bundles.insert(receipt.bundle);
    Ok(())
}

fn remove_old(dir: &Path, site: u32, day: i64, suffix: &str) -> io::Result<()> {
    let files = list(dir, site, suffix)?;
    files.into_iter().filter(|(old, _)| *old <= day - DAYS).try_for_each(|(_, old)| std::fs::remove_file(old))
}

fn differ(dir: &Path, site: u32, difference: &Difference) -> io::Result<()> {
    let day = difference.at.0.div_euclid(DAY_MS);
    let path = path(dir, site, day, differences::SUFFIX);
    if !path.exists() {
        remove_old(dir, site, day, differences::SUFFIX)?;
    }
    if !differences::append(&path, difference)? {
        tracing::warn!(site, "too many decisions came out otherwise today: no more are written down");
    }
    Ok(())
}

fn begin(path: &Path, day: i64) -> io::Result<Open> {
    let (mut previous, mut bundles) = (String::new(), BTreeSet::new());
    if path.exists() {
        cut_unfinished(path)?;
        file::each_line::<io::Error>(path, |_, _, line| {
            if let Line::Receipt(receipt) = line {
                previous = receipt.digest;
                bundles.insert(receipt.bundle);
            }
            Ok(())
        })?;
    }
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    Ok(Open { day, file, previous, bundles })
}

/// Removes what is after the last line feed: a line that was being written when the power went.
fn cut_unfinished(path: &Path) -> io::Result<()> {
    let text = std::fs::read(path)?;
    let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
    if end < text.len() {
        OpenOptions::new().write(true).open(path)?.set_len(end as u64)?;
    }
    Ok(())
}

fn erase(dir: &Path, site: u32, users: &BTreeSet<String>, visitors: &BTreeSet<VisitorId>) -> io::Result<u64> {
    let mut erased = 0;
    for (_, path) in list(dir, site, SUFFIX)? {
        let (mut lines, mut theirs) = (Vec::new(), 0);
        cut_unfinished(&path)?;
        file::each_line::<io::Error>(&path, |_, text, line| {
            let kept = match line {
                Line::Receipt(mut receipt)
                    if receipt.input.as_ref().is_some_and(|input| {
                        input.user.as_ref().is_some_and(|user| users.contains(user))
                            || visitors.contains(&VisitorId::from_text(&input.visitor))
                    }) =>
                {
                    theirs += 1;
                    receipt.erase();
                    serde_json::to_string(&receipt)?
                }
                _ => text.to_owned(),
            };
            writeln!(lines, "{kept}")
        })?;
        if theirs > 0 {
            crate::replace_file(&path, &lines)?;
            erased += theirs;
        }
    }
    Ok(erased)
}
