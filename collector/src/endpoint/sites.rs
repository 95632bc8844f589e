//! Sites and whether their tags work.

use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, SitePath};
use crate::state::App;
use attune_schema::api::{ErrorBody, NewSite, Problem, Site, SiteChange, TagStatus};
use attune_schema::source::Source;
use attune_schema::time::DAY_MS;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

/// All sites, by name.
#[utoipa::path(
    get,
    path = "/api/sites",
    operation_id = "list_sites",
    tag = "sites",
    responses((status = 200, body = Vec<Site>), (status = 401, body = ErrorBody))
)]
pub async fn list(State(app): State<App>, _: Caller) -> Result<Json<Vec<Site>>, ApiError> {
    Ok(Json(app.control.sites().await?.into_iter().map(|record| record.site).collect()))
}

/// Adds a site.
#[utoipa::path(
    post,
    path = "/api/sites",
    operation_id = "create_site",
    tag = "sites",
    request_body = NewSite,
    responses((status = 201, body = Site), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody))
)]
pub async fn create(
    State(app): State<App>,
    _: Caller,
    ApiJson(new): ApiJson<NewSite>,
) -> Result<(StatusCode, Json<Site>), ApiError> {
    let record = app.control.add_site(&new, app.now()).await?;
    app.sites.refresh(&app.control).await?;
    Ok((StatusCode::CREATED, Json(record.site)))
}

/// Pauses or resumes a site, or changes the origins that may send to it. Takes effect at once here, and within
/// seconds in other collectors of the same control store.
#[utoipa::path(
    patch,
    path = "/api/sites/{site}",
    operation_id = "change_site",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = SiteChange,
    responses((status = 200, body = Site), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn change(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    ApiJson(change): ApiJson<SiteChange>,
) -> Result<Json<Site>, ApiError> {
    let record = app.control.change_site(site.record.number, &change).await?;
    app.sites.refresh(&app.control).await?;
    Ok(Json(record.site))
}

/// Gives the site a new public key. Pages and servers that still send the old one are refused from now on.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/rotate-key",
    operation_id = "rotate_key",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Site), (status = 404, body = ErrorBody))
)]
pub async fn rotate_key(State(app): State<App>, _: Caller, site: SitePath) -> Result<Json<Site>, ApiError> {
    let record = app.control.rotate_key(site.record.number).await?;
    app.sites.refresh(&app.control).await?;
    Ok(Json(record.site))
}

/// Whether the site's tag works: what was received, and which bundle its pages get.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/tag-status",
    operation_id = "tag_status",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = TagStatus), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn tag_status(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
) -> Result<Json<TagStatus>, ApiError> {
    let number = site.record.number;
    let seen = app.store.first_last(number).await?;
    let mut pages = app.store.pages(number, app.now().plus_ms(-DAY_MS)).await?;
    pages.truncate(20);
    Ok(Json(TagStatus {
        first_event_at: seen.map(|(first, _)| first),
        last_event_at: seen.map(|(_, last)| last),
        pages,
        bundle: site.bundle.hash.clone(),
        bundle_bytes: site.bundle.bytes.len() as u64,
    }))
}

/// Everything that decides what the site shows.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/source",
    operation_id = "source",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Source), (status = 404, body = ErrorBody))
)]
pub async fn source(State(app): State<App>, _: Caller, site: SitePath) -> Result<Json<Source>, ApiError> {
    Ok(Json(app.control.source(site.record.number).await?.0))
}

/// What the compiler found in the source.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/problems",
    operation_id = "problems",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Vec<Problem>), (status = 404, body = ErrorBody))
)]
pub async fn problems(_: Caller, site: SitePath) -> Json<Vec<Problem>> {
    Json(site.bundle.problems.clone())
}
