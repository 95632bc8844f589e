//! Keys with which a company's servers sign what they send.

use crate::decide::token::jwk;
use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, SitePath};
use crate::state::App;
use attune_schema::api::{ErrorBody, NewServerKey, ServerKey, ServerKeyMade};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

/// Server keys of a site, without their secrets.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/server-keys",
    operation_id = "server_keys",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Vec<ServerKey>), (status = 404, body = ErrorBody))
)]
pub async fn list(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
) -> Result<Json<Vec<ServerKey>>, ApiError> {
    let keys = app.control.server_keys().await?.into_iter();
    Ok(Json(keys.filter(|record| record.site == site.record.number).map(|record| record.key).collect()))
}

/// Makes a server key; its secret is shown this once.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/server-keys",
    operation_id = "create_server_key",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = NewServerKey,
    responses((status = 201, body = ServerKeyMade), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn create(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    ApiJson(new): ApiJson<NewServerKey>,
) -> Result<(StatusCode, Json<ServerKeyMade>), ApiError> {
    let made = app.control.add_server_key(site.record.number, &new.label, app.now()).await?;
    app.sites.refresh(&app.control).await?;
    Ok((
        StatusCode::CREATED,
        Json(ServerKeyMade {
            token_key: jwk(&made.key.id, &made.secret),
            key: made.key,
            secret: made.secret,
        }),
    ))
}

/// Revokes a server key: at once here, and within seconds in other collectors of the same control store.
#[utoipa::path(
    delete,
    path = "/api/sites/{site}/server-keys/{id}",
    operation_id = "revoke_server_key",
    tag = "sites",
    params(
        ("site" = String, Path, description = "Name of the site"),
        ("id" = String, Path, description = "Id of the key")
    ),
    responses((status = 204, description = "Revoked"), (status = 404, body = ErrorBody))
)]
pub async fn revoke(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    app.control.revoke_server_key(site.record.number, &id).await?;
    app.sites.refresh(&app.control).await?;
    Ok(StatusCode::NO_CONTENT)
}
