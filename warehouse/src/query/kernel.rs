//! Ordered funnels over one unit's events, exactly, where `windowFunnel` is not exact: repeated or
//! overlapping steps, and steps that must be strictly later.
//!
//! One event never fills two steps. Events of equal time count in either order, or not at all where the
//! next step must be later.

/// One event: time in milliseconds, and the steps it can fill as bits (step 1 is bit 0).
pub type Step = (i64, u32);

/// How many of `steps` steps the best chain through `events` reaches (sorted by time), each chain lasting at
/// most `window_ms` from its first step, inclusive.
///
/// For every number of steps reached, only the chain with the latest first step matters: it can be continued
/// whenever any other can. Events of equal time are taken as one group.
#[must_use]
pub fn reach(events: &[Step], steps: usize, window_ms: Option<i64>, later: bool) -> usize {
    // `starts[k]`: latest first-step time of a chain that has reached k + 1 steps.
    let mut starts: Vec<Option<i64>> = vec![None; steps];
    let mut best = 0;
    let mut used = Vec::new();
    for group in events.chunk_by(|a, b| a.0 == b.0) {
        let Some(&(now, _)) = group.first() else { continue };
        let before = starts.clone();
        let alive = |start: Option<i64>| {
            start.filter(|start| window_ms.is_none_or(|window| now.saturating_sub(*start) <= window))
        };
        for reached in 0..steps {
            // Chains that had `reached` steps before this group; none at all starts anew, here and now.
            let start = match reached.checked_sub(1) {
                None => Some(now),
                Some(last) => alive(before.get(last).copied().flatten()),
            };
            let Some(start) = start else { continue };
            let gained = if later {
                usize::from(group.iter().any(|(_, mask)| mask & (1 << reached) != 0))
            } else {
                longest_match(group, reached, steps, &mut used)
            };
            for level in reached..reached + gained {
                if let Some(slot) = starts.get_mut(level) {
                    *slot = (*slot).max(Some(start));
                }
            }
            best = best.max(if gained > 0 { reached + gained } else { 0 });
        }
        if best == steps {
            return best;
        }
    }
    best
}

/// How many consecutive steps from `first` the group's events can fill, one event each: augmenting paths.
fn longest_match(group: &[Step], first: usize, steps: usize, used: &mut Vec<Option<usize>>) -> usize {
    used.clear();
    used.resize(group.len(), None);
    let mut gained = 0;
    for step in first..steps {
        let mut seen = vec![false; group.len()];
        if !assign(group, step, used, &mut seen) {
            break;
        }
        gained += 1;
    }
    gained
}

/// Gives `step` an event, moving steps that already have one to others if need be.
fn assign(group: &[Step], step: usize, used: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for (index, (_, mask)) in group.iter().enumerate() {
        if mask & (1 << step) == 0 || std::mem::replace(&mut seen[index], true) {
            continue;
        }
        let free = match used[index] {
            None => true,
            Some(other) => assign(group, other, used, seen),
        };
        if free {
            used[index] = Some(step);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every order of choosing events for steps.
    fn brute(events: &[Step], steps: usize, window: Option<i64>, later: bool) -> usize {
        fn go(
            events: &[Step],
            steps: usize,
            window: Option<i64>,
            later: bool,
            chain: &mut Vec<usize>,
        ) -> usize {
            let mut best = chain.len();
            if chain.len() == steps {
                return best;
            }
            for (index, (at, mask)) in events.iter().enumerate() {
                let fits = mask & (1 << chain.len()) != 0
                    && !chain.contains(&index)
                    && chain.last().is_none_or(|last| {
                        if later { *at > events[*last].0 } else { *at >= events[*last].0 }
                    })
                    && chain.first().is_none_or(|first| window.is_none_or(|w| at - events[*first].0 <= w));
                if fits {
                    chain.push(index);
                    best = best.max(go(events, steps, window, later, chain));
                    chain.pop();
                }
            }
            best
        }
        go(events, steps, window, later, &mut Vec::new())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(4_000)))]
        #[test]
        fn agrees_with_trying_everything(
            mut events in prop::collection::vec((0i64..8, 0u32..16), 0..8),
            steps in 1usize..5,
            window in prop::option::of(0i64..8),
            later: bool,
        ) {
            events.sort();
            prop_assert_eq!(reach(&events, steps, window, later), brute(&events, steps, window, later));
        }
    }

    #[test]
    fn golden_people() {
        const DAY: i64 = 86_400_000;
        // View -> Apply -> Done within 7 days, the six people of the brief.
        let person =
            |events: &[(u32, i64)]| -> Vec<Step> { events.iter().map(|(m, day)| (day * DAY, *m)).collect() };
        let (v, a, d, x) = (1, 2, 4, 0);
        let people = [
            person(&[(v, 1), (a, 2), (d, 3)]),
            person(&[(v, 1), (x, 1), (a, 2), (d, 3)]),
            person(&[(a, 1), (v, 2), (d, 3)]),
            person(&[(v, 1), (a, 10)]),
            person(&[(v, 1), (v, 9), (a, 10), (d, 11)]),
            person(&[(v, 1), (x, 1), (a, 2), (d, 3)]),
        ];
        let reached: Vec<usize> = people.iter().map(|p| reach(p, 3, Some(7 * DAY), false)).collect();
        assert_eq!(reached, [3, 3, 1, 1, 3, 3]);
    }

    #[test]
    fn one_event_never_fills_two_steps() {
        assert_eq!(reach(&[(5, 0b11)], 2, None, false), 1);
        assert_eq!(reach(&[(5, 0b11), (5, 0b11)], 2, None, false), 2);
        assert_eq!(reach(&[(5, 0b11), (5, 0b11)], 2, None, true), 1);
    }
}
