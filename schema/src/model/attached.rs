//! A model in a bundle, and where its numbers come from.

use super::{Model, demand};
use crate::bundle::Offer;
use crate::list;
use crate::stored::counter_key;
use crate::wire::{Reader, Writer};
use alloc::string::String;
use alloc::vec::Vec;

/// A model that a bundle's rules and rankings ask.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attached {
    /// Stable id.
    pub id: String,
    /// How it scores.
    pub model: Model,
    /// One a feature, in the model's order.
    pub inputs: Vec<Input>,
    /// What counts as the visitor's items; only of a model of items.
    pub history: Option<History>,
}

/// Where one number of a row comes from; missing where it is not known.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Index into the bundle's attributes.
    Attribute(usize),
    /// Name in the context.
    Context(String),
    /// Interest in a category, in points.
    Affinity(String),
    /// How often within a window (0: ever).
    Count {
        /// Counter.
        key: u64,
        /// Window.
        within_ms: i64,
    },
    /// Days since it happened last; missing where it never did.
    Age {
        /// Counter.
        key: u64,
    },
}

/// Which items are the visitor's: those whose counter is above 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// Event name.
    pub event: String,
    /// The facet whose values are ids of items.
    pub facet: String,
    /// Window (0: ever).
    pub within_ms: i64,
    /// Counter and index of each item, by counter; not kept, but made of the fields above.
    pub keys: Vec<(u64, u16)>,
}

impl History {
    /// Of `event` by `facet`, for the items of a model.
    #[must_use]
    pub fn new(event: String, facet: String, within_ms: i64, items: &[String]) -> Self {
        let key = |item| counter_key(&event, Some((&facet, item)));
        let mut keys: Vec<(u64, u16)> = (0..).zip(items).map(|(index, item)| (key(item), index)).collect();
        list::sort(&mut keys);
        Self { event, facet, within_ms, keys }
    }
}

/// What a model adds to the scores of a campaign's offers.
#[derive(Debug, Clone, PartialEq)]
pub struct RankScore {
    /// Index of the campaign.
    pub campaign: usize,
    /// Index of the model.
    pub model: usize,
    /// What its score is multiplied with.
    pub factor: f64,
    /// Of a model of items: which of them each offer of the bundle is. Not kept, but found when read.
    pub items: Vec<Option<u16>>,
}

impl RankScore {
    /// What `model`, of this index among `models`, adds to the scores of a campaign's offers.
    #[must_use]
    pub fn new(campaign: usize, model: usize, factor: f64, models: &[Attached], offers: &[Offer]) -> Self {
        let items = models.get(model).map(|attached| &attached.model).filter(|model| !model.items.is_empty());
        let place = |model: &Model, id: &str| {
            model.items.binary_search_by(|item| item.as_str().cmp(id)).ok().map(|index| index as u16)
        };
        let items = items.map(|model| offers.iter().map(|offer| place(model, &offer.id)).collect());
        Self { campaign, model, factor, items: items.unwrap_or_default() }
    }
}

impl Attached {
    pub(crate) fn write(&self, w: &mut Writer) {
        w.text(&self.id);
        let bytes = self.model.to_bytes();
        w.len(bytes.len());
        w.raw(&bytes);
        for input in &self.inputs {
            match input {
                Input::Attribute(index) => {
                    w.u8(0);
                    w.len(*index);
                }
                Input::Context(name) => {
                    w.u8(1);
                    w.text(name);
                }
                Input::Affinity(category) => {
                    w.u8(2);
                    w.text(category);
                }
                Input::Count { key, within_ms } => {
                    w.u8(3);
                    w.raw(&key.to_le_bytes());
                    w.int(*within_ms);
                }
                Input::Age { key } => {
                    w.u8(4);
                    w.raw(&key.to_le_bytes());
                }
            }
        }
        if let Some(history) = &self.history {
            w.text(&history.event);
            w.text(&history.facet);
            w.int(history.within_ms);
        }
    }

    /// Reads a model that may refer to the first `attributes` attributes.
    pub(crate) fn read(s: &mut Reader<'_>, attributes: usize) -> Self {
        let id = s.owned();
        let len = s.length();
        let model = Model::from_bytes(s.raw(len));
        demand(s, model.is_ok());
        let model = model.unwrap_or_default();
        let mut inputs = Vec::new();
        for _ in &model.features {
            inputs.push(match s.u8() {
                0 => Input::Attribute(s.index(attributes)),
                1 => Input::Context(s.owned()),
                2 => Input::Affinity(s.owned()),
                3 => Input::Count { key: s.u64(), within_ms: s.int() },
                tag => {
                    demand(s, tag == 4);
                    Input::Age { key: s.u64() }
                }
            });
        }
        let of_items = model.kind.is_of_items();
        let history = of_items.then(|| History::new(s.owned(), s.owned(), s.int(), &model.items));
        Self { id, model, inputs, history }
    }
}

impl RankScore {
    pub(crate) fn write(&self, w: &mut Writer) {
        w.len(self.campaign);
        w.len(self.model);
        w.f64(self.factor);
    }

    pub(crate) fn read(s: &mut Reader<'_>, campaigns: usize, models: &[Attached], offers: &[Offer]) -> Self {
        Self::new(s.index(campaigns), s.index(models.len()), s.f64(), models, offers)
    }
}
