//! With which probability a policy shows what, where.

use super::Shrunk;
use std::collections::{BTreeMap, BTreeSet};

/// A policy that looks at the context only.
#[derive(Debug, Clone, PartialEq)]
pub enum Policy {
    /// Every action alike.
    Uniform(BTreeSet<String>),
    /// As often as it was seen to in each context.
    Seen(BTreeMap<String, BTreeMap<String, u64>>),
}

impl Policy {
    /// Nothing seen yet.
    #[must_use]
    pub fn unseen() -> Self {
        Self::Seen(BTreeMap::new())
    }

    /// Sees one decision.
    pub fn see(&mut self, context: &str, action: &str) {
        match self {
            Self::Uniform(actions) => {
                if !actions.contains(action) {
                    actions.insert(action.to_owned());
                }
            }
            Self::Seen(contexts) => {
                if !contexts.contains_key(context) {
                    contexts.insert(context.to_owned(), BTreeMap::new());
                }
                if let Some(actions) = contexts.get_mut(context) {
                    *actions.entry(action.to_owned()).or_default() += 1;
                }
            }
        }
    }

    /// Probability of `action` in `context`; `None` where nothing is known of the context.
    #[must_use]
    pub fn probability(&self, context: &str, action: &str) -> Option<f64> {
        match self {
            Self::Uniform(actions) => {
                Some(if actions.contains(action) { 1.0 / actions.len() as f64 } else { 0.0 })
            }
            Self::Seen(contexts) => {
                let actions = contexts.get(context)?;
                let all: u64 = actions.values().sum();
                Some(actions.get(action).copied().unwrap_or_default() as f64 / all as f64)
            }
        }
    }

    /// What the model expects of the policy in `context`.
    #[must_use]
    pub fn expect(&self, model: &Shrunk, context: &str) -> f64 {
        match self {
            Self::Uniform(actions) => {
                actions.iter().map(|action| model.expect(action)).sum::<f64>() / actions.len().max(1) as f64
            }
            Self::Seen(contexts) => {
                let Some(actions) = contexts.get(context) else { return 0.0 };
                let all: u64 = actions.values().sum();
                actions.iter().map(|(action, count)| *count as f64 * model.expect(action)).sum::<f64>()
                    / all as f64
            }
        }
    }
}
