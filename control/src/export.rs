//! Exports: who took events out, which, when and how many.

use crate::error::Error;
use crate::random::base62;
use crate::store::Control;
use attune_schema::export::{Export, ExportQuestion};
use attune_schema::time::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

impl Control {
    /// Begins an export: it is on record before its first row leaves.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn begin_export(
        &self,
        site: u32,
        by: &str,
        asked: &ExportQuestion,
        now: Timestamp,
    ) -> Result<Export, Error> {
        let id = format!("ex_{}", base62(self.random.as_ref(), 16));
        let text = serde_json::to_string(asked).map_err(|error| corrupt(&id, &error.to_string()))?;
        sqlx::query(
            "INSERT INTO exports (id, site, begun_at, begun_by, asked, done_at, rows_sent, whole) \
             VALUES ($1, $2, $3, $4, $5, 0, 0, 0)",
        )
        .bind(id.clone())
        .bind(i64::from(site))
        .bind(now.0)
        .bind(by.to_owned())
        .bind(text)
        .execute(&self.pool)
        .await?;
        Ok(Export {
            id,
            begun_at: now,
            begun_by: by.to_owned(),
            asked: asked.clone(),
            done_at: None,
            rows: 0,
            whole: false,
        })
    }

    /// Says that an export is over, how many rows were sent, and whether these were all.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn end_export(&self, id: &str, rows: u64, whole: bool, now: Timestamp) -> Result<(), Error> {
        sqlx::query("UPDATE exports SET done_at = $1, rows_sent = $2, whole = $3 WHERE id = $4")
            .bind(now.0)
            .bind(i64::try_from(rows).unwrap_or(i64::MAX))
            .bind(i64::from(whole))
            .bind(id.to_owned())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The exports of a site, oldest first.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn exports(&self, site: u32) -> Result<Vec<Export>, Error> {
        let sql = "SELECT id, begun_at, begun_by, asked, done_at, rows_sent, whole FROM exports WHERE site = $1 \
                   ORDER BY begun_at, id";
        let rows = sqlx::query(sql).bind(i64::from(site)).fetch_all(&self.pool).await?;
        rows.iter().map(record).collect()
    }
}

fn corrupt(id: &str, reason: &str) -> Error {
    Error::Corrupt { kind: "export", id: id.to_owned(), reason: reason.to_owned() }
}

fn record(row: &AnyRow) -> Result<Export, Error> {
    let id: String = row.try_get("id")?;
    let asked: String = row.try_get("asked")?;
    let asked = serde_json::from_str(&asked).map_err(|error| corrupt(&id, &error.to_string()))?;
    let done_at: i64 = row.try_get("done_at")?;
    let rows: i64 = row.try_get("rows_sent")?;
    let whole: i64 = row.try_get("whole")?;
    Ok(Export {
        id,
        begun_at: Timestamp(row.try_get("begun_at")?),
        begun_by: row.try_get("begun_by")?,
        asked,
        done_at: (done_at != 0).then_some(Timestamp(done_at)),
        rows: u64::try_from(rows).unwrap_or_default(),
        whole: whole != 0,
    })
}
