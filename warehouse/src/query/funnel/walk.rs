//! Ordered and strict funnels over one unit's events, exactly.
//!
//! A run is a chain of events that fill steps in order, each event one step. All runs are followed at once, event by
//! event; of those that stand at the same step only such are kept as may still become the best (see `Walk::keep`),
//! so that the work grows with the number of events and not with the number of runs (where exclusions are between
//! steps, times the number of excluded events in a window). Events of equal time are one group, in which any order is
//! tried.

use super::run::{Best, EXCLUSION_BIT, Event, Kind, NONE, Node, Run, State, Verdict, bits, exclusions, rank};
use super::shape::Shape;
use attune_schema::question::Order;
use std::cmp::Ordering;

/// Most runs that are told apart within one group. It takes dozens of events of one time, each of which can fill several
/// steps in another way, to get there.
const STATES: usize = 4_096;

/// Follows runs; keeps its memory from unit to unit.
#[derive(Debug)]
pub struct Walk<'a> {
    shape: &'a Shape,
    /// For each step, what may come next, and in which zones a run stands there.
    next: Vec<u32>,
    zones_at: Vec<u32>,
    /// For each step, how long a run waits there at most.
    patience: Vec<i64>,
    has_step_windows: bool,
    nodes: Vec<Node>,
    states: Vec<State>,
    kept: Vec<State>,
    /// For each event that is excluded somewhere, since when a run must have begun for it to be in its window.
    spoilers: Vec<i64>,
    best: Option<Best>,
    /// Whether too much was possible at one time to be followed: no verdict counts then.
    pub(super) is_lost: bool,
}

impl<'a> Walk<'a> {
    /// For one shape of funnel, ordered or strict.
    #[must_use]
    pub fn new(shape: &'a Shape) -> Self {
        let zones_at = |step: usize| {
            let inside = shape
                .zones
                .iter()
                .enumerate()
                .filter(|(_, zone)| zone.is_some_and(|(after, before)| after <= step && step < before));
            inside.fold(0, |bits, (zone, _)| bits | 1 << zone)
        };
        Self {
            shape,
            next: (0..shape.steps).map(|step| shape.next(step)).collect(),
            zones_at: (0..shape.steps).map(zones_at).collect(),
            patience: (0..shape.steps).map(|step| shape.patience(step)).collect(),
            has_step_windows: shape.step_windows_ms.iter().any(Option::is_some),
            nodes: Vec::new(),
            states: Vec::new(),
            kept: Vec::new(),
            spoilers: Vec::new(),
            best: None,
            is_lost: false,
        }
    }

    /// What became of a unit, whose events are in parts that no run crosses, each sorted.
    pub fn verdict(&mut self, parts: &[Vec<Event>]) -> Verdict {
        let mut furthest = None;
        let mut best: Option<(usize, Best, Run)> = None;
        for (part, events) in parts.iter().enumerate() {
            let any = self.furthest(events);
            furthest = furthest.max(any.map(|best| best.last));
            let excluded = events.iter().fold(0, |bits, event| bits | exclusions(event));
            let counts = if excluded == 0 { any } else { self.clean(events, excluded) };
            let Some(found) = counts else { continue };
            // Of equally good runs the one of the first part counts.
            if best.as_ref().is_none_or(|(_, known, _)| rank(&found, known) == Ordering::Greater) {
                best = Some((part, found, self.run(found.node)));
            }
        }
        match (furthest, best) {
            (None, _) => Verdict::Absent,
            (Some(furthest), Some((part, found, run))) if found.last == furthest => Verdict::Ran(part, run),
            (Some(_), _) => Verdict::Excluded,
        }
    }

    /// The best run, whatever is excluded.
    fn furthest(&mut self, events: &[Event]) -> Option<Best> {
        self.spoilers.clear();
        self.follow(events, 0)
    }

    /// The best run that nothing excluded spoils.
    fn clean(&mut self, events: &[Event], excluded: u32) -> Option<Best> {
        let anywhere = self.shape.zones.iter().enumerate().filter(|(_, zone)| zone.is_none());
        if anywhere.fold(0, |bits, (zone, _)| bits | 1 << zone) & excluded != 0 {
            return None;
        }
        self.spoilers.clear();
        if let Some(window) = self.shape.window_ms {
            let spoils = events.iter().filter(|event| exclusions(event) != 0);
            self.spoilers.extend(spoils.map(|event| event.0.saturating_sub(window)));
        }
        self.follow(events, excluded)
    }

    /// How many events at the beginning are of one group.
    fn group_at(&self, events: &[Event]) -> usize {
        let strict = self.shape.order == Order::Strict;
        let Some(first) = events.first() else { return 0 };
        events.iter().take_while(|e| e.0 == first.0 && (!strict || e.1 == first.1)).count()
    }

    /// Whether nothing can be better but an earlier end.
    fn is_whole(&self, best: &Best) -> bool {
        best.filled as usize == self.shape.steps
    }

    /// Follows all runs; the best.
    fn follow(&mut self, events: &[Event], excluded: u32) -> Option<Best> {
        self.nodes.clear();
        self.kept.clear();
        self.best = None;
        let strict = self.shape.order == Order::Strict;
        let mut index = 0;
        while let Some(first) = events.get(index) {
            let group = events.get(index..index + self.group_at(&events[index..])).unwrap_or_default();
            let (base, now) = (index, first.0);
            // Whoever was first to the end stays first.
            if self.best.is_some_and(|best| self.is_whole(&best) && best.end < now) {
                break;
            }
            index += group.len();
            let touched = group.iter().fold(0, |bits, event| bits | event.2);
            if touched & (u64::from(u32::MAX) | u64::from(excluded) << EXCLUSION_BIT) == 0 && !strict {
                continue;
            }
            self.states.clear();
            self.states.append(&mut self.kept);
            if let [event] = group {
                self.one(event, base);
            } else {
                self.many(group, base, excluded);
            }
            let rest = events.get(index..).unwrap_or_default();
            self.settle(group, now, rest, excluded);
        }
        self.best
    }

    /// A group of one event.
    fn one(&mut self, event: &Event, index: usize) {
        for from in 0..self.states.len() {
            let state = &mut self.states[from];
            (state.moved, state.zones, state.used) = (false, self.zones_at[state.last], 0);
            let steps = self.next[state.last] & event.2 as u32;
            for step in bits(steps) {
                if let Some(state) = self.moved(Some(from), step, event.0, index) {
                    self.states.push(state);
                }
            }
        }
        if event.2 & 1 != 0
            && let Some(state) = self.moved(None, 0, event.0, index)
        {
            self.states.push(state);
        }
    }

    /// A group of several: every order in which they can fill steps.
    fn many(&mut self, group: &[Event], base: usize, excluded: u32) {
        let mut kinds: Vec<Kind> = Vec::new();
        for (index, event) in (base..).zip(group) {
            match kinds.iter_mut().find(|kind| kind.bits == event.2) {
                Some(kind) => kind.events.push(index),
                None => kinds.push(Kind { bits: event.2, events: vec![index] }),
            }
        }
        for state in &mut self.states {
            (state.moved, state.zones, state.used) = (false, self.zones_at[state.last], 0);
            state.used_of.clear();
            state.used_of.resize(kinds.len(), 0);
        }
        let now = group.first().map_or(0, |event| event.0);
        // First from nowhere, then from every run, also from those that are found here.
        let mut from: Option<usize> = None;
        loop {
            let next = from.map_or(1, |from| self.next[self.states[from].last]);
            for (kind, events) in kinds.iter().enumerate() {
                for step in bits(next & events.bits as u32) {
                    let used = from.map_or(0, |from| self.states[from].used_of[kind]);
                    let Some(event) = events.events.get(used as usize) else { continue };
                    let Some(mut state) = self.moved(from, step, now, *event) else { continue };
                    state.used_of.resize(kinds.len(), 0);
                    state.used_of[kind] += 1;
                    // What can be used no more, and spoils nothing, need not be told apart.
                    for (count, kind) in state.used_of.iter_mut().zip(&kinds) {
                        let later = (kind.bits as u32).checked_shr(step as u32 + 1).unwrap_or(0);
                        if later == 0 && (kind.bits >> EXCLUSION_BIT) as u32 & excluded == 0 {
                            *count = 0;
                        }
                    }
                    self.put(state);
                }
            }
            let following = from.map_or(0, |from| from + 1);
            if following == self.states.len() {
                break;
            }
            if following > STATES {
                self.is_lost = true;
                break;
            }
            from = Some(following);
        }
        // What is excluded spoils the runs that pass it by without using it.
        for zone in bits(excluded) {
            let bit = 1u64 << (EXCLUSION_BIT + zone as u32);
            for state in &mut self.states {
                let unused = kinds.iter().enumerate().any(|(kind, events)| {
                    events.bits & bit != 0 && (state.used_of[kind] as usize) < events.events.len()
                });
                if unused && state.zones & (1 << zone) != 0 {
                    state.last = usize::MAX;
                }
            }
        }
        self.states.retain(|state| state.last != usize::MAX);
    }

    /// The run `from`, or a new one, with one more event, if that is allowed.
    fn moved(&mut self, from: Option<usize>, step: usize, now: i64, event: usize) -> Option<State> {
        let before = from.and_then(|from| self.states.get(from));
        let mut state = match before {
            None => State {
                last: step,
                start: now,
                spoilt_by: self.spoilers.partition_point(|from| *from <= now),
                at: now,
                filled: 0,
                node: NONE,
                moved: true,
                zones: 0,
                used: 0,
                used_of: Vec::new(),
            },
            Some(before) => {
                let since = now.saturating_sub(before.at);
                let fits = self.shape.window_ms.is_none_or(|w| now.saturating_sub(before.start) <= w)
                    && self.shape.step_windows_ms[step].is_none_or(|w| since <= w)
                    && !(self.shape.later && since == 0);
                if !fits {
                    return None;
                }
                before.clone()
            }
        };
        self.nodes.push(Node { step, event, at: now, before: state.node });
        state.node = self.nodes.len() as u32 - 1;
        (state.last, state.at, state.moved) = (step, now, true);
        state.filled += 1;
        state.used += 1;
        state.zones |= self.zones_at[step];
        Some(state)
    }

    /// Adds a run to those of the group, unless one is there that differs in nothing that matters and is better.
    fn put(&mut self, state: State) {
        let same = self.states.iter().position(|known| {
            known.moved
                && (known.last, known.start, known.filled, known.zones, known.used)
                    == (state.last, state.start, state.filled, state.zones, state.used)
                && known.used_of == state.used_of
        });
        match same {
            None => self.states.push(state),
            // Another way to the same place: what follows from it is the same but for its beginning, and comparing
            // beginnings again where they end is enough.
            Some(same) if self.later(state.node, self.states[same].node) == Ordering::Greater => {
                self.states.push(state);
            }
            Some(_) => {}
        }
    }

    /// Lets runs count that end in this group, and keeps those that may go on.
    fn settle(&mut self, group: &[Event], now: i64, rest: &[Event], excluded: u32) {
        let strict = self.shape.order == Order::Strict;
        let states = std::mem::take(&mut self.states);
        for state in &states {
            if let [event] = group
                && !state.moved
                && exclusions(event) & excluded & state.zones != 0
            {
                continue;
            }
            let all_used = state.used as usize == group.len();
            if strict && !all_used && !(state.moved && state.filled == 1) {
                continue;
            }
            if state.moved && !self.is_spoiled(state, rest, excluded) {
                let best = Best {
                    last: state.last,
                    filled: state.filled,
                    end: state.at,
                    start: state.start,
                    node: state.node,
                };
                if self.best.is_none_or(|known| self.better(&best, &known)) {
                    self.best = Some(best);
                }
            }
            if self.next[state.last] != 0 && now <= self.waits_until(state) && (all_used || !strict) {
                self.keep(state);
            }
        }
        self.states = states;
    }

    /// Until when a run may still go on.
    fn waits_until(&self, state: &State) -> i64 {
        let end = self.shape.window_ms.map_or(i64::MAX, |window| state.start.saturating_add(window));
        state.at.saturating_add(self.patience[state.last]).min(end)
    }

    /// Whether something excluded follows while the unfinished run waits.
    fn is_spoiled(&self, state: &State, rest: &[Event], excluded: u32) -> bool {
        let zones = self.zones_at[state.last] & excluded;
        if zones == 0 {
            return false;
        }
        let until = self.waits_until(state);
        rest.iter().take_while(|event| event.0 <= until).any(|event| exclusions(event) & zones != 0)
    }

    /// Keeps a run unless another at the same step can do all that it can, and is better: a later beginning lasts
    /// longer, a later last event matters to windows of steps, and more filled steps are better. But a run that stays
    /// unfinished is spoiled by what is excluded while it waits, which is less for one that began earlier: runs of
    /// different fates are kept apart.
    fn keep(&mut self, state: &State) {
        if self.kept.iter().any(|known| self.dominates(known, state)) {
            return;
        }
        let mut kept = std::mem::take(&mut self.kept);
        kept.retain(|known| !self.dominates(state, known));
        kept.push(state.clone());
        self.kept = kept;
    }

    fn dominates(&self, a: &State, b: &State) -> bool {
        a.last == b.last
            && a.spoilt_by == b.spoilt_by
            && a.start >= b.start
            && a.filled >= b.filled
            && (!self.has_step_windows || a.at >= b.at)
            && ((a.start, a.filled) != (b.start, b.filled) || self.later(a.node, b.node) != Ordering::Less)
    }

    /// Whether `a` is the better run: the furthest, the one with most steps, the one that ends first, the one that
    /// begins last, the one whose events are the latest, from the end back.
    fn better(&self, a: &Best, b: &Best) -> bool {
        rank(a, b).then_with(|| self.later(a.node, b.node)) == Ordering::Greater
    }

    /// Compares runs from the end back: the later event, then the later step is greater. Where all are equal, the run
    /// that takes the first of equal events first is.
    fn later(&self, mut a: u32, mut b: u32) -> Ordering {
        let mut events = Ordering::Equal;
        while let (Some(x), Some(y)) = (self.nodes.get(a as usize), self.nodes.get(b as usize)) {
            if a == b {
                break;
            }
            let order = x.at.cmp(&y.at).then(x.step.cmp(&y.step));
            if order != Ordering::Equal {
                return order;
            }
            events = y.event.cmp(&x.event).then(events);
            (a, b) = (x.before, y.before);
        }
        events
    }

    fn run(&self, mut node: u32) -> Run {
        let mut filled = Vec::new();
        while let Some(found) = self.nodes.get(node as usize) {
            filled.push((found.step, found.event));
            node = found.before;
        }
        filled.reverse();
        Run { filled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(of: impl Iterator<Item = (i64, u64)>) -> Vec<Event> {
        of.map(|(at, bits)| (at, 0, bits, String::new())).collect()
    }

    /// A browser in a hall, which everybody uses: the work must not grow with the square of its events.
    #[test]
    fn one_unit_may_have_very_many_events() {
        let (view, apply, leave) = (1, 2, 1 << EXCLUSION_BIT);
        let mut shape = Shape::plain(3, Some(86_400_000), false);
        shape.zones = vec![Some((1, 2))];
        shape.step_windows_ms = vec![None, Some(3_600_000), Some(60_000)];
        let what = |n: i64| if n % 1_000 == 0 { leave } else { [view, apply, view | apply][n as usize % 3] };
        let crowd = events((0..100_000).map(|n| (n * 100, what(n))));
        let mut walk = Walk::new(&shape);
        let Verdict::Ran(0, run) = walk.verdict(&[crowd]) else { panic!("nobody leaves in the last minute") };
        assert_eq!(run.filled.len(), 2);
        // All of it at one time.
        let crowd = events((0..100_000).map(|n| (0, [view, apply, view | apply, 0][n as usize % 4])));
        let Verdict::Ran(0, run) = walk.verdict(&[crowd]) else { panic!("two steps") };
        assert_eq!((run.filled.len(), walk.is_lost), (2, false));
    }

    #[test]
    fn what_cannot_be_followed_is_not_guessed() {
        // Sixteen events of one time, each of which can fill all of sixteen steps but its own.
        let shape = Shape::plain(16, None, false);
        let mut walk = Walk::new(&shape);
        let all = (1u64 << 16) - 1;
        let verdict = walk.verdict(&[events((0..16).map(|n| (0, all & !(1 << n))))]);
        assert!(walk.is_lost, "{verdict:?}");
    }
}
