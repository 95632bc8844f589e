//! Models that score items from a visitor's history. Their weights are whole numbers of eight bits, so that sums have no
//! order: SIMD, scalar, native and Wasm agree by themselves.

use super::{demand, positive};
use crate::wire::{Reader, Writer};
use alloc::vec::Vec;

/// Item to item: the score of an item is `scale · Σ weight` over the items of the history.
///
/// EASE (Steck 2019, *Embarrassingly Shallow Autoencoders for Sparse Data*) or cosine, cut to the heaviest entries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Neighbours {
    /// What one unit of weight is worth.
    pub scale: f64,
    /// By item of the history: item and weight, ascending by item.
    pub rows: Vec<Vec<(u16, i8)>>,
}

impl Neighbours {
    pub(super) fn write(&self, w: &mut Writer) {
        w.f64(self.scale);
        // All places, then all weights: each compresses better beside its own kind.
        for row in &self.rows {
            w.len(row.len());
            let mut next = 0;
            for (item, _) in row {
                w.uint(u64::from(*item) - next);
                next = u64::from(*item) + 1;
            }
        }
        for (_, weight) in self.rows.iter().flatten() {
            w.u8(*weight as u8);
        }
    }

    pub(super) fn read(s: &mut Reader<'_>, items: usize) -> Self {
        let scale = positive(s);
        let mut rows = Vec::new();
        for _ in 0..items {
            let mut next = 0_usize;
            rows.push(s.list(|s| {
                // Nothing may follow the last item: no index is below 0.
                let item = next.saturating_add(s.index(items - next)).min(items - 1);
                next = item + 1;
                (item as u16, 0)
            }));
        }
        for entry in rows.iter_mut().flatten() {
            entry.1 = s.u8() as i8;
        }
        Self { scale, rows }
    }
}

/// Asymmetric factorisation (Koren 2008, *Factorization Meets the Neighborhood*): the visitor is the sum of the `known`
/// vectors of the history, and an item's score is `scale · (its vector · the visitor's)`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Factors {
    /// What one unit of the product is worth.
    pub scale: f64,
    /// Length of a vector.
    pub dimensions: usize,
    /// Vectors of items as part of a history, one after the other.
    pub known: Vec<i8>,
    /// Vectors of items as they are scored; equal to `known` where this is empty.
    pub wanted: Vec<i8>,
}

impl Factors {
    /// Greatest length of a vector: with at most 2^16 items in a history no sum leaves 64 bits.
    pub const DIMENSIONS: usize = 256;

    /// The vectors that are scored.
    #[must_use]
    pub fn scored(&self) -> &[i8] {
        if self.wanted.is_empty() { &self.known } else { &self.wanted }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.f64(self.scale);
        w.len(self.dimensions);
        w.u8(u8::from(!self.wanted.is_empty()));
        for number in self.known.iter().chain(&self.wanted) {
            w.u8(*number as u8);
        }
    }

    pub(super) fn read(s: &mut Reader<'_>, items: usize) -> Self {
        let scale = positive(s);
        let dimensions = s.index(Self::DIMENSIONS + 1);
        demand(s, dimensions > 0);
        let two = s.bool();
        let size = if s.check().is_ok() { dimensions * items } else { 0 };
        let mut vectors = || s.raw(size).iter().map(|byte| *byte as i8).collect::<Vec<_>>();
        let known = vectors();
        let wanted = if two { vectors() } else { Vec::new() };
        Self { scale, dimensions, known, wanted }
    }
}

/// How often each item was chosen in the visitor's cohort: the score is its share.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Popularity {
    /// The feature whose value is the cohort's number; none where all visitors are one cohort.
    pub feature: Option<usize>,
    /// Counts by cohort and item; the last row is for visitors of no known cohort.
    pub counts: Vec<Vec<u32>>,
}

impl Popularity {
    pub(super) fn write(&self, w: &mut Writer) {
        w.option(self.feature, Writer::len);
        w.len(self.counts.len());
        for row in &self.counts {
            for count in row {
                w.uint((*count).into());
            }
        }
    }

    pub(super) fn read(s: &mut Reader<'_>, features: usize, items: usize) -> Self {
        let feature = s.option(|s| s.index(features));
        let counts = s.list(|s| {
            let mut row = Vec::new();
            for _ in 0..items {
                // Each count takes a byte, so a list longer than the input ends here.
                if s.check().is_err() {
                    break;
                }
                row.push(s.u32());
            }
            row
        });
        demand(s, !counts.is_empty());
        Self { feature, counts }
    }
}
