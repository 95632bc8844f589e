//! Visitor state: what events add to it, and what rules read from it.

use crate::math::{decay, to_micros};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use attune_schema::bundle::Bundle;
use attune_schema::event::{FACETS, VALUE};
use attune_schema::limits::{COUNTER_TIMES, PROFILE_AFFINITIES, PROFILE_ATTRIBUTES, PROFILE_COUNTERS};
use attune_schema::list;
use attune_schema::stored::{Affinity, Counter, Profile, counter_key};
use attune_schema::time::Timestamp;
use attune_schema::value::{self, Value};

/// Adds one event: its counters (by name, and by name and each facet it carries) and the affinity it earns.
pub fn apply(
    profile: &mut Profile,
    bundle: &Bundle,
    name: &str,
    at: Timestamp,
    properties: &[(String, Value)],
) {
    profile.revision = profile.revision.wrapping_add(1);
    let amount = value::get(properties, VALUE).and_then(Value::as_number).map_or(0, to_micros);
    count(profile, name, None, at, amount);
    for (facet, value) in properties {
        if let (true, Some(value)) = (FACETS.contains(&facet.as_str()), value.as_text()) {
            count(profile, name, Some((facet, value)), at, amount);
            if facet == "category" {
                earn(profile, bundle, name, value, at);
            }
        }
    }
}

fn count(profile: &mut Profile, name: &str, facet: Option<(&str, &str)>, at: Timestamp, amount: i64) {
    let key = counter_key(name, facet);
    let mut found = place(profile, key);
    if found.is_err() && profile.counters.len() >= PROFILE_COUNTERS {
        drop_stalest(profile);
        // Looked up again: dropping one may have moved the place.
        found = place(profile, key);
    }
    let index = found.unwrap_or_else(|index| {
        let facet = facet.map(|(facet, value)| (facet.to_owned(), value.to_owned()));
        let name = name.to_owned();
        let counter = Counter { key, name, facet, total: 0, times: Vec::new(), amounts: Vec::new() };
        list::insert(&mut profile.counters, index, counter);
        index
    });
    let Some(counter) = profile.counters.get_mut(index) else { return };
    counter.total = counter.total.saturating_add(1);
    let earlier = counter.times.iter().filter(|time| **time <= at).count();
    if amount != 0 || !counter.amounts.is_empty() {
        counter.amounts.resize(counter.times.len(), 0);
        list::insert(&mut counter.amounts, earlier, amount);
    }
    list::insert(&mut counter.times, earlier, at);
    if counter.times.len() > COUNTER_TIMES {
        list::remove(&mut counter.times, 0);
        list::remove(&mut counter.amounts, 0);
    }
}

/// Makes room: the counter whose last event is oldest goes (ties by key, so that every build drops the same).
fn drop_stalest(profile: &mut Profile) {
    let stalest = (0..).zip(&profile.counters).min_by_key(|(_, c)| (c.times.last().copied(), c.key));
    if let Some((index, _)) = stalest {
        list::remove(&mut profile.counters, index);
    }
}

fn earn(profile: &mut Profile, bundle: &Bundle, name: &str, category: &str, at: Timestamp) {
    let Some((_, weight)) = bundle.affinity_weights.iter().find(|(event, _)| event == name) else { return };
    match interest(profile, category) {
        Ok(index) => {
            if let Some(affinity) = profile.affinities.get_mut(index) {
                // A late event counts as of the later time: it never revives what has decayed since.
                let now = affinity.at.max(at);
                let half_life_ms = bundle.half_life_of(category);
                let kept = decay(affinity.points, now.since(affinity.at), half_life_ms);
                affinity.points = kept + decay(*weight, now.since(at), half_life_ms);
                affinity.at = now;
            }
        }
        Err(_) => {
            if profile.affinities.len() >= PROFILE_AFFINITIES {
                let weakest = (0..).zip(&profile.affinities).min_by(|(_, a), (_, b)| {
                    let left =
                        |a: &Affinity| decay(a.points, at.since(a.at), bundle.half_life_of(&a.category));
                    left(a).total_cmp(&left(b))
                });
                if let Some((index, _)) = weakest {
                    list::remove(&mut profile.affinities, index);
                }
            }
            let index = interest(profile, category).unwrap_or_else(|index| index);
            let affinity = Affinity { category: category.to_owned(), points: *weight, at };
            list::insert(&mut profile.affinities, index, affinity);
        }
    }
}

/// Sets an attribute; ignored when the profile is full of others.
pub fn set_attribute(profile: &mut Profile, name: &str, value: Value) {
    profile.revision = profile.revision.wrapping_add(1);
    if profile.attributes.len() < PROFILE_ATTRIBUTES || attribute(profile, name).is_some() {
        value::set(&mut profile.attributes, name, value);
    }
}

/// The value of an attribute, if known.
#[must_use]
pub fn attribute<'a>(profile: &'a Profile, name: &str) -> Option<&'a Value> {
    let place = profile.attributes.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
    profile.attributes.get(place).map(|(_, value)| value)
}

/// Values of attributes by their names, in the order of those.
#[must_use]
pub fn attributes<'a>(profile: &'a Profile, names: &[String]) -> Vec<Option<&'a Value>> {
    let known = &profile.attributes;
    let mut place = 0;
    let value_of = |name: &String| {
        // Most names come in the order in which values are kept.
        if known.get(place).is_none_or(|(known, _)| known != name) {
            place = known.binary_search_by(|(known, _)| known.cmp(name)).ok()?;
        }
        place += 1;
        known.get(place - 1).map(|(_, value)| value)
    };
    names.iter().map(value_of).collect()
}

/// Events of counter `key` at or after `from` and not after `now`; windowed counts saturate at [`COUNTER_TIMES`].
#[must_use]
pub fn count_since(profile: &Profile, key: u64, from: Timestamp, now: Timestamp) -> u32 {
    find(profile, key).map_or(0, |counter| {
        counter.times.iter().filter(|time| from <= **time && **time <= now).count() as u32
    })
}

/// Sum of `value` over the events of counter `key` at or after `from` and not after `now`, in millionths; of the
/// latest [`COUNTER_TIMES`] at most.
#[must_use]
pub fn sum_since(profile: &Profile, key: u64, from: Timestamp, now: Timestamp) -> i64 {
    let Some(counter) = find(profile, key) else { return 0 };
    let within = |(time, amount): (&Timestamp, &i64)| if from <= *time && *time <= now { *amount } else { 0 };
    counter.times.iter().zip(&counter.amounts).map(within).fold(0, i64::saturating_add)
}

/// The latest times of counter `key`, ascending.
#[must_use]
pub fn times(profile: &Profile, key: u64) -> &[Timestamp] {
    find(profile, key).map_or(&[], |counter| &counter.times)
}

/// Events of counter `key`, ever.
#[must_use]
pub fn count_total(profile: &Profile, key: u64) -> u32 {
    find(profile, key).map_or(0, |counter| counter.total)
}

/// When the last event of counter `key` happened.
#[must_use]
pub fn last(profile: &Profile, key: u64) -> Option<Timestamp> {
    find(profile, key)?.times.last().copied()
}

fn find(profile: &Profile, key: u64) -> Option<&Counter> {
    profile.counters.get(place(profile, key).ok()?)
}

/// Where the counter `key` is, or would be.
fn place(profile: &Profile, key: u64) -> Result<usize, usize> {
    profile.counters.binary_search_by_key(&key, |c| c.key)
}

/// Where the affinity for `category` is, or would be.
fn interest(profile: &Profile, category: &str) -> Result<usize, usize> {
    profile.affinities.binary_search_by(|a| a.category.as_str().cmp(category))
}

/// Interest in `category` at `now`, in points; 0 if there never was any.
#[must_use]
pub fn affinity(profile: &Profile, category: &str, now: Timestamp, half_life_ms: i64) -> f64 {
    interest(profile, category)
        .ok()
        .and_then(|index| profile.affinities.get(index))
        .map_or(0.0, |a| decay(a.points, now.since(a.at), half_life_ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_schema::time::DAY_MS;

    fn bundle() -> Bundle {
        Bundle {
            half_life_ms: 14 * DAY_MS,
            affinity_weights: vec![("page_viewed".to_owned(), 1.0)],
            ..Bundle::default()
        }
    }

    fn view(profile: &mut Profile, category: &str, at: i64) {
        apply(profile, &bundle(), "page_viewed", Timestamp(at), &[("category".to_owned(), category.into())]);
    }

    #[test]
    fn counts_by_name_and_by_facet() {
        let mut profile = Profile::default();
        view(&mut profile, "travel", 100);
        view(&mut profile, "dining", 200);
        view(&mut profile, "travel", 50);
        let all = counter_key("page_viewed", None);
        let travel = counter_key("page_viewed", Some(("category", "travel")));
        assert_eq!(count_total(&profile, all), 3);
        assert_eq!(count_since(&profile, travel, Timestamp(60), Timestamp(1_000)), 1);
        assert_eq!(count_since(&profile, travel, Timestamp(50), Timestamp(1_000)), 2);
        assert_eq!(count_since(&profile, travel, Timestamp(50), Timestamp(99)), 1, "nothing from the future");
        assert_eq!(last(&profile, travel), Some(Timestamp(100)));
        assert_eq!(Profile::from_bytes(&profile.to_bytes()), Ok(profile));
    }

    #[test]
    fn sums_go_with_their_times() {
        let mut profile = Profile::default();
        let mut order = |at, worth: Option<f64>| {
            let fields: Vec<_> = worth.map(|n| ("value".to_owned(), Value::Number(n))).into_iter().collect();
            apply(&mut profile, &bundle(), "order_placed", Timestamp(at), &fields);
            profile.clone()
        };
        order(10, None);
        order(30, Some(19.99));
        let late = order(20, Some(-5.0));
        let key = counter_key("order_placed", None);
        let sum = |profile: &Profile, from, to| sum_since(profile, key, Timestamp(from), Timestamp(to));
        assert_eq!(sum(&late, 0, 99), 14_990_000);
        assert_eq!(sum(&late, 11, 29), -5_000_000);
        assert_eq!(sum(&late, 0, 10), 0, "an order of no stated value");
        for at in 0..40 {
            order(100 + at, Some(1.0));
        }
        let full = order(200, None);
        assert_eq!(sum(&full, 0, 999), 31_000_000, "the latest 32, of which one was worth nothing");
        assert_eq!(Profile::from_bytes(&full.to_bytes()), Ok(full));
    }

    #[test]
    fn affinity_decays_and_late_events_do_not_revive_it() {
        let mut profile = Profile::default();
        view(&mut profile, "travel", 0);
        assert_eq!(affinity(&profile, "travel", Timestamp(14 * DAY_MS), 14 * DAY_MS), 0.5);
        view(&mut profile, "travel", 14 * DAY_MS);
        assert_eq!(affinity(&profile, "travel", Timestamp(14 * DAY_MS), 14 * DAY_MS), 1.5);
        view(&mut profile, "travel", 0);
        assert_eq!(affinity(&profile, "travel", Timestamp(14 * DAY_MS), 14 * DAY_MS), 2.0);
        assert_eq!(affinity(&profile, "dining", Timestamp(0), 14 * DAY_MS), 0.0);
    }

    #[test]
    fn the_profile_stays_bounded_and_readable() {
        let mut profile = Profile::default();
        for n in 0..2_000 {
            view(&mut profile, &format!("category-{}", n % 300), n);
            set_attribute(&mut profile, &format!("a{n}"), Value::Bool(true));
        }
        assert_eq!(profile.counters.len(), PROFILE_COUNTERS);
        assert_eq!(profile.affinities.len(), PROFILE_AFFINITIES);
        assert_eq!(
            count_total(&profile, counter_key("page_viewed", None)),
            2_000,
            "the busiest is never dropped"
        );
        assert_eq!(Profile::from_bytes(&profile.to_bytes()), Ok(profile));
    }
}
