//! The server itself: health, metrics, ledger, flush, OpenAPI.

use crate::backup::{BackupError, Manifest};
use crate::error::ApiError;
use crate::extract::{ApiJson, Caller};
use crate::state::App;
use crate::telemetry::Gauge;
use attune_schema::api::{ErrorBody, Health, Ledger};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use std::path::PathBuf;
use std::time::Duration;

/// Longest wait for a flush.
const FLUSH_WAIT: Duration = Duration::from_secs(60);

/// Whether the server works. 200 as soon as events can be taken, also while the warehouse is away.
#[utoipa::path(get, path = "/health", operation_id = "health", tag = "server", responses((status = 200, body = Health)))]
pub async fn health(State(app): State<App>) -> Json<Health> {
    let ping = tokio::time::timeout(Duration::from_secs(2), app.store.ping()).await;
    let warehouse = matches!(ping, Ok(Ok(())));
    let ledger = app.ledger();
    let status = match (warehouse, ledger.quarantined) {
        (true, 0) => "ok".to_owned(),
        (false, _) => "the warehouse does not answer: events are kept and will be delivered".to_owned(),
        (true, events) => format!("{events} events are in damaged segments"),
    };
    Json(Health {
        status,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        warehouse,
        lag_ms: app.lag_ms(),
        log_bytes: app.queue.durable().borrow().bytes,
    })
}

/// Counters and gauges, Prometheus text.
pub async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let ledger = app.ledger();
    let gauges = [
        (Gauge::LagMs, app.lag_ms()),
        (Gauge::LogBytes, app.queue.durable().borrow().bytes),
        (Gauge::EventsWaiting, ledger.waiting),
        (Gauge::EventsQuarantined, ledger.quarantined),
    ];
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render(&gauges))
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

/// Returns once everything durable now can be asked about.
#[utoipa::path(
    post,
    path = "/api/flush",
    operation_id = "flush",
    tag = "server",
    responses((status = 200, body = Ledger), (status = 503, body = ErrorBody, description = "Not within 60 s"))
)]
pub async fn flush(State(app): State<App>, _: Caller) -> Result<Json<Ledger>, ApiError> {
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
        return Ok(Json(app.ledger()));
    }
    let (status, message) = (StatusCode::SERVICE_UNAVAILABLE, "the events are not in the warehouse yet");
    Err(ApiError::later(status, "flush_timeout", message, 5))
}
