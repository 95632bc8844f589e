//! Models written by hand or by one's own training: a JSON form of every kind but trees (docs/models.md).

use super::{distinct, ease::ITEMS};
use anyhow::{Context, bail, ensure};
use attune_schema::model::{
    Bins, Factors, Feature, Kind, Linear, Link, Model, Neighbours, Popularity, Scorecard, Term,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    features: Vec<FeatureForm>,
    #[serde(default)]
    items: Vec<String>,
    model: KindForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeatureForm {
    name: String,
    #[serde(default)]
    levels: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum KindForm {
    Linear(LinearForm),
    Scorecard(ScorecardForm),
    ItemToItem(BTreeMap<String, BTreeMap<String, f64>>),
    Factors(FactorsForm),
    Popularity(PopularityForm),
    Switch(Vec<CaseForm>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinearForm {
    #[serde(default)]
    intercept: f64,
    #[serde(default)]
    link: LinkForm,
    terms: BTreeMap<String, TermForm>,
}

/// A weight, or one with a scaler.
#[derive(Deserialize)]
#[serde(untagged)]
enum TermForm {
    Weight(f64),
    Scaled { weight: f64, offset: f64, factor: f64 },
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LinkForm {
    #[default]
    Identity,
    Logistic,
    Exp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScorecardForm {
    #[serde(default)]
    intercept: f64,
    #[serde(default)]
    link: LinkForm,
    bins: BTreeMap<String, BinsForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BinsForm {
    cuts: Vec<f64>,
    values: Vec<f64>,
    #[serde(default)]
    missing: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactorsForm {
    known: BTreeMap<String, Vec<f64>>,
    #[serde(default)]
    wanted: BTreeMap<String, Vec<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PopularityForm {
    /// The feature whose levels are the cohorts.
    feature: Option<String>,
    /// By cohort, in the order of the levels.
    #[serde(default)]
    cohorts: Vec<BTreeMap<String, u32>>,
    /// Of everybody else.
    others: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseForm {
    at_least: u32,
    model: KindForm,
}

/// What names mean.
struct Names {
    features: Vec<Feature>,
    items: Vec<String>,
}

/// Reads a model.
///
/// # Errors
/// If it is not of this form, or names what is not there.
pub fn read(bytes: &[u8]) -> anyhow::Result<Model> {
    let file: File = serde_json::from_slice(bytes).context("not a model in JSON")?;
    distinct(file.features.iter().map(|feature| feature.name.clone()).collect())?;
    let features =
        file.features.into_iter().map(|form| Feature { name: form.name, levels: form.levels }).collect();
    let mut items = distinct(file.items)?;
    ensure!(items.len() <= ITEMS, "{} items, at most {ITEMS}", items.len());
    items.sort_unstable();
    let names = Names { features, items };
    let kind = names.kind(file.model)?;
    ensure!(
        kind.is_of_items() != names.items.is_empty(),
        "a model of items names its `items`, no other does"
    );
    Ok(Model { features: names.features, items: names.items, kind })
}

impl LinkForm {
    const fn link(&self) -> Link {
        match self {
            Self::Identity => Link::Identity,
            Self::Logistic => Link::Logistic,
            Self::Exp => Link::Exp,
        }
    }
}

impl Names {
    fn item(&self, id: &str) -> anyhow::Result<usize> {
        self.items
            .binary_search_by(|item| item.as_str().cmp(id))
            .ok()
            .with_context(|| format!("no item is called `{id}`"))
    }

    /// What is said of each feature, in their order: exactly these.
    fn each<T>(&self, mut said: BTreeMap<String, T>) -> anyhow::Result<Vec<T>> {
        let found = self.features.iter().map(|feature| {
            said.remove(&feature.name)
                .with_context(|| format!("nothing is said of feature `{}`", feature.name))
        });
        let found = found.collect::<anyhow::Result<_>>()?;
        if let Some(name) = said.keys().next() {
            bail!("no feature is called `{name}`");
        }
        Ok(found)
    }

    fn kind(&self, form: KindForm) -> anyhow::Result<Kind> {
        Ok(match form {
            KindForm::Linear(form) => {
                let terms = self.each(form.terms)?.into_iter().map(|term| match term {
                    TermForm::Weight(weight) => Term { offset: 0.0, factor: 1.0, weight },
                    TermForm::Scaled { weight, offset, factor } => Term { offset, factor, weight },
                });
                let terms = terms.collect();
                Kind::Linear(Linear { intercept: form.intercept, terms, link: form.link.link() })
            }
            KindForm::Scorecard(form) => {
                let link = form.link.link();
                let bins = self.each(form.bins)?.into_iter().zip(&self.features).map(|(form, feature)| {
                    let (name, cuts) = (&feature.name, form.cuts.len());
                    ensure!(form.cuts.is_sorted_by(|a, b| a < b), "cuts of `{name}` do not ascend");
                    let values = form.values.len();
                    ensure!(
                        values == cuts + 1,
                        "`{name}` has {values} values for {cuts} cuts: one more is needed"
                    );
                    Ok(Bins { cuts: form.cuts, values: form.values, missing: form.missing })
                });
                Kind::Scorecard(Scorecard {
                    intercept: form.intercept,
                    features: bins.collect::<anyhow::Result<_>>()?,
                    link,
                })
            }
            KindForm::ItemToItem(weights) => self.neighbours(weights)?,
            KindForm::Factors(form) => self.factors(form)?,
            KindForm::Popularity(form) => self.popularity(form)?,
            KindForm::Switch(cases) => {
                let kinds = cases.into_iter().map(|case| Ok((case.at_least, self.kind(case.model)?)));
                Kind::Switch(kinds.collect::<anyhow::Result<_>>()?)
            }
        })
    }

    fn neighbours(&self, weights: BTreeMap<String, BTreeMap<String, f64>>) -> anyhow::Result<Kind> {
        let scale = scale(weights.values().flat_map(BTreeMap::values))?;
        let mut rows = vec![Vec::new(); self.items.len()];
        for (known, others) in weights {
            let row = &mut rows[self.item(&known)?];
            for (wanted, weight) in others {
                row.push((self.item(&wanted)? as u16, (weight / scale).round() as i8));
            }
            row.sort_unstable();
        }
        Ok(Kind::Neighbours(Neighbours { scale, rows }))
    }

    fn factors(&self, form: FactorsForm) -> anyhow::Result<Kind> {
        let dimensions = form.known.values().next().map_or(0, Vec::len);
        let most = Factors::DIMENSIONS;
        ensure!(
            (1..=most).contains(&dimensions),
            "vectors of {dimensions} numbers: 1 to {most} are possible"
        );
        let rounded = |vectors: &BTreeMap<String, Vec<f64>>| -> anyhow::Result<(Vec<i8>, f64)> {
            let scale = scale(vectors.values().flatten())?;
            if let Some(id) = vectors.keys().find(|id| self.item(id).is_err()) {
                bail!("no item is called `{id}`");
            }
            let mut all = Vec::new();
            for id in &self.items {
                let vector = vectors.get(id).with_context(|| format!("item `{id}` has no vector"))?;
                ensure!(
                    vector.len() == dimensions,
                    "item `{id}` has {} numbers, not {dimensions}",
                    vector.len()
                );
                all.extend(vector.iter().map(|number| (number / scale).round() as i8));
            }
            Ok((all, scale))
        };
        let (known, known_scale) = rounded(&form.known)?;
        let (wanted, wanted_scale) =
            if form.wanted.is_empty() { (Vec::new(), known_scale) } else { rounded(&form.wanted)? };
        Ok(Kind::Factors(Factors { scale: known_scale * wanted_scale, dimensions, known, wanted }))
    }

    fn popularity(&self, form: PopularityForm) -> anyhow::Result<Kind> {
        let place = |name: &String| {
            let at = self.features.iter().position(|feature| feature.name == *name);
            at.with_context(|| format!("no feature is called `{name}`"))
        };
        let feature = form.feature.as_ref().map(place).transpose()?;
        let levels = feature.map_or(0, |feature| self.features[feature].levels.len());
        ensure!(form.cohorts.len() == levels, "{} cohorts for {levels} levels", form.cohorts.len());
        let counts = form.cohorts.into_iter().chain([form.others]).map(|counted| {
            let mut row = vec![0; self.items.len()];
            for (id, count) in counted {
                row[self.item(&id)?] = count;
            }
            Ok(row)
        });
        Ok(Kind::Popularity(Popularity { feature, counts: counts.collect::<anyhow::Result<_>>()? }))
    }
}

/// What one of 127 steps is worth, so that the greatest number has all of them.
fn scale<'a>(numbers: impl Iterator<Item = &'a f64>) -> anyhow::Result<f64> {
    let greatest = numbers.fold(0.0_f64, |most, number| most.max(number.abs()));
    ensure!(greatest > 0.0, "every weight is 0");
    Ok(greatest / 127.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_engine::model::{score, score_items};
    use serde_json::{Value, json};

    fn model(value: &Value) -> anyhow::Result<Model> {
        let model = read(value.to_string().as_bytes())?;
        assert_eq!(Model::from_bytes(&model.to_bytes()).as_ref(), Ok(&model));
        Ok(model)
    }

    #[test]
    fn rows_are_scored_by_linear_models_and_scorecards() {
        let features = json!([{ "name": "views" }, { "name": "tier", "levels": ["basic", "gold"] }]);
        let terms = json!({ "views": { "weight": 2, "offset": 3, "factor": 0.5 }, "tier": 10 });
        let linear =
            json!({ "features": features, "model": { "linear": { "intercept": 1, "terms": terms } } });
        assert_eq!(score(&model(&linear).unwrap(), &mut [5.0, 1.0]), 13.0);
        let bins = json!({
            "views": { "cuts": [2.5], "values": [-1, 1], "missing": 0.5 },
            "tier": { "cuts": [0.5], "values": [0, 4] },
        });
        let card =
            json!({ "features": features, "model": { "scorecard": { "intercept": 1, "bins": bins } } });
        let card = model(&card).unwrap();
        assert_eq!((score(&card, &mut [3.0, 1.0]), score(&card, &mut [f64::NAN, f64::NAN])), (6.0, 1.5));
    }

    #[test]
    fn items_are_scored_by_neighbours_factors_and_popularity() {
        let switch = json!({
            "features": [{ "name": "city", "levels": ["seoul", "busan"] }],
            "items": ["tea", "bread", "butter"],
            "model": { "switch": [
                { "at_least": 0, "model": { "popularity": {
                    "feature": "city",
                    "cohorts": [{ "tea": 3, "bread": 1 }, { "butter": 2 }],
                    "others": { "tea": 1, "bread": 1, "butter": 2 },
                } } },
                { "at_least": 1, "model": { "item_to_item": { "bread": { "butter": 12.7, "tea": -0.1 } } } },
                { "at_least": 2, "model": { "factors": {
                    "known": { "tea": [1, 0], "bread": [0, 1.27], "butter": [0, 1] },
                } } },
            ] },
        });
        let model = model(&switch).unwrap();
        assert_eq!(model.items, ["bread", "butter", "tea"]);
        let scores = |history: &[usize], city: f64| {
            let mut scores = [0.0; 3];
            score_items(&model, history, &[city], &mut scores);
            scores.map(|score| (score * 1e6).round() / 1e6)
        };
        assert_eq!(scores(&[], 0.0), [0.25, 0.0, 0.75]);
        assert_eq!(scores(&[], f64::NAN), [0.25, 0.5, 0.25]);
        assert_eq!(scores(&[0], 0.0), [0.0, 12.7, -0.1]);
        assert_eq!(scores(&[0, 1], 0.0), [2.882_9, 2.27, 0.0]);
    }

    #[test]
    fn what_is_named_has_to_be_there() {
        let said = |value: Value| model(&value).unwrap_err().root_cause().to_string();
        let linear = |terms: Value| json!({ "features": [{ "name": "a" }], "model": { "linear": { "terms": terms } } });
        assert_eq!(said(linear(json!({}))), "nothing is said of feature `a`");
        assert_eq!(said(linear(json!({ "a": 1, "b": 1 }))), "no feature is called `b`");
        let items = |weights: Value| json!({ "items": ["x", "y"], "model": { "item_to_item": weights } });
        assert_eq!(said(items(json!({ "x": { "z": 1 } }))), "no item is called `z`");
        assert_eq!(said(items(json!({ "x": { "y": 0 } }))), "every weight is 0");
        assert_eq!(
            said(json!({ "model": { "item_to_item": { "x": { "y": 1 } } } })),
            "no item is called `x`"
        );
    }
}
