//! `attune import people` and `attune import list`: a file that is there whole or not at all.

use super::attach::{Attached, Client};
use super::progress::Progress;
use super::{CommonArgs, output};
use crate::import::key::Content;
use crate::import::{FileDamaged, Record, Records, Wanted, value};
use anyhow::{Context, bail};
use attune_schema::api::{
    FileImport, FileImportState, KeyedBy, NewList, PersonCount, PersonRow, PersonRows, Publish,
};
use attune_schema::id::digest;
use attune_schema::source::Label;
use attune_schema::time::Timestamp;
use clap::Args;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Rows in one request.
const BATCH: usize = 5_000;
/// Lines named of each reason; all are counted.
const SHOWN: usize = 5;

/// Options that both have.
#[derive(Debug, Args)]
struct FileArgs {
    /// Site the people belong to.
    #[arg(long)]
    site: String,
    #[command(flatten)]
    key: KeyArgs,
    /// Read and judge every row, store nothing.
    #[arg(long)]
    dry_run: bool,
    /// Import although so many rows are rejected.
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_rejects: u64,
    /// CSV or NDJSON, plain or gzip, or Parquet.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: CommonArgs,
}

/// By what a row says whose it is.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct KeyArgs {
    /// Column of the user id.
    #[arg(long, value_name = "COLUMN")]
    user: Option<String>,
    /// Column of the keyed hash (attune hash makes them).
    #[arg(long, value_name = "COLUMN")]
    hash: Option<String>,
}

/// Options of `attune import people`.
#[derive(Debug, Args)]
pub struct PeopleArgs {
    #[command(flatten)]
    file: FileArgs,
}

/// Options of `attune import list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Name of the list.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// From when on nobody is on it: 2027-01-01 (UTC), or 2027-01-01T09:00:00+09:00.
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires: Timestamp,
    #[command(flatten)]
    file: FileArgs,
}

fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(date) = text.parse::<jiff::civil::Date>()
        && !text.contains(['T', 't', ' '])
    {
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| error.to_string())?;
        return Ok(Timestamp(midnight.timestamp().as_millisecond()));
    }
    let time: jiff::Timestamp = text.parse().map_err(|error| format!("{error}"))?;
    Ok(Timestamp(time.as_millisecond()))
}

/// What the last line of the command says.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// `imported`, `already_imported`, `dry_run` or `rejected`.
    state: &'static str,
    read: u64,
    taken: u64,
    known: u64,
    duplicate: u64,
    rejected: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    reasons: BTreeMap<String, Rejects>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, Label>,
    rows_per_second: u64,
}

#[derive(Debug, Default, Serialize)]
struct Rejects {
    rows: u64,
    /// The first of them.
    at: Vec<u64>,
}

/// Runs `attune import people`.
///
/// # Errors
/// What is wrong with the file, or what the server says. Nothing of the file is seen then.
pub async fn people(args: PeopleArgs) -> anyhow::Result<()> {
    run(args.file, None).await
}

/// Runs `attune import list`.
///
/// # Errors
/// What is wrong with the file, or what the server says. The list is what it was then.
pub async fn list(args: ListArgs) -> anyhow::Result<()> {
    run(args.file, Some(NewList { name: args.name, expires_at: args.expires })).await
}

async fn run(args: FileArgs, list: Option<NewList>) -> anyhow::Result<()> {
    let (keyed_by, key) = match (&args.key.user, &args.key.hash) {
        (Some(column), None) => (KeyedBy::User, column.as_str()),
        (None, Some(column)) => (KeyedBy::Hash, column.as_str()),
        _ => bail!("say either --user COLUMN or --hash COLUMN"),
    };
    let shown = args.file.display().to_string();
    let (file, columns) = (args.file.clone(), list.is_none());
    let of_key = key.to_owned();
    let read = tokio::task::spawn_blocking(move || survey(&file, &of_key, columns)).await?;
    let (content, attributes) = read.with_context(|| shown.clone())?;
    let import = FileImport { content, keyed_by, attributes, list };
    let attached = Attached::open(&args.common).await?;
    let reading = Reading { args: &args, import, key, client: &attached.client };
    let done = reading.all().await;
    attached.close().await;
    let report = done.with_context(|| shown.clone())?;
    output::json(&report)?;
    if report.state == "rejected" {
        bail!(
            "{shown}: nothing was imported: {} of {} rows are rejected, and --max-rejects is {}",
            report.rejected,
            report.read,
            args.max_rejects
        );
    }
    Ok(())
}

/// The digest of a file, and the columns beside the key's if they are `wanted`.
fn survey(path: &Path, key: &str, wanted: bool) -> anyhow::Result<(String, Vec<String>)> {
    let mut content = Content::default();
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => content.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    let only = [key];
    let records = Records::open(path, if wanted { Wanted::All } else { Wanted::These(&only) })?;
    let columns: BTreeSet<String> = match records.columns() {
        Some(columns) => {
            let names: BTreeSet<String> = columns.iter().map(|name| (**name).to_owned()).collect();
            if let Some(twice) =
                names.iter().find(|name| columns.iter().filter(|c| ***c == ***name).count() > 1)
            {
                bail!("it has two columns `{twice}`");
            }
            names
        }
        // The columns of NDJSON are known at its end; what is no record is found when it is read.
        None => records.filter_map(|(_, record)| record.ok()).fold(BTreeSet::new(), |mut names, record| {
            for name in record.keys().filter(|name| !names.contains(&***name)).collect::<Vec<_>>() {
                names.insert((**name).to_owned());
            }
            names
        }),
    };
    if !columns.contains(key) {
        bail!("it has no column `{key}`; it has {}", columns.into_iter().collect::<Vec<_>>().join(", "));
    }
    let attributes = columns.into_iter().filter(|name| wanted && name != key).collect();
    Ok((content.text(), attributes))
}

struct Reading<'a> {
    args: &'a FileArgs,
    import: FileImport,
    key: &'a str,
    client: &'a Client,
}

impl Reading<'_> {
    async fn all(&self) -> anyhow::Result<Report> {
        let begin = format!("/api/sites/{}/imports", self.args.site);
        let state: FileImportState = self.client.post(&begin, &self.import).await?;
        for (name, label) in &state.labels {
            output::notice(&format!("column {name}: {}", serde_json::to_string(label)?.trim_matches('"')));
        }
        let mut report = Report { state: "already_imported", labels: state.labels, ..Report::default() };
        if state.published && !self.args.dry_run {
            return Ok(report);
        }
        let people = self.rows(&format!("{begin}/{}/rows", state.id), &mut report).await?;
        report.state = match () {
            () if report.rejected > self.args.max_rejects => "rejected",
            () if self.args.dry_run => "dry_run",
            () => "imported",
        };
        if report.state == "imported" {
            let end = Publish { import: self.import.clone(), people };
            self.client.tell(reqwest::Method::POST, &format!("{begin}/{}/publish", state.id), &end).await?;
        }
        Ok(report)
    }

    /// Sends all rows; how many people they are about.
    async fn rows(&self, path: &str, report: &mut Report) -> anyhow::Result<u64> {
        let wanted = [self.key];
        let wanted = if self.import.list.is_some() { Wanted::These(&wanted) } else { Wanted::All };
        let mut records = Records::open(&self.args.file, wanted)?;
        let mut progress = Progress::new(&self.args.file)?;
        // Of each person the digest of what the file says, 32 bytes: which rows say the same again.
        let mut seen: HashMap<u128, u128, foldhash::fast::RandomState> = HashMap::default();
        let mut batch = Vec::with_capacity(BATCH);
        let unit = records.unit();
        while let Some((line, record)) = records.next() {
            report.read += 1;
            match record {
                Ok(record) => {
                    let row = self.row(line, &record);
                    let said = said(&row);
                    match seen.get(&said.0) {
                        None => {
                            seen.insert(said.0, said.1);
                            batch.push(row);
                        }
                        Some(before) if *before == said.1 => report.duplicate += 1,
                        Some(_) => report.reject("said_otherwise_before", &[line]),
                    }
                }
                Err(error) if error.is::<FileDamaged>() => {
                    return Err(error.context(format!("{unit} {line}")));
                }
                Err(_) => report.reject("not_a_row", &[line]),
            }
            if batch.len() >= BATCH {
                progress.read(records.bytes_read(), batch.len() as u64);
                self.send(path, &mut batch, report).await?;
            }
        }
        progress.read(records.bytes_read(), batch.len() as u64);
        self.send(path, &mut batch, report).await?;
        for (reason, rejects) in &report.reasons {
            let at: Vec<String> = rejects.at.iter().map(u64::to_string).collect();
            let more = if rejects.rows > rejects.at.len() as u64 { ", …" } else { "" };
            progress.notice(&format!("{} rows {reason}: {unit} {}{more}", rejects.rows, at.join(", ")));
        }
        report.rows_per_second = progress.end();
        Ok(report.taken)
    }

    fn row(&self, line: u64, record: &Record) -> PersonRow {
        let key = record.get(self.key).map(|key| key.trim()).unwrap_or_default();
        let mut row = PersonRow {
            line,
            // A hash is the same in capital letters.
            key: if self.args.key.hash.is_some() { key.to_ascii_lowercase() } else { key.to_owned() },
            attributes: BTreeMap::new(),
            removed: Vec::new(),
        };
        for name in &self.import.attributes {
            // A field that a line of NDJSON does not have says nothing; an empty one says that there is none.
            match record.get(name.as_str()).map(|text| value(text.trim())) {
                Some(Some(value)) => drop(row.attributes.insert(name.clone(), value)),
                Some(None) => row.removed.push(name.clone()),
                None => {}
            }
        }
        row
    }

    async fn send(&self, path: &str, batch: &mut Vec<PersonRow>, report: &mut Report) -> anyhow::Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(batch);
        // Too much is wrong already: the rest is only counted.
        let dry_run = self.args.dry_run || report.rejected > self.args.max_rejects;
        let sent = PersonRows { import: self.import.clone(), rows, dry_run };
        let count: PersonCount = self.client.post(path, &sent).await?;
        report.taken += count.taken;
        report.known += count.known;
        for (reason, lines) in &count.rejected {
            report.reject(reason, lines);
        }
        Ok(())
    }
}

impl Report {
    fn reject(&mut self, reason: &str, lines: &[u64]) {
        let rejects = self.reasons.entry(reason.to_owned()).or_default();
        rejects.rows += lines.len() as u64;
        self.rejected += lines.len() as u64;
        let room = SHOWN.saturating_sub(rejects.at.len());
        rejects.at.extend(lines.iter().take(room));
    }
}

/// Digests of whom a row is about, and of what it says.
fn said(row: &PersonRow) -> (u128, u128) {
    let mut text = String::new();
    for (name, value) in &row.attributes {
        text.push_str(&format!("{name}\0{value:?}\0"));
    }
    for name in &row.removed {
        text.push_str(&format!("\0{name}"));
    }
    (digest("person", &row.key), digest("says", &text))
}
