//! ClickHouse: tables, migrations, inserts and analytic queries; the only place that writes its SQL.
//!
//! One code path: the `clickhouse` client speaks HTTP to a server (`CLICKHOUSE_URL`), or to libchdb in this
//! very process through [`embedded`], a connection that never leaves memory.

pub mod cluster;
pub mod embedded;
mod error;
pub mod evidence;
pub mod export;
pub mod fence;
pub mod history;
pub mod imports;
mod insert;
mod migrate;
pub mod people;
pub mod query;
pub mod raw;
pub mod retention;
pub mod row;
mod store;
pub mod weight;

pub use error::Error;
pub use store::{Config, Warehouse};
