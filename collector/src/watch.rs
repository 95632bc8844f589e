//! Watched figures: their alert rules are evaluated every hour, and what came true is kept and told once.

use crate::error::ApiError;
use crate::sink::StoreError;
use crate::sites::SiteEntry;
use crate::state::App;
use attune_schema::question::{Interval, Period, SensingQuestion};
use attune_schema::source::Watch;
use attune_schema::time::{DAY_MS, HOUR_MS, Timestamp};
use std::time::Duration;
use tokio::sync::watch::Receiver;

/// Evaluates the rules of a site's figures as of `now`; how many came true that nobody was told of.
///
/// # Errors
/// If a store does not answer.
pub async fn evaluate(app: &App, site: &SiteEntry, now: Timestamp) -> Result<usize, ApiError> {
    let number = site.record.number;
    let mut told = 0;
    for watch in app.control.documents::<Watch>(number).await? {
        let Watch { id, paused, question, .. } = watch.body;
        if paused {
            continue;
        }
        let question = moved(question, now);
        let answer = match app.store.sensing(site.scope(now), &question, now).await {
            // The others can.
            Err(StoreError::Question(message)) => {
                tracing::warn!(
                    site = site.record.site.name,
                    watch = id,
                    message,
                    "a figure cannot be asked for"
                );
                continue;
            }
            answer => answer?,
        };
        for alert in &answer.alerts {
            if app.control.alert(number, &id, alert, now).await? {
                told += 1;
                let (site, rule, value) = (&site.record.site.name, &alert.rule, &alert.value);
                tracing::warn!(site, watch = id, rule, value, since = alert.since.0, "a rule came true");
            }
        }
    }
    Ok(told)
}

/// The same question of a period as long that ends with the last interval that is over: the one that has just begun may
/// have nothing yet, and would look like an outage.
fn moved(question: SensingQuestion, now: Timestamp) -> SensingQuestion {
    let interval_ms = if question.interval == Interval::Day { DAY_MS } else { HOUR_MS };
    let to = Timestamp(now.0.div_euclid(interval_ms) * interval_ms);
    let length = question.period.to.since(question.period.from);
    SensingQuestion { period: Period { from: to.plus_ms(-length), to }, ..question }
}

/// Evaluates all sites' figures, shortly after each full hour, until the server stops.
pub async fn keep_watching(app: App, mut stopping: Receiver<bool>) {
    loop {
        let over = app.now().0.rem_euclid(HOUR_MS).unsigned_abs();
        // Five minutes for what is on its way.
        let wait = Duration::from_millis(HOUR_MS.unsigned_abs() - over + 300_000);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = crate::ship::ended(&mut stopping) => return,
        }
        for site in app.sites.all() {
            if let Err(error) = evaluate(&app, &site, app.now()).await {
                tracing::warn!(site = site.record.site.name, ?error, "watched figures were not evaluated");
            }
        }
    }
}
