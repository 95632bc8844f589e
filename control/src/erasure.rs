//! Erasures: who asked, when, of whom (as digests), and what was deleted.

use crate::error::Error;
use crate::random::base62;
use crate::store::Control;
use attune_schema::api::{ErasedRows, Erasure};
use attune_schema::time::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

/// An erasure with what it is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRecord {
    /// Number of the site.
    pub site: u32,
    /// What the API shows.
    pub erasure: Erasure,
    /// Digests of user ids and visitors.
    pub digests: Vec<u128>,
}

impl Control {
    /// Begins an erasure: from now on what its digests name, and happened before, is left out.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn begin_erasure(
        &self,
        site: u32,
        by: &str,
        digests: &[u128],
        now: Timestamp,
    ) -> Result<ErasureRecord, Error> {
        let id = format!("er_{}", base62(self.random.as_ref(), 16));
        let texts: Vec<String> = digests.iter().map(|digest| format!("{digest:032x}")).collect();
        sqlx::query(
            "INSERT INTO erasures (id, site, requested_at, requested_by, done_at, digests, proof) \
             VALUES ($1, $2, $3, $4, 0, $5, '[]')",
        )
        .bind(id.clone())
        .bind(i64::from(site))
        .bind(now.0)
        .bind(by.to_owned())
        .bind(serde_json::Value::from(texts).to_string())
        .execute(&self.pool)
        .await?;
        let erasure =
            Erasure { id, requested_at: now, requested_by: by.to_owned(), done_at: None, rows: Vec::new() };
        Ok(ErasureRecord { site, erasure, digests: digests.to_vec() })
    }

    /// Says that an erasure is done, and what it deleted.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn end_erasure(&self, id: &str, rows: &[ErasedRows], now: Timestamp) -> Result<(), Error> {
        let proof = serde_json::to_string(rows).map_err(|error| corrupt(id, &error.to_string()))?;
        sqlx::query("UPDATE erasures SET done_at = $1, proof = $2 WHERE id = $3")
            .bind(now.0)
            .bind(proof)
            .bind(id.to_owned())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// A site's erasures, oldest first.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn erasures(&self, site: u32) -> Result<Vec<ErasureRecord>, Error> {
        let sql = "SELECT * FROM erasures WHERE site = $1 ORDER BY requested_at, id";
        sqlx::query(sql).bind(i64::from(site)).fetch_all(&self.pool).await?.iter().map(record).collect()
    }

    /// The erasures of all sites that were asked for at `since` or later, oldest first.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn erasures_since(&self, since: Timestamp) -> Result<Vec<ErasureRecord>, Error> {
        let sql = "SELECT * FROM erasures WHERE requested_at >= $1 ORDER BY requested_at, id";
        sqlx::query(sql).bind(since.0).fetch_all(&self.pool).await?.iter().map(record).collect()
    }
}

fn corrupt(id: &str, reason: &str) -> Error {
    Error::Corrupt { kind: "erasure", id: id.to_owned(), reason: reason.to_owned() }
}

fn record(row: &AnyRow) -> Result<ErasureRecord, Error> {
    let id: String = row.try_get("id")?;
    let digests: Vec<String> =
        serde_json::from_str(row.try_get("digests")?).map_err(|e| corrupt(&id, &e.to_string()))?;
    let digests = digests.iter().map(|digest| u128::from_str_radix(digest, 16));
    let digests = digests.collect::<Result<_, _>>().map_err(|e| corrupt(&id, &e.to_string()))?;
    let rows = serde_json::from_str(row.try_get("proof")?).map_err(|e| corrupt(&id, &e.to_string()))?;
    let done_at: i64 = row.try_get("done_at")?;
    Ok(ErasureRecord {
        site: u32::try_from(row.try_get::<i64, _>("site")?).unwrap_or_default(),
        erasure: Erasure {
            requested_at: Timestamp(row.try_get("requested_at")?),
            requested_by: row.try_get("requested_by")?,
            done_at: (done_at > 0).then_some(Timestamp(done_at)),
            rows,
            id,
        },
        digests,
    })
}
