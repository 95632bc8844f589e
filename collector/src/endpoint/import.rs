//! `POST /api/sites/{site}/import`: old events, through the same log as new ones.

use crate::endpoint::intake::Known;
use crate::error::ApiError;
use crate::extract::Client;
use crate::extract::{ApiJson, Caller, SitePath};
use crate::foreign::web;
use crate::import::key::personal;
use crate::pipeline::{EventDraft, Incoming, Policy, Told, screen};
use crate::record::{Sent, ValueRef};
use crate::state::App;
use attune_schema::api::{ErrorBody, ImportCount, ImportRow, ImportRows, KeyedBy};
use attune_schema::id::EventId;
use attune_schema::limits::{ID_BYTES, IMPORT_ROWS};
use attune_schema::outcome::Reason;
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
        (status = 200, body = ImportCount, description = "The imported rows are on disk; of a dry run, nothing is"),
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
    few(rows.rows.len())?;
    let read = rows.rows.len() as u64;
    if read == 0 {
        return Ok(Json(ImportCount::default()));
    }
    let dry_run = rows.dry_run;
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    let mut rows = rows.rows;
    rows.retain(|row| {
        let refused = match personal(&row.user) {
            Some(personal) => personal.code(),
            None if row.user.len() > ID_BYTES => Reason::BadId.code(),
            None => return true,
        };
        *reasons.entry(refused.to_owned()).or_default() += 1;
        false
    });
    let personal = read - rows.len() as u64;
    let users = named(&app, site.record.number, dry_run, &rows).await?;
    let before = rows.len() as u64;
    let rows = unknown(&app, site.record.number, rows).await?;
    let known = before - rows.len() as u64;
    let policy = Policy {
        site: site.record.number,
        measure_basis: site.measure_basis,
        age_days: None,
        consent_settled: true,
    };
    let mut counted = known;
    let mut screened = Vec::new();
    for (user, told, rows) in by_sender(rows) {
        let events = rows.into_iter().map(|row| Ok(draft(row))).collect();
        let mut incoming = Incoming::of_server("attune-import", events);
        incoming.user = Cow::Owned(user);
        let sent = Known::new(&app, &site, Client::default(), &told, app.now())?;
        let mut one = screen(incoming, policy, sent.sent(), app.now());
        app.metrics.redacted(&one.redacted);
        one.draft.tally.received += counted;
        one.draft.tally.duplicates += counted;
        counted = 0;
        screened.push(one);
    }
    let mut rejected = personal;
    let mut duplicate = known;
    for reason in screened.iter().flat_map(|one| &one.refused).flatten() {
        rejected += 1;
        *reasons.entry(reason.code().to_owned()).or_default() += 1;
    }
    if personal > 0 {
        let refused = vec![Err(Reason::BadId); usize::try_from(personal).unwrap_or_default()];
        let incoming = Incoming::of_server("attune-import", refused);
        screened.push(screen(incoming, policy, Sent::default(), app.now()));
    }
    if dry_run {
        screened.clear();
    }
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
    Ok(Json(ImportCount {
        read,
        imported: read - rejected - duplicate,
        duplicate,
        rejected,
        known_users: users,
        reasons,
    }))
}

/// Refuses more rows, or texts, than a request may bring.
pub(super) fn few(rows: usize) -> Result<(), ApiError> {
    if rows > IMPORT_ROWS {
        let message = format!("send at most {IMPORT_ROWS} rows at once");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_rows", message));
    }
    Ok(())
}

/// How many rows of a dry run name a user whom the site knows.
async fn named(app: &App, site: u32, dry_run: bool, rows: &[ImportRow]) -> Result<Option<u64>, ApiError> {
    let users: Vec<&str> = rows.iter().map(|row| row.user.as_str()).filter(|user| !user.is_empty()).collect();
    if !dry_run || users.is_empty() {
        return Ok(None);
    }
    let known = app.store.known(site, KeyedBy::User, &users).await?;
    Ok(Some(users.iter().filter(|user| known.contains(**user)).count() as u64))
}

/// Writes to the log that wait together.
const WRITES: usize = 64;
/// Properties that say who sent a row: they are not kept as such.
const SENDER: [&str; 2] = ["user_agent", "address"];

/// Rows of one user, user agent and address, which share a record, each in its order; one empty group if there are none.
fn by_sender(rows: Vec<ImportRow>) -> Vec<(String, Told<'static>, Vec<ImportRow>)> {
    let mut groups: BTreeMap<[String; 3], Vec<ImportRow>> = BTreeMap::new();
    for mut row in rows {
        let [agent, address] = SENDER.map(|name| match row.properties.remove(name) {
            Some(Value::Text(text)) => text,
            _ => String::new(),
        });
        let sender = [std::mem::take(&mut row.user), agent, address];
        groups.entry(sender).or_default().push(row);
    }
    if groups.is_empty() {
        return vec![(String::new(), Told::default(), Vec::new())];
    }
    let group = |([user, agent, address], rows): ([String; 3], Vec<ImportRow>)| {
        let told = Told { agent: Cow::Owned(agent), address: address.parse().ok(), webdriver: false };
        (user, told, rows)
    };
    groups.into_iter().map(group).collect()
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
