//! `POST /v1/batch`: events in, one verdict each, 200 only when they are on disk.

use crate::error::ApiError;
use crate::extract::read_capped;
use crate::pipeline::inflate::{InflateError, gunzip};
use crate::pipeline::{Policy, answers, decode, screen};
use crate::state::App;
use crate::telemetry::Metric;
use attune_schema::api::BatchAnswer;
use attune_schema::limits::BODY_BYTES;
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::time::Instant;

/// `?site=`.
#[derive(Debug, serde::Deserialize)]
pub struct BatchQuery {
    /// Public site key, if the body does not name it.
    site: Option<String>,
}

/// Takes a batch.
#[utoipa::path(
    post,
    path = "/v1/batch",
    operation_id = "send_batch",
    tag = "ingest",
    params(("site" = Option<String>, Query, description = "Public site key, if the body does not name it")),
    request_body(content = String, content_type = "application/json", description = "See docs/ingest.md"),
    responses(
        (status = 200, body = BatchAnswer, description = "The accepted events are on disk"),
        (status = 400, body = attune_schema::api::ErrorBody, description = "Not a batch"),
        (status = 401, body = attune_schema::api::ErrorBody, description = "Unknown site key"),
        (status = 403, body = attune_schema::api::ErrorBody, description = "Pages of this origin may not send"),
        (status = 413, body = attune_schema::api::ErrorBody, description = "Larger than allowed"),
        (status = 503, body = attune_schema::api::ErrorBody, description = "Not now; see Retry-After")
    )
)]
pub async fn send(State(app): State<App>, Query(query): Query<BatchQuery>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let result = take(&app, query.site.as_deref(), &parts.headers, body).await;
    let metric = match &result {
        Ok(_) => Metric::Batches,
        Err(error) if error.status().is_server_error() || error.status() == StatusCode::TOO_MANY_REQUESTS => {
            Metric::BatchesPushedBack
        }
        Err(_) => Metric::BatchesRefused,
    };
    app.metrics.add(metric, 1);
    let wrong_origin = result.as_ref().is_err_and(|error| error.status() == StatusCode::FORBIDDEN);
    let mut response = result.map(Json).into_response();
    if !wrong_origin {
        put_cors(response.headers_mut(), origin);
    }
    response
}

/// Answers the browser's question before a cross-origin batch. The body, which names the site, is not known
/// yet: the site's origins are checked when it comes.
pub async fn preflight(headers: HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    put_cors(response.headers_mut(), headers.get(header::ORIGIN).cloned());
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type, content-encoding"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn put_cors(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    }
}

async fn take(
    app: &App,
    site: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<BatchAnswer, ApiError> {
    // Bounds the memory of bodies being read.
    let _permit = app.ingest_permits.try_acquire().map_err(|_| {
        ApiError::later(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many requests are being read", 1)
    })?;
    let body = read_capped(body, BODY_BYTES).await?;
    app.metrics.add(Metric::IngestBytes, body.len() as u64);
    let now = app.now();
    let body = inflated(headers, body)?;
    let compact = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/octet-stream"));
    let incoming = decode::decode(&body, compact)?;
    let entry = incoming
        .site
        .as_deref()
        .or(site)
        .and_then(|key| app.sites.by_key(key))
        .ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "unknown_site", "no site has this key"))?;
    if let Some(origin) = headers.get(header::ORIGIN)
        && !origin.to_str().is_ok_and(|origin| entry.allows(origin))
    {
        let message = "pages of this origin may not send to this site";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_origin", message));
    }
    if entry.record.paused {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "site_paused", "this site takes no events"));
    }
    if let Some(batches) = &app.batches {
        batches.take(entry.record.number, Instant::now()).map_err(|seconds| {
            ApiError::later(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_batches",
                "this site sends too much",
                seconds,
            )
        })?;
    }
    let policy = Policy { site: entry.record.number, measure_basis: entry.measure_basis, import: false };
    let device = incoming.texts[0].clone();
    let screened = screen(incoming, policy, now);
    let written = if screened.refused.is_empty() && screened.draft.tally.client_dropped == 0 {
        crate::log::queue::Written::default()
    } else {
        app.queue.write(screened.draft).await?
    };
    app.live.show(policy.site, &screened.events, &written.duplicates, &device, now);
    Ok(BatchAnswer { events: answers(&screened.refused, &written.duplicates) })
}

fn inflated(headers: &HeaderMap, body: Bytes) -> Result<Bytes, ApiError> {
    match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(body),
        Some(b"gzip") => gunzip(&body).map(Bytes::from).map_err(|error| match error {
            InflateError::TooLarge => {
                let message = format!("the body is larger than {BODY_BYTES} bytes when unpacked");
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
            }
            InflateError::NotGzip => {
                ApiError::new(StatusCode::BAD_REQUEST, "not_gzip", "the body is not gzip")
            }
        }),
        Some(_) => {
            let message = "send the body as it is, or as gzip";
            Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", message))
        }
    }
}
