//! Session boundaries: activity with gaps below the timeout.

use attune_schema::id::SessionId;
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;

/// Records activity at `now`; starts a session called `fresh` if none is open. True if it did.
///
/// A clock set back does not end a session: time only moves forwards within it.
pub fn touch(profile: &mut Profile, now: Timestamp, timeout_ms: i64, fresh: SessionId) -> bool {
    let session = &mut profile.session;
    let starts = session.number == 0 || now.since(session.last_at) >= timeout_ms;
    if starts {
        session.id = fresh;
        session.started_at = now;
        session.number = session.number.saturating_add(1);
        session.last_at = now;
    } else {
        session.last_at = session.last_at.max(now);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_schema::time::MINUTE_MS;

    #[test]
    fn a_gap_of_the_timeout_starts_a_session() {
        let mut profile = Profile::default();
        let timeout = 30 * MINUTE_MS;
        assert!(touch(&mut profile, Timestamp(0), timeout, SessionId(1)));
        assert!(!touch(&mut profile, Timestamp(timeout - 1), timeout, SessionId(2)));
        assert!(!touch(&mut profile, Timestamp(0), timeout, SessionId(3)), "clock set back");
        assert!(touch(&mut profile, Timestamp(2 * timeout - 1), timeout, SessionId(4)));
        assert_eq!((profile.session.id, profile.session.number), (SessionId(4), 2));
    }
}
