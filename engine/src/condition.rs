//! Rules with three results. Unknown is not false: it fails where a rule must hold, and is shown as such.

use crate::bucket::bucket;
use crate::profile;
use alloc::string::String;
use alloc::vec::Vec;
use attune_schema::bundle::{Bundle, Op, Rule, Test};
use attune_schema::id::VisitorId;
use attune_schema::stored::Profile;
#[cfg(feature = "models")]
use attune_schema::time::DAY_MS;
use attune_schema::time::Timestamp;
use attune_schema::value::{self, Value};
use core::cmp::Ordering;

/// Result of a rule (Kleene's strong three-valued logic: "and" is the least of two, "or" the greatest).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It does not hold.
    False,
    /// A value it needs is not known.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// Stable word, as in explanations.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }
}

/// One in millionths.
#[cfg(feature = "models")]
const MICROS: i64 = 1_000_000;

/// Context that the profile knows: the visitor's how manieth session this is.
const SESSION_NUMBER: &str = "session_number";

/// What rules are evaluated over.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Audiences, attribute names, half-life.
    pub bundle: &'a Bundle,
    /// The visitor.
    pub profile: &'a Profile,
    /// Values of the bundle's attributes, in its order: looked up once for all rules.
    pub attributes: &'a [Option<&'a Value>],
    /// The page, device and campaign tags of this view; by name.
    pub context: &'a [(String, Value)],
    /// Which session of the visitor this is, once there was one.
    pub session: Option<&'a Value>,
    /// When.
    pub now: Timestamp,
    /// Who is assigned.
    pub unit: VisitorId,
    /// What models have said of it.
    #[cfg(feature = "models")]
    pub scores: &'a crate::model::Scores,
}

impl<'a> Facts<'a> {
    /// What the context says of `name`.
    #[must_use]
    pub fn context(&self, name: &str) -> Option<&'a Value> {
        self.session.filter(|_| name == SESSION_NUMBER).or_else(|| value::get(self.context, name))
    }
}

/// Evaluates `rule`.
#[must_use]
pub fn evaluate(rule: &Rule, facts: &Facts<'_>) -> Truth {
    match rule {
        Rule::All(rules) => {
            let mut result = Truth::True;
            for rule in rules {
                result = result.min(evaluate(rule, facts));
                if result == Truth::False {
                    break;
                }
            }
            result
        }
        Rule::Any(rules) => any(rules, facts),
        Rule::None(rules) => any(rules, facts).not(),
        Rule::Event { key, older_ms, within_ms, min, max } => {
            let count = if *within_ms > 0 {
                let until = facts.now.plus_ms(-older_ms);
                profile::count_since(facts.profile, *key, facts.now.plus_ms(-within_ms), until)
            } else {
                profile::count_total(facts.profile, *key)
            };
            Truth::of(count >= *min && count <= *max)
        }
        Rule::Attribute(index, test) => check(test, facts.attributes.get(*index).copied().flatten()),
        Rule::Context(name, test) => check(test, facts.context(name)),
        Rule::Affinity(category, at_least) => {
            let half_life_ms = facts.bundle.half_life_of(category);
            let points = profile::affinity(facts.profile, category, facts.now, half_life_ms);
            Truth::of(points >= *at_least)
        }
        Rule::Audience(index) => {
            facts.bundle.audiences.get(*index).map_or(Truth::Unknown, |rule| evaluate(rule, facts))
        }
        Rule::Sum { key, within_ms, min, max } => {
            let from = facts.now.plus_ms(-within_ms);
            let sum = profile::sum_since(facts.profile, *key, from, facts.now);
            Truth::of(sum >= *min && sum <= *max)
        }
        Rule::Sequence { steps, absent, within_ms, first_ms } => {
            Truth::of(happened(steps, *absent, *within_ms, *first_ms, facts))
        }
        Rule::Sample(name, below) => {
            Truth::of(u64::from(bucket(&facts.bundle.salt, name, facts.unit)) < *below)
        }
        #[cfg(feature = "models")]
        Rule::Score { model, min, max } => match facts.scores.score(*model, facts) {
            Some(score) => Truth::of(score >= *min && score <= *max),
            None => Truth::Unknown,
        },
        #[cfg(feature = "models")]
        Rule::Trend { key, within, before, falls, factor } => {
            trend(*key, [*within, *before], *falls, *factor, facts)
        }
    }
}

/// Days with an event in the latest of `spans` against the one before it. What the profile no longer knows is left out of
/// the time before; where nothing of that is known, nothing is.
#[cfg(feature = "models")]
fn trend(key: u64, spans: [u32; 2], falls: bool, factor: i64, facts: &Facts<'_>) -> Truth {
    let [within, before] = spans.map(i64::from);
    let times = profile::times(facts.profile, key);
    let age = |time: &Timestamp| facts.now.since(*time).div_euclid(DAY_MS);
    let mut known = before;
    if let Some(first) =
        times.first().filter(|_| profile::count_total(facts.profile, key) > times.len() as u32)
    {
        known = known.min(age(first) - within);
    }
    if known <= 0 {
        return Truth::Unknown;
    }
    // Times ascend, so that events of one day are neighbours.
    let (mut recent, mut earlier, mut last) = (0_i64, 0_i64, i64::MAX);
    for day in times.iter().map(age).filter(|day| (0..within + known).contains(day)) {
        if day != last {
            *(if day < within { &mut recent } else { &mut earlier }) += 1;
            last = day;
        }
    }
    // Shares, without division: days of one against all days of the other.
    let shares = (recent * known, earlier * within);
    let (days, (more, less)) = if falls { (earlier, (shares.1, shares.0)) } else { (recent, shares) };
    Truth::of(days >= 2 && more.saturating_mul(MICROS) >= less.saturating_mul(factor))
}

/// Whether the events of `steps` came one after the other, each at most `within_ms` after the one before.
///
/// Step by step, all times at which the sequence could stand: the earliest alone would not do, because a later
/// event may be the one from which the next is near enough.
fn happened(steps: &[u64], absent: bool, within_ms: i64, first_ms: i64, facts: &Facts<'_>) -> bool {
    let known = |key: u64, from: Timestamp| {
        let times = profile::times(facts.profile, key).iter().copied();
        times.filter(move |time| from <= *time && *time <= facts.now)
    };
    let follows = |before: &Timestamp, at: Timestamp| *before < at && at <= before.plus_ms(within_ms);
    let [first, rest @ ..] = steps else { return false };
    let oldest = if first_ms > 0 { facts.now.plus_ms(-first_ms) } else { Timestamp(i64::MIN) };
    let mut stands: Vec<Timestamp> = known(*first, oldest).collect();
    for (left, key) in (0..rest.len()).rev().zip(rest) {
        if absent && left == 0 {
            return stands.iter().any(|at| {
                at.plus_ms(within_ms) < facts.now && !known(*key, *at).any(|next| follows(at, next))
            });
        }
        stands = known(*key, oldest).filter(|at| stands.iter().any(|before| follows(before, *at))).collect();
    }
    !stands.is_empty()
}

fn any(rules: &[Rule], facts: &Facts<'_>) -> Truth {
    let mut result = Truth::False;
    for rule in rules {
        result = result.max(evaluate(rule, facts));
        if result == Truth::True {
            break;
        }
    }
    result
}

fn check(test: &Test, value: Option<&Value>) -> Truth {
    let first = test.values.first();
    if test.op == Op::Known {
        return Truth::of(value.is_some() == (first == Some(&Value::Bool(true))));
    }
    let (Some(value), Some(first)) = (value, first) else { return Truth::Unknown };
    let ordered = |accepted: &[Ordering]| {
        value.compare(first).map_or(Truth::Unknown, |order| Truth::of(accepted.contains(&order)))
    };
    let text = |accept: fn(&str, &str) -> bool| match (value, first) {
        (Value::Text(value), Value::Text(part)) => Truth::of(accept(value, part)),
        _ => Truth::Unknown,
    };
    match test.op {
        Op::Is => equal(value, first),
        Op::IsNot => equal(value, first).not(),
        // Options of another kind say nothing; with none of its kind the answer is unknown.
        Op::OneOf => {
            let mut result = Truth::Unknown;
            for option in &test.values {
                match equal(value, option) {
                    Truth::True => return Truth::True,
                    Truth::False => result = Truth::False,
                    Truth::Unknown => {}
                }
            }
            result
        }
        Op::AtLeast => ordered(&[Ordering::Greater, Ordering::Equal]),
        Op::AtMost => ordered(&[Ordering::Less, Ordering::Equal]),
        Op::MoreThan => ordered(&[Ordering::Greater]),
        Op::LessThan => ordered(&[Ordering::Less]),
        Op::StartsWith => text(|value, part| value.as_bytes().starts_with(part.as_bytes())),
        Op::Contains => text(contains),
        Op::Known => Truth::Unknown,
    }
}

/// Equality of values of one kind; unknown for different kinds.
fn equal(a: &Value, b: &Value) -> Truth {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Truth::of(a == b),
        (Value::Text(a), Value::Text(b)) => Truth::of(a == b),
        _ => a.compare(b).map_or(Truth::Unknown, |order| Truth::of(order == Ordering::Equal)),
    }
}

/// Whether `part` occurs in `text`; plain, because rules are short and the standard search is 3 kB of Wasm.
fn contains(text: &str, part: &str) -> bool {
    part.is_empty() || text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}
