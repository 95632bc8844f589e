//! Rows in, exactly once.

use crate::row::EventRow;
use crate::{Error, Warehouse};
use attune_schema::id::EventId;
use attune_schema::value::Value;
use clickhouse::Row;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt::Write as _;
use uuid::Uuid;

/// One row of `events`, in column order.
#[derive(Row, Serialize)]
struct EventRecord<'a> {
    site: u32,
    /// `id`, in three parts of which the first is nearly always the same: see the migration.
    id_time_ms: i64,
    id_middle: u16,
    id_low: u64,
    batch: u64,
    name: &'a str,
    at: i64,
    received_after_ms: i64,
    #[serde(with = "clickhouse::serde::uuid")]
    visitor: Uuid,
    user: &'a str,
    #[serde(with = "clickhouse::serde::uuid")]
    session: Uuid,
    sequence: u32,
    url: &'a str,
    title: &'a str,
    referrer: &'a str,
    device: &'a str,
    locale: &'a str,
    utm_source: &'a str,
    utm_medium: &'a str,
    utm_campaign: &'a str,
    library: &'a str,
    consent: u8,
    texts: Vec<(&'a str, &'a str)>,
    numbers: Vec<(&'a str, f64)>,
    flags: Vec<(&'a str, bool)>,
    skew_ms: i64,
    clock_corrected: bool,
    user_agent: &'a str,
    browser: &'a str,
    browser_version: &'a str,
    os: &'a str,
    os_version: &'a str,
    device_brand: &'a str,
    device_model: &'a str,
    channel: &'a str,
    source: &'a str,
    search_term: &'a str,
    country: &'a str,
    address: &'a str,
    bot: i8,
    bot_reason: &'a str,
}

impl<'a> EventRecord<'a> {
    fn new(row: &'a EventRow, batch: u64) -> Self {
        let mut record = Self {
            site: row.site,
            id_time_ms: (upper(row.id) >> 16) as i64 - row.at.0,
            id_middle: upper(row.id) as u16,
            id_low: row.id.0 as u64,
            batch,
            name: &row.name,
            at: row.at.0,
            received_after_ms: row.received_at.0.saturating_sub(row.at.0),
            visitor: Uuid::from_u128(row.visitor.0),
            user: &row.user,
            session: Uuid::from_u128(row.session.0),
            sequence: row.sequence,
            url: &row.url,
            title: &row.title,
            referrer: &row.referrer,
            device: &row.device,
            locale: &row.locale,
            utm_source: &row.utm_source,
            utm_medium: &row.utm_medium,
            utm_campaign: &row.utm_campaign,
            library: &row.library,
            consent: row.consent,
            texts: Vec::new(),
            numbers: Vec::new(),
            flags: Vec::new(),
            skew_ms: row.skew_ms,
            clock_corrected: row.clock_corrected,
            user_agent: &row.agent.user_agent,
            browser: &row.agent.browser,
            browser_version: &row.agent.browser_version,
            os: &row.agent.os,
            os_version: &row.agent.os_version,
            device_brand: &row.agent.device_brand,
            device_model: &row.agent.device_model,
            channel: row.channel,
            source: &row.source,
            search_term: &row.search_term,
            country: &row.country,
            address: &row.address,
            bot: row.bot as i8,
            bot_reason: row.bot_reason,
        };
        for (name, value) in &row.properties {
            match value {
                Value::Text(text) => record.texts.push((name, text)),
                Value::Number(number) => record.numbers.push((name, *number)),
                Value::Bool(flag) => record.flags.push((name, *flag)),
            }
        }
        record
    }
}

/// One row of `steps`, in column order.
#[derive(Row, Serialize)]
struct StepRecord<'a> {
    site: u32,
    #[serde(with = "clickhouse::serde::uuid")]
    visitor: Uuid,
    at: i64,
    sequence: u32,
    name: &'a str,
    #[serde(with = "clickhouse::serde::uuid")]
    session: Uuid,
    device: &'a str,
    bot: i8,
}

/// One row of `ids`.
#[derive(Row, Serialize)]
struct KeyRecord {
    site: u32,
    key: u64,
}

#[derive(Row, Deserialize)]
struct KeyFound {
    key: u64,
}

/// The upper half of an id: its time, if it is one of our SDK's.
fn upper(id: EventId) -> u64 {
    (id.0 >> 64) as u64
}

#[derive(Row, Deserialize)]
struct IdRecord {
    #[serde(with = "clickhouse::serde::uuid")]
    id: Uuid,
}

impl Warehouse {
    /// A client for the inserts of one range.
    pub(crate) fn inserting(&self, token: &str) -> clickhouse::Client {
        self.client
            .clone()
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", "1")
            .with_setting("insert_deduplication_token", token)
            // One statement makes one block a partition: an import may span years.
            .with_setting("max_partitions_per_insert_block", "0")
            .with_setting("max_insert_block_size", "10000000")
            .with_setting("min_insert_block_size_rows", "10000000")
            .with_setting("min_insert_block_size_bytes", "0")
            // Whoever gave up waiting may count on it being over.
            .with_setting("max_execution_time", "60")
    }

    /// Stores `rows`; when this returns they can be queried. The same `token` again, after a crash at any
    /// point, stores what is missing and doubles nothing.
    pub async fn insert(&self, token: &str, batch: u64, rows: &[EventRow]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let client = self.inserting(token);
        // Before the events: an id that is said to be there and is not costs a look, the other way round an event
        // would be stored twice.
        let mut insert = client.insert::<KeyRecord>("ids").await?;
        for row in rows {
            insert.write(&KeyRecord { site: row.site, key: upper(row.id) }).await?;
        }
        insert.end().await?;
        let mut insert = client.insert::<EventRecord<'_>>("events").await?;
        for row in rows {
            insert.write(&EventRecord::new(row, batch)).await?;
        }
        insert.end().await?;
        let mut insert = client.insert::<StepRecord<'_>>("steps").await?;
        for row in rows {
            let record = StepRecord {
                site: row.site,
                visitor: Uuid::from_u128(row.visitor.0),
                at: row.at.0,
                sequence: row.sequence,
                name: &row.name,
                session: Uuid::from_u128(row.session.0),
                device: &row.device,
                bot: row.bot as i8,
            };
            insert.write(&record).await?;
        }
        insert.end().await?;
        self.insert_people(token, rows).await
    }

    /// Which of `ids` are stored with an event time in `from_ms..=to_ms`, by any batch but `except_batch`.
    pub async fn existing(
        &self,
        site: u32,
        ids: &[EventId],
        from_ms: i64,
        to_ms: i64,
        except_batch: u64,
    ) -> Result<Vec<EventId>, Error> {
        let mut found = Vec::new();
        for ids in ids.chunks(50_000) {
            let ids = self.perhaps(site, ids).await?;
            if !ids.is_empty() {
                found.extend(self.existing_by_days(site, &ids, from_ms, to_ms, except_batch).await?);
            }
        }
        Ok(found)
    }

    /// [`Warehouse::existing`], by reading all ids of the days around: for few `ids`, or to compare with.
    #[doc(hidden)]
    pub async fn existing_by_days(
        &self,
        site: u32,
        ids: &[EventId],
        from_ms: i64,
        to_ms: i64,
        except_batch: u64,
    ) -> Result<Vec<EventId>, Error> {
        let mut bytes = String::with_capacity(ids.len() * 32);
        for id in ids {
            // As the engine holds a UUID: both halves, high first, each from its lowest byte.
            let _infallible =
                write!(bytes, "{:016x}{:016x}", upper(*id).swap_bytes(), (id.0 as u64).swap_bytes());
        }
        let sql = format!(
            "WITH unhex('{bytes}') AS ids SELECT DISTINCT id FROM events WHERE site = {site} \
             AND day BETWEEN toDate(fromUnixTimestamp64Milli({from_ms}), 'UTC') \
             AND toDate(fromUnixTimestamp64Milli({to_ms}), 'UTC') \
             AND id_low IN (SELECT reinterpretAsUInt64(substring(ids, number * 16 + 9, 8)) FROM numbers({count})) \
             AND id IN (SELECT reinterpretAsUUID(substring(ids, number * 16 + 1, 16)) FROM numbers({count})) \
             AND batch != {except_batch}",
            count = ids.len()
        );
        let rows: Vec<IdRecord> = self.of_any_length().query_raw(&sql).fetch_all().await?;
        Ok(rows.into_iter().map(|row| EventId(row.id.as_u128())).collect())
    }

    /// Those of `ids` whose upper half is known: nearly none, unless they are stored.
    async fn perhaps(&self, site: u32, ids: &[EventId]) -> Result<Vec<EventId>, Error> {
        // One literal with all of them: a list of literals costs more to read than the rows cost to insert.
        let mut bytes = String::with_capacity(ids.len() * 16);
        for id in ids {
            let _infallible = write!(bytes, "{:016x}", upper(*id).swap_bytes());
        }
        let sql = format!(
            "WITH unhex('{bytes}') AS ids SELECT DISTINCT key FROM ids WHERE site = {site} AND key IN \
             (SELECT reinterpretAsUInt64(substring(ids, number * 8 + 1, 8)) FROM numbers({}))",
            ids.len()
        );
        let keys: Vec<KeyFound> = self.of_any_length().query_raw(&sql).fetch_all().await?;
        let keys: HashSet<u64> = keys.into_iter().map(|found| found.key).collect();
        Ok(ids.iter().copied().filter(|id| keys.contains(&upper(*id))).collect())
    }

    /// Events stored for a site.
    pub async fn count(&self, site: u32) -> Result<u64, Error> {
        Ok(self.client.query("SELECT count() FROM events WHERE site = ?").bind(site).fetch_one().await?)
    }
}
