//! Token buckets, bounded in number.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Keys remembered; beyond that the fullest buckets are forgotten, which forgives them nothing.
const KEYS: usize = 10_000;

/// A bucket of tokens for each key.
#[derive(Debug)]
pub struct Buckets<K> {
    capacity: f64,
    per_second: f64,
    buckets: Mutex<HashMap<K, (f64, Instant)>>,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    /// Buckets for `rate` a second and bursts of twice as many; none if there is no limit.
    #[must_use]
    pub fn of_rate(rate: u32) -> Option<Self> {
        (rate > 0).then(|| Self::new(f64::from(rate) * 2.0, f64::from(rate)))
    }

    /// Buckets that hold `capacity` tokens and get `per_second` back.
    #[must_use]
    pub fn new(capacity: f64, per_second: f64) -> Self {
        Self { capacity, per_second, buckets: Mutex::default() }
    }

    /// Takes a token; otherwise says how many seconds until there is one.
    ///
    /// # Errors
    /// The seconds to wait, at least 1.
    pub fn take(&self, key: K, now: Instant) -> Result<(), u32> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let level = |tokens: f64, since: Instant| {
            (tokens + now.saturating_duration_since(since).as_secs_f64() * self.per_second).min(self.capacity)
        };
        if buckets.len() >= KEYS && !buckets.contains_key(&key) {
            buckets.retain(|_, (tokens, since)| level(*tokens, *since) < self.capacity);
            if buckets.len() >= KEYS {
                return Err(60);
            }
        }
        let (tokens, since) = buckets.entry(key).or_insert((self.capacity, now));
        *tokens = level(*tokens, *since);
        *since = now;
        if *tokens < 1.0 {
            return Err((((1.0 - *tokens) / self.per_second).ceil() as u32).max(1));
        }
        *tokens -= 1.0;
        Ok(())
    }

    /// Fills the bucket of `key` again.
    pub fn forgive(&self, key: &K) {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn empties_and_fills_by_key() {
        let (buckets, start) = (Buckets::new(2.0, 0.5), Instant::now());
        assert_eq!(buckets.take("a", start), Ok(()));
        assert_eq!(buckets.take("a", start), Ok(()));
        assert_eq!(buckets.take("a", start), Err(2));
        assert_eq!(buckets.take("b", start), Ok(()));
        assert_eq!(buckets.take("a", start + Duration::from_secs(2)), Ok(()));
    }
}
