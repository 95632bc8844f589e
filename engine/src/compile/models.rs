//! Models: their bytes, and where their numbers come from. Only what a running campaign's bundle asks is in it.

use super::{CONTEXT, Compiler, shown};
use attune_schema::bundle::{self, Bundle, Rule};
use attune_schema::event::FACETS;
use attune_schema::model::{
    Attached, CountSource, History, HistorySource, Input, InputSource, Model, ModelSource, RankScore,
};
use attune_schema::source::{Campaign, ScoreCondition};
use attune_schema::stored::counter_key;
use std::collections::BTreeMap;

/// What is known of models while compiling.
#[derive(Default)]
pub(super) struct Models<'a> {
    /// By id; `None` for one with a problem.
    ready: BTreeMap<&'a str, Option<Attached>>,
    /// Those that something asks, in order of asking, and their ids.
    asked: Vec<&'a str>,
    /// Campaign, model and factor.
    terms: Vec<(&'a str, usize, f64)>,
}

impl<'a> Compiler<'a> {
    /// Reads all models, so that every problem is found.
    pub(super) fn read_models(&mut self) {
        for model in &self.source.models {
            if !self.models.ready.contains_key(model.id.as_str()) {
                let attached = self.model(model);
                self.models.ready.insert(&model.id, attached);
            }
        }
    }

    /// What goes into the bundle.
    pub(super) fn take_models(
        &mut self,
        campaigns: &[bundle::Campaign],
        offers: &[bundle::Offer],
    ) -> (Vec<Attached>, Vec<RankScore>) {
        let Models { mut ready, asked, terms } = std::mem::take(&mut self.models);
        let models: Vec<Attached> = asked.iter().filter_map(|id| ready.remove(id).flatten()).collect();
        let place = |id: &str| campaigns.iter().position(|campaign| campaign.id == id);
        let mut scores: Vec<RankScore> = terms
            .into_iter()
            .filter_map(|(id, model, factor)| {
                Some(RankScore::new(place(id)?, model, factor, &models, offers))
            })
            .collect();
        scores.sort_by_key(|term| (term.campaign, term.model));
        (models, scores)
    }

    /// Index of a model that something asks.
    fn ask(&mut self, subject: &str, id: &'a str) -> Option<usize> {
        match self.models.ready.get(id) {
            None => self.problem(subject, true, format!("refers to unknown model `{id}`")),
            Some(None) => self.problem(subject, true, format!("model `{id}` has problems")),
            Some(Some(_)) => {
                let known = self.models.asked.iter().position(|asked| *asked == id);
                return Some(known.unwrap_or_else(|| {
                    self.models.asked.push(id);
                    self.models.asked.len() - 1
                }));
            }
        }
        None
    }

    pub(super) fn score(&mut self, subject: &str, score: &'a ScoreCondition) -> Option<Rule> {
        let id = score.model.as_str();
        let of_items = matches!(self.models.ready.get(id), Some(Some(one)) if one.model.kind.is_of_items());
        let (min, max) = (score.at_least.unwrap_or(f64::MIN), score.at_most.unwrap_or(f64::MAX));
        let problem = if of_items {
            Some(format!("model `{id}` scores items, not visitors: use it in `rank_scores`"))
        } else if score.at_least.is_none() && score.at_most.is_none() {
            Some(format!("the score of `{id}` has no bound"))
        } else if !min.is_finite() || !max.is_finite() || min > max {
            Some(format!("the score of `{id}` cannot be from {} to {}", shown(min), shown(max)))
        } else {
            None
        };
        let model = self.ask(subject, id);
        if let Some(problem) = problem {
            self.problem(subject, true, problem);
            return None;
        }
        Some(Rule::Score { model: model?, min, max })
    }

    pub(super) fn rank_scores(&mut self, subject: &str, campaign: &'a Campaign) {
        for (id, factor) in &campaign.rank_scores {
            if !factor.is_finite() {
                self.problem(subject, true, format!("the factor of model `{id}` is not a number"));
            }
            if let Some(model) = self.ask(subject, id) {
                self.models.terms.push((&campaign.id, model, *factor));
            }
        }
    }

    fn model(&mut self, source: &'a ModelSource) -> Option<Attached> {
        let subject = format!("model {}", source.id);
        let before = self.problems.len();
        let model = match from_base64(&source.data).map(|bytes| Model::from_bytes(&bytes)) {
            Some(Ok(model)) => model,
            Some(Err(_)) => {
                self.problem(
                    &subject,
                    true,
                    "`data` is not a model of this version: see `attune model import`",
                );
                return None;
            }
            None => {
                self.problem(&subject, true, "`data` is not base 64");
                return None;
            }
        };
        for name in source.inputs.keys().filter(|name| model.features.iter().all(|f| f.name != **name)) {
            self.problem(&subject, false, format!("has no feature `{name}`"));
        }
        let mut inputs = Vec::new();
        for feature in &model.features {
            match source.inputs.get(&feature.name) {
                Some(input) => inputs.extend(self.input(&subject, &feature.name, input)),
                None => self.problem(&subject, true, format!("feature `{}` has no input", feature.name)),
            }
        }
        let history = match (&source.history, model.kind.is_of_items()) {
            (Some(history), true) => self.history(&subject, history, &model),
            (None, true) => {
                self.problem(&subject, true, "scores items and has no `history`");
                None
            }
            (Some(_), false) => {
                self.problem(&subject, false, "does not score items: its `history` is not used");
                None
            }
            (None, false) => None,
        };
        let fatal = self.problems.get(before..).is_some_and(|new| new.iter().any(|problem| problem.fatal));
        (!fatal).then(|| Attached { id: source.id.clone(), model, inputs, history })
    }

    fn input(&mut self, subject: &str, feature: &str, input: &'a InputSource) -> Option<Input> {
        match input {
            InputSource::Attribute(name) => {
                let index = self.source.attributes.iter().position(|attribute| attribute.id == *name);
                if index.is_none() {
                    let message = format!("feature `{feature}` refers to unknown attribute `{name}`");
                    self.problem(subject, true, message);
                }
                index.map(Input::Attribute)
            }
            InputSource::Context(name) if CONTEXT.contains(&name.as_str()) => {
                Some(Input::Context(name.clone()))
            }
            InputSource::Context(name) => {
                let known = CONTEXT.join(", ");
                let message =
                    format!("feature `{feature}` refers to unknown context `{name}`; known are {known}");
                self.problem(subject, true, message);
                None
            }
            InputSource::Affinity(category) => Some(Input::Affinity(category.clone())),
            InputSource::Count(events) => {
                let key = self.counted(subject, feature, events)?;
                Some(Input::Count { key, within_ms: events.within.map_or(0, |span| span.as_ms()) })
            }
            InputSource::DaysSince(events) => {
                if events.within.is_some() {
                    self.problem(
                        subject,
                        true,
                        format!("feature `{feature}`: days since an event have no window"),
                    );
                }
                Some(Input::Age { key: self.counted(subject, feature, events)? })
            }
        }
    }

    fn counted(&mut self, subject: &str, feature: &str, events: &CountSource) -> Option<u64> {
        let mut facets = events.filter.iter();
        let facet = facets.next().map(|(facet, value)| (facet.as_str(), value.as_str()));
        let unknown = facet.is_some_and(|(facet, _)| !FACETS.contains(&facet));
        if events.name.is_empty() || facets.next().is_some() || unknown {
            let known = FACETS.join(", ");
            let message = format!("feature `{feature}`: an event has a name and at most one of {known}");
            self.problem(subject, true, message);
            return None;
        }
        Some(counter_key(&events.name, facet))
    }

    fn history(&mut self, subject: &str, history: &HistorySource, model: &Model) -> Option<History> {
        if history.event.is_empty() || !FACETS.contains(&history.by.as_str()) {
            let known = FACETS.join(", ");
            let message = format!("`history` is of an event and by one of {known}, not by `{}`", history.by);
            self.problem(subject, true, message);
            return None;
        }
        let within_ms = history.within.map_or(0, |span| span.as_ms());
        Some(History::new(history.event.clone(), history.by.clone(), within_ms, &model.items))
    }
}

/// The bundle of a site that is switched off decides nothing: without models every page that is open can read it.
pub(super) fn switched_off(bundle: Bundle) -> Bundle {
    if !bundle.has_models() {
        return bundle;
    }
    Bundle {
        models: Vec::new(),
        rank_scores: Vec::new(),
        explores: Vec::new(),
        audiences: Vec::new(),
        offers: Vec::new(),
        campaigns: Vec::new(),
        ..bundle
    }
}

/// The bytes of standard base 64, padded or not; `None` if it is not that.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.chunks(4) {
        let mut bits = 0_u32;
        for symbol in chunk {
            let value = match symbol {
                b'A'..=b'Z' => symbol - b'A',
                b'a'..=b'z' => symbol - b'a' + 26,
                b'0'..=b'9' => symbol - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        let [_, all @ ..] = (bits << (6 * (4 - chunk.len()))).to_be_bytes();
        bytes.extend(all.iter().take(chunk.len().checked_sub(1).filter(|len| *len > 0)?));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::compile::compile;
    use attune_schema::model::{Feature, Kind, Linear, Link, Neighbours, Term};
    use attune_schema::source::Source;
    use serde_json::{Value, json};

    /// The inverse of [`from_base64`].
    fn to_base64(bytes: &[u8]) -> String {
        const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let bits = (0..3).fold(0, |bits, n| bits << 8 | u32::from(chunk.get(n).copied().unwrap_or(0)));
            for n in 0..=chunk.len() {
                text.push(char::from(SYMBOLS[(bits >> (18 - 6 * n)) as usize & 63]));
            }
        }
        text
    }

    fn linear() -> String {
        let features = ["views", "tier"].map(|name| Feature { name: name.into(), levels: vec![] }).to_vec();
        let terms = vec![Term { offset: 0.0, factor: 1.0, weight: 0.5 }; 2];
        let kind = Kind::Linear(Linear { intercept: -1.0, terms, link: Link::Logistic });
        to_base64(&Model { features, items: vec![], kind }.to_bytes())
    }

    fn items() -> String {
        let kind = Kind::Neighbours(Neighbours { scale: 0.1, rows: vec![vec![(1, 5)], vec![(0, 5)]] });
        to_base64(&Model { features: vec![], items: vec!["a".into(), "b".into()], kind }.to_bytes())
    }

    /// A site with one campaign for whom `rule` holds, and these models.
    fn site(models: Value, rule: Value, rank_scores: Value) -> Source {
        let source = json!({
            "attributes": [{ "id": "tier" }, { "id": "band", "label": "server-only" }],
            "placements": [{ "id": "hero" }],
            "offers": [{ "id": "a", "content": { "en": { "title": "A" } } }],
            "models": models,
            "campaigns": [{
                "id": "c", "status": "running", "placements": ["hero"], "offers": ["a"], "audience": rule,
                "rank_scores": rank_scores,
            }],
        });
        serde_json::from_value(source).unwrap()
    }

    fn problems(models: Value, rule: Value, rank_scores: Value) -> Vec<String> {
        let (_, problems) = compile(&site(models, rule, rank_scores));
        problems.into_iter().map(|problem| format!("{}: {}", problem.subject, problem.message)).collect()
    }

    fn likely(inputs: Value) -> Value {
        json!([{ "id": "likely", "data": linear(), "inputs": inputs }])
    }

    fn good() -> Value {
        json!({ "views": { "count": { "name": "item_viewed", "within": "7d" } }, "tier": { "attribute": "tier" } })
    }

    #[test]
    fn a_bundle_with_a_model_comes_back_and_no_part_of_it_does() {
        let source = site(
            likely(good()),
            json!({ "score": { "model": "likely", "at_least": 0.5 } }),
            json!({ "likely": 2.0 }),
        );
        let (mut bundle, problems) = compile(&source);
        assert_eq!(problems, []);
        assert_eq!((bundle.models.len(), bundle.rank_scores.len(), bundle.campaigns.len()), (1, 1, 1));
        let bytes = bundle.to_bytes();
        assert_eq!(bytes[3], 3, "what tells pages to load what scores models");
        assert_eq!(Bundle::from_bytes(&bytes).as_ref(), Ok(&bundle));
        for len in 0..bytes.len() {
            assert!(Bundle::from_bytes(&bytes[..len]).is_err(), "cut at {len}");
        }
        // A rule may ask only what is there.
        bundle.campaigns[0].audience = Some(Rule::Any(vec![Rule::Score { model: 1, min: 0.0, max: 1.0 }]));
        assert!(Bundle::from_bytes(&bundle.to_bytes()).is_err());
    }

    #[test]
    fn a_model_that_nothing_asks_is_not_delivered() {
        let (bundle, problems) = compile(&site(likely(good()), json!({ "all": [] }), json!({})));
        assert_eq!((bundle.models.len(), problems.len(), bundle.to_bytes()[3]), (0, 0, 1));
    }

    #[test]
    fn the_kill_switch_reaches_pages_that_score_no_models() {
        let rule = json!({ "score": { "model": "likely", "at_least": 0.5 } });
        let mut source = site(likely(good()), rule, json!({}));
        source.site.enabled = false;
        let (bundle, problems) = compile(&source);
        assert_eq!((problems, bundle.to_bytes()[3]), (vec![], 0));
        assert_eq!(Bundle::from_bytes(&bundle.to_bytes()), Ok(bundle));
    }

    #[test]
    fn every_problem_of_a_model_has_its_name() {
        let everybody = || json!({ "all": [] });
        let asked = |model: &str| json!({ "score": { "model": model, "at_least": 0.5 } });
        let cases = [
            (json!([]), asked("none"), json!({}), "campaign c: refers to unknown model `none`"),
            (json!([]), everybody(), json!({ "none": 1 }), "campaign c: refers to unknown model `none`"),
            (
                json!([{ "id": "m", "data": "?" }]),
                asked("m"),
                json!({}),
                "model m: `data` is not base 64; campaign c: model `m` has problems",
            ),
            (
                json!([{ "id": "m", "data": "AAAA" }]),
                everybody(),
                json!({}),
                "model m: `data` is not a model of this version: see `attune model import`",
            ),
            (
                likely(json!({ "views": { "affinity": "travel" }, "spend": { "affinity": "x" } })),
                everybody(),
                json!({}),
                "model likely: has no feature `spend`; model likely: feature `tier` has no input",
            ),
            (
                likely(json!({ "views": { "attribute": "band" }, "tier": { "attribute": "tire" } })),
                everybody(),
                json!({}),
                "model likely: feature `tier` refers to unknown attribute `tire`",
            ),
            (
                likely(good()),
                json!({ "score": { "model": "likely" } }),
                json!({}),
                "campaign c: the score of `likely` has no bound",
            ),
            (
                likely(good()),
                json!({ "score": { "model": "likely", "at_least": 0.5, "at_most": 0.25 } }),
                json!({}),
                "campaign c: the score of `likely` cannot be from 0.5 to 0.25",
            ),
            (
                json!([{ "id": "next", "data": items() }]),
                everybody(),
                json!({}),
                "model next: scores items and has no `history`",
            ),
            (
                json!([{ "id": "next", "data": items(), "history": { "event": "item_viewed" } }]),
                asked("next"),
                json!({}),
                "campaign c: model `next` scores items, not visitors: use it in `rank_scores`",
            ),
            (
                json!([{ "id": "next", "data": items(), "history": { "event": "item_viewed", "by": "colour" } }]),
                everybody(),
                json!({}),
                "model next: `history` is of an event and by one of category, item, form, campaign, offer, placement, \
                 not by `colour`",
            ),
        ];
        for (models, rule, rank_scores, expected) in cases {
            assert_eq!(problems(models, rule, rank_scores).join("; "), expected);
        }
    }

    #[test]
    fn base_64_is_read_with_and_without_padding() {
        for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob")] {
            assert_eq!(from_base64(text).as_deref(), Some(bytes.as_bytes()));
        }
        for wrong in ["Z", "Zm9v!", "Zm 9"] {
            assert_eq!(from_base64(wrong), None, "{wrong}");
        }
    }
}
