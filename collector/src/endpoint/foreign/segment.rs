//! Segment's HTTP API, and the settings that its and RudderStack's browser clients ask for first.

use super::{door, intake, quietly, request, store, text};
use crate::error::ApiError;
use crate::extract::{ApiQuery, Client};
use crate::foreign::json::parse;
use crate::foreign::segment;
use crate::raw::RawRequest;
use crate::sites::SiteEntry;
use crate::state::App;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

/// Paths, and what is posted there; `/v1/batch` is ours, see [`batch`].
pub const CALLS: [(&str, Option<&str>); 16] = [
    ("/v1/track", Some("track")),
    ("/v1/t", Some("track")),
    ("/v1/page", Some("page")),
    ("/v1/p", Some("page")),
    ("/v1/screen", Some("screen")),
    ("/v1/s", Some("screen")),
    ("/v1/identify", Some("identify")),
    ("/v1/i", Some("identify")),
    ("/v1/group", Some("group")),
    ("/v1/g", Some("group")),
    ("/v1/alias", Some("alias")),
    ("/v1/a", Some("alias")),
    ("/v1/b", None),
    ("/v1/import", None),
    ("/beacon/v1/batch", None),
    ("/v1/merge", Some("alias")),
];

/// `?writeKey=`, which beacons use.
#[derive(Debug, serde::Deserialize)]
pub struct KeyQuery {
    /// Public site key.
    #[serde(rename = "writeKey")]
    write_key: Option<String>,
}

/// One call, or a batch of them.
pub async fn call(State(app): State<App>, kind: Option<&'static str>, asked: Request) -> Response {
    door(&app, asked, async |parts, body| {
        let kept = request(parts, body, "");
        take(&app, parts, kept, write_key(parts).as_deref(), kind, parse(body)?).await
    })
    .await
}

/// A batch posted to the path that it shares with ours; `None` if it is not one of this form.
pub async fn batch(app: &App, parts: &Parts, body: &[u8]) -> Option<Result<Response, ApiError>> {
    let kept = request(parts, body, "");
    let body = parse(body).ok().filter(segment::is_batch)?;
    Some(take(app, parts, kept, None, None, body).await)
}

async fn take(
    app: &App,
    parts: &Parts,
    kept: RawRequest<'_>,
    query: Option<&str>,
    kind: Option<&str>,
    body: Value,
) -> Result<Response, ApiError> {
    let site = basic_user(&parts.headers)
        .as_deref()
        .into_iter()
        .chain(segment::key(&body))
        .chain(query)
        .find_map(|key| app.sites.by_key(key))
        .ok_or_else(intake::unknown_site)?;
    let translated = segment::translate(kind, &body, app.now())?;
    // Not kept in memory until the disk has the events.
    drop(body);
    store(app, &site, Client::of(app, parts), kept, translated).await?;
    Ok(Json(json!({ "success": true })).into_response())
}

/// The key in the address; the clients' other ways to name it are tried if the address is odd.
fn write_key(parts: &Parts) -> Option<String> {
    ApiQuery::<KeyQuery>::of(&parts.uri).ok()?.0.write_key
}

/// The user name of basic authentication; the password is empty.
fn basic_user(headers: &HeaderMap) -> Option<String> {
    let encoded = text(headers, header::AUTHORIZATION).strip_prefix("Basic ")?;
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    Some(decoded.split(':').next().unwrap_or_default().to_owned())
}

/// What `@segment/analytics-next` asks its `cdnURL` for: where to send, and nothing else switched on.
pub async fn settings(State(app): State<App>, Path(key): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let answer = known(&app, Some(&key)).map(|_| {
        let host = text(&parts.headers, header::HOST);
        let https = text(&parts.headers, header::HeaderName::from_static("x-forwarded-proto")) == "https";
        let protocol = if https { "https" } else { "http" };
        let target = json!({ "apiKey": key, "apiHost": format!("{host}/v1"), "protocol": protocol });
        Json(json!({
            "integrations": { "Segment.io": target },
            "plan": { "track": { "__default": { "enabled": true } } },
            // Otherwise the client reports on itself to Segment.
            "metrics": { "sampleRate": 0 },
        }))
        .into_response()
    });
    quietly(&parts.headers, answer)
}

/// What RudderStack's browser client asks its `configUrl` for.
pub async fn source_config(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let key = write_key(&parts).or_else(|| basic_user(&parts.headers));
    let answer = known(&app, key.as_deref()).map(|site| {
        let source = json!({
            "id": site.record.number.to_string(),
            "name": site.record.site.name,
            "writeKey": site.record.site.key,
            "workspaceId": "attune",
            "enabled": true,
            "config": { "statsCollection": { "errors": { "enabled": false }, "metrics": { "enabled": false } } },
            "destinations": [],
            "connections": [],
            "dataplanes": {},
        });
        Json(json!({ "source": source, "updatedAt": "1970-01-01T00:00:00.000Z" })).into_response()
    });
    quietly(&parts.headers, answer)
}

fn known(app: &App, key: Option<&str>) -> Result<Arc<SiteEntry>, ApiError> {
    key.and_then(|key| app.sites.by_key(key)).ok_or_else(intake::unknown_site)
}
