//! Reading kept requests again: through the very doors they came in by, at the time when they did.

use crate::raw;
use crate::state::App;
use attune_schema::api::{EventAnswer, Replay, Replayed};
use attune_schema::outcome::Verdict;
use attune_schema::time::Timestamp;
use attune_warehouse::raw::{RawFilter, RawRow};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use std::sync::{Arc, Mutex, PoisonError};
use tower::ServiceExt;

/// Requests asked for at once.
const PAGE: u32 = 200;

/// What a door has to know of a request that is read again, and what becomes of its events.
struct Again {
    site: u32,
    received_at: Timestamp,
    found: [String; 3],
    /// What its door said of its events; nothing if it let none of them in.
    verdicts: Mutex<Option<Replayed>>,
}

tokio::task_local! {
    /// Set while a kept request is answered.
    static AGAIN: Arc<Again>;
}

/// Whether events of `site` are to be stored: a request for several sites is kept for each of them, and read again
/// for each.
#[must_use]
pub fn concerns(site: u32) -> bool {
    AGAIN.try_with(|again| again.site == site).unwrap_or(true)
}

/// When the request that is read again was received; `None` outside of a replay.
#[must_use]
pub fn received_at() -> Option<Timestamp> {
    AGAIN.try_with(|again| again.received_at).ok()
}

/// What was found out about the sender then: see [`raw::FOUND`].
#[must_use]
pub fn found() -> Option<[String; 3]> {
    AGAIN.try_with(|again| again.found.clone()).ok()
}

/// The visitor of the day that the request had then.
#[must_use]
pub fn visitor() -> Option<String> {
    found().map(|[visitor, ..]| visitor).filter(|visitor| !visitor.is_empty())
}

/// Counts what becomes of events, if they are those of a replay.
pub fn count(answers: &[EventAnswer]) {
    let counting = |again: &Arc<Again>| {
        let mut verdicts = again.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = verdicts.get_or_insert_default();
        for answer in answers {
            *match answer.verdict {
                Verdict::Ok => &mut sum.stored,
                Verdict::Duplicate => &mut sum.duplicate,
                _ => &mut sum.invalid,
            } += 1;
        }
    };
    // Outside of a replay nobody counts.
    let _outside = AGAIN.try_with(counting);
}

/// Why a replay ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store.
    #[error(transparent)]
    Store(#[from] crate::sink::StoreError),
    /// The collector takes nothing at the moment.
    #[error("the collector answered {0}: try again later, what was done stays done")]
    Refused(StatusCode),
}

/// Reads the requests of a site again that `what` names. What is stored already is not doubled: ids see to that. A request
/// that is turned away at its door (the site is paused, its key another one) stays kept, and what is stored of it too.
///
/// # Errors
/// [`ReplayError`].
pub async fn replay(app: &App, router: &Router, site: u32, what: &Replay) -> Result<Replayed, ReplayError> {
    let mut filter = RawFilter {
        from: what.from,
        to: what.to,
        refused: !what.all && !what.replace,
        after: None,
        limit: PAGE,
    };
    let mut replayed = Replayed::default();
    loop {
        let page = app.store.raw(site, &filter).await?;
        let Some(last) = page.last() else { break };
        filter.after = Some((last.received_at, last.id));
        for row in page {
            // What is written now is shipped after what is deleted now: events made anew and a request kept anew have the
            // same ids.
            let _turn = app.shipping.pause().await;
            if what.replace {
                app.queue.forget(site, row.events.clone()).await;
            }
            let (status, verdicts) = answer_again(router, &row).await;
            if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                return Err(ReplayError::Refused(status));
            }
            replayed.requests += 1;
            replayed.refused += u64::from(!status.is_success());
            // Nothing was written of what was turned away, so nothing may go.
            let Some(verdicts) = verdicts.or_else(|| status.is_success().then(Replayed::default)) else {
                continue;
            };
            if what.replace {
                replayed.taken_out += app.store.delete_events(site, &row.events).await?;
            }
            replayed.stored += verdicts.stored;
            replayed.duplicate += verdicts.duplicate;
            replayed.invalid += verdicts.invalid;
            app.store.delete_raw(site, &[row.id]).await?;
        }
    }
    Ok(replayed)
}

async fn answer_again(router: &Router, row: &RawRow) -> (StatusCode, Option<Replayed>) {
    let mut request =
        Request::builder().method(if row.body.is_empty() { "GET" } else { "POST" }).uri(&row.path);
    let mut found: [String; 3] = Default::default();
    for (name, value) in &row.headers {
        match raw::FOUND.iter().position(|known| known == name) {
            Some(place) => found[place].clone_from(value),
            None => request = request.header(name, value),
        }
    }
    let Ok(request) = request.body(Body::from(row.body.clone())) else {
        return (StatusCode::BAD_REQUEST, None);
    };
    let answering = router.clone().oneshot(request);
    let again =
        Arc::new(Again { site: row.site, received_at: row.received_at, found, verdicts: Mutex::default() });
    let status = match AGAIN.scope(Arc::clone(&again), answering).await {
        Ok(response) => response.status(),
        Err(never) => match never {},
    };
    let verdicts = *again.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
    (status, verdicts)
}
