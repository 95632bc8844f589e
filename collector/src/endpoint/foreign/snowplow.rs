//! Snowplow's collector paths.

use super::{door, intake, pixel, request, store, visitor};
use crate::error::ApiError;
use crate::extract::{Client, ClientAddress};
use crate::foreign::json::parse;
use crate::foreign::snowplow::{self, Pairs};
use crate::state::App;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

/// Events as JSON.
pub async fn post(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Response {
    door(&app, request, async |parts, body| {
        let events = snowplow::posted(&parse(body)?)?;
        take(&app, parts, body, address, &events).await?;
        Ok("ok".into_response())
    })
    .await
}

/// One event as the query of an image.
pub async fn pixel_of(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Response {
    intake::answer(&app, request, true, async |parts, _| {
        let events = snowplow::asked(parts.uri.query().unwrap_or_default());
        take(&app, parts, &[], address, &events).await?;
        Ok(pixel())
    })
    .await
}

async fn take(
    app: &App,
    parts: &Parts,
    body: &[u8],
    address: Option<IpAddr>,
    events: &[Pairs],
) -> Result<(), ApiError> {
    let site = snowplow::app(events).and_then(|app_id| app.sites.by_public_name(app_id));
    let site = site.ok_or_else(intake::unknown_site)?;
    let (visitor, agent) = visitor(app, &site, &parts.headers, address)?;
    let translated = snowplow::translate(events, &visitor, agent, app.now());
    store(app, &site, Client::of(app, parts), request(parts, body, &visitor), translated).await?;
    Ok(())
}
