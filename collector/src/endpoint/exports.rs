//! Events as files, and who took them.

use crate::error::ApiError;
use crate::export::Running;
use crate::extract::{ApiQuery, Caller, SitePath};
use crate::state::App;
use attune_schema::api::ErrorBody;
use attune_schema::bot::Bots;
use attune_schema::export::{Export, ExportFormat, ExportQuestion};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Events as a file, in the order in which they are stored: by day, visitor and time. Sent as it is read; a file
/// that could not be read to its end is cut off, never ended.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/export",
    operation_id = "export",
    tag = "questions",
    params(
        ("site" = String, Path, description = "Name of the site"),
        ("format" = Option<ExportFormat>, Query, description = "Form of the file; csv if absent"),
        ("from" = Option<i64>, Query, description = "First instant of event time, in milliseconds"),
        ("to" = Option<i64>, Query, description = "First instant after"),
        ("event" = Option<String>, Query, description = "Only events of this name"),
        ("bots" = Option<Bots>, Query, description = "Whose events; people's if absent")
    ),
    responses(
        (status = 200, content(
            (Vec<u8> = "text/csv"),
            (Vec<u8> = "application/vnd.apache.parquet")
        )),
        (status = 400, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "A period that ends before it begins"),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn download(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiQuery(question): ApiQuery<ExportQuestion>,
) -> Result<Response, ApiError> {
    caller.must_see_people()?;
    let format = question.format;
    let (record, mut pieces) = Running::begin(app, site.0, question, caller.user)?.start().await?;
    let (kind, ending) = match format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", "csv"),
        ExportFormat::Parquet => ("application/vnd.apache.parquet", "parquet"),
    };
    let name = format!("attachment; filename=\"{}.{ending}\"", record.id);
    let body = Body::from_stream(futures_util::stream::poll_fn(move |context| pieces.poll_recv(context)));
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], body).into_response())
}

/// Who exported what, when and how many rows, oldest first.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/exports",
    operation_id = "exports",
    tag = "questions",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Vec<Export>), (status = 404, body = ErrorBody))
)]
pub async fn list(State(app): State<App>, _: Caller, site: SitePath) -> Result<Json<Vec<Export>>, ApiError> {
    Ok(Json(app.control.exports(site.record.number).await?))
}
