//! Plausible, the Measurement Protocol of Google Analytics 4, and Matomo.

use super::{finish, intake, not_json, pixel, store, visitor};
use crate::error::ApiError;
use crate::extract::ClientAddress;
use crate::foreign::snowplow::Pairs;
use crate::foreign::{ga4, matomo, plausible};
use crate::sites::SiteEntry;
use crate::state::App;
use attune_schema::outcome::Verdict;
use axum::Json;
use axum::extract::{Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;

/// One event of a page without an id for its visitor.
pub async fn plausible(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let result = async {
        let received = intake::read(&app, &parts.headers, body).await?;
        let body: Value = serde_json::from_slice(&received.bytes).map_err(not_json)?;
        let domains = plausible::domains(&body);
        let sites: Option<Vec<_>> = domains.iter().map(|domain| app.sites.by_public_name(domain)).collect();
        let Some(sites) = sites.filter(|sites| !sites.is_empty()) else {
            let why = if domains.is_empty() { "can't be blank" } else { "no site has this domain" };
            let errors = json!({ "errors": { "domain": [why] } });
            return Ok((StatusCode::BAD_REQUEST, Json(errors)).into_response());
        };
        let mut dropped = false;
        for site in sites {
            let (visitor, agent) = visitor(&app, &site, &parts.headers, address)?;
            let translated = plausible::translate(&body, &visitor, agent, app.now())?;
            let verdicts = store(&app, &site, &parts.headers, translated).await?;
            dropped |=
                verdicts.iter().any(|answer| !matches!(answer.verdict, Verdict::Ok | Verdict::Duplicate));
        }
        let mut response = (StatusCode::ACCEPTED, "ok").into_response();
        if dropped {
            response.headers_mut().insert("x-plausible-dropped", HeaderValue::from_static("1"));
        }
        Ok(response)
    };
    let result: Result<Response, ApiError> = result.await;
    finish(&app, &parts, result)
}

/// Keys of the Measurement Protocol.
#[derive(Debug, serde::Deserialize)]
pub struct MeasurementQuery {
    measurement_id: Option<String>,
    firebase_app_id: Option<String>,
    api_secret: Option<String>,
}

impl MeasurementQuery {
    /// The secret is the site's key; failing that, the stream's id is its name.
    fn site(&self, app: &App) -> Option<Arc<SiteEntry>> {
        let by_key = self.api_secret.as_deref().and_then(|key| app.sites.by_key(key));
        let id = self.measurement_id.as_deref().or(self.firebase_app_id.as_deref());
        by_key.or_else(|| app.sites.by_public_name(id?))
    }
}

/// Events of a server or an app.
pub async fn measurement(
    State(app): State<App>,
    Query(query): Query<MeasurementQuery>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let result = async {
        let received = intake::read(&app, &parts.headers, body).await?;
        let site = query.site(&app).ok_or_else(intake::unknown_site)?;
        let body = serde_json::from_slice(&received.bytes).map_err(not_json)?;
        store(&app, &site, &parts.headers, ga4::translate(&body, app.now())?).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    let result = result.await;
    finish(&app, &parts, result)
}

/// Says what is wrong with a request, and stores nothing.
pub async fn measurement_check(
    State(app): State<App>,
    Query(query): Query<MeasurementQuery>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let result = async {
        let received = intake::read(&app, &parts.headers, body).await?;
        let body: Value = serde_json::from_slice(&received.bytes).map_err(not_json)?;
        let mut problems = ga4::problems(&body);
        if query.site(&app).is_none() {
            problems.insert(0, ("api_secret", "no site has this key"));
        }
        let message = |(field, description): (&str, &str)| json!({ "fieldPath": field, "description": description, "validationCode": "VALUE_INVALID" });
        let messages: Vec<Value> = problems.into_iter().map(message).collect();
        Ok(Json(json!({ "validationMessages": messages })).into_response())
    };
    let result: Result<Response, ApiError> = result.await;
    finish(&app, &parts, result)
}

/// One request of Matomo's clients, or a list of them.
pub async fn matomo(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let result = async {
        let received = intake::read(&app, &parts.headers, body).await?;
        let Some(requests) = matomo::posted(&received.bytes)? else {
            // Half of it may be in the address, half in a form.
            let query = parts.uri.query().unwrap_or_default();
            let mut request = matomo::asked(query);
            if let Ok(form) = std::str::from_utf8(&received.bytes) {
                request.extend(matomo::asked(form));
            }
            let image = request.get("send_image").is_none_or(|send| send != "0");
            take(&app, &parts, address, vec![request]).await?;
            return Ok(if image { pixel() } else { StatusCode::NO_CONTENT.into_response() });
        };
        let (invalid, tracked) = take(&app, &parts, address, requests).await?;
        Ok(Json(json!({ "status": "success", "tracked": tracked, "invalid": invalid })).into_response())
    };
    let result: Result<Response, ApiError> = result.await;
    finish(&app, &parts, result)
}

/// Stores the requests, which may be for several sites; returns how many were refused and how many not.
async fn take(
    app: &App,
    parts: &Parts,
    address: Option<IpAddr>,
    requests: Vec<Pairs>,
) -> Result<(usize, usize), ApiError> {
    let (mut refused, mut kept) = (0, 0);
    for requests in requests.chunk_by(|a, b| a.get("idsite") == b.get("idsite")) {
        let site = requests[0].get("idsite").and_then(|id| app.sites.by_public_name(id));
        let site = site.ok_or_else(intake::unknown_site)?;
        let (visitor, agent) = visitor(app, &site, &parts.headers, address)?;
        let translated = matomo::translate(requests, &visitor, agent, app.now());
        for answer in store(app, &site, &parts.headers, translated).await? {
            let good = matches!(answer.verdict, Verdict::Ok | Verdict::Duplicate);
            *(if good { &mut kept } else { &mut refused }) += 1;
        }
    }
    Ok((refused, kept))
}
