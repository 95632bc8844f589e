//! The visitor's profile as kept on the device, versioned.
//!
//! Bounded everywhere ([`crate::limits`]); behaviour is kept as counters with recent times, never as a log.

use crate::id::{SessionId, VisitorId, digest, digest_all};
use crate::limits::{COUNTER_TIMES, PROFILE_AFFINITIES, PROFILE_ATTRIBUTES, PROFILE_COUNTERS};
use crate::time::Timestamp;
use crate::value::Value;
use crate::wire::{Malformed, Reader, Writer};
use alloc::string::String;
use alloc::vec::Vec;

/// First bytes of a stored profile: `AP` and the version.
pub const MAGIC: [u8; 3] = *b"AP\x02";
/// The version before: without amounts.
const FIRST: [u8; 3] = *b"AP\x01";

/// What is known about one visitor.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// Who, on this browser.
    pub visitor: VisitorId,
    /// Pseudonymous user id, once identified.
    pub user: Option<String>,
    /// Rises with every change; part of what a decision id is derived from.
    pub revision: u64,
    /// The current or last session.
    pub session: Session,
    /// Sorted by key.
    pub counters: Vec<Counter>,
    /// Sorted by category.
    pub affinities: Vec<Affinity>,
    /// Sorted by name.
    pub attributes: Vec<(String, Value)>,
}

/// Activity with gaps below the session timeout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// First event.
    pub started_at: Timestamp,
    /// Last event.
    pub last_at: Timestamp,
    /// 1 for a visitor's first session; 0 before.
    pub number: u32,
}

/// How often and when an event happened, perhaps only with one value of one facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// [`counter_key`] of the fields below.
    pub key: u64,
    /// Event name.
    pub name: String,
    /// Facet and its value, such as `category` and `travel`.
    pub facet: Option<(String, String)>,
    /// How often, ever.
    pub total: u32,
    /// The latest times, ascending, at most [`COUNTER_TIMES`].
    pub times: Vec<Timestamp>,
    /// What `value` was at each of these times, in millionths; empty where there never was any.
    pub amounts: Vec<i64>,
}

/// Decayed interest in one category.
#[derive(Debug, Clone, PartialEq)]
pub struct Affinity {
    /// The category.
    pub category: String,
    /// Points at `at`; fewer afterwards.
    pub points: f64,
    /// Last gain.
    pub at: Timestamp,
}

/// Key of the counter of `name`, perhaps only with `facet`.
#[must_use]
pub fn counter_key(name: &str, facet: Option<(&str, &str)>) -> u64 {
    let hash = match facet {
        None => digest("counter", name),
        Some((facet, value)) => digest_all(&["counter\0", name, "\0", facet, "\0", value]),
    };
    hash as u64
}

impl Profile {
    /// The bytes to keep.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.raw(&MAGIC);
        w.u128(self.visitor.0);
        w.option(self.user.as_deref(), Writer::text);
        w.uint(self.revision);
        w.u128(self.session.id.0);
        w.int(self.session.started_at.0);
        w.int(self.session.last_at.0);
        w.uint(self.session.number.into());
        w.len(self.counters.len());
        for counter in &self.counters {
            w.text(&counter.name);
            w.option(counter.facet.as_ref(), |w, (facet, value)| {
                w.text(facet);
                w.text(value);
            });
            w.uint(counter.total.into());
            w.len(counter.times.len());
            let mut before = Timestamp(0);
            for time in &counter.times {
                w.int(time.since(before));
                before = *time;
            }
            w.len(counter.amounts.len());
            for amount in &counter.amounts {
                w.int(*amount);
            }
        }
        w.len(self.affinities.len());
        for affinity in &self.affinities {
            w.text(&affinity.category);
            w.f64(affinity.points);
            w.int(affinity.at.0);
        }
        w.len(self.attributes.len());
        for (name, value) in &self.attributes {
            w.text(name);
            w.value(value);
        }
        w.into_bytes()
    }

    /// Reads kept bytes; anything damaged, unsorted or over the bounds is refused whole.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let first = bytes.starts_with(&FIRST);
        let mut s = Reader::after(if first { &FIRST } else { &MAGIC }, bytes);
        let profile = Self {
            visitor: VisitorId(s.u128()),
            user: s.option(Reader::owned),
            revision: s.uint(),
            session: Session {
                id: SessionId(s.u128()),
                started_at: Timestamp(s.int()),
                last_at: Timestamp(s.int()),
                number: s.u32(),
            },
            counters: s.list(|s| {
                let name = s.owned();
                let facet = s.option(|s| (s.owned(), s.owned()));
                let total = s.u32();
                let mut before = Timestamp(0);
                let times = s.list(|s| {
                    before = before.plus_ms(s.int());
                    before
                });
                let key = counter_key(&name, facet.as_ref().map(|(f, v)| (f.as_str(), v.as_str())));
                let amounts = if first { Vec::new() } else { s.list(Reader::int) };
                Counter { key, name, facet, total, times, amounts }
            }),
            affinities: s.list(|s| Affinity { category: s.owned(), points: s.f64(), at: Timestamp(s.int()) }),
            attributes: s.list(|s| (s.owned(), s.value(Reader::owned))),
        };
        let bounded = profile.counters.len() <= PROFILE_COUNTERS
            && profile.affinities.len() <= PROFILE_AFFINITIES
            && profile.attributes.len() <= PROFILE_ATTRIBUTES
            && profile.counters.iter().all(|c| {
                c.times.len() <= COUNTER_TIMES
                    && c.times.is_sorted()
                    && (c.amounts.is_empty() || c.amounts.len() == c.times.len())
            });
        let sorted = profile.counters.is_sorted_by(|a, b| a.key < b.key)
            && profile.affinities.is_sorted_by(|a, b| a.category < b.category)
            && profile.attributes.is_sorted_by(|a, b| a.0 < b.0);
        if !(bounded && sorted) {
            s.fail();
        }
        s.finish().map(|()| profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        let counter = |name: &str, facet: Option<(&str, &str)>, times: &[i64]| Counter {
            key: counter_key(name, facet),
            name: name.to_owned(),
            facet: facet.map(|(f, v)| (f.to_owned(), v.to_owned())),
            total: times.len() as u32,
            times: times.iter().copied().map(Timestamp).collect(),
            amounts: facet.map(|_| times.to_vec()).unwrap_or_default(),
        };
        let mut counters = vec![
            counter("page_viewed", None, &[10, 20]),
            counter("page_viewed", Some(("category", "travel")), &[20]),
        ];
        counters.sort_by_key(|c| c.key);
        Profile {
            visitor: VisitorId(1),
            user: Some("cust_1".to_owned()),
            revision: 9,
            session: Session {
                id: SessionId(2),
                started_at: Timestamp(10),
                last_at: Timestamp(20),
                number: 1,
            },
            counters,
            affinities: vec![Affinity { category: "travel".to_owned(), points: 2.5, at: Timestamp(20) }],
            attributes: vec![("tier".to_owned(), "gold".into())],
        }
    }

    #[test]
    fn bytes_round_trip_and_truncations_are_refused() {
        let bytes = profile().to_bytes();
        assert_eq!(Profile::from_bytes(&bytes), Ok(profile()));
        for len in 0..bytes.len() {
            assert_eq!(Profile::from_bytes(&bytes[..len]), Err(Malformed));
        }
    }

    #[test]
    fn the_version_before_is_read() {
        let mut without = profile();
        without.counters.iter_mut().for_each(|counter| counter.amounts.clear());
        let mut bytes = FIRST.to_vec();
        // A profile without counters is the same in both but for the version.
        let counters = std::mem::take(&mut without.counters);
        bytes.extend(&without.to_bytes()[3..]);
        assert_eq!(Profile::from_bytes(&bytes), Ok(without.clone()));
        without.counters = counters;
        // One counter, written as it was then: name, no facet, total, two times.
        let mut old = FIRST.to_vec();
        let mut one = Profile { counters: without.counters[..1].to_vec(), ..Profile::default() };
        one.counters[0].facet = None;
        one.counters[0].key = counter_key(&one.counters[0].name, None);
        let new = one.to_bytes();
        let amounts = new.len() - 3; // The list of amounts is one zero before two empty lists.
        old.extend(&new[3..amounts]);
        old.extend(&new[amounts + 1..]);
        assert_eq!(Profile::from_bytes(&old), Ok(one));
    }

    #[test]
    fn amounts_without_their_times_are_refused() {
        let mut wrong = profile();
        wrong.counters[0].amounts = vec![1; 9];
        assert_eq!(Profile::from_bytes(&wrong.to_bytes()), Err(Malformed));
    }

    #[test]
    fn unsorted_profiles_are_refused() {
        let mut unsorted = profile();
        unsorted.counters.reverse();
        assert_eq!(Profile::from_bytes(&unsorted.to_bytes()), Err(Malformed));
    }
}
