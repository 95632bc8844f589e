//! Frequency limits, counted on exposure, and quiet after a dismissal.

use crate::profile::{count_since, count_total, last};
use alloc::string::String;
use attune_schema::bundle::{Bundle, Campaign, Cap};
use attune_schema::event::name::{OFFER_DISMISSED, OFFER_EXPOSED};
use attune_schema::stored::{Profile, counter_key};
use attune_schema::time::{DAY_MS, Timestamp};

/// What caps count against.
#[derive(Debug, Clone, Copy)]
pub struct Usage<'a> {
    /// Time zone of the site's days.
    pub bundle: &'a Bundle,
    /// Exposures so far.
    pub profile: &'a Profile,
    /// Decided in this page and neither exposed nor released yet: one of each `(facet, value)`.
    pub reserved: &'a [(String, String)],
    /// When.
    pub now: Timestamp,
}

const SCOPES: [&str; 3] = ["campaign", "offer", "placement"];

/// Whether `cap` leaves room for one more exposure of `values` (campaign, offer, placement).
#[must_use]
pub fn has_room(cap: Cap, values: [&str; 3], usage: Usage<'_>) -> bool {
    let scope = usize::from(cap.scope);
    let (Some(facet), Some(value)) = (SCOPES.get(scope), values.get(scope)) else { return false };
    let key = counter_key(OFFER_EXPOSED, Some((facet, value)));
    let now = usage.now;
    let since = |from| count_since(usage.profile, key, from, now);
    let used = match cap.per {
        0 => since(usage.profile.session.started_at),
        1 => since(day_start(now, usage.bundle.utc_offset_ms)),
        2 => since(week_start(now, usage.bundle.utc_offset_ms)),
        _ => count_total(usage.profile, key),
    };
    let reserved = usage.reserved.iter().filter(|(f, v)| f == facet && v == value).count();
    u64::from(used) + (reserved as u64) < u64::from(cap.max)
}

/// Whether the visitor dismissed something of `campaign` recently enough to be left in peace.
#[must_use]
pub fn is_quiet(campaign: &Campaign, usage: Usage<'_>) -> bool {
    if campaign.dismissed_ms <= 0 {
        return false;
    }
    let key = counter_key(OFFER_DISMISSED, Some(("campaign", &campaign.id)));
    last(usage.profile, key).is_some_and(|at| usage.now.since(at) < campaign.dismissed_ms)
}

/// First instant of the day of `now` in a zone `offset_ms` east of UTC.
fn day_start(now: Timestamp, offset_ms: i64) -> Timestamp {
    now.plus_ms(-now.plus_ms(offset_ms).0.rem_euclid(DAY_MS))
}

/// First instant of the week (Monday) of `now`; 1 January 1970 was a Thursday.
fn week_start(now: Timestamp, offset_ms: i64) -> Timestamp {
    now.plus_ms(-now.plus_ms(offset_ms + 3 * DAY_MS).0.rem_euclid(7 * DAY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_schema::time::HOUR_MS;

    #[test]
    fn days_and_weeks_start_in_the_sites_zone() {
        // 2026-11-22 (Sunday) 20:00 UTC is Monday 05:00 in Seoul.
        let now = Timestamp(1_795_377_600_000);
        assert_eq!(day_start(now, 0).0, now.0 - 20 * HOUR_MS);
        assert_eq!(day_start(now, 9 * HOUR_MS).0, now.0 - 5 * HOUR_MS);
        assert_eq!(week_start(now, 0).0, now.0 - 20 * HOUR_MS - 6 * DAY_MS);
        assert_eq!(week_start(now, 9 * HOUR_MS), day_start(now, 9 * HOUR_MS));
        assert_eq!(day_start(Timestamp(-1), 0), Timestamp(-DAY_MS));
    }
}
