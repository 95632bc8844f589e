//! Models as the device evaluates them: compact, versioned, checked once when read.
//!
//! A model of *features* gives one score for a row of numbers: [`Linear`], [`Trees`], [`Scorecard`]. A model of *items*
//! gives one score for each item, from what the visitor did before: [`Neighbours`], [`Factors`], [`Popularity`],
//! [`Kind::Switch`]. The arithmetic is `engine::model`'s. NaN is how a row says that a value is missing; no model holds
//! one.

mod attached;
mod explore;
mod items;
mod linear;
#[cfg(feature = "serde")]
mod source;
mod trees;

pub use attached::{Attached, History, Input, RankScore};
pub use explore::{Arm, Explore, ExploreFeature, FEATURE_BOUND, FEATURES};
pub use items::{Factors, Neighbours, Popularity};
pub use linear::{Bins, Linear, Scorecard, Term};
#[cfg(feature = "serde")]
pub use source::{CountSource, HistorySource, InputSource, ModelSource};
pub use trees::{LEAF, Node, Trees, ZERO_MISSING, category_set, is_in};

use crate::wire::{Malformed, Reader, Writer};
use alloc::string::String;
use alloc::vec::Vec;

/// First bytes of a model: `AM` and the version.
pub const MAGIC: [u8; 3] = *b"AM\x01";

/// A model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// What a row holds, in this order.
    pub features: Vec<Feature>,
    /// Ids of the items that an item model scores, sorted; empty for a model of features.
    pub items: Vec<String>,
    /// How it scores.
    pub kind: Kind,
}

/// One number of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Texts that stand for 0, 1, 2 …; empty where the feature is a number.
    pub levels: Vec<String>,
}

/// How a model scores.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Weighted sum.
    Linear(Linear),
    /// Sum of the leaves that a row ends in, a leaf a tree.
    Trees(Trees),
    /// Sum of what each feature's bin is worth: naive Bayes.
    Scorecard(Scorecard),
    /// Items beside items: EASE or cosine, truncated.
    Neighbours(Neighbours),
    /// Dot products with what the visitor's items add up to.
    Factors(Factors),
    /// Shares by cohort.
    Popularity(Popularity),
    /// The last of these whose least length of history is reached; none of them is itself a switch.
    Switch(Vec<(u32, Kind)>),
}

impl Default for Kind {
    fn default() -> Self {
        Self::Linear(Linear::default())
    }
}

impl Kind {
    /// Stable word.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Linear(_) => "linear",
            Self::Trees(_) => "trees",
            Self::Scorecard(_) => "scorecard",
            Self::Neighbours(_) => "item_to_item",
            Self::Factors(_) => "factors",
            Self::Popularity(_) => "popularity",
            Self::Switch(_) => "switch",
        }
    }

    /// Whether it scores items rather than rows.
    #[must_use]
    pub const fn is_of_items(&self) -> bool {
        !matches!(self, Self::Linear(_) | Self::Trees(_) | Self::Scorecard(_))
    }

    fn write(&self, w: &mut Writer, features: usize) {
        match self {
            Self::Linear(linear) => {
                w.u8(0);
                linear.write(w);
            }
            Self::Trees(trees) => {
                w.u8(1);
                trees.write(w, features);
            }
            Self::Scorecard(card) => {
                w.u8(2);
                card.write(w);
            }
            Self::Neighbours(neighbours) => {
                w.u8(3);
                neighbours.write(w);
            }
            Self::Factors(factors) => {
                w.u8(4);
                factors.write(w);
            }
            Self::Popularity(popularity) => {
                w.u8(5);
                popularity.write(w);
            }
            Self::Switch(kinds) => {
                w.u8(6);
                w.len(kinds.len());
                for (least, kind) in kinds {
                    w.uint((*least).into());
                    kind.write(w, features);
                }
            }
        }
    }

    fn read(s: &mut Reader<'_>, features: usize, items: usize, nested: bool) -> Self {
        let tag = s.u8();
        let of_items = tag >= 3;
        if of_items != (items > 0) || (nested && !(3..=5).contains(&tag)) {
            s.fail();
        }
        match tag {
            0 => Self::Linear(Linear::read(s, features)),
            1 => Self::Trees(Trees::read(s, features)),
            2 => Self::Scorecard(Scorecard::read(s, features)),
            3 => Self::Neighbours(Neighbours::read(s, items)),
            4 => Self::Factors(Factors::read(s, items)),
            5 => Self::Popularity(Popularity::read(s, features, items)),
            6 => {
                let kinds = s.list(|s| (s.u32(), Self::read(s, features, items, true)));
                let first = kinds.first().map(|(least, _)| *least);
                if first != Some(0) || !kinds.is_sorted_by(|a, b| a.0 < b.0) {
                    s.fail();
                }
                Self::Switch(kinds)
            }
            _ => {
                s.fail();
                Self::default()
            }
        }
    }
}

/// What becomes of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// Itself.
    #[default]
    Identity,
    /// `1 / (1 + e^-x)`.
    Logistic,
    /// `e^x`.
    Exp,
    /// `ln(1 + e^x)`.
    Softplus,
    /// `x · |x|`.
    SignedSquare,
    /// 1 above 0, else 0.
    Step,
}

const LINKS: [Link; 6] =
    [Link::Identity, Link::Logistic, Link::Exp, Link::Softplus, Link::SignedSquare, Link::Step];

impl Link {
    /// Stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Logistic => "logistic",
            Self::Exp => "exp",
            Self::Softplus => "softplus",
            Self::SignedSquare => "signed_square",
            Self::Step => "step",
        }
    }

    fn read(s: &mut Reader<'_>) -> Self {
        LINKS.get(s.index(LINKS.len())).copied().unwrap_or_default()
    }
}

impl Model {
    /// The bytes to keep and deliver: canonical, so that a model has one hash.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.raw(&MAGIC);
        w.len(self.features.len());
        for feature in &self.features {
            w.text(&feature.name);
            w.len(feature.levels.len());
            for level in &feature.levels {
                w.text(level);
            }
        }
        w.len(self.items.len());
        for item in &self.items {
            w.text(item);
        }
        self.kind.write(&mut w, self.features.len());
        w.into_bytes()
    }

    /// Reads bytes; anything damaged is refused whole, and what was read scores any row without another check.
    ///
    /// # Errors
    /// If they are not a model of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut s = Reader::after(&MAGIC, bytes);
        let features = s.list(|s| Feature { name: s.owned(), levels: s.list(Reader::owned) });
        let items = s.list(Reader::owned);
        demand(&mut s, features.len() < usize::from(LEAF) && items.len() <= usize::from(u16::MAX));
        demand(&mut s, items.is_sorted_by(|a, b| a < b));
        let kind = Kind::read(&mut s, features.len(), items.len(), false);
        s.finish().map(|()| Self { features, items, kind })
    }
}

/// A number above 0.
fn positive(s: &mut Reader<'_>) -> f64 {
    let value = s.f64();
    if value <= 0.0 {
        s.fail();
    }
    value
}

/// Fails the reader unless something holds.
fn demand(s: &mut Reader<'_>, holds: bool) {
    if !holds {
        s.fail();
    }
}

#[cfg(test)]
mod tests;
