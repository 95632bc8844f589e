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

/// Records activity at `now` in the session called `id`, which somebody else began or goes on with.
pub fn join(profile: &mut Profile, now: Timestamp, id: SessionId) {
    let session = &mut profile.session;
    if session.id != id {
        session.id = id;
        session.started_at = now;
        session.number = session.number.saturating_add(1);
        session.last_at = now;
    }
    session.last_at = session.last_at.max(now);
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

    #[test]
    fn a_session_by_another_name_is_another() {
        let mut profile = Profile::default();
        for (at, id) in [(5, 1), (9, 1), (7, 1), (20, 2)] {
            join(&mut profile, Timestamp(at), SessionId(id));
        }
        let session = &profile.session;
        assert_eq!((session.number, session.started_at, session.last_at), (2, Timestamp(20), Timestamp(20)));
    }
}
