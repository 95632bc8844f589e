//! What a funnel counts, in words.

use crate::query::words;
use attune_schema::question::{BreakdownAt, FunnelQuestion, Order, SameTime};

/// The definition of one question, sentence by sentence.
pub(super) fn of(question: &FunnelQuestion) -> String {
    let mut said = vec![format!("Counts each {} once, by its best run.", words::unit(question.per))];
    let steps: Vec<String> = (1..)
        .zip(&question.steps)
        .map(|(number, step)| {
            let mut text = format!("{number}. {}", words::events(&step.event, &step.filters));
            if step.optional {
                text.push_str(" (optional)");
            }
            if let Some(seconds) = step.window_seconds {
                text.push_str(&format!(" within {} of the step before", words::duration(seconds)));
            }
            text
        })
        .collect();
    said.push(format!("A run fills the steps {}; one event fills one step.", steps.join("; ")));
    said.push(
        match question.order {
            Order::Ordered => "Steps follow each other in time, whatever happens between.",
            Order::Strict => {
                "Steps follow each other by time and sequence with no other event between; \
                 an event of the same time and sequence lies between."
            }
            Order::Any => {
                "Steps count in any order: bar n is whoever did at least n of them within the window."
            }
        }
        .to_owned(),
    );
    said.push(match question.window_seconds {
        Some(seconds) => {
            format!(
                "From its first event to its last there are at most {}, inclusive.",
                words::duration(seconds)
            )
        }
        None => "It may take any time.".to_owned(),
    });
    match (question.order, question.same_time) {
        (Order::Any, _) | (Order::Strict, SameTime::Allowed) => {}
        (_, SameTime::Allowed) => said.push("Events of equal time count in either order.".to_owned()),
        (_, SameTime::Later) => said.push("Each step is strictly later than the one before.".to_owned()),
    }
    for exclusion in &question.exclude {
        let what = words::events(&exclusion.event, &exclusion.filters);
        said.push(match exclusion.between {
            None => format!("Whoever did {what} at any time in the period leaves the funnel."),
            Some((after, before)) => format!(
                "A run with {what} after step {after} and before step {before}, or while it waits for that step, \
                 does not count; whoever gets further with it than without leaves the funnel."
            ),
        });
    }
    if !question.hold_constant.is_empty() {
        said.push(format!(
            "All events of a run have the same {}; others are not looked at.",
            words::list(&question.hold_constant, "and")
        ));
    }
    if question.first_time {
        said.push("Only whoever did the first step never before the period.".to_owned());
    }
    if let Some(list) = &question.list {
        said.push(format!("Only people on the list `{list}`, and visitors that were identified as them."));
    }
    if let Some(breakdown) = &question.breakdown {
        let at = match (question.breakdown_at, question.order) {
            (BreakdownAt::First, Order::Any) => "the first event that fills a step",
            (BreakdownAt::First, _) => "the first event that fills step 1",
            (BreakdownAt::Last, _) => "the last event of the run",
            (BreakdownAt::Each, _) => "the event that fills each step",
        };
        said.push(format!("Split by {} at {at}.", words::breakdown(breakdown)));
    }
    said.push(
        "Of several runs the best is the one that gets furthest, then fills most steps, then ends first, then begins \
         last."
            .to_owned(),
    );
    said.push(words::period(question.period));
    said.push(words::bots(question.bots));
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(json: &str) -> String {
        of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_plain_funnel_is_said_plainly() {
        assert_eq!(
            definition(
                r#"{"steps":[{"event":"view"},{"event":["apply","resume"]}],"window_seconds":604800}"#
            ),
            "Counts each visitor once, by its best run. A run fills the steps 1. `view`; 2. `apply` or `resume`; one \
             event fills one step. Steps follow each other in time, whatever happens between. From its first event to \
             its last there are at most 7 days, inclusive. Events of equal time count in either order. Of several runs \
             the best is the one that gets furthest, then fills most steps, then ends first, then begins last. All \
             events there are. Bots are left out."
        );
    }

    #[test]
    fn every_option_is_said() {
        let said = definition(
            r#"{"steps":[{"event":"view","where":[{"property":"price","at_least":10,"less_than":20.5}]},
                {"event":"help","optional":true},{"event":"pay","window_seconds":90}],
                "per":"person","same_time":"later","hold_constant":["item","shop"],"first_time":true,"bots":"only",
                "exclude":[{"event":"leave","where":[{"property":"how","one_of":["tab",3,true]}],"between":[1,3]},
                {"event":"staff"}],"breakdown":{"property":"plan"},"breakdown_at":"each",
                "period":{"from":0,"to":86400000}}"#,
        );
        for part in [
            "Counts each person (visitors joined by user id) once",
            "1. `view` where `price` is at least 10 and is less than 20.5; 2. `help` (optional); 3. `pay` within 90 \
             seconds of the step before;",
            "It may take any time.",
            "Each step is strictly later than the one before.",
            "A run with `leave` where `how` is \"tab\", 3 or true after step 1 and before step 3, or while it waits",
            "Whoever did `staff` at any time in the period leaves the funnel.",
            "All events of a run have the same item and shop; others are not looked at.",
            "Only whoever did the first step never before the period.",
            "Split by property `plan` at the event that fills each step.",
            "Events from 1970-01-01 00:00:00 UTC up to, not including, 1970-01-02 00:00:00 UTC.",
            "Only what is not a person is counted.",
        ] {
            assert!(said.contains(part), "{part}\n{said}");
        }
    }
}
