//! Requests as they were received.

use crate::query::sql;
use crate::{Error, Warehouse};
use attune_schema::id::{EventId, VisitorId};
use attune_schema::time::Timestamp;
use clickhouse::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A request, as much of it as one site has to do with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRow {
    /// Number of the site.
    pub site: u32,
    /// Key of de-duplication, drawn when it was received.
    pub id: u128,
    /// When it was received.
    pub received_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
    /// Path and query.
    pub path: String,
    /// What of its headers is needed to read it again.
    pub headers: Vec<(String, String)>,
    /// Its body, unpacked.
    pub body: Vec<u8>,
    /// Which of its events were refused, counted from 0, and the codes of the reasons.
    pub refused: Vec<(u32, String)>,
    /// Ids of its other events.
    pub events: Vec<EventId>,
    /// Whose events they are.
    pub visitors: Vec<VisitorId>,
    /// Their user ids.
    pub users: Vec<String>,
}

/// Which requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct RawFilter {
    /// Received at or after.
    pub from: Option<Timestamp>,
    /// Received before.
    pub to: Option<Timestamp>,
    /// Only those of which an event was refused.
    pub refused: bool,
    /// After this one, in order of receipt.
    pub after: Option<(Timestamp, u128)>,
    /// At most so many.
    pub limit: u32,
}

#[derive(Row, Serialize, Deserialize)]
struct RawRecord {
    site: u32,
    #[serde(with = "clickhouse::serde::uuid")]
    id: Uuid,
    batch: u64,
    received_at: i64,
    expires_at: u32,
    path: String,
    headers: Vec<(String, String)>,
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
    refused: Vec<(u32, String)>,
    #[serde(with = "clickhouse::serde::uuid_vec")]
    events: Vec<Uuid>,
    #[serde(with = "clickhouse::serde::uuid_vec")]
    visitors: Vec<Uuid>,
    users: Vec<String>,
}

impl RawRecord {
    fn new(row: &RawRow, batch: u64) -> Self {
        Self {
            site: row.site,
            id: Uuid::from_u128(row.id),
            batch,
            received_at: row.received_at.0,
            expires_at: u32::try_from(row.expires_at.0.max(0) / 1_000).unwrap_or(u32::MAX),
            path: row.path.clone(),
            headers: row.headers.clone(),
            body: row.body.clone(),
            refused: row.refused.clone(),
            events: row.events.iter().map(|id| Uuid::from_u128(id.0)).collect(),
            visitors: row.visitors.iter().map(|id| Uuid::from_u128(id.0)).collect(),
            users: row.users.clone(),
        }
    }

    fn into_row(self) -> RawRow {
        RawRow {
            site: self.site,
            id: self.id.as_u128(),
            received_at: Timestamp(self.received_at),
            expires_at: Timestamp(i64::from(self.expires_at) * 1_000),
            path: self.path,
            headers: self.headers,
            body: self.body,
            refused: self.refused,
            events: self.events.into_iter().map(|id| EventId(id.as_u128())).collect(),
            visitors: self.visitors.into_iter().map(|id| VisitorId(id.as_u128())).collect(),
            users: self.users,
        }
    }
}

impl Warehouse {
    /// Keeps requests; the same `token` again, after a crash at any point, doubles nothing.
    pub async fn insert_raw(&self, token: &str, batch: u64, rows: &[RawRow]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = self.inserting(token).insert::<RawRecord>("raw").await?;
        for row in rows {
            insert.write(&RawRecord::new(row, batch)).await?;
        }
        Ok(insert.end().await?)
    }

    /// Kept requests of a site, in order of receipt.
    pub async fn raw(&self, site: u32, filter: &RawFilter) -> Result<Vec<RawRow>, Error> {
        let at = |at: Timestamp| format!("fromUnixTimestamp64Milli({}, 'UTC')", at.0);
        let mut sql = format!("SELECT ?fields FROM raw WHERE site = {site} AND expires_at > now()");
        if let Some(from) = filter.from {
            sql.push_str(&format!(" AND received_at >= {}", at(from)));
        }
        if let Some(to) = filter.to {
            sql.push_str(&format!(" AND received_at < {}", at(to)));
        }
        if filter.refused {
            sql.push_str(" AND notEmpty(refused)");
        }
        if let Some((time, id)) = filter.after {
            sql.push_str(&format!(" AND (received_at, id) > ({}, {})", at(time), sql::uuid(id)));
        }
        sql.push_str(&format!(" ORDER BY received_at, id LIMIT {}", filter.limit));
        let rows: Vec<RawRecord> = self.client.query(&sql).fetch_all().await?;
        Ok(rows.into_iter().map(RawRecord::into_row).collect())
    }

    /// Forgets kept requests of a site by their ids.
    pub async fn delete_raw(&self, site: u32, ids: &[u128]) -> Result<(), Error> {
        for ids in ids.chunks(1_000) {
            let list: Vec<String> = ids.iter().map(|id| sql::uuid(*id)).collect();
            let sql = format!(
                "DELETE FROM {} WHERE site = {site} AND id IN ({})",
                self.stored("raw"),
                list.join(", ")
            );
            self.client.query_raw(&sql).execute().await?;
        }
        Ok(())
    }

    /// Takes events out of all tables by their ids, so that they can be stored anew; how many there were.
    pub async fn delete_events(&self, site: u32, ids: &[EventId]) -> Result<u64, Error> {
        let mut taken_out = 0;
        for ids in ids.chunks(1_000) {
            let list: Vec<String> = ids.iter().map(|id| sql::uuid(id.0)).collect();
            let these = format!("site = {site} AND id IN ({})", list.join(", "));
            let count = format!("SELECT count() FROM events WHERE {these}");
            taken_out += self.of_any_length().query_raw(&count).fetch_one::<u64>().await?;
            let steps = format!(
                "DELETE FROM {} WHERE site = {site} AND (visitor, at, name, sequence) IN \
                 (SELECT visitor, at, name, sequence FROM events WHERE {these})",
                self.stored("steps")
            );
            self.client.query_raw(&steps).execute().await?;
            let events = format!("DELETE FROM {} WHERE {these}", self.stored("events"));
            self.client.query_raw(&events).execute().await?;
        }
        Ok(taken_out)
    }
}
