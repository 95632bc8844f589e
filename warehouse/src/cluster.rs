//! The tables for a cluster of ClickHouse servers, made of the tables as the migrations leave them.
//!
//! Each table `t` becomes two: `t_local`, replicated, on each server, and `t` over all shards, which is what the program
//! inserts into and asks. The engine says what a table is ([`Warehouse::tables`]), so that there is no second
//! description that could differ.

use crate::{Config, Error, Warehouse};
use clickhouse::Row;
use serde::Deserialize;

/// What rows are spread over the shards by: the first of these that a table has. What a visitor did is on one shard.
const SPREAD_BY: [(&str, &str); 6] = [
    ("visitor", "sipHash64(visitor)"),
    ("user", "sipHash64(user)"),
    ("key", "key"),
    ("id", "sipHash64(id)"),
    ("site", "site"),
    ("number", "number"),
];

/// Blocks of inserts that a table of one server remembers, as the engine calls it.
const WINDOW: &str = "non_replicated_deduplication_window";

/// A table as it was created.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Names of its columns that are stored, in order.
    pub columns: Vec<String>,
    /// The statement that creates it, as the engine writes it.
    pub sql: String,
    /// `MergeTree`, or another of that family.
    pub engine: String,
    /// The engine with arguments, order, time to live and settings.
    pub engine_full: String,
}

impl Warehouse {
    /// The tables of an empty warehouse, by name.
    ///
    /// # Errors
    /// See [`Warehouse::open`].
    pub async fn schema(config: &Config) -> Result<Vec<Table>, Error> {
        let warehouse = Self::open(config).await?;
        let tables = warehouse.tables().await;
        warehouse.close().await;
        tables
    }

    /// Its tables, by name.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn tables(&self) -> Result<Vec<Table>, Error> {
        let sql = "SELECT name, groupArray(column) AS columns, any(of.sql) AS sql, any(of.engine) AS engine, \
                   any(of.engine_full) AS engine_full FROM (SELECT name, create_table_query AS sql, engine, engine_full \
                   FROM system.tables WHERE database = currentDatabase()) AS of INNER JOIN (SELECT table, name AS column \
                   FROM system.columns WHERE database = currentDatabase() AND default_kind = '' ORDER BY table, position) \
                   AS columns ON of.name = columns.table GROUP BY name ORDER BY name";
        Ok(self.client.query_raw(sql).fetch_all().await?)
    }
}

/// The statements that make `tables` of the database `database` on the cluster `cluster`, and note that these are all
/// migrations.
///
/// # Errors
/// [`Error::Question`] for a name that is none, or a table that cannot be on a cluster.
pub fn clustered(tables: &[Table], database: &str, cluster: &str) -> Result<Vec<String>, Error> {
    check_name("cluster", cluster)?;
    check_name("database", database)?;
    let mut statements = vec![format!("CREATE DATABASE IF NOT EXISTS {database} ON CLUSTER {cluster}")];
    for table in tables {
        statements.push(local(table, database, cluster)?);
        statements.push(over_all(table, database, cluster)?);
    }
    statements.push(format!(
        "INSERT INTO {database}.migrations (number) SELECT number + 1 FROM numbers({})",
        crate::migrate::LAST
    ));
    Ok(statements)
}

/// The replicated table of one shard.
fn local(table: &Table, database: &str, cluster: &str) -> Result<String, Error> {
    let unfit = || {
        Error::Question(format!("table `{}` is not one that a cluster can have: {}", table.name, table.sql))
    };
    let (_, columns) = table.sql.split_once('(').ok_or_else(unfit)?;
    let (columns, _) = columns.split_once(&format!(") ENGINE = {}", table.engine)).ok_or_else(unfit)?;
    let rest = table.engine_full.strip_prefix(&table.engine).ok_or_else(unfit)?;
    if !table.engine.ends_with("MergeTree") || table.engine.starts_with("Replicated") {
        return Err(unfit());
    }
    let (arguments, rest) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((arguments, rest)) => (format!(", {arguments}"), rest),
        None => (String::new(), rest),
    };
    // What is inserted without a token must not be taken for the same again: it may have been deleted meanwhile.
    let rest = if rest.contains(WINDOW) {
        rest.replace(WINDOW, "replicated_deduplication_window")
    } else {
        format!("{rest}, replicated_deduplication_window = 0")
    };
    Ok(format!(
        "CREATE TABLE IF NOT EXISTS {database}.{name}_local ON CLUSTER {cluster} ({columns}) \
         ENGINE = Replicated{engine}('/clickhouse/tables/{{uuid}}/{{shard}}', '{{replica}}'{arguments}){rest}",
        name = table.name,
        engine = table.engine
    ))
}

/// The table over all shards.
fn over_all(table: &Table, database: &str, cluster: &str) -> Result<String, Error> {
    let name = &table.name;
    let by = SPREAD_BY.iter().find(|(column, _)| table.columns.iter().any(|of| of == column));
    let (_, by) =
        by.ok_or_else(|| Error::Question(format!("table `{name}` has no column to spread its rows by")))?;
    Ok(format!(
        "CREATE TABLE IF NOT EXISTS {database}.{name} ON CLUSTER {cluster} AS {database}.{name}_local \
         ENGINE = Distributed('{cluster}', '{database}', '{name}_local', {by})"
    ))
}

/// Names enter statements as they are.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), Error> {
    let fit = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fit {
        return Ok(());
    }
    Err(Error::Question(format!(
        "the name of a {what} is 1 to 64 letters, digits and underscores, not beginning with a digit, not `{name}`"
    )))
}
