//! Questions to the warehouse.

use crate::error::ApiError;
use crate::extract::{ApiJson, ApiQuery, Caller, SitePath};
use crate::predictors;
use crate::sink::StoreError;
use crate::state::App;
use attune_schema::api::{ErrorBody, EventName, Overview};
use attune_schema::bot::Bots;
use attune_schema::question::{
    AttributionAnswer, AttributionQuestion, FactsAnswer, FactsQuestion, FormsAnswer, FormsQuestion,
    FunnelAnswer, FunnelQuestion, GoalsAnswer, GoalsQuestion, PathsAnswer, PathsQuestion, PersonAnswer,
    PersonQuestion, PopularAnswer, PopularQuestion, PredictorsAnswer, PredictorsQuestion, ProcessAnswer,
    ProcessQuestion, PromotionsAnswer, PromotionsQuestion, RetentionAnswer, RetentionQuestion, RfmAnswer,
    RfmQuestion, RunStatement, SearchesAnswer, SearchesQuestion, SensingAnswer, SensingQuestion, SqlAnswer,
    SqlQuestion, TrendAnswer, TrendQuestion,
};
use attune_schema::source::{Label, SavedStatement};
use attune_warehouse::fence::Access;
use axum::Json;
use axum::extract::{Path, State};

/// `?bots=`.
#[derive(Debug, serde::Deserialize)]
pub struct Whose {
    /// Whose events count.
    #[serde(default)]
    bots: Bots,
}

/// Who goes how far through ordered steps.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/funnel",
    operation_id = "funnel",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = FunnelQuestion,
    responses((status = 200, body = FunnelAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn funnel(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<FunnelQuestion>,
) -> Result<Json<FunnelAnswer>, ApiError> {
    if question.people.is_some() {
        caller.must_see_people()?;
    }
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.funnel(site.scope(app.now()), &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// How often something happened over time.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/trend",
    operation_id = "trend",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = TrendQuestion,
    responses((status = 200, body = TrendAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn trend(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<TrendQuestion>,
) -> Result<Json<TrendAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.trend(site.scope(app.now()), &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// Who comes back.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/retention",
    operation_id = "retention",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = RetentionQuestion,
    responses((status = 200, body = RetentionAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn retention(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<RetentionQuestion>,
) -> Result<Json<RetentionAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.retention(site.scope(app.now()), &question, app.now()).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// What follows what.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/paths",
    operation_id = "paths",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = PathsQuestion,
    responses((status = 200, body = PathsAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn paths(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<PathsQuestion>,
) -> Result<Json<PathsAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.paths(site.scope(app.now()), &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// Which visits led to a goal.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/attribution",
    operation_id = "attribution",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = AttributionQuestion,
    responses((status = 200, body = AttributionAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn attribution(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<AttributionQuestion>,
) -> Result<Json<AttributionAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.attribution(site.scope(app.now()), &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// How recently, how often and for how much.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/rfm",
    operation_id = "rfm",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = RfmQuestion,
    responses((status = 200, body = RfmAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn rfm(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<RfmQuestion>,
) -> Result<Json<RfmAnswer>, ApiError> {
    if question.people.is_some() {
        caller.must_see_people()?;
    }
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.rfm(site.scope(app.now()), &question, app.now()).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// What people like somebody choose, if they are many.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/popular",
    operation_id = "popular",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = PopularQuestion,
    responses(
        (status = 200, body = PopularAnswer),
        (status = 400, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "Too few people"),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn popular(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<PopularQuestion>,
) -> Result<Json<PopularAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.popular(site.scope(app.now()), &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// One read-only statement over the site's own events.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/sql",
    operation_id = "sql",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = SqlQuestion,
    responses((status = 200, body = SqlAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn sql(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<SqlQuestion>,
) -> Result<Json<SqlAnswer>, ApiError> {
    let access = access(&app, &caller, &site).await?;
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.statement(site.scope(app.now()), &access, &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// Runs a statement that the site keeps, with other values for its parameters if they are given.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/statements/{id}/run",
    operation_id = "run_statement",
    tag = "questions",
    params(
        ("site" = String, Path, description = "Name of the site"),
        ("id" = String, Path, description = "Id of the statement")
    ),
    request_body = RunStatement,
    responses(
        (status = 200, body = SqlAnswer),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn saved(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    Path((_, id)): Path<(String, String)>,
    ApiJson(run): ApiJson<RunStatement>,
) -> Result<Json<SqlAnswer>, ApiError> {
    let kept = app.control.document::<SavedStatement>(site.record.number, &id).await?;
    let mut question = kept.body.question;
    question.parameters.extend(run.parameters);
    question.period = run.period.or(question.period);
    // What it may see is decided by who runs it, not by who wrote it.
    let access = access(&app, &caller, &site).await?;
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.statement(site.scope(app.now()), &access, &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// What a caller may see of people: what is labelled `server-only` stays with the command line of the server.
async fn access(app: &App, caller: &Caller, site: &SitePath) -> Result<Access, ApiError> {
    let declared = app.control.source(site.record.number).await?.0.attributes;
    let hidden = declared.iter().filter(|attribute| !caller.local && attribute.label == Label::ServerOnly);
    Ok(Access {
        people: caller.people,
        hidden: hidden.map(|attribute| attribute.id.clone()).collect(),
        attributes: declared.iter().map(|attribute| attribute.id.clone()).collect(),
    })
}

/// What goes with dropping out of a funnel.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/predictors",
    operation_id = "predictors",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = PredictorsQuestion,
    responses((status = 200, body = PredictorsAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn drop_off(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<PredictorsQuestion>,
) -> Result<Json<PredictorsAnswer>, ApiError> {
    predictors::check(&question).map_err(StoreError::from)?;
    let _turn = app.turn(&caller.user).await?;
    let counts = app.store.predictors(site.scope(app.now()), &question, app.now()).await?;
    Ok(Json(site.told(predictors::report(&question, counts), app.now())))
}

/// How often goals were reached, and what they were worth.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/goals",
    operation_id = "goals",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = GoalsQuestion,
    responses((status = 200, body = GoalsAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn goals(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<GoalsQuestion>,
) -> Result<Json<GoalsAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.goals(site.scope(app.now()), &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// How forms fare, field by field.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/forms",
    operation_id = "forms",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = FormsQuestion,
    responses((status = 200, body = FormsAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn forms(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<FormsQuestion>,
) -> Result<Json<FormsAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.forms(site.scope(app.now()), &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// What the site is searched for, and what comes of it.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/searches",
    operation_id = "searches",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = SearchesQuestion,
    responses((status = 200, body = SearchesAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn searches(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<SearchesQuestion>,
) -> Result<Json<SearchesAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.searches(site.scope(app.now()), &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// How offers fare.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/promotions",
    operation_id = "promotions",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = PromotionsQuestion,
    responses((status = 200, body = PromotionsAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn promotions(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<PromotionsQuestion>,
) -> Result<Json<PromotionsAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.promotions(site.scope(app.now()), &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// How sessions move through the steps of a process.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/process",
    operation_id = "process",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = ProcessQuestion,
    responses((status = 200, body = ProcessAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn process(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<ProcessQuestion>,
) -> Result<Json<ProcessAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.process(site.scope(app.now()), &question).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// What is expected of a figure, and when it was not so.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/sensing",
    operation_id = "sensing",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = SensingQuestion,
    responses((status = 200, body = SensingAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn sensing(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<SensingQuestion>,
) -> Result<Json<SensingAnswer>, ApiError> {
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.sensing(site.scope(app.now()), &question, app.now()).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// One person in one row.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/person",
    operation_id = "person",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = PersonQuestion,
    responses((status = 200, body = PersonAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn person_row(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<PersonQuestion>,
) -> Result<Json<PersonAnswer>, ApiError> {
    caller.must_see_people()?;
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.person_row(site.scope(app.now()), &question, app.now()).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// What somebody did, as facts.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/facts",
    operation_id = "facts",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = FactsQuestion,
    responses((status = 200, body = FactsAnswer), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn facts(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(question): ApiJson<FactsQuestion>,
) -> Result<Json<FactsAnswer>, ApiError> {
    caller.must_see_people()?;
    let _turn = app.turn(&caller.user).await?;
    let answer = app.store.facts(site.scope(app.now()), &question, app.now()).await?;
    Ok(Json(site.told(answer, app.now())))
}

/// Event names seen, most frequent first.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/events",
    operation_id = "event_names",
    tag = "questions",
    params(
        ("site" = String, Path, description = "Name of the site"),
        ("bots" = Option<Bots>, Query, description = "Whose events count; people's if absent")
    ),
    responses((status = 200, body = Vec<EventName>), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn events(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    ApiQuery(whose): ApiQuery<Whose>,
) -> Result<Json<Vec<EventName>>, ApiError> {
    Ok(Json(app.store.event_names(site.scope(app.now()), whose.bots).await?))
}

/// Figures of the Home page.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/overview",
    operation_id = "overview",
    tag = "questions",
    params(
        ("site" = String, Path, description = "Name of the site"),
        ("bots" = Option<Bots>, Query, description = "Whose events count; people's if absent")
    ),
    responses((status = 200, body = Overview), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn overview(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    ApiQuery(whose): ApiQuery<Whose>,
) -> Result<Json<Overview>, ApiError> {
    Ok(Json(app.store.overview(site.scope(app.now()), whose.bots, app.now()).await?))
}
