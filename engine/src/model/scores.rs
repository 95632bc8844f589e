//! Models of a bundle in one decision: each is asked at most once.

use super::{level_of, score, score_items};
use crate::condition::Facts;
use crate::profile;
use alloc::string::String;
use alloc::vec::Vec;
use attune_schema::bundle::{Bundle, Campaign};
use attune_schema::list;
use attune_schema::model::{Attached, Feature, History, Input};
use attune_schema::time::DAY_MS;
use attune_schema::value::Value;
use core::cell::OnceCell;
use core::ptr;

/// What models have said so far; empty at the start of a decision.
#[derive(Debug, Default)]
pub struct Scores(Vec<Said>);

#[derive(Debug, Default)]
struct Said {
    /// Of a model of features; `None` where nothing it asks is known.
    score: OnceCell<Option<f64>>,
    /// Of a model of items, one an item.
    items: OnceCell<Vec<f64>>,
}

impl Scores {
    /// For the models of `bundle`.
    #[must_use]
    pub fn new(bundle: &Bundle) -> Self {
        let mut said = Vec::new();
        said.resize_with(bundle.models.len(), Said::default);
        Self(said)
    }

    /// The score of a model of features; `None` where nothing that it asks is known, or it is one of items.
    #[must_use]
    pub fn score(&self, model: usize, facts: &Facts<'_>) -> Option<f64> {
        let attached = facts.bundle.models.get(model)?;
        *self.0.get(model)?.score.get_or_init(|| {
            if attached.model.kind.is_of_items() {
                return None;
            }
            let mut row = row(attached, facts);
            let known = row.is_empty() || row.iter().any(|value| !value.is_nan());
            known.then(|| score(&attached.model, &mut row))
        })
    }

    /// What models add to the scores of a campaign's offers.
    #[must_use]
    pub fn terms<'a>(&'a self, campaign: &Campaign, facts: &'a Facts<'a>) -> Terms<'a> {
        let bundle = facts.bundle;
        let ours = |index: usize| bundle.campaigns.get(index).is_some_and(|one| ptr::eq(one, campaign));
        let terms = bundle.rank_scores.iter().filter(|term| ours(term.campaign));
        Terms(
            terms
                .map(|term| match self.items(term.model, facts) {
                    Some(scores) => Addend::Items { factor: term.factor, of: &term.items, scores },
                    None => Addend::Visitor(term.factor * self.score(term.model, facts).unwrap_or(0.0)),
                })
                .collect(),
        )
    }

    /// The score of each item; `None` of a model without items.
    fn items(&self, model: usize, facts: &Facts<'_>) -> Option<&[f64]> {
        let attached = facts.bundle.models.get(model)?;
        let history = attached.history.as_ref()?;
        let scores = self.0.get(model)?.items.get_or_init(|| {
            let mut scores = Vec::new();
            scores.resize(attached.model.items.len(), 0.0);
            score_items(&attached.model, &items(history, facts), &row(attached, facts), &mut scores);
            scores
        });
        Some(scores)
    }
}

/// What is added to the scores of a campaign's offers, worked out but for the offer.
#[derive(Debug)]
pub struct Terms<'a>(Vec<Addend<'a>>);

#[derive(Debug)]
enum Addend<'a> {
    /// The same for each offer.
    Visitor(f64),
    /// The score of the item that an offer is.
    Items { factor: f64, of: &'a [Option<u16>], scores: &'a [f64] },
}

impl Terms<'_> {
    /// What is added for the bundle's offer of this index; nothing where a model knows nothing.
    #[must_use]
    pub fn of(&self, offer: usize) -> f64 {
        self.0.iter().fold(0.0, |sum, addend| match addend {
            Addend::Visitor(value) => sum + value,
            Addend::Items { factor, of, scores } => {
                let item = of.get(offer).copied().flatten();
                sum + factor * item.and_then(|item| scores.get(usize::from(item))).copied().unwrap_or(0.0)
            }
        })
    }
}

/// The visitor's items, ascending: looked for among the items where the visitor has fewer counters, else the other way.
fn items(history: &History, facts: &Facts<'_>) -> Vec<usize> {
    let keys = &history.keys;
    let counters = &facts.profile.counters;
    let mut items: Vec<usize> = if counters.len() < keys.len() {
        let place = |key: u64| keys.binary_search_by(|(known, _)| known.cmp(&key)).ok();
        let ours = counters.iter().filter_map(|counter| keys.get(place(counter.key)?));
        ours.filter(|(key, _)| count(*key, history.within_ms, facts) > 0)
            .map(|(_, item)| usize::from(*item))
            .collect()
    } else {
        let ours = keys.iter().filter(|(key, _)| count(*key, history.within_ms, facts) > 0);
        ours.map(|(_, item)| usize::from(*item)).collect()
    };
    list::sort(&mut items);
    items
}

/// A number for each feature.
fn row(attached: &Attached, facts: &Facts<'_>) -> Vec<f64> {
    let inputs = attached.inputs.iter().zip(&attached.model.features);
    inputs.map(|(input, feature)| number(input, feature, facts)).collect()
}

fn number(input: &Input, feature: &Feature, facts: &Facts<'_>) -> f64 {
    let of_value = |value: Option<&Value>| match value {
        Some(Value::Number(number)) if feature.levels.is_empty() => *number,
        Some(Value::Bool(truth)) if feature.levels.is_empty() => f64::from(u8::from(*truth)),
        Some(Value::Text(text)) => level_of(feature, text),
        _ => f64::NAN,
    };
    match input {
        Input::Attribute(index) => {
            let name: Option<&String> = facts.bundle.attributes.get(*index);
            of_value(name.and_then(|name| profile::attribute(facts.profile, name)))
        }
        Input::Context(name) => of_value(facts.context(name)),
        Input::Affinity(category) => {
            profile::affinity(facts.profile, category, facts.now, facts.bundle.half_life_of(category))
        }
        Input::Count { key, within_ms } => count(*key, *within_ms, facts).into(),
        Input::Age { key } => profile::last(facts.profile, *key)
            .map_or(f64::NAN, |at| facts.now.since(at).max(0) as f64 / DAY_MS as f64),
    }
}

fn count(key: u64, within_ms: i64, facts: &Facts<'_>) -> u32 {
    if within_ms > 0 {
        profile::count_since(facts.profile, key, facts.now.plus_ms(-within_ms), facts.now)
    } else {
        profile::count_total(facts.profile, key)
    }
}
