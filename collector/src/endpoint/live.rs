//! `GET /api/sites/{site}/live`: events as they come in.

use crate::error::ApiError;
use crate::extract::{Caller, SitePath};
use crate::state::App;
use crate::telemetry::Metric;
use attune_schema::api::{ErrorBody, LiveEvent};
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, StreamExt};
use std::convert::Infallible;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

/// Server-sent events: `event` carries a `LiveEvent`, `skipped` how many a slow reader missed.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/live",
    operation_id = "live",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses(
        (status = 200, body = LiveEvent, content_type = "text/event-stream"),
        (status = 404, body = ErrorBody)
    )
)]
pub async fn live(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    caller.must_see_people()?;
    let number = site.record.number;
    let metrics = app.metrics.clone();
    let shown = BroadcastStream::new(app.live.watch()).filter_map(move |item| {
        let shown = match item {
            Ok((site, event)) if site == number => Event::default().event("event").json_data(event).ok(),
            Ok(_) => None,
            Err(BroadcastStreamRecvError::Lagged(skipped)) => {
                metrics.add(Metric::LiveSkipped, skipped);
                Some(Event::default().event("skipped").data(skipped.to_string()))
            }
        };
        std::future::ready(shown.map(Ok))
    });
    let mut stopping = app.stopping.clone();
    let ended = async move { crate::ship::ended(&mut stopping).await };
    // Says at once that the line is open.
    let opened = futures_util::stream::once(std::future::ready(Ok(Event::default().comment("open"))));
    let stream = opened.chain(shown).take_until(Box::pin(ended));
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}
