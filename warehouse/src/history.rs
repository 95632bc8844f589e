//! A site's events visitor by visitor, each visitor's in order of time: what a back-test replays.
//!
//! The table is sorted by day and visitor, so that this is a sort of its own: here, because the store moves every column
//! of a row several times and takes twice as long. It is asked for in parts, each with a share of the visitors, drawn by
//! hash: neither the store nor the reader holds more than a part.

use crate::query::bots::Scope;
use crate::query::sql;
use crate::{Error, Warehouse};
use attune_schema::bot::Bots;
use attune_schema::event::{FACETS, VALUE, name::PAGE_VIEWED};
use attune_schema::question::Period;
use clickhouse::Row;
use foldhash::{HashMap, HashSet};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// One event, as far as decisions depend on it. Small, because a part of them is in memory at a time.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the columns of docs/questions.md")]
pub struct HistoryRow {
    pub visitor: Uuid,
    /// Milliseconds.
    pub at: i64,
    pub session: Uuid,
    pub id: Uuid,
    pub sequence: u32,
    pub name: Arc<str>,
    /// [`attune_schema::consent::Consent::to_bits`].
    pub consent: u8,
    /// Of page views only: nothing else is decided in.
    pub view: Option<View>,
    /// Those properties that the profile counts by ([`FACETS`]).
    pub facets: Box<[(&'static str, Arc<str>)]>,
    /// The number [`VALUE`], which the profile sums.
    pub value: Option<f64>,
    /// The number `propensity`, or 0.
    pub propensity: f64,
}

/// What surrounded a page view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The page's address up to its query.
    pub url: Arc<str>,
    /// The rest.
    pub visit: Arc<Visit>,
}

/// What the page views of a visit have in common, and those of many visits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of docs/questions.md")]
pub struct Visit {
    pub referrer: Box<str>,
    pub device: Box<str>,
    pub locale: Box<str>,
    pub utm_source: Box<str>,
    pub utm_medium: Box<str>,
    pub utm_campaign: Box<str>,
}

/// A row as the store sends it.
#[derive(Row, Deserialize)]
struct Sent<'a> {
    #[serde(with = "clickhouse::serde::uuid")]
    visitor: Uuid,
    at: i64,
    #[serde(with = "clickhouse::serde::uuid")]
    session: Uuid,
    #[serde(with = "clickhouse::serde::uuid")]
    id: Uuid,
    sequence: u32,
    name: &'a str,
    consent: u8,
    /// This and what follows up to the facets: of page views, else empty.
    url: &'a str,
    referrer: &'a str,
    device: &'a str,
    locale: &'a str,
    utm_source: &'a str,
    utm_medium: &'a str,
    utm_campaign: &'a str,
    facets: Vec<(&'a str, &'a str)>,
    value: Option<f64>,
    propensity: f64,
}

/// What many rows share.
#[derive(Default)]
struct Shared {
    texts: HashSet<Arc<str>>,
    /// By their texts, each with a NUL behind it.
    visits: HashMap<String, Arc<Visit>>,
    key: String,
}

impl Shared {
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new = Arc::<str>::from(text);
        self.texts.insert(Arc::clone(&new));
        new
    }

    fn visit(&mut self, sent: &Sent<'_>) -> Arc<Visit> {
        let Sent { referrer, device, locale, utm_source, utm_medium, utm_campaign, .. } = *sent;
        self.key.clear();
        for text in [referrer, device, locale, utm_source, utm_medium, utm_campaign] {
            self.key.push_str(text);
            self.key.push('\0');
        }
        if let Some(known) = self.visits.get(&self.key) {
            return Arc::clone(known);
        }
        let new = Arc::new(Visit {
            referrer: referrer.into(),
            device: device.into(),
            locale: locale.into(),
            utm_source: utm_source.into(),
            utm_medium: utm_medium.into(),
            utm_campaign: utm_campaign.into(),
        });
        self.visits.insert(self.key.clone(), Arc::clone(&new));
        new
    }

    fn row(&mut self, sent: &Sent<'_>) -> HistoryRow {
        let view = (sent.name == PAGE_VIEWED).then(|| {
            let page = sent.url.split(['?', '#']).next().unwrap_or_default();
            View { url: self.text(page), visit: self.visit(sent) }
        });
        let facets = sent.facets.iter().filter_map(|(name, value)| {
            let name = FACETS.into_iter().find(|facet| facet == name)?;
            Some((name, self.text(value)))
        });
        let mut kept = Vec::with_capacity(sent.facets.len());
        kept.extend(facets);
        HistoryRow {
            visitor: sent.visitor,
            at: sent.at,
            session: sent.session,
            id: sent.id,
            sequence: sent.sequence,
            name: self.text(sent.name),
            consent: sent.consent,
            view,
            facets: kept.into_boxed_slice(),
            value: sent.value,
            propensity: sent.propensity,
        }
    }
}

/// What surrounds an event is asked of page views only: half of the texts are saved.
const COLUMNS: &str = "visitor, toUnixTimestamp64Milli(at) AS at, session, id, sequence, \
     toString(name) AS name, consent, \
     if(VIEW, url, '') AS url, if(VIEW, toString(referrer), '') AS referrer, if(VIEW, toString(device), '') AS device, \
     if(VIEW, toString(locale), '') AS locale, if(VIEW, toString(utm_source), '') AS utm_source, \
     if(VIEW, toString(utm_medium), '') AS utm_medium, if(VIEW, toString(utm_campaign), '') AS utm_campaign, \
     CAST(mapFilter((key, value) -> key IN (FACETS), texts), 'Array(Tuple(String, String))') AS facets, \
     if(mapContains(numbers, WORTH), numbers[WORTH], NULL) AS value, numbers['propensity'] AS propensity";

/// A share of the visitors: number `part` of `parts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// From 0.
    pub part: u32,
    /// At least 1.
    pub parts: u32,
}

impl Warehouse {
    /// How many events of people there are in a period.
    ///
    /// # Errors
    /// A period that ends before it begins, or if the store does not answer.
    pub async fn history_length(&self, scope: Scope<'_>, period: Period) -> Result<u64, Error> {
        let tests = tests(scope, period)?;
        Ok(self.client.query_raw(&format!("SELECT count() FROM events WHERE {tests}")).fetch_one().await?)
    }

    /// Gives `each` the events of a part of the visitors.
    ///
    /// # Errors
    /// A period that ends before it begins, or if the store does not answer.
    pub async fn history(
        &self,
        scope: Scope<'_>,
        period: Period,
        Part { part, parts }: Part,
        each: &mut (dyn FnMut(HistoryRow) + Send),
    ) -> Result<(), Error> {
        let tests = tests(scope, period)?;
        let share =
            if parts > 1 { format!(" AND cityHash64(visitor) % {parts} = {part}") } else { String::new() };
        let facets = FACETS.map(sql::text).join(", ");
        let view = format!("name = {}", sql::text(PAGE_VIEWED));
        let columns =
            COLUMNS.replace("FACETS", &facets).replace("VIEW", &view).replace("WORTH", &sql::text(VALUE));
        // Names of the table, not of what is selected.
        let sql = format!(
            "SELECT {columns} FROM events WHERE {tests}{share} SETTINGS prefer_column_name_to_alias = 1"
        );
        // Small blocks, and an answer that comes as it is made: what matters here is memory.
        let client = self
            .of_any_length()
            .with_validation(false)
            .with_setting("max_execution_time", "600")
            .with_setting("max_block_size", "8192");
        let expected = self.history_length(scope, period).await? / u64::from(parts.max(1));
        // Shares are not quite equal; growing would hold everything twice for a moment.
        let (mut shared, mut rows) =
            (Shared::default(), Vec::with_capacity((expected + expected / 16) as usize));
        let mut cursor = client.query_raw(&sql).fetch::<Sent<'_>>()?;
        while let Some(sent) = cursor.next().await? {
            rows.push(shared.row(&sent));
        }
        rows.sort_unstable_by_key(|row| (row.visitor, row.at, row.sequence, row.id));
        rows.into_iter().for_each(each);
        Ok(())
    }
}

fn tests(scope: Scope<'_>, period: Period) -> Result<String, Error> {
    let filter = scope.filter(Bots::Exclude)?;
    Ok(format!("site = {}{filter}{}", scope.site, sql::period(Some(period), true)?))
}
