//! The server itself: health, metrics, ledger, self-test, flush, backup.

use crate::backup::{BackupError, Manifest};
use crate::error::ApiError;
use crate::extract::{ApiJson, Caller};
use crate::pipeline::{EventDraft, Incoming, Policy, screen};
use crate::record::Sent;
use crate::server::random_number;
use crate::sites::SiteEntry;
use crate::state::App;
use crate::telemetry::Gauge;
use attune_schema::api::{Alarm, ErrorBody, Health, Ledger, SelfTest};
use attune_schema::consent::Basis;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::DAY_MS;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest wait for a flush.
const FLUSH_WAIT: Duration = Duration::from_secs(60);

/// Longest that an event may wait for the warehouse before it is an alarm.
const LAG_MS: u64 = 60_000;
/// How long the self-test waits for its event.
const SELF_TEST_WAIT: Duration = Duration::from_secs(60);

/// Whether the server works. 200 as soon as events can be taken, also while the warehouse is away.
#[utoipa::path(get, path = "/health", operation_id = "health", tag = "server", responses((status = 200, body = Health)))]
pub async fn health(State(app): State<App>) -> Json<Health> {
    let ping = tokio::time::timeout(Duration::from_secs(2), app.store.ping()).await;
    let warehouse = matches!(ping, Ok(Ok(())));
    let (ledger, lag_ms) = (app.ledger(), app.lag_ms());
    let (log_bytes, most) = (app.queue.durable().borrow().bytes, app.queue.limits().log_bytes);
    let differs = |site: &Arc<SiteEntry>| {
        app.parity.is_believed(site.record.number, site.deciding.programs.device.digest)
    };
    let alarms = [
        (Alarm::LogFull, app.queue.is_full()),
        (Alarm::WarehouseAway, !warehouse),
        (Alarm::EventsWaiting, lag_ms > LAG_MS),
        (Alarm::LogFilling, log_bytes > most / 5 * 4),
        (Alarm::Quarantined, ledger.quarantined > 0),
        (Alarm::Unbalanced, !ledger.balanced()),
        (Alarm::DecisionsDiffer, app.sites.all().iter().any(differs)),
    ];
    let alarms: Vec<Alarm> = alarms.into_iter().filter_map(|(alarm, rung)| rung.then_some(alarm)).collect();
    Json(Health {
        status: alarms.first().map_or_else(|| "ok".to_owned(), |alarm| words(*alarm, &ledger)),
        alarms,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        warehouse,
        lag_ms,
        log_bytes,
        log_bytes_most: most,
    })
}

fn words(alarm: Alarm, ledger: &Ledger) -> String {
    match alarm {
        Alarm::WarehouseAway => {
            "the warehouse does not answer: events are kept and will be delivered".to_owned()
        }
        Alarm::EventsWaiting => format!("{} events wait for the warehouse", ledger.waiting),
        Alarm::LogFilling => "the log of waiting events is nearly full".to_owned(),
        Alarm::LogFull => "events are refused: there is no room for them".to_owned(),
        Alarm::Quarantined => format!("{} events are in damaged segments", ledger.quarantined),
        Alarm::Unbalanced => "the ledger does not balance".to_owned(),
        Alarm::DecisionsDiffer => {
            "pages decide otherwise than this server: see `attune site differences`".to_owned()
        }
    }
}

/// Counters and gauges, Prometheus text.
pub async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let ledger = app.ledger();
    let gauges = [
        (Gauge::LagMs, app.lag_ms()),
        (Gauge::LogBytes, app.queue.durable().borrow().bytes),
        (Gauge::LogFull, u64::from(app.queue.is_full())),
        (Gauge::EventsReceived, ledger.received),
        (Gauge::EventsStored, ledger.stored),
        (Gauge::EventsDuplicate, ledger.duplicate),
        (Gauge::EventsFiltered, ledger.filtered),
        (Gauge::EventsInvalid, ledger.invalid),
        (Gauge::EventsExpired, ledger.expired),
        (Gauge::EventsLimited, ledger.limited),
        (Gauge::EventsWaiting, ledger.waiting),
        (Gauge::EventsQuarantined, ledger.quarantined),
    ];
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render(&gauges))
}

/// Sends an event the whole way, as site 0, which no question counts, and reads it back from the warehouse.
#[utoipa::path(
    post,
    path = "/api/self-test",
    operation_id = "self_test",
    tag = "server",
    responses(
        (status = 200, body = SelfTest),
        (status = 503, body = ErrorBody, description = "It was not durable, or not in the warehouse within 60 s")
    )
)]
pub async fn self_test(State(app): State<App>, _: Caller) -> Result<Json<SelfTest>, ApiError> {
    let (began, now) = (Instant::now(), app.now());
    let millis = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let event = EventId(random_number());
    let incoming = Incoming::of_server(
        "attune-self-test",
        vec![Ok(EventDraft {
            id: event,
            name: Cow::Borrowed("self_tested"),
            at: now,
            visitor: VisitorId(event.0),
            session: SessionId(event.0),
            page: None,
            properties: Vec::new(),
        })],
    );
    let policy = Policy { site: 0, measure_basis: Basis::OptOut, age_days: None, consent_settled: true };
    let screened = screen(incoming, policy, Sent::default(), now);
    app.queue.write(screened.draft).await?;
    let durable_ms = millis();
    let read_back = async {
        loop {
            app.shipping.hurry();
            let found = app.store.existing(0, &[event], now.0 - DAY_MS, now.0 + DAY_MS, u64::MAX).await;
            if found.is_ok_and(|found| !found.is_empty()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(SELF_TEST_WAIT, read_back).await.is_err() {
        let message = "the event is on disk, but not in the warehouse after 60 s";
        return Err(ApiError::later(StatusCode::SERVICE_UNAVAILABLE, "self_test_failed", message, 60));
    }
    Ok(Json(SelfTest { event, durable_ms, stored_ms: millis() }))
}

/// Where every event went.
#[utoipa::path(
    get,
    path = "/api/ledger",
    operation_id = "ledger",
    tag = "server",
    responses((status = 200, body = Ledger), (status = 401, body = ErrorBody))
)]
pub async fn ledger(State(app): State<App>, _: Caller) -> Json<Ledger> {
    Json(app.ledger())
}

/// Where a copy is to be made.
#[derive(Debug, serde::Deserialize)]
pub struct BackupTarget {
    /// New folder on this machine.
    to: PathBuf,
}

/// Copies everything that lasts; only for the command line of this machine, which may write there anyway.
pub async fn backup(
    State(app): State<App>,
    caller: Caller,
    ApiJson(target): ApiJson<BackupTarget>,
) -> Result<Json<Manifest>, ApiError> {
    caller.must_be_local()?;
    // Goes on when the caller is gone: a copy is whole or not there.
    let copying = tokio::spawn(async move { crate::backup::backup(&app, &target.to).await });
    let copied = copying.await.map_err(|error| ApiError::internal(&error))?;
    let refused =
        |error: BackupError| ApiError::new(StatusCode::CONFLICT, "backup_failed", error.to_string());
    Ok(Json(copied.map_err(refused)?))
}

/// `POST /api/signing-key/{change}`: draws another key that bundles are signed with (`rotate`), or forgets the one before
/// it (`retire`); for the command line only.
pub async fn signing_key(
    State(app): State<App>,
    caller: Caller,
    Path(change): Path<String>,
) -> Result<Json<serde_json::Value>, ApiError> {
    caller.must_be_local()?;
    let signer = app.sites.signer();
    let changed = match change.as_str() {
        "rotate" => signer.rotate(),
        "retire" => signer.retire(),
        "show" => Ok(()),
        _ => return Err(ApiError::not_found("the path")),
    };
    changed.map_err(|error| ApiError::internal(&error))?;
    app.sites.refresh(&app.control).await?;
    Ok(Json(serde_json::json!({ "key": signer.public_key(), "previous": signer.previous_key() })))
}

/// Returns once everything durable now can be asked about.
#[utoipa::path(
    post,
    path = "/api/flush",
    operation_id = "flush",
    tag = "server",
    responses((status = 200, body = Ledger), (status = 503, body = ErrorBody, description = "Not within 60 s"))
)]
pub async fn flush(State(app): State<App>, _: Caller) -> Result<Json<Ledger>, ApiError> {
    flushed(&app).await?;
    Ok(Json(app.ledger()))
}

/// Waits until everything durable now is in the warehouse.
pub(crate) async fn flushed(app: &App) -> Result<(), ApiError> {
    let target = app.queue.durable().borrow().end.sequence;
    let mut state = app.shipping.state.clone();
    let shipped = async {
        loop {
            if state.borrow_and_update().cursor.position.sequence >= target {
                return true;
            }
            app.shipping.hurry();
            if state.changed().await.is_err() {
                return false;
            }
        }
    };
    if matches!(tokio::time::timeout(FLUSH_WAIT, shipped).await, Ok(true)) {
        return Ok(());
    }
    let (status, message) = (StatusCode::SERVICE_UNAVAILABLE, "the events are not in the warehouse yet");
    Err(ApiError::later(status, "flush_timeout", message, 5))
}
