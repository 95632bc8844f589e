//! Rows in memory, for tests; can be taken away to play an outage, or be far away. Questions have no answer here.

use super::{Answer, Store, StoreError};
use attune_schema::api::{EventName, Imported, KeyedBy, Overview, PeopleList, PersonRow, Retention};
use attune_schema::bot::Bots;
use attune_schema::export::ExportQuestion;
use attune_schema::id::EventId;
use attune_schema::question::{
    AttributionAnswer, AttributionQuestion, FactsAnswer, FactsQuestion, FormsAnswer, FormsQuestion,
    FunnelAnswer, FunnelQuestion, GoalsAnswer, GoalsQuestion, PathsAnswer, PathsQuestion, Period,
    PersonAnswer, PersonQuestion, PopularAnswer, PopularQuestion, PredictorsQuestion, ProcessAnswer,
    ProcessQuestion, PromotionsAnswer, PromotionsQuestion, RetentionAnswer, RetentionQuestion, RfmAnswer,
    RfmQuestion, SearchesAnswer, SearchesQuestion, SensingAnswer, SensingQuestion, SqlAnswer, SqlQuestion,
    TrendAnswer, TrendQuestion,
};
use attune_schema::time::Timestamp;
use attune_warehouse::evidence::{TrialRow, Trials};
use attune_warehouse::export::ExportRow;
use attune_warehouse::fence::Access;
use attune_warehouse::history::{HistoryRow, Part};
use attune_warehouse::imports::ImportRecord;
use attune_warehouse::people::{Person, Rows, Who};
use attune_warehouse::query::bots::Scope;
use attune_warehouse::query::predictors::PredictorCounts;
use attune_warehouse::raw::{RawFilter, RawRow};
use attune_warehouse::row::EventRow;
use futures_util::future::{BoxFuture, FutureExt, ready};
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Rows by batch.
#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
    away: AtomicBool,
    distance_ms: AtomicU64,
}

#[derive(Default)]
struct Inner {
    tokens: HashSet<String>,
    rows: Vec<(u64, EventRow)>,
    raw_tokens: HashSet<String>,
    raw: Vec<RawRow>,
}

impl MemoryStore {
    /// Makes every call fail, or work again.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// Makes inserts and look-ups take so long to arrive.
    pub fn set_distance_ms(&self, ms: u64) {
        self.distance_ms.store(ms, Ordering::Relaxed);
    }

    async fn travel(&self) {
        match self.distance_ms.load(Ordering::Relaxed) {
            0 => {}
            ms => tokio::time::sleep(Duration::from_millis(ms)).await,
        }
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
        async move {
            self.travel().await;
            self.here()?;
            let mut inner = self.lock();
            if inner.tokens.insert(token.to_owned()) {
                inner.rows.extend(rows.iter().map(|row| (batch, row.clone())));
            }
            Ok(())
        }
        .boxed()
    }

    fn insert_raw<'a>(&'a self, token: &'a str, _batch: u64, rows: &'a [RawRow]) -> Answer<'a, ()> {
        let done = self.here().map(|()| {
            let mut inner = self.lock();
            if inner.raw_tokens.insert(token.to_owned()) {
                inner.raw.extend_from_slice(rows);
            }
        });
        ready(done).boxed()
    }

    fn raw<'a>(&'a self, site: u32, filter: &'a RawFilter) -> Answer<'a, Vec<RawRow>> {
        let wanted = |row: &&RawRow| {
            row.site == site
                && filter.from.is_none_or(|from| row.received_at >= from)
                && filter.to.is_none_or(|to| row.received_at < to)
                && filter.after.is_none_or(|after| (row.received_at, row.id) > after)
                && !(filter.refused && row.refused.is_empty())
        };
        let found = self.here().map(|()| {
            let mut rows: Vec<RawRow> = self.lock().raw.iter().filter(wanted).cloned().collect();
            rows.sort_by_key(|row| (row.received_at, row.id));
            rows.truncate(filter.limit as usize);
            rows
        });
        ready(found).boxed()
    }

    fn delete_raw<'a>(&'a self, site: u32, ids: &'a [u128]) -> Answer<'a, ()> {
        let gone = |row: &RawRow| row.site == site && ids.contains(&row.id);
        ready(self.here().map(|()| self.lock().raw.retain(|row| !gone(row)))).boxed()
    }

    fn delete_events<'a>(&'a self, site: u32, ids: &'a [EventId]) -> Answer<'a, u64> {
        let gone = |row: &EventRow| row.site == site && ids.contains(&row.id);
        let taken_out = self.here().map(|()| {
            let rows = &mut self.lock().rows;
            let before = rows.len();
            rows.retain(|(_, row)| !gone(row));
            (before - rows.len()) as u64
        });
        ready(taken_out).boxed()
    }

    fn person<'a>(&'a self, _: u32, _: &'a str) -> Answer<'a, Person> {
        unanswerable()
    }

    fn rows_about<'a>(&'a self, _: u32, _: &'a Who) -> Answer<'a, Vec<Rows>> {
        unanswerable()
    }

    fn forget<'a>(&'a self, _: u32, _: &'a Who) -> Answer<'a, ()> {
        unanswerable()
    }

    fn existing<'a>(
        &'a self,
        site: u32,
        ids: &'a [EventId],
        from_ms: i64,
        to_ms: i64,
        except_batch: u64,
    ) -> Answer<'a, Vec<EventId>> {
        async move {
            self.travel().await;
            self.here()?;
            let asked: HashSet<&EventId> = ids.iter().collect();
            let inner = self.lock();
            let hit = |(batch, row): &&(u64, EventRow)| {
                *batch != except_batch
                    && row.site == site
                    && (from_ms..=to_ms).contains(&row.at.0)
                    && asked.contains(&row.id)
            };
            Ok(inner.rows.iter().filter(hit).map(|(_, row)| row.id).collect())
        }
        .boxed()
    }

    fn funnel<'a>(&'a self, _: Scope<'a>, _: &'a FunnelQuestion) -> Answer<'a, FunnelAnswer> {
        unanswerable()
    }

    fn trend<'a>(&'a self, _: Scope<'a>, _: &'a TrendQuestion) -> Answer<'a, TrendAnswer> {
        unanswerable()
    }

    fn retention<'a>(
        &'a self,
        _: Scope<'a>,
        _: &'a RetentionQuestion,
        _: Timestamp,
    ) -> Answer<'a, RetentionAnswer> {
        unanswerable()
    }

    fn paths<'a>(&'a self, _: Scope<'a>, _: &'a PathsQuestion) -> Answer<'a, PathsAnswer> {
        unanswerable()
    }

    fn attribution<'a>(&'a self, _: Scope<'a>, _: &'a AttributionQuestion) -> Answer<'a, AttributionAnswer> {
        unanswerable()
    }

    fn rfm<'a>(&'a self, _: Scope<'a>, _: &'a RfmQuestion, _: Timestamp) -> Answer<'a, RfmAnswer> {
        unanswerable()
    }

    fn popular<'a>(&'a self, _: Scope<'a>, _: &'a PopularQuestion) -> Answer<'a, PopularAnswer> {
        unanswerable()
    }

    fn statement<'a>(&'a self, _: Scope<'a>, _: &'a Access, _: &'a SqlQuestion) -> Answer<'a, SqlAnswer> {
        unanswerable()
    }

    fn predictors<'a>(
        &'a self,
        _: Scope<'a>,
        _: &'a PredictorsQuestion,
        _: Timestamp,
    ) -> Answer<'a, PredictorCounts> {
        unanswerable()
    }

    fn goals<'a>(&'a self, _: Scope<'a>, _: &'a GoalsQuestion) -> Answer<'a, GoalsAnswer> {
        unanswerable()
    }

    fn forms<'a>(&'a self, _: Scope<'a>, _: &'a FormsQuestion) -> Answer<'a, FormsAnswer> {
        unanswerable()
    }

    fn searches<'a>(&'a self, _: Scope<'a>, _: &'a SearchesQuestion) -> Answer<'a, SearchesAnswer> {
        unanswerable()
    }

    fn promotions<'a>(&'a self, _: Scope<'a>, _: &'a PromotionsQuestion) -> Answer<'a, PromotionsAnswer> {
        unanswerable()
    }

    fn process<'a>(&'a self, _: Scope<'a>, _: &'a ProcessQuestion) -> Answer<'a, ProcessAnswer> {
        unanswerable()
    }

    fn sensing<'a>(
        &'a self,
        _: Scope<'a>,
        _: &'a SensingQuestion,
        _: Timestamp,
    ) -> Answer<'a, SensingAnswer> {
        unanswerable()
    }

    fn person_row<'a>(
        &'a self,
        _: Scope<'a>,
        _: &'a PersonQuestion,
        _: Timestamp,
    ) -> Answer<'a, PersonAnswer> {
        unanswerable()
    }

    fn facts<'a>(&'a self, _: Scope<'a>, _: &'a FactsQuestion, _: Timestamp) -> Answer<'a, FactsAnswer> {
        unanswerable()
    }

    fn export<'a>(
        &'a self,
        _: Scope<'a>,
        _: &'a ExportQuestion,
        _: Option<&'a ExportRow>,
        _: usize,
    ) -> Answer<'a, Vec<ExportRow>> {
        unanswerable()
    }

    fn history_length<'a>(&'a self, _: Scope<'a>, _: Period) -> Answer<'a, u64> {
        unanswerable()
    }

    fn history<'a>(
        &'a self,
        _: Scope<'a>,
        _: Period,
        _: Part,
        _: &'a mut (dyn FnMut(HistoryRow) + Send),
    ) -> Answer<'a, ()> {
        unanswerable()
    }

    fn trials<'a>(&'a self, _: Scope<'a>, _: Trials<'a>) -> Answer<'a, Vec<TrialRow>> {
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

    fn known<'a>(&'a self, _: u32, _: KeyedBy, _: &'a [&'a str]) -> Answer<'a, HashSet<String>> {
        unanswerable()
    }

    fn users_without_hash(&self, _: u32, _: usize) -> Answer<'_, Vec<String>> {
        unanswerable()
    }

    fn insert_hashes(&self, _: u32, _: Vec<(String, String)>) -> Answer<'_, ()> {
        unanswerable()
    }

    fn imports(&self, _: u32) -> Answer<'_, Vec<ImportRecord>> {
        unanswerable()
    }

    fn stage<'a>(
        &'a self,
        _: u32,
        _: u128,
        _: Option<(&'a str, Timestamp)>,
        _: Timestamp,
        _: &'a [PersonRow],
    ) -> Answer<'a, ()> {
        unanswerable()
    }

    fn staged<'a>(&'a self, _: u32, _: u128, _: Option<&'a str>) -> Answer<'a, u64> {
        unanswerable()
    }

    fn publish<'a>(&'a self, _: &'a ImportRecord) -> Answer<'a, ()> {
        unanswerable()
    }

    fn tidy<'a>(&'a self, _: &'a ImportRecord, _: &'a [u128]) -> Answer<'a, ()> {
        unanswerable()
    }

    fn lists(&self, _: u32, _: Timestamp) -> Answer<'_, Vec<PeopleList>> {
        unanswerable()
    }

    fn imported<'a>(&'a self, _: u32, _: &'a str, _: &'a str, _: Timestamp) -> Answer<'a, Imported> {
        unanswerable()
    }

    fn retain(&self, _: BTreeMap<u32, Retention>) -> Answer<'_, ()> {
        ready(self.here()).boxed()
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
