//! Who may open the debugger in a page.

use super::intake;
use crate::debug;
use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, SitePath, read_capped};
use crate::state::App;
use attune_schema::api::{DebugToken, ErrorBody, NewDebugToken};
use attune_schema::time::Timestamp;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Longest question of a page.
const QUESTION_BYTES: usize = 4_096;
/// Longest time for which a token is good.
const MOST_MINUTES: u16 = 480;

/// Makes a token that opens the debugger in pages of the site. It shows what the browser knows anyway: nothing of other
/// visitors, and nothing that only the server may know.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/debug-tokens",
    operation_id = "create_debug_token",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = NewDebugToken,
    responses((status = 201, body = DebugToken), (status = 404, body = ErrorBody))
)]
pub async fn create(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    ApiJson(NewDebugToken { minutes }): ApiJson<NewDebugToken>,
) -> Result<(StatusCode, Json<DebugToken>), ApiError> {
    if !(1..=MOST_MINUTES).contains(&minutes) {
        return Err(ApiError::invalid(format!("`minutes` is {minutes}, and must be 1 to {MOST_MINUTES}")));
    }
    let until = app.now().plus_ms(i64::from(minutes) * 60_000);
    let token = debug::token(app.sites.signer(), &site.record.site.key, until);
    Ok((StatusCode::CREATED, Json(DebugToken { token, until })))
}

/// What a page asks that was opened with a token.
#[derive(serde::Deserialize, utoipa::ToSchema)]
pub struct DebugQuestion {
    /// Public site key.
    site: String,
    /// What `POST /api/sites/{site}/debug-tokens` gave.
    token: String,
}

/// A token that is good.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct DebugAnswer {
    /// Until then, in milliseconds since 1970.
    until: Timestamp,
}

/// Says whether a token opens the debugger in pages of a site, and until when.
#[utoipa::path(
    post,
    path = "/v1/debug",
    operation_id = "check_debug_token",
    tag = "ingest",
    request_body(content = DebugQuestion, content_type = "application/json"),
    responses(
        (status = 200, body = DebugAnswer),
        (status = 400, body = ErrorBody, description = "Not a site and a token"),
        (status = 403, body = ErrorBody, description = "The token is not good for this site now")
    )
)]
pub async fn check(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let checked = async {
        let bytes = read_capped(body, QUESTION_BYTES).await?;
        let asked: DebugQuestion = serde_json::from_slice(&bytes)
            .map_err(|_| ApiError::bad_request("the body is not `{\"site\",\"token\"}`"))?;
        let until =
            debug::read(app.sites.signer(), &asked.site, &asked.token, app.now()).ok_or_else(|| {
                let message = "the token is not good for this site now";
                ApiError::new(StatusCode::FORBIDDEN, "bad_token", message)
            })?;
        Ok::<_, ApiError>(Json(DebugAnswer { until }))
    };
    let mut response = checked.await.into_response();
    intake::put_cors(response.headers_mut(), parts.headers.get(header::ORIGIN).cloned(), false);
    response
}
