//! Events as files: pages of rows, encoded as they come.
//!
//! What is sent is on record (`control::export`) before its first byte leaves, and how much it was when the last one
//! did or whoever asked went away. One page is in memory, and two pieces on their way to the reader.

mod csv;
mod parquet;

use crate::sites::SiteEntry;
use crate::state::App;
use attune_schema::export::{Export, ExportFormat, ExportQuestion};
use attune_warehouse::export::ExportRow;
use axum::body::Bytes;
use std::io;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Rows of a page, and of a row group in Parquet.
const PAGE: usize = 20_000;
/// Pieces on their way: the next page is read when a slow reader has taken them.
const PIECES: usize = 2;

/// Columns of text, in order; `at` and `received_at` are times, `sequence` a number.
const COLUMNS: [&str; 24] = [
    "id",
    "name",
    "at",
    "received_at",
    "visitor",
    "user",
    "session",
    "sequence",
    "url",
    "title",
    "referrer",
    "device",
    "browser",
    "os",
    "locale",
    "country",
    "channel",
    "source",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "search_term",
    "bot",
    "properties",
];

/// Turns rows into bytes of a file.
trait Encoder: Send {
    /// Some rows; what may be sent of the file so far.
    fn rows(&mut self, rows: &[ExportRow]) -> io::Result<Vec<u8>>;

    /// The rest.
    fn end(self: Box<Self>) -> io::Result<Vec<u8>>;
}

/// Sends events to whoever holds the receiver; ends when they are sent or nobody holds it.
pub fn start(
    app: App,
    site: Arc<SiteEntry>,
    question: ExportQuestion,
    export: Export,
    first: Vec<ExportRow>,
) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(PIECES);
    tokio::spawn(async move {
        let mut sent = 0;
        let whole = match send(&app, &site, &question, first, &sender, &mut sent).await {
            Ok(whole) => whole,
            Err(error) => {
                tracing::error!(%error, export = export.id, "an export was cut short");
                // The connection is cut, so that nobody takes the file for whole.
                if sender.send(Err(io::Error::other("cut short"))).await.is_err() {
                    tracing::debug!("nobody waits for it any more");
                }
                false
            }
        };
        drop(sender);
        if let Err(error) = app.control.end_export(&export.id, sent, whole, app.now()).await {
            tracing::error!(%error, export = export.id, "the end of an export is not on record");
        }
    });
    receiver
}

/// The first page: what is wrong with the question is said before anything is sent.
///
/// # Errors
/// What the store says.
pub async fn first_page(
    app: &App,
    site: &SiteEntry,
    question: &ExportQuestion,
) -> Result<Vec<ExportRow>, crate::sink::StoreError> {
    app.store.export(site.scope(app.now()), question, None, PAGE).await
}

/// Whether all was sent.
async fn send(
    app: &App,
    site: &SiteEntry,
    question: &ExportQuestion,
    mut page: Vec<ExportRow>,
    sender: &mpsc::Sender<io::Result<Bytes>>,
    sent: &mut u64,
) -> anyhow::Result<bool> {
    let mut encoder: Box<dyn Encoder> = match question.format {
        ExportFormat::Csv => Box::new(csv::Csv::new()),
        ExportFormat::Parquet => Box::new(parquet::Parquet::new()?),
    };
    loop {
        let bytes = encoder.rows(&page)?;
        if !bytes.is_empty() && sender.send(Ok(bytes.into())).await.is_err() {
            return Ok(false);
        }
        *sent += page.len() as u64;
        if page.len() < PAGE {
            break;
        }
        let last = page.pop();
        page = app.store.export(site.scope(app.now()), question, last.as_ref(), PAGE).await?;
    }
    Ok(sender.send(Ok(encoder.end()?.into())).await.is_ok())
}

/// All properties as a JSON object, by name.
fn properties(row: &ExportRow) -> String {
    let texts = row.texts.iter().map(|(name, text)| (name.clone(), text.as_str().into()));
    let numbers = row.numbers.iter().map(|(name, number)| (name.clone(), (*number).into()));
    let flags = row.flags.iter().map(|(name, flag)| (name.clone(), (*flag).into()));
    let all: std::collections::BTreeMap<String, serde_json::Value> =
        texts.chain(numbers).chain(flags).collect();
    serde_json::to_string(&all).unwrap_or_default()
}

/// Columns of text, in the order of [`COLUMNS`], without times and numbers.
fn texts(row: &ExportRow) -> [String; 21] {
    let row = row.clone();
    let properties = properties(&row);
    [
        row.id.to_string(),
        row.name,
        row.visitor.to_string(),
        row.user,
        row.session.to_string(),
        row.url,
        row.title,
        row.referrer,
        row.device,
        row.browser,
        row.os,
        row.locale,
        row.country,
        row.channel,
        row.source,
        row.utm_source,
        row.utm_medium,
        row.utm_campaign,
        row.search_term,
        row.bot,
        properties,
    ]
}
