//! `POST /api/sites/{site}/import`: old events, through the same log as new ones.

use crate::endpoint::intake::Known;
use crate::error::ApiError;
use crate::extract::Client;
use crate::extract::{ApiJson, Caller, SitePath};
use crate::foreign::web;
use crate::pipeline::{EventDraft, Incoming, Policy, Told, screen};
use crate::record::ValueRef;
use crate::state::App;
use attune_schema::api::{ErrorBody, ImportCount, ImportRow, ImportRows};
use attune_schema::id::EventId;
use attune_schema::limits::IMPORT_ROWS;
use attune_schema::time::DAY_MS;
use attune_schema::value::Value;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::future::try_join_all;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

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
    let policy = Policy {
        site: site.record.number,
        measure_basis: site.measure_basis,
        age_days: None,
        consent_settled: true,
    };
    let mut counted = known;
    let mut screened = Vec::new();
    for (told, rows) in by_sender(rows) {
        let events = rows.into_iter().map(|row| Ok(draft(row))).collect();
        let incoming = Incoming::of_server("attune-import", events);
        let sent = Known::new(&app, &site, Client::default(), &told, app.now())?;
        let mut one = screen(incoming, policy, sent.sent(), app.now());
        one.draft.tally.received += counted;
        one.draft.tally.duplicates += counted;
        counted = 0;
        screened.push(one);
    }
    let rejected = screened.iter().flat_map(|one| &one.refused).flatten().count() as u64;
    let mut duplicate = known;
    let mut drafts = screened.into_iter().map(|one| one.draft);
    loop {
        // Few at a time: they share a sync, and leave room for others.
        let some: Vec<_> = drafts.by_ref().take(WRITES).map(|draft| app.queue.write(draft)).collect();
        if some.is_empty() {
            break;
        }
        let written = try_join_all(some).await?;
        duplicate += written.iter().map(|written| written.duplicates.len() as u64).sum::<u64>();
    }
    Ok(Json(ImportCount { read, imported: read - rejected - duplicate, duplicate, rejected }))
}

/// Writes to the log that wait together.
const WRITES: usize = 64;
/// Properties that say who sent a row: they are not kept as such.
const SENDER: [&str; 2] = ["user_agent", "address"];

/// Rows of one user agent and address, which share a record, each in its order; one empty group if there are none.
fn by_sender(rows: Vec<ImportRow>) -> Vec<(Told<'static>, Vec<ImportRow>)> {
    let mut groups: BTreeMap<[String; 2], Vec<ImportRow>> = BTreeMap::new();
    for mut row in rows {
        let sender = SENDER.map(|name| match row.properties.remove(name) {
            Some(Value::Text(text)) => text,
            _ => String::new(),
        });
        groups.entry(sender).or_default().push(row);
    }
    if groups.is_empty() {
        return vec![(Told::default(), Vec::new())];
    }
    let told = |[agent, address]: [String; 2]| Told {
        agent: Cow::Owned(agent),
        address: address.parse().ok(),
        webdriver: false,
    };
    groups.into_iter().map(|(sender, rows)| (told(sender), rows)).collect()
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
    // What an export calls a page is one, and stays a property for those who ask for it by that name.
    let text = |name: &str| match row.properties.get(name) {
        Some(Value::Text(text)) => text.as_str(),
        _ => "",
    };
    let page = web::page(text("url"), text("title"), text("referrer"));
    EventDraft {
        id: row.id,
        name: Cow::Owned(row.name),
        at: row.at,
        visitor: row.visitor,
        session: row.session,
        page: page.filter(|page| !page.url.is_empty() || !page.referrer.is_empty()),
        properties: row
            .properties
            .into_iter()
            .map(|(name, given)| (Cow::Owned(name), value(given)))
            .collect(),
    }
}
