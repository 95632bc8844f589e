//! The warehouse is told how long each site keeps what it stores: when that changes, and again from time to time, because
//! the warehouse may have been away or be another one.

use crate::sink::StoreError;
use crate::state::App;
use attune_schema::api::Retention;
use std::time::Duration;
use tokio::sync::watch;

/// How soon after the start, and how often.
const SOON: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(3_600);

/// Tells the warehouse all limits.
///
/// # Errors
/// If it does not answer.
pub async fn retain(app: &App) -> Result<(), StoreError> {
    let limits = app.sites.all().into_iter().map(|site| (site.record.number, site.record.retention));
    app.store.retain(limits.collect()).await
}

/// Tells it until the server stops; not where no site has a limit, so that nothing is opened for it.
pub async fn keep_retaining(app: App, mut stopping: watch::Receiver<bool>) {
    let mut wait = SOON;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = crate::ship::ended(&mut stopping) => return,
        }
        wait = EVERY;
        if app.sites.all().iter().all(|site| site.record.retention == Retention::default()) {
            continue;
        }
        if let Err(error) = retain(&app).await {
            tracing::warn!(%error, "limits of retention could not be told to the warehouse");
        }
    }
}
