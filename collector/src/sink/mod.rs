//! Where events go to be asked about, behind one trait: an adapter is one file.

pub mod memory;
pub mod warehouse;

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
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, HashSet};

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or this build has none; trying again may help. For the operator's log.
    #[error("the warehouse is not available: {0}")]
    Unavailable(String),
    /// It is not installed; the text says what to do.
    #[error("{0}")]
    Missing(String),
    /// The question cannot be answered; says what to fix.
    #[error("{0}")]
    Question(String),
}

/// The answer of a store, some time later.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Takes rows and answers questions about them.
pub trait Store: Send + Sync {
    /// Stores `rows`, all or none. The same `token` again does nothing: it names these very rows.
    fn insert<'a>(&'a self, token: &'a str, batch: u64, rows: &'a [EventRow]) -> Answer<'a, ()>;

    /// Keeps requests as they were received; the same `token` again does nothing.
    fn insert_raw<'a>(&'a self, token: &'a str, batch: u64, rows: &'a [RawRow]) -> Answer<'a, ()>;

    /// Kept requests, in order of receipt.
    fn raw<'a>(&'a self, site: u32, filter: &'a RawFilter) -> Answer<'a, Vec<RawRow>>;

    /// Forgets kept requests.
    fn delete_raw<'a>(&'a self, site: u32, ids: &'a [u128]) -> Answer<'a, ()>;

    /// Takes events out, so that they can be stored anew; how many there were.
    fn delete_events<'a>(&'a self, site: u32, ids: &'a [EventId]) -> Answer<'a, u64>;

    /// Everything that is known of whoever has this user id.
    fn person<'a>(&'a self, site: u32, user: &'a str) -> Answer<'a, Person>;

    /// How many rows each table has about somebody.
    fn rows_about<'a>(&'a self, site: u32, who: &'a Who) -> Answer<'a, Vec<Rows>>;

    /// Deletes every row about somebody.
    fn forget<'a>(&'a self, site: u32, who: &'a Who) -> Answer<'a, ()>;

    /// Which of `ids` are stored with an event time in `from_ms..=to_ms`, by any batch but `except_batch`.
    fn existing<'a>(
        &'a self,
        site: u32,
        ids: &'a [EventId],
        from_ms: i64,
        to_ms: i64,
        except_batch: u64,
    ) -> Answer<'a, Vec<EventId>>;

    /// Answers a funnel.
    fn funnel<'a>(&'a self, scope: Scope<'a>, question: &'a FunnelQuestion) -> Answer<'a, FunnelAnswer>;

    /// Answers a trend.
    fn trend<'a>(&'a self, scope: Scope<'a>, question: &'a TrendQuestion) -> Answer<'a, TrendAnswer>;

    /// Answers who comes back.
    fn retention<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a RetentionQuestion,
        now: Timestamp,
    ) -> Answer<'a, RetentionAnswer>;

    /// Answers what follows what.
    fn paths<'a>(&'a self, scope: Scope<'a>, question: &'a PathsQuestion) -> Answer<'a, PathsAnswer>;

    /// Answers which visits led to a goal.
    fn attribution<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a AttributionQuestion,
    ) -> Answer<'a, AttributionAnswer>;

    /// Answers how recently, how often and for how much.
    fn rfm<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a RfmQuestion,
        now: Timestamp,
    ) -> Answer<'a, RfmAnswer>;

    /// Answers what people like somebody choose.
    fn popular<'a>(&'a self, scope: Scope<'a>, question: &'a PopularQuestion) -> Answer<'a, PopularAnswer>;

    /// Runs a statement of a user's.
    fn statement<'a>(
        &'a self,
        scope: Scope<'a>,
        access: &'a Access,
        question: &'a SqlQuestion,
    ) -> Answer<'a, SqlAnswer>;

    /// Counts what those who reach a step of a funnel have, and those who drop out.
    fn predictors<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a PredictorsQuestion,
        now: Timestamp,
    ) -> Answer<'a, PredictorCounts>;

    /// Answers how often goals were reached.
    fn goals<'a>(&'a self, scope: Scope<'a>, question: &'a GoalsQuestion) -> Answer<'a, GoalsAnswer>;

    /// Answers how forms fare.
    fn forms<'a>(&'a self, scope: Scope<'a>, question: &'a FormsQuestion) -> Answer<'a, FormsAnswer>;

    /// Answers what the site is searched for.
    fn searches<'a>(&'a self, scope: Scope<'a>, question: &'a SearchesQuestion)
    -> Answer<'a, SearchesAnswer>;

    /// Answers how offers fare.
    fn promotions<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a PromotionsQuestion,
    ) -> Answer<'a, PromotionsAnswer>;

    /// Answers how sessions move through a process.
    fn process<'a>(&'a self, scope: Scope<'a>, question: &'a ProcessQuestion) -> Answer<'a, ProcessAnswer>;

    /// Answers what is expected of a figure.
    fn sensing<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a SensingQuestion,
        now: Timestamp,
    ) -> Answer<'a, SensingAnswer>;

    /// Answers who somebody is.
    fn person_row<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a PersonQuestion,
        now: Timestamp,
    ) -> Answer<'a, PersonAnswer>;

    /// Answers what somebody did.
    fn facts<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a FactsQuestion,
        now: Timestamp,
    ) -> Answer<'a, FactsAnswer>;

    /// At most `most` events after `after`, in the order in which they are stored.
    fn export<'a>(
        &'a self,
        scope: Scope<'a>,
        question: &'a ExportQuestion,
        after: Option<&'a ExportRow>,
        most: usize,
    ) -> Answer<'a, Vec<ExportRow>>;

    /// How many events of people there are in a period.
    fn history_length<'a>(&'a self, scope: Scope<'a>, period: Period) -> Answer<'a, u64>;

    /// Gives `each` the events of a part of the visitors, visitor by visitor, in order of time.
    fn history<'a>(
        &'a self,
        scope: Scope<'a>,
        period: Period,
        part: Part,
        each: &'a mut (dyn FnMut(HistoryRow) + Send),
    ) -> Answer<'a, ()>;

    /// What a campaign that tries its offers saw.
    fn trials<'a>(&'a self, scope: Scope<'a>, trials: Trials<'a>) -> Answer<'a, Vec<TrialRow>>;

    /// Event names seen, most frequent first.
    fn event_names<'a>(&'a self, scope: Scope<'a>, bots: Bots) -> Answer<'a, Vec<EventName>>;

    /// Figures of the Home page.
    fn overview<'a>(&'a self, scope: Scope<'a>, bots: Bots, now: Timestamp) -> Answer<'a, Overview>;

    /// Pages seen since `since`: address without query, events; most first.
    fn pages(&self, site: u32, since: Timestamp) -> Answer<'_, Vec<(String, u64)>>;

    /// First and last event received.
    fn first_last(&self, site: u32) -> Answer<'_, Option<(Timestamp, Timestamp)>>;

    /// Which of `keys` belong to somebody whom the site knows; none has a line break.
    fn known<'a>(&'a self, site: u32, by: KeyedBy, keys: &'a [&'a str]) -> Answer<'a, HashSet<String>>;

    /// At most `most` known users whose hashes are not.
    fn users_without_hash(&self, site: u32, most: usize) -> Answer<'_, Vec<String>>;

    /// Keeps hashes of users.
    fn insert_hashes(&self, site: u32, hashes: Vec<(String, String)>) -> Answer<'_, ()>;

    /// Published imports of people, the oldest first.
    fn imports(&self, site: u32) -> Answer<'_, Vec<ImportRecord>>;

    /// Puts rows of an import, of a list and when it expires or of attributes, where nobody sees them yet.
    fn stage<'a>(
        &'a self,
        site: u32,
        import: u128,
        list: Option<(&'a str, Timestamp)>,
        now: Timestamp,
        rows: &'a [PersonRow],
    ) -> Answer<'a, ()>;

    /// People of whom rows are staged.
    fn staged<'a>(&'a self, site: u32, import: u128, list: Option<&'a str>) -> Answer<'a, u64>;

    /// Lets an import be seen.
    fn publish<'a>(&'a self, record: &'a ImportRecord) -> Answer<'a, ()>;

    /// Deletes what an import replaces of the imports `replaced`, which nobody sees any more.
    fn tidy<'a>(&'a self, record: &'a ImportRecord, replaced: &'a [u128]) -> Answer<'a, ()>;

    /// Lists of people.
    fn lists(&self, site: u32, now: Timestamp) -> Answer<'_, Vec<PeopleList>>;

    /// What files say of a person; `hash` is that of the id.
    fn imported<'a>(
        &'a self,
        site: u32,
        user: &'a str,
        hash: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Imported>;

    /// Keeps what sites store for as long as they say, by the site's number.
    fn retain(&self, sites: BTreeMap<u32, Retention>) -> Answer<'_, ()>;

    /// Whether it answers.
    fn ping(&self) -> Answer<'_, ()>;

    /// Starts no work of its own until [`Store::resume`]; whether its files are in the data folder and may now be
    /// copied.
    fn quiet(&self) -> Answer<'_, bool>;

    /// Takes up its work again.
    fn resume(&self) -> Answer<'_, ()>;

    /// Ends all work in progress.
    fn close(&self) -> BoxFuture<'_, ()>;
}
