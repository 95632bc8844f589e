//! `attune import`: files of events into a site, once however often it is run.

use super::attach::{Attached, Client};
use super::people_file::{self, ListArgs, PeopleArgs};
use super::progress::Progress;
use super::{CommonArgs, output};
use crate::import::{FileDamaged, Mapping, Records, Rows, Wanted};
use anyhow::Context;
use attune_schema::api::{ImportCount, ImportRow, ImportRows, Ledger};
use attune_schema::id::EventId;
use clap::{Args, Subcommand};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Rows in one request.
const BATCH: usize = 5_000;
/// Rejected rows shown; all are counted.
const SHOWN: u64 = 20;

/// Options of `attune import`: of events, unless it is told what else.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ImportArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    events: EventsArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Import attributes of people: all of a file, or nothing.
    People(PeopleArgs),
    /// Replace a list of people by a file: all of it, or nothing.
    List(ListArgs),
}

/// Options of an import of events; what is required is so unless something else is imported.
#[derive(Debug, Args)]
struct EventsArgs {
    /// Site the events belong to.
    #[arg(long, required = true)]
    site: Option<String>,
    /// What the columns mean (TOML; see docs/import.md).
    #[arg(long, value_name = "FILE", required = true)]
    mapping: Option<PathBuf>,
    /// Read and judge every row, store nothing.
    #[arg(long)]
    dry_run: bool,
    /// CSV or NDJSON, plain or gzip, or Parquet.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

/// Runs `attune import`.
///
/// # Errors
/// A mapping or file that cannot be read, or what the server says. Rows already sent stay, and are not sent
/// twice by the next run.
pub async fn run(args: ImportArgs) -> anyhow::Result<()> {
    match args.what {
        Some(What::People(args)) => people_file::people(args).await,
        Some(What::List(args)) => people_file::list(args).await,
        None => events(args.events).await,
    }
}

async fn events(args: EventsArgs) -> anyhow::Result<()> {
    let (site, mapping) =
        args.site.as_deref().zip(args.mapping.as_deref()).context("--site and --mapping")?;
    let mapping = Mapping::read(mapping)?;
    let columns: Vec<&str> = mapping.columns().collect();
    let files = args
        .files
        .iter()
        .map(|path| Ok((path.as_path(), Records::open(path, Wanted::These(&columns))?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let attached = Attached::open(&args.common).await?;
    let done = all(&args, site, &mapping, files, &attached.client).await;
    attached.close().await;
    // Always in JSON: scripts read the last line, people can too.
    output::json(&done?)
}

async fn all(
    args: &EventsArgs,
    site: &str,
    mapping: &Mapping,
    files: Vec<(&Path, Records)>,
    client: &Client,
) -> anyhow::Result<ImportCount> {
    let mut import = Import {
        path: format!("/api/sites/{site}/import"),
        client,
        dry_run: args.dry_run,
        seen: HashSet::default(),
        count: ImportCount::default(),
        rows: Vec::new(),
    };
    for (path, records) in files {
        import.file(mapping, path, records).await.with_context(|| path.display().to_string())?;
    }
    if !args.dry_run {
        queryable(client).await.context("waiting for the warehouse")?;
    }
    Ok(import.count)
}

/// Returns when the events can be queried: as long as that takes, if fewer wait each time.
async fn queryable(client: &Client) -> anyhow::Result<()> {
    let mut before = u64::MAX;
    loop {
        let Err(error) = client.flush().await else { return Ok(()) };
        let waiting = client.get::<Ledger>("/api/ledger").await?.waiting;
        if waiting >= before {
            return Err(error);
        }
        output::notice(&format!("{waiting} events still on their way to the warehouse"));
        before = waiting;
    }
}

struct Import<'a> {
    path: String,
    client: &'a Client,
    dry_run: bool,
    /// Of a dry run: ids of rows before, which no warehouse has.
    seen: HashSet<EventId, foldhash::fast::RandomState>,
    count: ImportCount,
    rows: Vec<ImportRow>,
}

impl Import<'_> {
    async fn file(&mut self, mapping: &Mapping, path: &Path, mut records: Records) -> anyhow::Result<()> {
        let shown = path.display();
        let mut progress = Progress::new(path)?;
        let unit = records.unit();
        let mut rows = Rows::new(mapping);
        while let Some((line, record)) = records.next() {
            self.count.read += 1;
            let damaged = record.as_ref().is_err_and(|error| error.is::<FileDamaged>());
            match record.and_then(|record| rows.event(&record)) {
                Ok(row) if self.dry_run && !self.seen.insert(row.id) => self.count.duplicate += 1,
                Ok(row) => self.rows.push(row),
                Err(error) => {
                    self.count.rejected += 1;
                    *self.count.reasons.entry("not_an_event".to_owned()).or_default() += 1;
                    if self.count.rejected <= SHOWN {
                        progress.notice(&format!("{shown}, {unit} {line}: {error:#}"));
                    }
                }
            }
            if damaged {
                break;
            }
            if self.rows.len() >= BATCH {
                progress.read(records.bytes_read(), self.rows.len() as u64);
                self.send().await?;
            }
        }
        progress.read(records.bytes_read(), self.rows.len() as u64);
        self.send().await?;
        progress.end();
        if self.count.rejected > SHOWN {
            output::notice(&format!("{} rows rejected in all", self.count.rejected));
        }
        Ok(())
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        let count: ImportCount =
            self.client.post(&self.path, &ImportRows { rows, dry_run: self.dry_run }).await?;
        self.count.imported += count.imported;
        self.count.duplicate += count.duplicate;
        self.count.rejected += count.rejected;
        if let Some(known) = count.known_users {
            *self.count.known_users.get_or_insert(0) += known;
        }
        for (reason, rows) in count.reasons {
            *self.count.reasons.entry(reason).or_default() += rows;
        }
        Ok(())
    }
}
