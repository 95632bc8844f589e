//! Rows of a file of statistics, with a bar; what is wrong with one is said with its line.

use crate::cli::progress::Progress;
use crate::import::{Record, Records, Wanted};
use anyhow::{Context, bail};
use std::path::Path;

/// Rows between two movements of the bar.
const STRIDE: u64 = 10_000;

/// Calls `each` with every row; the first that cannot be read or is refused ends it.
pub(super) fn each(
    path: &Path,
    columns: &[&str],
    mut each: impl FnMut(&Record) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let shown = path.display();
    let mut records = Records::open(path, Wanted::These(columns))?;
    let unit = records.unit();
    let mut progress = Progress::new(path)?;
    let mut count = 0;
    while let Some((line, record)) = records.next() {
        if let Err(error) = record.and_then(|record| each(&record)) {
            bail!("{shown}, {unit} {line}: {error:#}");
        }
        count += 1;
        if count % STRIDE == 0 {
            progress.read(records.bytes_read(), STRIDE);
        }
    }
    progress.end();
    Ok(count)
}

/// What a column holds, if anything.
pub(super) fn text<'a>(record: &'a Record, column: &str) -> Option<&'a str> {
    record.get(column).map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// The number in a column, if it holds anything.
pub(super) fn number(record: &Record, column: &str) -> anyhow::Result<Option<f64>> {
    let Some(text) = text(record, column) else { return Ok(None) };
    match text {
        "true" => Ok(Some(1.0)),
        "false" => Ok(Some(0.0)),
        text => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => bail!("{column}: `{text}` is not a number"),
        },
    }
}

/// The number in a column that has to hold one.
pub(super) fn required(record: &Record, column: &str) -> anyhow::Result<f64> {
    number(record, column)?.with_context(|| format!("{column} is missing"))
}
