//! Ensembles of binary trees.
//!
//! In memory the nodes of all trees are one list, each tree in preorder: the left child of a node is the next one, and
//! every child comes after its parent, so that a walk ends. As bytes the same nodes are four streams (features, flags,
//! thresholds, leaves), because each compresses better beside its own kind. Thresholds are indexes into each feature's
//! sorted distinct ones; where all of them are of single precision, they are kept as differences of their order.

use super::{Link, demand, positive};
use crate::wire::{Reader, Writer};
use alloc::vec::Vec;

/// Stands for the feature of a leaf.
pub const LEAF: u16 = u16::MAX;
/// What LightGBM calls zero: the double next to the single-precision 1e-35.
pub const ZERO_MISSING: f64 = 1e-35_f32 as f64;

const SIGN: u32 = 1 << 31;
const MISSING_LEFT: u8 = 1;
const ZERO_IS_MISSING: u8 = 2;
const CATEGORICAL: u8 = 4;

/// `link(Σ leaves / divisor)`, the sum beginning with `base` and taken tree by tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trees {
    /// Whether inputs are rounded to single precision first (XGBoost, ONNX).
    pub single_inputs: bool,
    /// Whether sum and link are of single precision (XGBoost).
    pub single_sum: bool,
    /// Where the sum begins.
    pub base: f64,
    /// What the sum is divided by: the number of trees where the mean counts.
    pub divisor: f64,
    /// Multiplies the sum before the link: the slope of a logistic.
    pub slope: f64,
    /// What becomes of the sum.
    pub link: Link,
    /// First node of each tree.
    pub roots: Vec<u32>,
    /// Nodes of all trees, each in preorder.
    pub nodes: Vec<Node>,
    /// Sets of categories: offset and length in `words`.
    pub sets: Vec<(u32, u32)>,
    /// Bits of all sets, 32 categories a word, lowest first.
    pub words: Vec<u32>,
    /// Leaves are whole multiples of this, of 16 bits; 0 where they are exact.
    pub leaf_step: f64,
}

/// A split or a leaf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// Of a leaf its value; of a split the greatest number that goes left, or the index of the set that does.
    pub value: f64,
    /// The right child; the left one is the next node.
    pub right: u32,
    /// Index of the feature, or [`LEAF`].
    pub feature: u16,
    flags: u8,
}

impl Node {
    /// A leaf.
    #[must_use]
    pub const fn leaf(value: f64) -> Self {
        Self { value, right: 0, feature: LEAF, flags: 0 }
    }

    /// A split: `value ≤ threshold` goes left. With `zero_missing` numbers within [`ZERO_MISSING`] of 0 count as missing.
    #[must_use]
    pub const fn split(feature: u16, threshold: f64, missing_left: bool, zero_missing: bool) -> Self {
        let flags = (missing_left as u8) | if zero_missing { ZERO_IS_MISSING } else { 0 };
        Self { value: threshold, right: 0, feature, flags }
    }

    /// A split: a category in set number `set` goes left.
    #[must_use]
    pub const fn categories(feature: u16, set: u32, missing_left: bool) -> Self {
        Self { value: set as f64, right: 0, feature, flags: (missing_left as u8) | CATEGORICAL }
    }

    /// Whether it is a leaf.
    #[must_use]
    pub const fn is_leaf(&self) -> bool {
        self.feature == LEAF
    }

    /// Where a missing value goes.
    #[must_use]
    pub const fn missing_left(&self) -> bool {
        self.flags & MISSING_LEFT != 0
    }

    /// Whether numbers next to 0 are missing.
    #[must_use]
    pub const fn zero_missing(&self) -> bool {
        self.flags & ZERO_IS_MISSING != 0
    }

    /// Whether it splits categories.
    #[must_use]
    pub const fn is_categorical(&self) -> bool {
        self.flags & CATEGORICAL != 0
    }

    /// Whether it compares, and nothing else.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.flags & (ZERO_IS_MISSING | CATEGORICAL) == 0
    }
}

/// The words of a set that holds `categories`.
#[must_use]
pub fn category_set(categories: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut words = Vec::new();
    for category in categories {
        let at = (category / 32) as usize;
        if words.len() <= at {
            words.resize(at + 1, 0);
        }
        if let Some(word) = words.get_mut(at) {
            *word |= 1 << (category % 32);
        }
    }
    words
}

/// Whether the set `words` holds `category`.
#[must_use]
pub fn is_in(words: &[u32], category: u32) -> bool {
    words.get((category / 32) as usize).is_some_and(|word| word >> (category % 32) & 1 == 1)
}

/// The order of a single-precision number among all; whole steps of few bits stay so on both sides of 0.
fn ordered(value: f32) -> u32 {
    let size = value.to_bits() & !SIGN;
    if value.is_sign_negative() { SIGN - size } else { SIGN + size }
}

/// The number that has this order.
fn unordered(order: u32) -> f32 {
    f32::from_bits(if order < SIGN { (SIGN - order) | SIGN } else { order - SIGN })
}

impl Trees {
    /// Bits of a threshold's order that quantising keeps, of 32: the error is below 2^-11 of the threshold.
    const KEPT: u32 = 20;

    /// The lossy form: leaves of 16 bits, thresholds of 20. Whole numbers below 4,096 stay what they are.
    ///
    /// A threshold is rounded down: one just below a whole number stays below it, and one just above becomes it.
    #[must_use]
    pub fn quantised(&self) -> Self {
        let mut lossy = self.clone();
        let leaves = self.nodes.iter().filter(|node| node.is_leaf());
        let greatest = leaves.fold(0.0_f64, |most, node| most.max(node.value.abs()));
        lossy.leaf_step = if greatest > 0.0 { greatest / 32_767.0 } else { 1.0 };
        for node in &mut lossy.nodes {
            if node.is_leaf() {
                node.value = steps(node.value, lossy.leaf_step) as f64 * lossy.leaf_step;
            } else if !node.is_categorical() && node.value.is_finite() {
                let low = (1_u32 << (32 - Self::KEPT)) - 1;
                let mut single = node.value.clamp(f32::MIN.into(), f32::MAX.into()) as f32;
                if f64::from(single) > node.value {
                    single = unordered(ordered(single) - 1);
                }
                let rounded = unordered(ordered(single) & !low);
                node.value = f64::from(if rounded.is_finite() { rounded } else { f32::MIN });
            }
        }
        lossy
    }

    /// Distinct thresholds of each feature, ascending.
    fn thresholds(&self, features: usize) -> Vec<Vec<f64>> {
        let mut all: Vec<Vec<f64>> = Vec::new();
        all.resize(features, Vec::new());
        for node in self.nodes.iter().filter(|node| !node.is_leaf() && !node.is_categorical()) {
            if let Some(known) = all.get_mut(usize::from(node.feature)) {
                // The negative zero is no other threshold.
                known.push(node.value + 0.0);
            }
        }
        for known in &mut all {
            known.sort_unstable_by(f64::total_cmp);
            known.dedup_by_key(|threshold| threshold.to_bits());
        }
        all
    }

    pub(super) fn write(&self, w: &mut Writer, features: usize) {
        w.u8(u8::from(self.single_inputs) | u8::from(self.single_sum) << 1);
        for number in [self.base, self.divisor, self.slope] {
            w.f64(number);
        }
        w.u8(self.link as u8);
        let thresholds = self.thresholds(features);
        write_thresholds(w, &thresholds);
        w.len(self.sets.len());
        for (at, len) in &self.sets {
            w.uint((*len).into());
            for word in self.words.iter().skip(*at as usize).take(*len as usize) {
                w.raw(&word.to_le_bytes());
            }
        }
        w.len(self.roots.len());
        let splits = || self.nodes.iter().filter(|node| !node.is_leaf());
        for node in &self.nodes {
            w.uint(if node.is_leaf() { 0 } else { u64::from(node.feature) + 1 });
        }
        for node in splits() {
            w.u8(node.flags);
        }
        for node in splits() {
            let known = thresholds.get(usize::from(node.feature)).map_or(&[][..], Vec::as_slice);
            let index = if node.is_categorical() {
                node.value as usize
            } else {
                known.binary_search_by(|known| known.total_cmp(&(node.value + 0.0))).unwrap_or_default()
            };
            w.len(index);
        }
        self.write_leaves(w);
    }

    fn write_leaves(&self, w: &mut Writer) {
        let leaves = || self.nodes.iter().filter(|node| node.is_leaf()).map(|node| node.value);
        w.f64(self.leaf_step);
        if self.leaf_step > 0.0 {
            for leaf in leaves() {
                w.raw(&steps(leaf, self.leaf_step).to_le_bytes());
            }
            return;
        }
        let single = leaves().all(is_single);
        w.u8(u8::from(single));
        for leaf in leaves() {
            if single {
                w.raw(&(leaf as f32).to_le_bytes());
            } else {
                w.f64(leaf);
            }
        }
    }

    pub(super) fn read(s: &mut Reader<'_>, features: usize) -> Self {
        let precision = s.index(4);
        let base = s.f64();
        let divisor = positive(s);
        let slope = positive(s);
        let link = Link::read(s);
        let thresholds = read_thresholds(s, features);
        let mut words = Vec::new();
        let sets = s.list(|s| {
            let (at, len) = (words.len() as u32, s.length());
            for chunk in s.raw(len.saturating_mul(4)).as_chunks().0 {
                words.push(u32::from_le_bytes(*chunk));
            }
            (at, len as u32)
        });
        let (roots, mut nodes) = shape(s, features);
        for node in nodes.iter_mut().filter(|node| !node.is_leaf()) {
            node.flags = s.index(8) as u8;
            demand(s, !(node.is_categorical() && node.zero_missing()));
        }
        for node in nodes.iter_mut().filter(|node| !node.is_leaf()) {
            node.value = if node.is_categorical() {
                s.index(sets.len()) as f64
            } else {
                let known = thresholds.get(usize::from(node.feature)).map_or(&[][..], Vec::as_slice);
                known.get(s.index(known.len())).copied().unwrap_or_default()
            };
        }
        let leaf_step = s.f64();
        let exact = leaf_step == 0.0;
        demand(s, leaf_step >= 0.0);
        let single = exact && s.bool();
        for node in nodes.iter_mut().filter(|node| node.is_leaf()) {
            node.value = if !exact {
                f64::from(i16::from_le_bytes(s.raw(2).try_into().unwrap_or_default())) * leaf_step
            } else if single {
                let leaf = f32::from_le_bytes(s.raw(4).try_into().unwrap_or_default());
                demand(s, leaf.is_finite());
                f64::from(leaf)
            } else {
                s.f64()
            };
        }
        Self {
            single_inputs: precision & 1 == 1,
            single_sum: precision & 2 == 2,
            base,
            divisor,
            slope,
            link,
            roots,
            nodes,
            sets,
            words,
            leaf_step,
        }
    }
}

/// Whether single precision holds `value`.
fn is_single(value: f64) -> bool {
    f64::from(value as f32).to_bits() == value.to_bits()
}

/// How many steps `value` is, rounded to the nearest.
fn steps(value: f64, step: f64) -> i16 {
    let steps = value / step;
    (if steps < 0.0 { steps - 0.5 } else { steps + 0.5 }) as i16
}

fn write_thresholds(w: &mut Writer, thresholds: &[Vec<f64>]) {
    let single = thresholds.iter().flatten().all(|threshold| is_single(*threshold));
    let order = |threshold: &f64| ordered(*threshold as f32);
    let shared = thresholds.iter().flatten().map(|threshold| order(threshold).trailing_zeros()).min();
    let shift = shared.unwrap_or(0).min(31);
    w.u8(if single { 1 + shift as u8 } else { 0 });
    for known in thresholds {
        w.len(known.len());
        let mut before = 0;
        for threshold in known {
            if single {
                let order = order(threshold) >> shift;
                w.uint((order - before).into());
                before = order;
            } else {
                w.f64(*threshold);
            }
        }
    }
}

fn read_thresholds(s: &mut Reader<'_>, features: usize) -> Vec<Vec<f64>> {
    let form = s.index(33) as u32;
    let mut all = Vec::new();
    for _ in 0..features {
        let mut before = 0_u32;
        all.push(s.list(|s| {
            let Some(shift) = form.checked_sub(1) else {
                // It may be infinite: then all numbers go one way, and only what is missing the other.
                let threshold = f64::from_bits(s.u64());
                demand(s, !threshold.is_nan());
                return threshold;
            };
            let order = before.checked_add(s.u32()).filter(|order| *order <= u32::MAX >> shift);
            before = order.unwrap_or_default();
            let threshold = unordered(before << shift);
            demand(s, order.is_some() && !threshold.is_nan());
            f64::from(threshold)
        }));
    }
    all
}

/// Reads which nodes split by which feature, and finds the right children.
fn shape(s: &mut Reader<'_>, features: usize) -> (Vec<u32>, Vec<Node>) {
    let mut nodes: Vec<Node> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let roots = s.list(|s| {
        let root = nodes.len() as u32;
        loop {
            let feature = s.index(features + 1);
            if s.check().is_err() {
                break;
            }
            if feature > 0 {
                open.push(nodes.len());
                nodes.push(Node { value: 0.0, right: 0, feature: (feature - 1) as u16, flags: 0 });
                continue;
            }
            nodes.push(Node::leaf(0.0));
            // The next node is the right child of the innermost split that has none.
            let next = nodes.len() as u32;
            match open.pop().and_then(|split| nodes.get_mut(split)) {
                Some(split) => split.right = next,
                None => break,
            }
        }
        root
    });
    (roots, nodes)
}
