//! A simple model of the reward.

use std::collections::BTreeMap;

/// Mean reward of each action, shrunk towards the mean of all: `(Σ reward + m × mean) / (n + m)`. What was shown once
/// is believed little.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shrunk {
    prior: f64,
    all: (f64, u64),
    actions: BTreeMap<String, (f64, u64)>,
}

impl Shrunk {
    /// With a mean of all that weighs as much as `prior` decisions.
    #[must_use]
    pub fn new(prior: f64) -> Self {
        Self { prior, ..Self::default() }
    }

    /// Learns from a decision.
    pub fn learn(&mut self, action: &str, reward: f64) {
        self.all.0 += reward;
        self.all.1 += 1;
        if let Some((sum, count)) = self.actions.get_mut(action) {
            *sum += reward;
            *count += 1;
        } else {
            self.actions.insert(action.to_owned(), (reward, 1));
        }
    }

    /// What to expect of an action; of an unknown one, the mean of all.
    #[must_use]
    pub fn expect(&self, action: &str) -> f64 {
        let mean = if self.all.1 > 0 { self.all.0 / self.all.1 as f64 } else { 0.0 };
        let (sum, count) = self.actions.get(action).copied().unwrap_or_default();
        let weight = count as f64 + self.prior;
        if weight > 0.0 { (sum + self.prior * mean) / weight } else { mean }
    }

    /// Actions it has seen, sorted.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.actions.keys().map(String::as_str)
    }
}
