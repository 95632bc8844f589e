//! Compiled conditions and tests, and their bytes.

use crate::value::Value;
use crate::wire::{Reader, Writer};
use alloc::string::String;
use alloc::vec::Vec;

/// Tag of [`Rule::Score`].
#[cfg(feature = "models")]
const SCORE: u8 = 32;
/// Tag of [`Rule::Trend`].
#[cfg(feature = "models")]
const TREND: u8 = 33;

/// A compiled condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Every one.
    All(Vec<Rule>),
    /// At least one.
    Any(Vec<Rule>),
    /// Not one.
    None(Vec<Rule>),
    /// Count of the counter `key` (see [`crate::stored::counter_key`]) within a window (0: any age).
    Event {
        /// Counter.
        key: u64,
        /// Least age; only with a window.
        older_ms: i64,
        /// Greatest age, inclusive.
        within_ms: i64,
        /// Least.
        min: u32,
        /// Greatest.
        max: u32,
    },
    /// Index into the bundle's attributes, and the test.
    Attribute(usize, Test),
    /// Context name, and the test.
    Context(String, Test),
    /// Category and least points.
    Affinity(String, f64),
    /// Index of an earlier audience.
    Audience(usize),
    /// Sum of `value` over the counter `key` within a window, in millionths.
    Sum {
        /// Counter.
        key: u64,
        /// Greatest age, inclusive.
        within_ms: i64,
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// Events one after the other.
    Sequence {
        /// Counters in order.
        steps: Vec<u64>,
        /// The last one must not have come, though it had its time.
        absent: bool,
        /// Longest time from one to the next.
        within_ms: i64,
        /// Greatest age of the first; 0 for any.
        first_ms: i64,
    },
    /// Visitors whose bucket under this name is below the bound.
    Sample(String, u64),
    /// Bounds of a model's score, both included.
    #[cfg(feature = "models")]
    Score {
        /// Index of the model.
        model: usize,
        /// Least.
        min: f64,
        /// Greatest.
        max: f64,
    },
    /// Days with the counter `key` in the latest `within` days, against the `before` days before them. Here and not among
    /// the others because few bundles have it: a build without models need not carry it.
    #[cfg(feature = "models")]
    Trend {
        /// Counter.
        key: u64,
        /// Days.
        within: u32,
        /// Days before those.
        before: u32,
        /// Fewer, not more.
        falls: bool,
        /// Least factor between the shares of days, in millionths.
        factor: i64,
    },
}

/// A compiled test: operator code and operands.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The operator.
    pub op: Op,
    /// One value, or the list of [`Op::OneOf`].
    pub values: Vec<Value>,
}

/// What a [`Test`] does; in the order of [`crate::source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Equal.
    Is,
    /// Known and not equal.
    IsNot,
    /// Equal to one.
    OneOf,
    /// Not below.
    AtLeast,
    /// Not above.
    AtMost,
    /// Above.
    MoreThan,
    /// Below.
    LessThan,
    /// Text begins with.
    StartsWith,
    /// Text contains.
    Contains,
    /// Known, or not.
    Known,
}

const OPS: [Op; 10] = [
    Op::Is,
    Op::IsNot,
    Op::OneOf,
    Op::AtLeast,
    Op::AtMost,
    Op::MoreThan,
    Op::LessThan,
    Op::StartsWith,
    Op::Contains,
    Op::Known,
];

impl Test {
    pub(super) fn write(&self, w: &mut Writer) {
        w.u8(self.op as u8);
        w.len(self.values.len());
        for value in &self.values {
            w.value(value);
        }
    }

    pub(super) fn read(s: &mut Reader<'_>) -> Self {
        let op = OPS.get(s.index(OPS.len())).copied().unwrap_or(Op::Known);
        Self { op, values: s.list(|s| s.value(Reader::owned)) }
    }
}

impl Rule {
    pub(super) fn write(&self, w: &mut Writer) {
        let list = |w: &mut Writer, tag: u8, rules: &[Self]| {
            w.u8(tag);
            w.len(rules.len());
            for rule in rules {
                rule.write(w);
            }
        };
        match self {
            Self::All(rules) => list(w, 0, rules),
            Self::Any(rules) => list(w, 1, rules),
            Self::None(rules) => list(w, 2, rules),
            Self::Event { key, older_ms, within_ms, min, max } => {
                w.u8(3);
                w.raw(&key.to_le_bytes());
                w.int(*older_ms);
                w.int(*within_ms);
                w.uint((*min).into());
                w.uint((*max).into());
            }
            Self::Attribute(index, test) => {
                w.u8(4);
                w.len(*index);
                test.write(w);
            }
            Self::Context(name, test) => {
                w.u8(5);
                w.text(name);
                test.write(w);
            }
            Self::Affinity(category, at_least) => {
                w.u8(6);
                w.text(category);
                w.f64(*at_least);
            }
            Self::Audience(index) => {
                w.u8(7);
                w.len(*index);
            }
            Self::Sum { key, within_ms, min, max } => {
                w.u8(8);
                w.raw(&key.to_le_bytes());
                w.int(*within_ms);
                w.int(*min);
                w.int(*max);
            }
            Self::Sequence { steps, absent, within_ms, first_ms } => {
                w.u8(9);
                w.len(steps.len());
                for step in steps {
                    w.raw(&step.to_le_bytes());
                }
                w.u8(u8::from(*absent));
                w.int(*within_ms);
                w.int(*first_ms);
            }
            Self::Sample(name, below) => {
                w.u8(10);
                w.text(name);
                w.uint(*below);
            }
            #[cfg(feature = "models")]
            Self::Score { model, min, max } => {
                w.u8(SCORE);
                w.len(*model);
                w.f64(*min);
                w.f64(*max);
            }
            #[cfg(feature = "models")]
            Self::Trend { key, within, before, falls, factor } => {
                w.u8(TREND);
                w.raw(&key.to_le_bytes());
                w.uint((*within).into());
                w.uint((*before).into());
                w.u8(u8::from(*falls));
                w.int(*factor);
            }
        }
    }

    /// Reads a rule that may refer to the first `counts.0` attributes and `counts.1` audiences.
    pub(super) fn read(s: &mut Reader<'_>, counts: (usize, usize), depth: usize) -> Self {
        if depth == 0 {
            s.fail();
        }
        let list = |s: &mut Reader<'_>| s.list(|s| Self::read(s, counts, depth - 1));
        match s.u8() {
            0 => Self::All(list(s)),
            1 => Self::Any(list(s)),
            2 => Self::None(list(s)),
            3 => Self::Event {
                key: s.u64(),
                older_ms: s.int(),
                within_ms: s.int(),
                min: s.u32(),
                max: s.u32(),
            },
            4 => Self::Attribute(s.index(counts.0), Test::read(s)),
            5 => Self::Context(s.owned(), Test::read(s)),
            6 => Self::Affinity(s.owned(), s.f64()),
            7 => Self::Audience(s.index(counts.1)),
            8 => Self::Sum { key: s.u64(), within_ms: s.int(), min: s.int(), max: s.int() },
            9 => Self::Sequence {
                steps: s.list(Reader::u64),
                absent: s.bool(),
                within_ms: s.int(),
                first_ms: s.int(),
            },
            10 => Self::Sample(s.owned(), s.uint()),
            #[cfg(feature = "models")]
            SCORE => Self::Score { model: s.u32() as usize, min: s.f64(), max: s.f64() },
            #[cfg(feature = "models")]
            TREND => Self::Trend {
                key: s.u64(),
                within: s.u32(),
                before: s.u32(),
                falls: s.bool(),
                factor: s.int(),
            },
            _ => {
                s.fail();
                Self::Any(Vec::new())
            }
        }
    }
}

#[cfg(feature = "models")]
impl Rule {
    /// Whether it asks only the first `models` models: they are read after it.
    pub(super) fn asks_below(&self, models: usize) -> bool {
        match self {
            Self::All(rules) | Self::Any(rules) | Self::None(rules) => {
                rules.iter().all(|rule| rule.asks_below(models))
            }
            Self::Score { model, .. } => *model < models,
            _ => true,
        }
    }

    /// Whether it needs a build with models though it asks none.
    pub(super) fn has_trend(&self) -> bool {
        match self {
            Self::All(rules) | Self::Any(rules) | Self::None(rules) => rules.iter().any(Self::has_trend),
            Self::Trend { .. } => true,
            _ => false,
        }
    }
}
