//! For how long a site keeps what it stores.

use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, SitePath};
use crate::retention::retain;
use crate::sink::StoreError;
use crate::state::App;
use attune_schema::api::{ErrorBody, Retention};
use axum::Json;
use axum::extract::State;

/// The limits of a site, by class; what has none is kept for ever.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/retention",
    operation_id = "read_retention",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Retention), (status = 404, body = ErrorBody))
)]
pub async fn read(_: Caller, site: SitePath) -> Json<Retention> {
    Json(site.record.retention)
}

/// Sets all limits of a site. Questions count nothing older from now on, and the store removes it when it next merges what
/// holds it; a shorter limit holds for what is there already.
#[utoipa::path(
    put,
    path = "/api/sites/{site}/retention",
    operation_id = "update_retention",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = Retention,
    responses(
        (status = 200, body = Retention),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody, description = "They are set, and applied once the warehouse answers")
    )
)]
pub async fn update(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    ApiJson(limits): ApiJson<Retention>,
) -> Result<Json<Retention>, ApiError> {
    attune_warehouse::retention::check(&limits).map_err(StoreError::from)?;
    app.control.keep(site.record.number, limits).await?;
    app.sites.refresh(&app.control).await?;
    retain(&app).await?;
    Ok(Json(limits))
}
