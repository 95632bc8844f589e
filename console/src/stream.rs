//! The buffer behind Live: capped, filtered, held still while somebody reads.

use attune_schema::api::LiveEvent;
use std::collections::VecDeque;

/// Most events kept on screen.
pub const SHOWN: usize = 200;
/// Most events kept while held.
pub const HELD: usize = 1_000;

/// Events on screen and events waiting.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// Newest first.
    pub shown: VecDeque<LiveEvent>,
    /// Arrived while held, newest first.
    pub waiting: VecDeque<LiveEvent>,
    /// Whether new events wait.
    pub held: bool,
    /// Arrived since the start.
    pub total: u64,
}

impl Stream {
    /// Takes an event that arrived; a repeated id is ignored.
    pub fn push(&mut self, event: LiveEvent) {
        if self.shown.iter().take(50).chain(self.waiting.iter().take(50)).any(|known| known.id == event.id) {
            return;
        }
        self.total += 1;
        if self.held {
            self.waiting.push_front(event);
            self.waiting.truncate(HELD);
        } else {
            self.shown.push_front(event);
            self.shown.truncate(SHOWN);
        }
    }

    /// Holds still, or goes on with what has waited.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
        if !held {
            while let Some(event) = self.waiting.pop_back() {
                self.shown.push_front(event);
            }
            self.shown.truncate(SHOWN);
        }
    }

    /// Forgets everything on screen.
    pub fn clear(&mut self) {
        self.shown.clear();
        self.waiting.clear();
    }
}

/// Whether `event` passes both filters: event name equal, visitor containing.
#[must_use]
pub fn passes(event: &LiveEvent, name: &str, visitor: &str) -> bool {
    let visitor = visitor.trim().to_ascii_lowercase();
    (name.is_empty() || event.name == name)
        && (visitor.is_empty() || event.visitor.to_string().contains(&visitor))
}

/// Milliseconds before attempt number `attempt` (from 1) to reconnect: doubling, at most half a minute.
#[must_use]
pub const fn back_off_ms(attempt: u32) -> u32 {
    let doublings = if attempt > 6 { 5 } else { attempt.saturating_sub(1) };
    let wait = 1_000u32 << doublings;
    if wait > 30_000 { 30_000 } else { wait }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_schema::id::{EventId, SessionId, VisitorId};
    use attune_schema::time::Timestamp;

    fn event(id: u128) -> LiveEvent {
        LiveEvent {
            id: EventId(id),
            name: if id.is_multiple_of(2) { "page_viewed" } else { "item_viewed" }.to_owned(),
            at: Timestamp(0),
            received_at: Timestamp(0),
            visitor: VisitorId(0xabc0 + id % 2),
            session: SessionId(1),
            url: String::new(),
            title: String::new(),
            device: String::new(),
            properties: Default::default(),
        }
    }

    #[test]
    fn nothing_moves_while_held_and_nothing_is_lost() {
        let mut stream = Stream::default();
        stream.push(event(1));
        stream.hold(true);
        stream.push(event(2));
        stream.push(event(3));
        stream.push(event(3));
        assert_eq!((stream.shown.len(), stream.waiting.len()), (1, 2));
        stream.hold(false);
        let ids: Vec<u128> = stream.shown.iter().map(|event| event.id.0).collect();
        assert_eq!(ids, [3, 2, 1]);
    }

    #[test]
    fn the_list_is_capped() {
        let mut stream = Stream::default();
        (0..500).for_each(|id| stream.push(event(id)));
        assert_eq!((stream.shown.len(), stream.total), (SHOWN, 500));
        stream.clear();
        assert!(stream.shown.is_empty());
    }

    #[test]
    fn filters_and_waits() {
        assert!(passes(&event(2), "", " ABC0"));
        assert!(!passes(&event(2), "item_viewed", ""));
        assert!(!passes(&event(2), "", "abc1"));
        assert_eq!([1, 2, 3, 6, 60].map(back_off_ms), [1_000, 2_000, 4_000, 30_000, 30_000]);
    }
}
