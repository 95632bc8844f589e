//! What campaigns that try their offers have learned.

use crate::error::ApiError;
use crate::extract::{Caller, SitePath};
use crate::learn::learn;
use crate::state::App;
use attune_schema::api::{ErrorBody, LearnedCampaign};
use axum::Json;
use axum::extract::State;

/// What the campaigns of a site that try their offers know of each.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/learned",
    operation_id = "learned",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Vec<LearnedCampaign>), (status = 404, body = ErrorBody))
)]
pub async fn read(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
) -> Result<Json<Vec<LearnedCampaign>>, ApiError> {
    Ok(Json(state(&app, site.record.number).await?))
}

/// Counts what they saw up to now, and publishes it; otherwise this happens every hour.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/learned",
    operation_id = "learn",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses(
        (status = 200, body = Vec<LearnedCampaign>),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn update(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
) -> Result<Json<Vec<LearnedCampaign>>, ApiError> {
    learn(&app, &site, app.now()).await?;
    Ok(Json(state(&app, site.record.number).await?))
}

async fn state(app: &App, site: u32) -> Result<Vec<LearnedCampaign>, ApiError> {
    let (source, _) = app.control.source(site).await?;
    let learned = app.control.learned(site).await?;
    let trying = source.campaigns.into_iter().filter_map(|campaign| {
        let explore = campaign.explore?;
        let counted_at = learned.get(&campaign.id).map(|(at, _)| *at);
        Some(LearnedCampaign {
            campaign: campaign.id,
            counted_at,
            frozen: explore.frozen,
            offers: explore.learned,
        })
    });
    Ok(trying.collect())
}
