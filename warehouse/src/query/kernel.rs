//! The plainest funnel: ordered steps within a window, over one unit's events. See [`funnel`](super::funnel).

use super::funnel::Shape;
use super::funnel::run::{Event, Verdict};
use super::funnel::walk::Walk;

/// One event: time in milliseconds, and the steps it can fill as bits (step 1 is bit 0).
pub type Step = (i64, u32);

/// How many of `steps` steps the best run through `events` reaches (sorted by time), lasting at most `window_ms` from
/// its first step, inclusive. One event never fills two steps. Events of equal time count in either order, or not at
/// all where the next step must be `later`.
#[must_use]
pub fn reach(events: &[Step], steps: usize, window_ms: Option<i64>, later: bool) -> usize {
    let events: Vec<Event> =
        events.iter().map(|(at, steps)| (*at, 0, u64::from(*steps), String::new())).collect();
    let shape = Shape::plain(steps, window_ms, later);
    match Walk::new(&shape).verdict(&[events]) {
        Verdict::Ran(_, run) => run.filled.len(),
        _ => 0,
    }
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
