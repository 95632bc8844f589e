//! Funnels in any order: how many of the steps a unit did within one window, one event a step.

use super::run::{EXCLUSION_BIT, Event, Verdict};
use super::shape::Shape;

/// What became of a unit: most steps first, then the earliest end, then the latest beginning.
pub(super) fn verdict(shape: &Shape, parts: &[Vec<Event>]) -> Verdict {
    let mut furthest = 0;
    let mut best: Option<(usize, i64, i64)> = None;
    for events in parts {
        let Some(found) = reached(shape, events) else { continue };
        furthest = furthest.max(found.0);
        let is_better = |known: (usize, i64, i64)| (found.0, known.2, found.1) > (known.0, found.2, known.1);
        if events.iter().all(|event| event.2 >> EXCLUSION_BIT == 0) && best.is_none_or(is_better) {
            best = Some(found);
        }
    }
    match best {
        Some((level, start, end)) if level == furthest => Verdict::Reached(level, start, end),
        _ if furthest > 0 => Verdict::Excluded,
        _ => Verdict::Absent,
    }
}

/// Steps within a window, and the first and last time of that window.
fn reached(shape: &Shape, events: &[Event]) -> Option<(usize, i64, i64)> {
    let events: Vec<(i64, u32)> =
        events.iter().map(|event| (event.0, event.2 as u32)).filter(|(_, steps)| *steps != 0).collect();
    let mut kinds = Kinds::default();
    let mut best: Option<(usize, i64, i64)> = None;
    let mut from = 0;
    let mut until = 0;
    for group in events.chunk_by(|a, b| a.0 == b.0) {
        let Some(&(now, _)) = group.first() else { continue };
        until += group.len();
        group.iter().for_each(|(_, steps)| kinds.add(*steps));
        while shape.window_ms.is_some_and(|window| now.saturating_sub(events[from].0) > window) {
            kinds.remove(events[from].1);
            from += 1;
        }
        let most = best.map_or(0, |best| best.0);
        if kinds.at_most() <= most || kinds.filled(shape.steps) <= most {
            continue;
        }
        // The first window with so many: as short as it can be.
        let level = kinds.filled(shape.steps);
        let mut shorter = kinds.clone();
        let mut start = from;
        while let Some((_, steps)) = events.get(start).filter(|_| start < until) {
            shorter.remove(*steps);
            if shorter.filled(shape.steps) < level {
                break;
            }
            start += 1;
        }
        best = Some((level, events[start].0, now));
        if level == shape.steps {
            break;
        }
    }
    best
}

/// Events by the steps that they can fill.
#[derive(Debug, Clone, Default)]
struct Kinds(Vec<(u32, usize)>);

impl Kinds {
    fn add(&mut self, steps: u32) {
        match self.0.iter_mut().find(|kind| kind.0 == steps) {
            Some(kind) => kind.1 += 1,
            None => self.0.push((steps, 1)),
        }
    }

    fn remove(&mut self, steps: u32) {
        if let Some(kind) = self.0.iter_mut().find(|kind| kind.0 == steps) {
            kind.1 -= 1;
        }
    }

    /// No more steps than this can be filled.
    fn at_most(&self) -> usize {
        let present = self.0.iter().filter(|kind| kind.1 > 0);
        present.fold(0, |all, kind| all | kind.0).count_ones() as usize
    }

    /// How many steps can be filled at once, one event each: augmenting paths.
    fn filled(&self, steps: usize) -> usize {
        // Where no event can fill two steps, there is nothing to choose.
        if self.0.iter().all(|kind| kind.0.is_power_of_two()) {
            return self.at_most();
        }
        let mut taken: Vec<Vec<usize>> = vec![Vec::new(); self.0.len()];
        let fits = |step: &usize| self.assign(*step, &mut taken, &mut vec![false; self.0.len()]);
        (0..steps).filter(fits).count()
    }

    /// Gives `step` an event, moving steps that have one to others if need be.
    fn assign(&self, step: usize, taken: &mut [Vec<usize>], seen: &mut [bool]) -> bool {
        for (kind, (steps, count)) in self.0.iter().enumerate() {
            if steps & (1 << step) == 0 || std::mem::replace(&mut seen[kind], true) {
                continue;
            }
            if taken[kind].len() < *count {
                taken[kind].push(step);
                return true;
            }
            for place in 0..taken[kind].len() {
                if self.assign(taken[kind][place], taken, seen) {
                    taken[kind][place] = step;
                    return true;
                }
            }
        }
        false
    }
}
