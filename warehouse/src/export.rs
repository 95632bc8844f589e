//! Events in pages, in the order in which they are stored: by day, visitor, time and id.
//!
//! A page is found by where the last one ended, which the table's index leads to, so that an export of any size holds
//! one page in memory and no connection while somebody reads slowly.

use crate::query::bots::Scope;
use crate::query::sql;
use crate::{Error, Warehouse};
use attune_schema::export::ExportQuestion;
use attune_schema::question::Period;
use attune_schema::time::{DAY_MS, Timestamp};
use clickhouse::Row;
use serde::Deserialize;
use std::fmt::Write as _;
use uuid::Uuid;

/// One event, as it is exported. Addresses are not: they are there to tell bots, and nobody else's.
#[derive(Debug, Clone, PartialEq, Row, Deserialize)]
#[expect(missing_docs, reason = "the columns of docs/questions.md")]
pub struct ExportRow {
    #[serde(with = "clickhouse::serde::uuid")]
    pub id: Uuid,
    pub name: String,
    /// Milliseconds.
    pub at: i64,
    pub received_at: i64,
    #[serde(with = "clickhouse::serde::uuid")]
    pub visitor: Uuid,
    pub user: String,
    #[serde(with = "clickhouse::serde::uuid")]
    pub session: Uuid,
    pub sequence: u32,
    pub url: String,
    pub title: String,
    pub referrer: String,
    pub device: String,
    pub browser: String,
    pub os: String,
    pub locale: String,
    pub country: String,
    pub channel: String,
    pub source: String,
    pub utm_source: String,
    pub utm_medium: String,
    pub utm_campaign: String,
    pub search_term: String,
    pub bot: String,
    pub texts: Vec<(String, String)>,
    pub numbers: Vec<(String, f64)>,
    pub flags: Vec<(String, bool)>,
}

const COLUMNS: &str = "id, toString(name) AS name, toUnixTimestamp64Milli(at) AS at, \
     toUnixTimestamp64Milli(received_at) AS received_at, visitor, user, session, sequence, url, \
     toString(title) AS title, toString(referrer) AS referrer, \
     toString(device) AS device, toString(browser) AS browser, toString(os) AS os, toString(locale) AS locale, \
     toString(country) AS country, toString(channel) AS channel, toString(source) AS source, \
     toString(utm_source) AS utm_source, toString(utm_medium) AS utm_medium, toString(utm_campaign) AS utm_campaign, \
     search_term, toString(CLASS) AS bot, CAST(texts, 'Array(Tuple(String, String))') AS texts, \
     CAST(numbers, 'Array(Tuple(String, Float64))') AS numbers, CAST(flags, 'Array(Tuple(String, Bool))') AS flags";

impl Warehouse {
    /// At most `most` events after `after`; fewer are the last.
    ///
    /// # Errors
    /// A period that ends before it begins, or if the store does not answer.
    pub async fn export(
        &self,
        scope: Scope<'_>,
        question: &ExportQuestion,
        after: Option<&ExportRow>,
        most: usize,
    ) -> Result<Vec<ExportRow>, Error> {
        let mut tests = format!("site = {}{}", scope.site, scope.filter(question.bots)?);
        if question.from.is_some() || question.to.is_some() {
            let period = Period {
                from: question.from.unwrap_or(Timestamp(i64::MIN)),
                to: question.to.unwrap_or(Timestamp(i64::MAX)),
            };
            tests.push_str(&sql::period(Some(period), true)?);
        }
        if let Some(name) = &question.event {
            let _infallible = write!(tests, " AND name = {}", sql::text(name));
        }
        if let Some(last) = after {
            tests.push_str(&following(last));
        }
        let columns = COLUMNS.replace("CLASS", &scope.class()?);
        // Names of the table, not of what is selected.
        let sql = format!(
            "SELECT {columns} FROM events WHERE {tests}\n\
             ORDER BY events.day, events.visitor, events.at, events.id LIMIT {most}\n\
             SETTINGS prefer_column_name_to_alias = 1, optimize_read_in_order = 1"
        );
        let (mut rows, client) = (Vec::new(), self.of_any_length().with_setting("max_execution_time", "60"));
        let mut cursor = client.query_raw(&sql).fetch::<ExportRow>()?;
        while let Some(row) = cursor.next().await? {
            rows.push(row);
        }
        Ok(rows)
    }
}

/// What comes after a row, spelt out column by column, as the index understands it.
fn following(last: &ExportRow) -> String {
    let day = format!("toDate({}, 'UTC')", sql::instant(last.at.div_euclid(DAY_MS) * DAY_MS));
    let at = sql::instant(last.at);
    let (visitor, id) = (sql::uuid(last.visitor.as_u128()), sql::uuid(last.id.as_u128()));
    format!(
        " AND day >= {day} AND (day > {day} OR visitor > {visitor} \
         OR (visitor = {visitor} AND (at > {at} OR (at = {at} AND id > {id}))))"
    )
}
