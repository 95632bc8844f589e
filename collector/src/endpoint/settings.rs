//! The site's settings: one document, which always exists.

use super::documents::{Versioned, versioned};
use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, IfMatch, SitePath};
use crate::sink::StoreError;
use crate::state::App;
use attune_schema::api::{Conflict, Document, ErrorBody};
use attune_schema::source::SiteSettings;
use axum::extract::State;

/// The settings; version 0 until somebody writes them.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/settings",
    operation_id = "read_settings",
    tag = "documents",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Document<SiteSettings>), (status = 404, body = ErrorBody))
)]
pub async fn read(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
) -> Result<Versioned<SiteSettings>, ApiError> {
    Ok(versioned(app.control.settings(site.record.number).await?))
}

/// Replaces the settings at the version named by `If-Match`.
#[utoipa::path(
    put,
    path = "/api/sites/{site}/settings",
    operation_id = "update_settings",
    tag = "documents",
    params(
        ("site" = String, Path, description = "Name of the site"),
        ("If-Match" = u64, Header, description = "The version that was changed")
    ),
    request_body = SiteSettings,
    responses(
        (status = 200, body = Document<SiteSettings>),
        (status = 409, body = Conflict<SiteSettings>, description = "They are at another version"),
        (status = 428, body = ErrorBody, description = "No `If-Match`")
    )
)]
pub async fn update(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    version: IfMatch,
    ApiJson(body): ApiJson<SiteSettings>,
) -> Result<Versioned<SiteSettings>, ApiError> {
    attune_warehouse::query::bots::check(&body.bot_rules).map_err(StoreError::from)?;
    let changed = app.control.update(site.record.number, version.0, body, &caller.user, app.now()).await?;
    app.sites.refresh(&app.control).await?;
    Ok(versioned(changed))
}
