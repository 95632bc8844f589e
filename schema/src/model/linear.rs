//! Models that are one sum over the features of a row.

use super::{Link, demand};
use crate::wire::{Reader, Writer};
use alloc::vec::Vec;

/// `link(intercept + Σ weight · (x − offset) · factor)`; a missing value adds nothing, as if it were the offset.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Linear {
    /// The sum without any feature.
    pub intercept: f64,
    /// One a feature.
    pub terms: Vec<Term>,
    /// What becomes of the sum.
    pub link: Link,
}

/// One feature's part of a [`Linear`] sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// Taken from the value first: a scaler's mean.
    pub offset: f64,
    /// Then multiplied: a scaler's reciprocal deviation.
    pub factor: f64,
    /// What that is worth.
    pub weight: f64,
}

impl Linear {
    pub(super) fn write(&self, w: &mut Writer) {
        w.f64(self.intercept);
        // Most models have no scaler, or all their features have one.
        let scaled = self.terms.iter().any(|term| term.offset != 0.0 || term.factor != 1.0);
        w.u8(u8::from(scaled));
        w.len(self.terms.len());
        for term in &self.terms {
            if scaled {
                w.f64(term.offset);
                w.f64(term.factor);
            }
            w.f64(term.weight);
        }
        w.u8(self.link as u8);
    }

    pub(super) fn read(s: &mut Reader<'_>, features: usize) -> Self {
        let intercept = s.f64();
        let scaled = s.bool();
        let terms = s.list(|s| {
            let (offset, factor) = if scaled { (s.f64(), s.f64()) } else { (0.0, 1.0) };
            Term { offset, factor, weight: s.f64() }
        });
        demand(s, terms.len() == features);
        Self { intercept, terms, link: Link::read(s) }
    }
}

/// `link(intercept + Σ value of the feature's bin)`. With log-likelihood ratios as values and log prior odds as
/// intercept this is naive Bayes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scorecard {
    /// The sum without any feature.
    pub intercept: f64,
    /// One a feature.
    pub features: Vec<Bins>,
    /// What becomes of the sum.
    pub link: Link,
}

/// What the ranges of one feature are worth.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bins {
    /// Ascending; bin n holds what is not above cut n, the last one what is above every cut.
    pub cuts: Vec<f64>,
    /// One more than there are cuts.
    pub values: Vec<f64>,
    /// Where the value is missing.
    pub missing: f64,
}

impl Scorecard {
    pub(super) fn write(&self, w: &mut Writer) {
        w.f64(self.intercept);
        w.len(self.features.len());
        for bins in &self.features {
            w.len(bins.cuts.len());
            for cut in &bins.cuts {
                w.f64(*cut);
            }
            for value in &bins.values {
                w.f64(*value);
            }
            w.f64(bins.missing);
        }
        w.u8(self.link as u8);
    }

    pub(super) fn read(s: &mut Reader<'_>, features: usize) -> Self {
        let intercept = s.f64();
        let cards = s.list(|s| {
            let cuts = s.list(Reader::f64);
            demand(s, cuts.is_sorted_by(|a, b| a < b));
            let mut values = Vec::new();
            for _ in 0..=cuts.len() {
                values.push(s.f64());
            }
            Bins { cuts, values, missing: s.f64() }
        });
        demand(s, cards.len() == features);
        Self { intercept, features: cards, link: Link::read(s) }
    }
}
