//! Back-tests: plans, and parts of them.

use crate::backtest::{BacktestPlan, BacktestQuestion, PART_EVENTS, Prepared, Replay, Tally, prepare};
use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, SitePath};
use crate::state::App;
use attune_schema::api::ErrorBody;
use attune_warehouse::history::Part;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

/// Events counted, parts proposed, and the source compiled.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/backtest/plan",
    operation_id = "plan_backtest",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = BacktestQuestion,
    responses(
        (status = 200, body = BacktestPlan),
        (status = 400, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "A period, part or placement that cannot be"),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn plan(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<BacktestQuestion>,
) -> Result<Json<BacktestPlan>, ApiError> {
    let prepared = compiled(&question)?;
    let events = app.store.history_length(site.scope(app.now()), question.read()).await?;
    Ok(Json(BacktestPlan {
        events,
        parts: events.div_ceil(PART_EVENTS).clamp(1, 100_000) as u32,
        bundle: format!("{:032x}", prepared.program.digest),
        drafts: prepared.drafts,
        problems: prepared.problems,
    }))
}

/// A part of the visitors, replayed.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/backtest",
    operation_id = "backtest",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = BacktestQuestion,
    responses(
        (status = 200, body = Tally),
        (status = 400, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "A period, part or placement that cannot be"),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn run(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<BacktestQuestion>,
) -> Result<Json<Tally>, ApiError> {
    let prepared = compiled(&question)?;
    let mut replay = Replay::new(&prepared, &question);
    let part = Part { part: question.part, parts: question.parts };
    app.store.history(site.scope(app.now()), question.read(), part, &mut |row| replay.event(&row)).await?;
    Ok(Json(replay.end()))
}

fn compiled(question: &BacktestQuestion) -> Result<Prepared, ApiError> {
    let refused = |message: String| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_question", message);
    if let Some(problem) = question.problem() {
        return Err(refused(problem));
    }
    prepare(&question.source).map_err(|error| refused(format!("source: {error}")))
}
