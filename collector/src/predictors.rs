//! Counts of what two groups have → odds ratios, least probable first. Pure.

use attune_schema::question::{Predictor, PredictorsAnswer, PredictorsQuestion, Trait};
use attune_stats::multiple::benjamini_hochberg;
use attune_stats::odds::{Association, Table, associate, phi};
use attune_warehouse::Error;
use attune_warehouse::query::predictors::PredictorCounts;

/// Most predictors, and predictors if the question does not say.
const TOP: u32 = 200;
const USUAL: u32 = 50;
/// What agrees with the step so nearly (φ) is the step by another name.
const SAME: f64 = 0.95;
/// The largest share of wrong finds among those called significant.
const LEVEL: f64 = 0.05;

/// Not more than it is.
const CAVEAT: &str = "These go with reaching the step or dropping out; that does not make them the cause. Try a change \
                      in an experiment.";

/// Refuses what cannot be answered before anything is counted.
///
/// # Errors
/// A number of predictors out of bounds.
pub fn check(question: &PredictorsQuestion) -> Result<(), Error> {
    match question.top {
        Some(top) if !(1..=TOP).contains(&top) => {
            Err(Error::Question(format!("`top` is 1 to {TOP}, not {top}")))
        }
        _ => Ok(()),
    }
}

/// What the counts tell.
#[must_use]
pub fn report(question: &PredictorsQuestion, counts: PredictorCounts) -> PredictorsAnswer {
    let all = counts.all;
    let (mut tested, mut suppressed): (Vec<(Trait, Table, Association)>, Vec<Trait>) = Default::default();
    for (of, having) in counts.having {
        let table = Table {
            first_with: having.converted,
            first: all.converted,
            second_with: having.dropped,
            second: all.dropped,
        };
        // What everybody has, or nobody, tells nothing.
        let Some(association) = associate(table) else { continue };
        if phi(table).abs() >= SAME {
            suppressed.push(of);
        } else {
            tested.push((of, table, association));
        }
    }
    let p: Vec<f64> = tested.iter().map(|(_, _, association)| association.p).collect();
    let adjusted = benjamini_hochberg(&p);
    let predictor = |((of, table, association), p_adjusted): ((Trait, Table, Association), f64)| Predictor {
        of,
        converted: table.first_with,
        dropped: table.second_with,
        share_converted: table.first_with as f64 / table.first as f64,
        share_dropped: table.second_with as f64 / table.second as f64,
        odds_ratio: association.odds_ratio,
        low: association.interval.low,
        high: association.interval.high,
        p: association.p,
        p_adjusted,
        significant: p_adjusted <= LEVEL,
    };
    let count = tested.len() as u64;
    let mut predictors: Vec<Predictor> = tested.into_iter().zip(adjusted).map(predictor).collect();
    let strength = |predictor: &Predictor| predictor.odds_ratio.ln().abs();
    predictors
        .sort_by(|a, b| a.p.total_cmp(&b.p).then(strength(b).total_cmp(&strength(a))).then(a.of.cmp(&b.of)));
    predictors.truncate(question.top.unwrap_or(USUAL) as usize);
    PredictorsAnswer {
        converted: all.converted,
        dropped: all.dropped,
        caveat: CAVEAT.to_owned(),
        predictors,
        tested: count,
        suppressed,
        definition: format!(
            "{} Odds ratios have Woolf's intervals of 95 %; p is Fisher's where an expected count is below 5, otherwise \
             Pearson's χ², and corrected by Benjamini and Hochberg for the {count} looked at. What agrees with the step \
             itself (φ of {SAME} or more) is left out.",
            counts.definition
        ),
        sql: counts.sql,
        rows_read: counts.rows_read,
        elapsed_ms: counts.elapsed_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_warehouse::query::predictors::Having;

    #[test]
    fn the_step_by_another_name_is_left_out_and_the_rest_is_corrected() {
        let having =
            |name: &str, converted, dropped| (Trait::Event(name.to_owned()), Having { converted, dropped });
        let counts = PredictorCounts {
            all: Having { converted: 100, dropped: 200 },
            having: [
                having("thank_you_seen", 100, 1),
                having("help_opened", 60, 30),
                having("everybody", 100, 200),
                having("nobody", 0, 0),
                having("scrolled", 50, 104),
            ]
            .into(),
            ..PredictorCounts::default()
        };
        let answer = report(&PredictorsQuestion::default(), counts);
        assert_eq!(answer.suppressed, [Trait::Event("thank_you_seen".to_owned())]);
        assert_eq!(answer.tested, 2);
        let [help, scrolled] = answer.predictors.as_slice() else { panic!("{:?}", answer.predictors) };
        // 60·170 / (40·30).
        assert!((help.odds_ratio - 8.5).abs() < 1e-9 && help.significant);
        assert!((help.p_adjusted - help.p * 2.0).abs() < 1e-12);
        assert!(!scrolled.significant && (scrolled.share_dropped - 0.52).abs() < 1e-12);
        assert!(answer.caveat.contains("not make them the cause"));
    }
}
