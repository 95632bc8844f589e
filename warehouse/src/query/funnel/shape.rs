//! What of a funnel's question decides which runs count, checked.

use crate::Error;
use attune_schema::question::{
    Against, Breakdown, BreakdownAt, FunnelQuestion, Order, Outcome, PropertyFilter, SameTime,
};
use std::collections::BTreeSet;

/// Most steps of a funnel.
const STEPS: usize = 30;
/// Most exclusions of a funnel.
const EXCLUSIONS: usize = 20;
/// Most properties held constant.
const HELD: usize = 5;
/// Most periods and lists beside the first.
const COMPARED: usize = 12;
/// Most ids of a page.
const IDS: u32 = 1_000;

/// Which runs count. Steps are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// How many steps there are.
    pub steps: usize,
    /// Steps that a run may leave out, as bits.
    pub optional: u32,
    /// In which order they count.
    pub order: Order,
    /// Whether each must be strictly later than the one before.
    pub later: bool,
    /// From the first event of a run to the last.
    pub window_ms: Option<i64>,
    /// From the event before to the one that fills the step.
    pub step_windows_ms: Vec<Option<i64>>,
    /// For each exclusion, after which step and before which; anywhere if `None`.
    pub zones: Vec<Option<(usize, usize)>>,
}

impl Shape {
    /// Ordered steps within a window, and nothing else.
    #[must_use]
    pub fn plain(steps: usize, window_ms: Option<i64>, later: bool) -> Self {
        Self {
            steps,
            optional: 0,
            order: Order::Ordered,
            later,
            window_ms,
            step_windows_ms: vec![None; steps],
            zones: Vec::new(),
        }
    }

    /// What `question` asks for.
    ///
    /// # Errors
    /// What cannot be asked, and why.
    pub fn new(question: &FunnelQuestion) -> Result<Self, Error> {
        let refuse = |message: String| Err(Error::Question(message));
        let count = question.steps.len();
        if count == 0 || count > STEPS {
            return refuse(format!("a funnel has 1 to {STEPS} steps, not {count}"));
        }
        for (what, is, most) in [
            ("exclusions", question.exclude.len(), EXCLUSIONS),
            ("properties held constant", question.hold_constant.len(), HELD),
            ("periods and lists to compare with", question.compare.len(), COMPARED),
        ] {
            if is > most {
                return refuse(format!("a funnel has at most {most} {what}, not {is}"));
            }
        }
        if let Some(first) = question.steps.first() {
            if first.optional {
                return refuse("the first step cannot be optional: runs begin with it".to_owned());
            }
            if first.window_seconds.is_some() {
                return refuse("the first step has no step before it, so no window of its own".to_owned());
            }
        }
        if question.order == Order::Any {
            in_any_order(question)?;
        }
        let mut zones = Vec::new();
        for (index, exclusion) in (1..).zip(&question.exclude) {
            let Some((after, before)) = exclusion.between else {
                zones.push(None);
                continue;
            };
            if after == 0 || after >= before || before as usize > count {
                return refuse(format!(
                    "exclusion {index} is between steps {after} and {before}: the first must come before the second, \
                     and there are {count}"
                ));
            }
            zones.push(Some((after as usize - 1, before as usize - 1)));
        }
        if let Some(place) = question.compare.iter().position(|other| *other == Against::default()) {
            return refuse(format!("comparison {} names neither a period nor a list", place + 1));
        }
        people(question)?;
        let optional = question.steps.iter().rev().fold(0, |bits, step| bits << 1 | u32::from(step.optional));
        Ok(Self {
            steps: count,
            optional,
            order: question.order,
            later: question.same_time == SameTime::Later,
            window_ms: question.window_seconds.map(milliseconds),
            step_windows_ms: question.steps.iter().map(|s| s.window_seconds.map(milliseconds)).collect(),
            zones,
        })
    }

    /// The required step before `step`, if there is one.
    pub(super) fn required_before(&self, step: usize) -> Option<usize> {
        (0..step).rev().find(|before| self.optional & (1 << before) == 0)
    }

    /// Steps that may come next after `last`, as bits: optional ones, and the first that is not.
    pub(super) fn next(&self, last: usize) -> u32 {
        let mut bits = 0;
        for step in last + 1..self.steps {
            bits |= 1 << step;
            if self.optional & (1 << step) == 0 {
                break;
            }
        }
        bits
    }

    /// How long a run that reached `last` may wait for its next event, whenever it began.
    pub(super) fn patience(&self, last: usize) -> i64 {
        let next = self.next(last);
        let windows = (0..self.steps).filter(|step| next & (1 << step) != 0);
        windows.map(|step| self.step_windows_ms[step].unwrap_or(i64::MAX)).max().unwrap_or(0)
    }
}

/// Whether `windowFunnel` counts exactly what is asked: one event fills one step, and only the furthest counts.
pub(super) fn is_quick(question: &FunnelQuestion) -> bool {
    let mut names = BTreeSet::new();
    let disjoint = question.steps.iter().flat_map(|step| step.event.names()).all(|name| names.insert(name));
    disjoint
        && question.order == Order::Ordered
        && question.same_time == SameTime::Allowed
        && question.exclude.is_empty()
        && question.hold_constant.is_empty()
        && question.steps.iter().all(|step| !step.optional && step.window_seconds.is_none())
        && (question.breakdown.is_none() || question.breakdown_at == BreakdownAt::First)
        && !question.times
        && question.people.is_none()
}

/// Whether the narrow table has all that is asked for.
pub(super) fn is_narrow(question: &FunnelQuestion) -> bool {
    let unfiltered = |filters: &[PropertyFilter]| filters.is_empty();
    question.steps.iter().all(|step| unfiltered(&step.filters))
        && question.exclude.iter().all(|exclusion| unfiltered(&exclusion.filters))
        && question.hold_constant.is_empty()
        && matches!(question.breakdown, None | Some(Breakdown::Device))
}

fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000)
}

/// What has no meaning without an order.
fn in_any_order(question: &FunnelQuestion) -> Result<(), Error> {
    let what = if question.steps.iter().any(|step| step.optional) {
        "a step cannot be optional"
    } else if question.steps.iter().any(|step| step.window_seconds.is_some()) {
        "a step has no window of its own"
    } else if question.exclude.iter().any(|exclusion| exclusion.between.is_some()) {
        "an exclusion cannot be between two steps"
    } else if question.same_time == SameTime::Later {
        "no step can be later than another"
    } else if question.breakdown.is_some() && question.breakdown_at != BreakdownAt::First {
        "a breakdown is by the first value"
    } else {
        return Ok(());
    };
    Err(Error::Question(format!("in any order, {what}")))
}

fn people(question: &FunnelQuestion) -> Result<(), Error> {
    let Some(people) = &question.people else { return Ok(()) };
    let (step, count) = (people.step, question.steps.len());
    let known = people.outcome == Outcome::Excluded || (step >= 1 && step as usize <= count);
    let message = if !known {
        format!("people of step {step} are asked for, and there are {count}")
    } else if people.outcome == Outcome::Dropped && step == 1 {
        "nobody drops out before the first step".to_owned()
    } else if let Some(limit) = people.limit.filter(|limit| !(1..=IDS).contains(limit)) {
        format!("a page has 1 to {IDS} ids, not {limit}")
    } else if people.value.is_some() && question.breakdown.is_none() {
        "people of a slice are asked for, and there is no breakdown".to_owned()
    } else if people.value.is_some() && people.outcome == Outcome::Excluded {
        "whoever left the funnel is in no slice".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::Question(message))
}
