//! CSV and NDJSON, plain or gzip, and Parquet, one record at a time: memory does not grow with the file.
#![expect(clippy::disallowed_types, reason = "a file of the operator's own, unpacked as a stream")]

use super::parquet;
use anyhow::{Context, bail};
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One row: column → text, as written.
pub type Record = BTreeMap<Arc<str>, String>;

/// A row, or why it is none, with the line it begins at.
pub(super) type Item = (u64, anyhow::Result<Record>);

/// Which columns are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// These, which have to be there; others do not matter.
    These(&'a [&'a str]),
    /// Whatever there is.
    All,
}

/// Rows of one file with the line each begins at; of Parquet, the number of the row.
pub struct Records {
    rows: Box<dyn Iterator<Item = Item> + Send>,
    read: Arc<AtomicU64>,
    columns: Option<Vec<Arc<str>>>,
    unit: &'static str,
}

/// Counts the bytes of the file itself, before decompression.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Records {
    /// Opens `path`; gzip and Parquet are recognised by their content, NDJSON by its name or first byte.
    ///
    /// # Errors
    /// If it cannot be read, or a CSV or Parquet file lacks a column.
    pub fn open(path: &Path, wanted: Wanted<'_>) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let read = Arc::new(AtomicU64::new(0));
        let wanted = match wanted {
            Wanted::These(columns) => Some(columns),
            Wanted::All => None,
        };
        let file =
            Counted { inner: File::open(path).with_context(|| shown.clone())?, read: Arc::clone(&read) };
        let mut plain: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(1 << 16, file));
        let begin = plain.fill_buf().with_context(|| shown.clone())?;
        if begin.starts_with(parquet::MAGIC) {
            let file = File::open(path).with_context(|| shown.clone())?;
            let (columns, rows) = parquet::rows(file, &shown, wanted, Arc::clone(&read))?;
            return Ok(Self { rows: Box::new(rows), read, columns: Some(columns), unit: "row" });
        }
        if begin.starts_with(&[0x1f, 0x8b]) {
            plain = Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(plain)));
        }
        let first = plain.fill_buf().with_context(|| shown.clone())?.first().copied();
        let name = shown.trim_end_matches(".gz");
        let json = name.ends_with(".ndjson") || name.ends_with(".jsonl") || first == Some(b'{');
        if json {
            return Ok(Self { rows: Box::new(lines(plain)), read, columns: None, unit: "line" });
        }
        let (columns, rows) = table(plain, &shown, wanted.unwrap_or_default())?;
        Ok(Self { rows: Box::new(rows), read, columns: Some(columns), unit: "line" })
    }

    /// Names of the columns in the file's order; NDJSON has none before its last line.
    #[must_use]
    pub fn columns(&self) -> Option<&[Arc<str>]> {
        self.columns.as_deref()
    }

    /// What its rows are counted by: `line` or `row`.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        self.unit
    }

    /// Bytes of the file read so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

impl Iterator for Records {
    type Item = Item;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows.next()
    }
}

fn table(
    input: Box<dyn BufRead + Send>,
    shown: &str,
    columns: &[&str],
) -> anyhow::Result<(Vec<Arc<str>>, impl Iterator<Item = Item> + Send + use<>)> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(input);
    let header = reader.headers().with_context(|| shown.to_owned())?.clone();
    let names: Vec<Arc<str>> =
        header.iter().map(|name| Arc::from(name.trim_start_matches('\u{feff}').trim())).collect();
    for column in columns {
        if !names.iter().any(|name| &**name == *column) {
            bail!("{shown} has no column `{column}`; it has {}", names.join(", "));
        }
    }
    let mut record = csv::StringRecord::new();
    let columns = names.clone();
    let rows = std::iter::from_fn(move || {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => None,
            Ok(true) => {
                let line = record.position().map_or(line, csv::Position::line);
                let fields = names.iter().cloned().zip(record.iter().map(str::to_owned));
                Some((line, Ok(fields.collect())))
            }
            Err(error) => {
                let line = error.position().map_or(line, csv::Position::line);
                let fatal = error.is_io_error();
                let result = Err(anyhow::anyhow!("{error}"));
                // A damaged archive cannot be read on; a damaged row can.
                if fatal { Some((line, result.context(FileDamaged))) } else { Some((line, result)) }
            }
        }
    });
    Ok((columns, rows))
}

/// The rest of the file cannot be read.
#[derive(Debug)]
pub struct FileDamaged;

impl std::fmt::Display for FileDamaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the rest of the file cannot be read")
    }
}

impl std::error::Error for FileDamaged {}

fn lines(input: Box<dyn BufRead + Send>) -> impl Iterator<Item = Item> + Send {
    let mut number = 0;
    input.split(b'\n').filter_map(move |line| {
        number += 1;
        let line = match line {
            Ok(line) => line,
            Err(error) => return Some((number, Err(anyhow::Error::from(error).context(FileDamaged)))),
        };
        let text = line.strip_suffix(b"\r").unwrap_or(&line);
        (!text.is_empty()).then(|| (number, object(text)))
    })
}

/// A flat JSON object; nested values keep their JSON text.
fn object(text: &[u8]) -> anyhow::Result<Record> {
    let fields: BTreeMap<String, serde_json::Value> = serde_json::from_slice(text)?;
    let field = |(name, value): (String, serde_json::Value)| {
        let text = match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        };
        (Arc::from(name), text)
    };
    Ok(fields.into_iter().map(field).collect())
}
