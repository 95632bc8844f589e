//! PostHog's capture, and the answers its clients need to keep quiet: no flags, no recording, no surveys.

use super::{door, intake, quietly, request as raw, store};
use crate::error::ApiError;
use crate::extract::Client;
use crate::foreign::posthog;
use crate::state::App;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

/// Paths that take events.
pub const CAPTURES: [&str; 10] =
    ["/e", "/e/", "/capture", "/capture/", "/batch", "/batch/", "/track/", "/engage/", "/i/v0/e", "/i/v0/e/"];

/// Takes one event or several.
pub async fn capture(State(app): State<App>, request: Request) -> Response {
    door(&app, request, async |parts, body| {
        let (body, bytes) = parse(parts, body)?;
        let site = match posthog::key(&body).and_then(|key| app.sites.by_key(key)) {
            Some(site) => site,
            None => return Ok(unauthorised()),
        };
        let translated = posthog::translate(&body, app.now())?;
        drop(body);
        store(&app, &site, Client::of(&app, parts), raw(parts, &bytes, ""), translated).await?;
        Ok(Json(json!({ "status": 1 })).into_response())
    })
    .await
}

/// Packed, base 64, a form, a query: its clients use them all, and do not always say so.
fn parse(parts: &Parts, body: &Bytes) -> Result<(Value, Bytes), ApiError> {
    let bytes = match body.as_ref() {
        [] => Bytes::from(parts.uri.query().unwrap_or_default().to_owned()),
        [0x1f, 0x8b, ..] => intake::unpacked(body)?,
        _ => body.clone(),
    };
    Ok((posthog::unwrap(&bytes)?, bytes))
}

fn unauthorised() -> Response {
    let body = json!({
        "type": "authentication_error",
        "code": "invalid_api_key",
        "detail": "no site has this key",
        "attr": null,
    });
    (StatusCode::UNAUTHORIZED, Json(body)).into_response()
}

/// Says that there are no flags: campaigns are decided in the page, by our own SDK.
pub async fn flags(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let received = intake::read(&app, &parts.headers, body).await;
    let result = received.and_then(|received| parse(&parts, &received.bytes));
    let result = result.map(|(body, _)| match posthog::key(&body) {
        Some(key) if app.sites.by_key(key).is_some() => {
            let mut answer = configuration();
            for (name, value) in [
                ("flags", json!({})),
                ("featureFlags", json!({})),
                ("featureFlagPayloads", json!({})),
                ("errorsWhileComputingFlags", json!(false)),
            ] {
                answer[name] = value;
            }
            Json(answer).into_response()
        }
        _ => unauthorised(),
    });
    quietly(&parts.headers, result)
}

/// Recordings of the screen are not taken.
pub async fn recording(request: Request) -> Response {
    let (parts, _) = request.into_parts();
    quietly(&parts.headers, Ok(Json(json!({ "status": 1 })).into_response()))
}

/// Whether there are surveys is left open: told that there are none, the client loads the code to show them.
fn configuration() -> Value {
    json!({
        "supportedCompression": ["gzip", "gzip-js"],
        "hasFeatureFlags": false,
        "sessionRecording": false,
        "heatmaps": false,
        "capturePerformance": false,
        "captureDeadClicks": false,
        "autocaptureExceptions": false,
        "autocapture_opt_out": false,
        "defaultIdentifiedOnly": true,
        "isAuthenticated": false,
        "siteApps": [],
        "toolbarParams": {},
    })
}

/// The client's remote configuration.
pub async fn config(State(app): State<App>, Path(key): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let known = app.sites.by_key(&key).ok_or_else(intake::unknown_site);
    quietly(&parts.headers, known.map(|_| Json(configuration()).into_response()))
}

/// The same as a script.
pub async fn config_script(State(app): State<App>, Path(key): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let known = app.sites.by_key(&key).ok_or_else(intake::unknown_site);
    let script = known.map(|site| {
        let (key, config) = (json!(site.record.site.key), configuration());
        let script = format!(
            "(w=>{{w._POSTHOG_REMOTE_CONFIG=w._POSTHOG_REMOTE_CONFIG||{{}};\
             w._POSTHOG_REMOTE_CONFIG[{key}]={{config:{config},siteApps:[]}}}})(window);"
        );
        ([(header::CONTENT_TYPE, "text/javascript")], script).into_response()
    });
    quietly(&parts.headers, script)
}

/// No flags to compute.
pub async fn local_evaluation(headers: HeaderMap) -> Response {
    let none = json!({ "flags": [], "group_type_mapping": {}, "cohorts": {} });
    quietly(&headers, Ok(Json(none).into_response()))
}

/// No surveys.
pub async fn surveys(headers: HeaderMap) -> Response {
    quietly(&headers, Ok(Json(json!({ "surveys": [] })).into_response()))
}
