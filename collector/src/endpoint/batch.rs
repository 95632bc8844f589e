//! `POST /v1/batch`: events in, one verdict each, 200 only when they are on disk.

use super::foreign::segment;
use super::intake;
use crate::error::ApiError;
use crate::extract::{ApiQuery, Client};
use crate::pipeline::{Policy, decode};
use crate::raw::RawRequest;
use crate::state::App;
use attune_schema::api::BatchAnswer;
use attune_schema::consent::Consent;
use attune_schema::limits::EVENT_AGE_DAYS;
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use std::borrow::Cow;

/// `?site=`.
#[derive(Debug, serde::Deserialize)]
pub struct BatchQuery {
    /// Public site key, if the body does not name it.
    site: Option<String>,
}

/// A batch, for the description: it is read by [`decode`], which is more patient.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct BatchBody {
    /// Public site key; may be given as `?site=` instead.
    site: Option<String>,
    /// Browser profile: a UUID, or any text, which is hashed to one.
    #[schema(min_length = 1, max_length = 32)]
    visitor: String,
    /// A UUID or any text; one session a visitor without it.
    #[schema(min_length = 1, max_length = 32)]
    session: Option<String>,
    /// The sender's own pseudonymous id of the user.
    #[schema(max_length = 32)]
    user: Option<String>,
    /// When it was sent, by the sender's clock, in milliseconds since 1970.
    sent_at: Option<f64>,
    /// Permission under which it is sent.
    #[schema(value_type = Consent, required = false)]
    consent: Option<Consent>,
    /// What surrounds the events: see docs/ingest.md.
    #[schema(value_type = Object, required = false)]
    context: Option<()>,
    /// Events as in docs/ingest.md, each judged by itself.
    #[schema(value_type = Vec<Object>, max_items = 500)]
    events: Vec<()>,
}

/// Takes a batch.
#[utoipa::path(
    post,
    path = "/v1/batch",
    operation_id = "send_batch",
    tag = "ingest",
    params(("site" = Option<String>, Query, description = "Public site key, if the body does not name it")),
    request_body(content = BatchBody, content_type = "application/json", description = "See docs/ingest.md"),
    responses(
        (status = 200, body = BatchAnswer, description = "The accepted events are on disk"),
        (status = 400, body = attune_schema::api::ErrorBody, description = "Not a batch"),
        (status = 401, body = attune_schema::api::ErrorBody, description = "Unknown site key"),
        (status = 403, body = attune_schema::api::ErrorBody, description = "Pages of this origin may not send"),
        (status = 413, body = attune_schema::api::ErrorBody, description = "Larger than allowed"),
        (status = 503, body = attune_schema::api::ErrorBody, description = "Not now; see Retry-After")
    )
)]
pub async fn send(State(app): State<App>, request: Request) -> Response {
    intake::answer(&app, request, false, async |parts, body| take(&app, parts, body).await).await
}

/// Answers the browser's question before a cross-origin batch.
pub async fn preflight(headers: HeaderMap) -> Response {
    intake::preflight(&headers, false)
}

async fn take(app: &App, parts: &Parts, body: Body) -> Result<Response, ApiError> {
    let ApiQuery(BatchQuery { site }) = ApiQuery::of(&parts.uri)?;
    let headers = &parts.headers;
    let received = intake::read(app, headers, body).await?;
    let compact = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/octet-stream"));
    let incoming = match decode::decode(&received.bytes, compact) {
        Ok(incoming) => incoming,
        // Segment's clients have their own idea of what is at this path, and no setting for another.
        Err(error) => {
            return segment::batch(app, parts, &received.bytes).await.unwrap_or(Err(error.into()));
        }
    };
    let entry = incoming.site.as_deref().or(site.as_deref()).and_then(|key| app.sites.by_key(key));
    let entry = entry.ok_or_else(intake::unknown_site)?;
    intake::admit(app, &entry, headers, incoming.events.len())?;
    let policy = Policy {
        site: entry.record.number,
        measure_basis: entry.measure_basis,
        age_days: Some(EVENT_AGE_DAYS),
        consent_settled: false,
    };
    // The address named the site if the body did not.
    let path = site.map_or(Cow::Borrowed("/v1/batch"), |key| format!("/v1/batch?site={key}").into());
    let request = RawRequest {
        path: &path,
        headers: &parts.headers,
        body: &received.bytes,
        visitor: "",
        always: false,
    };
    let client = Client::of(app, parts);
    let events = intake::store(app, &entry, client, vec![incoming], policy, request).await?;
    Ok(Json(BatchAnswer { events }).into_response())
}
