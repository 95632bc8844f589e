//! The warehouse as a store. It is opened at the first use and again after every failure to open: events are
//! taken, and sites edited, whether or not it is there.

use super::{Answer, Store, StoreError};
use crate::config::Config;
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
use attune_warehouse::{Error, Warehouse};
use futures_util::future::{BoxFuture, FutureExt};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// See the module.
pub struct WarehouseStore {
    config: attune_warehouse::Config,
    open: Arc<OnceCell<Warehouse>>,
    patience: Duration,
}

/// Longest wait for what shipping asks: a server that went away without a word must not hold it for ever. What may
/// have been stored meanwhile is found by the second attempt.
const PATIENCE: Duration = Duration::from_secs(120);

impl WarehouseStore {
    /// A store that will be opened when it is needed.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let config = attune_warehouse::Config {
            url: config.warehouse_url.clone(),
            data_dir: config.data_dir.join("warehouse"),
            cluster: config.warehouse_cluster.clone(),
            ..attune_warehouse::Config::default()
        };
        Self { config, open: Arc::default(), patience: PATIENCE }
    }

    /// Waits for `patience` instead.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let late = |_| StoreError::Unavailable(format!("no answer within {} s", self.patience.as_secs()));
        tokio::time::timeout(self.patience, work).await.map_err(late)?
    }

    /// Opening goes on when the request that began it is gone: half-open data would be in the next one's way.
    async fn get(&self) -> Result<&Warehouse, StoreError> {
        if let Some(warehouse) = self.open.get() {
            return Ok(warehouse);
        }
        let (open, config) = (Arc::clone(&self.open), self.config.clone());
        let opening = tokio::spawn(async move {
            open.get_or_try_init(|| Warehouse::open(&config)).await.map(|_| ()).map_err(StoreError::from)
        });
        let broke = || StoreError::Unavailable("it broke while it was opened".to_owned());
        opening.await.map_err(|_| broke())??;
        self.open.get().ok_or_else(broke)
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::NoEngine => Self::Missing(error.to_string()),
            Error::Question(message) => Self::Question(message),
            // A database quotes the statement, and with it ids: the beginning says enough.
            other => Self::Unavailable(other.to_string().chars().take(160).collect()),
        }
    }
}

impl Store for WarehouseStore {
    fn insert<'a>(&'a self, token: &'a str, batch: u64, rows: &'a [EventRow]) -> Answer<'a, ()> {
        self.in_time(async move { Ok(self.get().await?.insert(token, batch, rows).await?) }).boxed()
    }

    fn insert_raw<'a>(&'a self, token: &'a str, batch: u64, rows: &'a [RawRow]) -> Answer<'a, ()> {
        async move { Ok(self.get().await?.insert_raw(token, batch, rows).await?) }.boxed()
    }

    fn raw<'a>(&'a self, site: u32, filter: &'a RawFilter) -> Answer<'a, Vec<RawRow>> {
        async move { Ok(self.get().await?.raw(site, filter).await?) }.boxed()
    }

    fn delete_raw<'a>(&'a self, site: u32, ids: &'a [u128]) -> Answer<'a, ()> {
        async move { Ok(self.get().await?.delete_raw(site, ids).await?) }.boxed()
    }

    fn delete_events<'a>(&'a self, site: u32, ids: &'a [EventId]) -> Answer<'a, u64> {
        async move { Ok(self.get().await?.delete_events(site, ids).await?) }.boxed()
    }

    fn person<'a>(&'a self, site: u32, user: &'a str) -> Answer<'a, Person> {
        async move { Ok(self.get().await?.person(site, user).await?) }.boxed()
    }

    fn rows_about<'a>(&'a self, site: u32, who: &'a Who) -> Answer<'a, Vec<Rows>> {
        async move { Ok(self.get().await?.rows_about(site, who).await?) }.boxed()
    }

    fn forget<'a>(&'a self, site: u32, who: &'a Who) -> Answer<'a, ()> {
        async move { Ok(self.get().await?.forget(site, who).await?) }.boxed()
    }

    fn existing<'a>(
        &'a self,
        site: u32,
        ids: &'a [EventId],
        from_ms: i64,
        to_ms: i64,
        except_batch: u64,
    ) -> Answer<'a, Vec<EventId>> {
        let asked =
            async move { Ok(self.get().await?.existing(site, ids, from_ms, to_ms, except_batch).await?) };
        self.in_time(asked).boxed()
    }

    fn funnel<'a>(&'a self, scope: Scope<'a>, question: &'a FunnelQuestion) -> Answer<'a, FunnelAnswer> {
        async move { Ok(self.get().await?.funnel(scope, question).await?) }.boxed()
    }

    fn trend<'a>(&'a self, scope: Scope<'a>, question: &'a TrendQuestion) -> Answer<'a, TrendAnswer> {
        async move { Ok(self.get().await?.trend(scope, question).await?) }.boxed()
    }

    fn retention<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a RetentionQuestion,
        now: Timestamp,
    ) -> Answer<'a, RetentionAnswer> {
        async move { Ok(self.get().await?.retention(scope, question, now).await?) }.boxed()
    }

    fn paths<'a>(&'a self, scope: Scope<'a>, question: &'a PathsQuestion) -> Answer<'a, PathsAnswer> {
        async move { Ok(self.get().await?.paths(scope, question).await?) }.boxed()
    }

    fn attribution<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a AttributionQuestion,
    ) -> Answer<'a, AttributionAnswer> {
        async move { Ok(self.get().await?.attribution(scope, question).await?) }.boxed()
    }

    fn rfm<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a RfmQuestion,
        now: Timestamp,
    ) -> Answer<'a, RfmAnswer> {
        async move { Ok(self.get().await?.rfm(scope, question, now).await?) }.boxed()
    }

    fn popular<'a>(&'a self, scope: Scope<'a>, question: &'a PopularQuestion) -> Answer<'a, PopularAnswer> {
        async move { Ok(self.get().await?.popular(scope, question).await?) }.boxed()
    }

    fn statement<'a>(
        &'a self,
        scope: Scope<'a>,
        access: &'a Access,
        question: &'a SqlQuestion,
    ) -> Answer<'a, SqlAnswer> {
        async move { Ok(self.get().await?.statement(scope, access, question).await?) }.boxed()
    }

    fn predictors<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a PredictorsQuestion,
        now: Timestamp,
    ) -> Answer<'a, PredictorCounts> {
        async move { Ok(self.get().await?.predictors(scope, question, now).await?) }.boxed()
    }

    fn goals<'a>(&'a self, scope: Scope<'a>, question: &'a GoalsQuestion) -> Answer<'a, GoalsAnswer> {
        async move { Ok(self.get().await?.goals(scope, question).await?) }.boxed()
    }

    fn forms<'a>(&'a self, scope: Scope<'a>, question: &'a FormsQuestion) -> Answer<'a, FormsAnswer> {
        async move { Ok(self.get().await?.forms(scope, question).await?) }.boxed()
    }

    fn searches<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a SearchesQuestion,
    ) -> Answer<'a, SearchesAnswer> {
        async move { Ok(self.get().await?.searches(scope, question).await?) }.boxed()
    }

    fn promotions<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a PromotionsQuestion,
    ) -> Answer<'a, PromotionsAnswer> {
        async move { Ok(self.get().await?.promotions(scope, question).await?) }.boxed()
    }

    fn process<'a>(&'a self, scope: Scope<'a>, question: &'a ProcessQuestion) -> Answer<'a, ProcessAnswer> {
        async move { Ok(self.get().await?.process(scope, question).await?) }.boxed()
    }

    fn sensing<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a SensingQuestion,
        now: Timestamp,
    ) -> Answer<'a, SensingAnswer> {
        async move { Ok(self.get().await?.sensing(scope, question, now).await?) }.boxed()
    }

    fn person_row<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a PersonQuestion,
        now: Timestamp,
    ) -> Answer<'a, PersonAnswer> {
        async move { Ok(self.get().await?.person_row(scope, question, now).await?) }.boxed()
    }

    fn facts<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a FactsQuestion,
        now: Timestamp,
    ) -> Answer<'a, FactsAnswer> {
        async move { Ok(self.get().await?.facts(scope, question, now).await?) }.boxed()
    }

    fn export<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a ExportQuestion,
        after: Option<&'a ExportRow>,
        most: usize,
    ) -> Answer<'a, Vec<ExportRow>> {
        async move { Ok(self.get().await?.export(scope, question, after, most).await?) }.boxed()
    }

    fn history_length<'a>(&'a self, scope: Scope<'a>, period: Period) -> Answer<'a, u64> {
        async move { Ok(self.get().await?.history_length(scope, period).await?) }.boxed()
    }

    fn history<'a>(
        &'a self,
        scope: Scope<'a>,
        period: Period,
        part: Part,
        each: &'a mut (dyn FnMut(HistoryRow) + Send),
    ) -> Answer<'a, ()> {
        async move { Ok(self.get().await?.history(scope, period, part, each).await?) }.boxed()
    }

    fn trials<'a>(&'a self, scope: Scope<'a>, trials: Trials<'a>) -> Answer<'a, Vec<TrialRow>> {
        async move { Ok(self.get().await?.trials(scope, trials).await?) }.boxed()
    }

    fn event_names<'a>(&'a self, scope: Scope<'a>, bots: Bots) -> Answer<'a, Vec<EventName>> {
        async move { Ok(self.get().await?.event_names(scope, bots).await?) }.boxed()
    }

    fn overview<'a>(&'a self, scope: Scope<'a>, bots: Bots, now: Timestamp) -> Answer<'a, Overview> {
        async move { Ok(self.get().await?.overview(scope, bots, now).await?) }.boxed()
    }

    fn pages(&self, site: u32, since: Timestamp) -> Answer<'_, Vec<(String, u64)>> {
        async move { Ok(self.get().await?.pages(site, since).await?) }.boxed()
    }

    fn first_last(&self, site: u32) -> Answer<'_, Option<(Timestamp, Timestamp)>> {
        async move { Ok(self.get().await?.first_last(site).await?) }.boxed()
    }

    fn known<'a>(&'a self, site: u32, by: KeyedBy, keys: &'a [&'a str]) -> Answer<'a, HashSet<String>> {
        async move { Ok(self.get().await?.known(site, by == KeyedBy::Hash, keys).await?) }.boxed()
    }

    fn users_without_hash(&self, site: u32, most: usize) -> Answer<'_, Vec<String>> {
        async move { Ok(self.get().await?.users_without_hash(site, most).await?) }.boxed()
    }

    fn insert_hashes(&self, site: u32, hashes: Vec<(String, String)>) -> Answer<'_, ()> {
        async move { Ok(self.get().await?.insert_hashes(site, hashes).await?) }.boxed()
    }

    fn imports(&self, site: u32) -> Answer<'_, Vec<ImportRecord>> {
        async move { Ok(self.get().await?.imports(site).await?) }.boxed()
    }

    fn stage<'a>(
        &'a self,
        site: u32,
        import: u128,
        list: Option<(&'a str, Timestamp)>,
        now: Timestamp,
        rows: &'a [PersonRow],
    ) -> Answer<'a, ()> {
        async move { Ok(self.get().await?.stage(site, import, list, now, rows).await?) }.boxed()
    }

    fn staged<'a>(&'a self, site: u32, import: u128, list: Option<&'a str>) -> Answer<'a, u64> {
        async move { Ok(self.get().await?.staged(site, import, list).await?) }.boxed()
    }

    fn publish<'a>(&'a self, record: &'a ImportRecord) -> Answer<'a, ()> {
        async move { Ok(self.get().await?.publish(record).await?) }.boxed()
    }

    fn tidy<'a>(&'a self, record: &'a ImportRecord, replaced: &'a [u128]) -> Answer<'a, ()> {
        async move { Ok(self.get().await?.tidy(record, replaced).await?) }.boxed()
    }

    fn lists(&self, site: u32, now: Timestamp) -> Answer<'_, Vec<PeopleList>> {
        async move { Ok(self.get().await?.lists(site, now).await?) }.boxed()
    }

    fn imported<'a>(
        &'a self,
        site: u32,
        user: &'a str,
        hash: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Imported> {
        async move { Ok(self.get().await?.imported(site, user, hash, now).await?) }.boxed()
    }

    fn retain(&self, sites: BTreeMap<u32, Retention>) -> Answer<'_, ()> {
        async move { Ok(self.get().await?.retain(&sites).await?) }.boxed()
    }

    fn ping(&self) -> Answer<'_, ()> {
        async move { Ok(self.get().await?.ping().await?) }.boxed()
    }

    fn quiet(&self) -> Answer<'_, bool> {
        async move {
            // What was never opened is quiet.
            if let Some(warehouse) = self.open.get() {
                warehouse.pause_merges().await?;
            }
            Ok(self.config.url.is_none())
        }
        .boxed()
    }

    fn resume(&self) -> Answer<'_, ()> {
        async move {
            match self.open.get() {
                Some(warehouse) => Ok(warehouse.resume_merges().await?),
                None => Ok(()),
            }
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            if let Some(warehouse) = self.open.get() {
                warehouse.close().await;
            }
        }
        .boxed()
    }
}
