//! The command line: one file a command.
//!
//! Commands other than `serve` speak HTTP to a server ([`attach`]): the one that has the data folder, or one
//! of their own for as long as they run.

mod answers;
pub mod attach;
pub mod backtest;
pub mod backup;
pub mod bundle;
pub mod cards;
pub mod debug;
pub mod decide;
pub mod erase;
pub mod export;
pub mod hash;
pub mod health;
pub mod import;
pub mod key;
pub mod learn;
pub mod model;
pub mod output;
pub mod people_file;
pub mod progress;
pub mod query;
pub mod raw;
pub mod sdk;
pub mod serve;
pub mod site;
pub mod stats;
pub mod user;
pub mod warehouse;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Personalisation that decides in the visitor's browser: collector, console and tools in one program.
#[derive(Debug, Parser)]
#[command(name = "attune", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: ingest, bundles, console and API.
    Serve(serve::ServeArgs),
    /// Import events, attributes of people, or a list of people from CSV, NDJSON or Parquet files.
    Import(Box<import::ImportArgs>),
    /// Turn a column of a file into keyed hashes.
    Hash(hash::HashArgs),
    /// Import, train, score and describe models.
    Model(model::ModelArgs),
    /// Compare cards by what somebody spends.
    Cards(cards::CardsArgs),
    /// Ask a question.
    Query(query::QueryArgs),
    /// What experiments and logs of decisions tell.
    Stats(Box<stats::StatsArgs>),
    /// Run a source over stored history, before anybody sees it.
    Backtest(Box<backtest::BacktestArgs>),
    /// Let campaigns that try their offers learn from what is stored, and show what they know.
    Learn(learn::LearnArgs),
    /// Write events to a file, or list who did.
    Export(export::ExportArgs),
    /// Add and list sites.
    Site(site::SiteArgs),
    /// Show what goes into the head of every page.
    Tag(sdk::TagArgs),
    /// Say which SDK pages get: roll a bad one back, switch it off.
    Sdk(sdk::SdkArgs),
    /// Get a token that opens the debugger in a page of a site.
    Debug(debug::DebugArgs),
    /// Say how the server is; fail if it takes no events.
    Health(health::HealthArgs),
    /// Compile campaigns written as JSON into what pages load, or look into it.
    Bundle(bundle::BundleArgs),
    /// Decide from a file, as a page and the server would.
    Decide(decide::DecideArgs),
    /// Make decisions again from their receipts, and compare.
    Verify(decide::VerifyArgs),
    /// Show, rotate and retire the key that bundles are signed with.
    Key(key::KeyArgs),
    /// Send an event the whole way and read it back.
    SelfTest(health::SelfTestArgs),
    /// Erase a person or a browser, and print the proof.
    Erase(erase::EraseArgs),
    /// Show requests of which an event was refused.
    DeadLetters(raw::LettersArgs),
    /// Read damaged segments of the log again, and deliver what was missing.
    Recover(raw::RecoverArgs),
    /// Read kept requests again, as this version understands them.
    Replay(raw::ReplayArgs),
    /// Copy everything that lasts, while the server runs or not.
    Backup(backup::BackupArgs),
    /// Make a data folder from a backup.
    Restore(backup::RestoreArgs),
    /// Add and list accounts, set their passwords and what they may do.
    User(user::UserArgs),
    /// Print what makes the warehouse's tables.
    Warehouse(warehouse::WarehouseArgs),
}

/// Where things are and how to answer; the same for every command.
#[derive(Debug, Clone, Args)]
pub struct CommonArgs {
    /// Folder of everything that lasts.
    #[arg(long, value_name = "DIR", env = "ATTUNE_DATA", default_value = "attune-data")]
    pub data: PathBuf,
    /// Keep accounts, sites and documents in PostgreSQL (`postgres://…`) instead of a file.
    #[arg(long = "postgres", value_name = "URL", env = "ATTUNE_CONTROL_URL", hide_env_values = true)]
    pub control_url: Option<String>,
    /// ClickHouse server; embedded in the data folder if absent.
    #[arg(long = "clickhouse", value_name = "URL", env = "CLICKHOUSE_URL", hide_env_values = true)]
    pub warehouse_url: Option<String>,
    /// Cluster over which that server's tables are spread (`attune warehouse schema --cluster NAME` makes them).
    #[arg(long = "clickhouse-cluster", value_name = "NAME", env = "ATTUNE_CLICKHOUSE_CLUSTER")]
    pub warehouse_cluster: Option<String>,
    /// Print one last line of JSON on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Runs a command.
///
/// # Errors
/// Whatever went wrong, for people.
pub fn main(cli: Cli) -> anyhow::Result<()> {
    crate::telemetry::init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::run(args).await,
            Command::Import(args) => import::run(*args).await,
            Command::Hash(args) => hash::run(args).await,
            Command::Model(args) => model::run(args),
            Command::Cards(args) => cards::run(&args),
            Command::Query(args) => query::run(args).await,
            Command::Stats(args) => stats::run(&args),
            Command::Backtest(args) => backtest::run(*args).await,
            Command::Learn(args) => learn::run(args).await,
            Command::Export(args) => export::run(args).await,
            Command::Site(args) => site::run(args).await,
            Command::Tag(args) => sdk::tag(args).await,
            Command::Sdk(args) => sdk::run(args).await,
            Command::Debug(args) => debug::run(args).await,
            Command::Health(args) => health::health(args).await,
            Command::Bundle(args) => bundle::run(&args),
            Command::Decide(args) => decide::run(&args),
            Command::Verify(args) => decide::verify(&args),
            Command::Key(args) => key::run(args).await,
            Command::SelfTest(args) => health::self_test(args).await,
            Command::Erase(args) => erase::run(args).await,
            Command::DeadLetters(args) => raw::dead_letters(args).await,
            Command::Recover(args) => raw::recover(args).await,
            Command::Replay(args) => raw::replay(args).await,
            Command::Backup(args) => backup::back_up(args).await,
            Command::Restore(args) => backup::restore(&args),
            Command::User(args) => user::run(args).await,
            Command::Warehouse(args) => warehouse::run(args).await,
        }
    })
}
