//! Events, runs of them, and which of two runs is better.

use std::cmp::Ordering;

/// One event: time in milliseconds, sequence, the steps it can fill as bits and above them (from bit 32) the
/// exclusions it is, and its value of the breakdown.
pub type Event = (i64, u32, u64, String);

/// Where the bits of exclusions begin.
pub(super) const EXCLUSION_BIT: u32 = 32;

/// A run that counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// Steps and the events that fill them, as indices, in order; never empty.
    pub filled: Vec<(usize, usize)>,
}

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Never did the first step.
    Absent,
    /// Got further than it does without what is excluded.
    Excluded,
    /// Its best run, and in which of its parts.
    Ran(usize, Run),
    /// In any order: how many steps, and when the first and the last of them were.
    Reached(usize, i64, i64),
}

/// An event in a run, and the one before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) step: usize,
    pub(super) event: usize,
    pub(super) at: i64,
    pub(super) before: u32,
}

/// No node before.
pub(super) const NONE: u32 = u32::MAX;

/// A run as far as it got.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) last: usize,
    pub(super) start: i64,
    /// How many of the events that are excluded somewhere come before the end of its window.
    pub(super) spoilt_by: usize,
    pub(super) at: i64,
    pub(super) filled: u32,
    pub(super) node: u32,
    /// Whether its last event is of this group.
    pub(super) moved: bool,
    /// Zones that it was in during this group.
    pub(super) zones: u32,
    /// Events that it used of this group: in all, and of each kind that may be used again.
    pub(super) used: u32,
    pub(super) used_of: Vec<u32>,
}

/// Events of one group that can do the same.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) bits: u64,
    pub(super) events: Vec<usize>,
}

/// A run to compare with others: see `Walk::better`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best {
    pub(super) last: usize,
    pub(super) filled: u32,
    pub(super) end: i64,
    pub(super) start: i64,
    pub(super) node: u32,
}

pub(super) fn rank(a: &Best, b: &Best) -> Ordering {
    (a.last, a.filled, b.end, a.start).cmp(&(b.last, b.filled, a.end, b.start))
}

pub(super) fn exclusions(event: &Event) -> u32 {
    (event.2 >> EXCLUSION_BIT) as u32
}

/// The places of the bits that are set.
pub(super) fn bits(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        bit
    })
}
