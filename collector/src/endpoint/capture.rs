//! What a site's pages capture: one document, which always exists.

use super::documents::{Versioned, versioned};
use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, IfMatch, SitePath};
use crate::silent::signs;
use crate::state::App;
use attune_control::{Capture, Kind};
use attune_engine::compile::capture::capture;
use attune_schema::api::{Conflict, Document, ErrorBody, SilentPattern};
use attune_schema::source::CaptureSettings;
use axum::Json;
use axum::extract::State;

/// Levels and patterns; version 0 until somebody writes them.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/capture",
    operation_id = "read_capture",
    tag = "documents",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Document<CaptureSettings>), (status = 404, body = ErrorBody))
)]
pub async fn read(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
) -> Result<Versioned<CaptureSettings>, ApiError> {
    Ok(versioned(app.control.capture(site.record.number).await?))
}

/// Replaces levels and patterns at the version named by `If-Match`. Unlike other documents, one with a problem is
/// refused: a rule that was left out would let pages capture more than somebody wanted.
#[utoipa::path(
    put,
    path = "/api/sites/{site}/capture",
    operation_id = "update_capture",
    tag = "documents",
    params(
        ("site" = String, Path, description = "Name of the site"),
        ("If-Match" = u64, Header, description = "The version that was changed")
    ),
    request_body = CaptureSettings,
    responses(
        (status = 200, body = Document<CaptureSettings>),
        (status = 409, body = Conflict<CaptureSettings>, description = "It is at another version"),
        (status = 428, body = ErrorBody, description = "No `If-Match`")
    )
)]
pub async fn update(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    version: IfMatch,
    ApiJson(body): ApiJson<CaptureSettings>,
) -> Result<Versioned<CaptureSettings>, ApiError> {
    let (_, wrong) = capture(&body, 0);
    if !wrong.is_empty() {
        return Err(ApiError::invalid(wrong.join("; ")));
    }
    let changed = app.control.update(site.record.number, version.0, body, &caller.user, app.now()).await?;
    app.sites.refresh(&app.control).await?;
    Ok(versioned(changed))
}

/// Patterns, and steps of processes, that have been as they are for a day and that nothing matched in it: whether visitors
/// did not do it, or the pages are not as the pattern takes them to be. Of everybody, people or not.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/capture/silent",
    operation_id = "silent_patterns",
    tag = "documents",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Vec<SilentPattern>), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn silent(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
) -> Result<Json<Vec<SilentPattern>>, ApiError> {
    let number = site.record.number;
    let settings = app.control.capture(number).await?;
    let history = app.control.history(number, Kind::Capture, Capture::ID).await?;
    let mut silent = Vec::new();
    for sign in signs(&settings.body, &history, app.now()) {
        let answer = app.store.trend(site.scope(app.now()), &sign.question).await?;
        if answer.points.iter().all(|point| point.count == 0) {
            silent.push(sign.silent);
        }
    }
    Ok(Json(silent))
}
