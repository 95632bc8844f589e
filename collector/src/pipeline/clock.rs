//! Device clocks are wrong; the time of receipt tells by how much.

use super::EventDraft;
use attune_schema::limits::EVENT_AHEAD_MS;
use attune_schema::outcome::Reason;
use attune_schema::time::{DAY_MS, Timestamp};

/// A smaller difference is travel time, not a wrong clock.
const SKEW_MS: i64 = 30_000;

/// Whether the device's clock is wrong, so that times are moved.
#[must_use]
pub fn is_wrong(skew_ms: i64) -> bool {
    skew_ms.unsigned_abs() > SKEW_MS.unsigned_abs()
}

/// Moves the event's time by the clock's error.
pub fn put_corrected_time(event: &mut EventDraft<'_>, skew_ms: i64) {
    if is_wrong(skew_ms) {
        event.at = event.at.plus_ms(skew_ms);
    }
}

/// Refuses times that cannot be right; `age_days` is [`Policy::age_days`](super::Policy).
///
/// # Errors
/// The reason of refusal.
pub fn drop_implausible(event: &EventDraft<'_>, now: Timestamp, age_days: Option<i64>) -> Result<(), Reason> {
    let oldest = age_days.map_or(Timestamp(0), |days| now.plus_ms(-days * DAY_MS));
    if event.at < oldest {
        return Err(Reason::TooOld);
    }
    if event.at > now.plus_ms(EVENT_AHEAD_MS) {
        return Err(Reason::TooNew);
    }
    Ok(())
}
