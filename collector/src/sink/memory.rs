//! Rows in memory, for tests; can be taken away to play an outage. Questions have no answer here.

use super::{Answer, Store, StoreError};
use attune_schema::api::{EventName, Overview};
use attune_schema::bot::Bots;
use attune_schema::id::EventId;
use attune_schema::question::{FunnelAnswer, FunnelQuestion, TrendAnswer, TrendQuestion};
use attune_schema::time::Timestamp;
use attune_warehouse::query::bots::Scope;
use attune_warehouse::row::EventRow;
use futures_util::future::{BoxFuture, FutureExt, ready};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Rows by batch.
#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
    away: AtomicBool,
}

#[derive(Default)]
struct Inner {
    tokens: HashSet<String>,
    rows: Vec<(u64, EventRow)>,
}

impl MemoryStore {
    /// Makes every call fail, or work again.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// Everything stored, in order.
    #[must_use]
    pub fn rows(&self) -> Vec<EventRow> {
        self.lock().rows.iter().map(|(_, row)| row.clone()).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn here(&self) -> Result<(), StoreError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("taken away".to_owned()));
        }
        Ok(())
    }
}

fn unanswerable<'a, T: Send + 'a>() -> Answer<'a, T> {
    ready(Err(StoreError::Unavailable("events are kept in memory".to_owned()))).boxed()
}

impl Store for MemoryStore {
    fn insert<'a>(&'a self, token: &'a str, batch: u64, rows: &'a [EventRow]) -> Answer<'a, ()> {
        let done = self.here().map(|()| {
            let mut inner = self.lock();
            if inner.tokens.insert(token.to_owned()) {
                inner.rows.extend(rows.iter().map(|row| (batch, row.clone())));
            }
        });
        ready(done).boxed()
    }

    fn existing<'a>(
        &'a self,
        site: u32,
        ids: &'a [EventId],
        from_ms: i64,
        to_ms: i64,
        except_batch: u64,
    ) -> Answer<'a, Vec<EventId>> {
        let found = self.here().map(|()| {
            let asked: HashSet<&EventId> = ids.iter().collect();
            let inner = self.lock();
            let hit = |(batch, row): &&(u64, EventRow)| {
                *batch != except_batch
                    && row.site == site
                    && (from_ms..=to_ms).contains(&row.at.0)
                    && asked.contains(&row.id)
            };
            inner.rows.iter().filter(hit).map(|(_, row)| row.id).collect()
        });
        ready(found).boxed()
    }

    fn funnel<'a>(&'a self, _: Scope<'a>, _: &'a FunnelQuestion) -> Answer<'a, FunnelAnswer> {
        unanswerable()
    }

    fn trend<'a>(&'a self, _: Scope<'a>, _: &'a TrendQuestion) -> Answer<'a, TrendAnswer> {
        unanswerable()
    }

    fn event_names<'a>(&'a self, _: Scope<'a>, _: Bots) -> Answer<'a, Vec<EventName>> {
        unanswerable()
    }

    fn overview<'a>(&'a self, _: Scope<'a>, _: Bots, _: Timestamp) -> Answer<'a, Overview> {
        unanswerable()
    }

    fn pages(&self, _: u32, _: Timestamp) -> Answer<'_, Vec<(String, u64)>> {
        unanswerable()
    }

    fn first_last(&self, _: u32) -> Answer<'_, Option<(Timestamp, Timestamp)>> {
        unanswerable()
    }

    fn ping(&self) -> Answer<'_, ()> {
        ready(self.here()).boxed()
    }

    fn quiet(&self) -> Answer<'_, bool> {
        ready(Ok(false)).boxed()
    }

    fn resume(&self) -> Answer<'_, ()> {
        ready(Ok(())).boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}
