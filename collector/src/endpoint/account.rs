//! Signing in and out.

use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, ClientAddress, same_origin, session_token};
use crate::state::App;
use crate::telemetry::Metric;
use attune_schema::api::{ErrorBody, NewUser, Rights, Session, SignIn, User};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use std::time::Instant;

/// Opens a session and sets its cookie.
#[utoipa::path(
    post,
    path = "/api/sign-in",
    operation_id = "sign_in",
    tag = "account",
    request_body = SignIn,
    responses(
        (status = 200, body = Session),
        (status = 401, body = ErrorBody, description = "Wrong name or password"),
        (status = 429, body = ErrorBody, description = "Too many attempts; see Retry-After")
    )
)]
pub async fn sign_in(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    ApiJson(given): ApiJson<SignIn>,
) -> Result<Response, ApiError> {
    // Programs send neither header; browsers always send one.
    if headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN) {
        same_origin(&headers)?;
    }
    let now = Instant::now();
    let wait = |seconds| {
        app.metrics.add(Metric::SignInsRefused, 1);
        ApiError::later(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_attempts",
            "too many attempts to sign in",
            seconds,
        )
    };
    if let Some(address) = address {
        app.sign_ins_by_address.take(address, now).map_err(wait)?;
    }
    let user = given.user.chars().take(64).collect::<String>();
    app.sign_ins_by_user.take(user.clone(), now).map_err(wait)?;
    let Some(token) = app.control.sign_in(&user, &given.password, app.now()).await? else {
        app.metrics.add(Metric::SignInsRefused, 1);
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorised", "wrong name or password"));
    };
    app.sign_ins_by_user.forgive(&user);
    app.metrics.add(Metric::SignIns, 1);
    let cookie = cookie(&headers, &token, attune_control::SESSION_MS / 1_000);
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(who(user))).into_response())
}

/// Ends the session.
#[utoipa::path(
    post,
    path = "/api/sign-out",
    operation_id = "sign_out",
    tag = "account",
    responses((status = 204), (status = 401, body = ErrorBody))
)]
pub async fn sign_out(State(app): State<App>, _: Caller, headers: HeaderMap) -> Result<Response, ApiError> {
    if let Some(token) = session_token(&headers) {
        app.control.sign_out(token).await?;
    }
    let cookie = cookie(&headers, "", 0);
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, cookie)])).into_response())
}

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/api/session",
    operation_id = "session",
    tag = "account",
    responses((status = 200, body = Session), (status = 401, body = ErrorBody))
)]
pub async fn session(caller: Caller) -> Json<Session> {
    Json(who(caller.user))
}

/// All accounts; for the command line only.
#[utoipa::path(
    get,
    path = "/api/users",
    operation_id = "list_users",
    tag = "account",
    responses((status = 200, body = Vec<User>), (status = 403, body = ErrorBody))
)]
pub async fn users(State(app): State<App>, caller: Caller) -> Result<Json<Vec<User>>, ApiError> {
    caller.must_be_local()?;
    let users = app.control.users().await?.into_iter();
    Ok(Json(
        users
            .map(|user| User { name: user.name, created_at: user.created_at, people: user.people })
            .collect(),
    ))
}

/// Adds an account; for the command line only.
#[utoipa::path(
    post,
    path = "/api/users",
    operation_id = "create_user",
    tag = "account",
    request_body = NewUser,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody))
)]
pub async fn create_user(
    State(app): State<App>,
    caller: Caller,
    ApiJson(new): ApiJson<NewUser>,
) -> Result<StatusCode, ApiError> {
    caller.must_be_local()?;
    app.control.add_user(&new.name, &new.password, app.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says what an account may do, from its next request on; for the command line only.
#[utoipa::path(
    put,
    path = "/api/users/{name}/rights",
    operation_id = "set_rights",
    tag = "account",
    params(("name" = String, Path, description = "Account name")),
    request_body = Rights,
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn set_rights(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    ApiJson(rights): ApiJson<Rights>,
) -> Result<StatusCode, ApiError> {
    caller.must_be_local()?;
    app.control.let_see_people(&name, rights.people).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the password of an account and ends its sessions; for the command line only.
#[utoipa::path(
    put,
    path = "/api/users",
    operation_id = "set_password",
    tag = "account",
    request_body = NewUser,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn set_password(
    State(app): State<App>,
    caller: Caller,
    ApiJson(new): ApiJson<NewUser>,
) -> Result<StatusCode, ApiError> {
    caller.must_be_local()?;
    app.control.set_password(&new.name, &new.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn who(user: String) -> Session {
    Session { user, version: env!("CARGO_PKG_VERSION").to_owned() }
}

fn cookie(headers: &HeaderMap, token: &str, seconds: i64) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let https = text("x-forwarded-proto") == "https" || text("origin").starts_with("https://");
    let secure = if https { "; Secure" } else { "" };
    format!("attune_session={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}
