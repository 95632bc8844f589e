//! What rows weigh on the disk.

use crate::store::DATABASE;
use crate::{Error, Warehouse};
use clickhouse::Row;
use serde::Deserialize;

/// A table's weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// Rows that it has.
    pub rows: u64,
    /// Bytes a row, with indexes and marks; 0 without rows.
    pub row_bytes: f64,
    /// Of these each column's, the dearest first.
    pub columns: Vec<(String, f64)>,
}

#[derive(Row, Deserialize)]
struct PartsRecord {
    rows: u64,
    bytes: u64,
}

#[derive(Row, Deserialize)]
struct ColumnRecord {
    column: String,
    bytes: u64,
}

impl Warehouse {
    /// What `table` weighs, of all sites, as far as its parts are merged.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn weight(&self, table: &str) -> Result<Weight, Error> {
        let parts: PartsRecord = self
            .client
            .query(
                "SELECT sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts \
                 WHERE active AND database = ? AND table = ?",
            )
            .bind(DATABASE)
            .bind(table)
            .fetch_one()
            .await?;
        let columns: Vec<ColumnRecord> = self
            .client
            .query(
                "SELECT column, sum(column_bytes_on_disk) AS bytes FROM system.parts_columns \
                 WHERE active AND database = ? AND table = ? GROUP BY column ORDER BY bytes DESC, column",
            )
            .bind(DATABASE)
            .bind(table)
            .fetch_all()
            .await?;
        let of_row = |bytes: u64| if parts.rows == 0 { 0.0 } else { bytes as f64 / parts.rows as f64 };
        Ok(Weight {
            rows: parts.rows,
            row_bytes: of_row(parts.bytes),
            columns: columns.into_iter().map(|column| (column.column, of_row(column.bytes))).collect(),
        })
    }
}
