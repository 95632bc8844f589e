//! Campaigns that try their offers learn from what is stored; what they learned is published with the next bundle.

use crate::error::ApiError;
use crate::sites::SiteEntry;
use crate::state::App;
use attune_control::Evidences;
use attune_schema::source::{CampaignStatus, Explore};
use attune_schema::time::{HOUR_MS, Timestamp};
use attune_warehouse::evidence::{TrialRow, Trials};
use std::time::Duration;
use tokio::sync::watch;

/// How often sites learn by themselves; pages take over a new bundle no more often.
const EVERY: Duration = Duration::from_secs(3_600);

/// Counts what the running campaigns of a site saw up to now, and publishes it; how many know something new.
///
/// # Errors
/// If a store does not answer.
pub async fn learn(app: &App, site: &SiteEntry, as_of: Timestamp) -> Result<usize, ApiError> {
    let number = site.record.number;
    let (source, _) = app.control.source(number).await?;
    let mut changed = 0;
    for campaign in source.campaigns.iter().filter(|campaign| campaign.status == CampaignStatus::Running) {
        let Some(explore) = campaign.explore.as_ref().filter(|explore| !explore.frozen) else { continue };
        let trials = Trials {
            campaign: &campaign.id,
            goal: &explore.goal,
            within_ms: explore.within.as_ms(),
            half_life_ms: explore.half_life.map(|span| span.as_ms()),
            as_of,
        };
        let rows = app.store.trials(site.scope(app.now()), trials).await?;
        changed +=
            usize::from(app.control.learn(number, &campaign.id, &evidence(explore, &rows), as_of).await?);
    }
    if changed > 0 {
        app.sites.refresh(&app.control).await?;
    }
    Ok(changed)
}

/// What `rows` add up to, by offer. Those with other features than the campaign has now are of an earlier version of it and
/// tell nothing.
fn evidence(explore: &Explore, rows: &[TrialRow]) -> Evidences {
    let mut evidence = Evidences::new();
    for row in rows {
        let features: Option<Vec<f64>> = row
            .features
            .split(',')
            .filter(|text| !text.is_empty())
            .map(|text| text.parse::<i64>().ok().map(|micros| micros as f64 / 1e6))
            .collect();
        let Some(features) = features.filter(|features| features.len() == explore.features.len()) else {
            continue;
        };
        let seen = evidence.entry(row.offer.clone()).or_default();
        seen.learn(&features, true, row.successes);
        seen.learn(&features, false, row.trials - row.successes);
    }
    evidence
}

/// Lets all sites learn from time to time, until the server stops.
pub async fn keep_learning(app: App, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = crate::ship::ended(&mut stopping) => return,
        }
        // Collectors of one store count the same hours, and so learn the same.
        let as_of = Timestamp(app.now().0.div_euclid(HOUR_MS) * HOUR_MS);
        for site in app.sites.all() {
            if let Err(error) = learn(&app, &site, as_of).await {
                tracing::warn!(site = site.record.site.name, ?error, "campaigns could not learn");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_add_up_by_offer() {
        let row = |features: &str, trials, successes| TrialRow {
            offer: "sky".to_owned(),
            features: features.to_owned(),
            trials,
            successes,
        };
        let plain = evidence(&Explore::default(), &[row("", 8.0, 2.0), row("1000000", 5.0, 1.0)]);
        assert_eq!(
            (plain["sky"].trials, plain["sky"].successes),
            (8.0, 2.0),
            "features are another version's"
        );
        let explore = Explore { features: vec![Default::default()], ..Explore::default() };
        let seen =
            evidence(&explore, &[row("1000000", 4.0, 1.0), row("-500000", 2.0, 2.0), row("x", 9.0, 9.0)]);
        let seen = &seen["sky"];
        assert_eq!((seen.trials, seen.successes), (6.0, 3.0));
        assert_eq!(seen.moments, [6.0, 4.0 - 1.0, 4.0 + 0.5]);
        assert_eq!(seen.response, [3.0, 1.0 - 1.0]);
    }
}
