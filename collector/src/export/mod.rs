//! Events as files: pages of rows, encoded as they come.
//!
//! What is sent is on record (`control::export`) before its first byte leaves, and how much it was when the last one
//! did or whoever asked went away. A page is read and encoded in a turn like any question's; what waits for the reader is
//! its bytes, two pages of them at most.

mod csv;
mod parquet;

use crate::error::ApiError;
use crate::sites::SiteEntry;
use crate::state::App;
use attune_schema::export::{Export, ExportFormat, ExportQuestion};
use attune_warehouse::export::ExportRow;
use axum::body::Bytes;
use axum::http::StatusCode;
use std::io;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// Exports that may run at once: each keeps up to two pages for a reader who is slow.
pub const AT_ONCE: usize = 4;
/// Rows of a page, and of a row group in Parquet: as many as a granule of the store has, some four megabytes of text.
const PAGE: usize = 8_192;
/// Pages that wait for the reader beside the one that is offered.
const PIECES: usize = 1;

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

/// An export that may run, and what it is about.
pub struct Running {
    app: App,
    site: Arc<SiteEntry>,
    question: ExportQuestion,
    person: String,
    _place: OwnedSemaphorePermit,
}

/// What was read last, encoded.
struct Page {
    bytes: Vec<u8>,
    rows: u64,
    /// Where the next one begins; there is none after the last.
    last: Option<ExportRow>,
}

impl Running {
    /// Takes a place for an export that `person` asks for.
    ///
    /// # Errors
    /// 503 if as many run as may.
    pub fn begin(
        app: App,
        site: Arc<SiteEntry>,
        question: ExportQuestion,
        person: String,
    ) -> Result<Self, ApiError> {
        let place = Arc::clone(&app.exports).try_acquire_owned().map_err(|_| {
            let message = format!("{AT_ONCE} exports run already");
            ApiError::later(StatusCode::SERVICE_UNAVAILABLE, "busy", &message, 30)
        })?;
        Ok(Self { app, site, question, person, _place: place })
    }

    /// Sends events to whoever holds the receiver, once the first page is read: what is wrong with the question is said
    /// before anything is sent, and `record` is made before that. Ends when all is sent or nobody holds the receiver.
    ///
    /// # Errors
    /// What the store says of the first page, or the control store of the record.
    pub async fn start(self) -> Result<(Export, mpsc::Receiver<io::Result<Bytes>>), ApiError> {
        let mut encoder: Box<dyn Encoder> = match self.question.format {
            ExportFormat::Csv => Box::new(csv::Csv::new()),
            ExportFormat::Parquet => {
                Box::new(parquet::Parquet::new().map_err(|error| ApiError::internal(&error))?)
            }
        };
        let first = self.page(encoder.as_mut(), None).await?;
        let Self { app, site, question, person, .. } = &self;
        let record = app.control.begin_export(site.record.number, person, question, app.now()).await?;
        let (sender, receiver) = mpsc::channel(PIECES);
        let export = record.clone();
        tokio::spawn(async move {
            let mut sent = 0;
            let whole = match self.send(encoder, first, &sender, &mut sent).await {
                Ok(whole) => whole,
                Err(error) => {
                    tracing::error!(?error, export = export.id, "an export was cut short");
                    // The connection is cut, so that nobody takes the file for whole.
                    if sender.send(Err(io::Error::other("cut short"))).await.is_err() {
                        tracing::debug!("nobody waits for it any more");
                    }
                    false
                }
            };
            drop(sender);
            if let Err(error) = self.app.control.end_export(&export.id, sent, whole, self.app.now()).await {
                tracing::error!(%error, export = export.id, "the end of an export is not on record");
            }
        });
        Ok((record, receiver))
    }

    /// Whether all was sent.
    async fn send(
        &self,
        mut encoder: Box<dyn Encoder>,
        mut page: Page,
        sender: &mpsc::Sender<io::Result<Bytes>>,
        sent: &mut u64,
    ) -> Result<bool, ApiError> {
        loop {
            if !page.bytes.is_empty() && sender.send(Ok(page.bytes.into())).await.is_err() {
                return Ok(false);
            }
            *sent += page.rows;
            let Some(last) = page.last else { break };
            page = self.page(encoder.as_mut(), Some(last)).await?;
        }
        let rest = encoder.end().map_err(|error| ApiError::internal(&error))?;
        Ok(sender.send(Ok(rest.into())).await.is_ok())
    }

    /// The page after a row, in a turn of its own.
    async fn page(&self, encoder: &mut dyn Encoder, after: Option<ExportRow>) -> Result<Page, ApiError> {
        let Self { app, site, question, person, .. } = self;
        // Beside their questions, so that neither waits for all of the other.
        let _turn = app.turn(&format!("{person}, exporting")).await?;
        let mut rows = app.store.export(site.scope(app.now()), question, after.as_ref(), PAGE).await?;
        let bytes = encoder.rows(&rows).map_err(|error| ApiError::internal(&error))?;
        let count = rows.len();
        Ok(Page { bytes, rows: count as u64, last: rows.pop().filter(|_| count == PAGE) })
    }
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
