//! A site's events visitor by visitor, each visitor's in order of time: what a back-test replays.
//!
//! The table is sorted by day and visitor, so that this is a sort of its own: here, because the store moves every column
//! of a row several times and takes twice as long. It is asked for in parts, each with a share of the visitors, drawn by
//! hash: neither the store nor the reader holds more than a part.

use crate::query::bots::Scope;
use crate::query::sql;
use crate::{Error, Warehouse};
use attune_schema::bot::Bots;
use attune_schema::event::{FACETS, name::PAGE_VIEWED};
use attune_schema::question::Period;
use clickhouse::Row;
use serde::Deserialize;
use uuid::Uuid;

/// One event, as far as decisions depend on it.
#[derive(Debug, Clone, PartialEq, Row, Deserialize)]
#[expect(missing_docs, reason = "the columns of docs/questions.md")]
pub struct HistoryRow {
    #[serde(with = "clickhouse::serde::uuid")]
    pub visitor: Uuid,
    /// Milliseconds.
    pub at: i64,
    #[serde(with = "clickhouse::serde::uuid")]
    pub session: Uuid,
    #[serde(with = "clickhouse::serde::uuid")]
    pub id: Uuid,
    pub sequence: u32,
    pub name: String,
    /// [`attune_schema::consent::Consent::to_bits`].
    pub consent: u8,
    /// This and what follows up to the facets: of page views, else empty.
    pub url: String,
    pub referrer: String,
    pub device: String,
    pub locale: String,
    pub utm_source: String,
    pub utm_medium: String,
    pub utm_campaign: String,
    /// Those properties that the profile counts by ([`FACETS`]).
    pub facets: Vec<(String, String)>,
    /// The number `propensity`, or 0.
    pub propensity: f64,
}

/// What surrounds an event is asked of page views only: nothing else is decided in, and and half of the texts are saved.
const COLUMNS: &str = "visitor, toUnixTimestamp64Milli(at) AS at, session, id, sequence, \
     toString(name) AS name, consent, \
     if(VIEW, url, '') AS url, if(VIEW, toString(referrer), '') AS referrer, if(VIEW, toString(device), '') AS device, \
     if(VIEW, toString(locale), '') AS locale, if(VIEW, toString(utm_source), '') AS utm_source, \
     if(VIEW, toString(utm_medium), '') AS utm_medium, if(VIEW, toString(utm_campaign), '') AS utm_campaign, \
     CAST(mapFilter((key, value) -> key IN (FACETS), texts), 'Array(Tuple(String, String))') AS facets, \
     numbers['propensity'] AS propensity";

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
            if parts > 1 { format!(" AND sipHash64(visitor) % {parts} = {part}") } else { String::new() };
        let facets = FACETS.map(sql::text).join(", ");
        let view = format!("name = {}", sql::text(PAGE_VIEWED));
        let columns = COLUMNS.replace("FACETS", &facets).replace("VIEW", &view);
        // Names of the table, not of what is selected.
        let sql = format!(
            "SELECT {columns} FROM events WHERE {tests}{share} SETTINGS prefer_column_name_to_alias = 1"
        );
        let client = self.of_any_length().with_setting("max_execution_time", "600");
        let (mut rows, mut cursor) = (Vec::new(), client.query_raw(&sql).fetch::<HistoryRow>()?);
        while let Some(row) = cursor.next().await? {
            rows.push(row);
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
