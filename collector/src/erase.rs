//! Forgetting somebody: every table, the log, what was set aside, and what arrives late.
//!
//! In this order: what is on its way is delivered, so that everything that belongs to the person is known; the
//! erasure is written down as digests, and from then on what happened before is left out wherever it arrives; the
//! tables are cleared; the log begins a new segment, and the old ones go. The proof is counted, before and after. An
//! erasure that is cut short has no `done_at`: it is asked for again, because nothing names the person any more.

use crate::endpoint::people_files::hash_of;
use crate::error::ApiError;
use crate::log::{Item, Reader, segment};
use crate::state::App;
use crate::{raw, record};
use attune_control::Control;
use attune_control::ErasureRecord;
use attune_schema::api::{ErasedRows, Erasure};
use attune_schema::id::{VisitorId, digest};
use attune_schema::time::Timestamp;
use attune_warehouse::people::{Person, Who};
use attune_warehouse::raw::RawRow;
use attune_warehouse::row::EventRow;
use axum::http::StatusCode;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Until when every collector of the same control store has noticed an erasure.
const NOTICED: Duration = Duration::from_secs(6);
/// Erasures that may wait for their turn: each rewrites parts of tables.
pub const WAITING: usize = 64;
/// How often the tables are cleared until nothing is left: something may have been on its way.
const PASSES: usize = 3;
/// By how much the clocks of collectors that share a control store may differ.
const CLOCKS_DIFFER_MS: i64 = 3_600_000;

/// Whose past is left out; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Erased(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// When a digest was last erased, by site.
    sites: HashMap<u32, HashMap<u128, Timestamp>>,
    /// When the newest of them was asked for.
    newest: Timestamp,
}

impl Erased {
    /// Reads the newer erasures of the control store; whether there are any that were not known.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn refresh(&self, control: &Control) -> Result<bool, attune_control::Error> {
        let since = self.0.read().unwrap_or_else(PoisonError::into_inner).newest.plus_ms(-CLOCKS_DIFFER_MS);
        let records = control.erasures_since(since).await?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut new = false;
        for record in records {
            let requested_at = record.erasure.requested_at;
            known.newest = known.newest.max(requested_at);
            let site = known.sites.entry(record.site).or_default();
            for digest in record.digests {
                let at = site.entry(digest).or_insert(Timestamp(i64::MIN));
                new |= requested_at > *at;
                *at = requested_at.max(*at);
            }
        }
        Ok(new)
    }

    /// Leaves out events of people who were erased after they happened, and what was kept of requests that name
    /// anybody who ever was: of such a request it is not known when its events happened.
    pub fn leave_out(&self, rows: &mut Vec<EventRow>, raw: &mut Vec<RawRow>) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.sites.is_empty() {
            return;
        }
        let at = |site, digest: u128| known.sites.get(&site)?.get(&digest).copied();
        let is_new = |at: Option<Timestamp>, row: &EventRow| at.is_none_or(|at| row.at > at);
        rows.retain(|row| {
            !known.sites.contains_key(&row.site)
                || (is_new(at(row.site, of_visitor(row.visitor)), row)
                    && (row.user.is_empty() || is_new(at(row.site, of_user(&row.user)), row)))
        });
        raw.retain(|row| {
            row.visitors.iter().all(|visitor| at(row.site, of_visitor(*visitor)).is_none())
                && row.users.iter().all(|user| at(row.site, of_user(user)).is_none())
        });
    }
}

fn of_user(user: &str) -> u128 {
    digest("erased user", user)
}

fn of_visitor(visitor: VisitorId) -> u128 {
    digest("erased visitor", &visitor.to_string())
}

/// Who is to be erased.
#[derive(Debug, Clone)]
pub enum Whom {
    /// A person: everything that is known to be theirs.
    User(String),
    /// A browser.
    Visitor(VisitorId),
}

/// Begins an erasure, and goes on with it although nobody waits.
///
/// # Errors
/// 503 if what is on its way cannot be delivered, so that it is not known what belongs to the person.
pub async fn begin(app: &App, site: u32, by: &str, whom: Whom) -> Result<Erasure, ApiError> {
    let place = Arc::clone(&app.erasures).try_acquire_owned().map_err(|_| {
        let message = "too many erasures are waiting";
        ApiError::later(StatusCode::SERVICE_UNAVAILABLE, "busy", message, 60)
    })?;
    crate::endpoint::server::flushed(app).await?;
    let (digests, who) = match &whom {
        Whom::Visitor(visitor) => (vec![of_visitor(*visitor)], Who::Visitor(*visitor)),
        Whom::User(user) => {
            let mut person = app.store.person(site, user).await?;
            // What files said of them under a keyed hash, if no event ever named them.
            for user in person.users.clone() {
                person.users.insert(hash_of(app, site, &user).await?);
            }
            (digests_of(&person), Who::Person(person))
        }
    };
    let record = app.control.begin_erasure(site, by, &digests, app.now()).await?;
    app.erased.refresh(&app.control).await?;
    let erasure = record.erasure.clone();
    let app = app.clone();
    tokio::spawn(async move {
        let _place = place;
        // One at a time: the tables have other things to do.
        let _turn = app.erasing.lock().await;
        if let Err(error) = finish(&app, &record, &who).await {
            tracing::error!(%error, erasure = record.erasure.id, "an erasure did not end: ask for it again");
        }
    });
    Ok(erasure)
}

fn digests_of(person: &Person) -> Vec<u128> {
    let users = person.users.iter().map(|user| of_user(user));
    users.chain(person.visitors.iter().map(|visitor| of_visitor(*visitor))).collect()
}

/// Why an erasure did not end.
#[derive(Debug, thiserror::Error)]
enum EraseError {
    #[error("{0}")]
    Store(#[from] crate::sink::StoreError),
    #[error("{0}")]
    Control(#[from] attune_control::Error),
    #[error("the log: {0}")]
    Log(#[from] io::Error),
    #[error("{0}")]
    Late(&'static str),
}

async fn finish(app: &App, record: &ErasureRecord, who: &Who) -> Result<(), EraseError> {
    let site = record.site;
    let (users, visitors) = match who {
        Who::Visitor(visitor) => (BTreeSet::new(), BTreeSet::from([*visitor])),
        Who::Person(person) => (person.users.clone(), person.visitors.clone()),
    };
    let in_decisions = app.decisions.erase(site, users.clone(), visitors.clone()).await?;
    let theirs = move |row: &EventRow| {
        row.site == site && (visitors.contains(&row.visitor) || users.contains(&row.user))
    };
    if app.control.is_shared() {
        tokio::time::sleep(NOTICED).await;
    }
    let mut rows: Vec<ErasedRows> = Vec::new();
    let count = |name: &str, before: u64| ErasedRows { place: name.to_owned(), before, after: 0 };
    rows.push(count("decisions", in_decisions));
    rows.extend(app.store.rows_about(site, who).await?.iter().map(|part| count(part.table, part.rows)));
    for _ in 0..PASSES {
        crate::endpoint::server::flushed(app).await.map_err(|_| EraseError::Late("the warehouse is away"))?;
        app.store.forget(site, who).await?;
        let left = app.store.rows_about(site, who).await?;
        for (row, left) in rows.iter_mut().skip(1).zip(&left) {
            row.after = left.rows;
        }
        if left.iter().all(|part| part.rows == 0) {
            break;
        }
    }
    let dir = app.data_dir.join("log");
    let in_log = |theirs: Box<dyn Fn(&EventRow) -> bool + Send>| {
        let (dir, durable) = (dir.clone(), *app.queue.durable().borrow());
        tokio::task::spawn_blocking(move || count_in_log(&dir, &durable, theirs.as_ref()))
    };
    let broke = |error: tokio::task::JoinError| EraseError::Log(io::Error::other(error));
    let before = in_log(Box::new(theirs.clone())).await.map_err(broke)??;
    app.queue.seal().await;
    crate::endpoint::server::flushed(app).await.map_err(|_| EraseError::Late("the warehouse is away"))?;
    let shipped = app.shipping.state.borrow().cursor.position.sequence;
    app.queue.ack_up_to(shipped).await;
    // The thread that deletes answers in its turn.
    app.queue.seal().await;
    let after = in_log(Box::new(theirs.clone())).await.map_err(broke)??;
    rows.push(ErasedRows { place: "log".to_owned(), before, after });
    let aside = dir.join("quarantine");
    let cleared =
        tokio::task::spawn_blocking(move || clear_aside(&aside, &theirs)).await.map_err(broke)??;
    rows.push(ErasedRows { place: "quarantine".to_owned(), before: cleared, after: 0 });
    app.control.end_erasure(&record.erasure.id, &rows, app.now()).await?;
    tracing::info!(erasure = record.erasure.id, "a person was erased");
    Ok(())
}

/// Records about somebody in the segments that are there.
fn count_in_log(
    dir: &Path,
    durable: &crate::log::Durable,
    theirs: &dyn Fn(&EventRow) -> bool,
) -> io::Result<u64> {
    let Some(first) = segment::list(dir)?.first().copied() else { return Ok(0) };
    let start = crate::log::Position { segment: first, offset: segment::HEADER_BYTES, sequence: first };
    let mut reader = Reader::new(dir.to_owned(), start);
    let mut found = 0;
    while let Some(item) = reader.next(durable)? {
        if let Item::Record(record) = item {
            found += rows_of(&record.body).iter().filter(|row| theirs(row)).count() as u64;
        }
    }
    Ok(found)
}

fn rows_of(body: &[u8]) -> Vec<EventRow> {
    match body.first() {
        Some(&raw::KIND) => Vec::new(),
        _ => record::read(body).map(|record| record.rows).unwrap_or_default(),
    }
}

/// Deletes what was set aside if it holds anything of theirs, or cannot be read at all; how many records that were.
fn clear_aside(dir: &Path, theirs: &dyn Fn(&EventRow) -> bool) -> io::Result<u64> {
    let segments = match segment::list(dir) {
        Ok(segments) => segments,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut cleared = 0;
    for first in segments {
        let mut file = segment::Segment::open(dir, first)?;
        let limit = file.size()?;
        let (mut offset, mut next, mut found) = (segment::HEADER_BYTES, first, 0);
        while offset < limit {
            let read = match file.record(offset, limit)? {
                Some((record, end)) => Some((record, end)),
                None => file.record_after(offset, limit, next)?.map(|(_, record, end)| (record, end)),
            };
            let Some((record, end)) = read else { break };
            (offset, next) = (end, record.sequence + 1);
            found += rows_of(&record.body).iter().filter(|row| theirs(row)).count() as u64;
        }
        if found > 0 {
            std::fs::remove_file(segment::path(dir, first))?;
            cleared += found;
        }
    }
    Ok(cleared)
}
