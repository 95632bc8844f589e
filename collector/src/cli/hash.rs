//! `attune hash`: a column of a file as keyed hashes of a site.

use super::attach::{Attached, Client};
use super::{CommonArgs, output};
use crate::import::{FileDamaged, Records, Wanted};
use anyhow::{Context, bail};
use attune_schema::api::{Hashable, Hashed, ToHash};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::PathBuf;

/// Texts in one request.
const BATCH: usize = 10_000;
/// Lines named of those that could not be hashed; all are counted.
const SHOWN: u64 = 20;

/// What a column holds.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// User ids.
    User,
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
}

/// Options of `attune hash`.
#[derive(Debug, Args)]
pub struct HashArgs {
    /// Site whose key is used; the key itself stays on the server.
    #[arg(long)]
    site: String,
    /// What the column holds; it is written in one way before it is hashed.
    #[arg(long, value_name = "WHAT")]
    normalise: What,
    /// Column to hash.
    #[arg(long)]
    column: String,
    /// Calling code of national telephone numbers, such as 82.
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u16).range(1..=999))]
    country: Option<u16>,
    /// CSV or NDJSON, plain or gzip, or Parquet.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: CommonArgs,
}

/// Writes one CSV column of keyed hashes to standard output: a line for each row that could be hashed.
///
/// # Errors
/// If the file cannot be read, or what the server says.
pub async fn run(args: HashArgs) -> anyhow::Result<()> {
    let attached = Attached::open(&args.common).await?;
    let done = hash(&args, &attached.client).await;
    attached.close().await;
    let (hashed, left_out) = done.with_context(|| args.file.display().to_string())?;
    output::notice(&format!("{hashed} hashed, {left_out} left out"));
    Ok(())
}

async fn hash(args: &HashArgs, client: &Client) -> anyhow::Result<(u64, u64)> {
    let mut records = Records::open(&args.file, Wanted::These(&[&args.column]))?;
    let unit = records.unit();
    let path = format!("/api/sites/{}/keyed-hashes", args.site);
    let what = match args.normalise {
        What::User => Hashable::User,
        What::Email => Hashable::Email,
        What::Phone => Hashable::Phone,
    };
    let (mut hashed, mut left_out) = (0, 0);
    let mut out = std::io::BufWriter::new(std::io::stdout());
    writeln!(out, "hash")?;
    loop {
        let (mut lines, mut texts) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
        for (line, record) in records.by_ref().take(BATCH) {
            match record {
                Ok(record) => texts.push(record.get(args.column.as_str()).cloned().unwrap_or_default()),
                Err(error) if error.is::<FileDamaged>() => {
                    return Err(error.context(format!("{unit} {line}")));
                }
                // Nothing of any kind.
                Err(_) => texts.push(String::new()),
            }
            lines.push(line);
        }
        if texts.is_empty() {
            break;
        }
        let asked = ToHash { what, country: args.country, texts };
        let answer: Hashed = client.post(&path, &asked).await?;
        if answer.hashes.len() != lines.len() {
            bail!("the server answered {} of {} rows", answer.hashes.len(), lines.len());
        }
        for (line, hash) in lines.into_iter().zip(answer.hashes) {
            if let Some(hash) = hash {
                hashed += 1;
                writeln!(out, "{hash}")?;
            } else {
                left_out += 1;
                if left_out <= SHOWN {
                    output::notice(
                        &format!("{unit} {line}: nothing that can be hashed as {what:?}").to_lowercase(),
                    );
                }
            }
        }
    }
    out.flush()?;
    Ok((hashed, left_out))
}
