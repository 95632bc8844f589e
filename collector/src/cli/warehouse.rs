//! `attune warehouse`: the tables, in words that ClickHouse takes.

use super::output;
use anyhow::Context;
use attune_warehouse::cluster::clustered;
use attune_warehouse::{Config, Warehouse};
use clap::{Args, Subcommand};

/// Options of `attune warehouse`.
#[derive(Debug, Args)]
pub struct WarehouseArgs {
    #[command(subcommand)]
    command: WarehouseCommand,
}

#[derive(Debug, Subcommand)]
enum WarehouseCommand {
    /// Print the statements that make the tables; needs the embedded engine, and touches no data.
    Schema {
        /// For a cluster of this name: replicated tables on each shard, and tables over all shards.
        #[arg(long, value_name = "NAME")]
        cluster: Option<String>,
    },
}

/// Runs `attune warehouse`.
///
/// # Errors
/// Without the embedded engine, or for a name that is none.
pub async fn run(args: WarehouseArgs) -> anyhow::Result<()> {
    let WarehouseCommand::Schema { cluster } = args.command;
    // Made of the tables as the engine has them, in a folder of its own.
    let folder = tempfile::tempdir().context("cannot make a folder for the engine")?;
    let config = Config { data_dir: folder.path().join("engine"), ..Config::default() };
    let tables = Warehouse::schema(&config).await?;
    let statements = match cluster {
        Some(cluster) => clustered(&tables, "attune", &cluster)?,
        None => tables.into_iter().map(|table| table.sql).collect(),
    };
    statements.iter().try_for_each(|statement| output::line(&format!("{statement};")))
}
