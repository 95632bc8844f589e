//! Doors for other products' clients: their paths, their keys, their answers; see `docs/switch.md`.

pub mod analytics;
pub mod posthog;
pub mod segment;
pub mod server;
pub mod snowplow;

use super::intake;
use crate::error::ApiError;
use crate::extract::Client;
use crate::foreign::{OWN, Refused, Translated, batches};
use crate::pipeline::Policy;
use crate::raw::RawRequest;
use crate::replay;
use crate::sites::SiteEntry;
use crate::state::App;
use attune_schema::api::EventAnswer;
use attune_schema::consent::Grant;
use attune_schema::id::EventId;
use axum::Router;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, options, post};
use bytes::Bytes;
use std::net::IpAddr;

/// Oldest events taken, in days. Their forms know no bound; but anybody can write a page's key, and what is looked
/// up and where it is stored goes by time.
const AGE_DAYS: i64 = 366;

/// All of them.
pub fn routes() -> Router<App> {
    let open = |methods: MethodRouter<App>| methods.options(preflight);
    let mut router = Router::new();
    for (path, kind) in segment::CALLS {
        router = router.route(path, open(post(move |state, request| segment::call(state, kind, request))));
    }
    for path in posthog::CAPTURES {
        router = router.route(path, open(post(posthog::capture).get(posthog::capture)));
    }
    for path in ["/flags", "/flags/", "/decide", "/decide/"] {
        router = router.route(path, open(post(posthog::flags)));
    }
    for path in ["/s", "/s/"] {
        router = router.route(path, open(post(posthog::recording)));
    }
    for path in ["/i", "/ice.png"] {
        router = router.route(path, open(get(snowplow::pixel_of)));
    }
    for path in ["/matomo.php", "/piwik.php"] {
        router = router.route(path, open(get(analytics::matomo).post(analytics::matomo)));
    }
    router
        .route("/v1/events", options(preflight))
        .route("/v1/projects/{key}/settings", open(get(segment::settings)))
        .route("/sourceConfig", open(get(segment::source_config)))
        .route("/sourceConfig/", open(get(segment::source_config)))
        .route("/array/{key}/config", open(get(posthog::config)))
        .route("/array/{key}/config.js", open(get(posthog::config_script)))
        .route("/api/feature_flag/local_evaluation", open(get(posthog::local_evaluation)))
        .route("/api/feature_flag/local_evaluation/", open(get(posthog::local_evaluation)))
        .route("/api/surveys", open(get(posthog::surveys)))
        .route("/api/surveys/", open(get(posthog::surveys)))
        .route("/com.snowplowanalytics.snowplow/tp2", open(post(snowplow::post)))
        .route("/api/event", open(post(analytics::plausible)))
        .route("/mp/collect", open(post(analytics::measurement)))
        .route("/debug/mp/collect", open(post(analytics::measurement_check)))
}

/// Some of these clients send credentials with everything: the answer has to say that they may.
async fn preflight(headers: HeaderMap) -> Response {
    intake::preflight(&headers, true)
}

/// Reads the body of a request and answers as `take` says.
async fn door(
    app: &App,
    request: Request,
    take: impl AsyncFnOnce(&Parts, &Bytes) -> Result<Response, ApiError>,
) -> Response {
    intake::answer(app, request, true, async |parts, body| {
        let received = intake::read(app, &parts.headers, body).await?;
        take(parts, &received.bytes).await
    })
    .await
}

/// An answer to something that is no batch: it is not counted, and the page may read it.
fn quietly(headers: &HeaderMap, answer: Result<Response, ApiError>) -> Response {
    let mut response = answer.into_response();
    intake::put_cors(response.headers_mut(), headers.get(header::ORIGIN).cloned(), true);
    response
}

/// The request as it is kept: its translation may be mended.
fn request<'a>(parts: &'a Parts, body: &'a [u8], visitor: &'a str) -> RawRequest<'a> {
    let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    RawRequest { path, headers: &parts.headers, body, visitor, always: true }
}

/// Stores what was translated. Whoever runs these clients decides when they send: that is the consent to
/// measuring. A browser's objection to sharing is kept with the events.
async fn store(
    app: &App,
    site: &SiteEntry,
    client: Client<'_>,
    request: RawRequest<'_>,
    translated: Translated,
) -> Result<Vec<EventAnswer>, ApiError> {
    intake::admit(app, site, request.headers, translated.messages.len())?;
    store_admitted(app, site, client, request, translated).await
}

/// [`store`] for a site that was asked already: a request for several sites asks all of them first.
async fn store_admitted(
    app: &App,
    site: &SiteEntry,
    client: Client<'_>,
    request: RawRequest<'_>,
    translated: Translated,
) -> Result<Vec<EventAnswer>, ApiError> {
    let mut batches = batches(translated.sent_at, translated.messages);
    if request.headers.get("sec-gpc").is_some_and(|value| value == "1") {
        batches.iter_mut().for_each(|batch| batch.consent.share = Grant::Denied);
    }
    let events = batches.iter_mut().flat_map(|batch| &mut batch.events).enumerate();
    for (place, event) in events.filter_map(|(place, event)| Some((place, event.as_mut().ok()?))) {
        if event.id == OWN {
            let number = site.record.number;
            event.id = EventId::from_text(&format!("{:032x}/{number}/{place}", request.id(app.now())));
        }
    }
    let policy = Policy {
        site: site.record.number,
        measure_basis: site.measure_basis,
        age_days: Some(AGE_DAYS),
        consent_settled: true,
    };
    intake::store(app, site, client, batches, policy, request).await
}

/// The visitor of today behind an address and a user agent, and that user agent.
fn visitor<'a>(
    app: &App,
    site: &SiteEntry,
    headers: &'a HeaderMap,
    address: Option<IpAddr>,
) -> Result<(String, &'a str), ApiError> {
    let agent = text(headers, header::USER_AGENT);
    if let Some(visitor) = replay::visitor() {
        return Ok((visitor, agent));
    }
    let visitor = app.salt.visitor(app.now(), site.record.number, address, agent);
    Ok((visitor.map_err(|error| ApiError::internal(&error))?, agent))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A transparent image of one pixel.
fn pixel() -> Response {
    const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    ([(header::CONTENT_TYPE, "image/gif")], GIF).into_response()
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::Malformed(_) => "malformed",
            Refused::TooMany(_) => "too_many_events",
        };
        Self::new(StatusCode::BAD_REQUEST, code, refused.to_string())
    }
}
