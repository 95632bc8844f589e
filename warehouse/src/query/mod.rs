//! Typed question → SQL → typed answer.
//!
//! Values from questions enter SQL only through `sql::text` and its like.

mod attribution;
pub mod bots;
pub mod funnel;
mod goals;
pub mod kernel;
mod overview;
mod paths;
mod person;
mod popular;
pub mod predictors;
mod reports;
mod retention;
mod rfm;
mod sample;
pub mod sensing;
pub(crate) mod sql;
mod times;
mod trend;
pub(crate) mod words;

use crate::{Error, Warehouse};
use clickhouse::RowOwned;
use clickhouse::RowRead;
use std::time::Instant;

/// Rows of an answer, with what it cost.
pub(crate) struct Answered<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) rows_read: u64,
    pub(crate) elapsed_ms: u64,
}

/// Longest that a question may take, in seconds.
const SECONDS: u64 = 60;

impl Warehouse {
    /// Runs a query that may not run for ever.
    async fn ask<T: RowOwned + RowRead>(&self, sql: &str) -> Result<Answered<T>, Error> {
        let mut rows = Vec::new();
        let (rows_read, elapsed_ms) = self.each::<T>(sql, |row| rows.push(row)).await?;
        Ok(Answered { rows, rows_read, elapsed_ms })
    }

    /// Runs a query that may not run for ever, row by row; the rows that the store read, and milliseconds.
    async fn each<T: RowOwned + RowRead>(&self, sql: &str, take: impl FnMut(T)) -> Result<(u64, u64), Error> {
        self.each_within(SECONDS, sql, take).await
    }

    /// [`Warehouse::each`], with less time; at least a second.
    async fn each_within<T: RowOwned + RowRead>(
        &self,
        seconds: u64,
        sql: &str,
        mut take: impl FnMut(T),
    ) -> Result<(u64, u64), Error> {
        let started = Instant::now();
        // To compare types in every value of millions takes longer than the query. They are those of the queries
        // written here, which tests compare.
        let client = self
            .client
            .clone()
            .with_validation(cfg!(debug_assertions))
            .with_setting("max_execution_time", seconds.max(1).to_string())
            .with_setting("optimize_aggregation_in_order", "1")
            .with_setting("wait_end_of_query", "1");
        let mut cursor = client.query_raw(sql).fetch::<T>()?;
        while let Some(row) = cursor.next().await? {
            take(row);
        }
        let rows_read = cursor.summary().and_then(|summary| summary.read_rows()).unwrap_or(0);
        Ok((rows_read, started.elapsed().as_millis() as u64))
    }
}
