//! Requests kept as they were received: looking at those of which an event was refused, and reading them again.

use super::server::flushed;
use crate::error::ApiError;
use crate::extract::{ApiJson, ApiQuery, Caller, SitePath};
use crate::recover::RecoverError;
use crate::replay::{ReplayError, replay};
use crate::router::router;
use crate::state::App;
use attune_schema::api::{DeadLetter, ErrorBody, Recovered, Replay, Replayed};
use attune_schema::time::Timestamp;
use attune_warehouse::raw::{RawFilter, RawRow};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

/// Most dead letters of one answer.
const LETTERS: u32 = 200;

/// Which of them.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LetterQuery {
    /// Received at or after, in milliseconds since 1970.
    from: Option<i64>,
    /// At most so many; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Requests of which an event was refused, in order of receipt.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/dead-letters",
    operation_id = "dead_letters",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site"), LetterQuery),
    responses((status = 200, body = Vec<DeadLetter>), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn dead_letters(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiQuery(query): ApiQuery<LetterQuery>,
) -> Result<Json<Vec<DeadLetter>>, ApiError> {
    caller.must_see_people()?;
    if query.limit.is_some_and(|limit| !(1..=LETTERS).contains(&limit)) {
        return Err(ApiError::bad_request(format!("limit: 1 to {LETTERS}")));
    }
    let filter = RawFilter {
        from: query.from.map(Timestamp),
        refused: true,
        limit: query.limit.unwrap_or(50),
        ..RawFilter::default()
    };
    let rows = app.store.raw(site.record.number, &filter).await?;
    Ok(Json(rows.into_iter().map(letter).collect()))
}

fn letter(row: RawRow) -> DeadLetter {
    let body = match String::from_utf8(row.body) {
        Ok(text) => text,
        Err(binary) => format!("{} bytes that are not text", binary.as_bytes().len()),
    };
    DeadLetter {
        received_at: row.received_at,
        expires_at: row.expires_at,
        path: row.path,
        refused: row.refused,
        body,
    }
}

/// Reads segments in quarantine again, and delivers what was missing; for the command line only.
#[utoipa::path(
    post,
    path = "/api/recover",
    operation_id = "recover",
    tag = "server",
    responses(
        (status = 200, body = Recovered),
        (status = 403, body = ErrorBody, description = "Only with the local token"),
        (status = 503, body = ErrorBody, description = "The warehouse is away")
    )
)]
pub async fn recover(State(app): State<App>, caller: Caller) -> Result<Json<Recovered>, ApiError> {
    caller.must_be_local()?;
    flushed(&app).await?;
    let recovering = tokio::spawn(async move { crate::recover::recover(&app).await });
    match recovering.await.map_err(|error| ApiError::internal(&error))? {
        Ok(recovered) => Ok(Json(recovered)),
        Err(RecoverError::Store(error)) => Err(error.into()),
        Err(error) => Err(ApiError::internal(&error)),
    }
}

/// Reads kept requests of a site again, as this version understands them; for the command line only.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/replay",
    operation_id = "replay",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = Replay,
    responses(
        (status = 200, body = Replayed),
        (status = 403, body = ErrorBody, description = "Only with the local token"),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody, description = "Not all of them; what was done stays done")
    )
)]
pub async fn read_again(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(what): ApiJson<Replay>,
) -> Result<Json<Replayed>, ApiError> {
    caller.must_see_people()?;
    caller.must_be_local()?;
    flushed(&app).await?;
    let doors = router(app.clone());
    // Goes on when the caller is gone: what was taken out is put back.
    let number = site.record.number;
    let replaying = tokio::spawn(async move { replay(&app, &doors, number, &what).await });
    match replaying.await.map_err(|error| ApiError::internal(&error))? {
        Ok(replayed) => Ok(Json(replayed)),
        Err(ReplayError::Store(error)) => Err(error.into()),
        Err(error @ ReplayError::Refused(_)) => {
            Err(ApiError::later(StatusCode::SERVICE_UNAVAILABLE, "replay_refused", &error.to_string(), 5))
        }
    }
}
