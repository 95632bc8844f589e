//! `attune import`: CSV and NDJSON into a site, once however often it is run.

use super::attach::{Attached, Client};
use super::{CommonArgs, output};
use crate::import::{FileDamaged, Mapping, Records, Rows};
use anyhow::Context;
use attune_schema::api::{ImportCount, ImportRow, ImportRows, Ledger};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};

/// Rows in one request.
const BATCH: usize = 5_000;
/// Rejected rows shown; all are counted.
const SHOWN: u64 = 20;

/// Options of `attune import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Site the events belong to.
    #[arg(long)]
    site: String,
    /// What the columns mean (TOML; see docs/import.md).
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Read and judge every row, store nothing.
    #[arg(long)]
    dry_run: bool,
    /// CSV or NDJSON, plain or gzip.
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
    let mapping = Mapping::read(&args.mapping)?;
    let columns: Vec<&str> = mapping.columns().collect();
    let files = args
        .files
        .iter()
        .map(|path| Ok((path.as_path(), Records::open(path, &columns)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let attached = if args.dry_run { None } else { Some(Attached::open(&args.common).await?) };
    let client = attached.as_ref().map(|attached| &attached.client);
    let done = all(&args, &mapping, files, client).await;
    if let Some(attached) = attached {
        attached.close().await;
    }
    // Always in JSON: scripts read the last line, people can too.
    output::json(&done?)
}

async fn all(
    args: &ImportArgs,
    mapping: &Mapping,
    files: Vec<(&Path, Records)>,
    client: Option<&Client>,
) -> anyhow::Result<ImportCount> {
    let mut import = Import {
        path: format!("/api/sites/{}/import", args.site),
        client,
        count: ImportCount::default(),
        rows: Vec::new(),
    };
    for (path, records) in files {
        import.file(mapping, path, records).await.with_context(|| path.display().to_string())?;
    }
    if let Some(client) = client {
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
    client: Option<&'a Client>,
    count: ImportCount,
    rows: Vec<ImportRow>,
}

impl Import<'_> {
    async fn file(&mut self, mapping: &Mapping, path: &Path, mut records: Records) -> anyhow::Result<()> {
        let shown = path.display();
        let bar = ProgressBar::new(path.metadata()?.len());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        );
        let mut rows = Rows::new(mapping);
        while let Some((line, record)) = records.next() {
            self.count.read += 1;
            let damaged = record.as_ref().is_err_and(|error| error.is::<FileDamaged>());
            match record.and_then(|record| rows.event(&record)) {
                Ok(row) => self.rows.push(row),
                Err(error) => {
                    self.count.rejected += 1;
                    if self.count.rejected <= SHOWN {
                        bar.suspend(|| output::notice(&format!("{shown}, line {line}: {error:#}")));
                    }
                }
            }
            if damaged {
                break;
            }
            if self.rows.len() >= BATCH {
                bar.set_position(records.bytes_read());
                self.send().await?;
            }
        }
        self.send().await?;
        bar.finish_and_clear();
        if self.count.rejected > SHOWN {
            output::notice(&format!("{} rows rejected in all", self.count.rejected));
        }
        Ok(())
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        match self.client {
            Some(client) if !rows.is_empty() => {
                let count: ImportCount = client.post(&self.path, &ImportRows { rows }).await?;
                self.count.imported += count.imported;
                self.count.duplicate += count.duplicate;
                self.count.rejected += count.rejected;
            }
            Some(_) => {}
            None => self.count.imported += rows.len() as u64,
        }
        Ok(())
    }
}
