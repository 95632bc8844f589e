//! What a funnel counts, as docs/questions.md defines it, by trying every run of every unit.

use attune_schema::bot::{Bots, Class};
use attune_schema::question::{
    Breakdown, BreakdownAt, EventNames, FunnelQuestion, Order, Outcome, Per, PropertyFilter, SameTime,
};
use attune_schema::value::Value;
use attune_warehouse::row::EventRow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Expected {
    pub(super) counts: Vec<u64>,
    pub(super) excluded: u64,
    pub(super) slices: BTreeMap<String, Vec<u64>>,
    pub(super) people: Vec<String>,
    totals: Vec<u64>,
    durations: Vec<Vec<u64>>,
}

type Summary = Option<(u64, u64, u64)>;

fn summary(durations: &[u64]) -> Summary {
    let mut sorted = durations.to_vec();
    sorted.sort();
    let rank = |share: f64| sorted[((sorted.len() as f64 * share).ceil() as usize).max(1) - 1];
    (!sorted.is_empty()).then(|| (sorted.len() as u64, rank(0.5), rank(0.9)))
}

impl Expected {
    pub(super) fn total(&self) -> Summary {
        summary(&self.totals)
    }

    pub(super) fn steps(&self, order: Order) -> Vec<Summary> {
        if order == Order::Any { Vec::new() } else { self.durations.iter().map(|d| summary(d)).collect() }
    }
}

fn property<'a>(row: &'a EventRow, name: &str) -> Option<&'a Value> {
    row.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn text(row: &EventRow, name: &str) -> Option<String> {
    Some(match property(row, name)? {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
    })
}

fn is(row: &EventRow, event: &EventNames, filters: &[PropertyFilter]) -> bool {
    event.names().contains(&row.name)
        && filters.iter().all(|filter| {
            let Some(value) = property(row, &filter.property) else { return false };
            let number = value.as_number();
            let compares = |bound: Option<f64>, holds: fn(f64, f64) -> bool| {
                bound.is_none_or(|bound| number.is_some_and(|number| holds(number, bound)))
            };
            (filter.one_of.is_empty() || filter.one_of.contains(value))
                && compares(filter.at_least, |a, b| a >= b)
                && compares(filter.at_most, |a, b| a <= b)
                && compares(filter.more_than, |a, b| a > b)
                && compares(filter.less_than, |a, b| a < b)
        })
}

fn value(row: &EventRow, by: &Breakdown) -> String {
    match by {
        Breakdown::Device => row.device.clone(),
        Breakdown::Property(name) => text(row, name).unwrap_or_default(),
        other => panic!("not in these tests: {other:?}"),
    }
}

/// One event as the question sees it.
#[derive(Clone)]
struct Seen {
    at: i64,
    sequence: u32,
    steps: Vec<bool>,
    excluded: Vec<bool>,
    value: String,
}

/// Steps and events, in order.
type Run = Vec<(usize, usize)>;

/// What decides between parts, and the run.
type Found<'a> = ((usize, usize, Reverse<i64>, i64), &'a Reference<'a>, Run);

struct Reference<'a> {
    question: &'a FunnelQuestion,
    events: Vec<Seen>,
}

impl Reference<'_> {
    fn key(&self, event: usize) -> (i64, u32) {
        let event = &self.events[event];
        (event.at, if self.question.order == Order::Strict { event.sequence } else { 0 })
    }

    /// Every chain of events that fills steps in order within the windows.
    fn chains(&self) -> Vec<Run> {
        let mut all = Vec::new();
        self.extend(&mut Vec::new(), &mut all);
        all
    }

    fn extend(&self, run: &mut Run, all: &mut Vec<Run>) {
        if !run.is_empty() {
            all.push(run.clone());
        }
        let steps = &self.question.steps;
        let from = run.last().map_or(0, |(step, _)| step + 1);
        for step in from..steps.len() {
            if step > from && !steps[step - 1].optional {
                break;
            }
            if run.is_empty() && step > 0 {
                break;
            }
            for event in 0..self.events.len() {
                if !self.events[event].steps[step] || run.iter().any(|(_, used)| *used == event) {
                    continue;
                }
                if let (Some((_, first)), Some((_, last))) = (run.first(), run.last()) {
                    let (at, before) = (self.events[event].at, self.events[*last].at);
                    let within = |window: Option<u64>, since: i64| {
                        window.is_none_or(|w| at - since <= w as i64 * 1_000)
                    };
                    let fits = self.key(event) >= self.key(*last)
                        && (self.question.same_time == SameTime::Allowed || at > before)
                        && within(self.question.window_seconds, self.events[*first].at)
                        && within(steps[step].window_seconds, before);
                    if !fits {
                        continue;
                    }
                }
                run.push((step, event));
                self.extend(run, all);
                run.pop();
            }
        }
    }

    /// Whether nothing else lies between the first and the last event.
    fn is_strict(&self, run: &Run) -> bool {
        let (first, last) = (self.key(run[0].1), self.key(run[run.len() - 1].1));
        run.len() == 1
            || (0..self.events.len()).all(|event| {
                let key = self.key(event);
                key < first || key > last || run.iter().any(|(_, used)| *used == event)
            })
    }

    /// Whether nothing excluded happened where it must not.
    fn is_clean(&self, run: &Run) -> bool {
        self.question.exclude.iter().enumerate().all(|(exclusion, asked)| {
            let mut others = (0..self.events.len()).filter(|event| self.events[*event].excluded[exclusion]);
            let Some((after, before)) = asked.between else { return others.next().is_none() };
            let (after, before) = (after as usize - 1, before as usize - 1);
            let Some((_, enters)) = run.iter().find(|(step, _)| *step >= after && *step < before) else {
                return true;
            };
            let leaves = run.iter().find(|(step, _)| *step >= before);
            let (last_step, last) = run[run.len() - 1];
            // While it waits: for any step that may come next.
            let mut wait = 0;
            for step in last_step + 1..self.question.steps.len() {
                let asked = &self.question.steps[step];
                wait = wait.max(asked.window_seconds.map_or(i64::MAX / 4, |w| w as i64 * 1_000));
                if !asked.optional {
                    break;
                }
            }
            let window = self.question.window_seconds.map_or(i64::MAX / 4, |w| w as i64 * 1_000);
            let until = (self.events[last].at + wait).min(self.events[run[0].1].at + window);
            others.all(|other| {
                let between = self.key(other) >= self.key(*enters)
                    && match leaves {
                        Some((_, leaves)) => self.key(other) <= self.key(*leaves),
                        None => self.events[other].at <= until,
                    };
                !between || run.iter().any(|(_, used)| *used == other)
            })
        })
    }

    /// Better is greater.
    fn rank(&self, run: &Run) -> impl Ord + use<> {
        let ends = |at: usize| self.events[run[at].1].at;
        let back: Vec<(i64, usize)> =
            run.iter().rev().map(|(step, event)| (self.events[*event].at, *step)).collect();
        let forth: Vec<Reverse<usize>> = run.iter().map(|(_, event)| Reverse(*event)).collect();
        let last = run.len() - 1;
        (run[last].0, run.len(), Reverse(ends(last)), ends(0), back, forth)
    }

    /// In any order: most steps within a window, the earliest end of one, the latest beginning.
    fn most(&self) -> Option<(usize, Reverse<i64>, i64)> {
        let mut best = None;
        for first in &self.events {
            for last in &self.events {
                let window = self.question.window_seconds.map_or(i64::MAX, |w| w as i64 * 1_000);
                if last.at < first.at || last.at - first.at > window {
                    continue;
                }
                let inside: Vec<usize> = (0..self.events.len())
                    .filter(|e| (first.at..=last.at).contains(&self.events[*e].at))
                    .collect();
                let filled = self.fill(0, &inside);
                if filled > 0 {
                    best = best.max(Some((filled, Reverse(last.at), first.at)));
                }
            }
        }
        best
    }

    fn fill(&self, step: usize, free: &[usize]) -> usize {
        if step == self.question.steps.len() {
            return 0;
        }
        let mut best = self.fill(step + 1, free);
        for event in free.iter().filter(|event| self.events[**event].steps[step]) {
            let rest: Vec<usize> = free.iter().copied().filter(|other| other != event).collect();
            best = best.max(1 + self.fill(step + 1, &rest));
        }
        best
    }
}

fn units<'a>(rows: &[&'a EventRow], per: Per) -> BTreeMap<String, Vec<&'a EventRow>> {
    let mut units: BTreeMap<String, Vec<&EventRow>> = BTreeMap::new();
    for row in rows {
        let unit = match per {
            Per::Visitor => row.visitor.to_string(),
            Per::Session => row.session.to_string(),
            Per::Person if row.user.is_empty() => row.visitor.to_string(),
            Per::Person => row.user.clone(),
        };
        units.entry(unit).or_default().push(row);
    }
    units
}

pub(super) fn answer(rows: &[EventRow], question: &FunnelQuestion) -> Expected {
    let count = question.steps.len();
    let counts = |row: &&EventRow| match question.bots {
        Bots::Include => true,
        Bots::Exclude => row.bot == Class::Human,
        Bots::Only => row.bot != Class::Human,
    };
    let rows: Vec<&EventRow> = rows.iter().filter(counts).collect();
    let mut expected =
        Expected { counts: vec![0; count], durations: vec![Vec::new(); count], ..Expected::default() };
    for (id, history) in units(&rows, question.per) {
        one(question, &id, &history, &mut expected);
    }
    expected
}

fn one(question: &FunnelQuestion, id: &str, history: &[&EventRow], expected: &mut Expected) {
    let count = question.steps.len();
    let first = &question.steps[0];
    let in_period = |row: &&&EventRow| question.period.is_none_or(|p| row.at >= p.from && row.at < p.to);
    if let (true, Some(period)) = (question.first_time, question.period) {
        let ever = history.iter().filter(|row| is(row, &first.event, &first.filters)).map(|row| row.at).min();
        if ever.is_none_or(|ever| ever < period.from) {
            return;
        }
    }
    let mut parts: BTreeMap<Vec<String>, Vec<Seen>> = BTreeMap::new();
    for row in history.iter().filter(in_period) {
        let held: Option<Vec<String>> = question.hold_constant.iter().map(|name| text(row, name)).collect();
        let Some(held) = held else { continue };
        parts.entry(held).or_default().push(Seen {
            at: row.at.0,
            sequence: row.sequence,
            steps: question.steps.iter().map(|step| is(row, &step.event, &step.filters)).collect(),
            excluded: question.exclude.iter().map(|x| is(row, &x.event, &x.filters)).collect(),
            value: question.breakdown.as_ref().map_or_else(String::new, |by| value(row, by)),
        });
    }
    let parts: Vec<Reference<'_>> = parts
        .into_values()
        .map(|mut events| {
            // As the store sorts: by time, sequence, what it can be as a number, value.
            let number =
                |flags: &[bool]| flags.iter().rev().fold(0u32, |sum, flag| sum * 2 + u32::from(*flag));
            events
                .sort_by_key(|e| (e.at, e.sequence, number(&e.excluded), number(&e.steps), e.value.clone()));
            Reference { question, events }
        })
        .collect();
    let fills = |event: &Seen| {
        if question.order == Order::Any { event.steps.contains(&true) } else { event.steps[0] }
    };
    let touch = parts.iter().flat_map(|part| &part.events).filter(|event| fills(event));
    let first_value = touch
        .min_by_key(|e| (e.at, e.sequence, &e.value))
        .map(|event| event.value.clone())
        .unwrap_or_default();

    // The value at each bar that is reached.
    let mut bars: Vec<Option<String>> = vec![None; count];
    let verdict = if question.order == Order::Any {
        let all = parts.iter().filter_map(Reference::most).map(|most| most.0).max();
        let clean =
            parts.iter().filter(|part| !part.events.iter().any(|event| event.excluded.contains(&true)));
        let best = clean.filter_map(Reference::most).max();
        let Some(all) = all else { return };
        best.filter(|best| best.0 == all).map(|(level, Reverse(end), start)| {
            bars.iter_mut().take(level).for_each(|bar| *bar = Some(first_value.clone()));
            if level == count {
                expected.totals.push((end - start) as u64);
            }
        })
    } else {
        let mut furthest = None;
        let mut best: Option<Found<'_>> = None;
        for part in &parts {
            let mut runs = part.chains();
            runs.retain(|run| question.order != Order::Strict || part.is_strict(run));
            furthest = furthest.max(runs.iter().map(|run| run[run.len() - 1].0).max());
            runs.retain(|run| part.is_clean(run));
            let Some(run) = runs.into_iter().max_by_key(|run| part.rank(run)) else { continue };
            let (start, end) = (part.events[run[0].1].at, part.events[run[run.len() - 1].1].at);
            let key = (run[run.len() - 1].0, run.len(), Reverse(end), start);
            // Of equally good runs of two parts, that of the first.
            if best.as_ref().is_none_or(|(known, _, _)| key > *known) {
                best = Some((key, part, run));
            }
        }
        let Some(furthest) = furthest else { return };
        best.filter(|(key, _, _)| key.0 == furthest).map(|(_, part, run)| {
            let mut before = None;
            for (step, event) in &run {
                let event = &part.events[*event];
                bars[*step] = Some(match question.breakdown_at {
                    BreakdownAt::First => first_value.clone(),
                    BreakdownAt::Last => part.events[run[run.len() - 1].1].value.clone(),
                    BreakdownAt::Each => event.value.clone(),
                });
                if let Some(before) = before {
                    expected.durations[*step].push((event.at - before) as u64);
                }
                before = Some(event.at);
            }
            if run[run.len() - 1].0 == count - 1 {
                expected
                    .totals
                    .push((part.events[run[run.len() - 1].1].at - part.events[run[0].1].at) as u64);
            }
        })
    };
    if verdict.is_none() {
        expected.excluded += 1;
    }
    for (bar, value) in bars.iter().enumerate() {
        let Some(value) = value else { continue };
        expected.counts[bar] += 1;
        if question.breakdown.is_some() {
            expected.slices.entry(value.clone()).or_insert_with(|| vec![0; count])[bar] += 1;
        }
    }
    let Some(people) = &question.people else { return };
    let wanted = match people.outcome {
        Outcome::Excluded => verdict.is_none(),
        outcome => {
            let step = people.step as usize - 1;
            let of = if outcome == Outcome::Converted {
                bars[step].as_ref()
            } else if bars[step].is_some() {
                None
            } else {
                (0..step)
                    .rev()
                    .find(|before| !question.steps[*before].optional)
                    .and_then(|before| bars[before].as_ref())
            };
            of.is_some_and(|value| people.value.as_ref().is_none_or(|asked| asked == value))
        }
    };
    if wanted {
        expected.people.push(id.to_owned());
    }
}
