//! Forgetting people.

use super::intake;
use crate::erase::{Whom, begin};
use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, ClientAddress, SitePath, read_capped};
use crate::state::App;
use attune_schema::api::{Erasure, ErrorBody, NewErasure};
use attune_schema::id::VisitorId;
use attune_schema::limits::ID_BYTES;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::time::Instant;

/// Longest request of a device.
const FORGET_BYTES: usize = 4_096;

/// Erasures of a site, oldest first, with their proofs.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/erasures",
    operation_id = "erasures",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Vec<Erasure>), (status = 404, body = ErrorBody))
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
) -> Result<Json<Vec<Erasure>>, ApiError> {
    caller.must_see_people()?;
    let erasures = app.control.erasures(site.record.number).await?;
    Ok(Json(erasures.into_iter().map(|record| record.erasure).collect()))
}

/// Erases a person, or a browser: from every table, the log, and what arrives late. Goes on although nobody waits.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/erasures",
    operation_id = "erase",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = NewErasure,
    responses(
        (status = 202, body = Erasure, description = "Begun; ask again until `done_at` is there"),
        (status = 400, body = ErrorBody, description = "Not exactly one of both"),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody, description = "The warehouse is away: nothing was begun")
    )
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(new): ApiJson<NewErasure>,
) -> Result<(StatusCode, Json<Erasure>), ApiError> {
    caller.must_see_people()?;
    let whom = match new {
        NewErasure::User(user) if user.is_empty() || user.len() > ID_BYTES => {
            return Err(ApiError::invalid(format!("`user` has 1 to {ID_BYTES} bytes")));
        }
        NewErasure::User(user) => Whom::User(user),
        NewErasure::Visitor(visitor) => Whom::Visitor(visitor),
    };
    let erasure = begin(&app, site.record.number, &caller.user, whom).await?;
    Ok((StatusCode::ACCEPTED, Json(erasure)))
}

/// What a device asks when its user says so.
#[derive(serde::Deserialize, utoipa::ToSchema)]
pub struct Forget {
    /// Public site key.
    site: String,
    /// Browser profile: a UUID, or its sixteen bytes in base 64.
    #[schema(
        pattern = "^([0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Za-z0-9+/]{21}[AQgw]==)$"
    )]
    visitor: String,
}

/// A UUID, or its bytes in base 64, as our SDK has them.
fn visitor(text: &str) -> Option<VisitorId> {
    let bytes = || <[u8; 16]>::try_from(BASE64_STANDARD.decode(text).ok()?).ok();
    text.parse().ok().or_else(|| bytes().map(|bytes| VisitorId(u128::from_be_bytes(bytes))))
}

/// Erases what a browser did, when its user says so. Whoever knows a visitor's random id may have its events deleted, and
/// nothing else.
#[utoipa::path(
    post,
    path = "/v1/forget",
    operation_id = "forget",
    tag = "ingest",
    request_body(content = Forget, content_type = "application/json"),
    responses(
        (status = 202, description = "Begun"),
        (status = 400, body = ErrorBody, description = "Not a site and a visitor"),
        (status = 401, body = ErrorBody, description = "Unknown site key"),
        (status = 403, body = ErrorBody, description = "Pages of this origin may not send, or the site takes no events"),
        (status = 429, body = ErrorBody, description = "This address asked too often; see Retry-After"),
        (status = 503, body = ErrorBody, description = "Not now; see Retry-After")
    )
)]
pub async fn forget(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Response {
    intake::answer(&app, request, false, async |parts, body| {
        let bytes = read_capped(body, FORGET_BYTES).await?;
        let asked: Option<Forget> = serde_json::from_slice(&bytes).ok();
        let asked = asked.and_then(|asked| Some((visitor(&asked.visitor)?, asked.site)));
        let (visitor, key) =
            asked.ok_or_else(|| ApiError::bad_request("the body is not `{\"site\",\"visitor\"}`"))?;
        let site = app.sites.by_key(&key).ok_or_else(intake::unknown_site)?;
        intake::admit(&app, &site, &parts.headers, 0)?;
        if let Some(address) = address {
            app.forgets.take(address, Instant::now()).map_err(|seconds| {
                let message = "this address asked too often";
                ApiError::later(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message, seconds)
            })?;
        }
        begin(&app, site.record.number, "visitor", Whom::Visitor(visitor)).await?;
        Ok(StatusCode::ACCEPTED.into_response())
    })
    .await
}
