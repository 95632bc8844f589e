//! What came true of watched figures, and statements that are kept.

use crate::error::ApiError;
use crate::extract::{Caller, SitePath};
use crate::state::App;
use crate::watch::evaluate;
use attune_schema::api::{ErrorBody, WatchAlert};
use axum::Json;
use axum::extract::State;

/// Rules of watched figures that came true, the latest 500, by when they began.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/alerts",
    operation_id = "alerts",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Vec<WatchAlert>), (status = 404, body = ErrorBody))
)]
pub async fn list(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
) -> Result<Json<Vec<WatchAlert>>, ApiError> {
    Ok(Json(app.control.alerts(site.record.number).await?))
}

/// Evaluates the rules of watched figures now; otherwise this happens every hour.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/alerts",
    operation_id = "evaluate_alerts",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    responses(
        (status = 200, body = Vec<WatchAlert>),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn now(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
) -> Result<Json<Vec<WatchAlert>>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    evaluate(&app, &site, app.now()).await?;
    Ok(Json(app.control.alerts(site.record.number).await?))
}
