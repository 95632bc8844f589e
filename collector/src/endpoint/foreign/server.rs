//! Events of a company's own servers, signed.

use super::{door, request as raw, store};
use crate::extract::Client;
use crate::extract::signature::signed_site;
use crate::foreign::json::parse;
use crate::foreign::server;
use crate::state::App;
use attune_schema::api::{BatchAnswer, ErrorBody};
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

/// Facts of many users, for the description: [`server::translate`] judges each by itself.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct ServerEvents {
    #[schema(max_items = 500)]
    events: Vec<ServerEvent>,
}

/// A fact about a user, of a system that sees no browser. Any other field makes it `malformed`.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described")]
struct ServerEvent {
    /// Drawn once, kept for every attempt: a UUID, or any text, which is hashed to one.
    id: String,
    /// `noun_verb` in the past tense.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// When it happened: milliseconds since 1970, or RFC 3339.
    at: EventTime,
    /// The sender's own pseudonymous id of the user; not needed beside a visitor.
    user: Option<String>,
    /// Browser profile, if it is known.
    visitor: Option<String>,
    /// A UUID or any text.
    session: Option<String>,
    /// Texts, numbers, true or false; nested ones are flattened (`order.total`).
    #[schema(value_type = Object, required = false)]
    properties: Option<()>,
}

#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described")]
enum EventTime {
    Millis(i64),
    Text(String),
}

/// Takes a batch that a company's server signed.
#[utoipa::path(
    post,
    path = "/v1/events",
    operation_id = "send_server_events",
    tag = "ingest",
    request_body(content = ServerEvents, content_type = "application/json", description = "See docs/ingest.md"),
    responses(
        (status = 200, body = BatchAnswer, description = "The accepted events are on disk"),
        (status = 400, body = ErrorBody, description = "Not a batch, or more than 500 events"),
        (status = 401, body = ErrorBody, description = "Says what is wrong with the key or the signature"),
        (status = 403, body = ErrorBody, description = "The site takes no events"),
        (status = 415, body = ErrorBody, description = "Packed otherwise than with gzip"),
        (status = 429, body = ErrorBody, description = "The site sends too much; see Retry-After"),
        (status = 503, body = ErrorBody, description = "Not now; see Retry-After")
    )
)]
pub async fn events(State(app): State<App>, request: Request) -> Response {
    door(&app, request, async |parts, body| {
        let site = signed_site(&app, &parts.headers, body)?;
        let translated = server::translate(&parse(body)?, app.now())?;
        let events = store(&app, &site, Client::default(), raw(parts, body, ""), translated).await?;
        Ok(Json(BatchAnswer { events }).into_response())
    })
    .await
}
