//! Device clocks are wrong; the time of receipt tells by how much.

use super::EventDraft;
use attune_schema::limits::{EVENT_AGE_DAYS, EVENT_AHEAD_MS};
use attune_schema::outcome::Reason;
use attune_schema::time::{DAY_MS, Timestamp};

/// A smaller difference is travel time, not a wrong clock.
const SKEW_MS: i64 = 30_000;

/// Moves the event's time by the clock's error.
pub fn put_corrected_time(event: &mut EventDraft<'_>, skew_ms: i64) {
    if skew_ms.unsigned_abs() > SKEW_MS.unsigned_abs() {
        event.at = event.at.plus_ms(skew_ms);
    }
}

/// Refuses times that cannot be right; with `any_age`, only those before 1970 and in the future.
///
/// # Errors
/// The reason of refusal.
pub fn drop_implausible(event: &EventDraft<'_>, now: Timestamp, any_age: bool) -> Result<(), Reason> {
    let oldest = if any_age { Timestamp(0) } else { now.plus_ms(-EVENT_AGE_DAYS * DAY_MS) };
    if event.at < oldest {
        return Err(Reason::TooOld);
    }
    if event.at > now.plus_ms(EVENT_AHEAD_MS) {
        return Err(Reason::TooNew);
    }
    Ok(())
}
