//! Models of a bundle in one decision: each is asked at most once.

use super::{item, level_of, score, score_items};
use crate::condition::Facts;
use crate::profile;
use alloc::string::String;
use alloc::vec::Vec;
use attune_schema::bundle::{Bundle, Campaign, Offer};
use attune_schema::model::{Attached, Feature, History, Input};
use attune_schema::time::DAY_MS;
use attune_schema::value::Value;
use core::cell::OnceCell;

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
    pub fn score(&self, model: usize, facts: Facts<'_>) -> Option<f64> {
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

    /// What models add to the score of `offer` in `campaign`; nothing where a model knows nothing.
    #[must_use]
    pub fn of_offer(&self, campaign: &Campaign, offer: &Offer, facts: Facts<'_>) -> f64 {
        let bundle = facts.bundle;
        let ours = |index: usize| bundle.campaigns.get(index).is_some_and(|one| one.id == campaign.id);
        let terms = bundle.rank_scores.iter().filter(|term| ours(term.campaign));
        terms.fold(0.0, |sum, term| {
            let score = self.item(term.model, &offer.id, facts).or_else(|| self.score(term.model, facts));
            sum + term.factor * score.unwrap_or(0.0)
        })
    }

    /// The score of the item called `id`; `None` of a model without items, 0 of an item that it does not know.
    fn item(&self, model: usize, id: &str, facts: Facts<'_>) -> Option<f64> {
        let attached = facts.bundle.models.get(model)?;
        let history = attached.history.as_ref()?;
        let scores = self.0.get(model)?.items.get_or_init(|| {
            let mut scores = Vec::new();
            scores.resize(attached.model.items.len(), 0.0);
            score_items(&attached.model, &items(history, facts), &row(attached, facts), &mut scores);
            scores
        });
        Some(item(&attached.model, id).and_then(|index| scores.get(index)).copied().unwrap_or(0.0))
    }
}

/// The visitor's items, ascending.
fn items(history: &History, facts: Facts<'_>) -> Vec<usize> {
    let keys = history.keys.iter().enumerate();
    keys.filter(|(_, key)| count(**key, history.within_ms, facts) > 0).map(|(index, _)| index).collect()
}

/// A number for each feature.
fn row(attached: &Attached, facts: Facts<'_>) -> Vec<f64> {
    let inputs = attached.inputs.iter().zip(&attached.model.features);
    inputs.map(|(input, feature)| number(input, feature, facts)).collect()
}

fn number(input: &Input, feature: &Feature, facts: Facts<'_>) -> f64 {
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
            profile::affinity(facts.profile, category, facts.now, facts.bundle.half_life_ms)
        }
        Input::Count { key, within_ms } => count(*key, *within_ms, facts).into(),
        Input::Age { key } => profile::last(facts.profile, *key)
            .map_or(f64::NAN, |at| facts.now.since(at).max(0) as f64 / DAY_MS as f64),
    }
}

fn count(key: u64, within_ms: i64, facts: Facts<'_>) -> u32 {
    if within_ms > 0 {
        profile::count_since(facts.profile, key, facts.now.plus_ms(-within_ms), facts.now)
    } else {
        profile::count_total(facts.profile, key)
    }
}
