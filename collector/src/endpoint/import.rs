//! `POST /api/sites/{site}/import`: old events, through the same log as new ones.

use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, SitePath};
use crate::pipeline::{EventDraft, Incoming, Policy, screen};
use crate::record::ValueRef;
use crate::state::App;
use attune_schema::api::{ErrorBody, ImportCount, ImportRow, ImportRows};
use attune_schema::consent::Consent;
use attune_schema::id::EventId;
use attune_schema::limits::IMPORT_ROWS;
use attune_schema::time::DAY_MS;
use attune_schema::value::Value;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::borrow::Cow;
use std::collections::HashSet;

/// Takes rows of any age; ids make a repeat harmless.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/import",
    operation_id = "import",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = ImportRows,
    responses(
        (status = 200, body = ImportCount, description = "The imported rows are on disk"),
        (status = 413, body = ErrorBody, description = "Too many rows"),
        (status = 503, body = ErrorBody, description = "Not now; see Retry-After")
    )
)]
pub async fn import(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    ApiJson(rows): ApiJson<ImportRows>,
) -> Result<Json<ImportCount>, ApiError> {
    if rows.rows.len() > IMPORT_ROWS {
        let message = format!("send at most {IMPORT_ROWS} rows at once");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_rows", message));
    }
    let read = rows.rows.len() as u64;
    if read == 0 {
        return Ok(Json(ImportCount::default()));
    }
    let rows = unknown(&app, site.record.number, rows.rows).await?;
    let known = read - rows.len() as u64;
    let empty = || Cow::Borrowed("");
    let incoming = Incoming {
        site: None,
        user: empty(),
        sent_at: None,
        consent: Consent::default(),
        texts: [empty(), empty(), empty(), empty(), empty(), Cow::Borrowed("attune-import")],
        screen: [0, 0],
        utc_offset_minutes: 0,
        events: rows.into_iter().map(|row| Ok(draft(row))).collect(),
        client_dropped: 0,
    };
    let policy = Policy {
        site: site.record.number,
        measure_basis: site.measure_basis,
        age_days: None,
        consent_settled: true,
    };
    let mut screened = screen(incoming, policy, app.now());
    screened.draft.tally.received += known;
    screened.draft.tally.duplicates += known;
    let rejected = screened.refused.iter().flatten().count() as u64;
    let written = app.queue.write(screened.draft).await?;
    let duplicate = known + written.duplicates.len() as u64;
    Ok(Json(ImportCount { read, imported: read - rejected - duplicate, duplicate, rejected }))
}

/// The rows whose ids are not in the warehouse: what the log remembers is recent, what is imported may be old.
async fn unknown(app: &App, site: u32, rows: Vec<ImportRow>) -> Result<Vec<ImportRow>, ApiError> {
    let ids: Vec<EventId> = rows.iter().map(|row| row.id).collect();
    let times = rows.iter().map(|row| row.at.0);
    let (Some(from), Some(to)) = (times.clone().min(), times.max()) else { return Ok(rows) };
    // What lies outside is refused further on, and no store has days for it.
    let (from, to) = (from.max(0), to.min(app.now().0));
    if from > to {
        return Ok(rows);
    }
    let (from, to) = (from.saturating_sub(DAY_MS).max(0), to.saturating_add(DAY_MS));
    let stored = app.store.existing(site, &ids, from, to, u64::MAX).await?;
    let stored: HashSet<EventId> = stored.into_iter().collect();
    Ok(rows.into_iter().filter(|row| !stored.contains(&row.id)).collect())
}

fn draft(row: ImportRow) -> EventDraft<'static> {
    let value = |value| match value {
        Value::Bool(flag) => ValueRef::Bool(flag),
        Value::Number(number) => ValueRef::Number(number),
        Value::Text(text) => ValueRef::Text(Cow::Owned(text)),
    };
    EventDraft {
        id: row.id,
        name: Cow::Owned(row.name),
        at: row.at,
        visitor: row.visitor,
        session: row.session,
        page: None,
        properties: row
            .properties
            .into_iter()
            .map(|(name, given)| (Cow::Owned(name), value(given)))
            .collect(),
    }
}
