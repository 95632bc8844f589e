//! Units → bars, slices, times, ids.

use super::run::{Event, Verdict};
use super::shape::Shape;
use crate::query::times::times;
use attune_schema::question::{
    BreakdownAt, FunnelPeople, FunnelQuestion, FunnelSlice, FunnelTimes, Outcome, PeopleIds,
};
use std::collections::{BTreeMap, BTreeSet};

/// Most slices of a breakdown.
const SLICES: usize = 50;
/// Ids of a page, if the question does not say.
const IDS: u32 = 100;

/// What is counted so far.
pub(super) struct Tally<'a> {
    shape: &'a Shape,
    at: BreakdownAt,
    split: bool,
    pub(super) counts: Vec<u64>,
    pub(super) excluded: u64,
    slices: BTreeMap<String, Vec<u64>>,
    /// Durations in milliseconds: in total, and of each step.
    times: Option<(Vec<u64>, Vec<Vec<u64>>)>,
    people: Option<(&'a FunnelPeople, BTreeSet<String>)>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(question: &'a FunnelQuestion, shape: &'a Shape) -> Self {
        Self {
            shape,
            at: question.breakdown_at,
            split: question.breakdown.is_some(),
            counts: vec![0; shape.steps],
            excluded: 0,
            slices: BTreeMap::new(),
            times: question.times.then(|| (Vec::new(), vec![Vec::new(); shape.steps])),
            people: question.people.as_ref().map(|people| (people, BTreeSet::new())),
        }
    }

    /// `units` units reached `level` steps, and so every step before.
    pub(super) fn add(&mut self, level: usize, value: String, units: u64) {
        for bar in 0..level.min(self.shape.steps) {
            self.count(bar, &value, units);
        }
    }

    fn count(&mut self, bar: usize, value: &str, units: u64) {
        self.counts[bar] += units;
        if self.split {
            if !self.slices.contains_key(value) {
                self.slices.insert(value.to_owned(), vec![0; self.shape.steps]);
            }
            if let Some(counts) = self.slices.get_mut(value) {
                counts[bar] += units;
            }
        }
    }

    /// One unit.
    pub(super) fn take(&mut self, id: &str, verdict: &Verdict, parts: &[Vec<Event>]) {
        // The value at each bar that it reached.
        let mut reached: Vec<Option<&str>> = vec![None; self.shape.steps];
        match verdict {
            Verdict::Absent => return,
            Verdict::Excluded => {
                self.excluded += 1;
                self.list(id, |outcome, _| outcome == Outcome::Excluded);
                return;
            }
            Verdict::Ran(part, run) => {
                let events = &parts[*part];
                let last = run.filled.last().map_or("", |(_, event)| events[*event].3.as_str());
                let first = if self.split { first_value(parts, 1) } else { "" };
                let mut before: Option<i64> = None;
                for (step, event) in &run.filled {
                    let event = &events[*event];
                    reached[*step] = Some(match self.at {
                        BreakdownAt::First => first,
                        BreakdownAt::Last => last,
                        BreakdownAt::Each => event.3.as_str(),
                    });
                    if let (Some((_, steps)), Some(before)) = (&mut self.times, before) {
                        steps[*step].push(event.0.abs_diff(before));
                    }
                    before = Some(event.0);
                }
                let whole = reached.last().is_some_and(Option::is_some);
                if let (Some((total, _)), true) = (&mut self.times, whole) {
                    let ends = run.filled.first().zip(run.filled.last());
                    total.extend(ends.map(|(first, last)| events[last.1].0.abs_diff(events[first.1].0)));
                }
            }
            Verdict::Reached(level, start, end) => {
                let first = if self.split { first_value(parts, u64::from(u32::MAX)) } else { "" };
                reached.iter_mut().take(*level).for_each(|bar| *bar = Some(first));
                if let (Some((total, _)), true) = (&mut self.times, *level == self.shape.steps) {
                    total.push(end.abs_diff(*start));
                }
            }
        }
        for (bar, value) in reached.iter().enumerate() {
            if let Some(value) = value {
                self.count(bar, value, 1);
            }
        }
        let shape = self.shape;
        self.list(id, |outcome, people| {
            let step = people.step as usize - 1;
            let of = match outcome {
                Outcome::Converted => reached[step],
                Outcome::Dropped if reached[step].is_none() => {
                    shape.required_before(step).and_then(|before| reached[before])
                }
                _ => None,
            };
            of.is_some_and(|value| people.value.as_ref().is_none_or(|asked| asked == value))
        });
    }

    /// Notes an id, if it is asked for.
    fn list(&mut self, id: &str, is_asked: impl Fn(Outcome, &FunnelPeople) -> bool) {
        let Some((people, ids)) = &mut self.people else { return };
        let after = people.after.as_deref().unwrap_or_default();
        if (id > after || people.after.is_none()) && is_asked(people.outcome, people) {
            ids.insert(id.to_owned());
            // One more than a page, to know whether there is another.
            if ids.len() > limit(people) + 1 {
                ids.pop_last();
            }
        }
    }

    pub(super) fn slices(&mut self) -> Vec<FunnelSlice> {
        let slices = std::mem::take(&mut self.slices).into_iter();
        let mut slices: Vec<FunnelSlice> =
            slices.map(|(value, counts)| FunnelSlice { value, counts }).collect();
        slices.sort_by(|a, b| b.counts.cmp(&a.counts).then_with(|| a.value.cmp(&b.value)));
        slices.truncate(SLICES);
        slices
    }

    pub(super) fn times(&mut self) -> Option<FunnelTimes> {
        let (total, mut steps) = self.times.take()?;
        if self.shape.order == attune_schema::question::Order::Any {
            steps.clear();
        }
        Some(FunnelTimes { total: times(total), steps: steps.into_iter().map(times).collect() })
    }

    pub(super) fn people(&mut self) -> Option<PeopleIds> {
        let (people, mut ids) = self.people.take()?;
        let more = ids.len() > limit(people);
        if more {
            ids.pop_last();
        }
        let next = ids.last().filter(|_| more).cloned();
        Some(PeopleIds { ids: ids.into_iter().collect(), next })
    }
}

fn limit(people: &FunnelPeople) -> usize {
    people.limit.unwrap_or(IDS) as usize
}

/// The value of the first event that fills one of `steps`.
fn first_value(parts: &[Vec<Event>], steps: u64) -> &str {
    let firsts = parts.iter().flatten().filter(|event| event.2 & steps != 0);
    let first = firsts.min_by(|a, b| (a.0, a.1, &a.3).cmp(&(b.0, b.1, &b.3)));
    first.map_or("", |event| &event.3)
}
