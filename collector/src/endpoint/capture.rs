//! What a site's pages capture: one document, which always exists.

use super::documents::{Versioned, versioned};
use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, IfMatch, SitePath};
use crate::state::App;
use attune_engine::compile::capture::capture;
use attune_schema::api::{Conflict, Document, ErrorBody};
use attune_schema::source::CaptureSettings;
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
