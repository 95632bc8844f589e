//! `attune export`: events as a file, and who took them.

use super::attach::Attached;
use super::{CommonArgs, output};
use anyhow::Context;
use attune_schema::export::Export;
use attune_schema::time::Timestamp;
use clap::ValueEnum;
use std::path::PathBuf;

/// Options of `attune export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// Name of the site.
    #[arg(long)]
    site: String,
    /// The file to write; without one, list the exports on record.
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
    /// Form of the file.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Events at or after, such as 2026-01-05T09:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = super::raw::time)]
    from: Option<Timestamp>,
    /// Events before.
    #[arg(long, value_name = "TIME", value_parser = super::raw::time)]
    to: Option<Timestamp>,
    /// Only events of this name.
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    /// Bots' events, too.
    #[arg(long)]
    with_bots: bool,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Csv,
    Parquet,
}

/// Runs `attune export`.
///
/// # Errors
/// What the server says, an answer that was cut short, or a file that cannot be written.
pub async fn run(args: ExportArgs) -> anyhow::Result<()> {
    let attached = Attached::open(&args.common).await?;
    let done = work(&args, &attached).await;
    attached.close().await;
    done
}

async fn work(args: &ExportArgs, attached: &Attached) -> anyhow::Result<()> {
    let records = format!("/api/sites/{}/exports", args.site);
    let Some(path) = &args.to_file else {
        let exports: Vec<Export> = attached.client.get(&records).await?;
        if args.common.json {
            return output::json(&exports);
        }
        for export in &exports {
            let at = jiff::Timestamp::from_millisecond(export.begun_at.0)?;
            let whole = if export.whole { "" } else { ", not whole" };
            output::line(&format!("{at} {} {} rows by {}{whole}", export.id, export.rows, export.begun_by))?;
        }
        return Ok(());
    };
    let format = match args.format {
        Format::Csv => "csv",
        Format::Parquet => "parquet",
    };
    let mut query = vec![("format", format.to_owned())];
    query.extend(args.from.map(|from| ("from", from.0.to_string())));
    query.extend(args.to.map(|to| ("to", to.0.to_string())));
    query.extend(args.event.clone().map(|event| ("event", event)));
    query.extend(args.with_bots.then(|| ("bots", "include".to_owned())));
    let from = format!("/api/sites/{}/export", args.site);
    let bytes = attached.client.download(&from, &query, path).await;
    let bytes = bytes.with_context(|| path.display().to_string())?;
    if args.common.json {
        return output::json(&serde_json::json!({ "bytes": bytes }));
    }
    output::notice(&format!("{bytes} bytes"));
    Ok(())
}
