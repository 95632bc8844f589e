//! Recently accepted ids, bounded: answers `duplicate` at the door.
//!
//! Forgetting an id is harmless: the shipper looks again before anything reaches the warehouse.

use attune_schema::id::EventId;
use std::collections::HashSet;

/// A site and an id, as bytes: as numbers they would take twelve more, for the sake of alignment.
type Key = [u8; 20];

/// Keyed at random for each process: nobody can choose ids that collide.
type Ids = HashSet<Key, foldhash::fast::RandomState>;

fn key(site: u32, id: EventId) -> Key {
    let mut key = [0; 20];
    let (front, back) = key.split_at_mut(4);
    front.copy_from_slice(&site.to_le_bytes());
    back.copy_from_slice(&id.0.to_le_bytes());
    key
}

/// Ids of one half of the window; with the set's load factor this fills its table to the brim.
const HALF: usize = 114_688;

/// The window: two halves, the older of which goes when the younger is full.
#[derive(Debug, Default)]
pub struct Window {
    young: Ids,
    old: Ids,
    /// Inserted, not yet durable.
    group: Vec<Key>,
}

impl Window {
    /// Ids that are remembered at least.
    pub const CAPACITY: u64 = HALF as u64;

    /// Remembers an id; `false` if it was known.
    pub fn insert(&mut self, site: u32, id: EventId) -> bool {
        let key = key(site, id);
        if self.old.contains(&key) || !self.young.insert(key) {
            return false;
        }
        self.group.push(key);
        true
    }

    /// The ids since the last call are durable.
    pub fn keep_group(&mut self) {
        self.group.clear();
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
    }

    /// These ids may come again.
    pub fn forget(&mut self, site: u32, ids: &[EventId]) {
        for id in ids {
            let key = key(site, *id);
            self.young.remove(&key);
            self.old.remove(&key);
        }
    }

    /// The ids since the last call are not in the log after all.
    pub fn forget_group(&mut self) {
        for key in self.group.drain(..) {
            self.young.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_recent_ids_by_site_and_forgets_what_was_not_written() {
        let mut window = Window::default();
        assert!(window.insert(1, EventId(7)));
        assert!(!window.insert(1, EventId(7)), "within one group");
        assert!(window.insert(2, EventId(7)), "another site");
        window.keep_group();
        assert!(window.insert(1, EventId(8)));
        window.forget_group();
        assert!(window.insert(1, EventId(8)));
        assert!(!window.insert(1, EventId(7)));
    }

    #[test]
    fn is_bounded() {
        let mut window = Window::default();
        for id in 0..3 * HALF as u128 {
            window.insert(1, EventId(id));
            window.keep_group();
        }
        assert!(window.young.len() + window.old.len() <= 2 * HALF);
        assert!(!window.insert(1, EventId(3 * HALF as u128 - 1)));
    }
}
