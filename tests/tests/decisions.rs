//! The decision specification, natively.

use attune_engine::case::answer;
use attune_tests::spec::{self, Expected};

#[test]
fn every_case_decides_as_specified() {
    let mut failures = Vec::new();
    let mut cases = 0;
    for (file, specification) in spec::load().unwrap() {
        for specified in &specification.cases {
            cases += 1;
            let case = specified.question().unwrap();
            let answer = answer(&specification.source, &case).unwrap();
            assert_eq!(answer.problems, [], "{file}");
            let ids =
                |choices: &[attune_engine::decide::Choice]| choices.iter().map(|c| c.offer.clone()).collect();
            let decided = Expected {
                reason: answer.decision.reason.code().to_owned(),
                campaign: answer.decision.campaign.clone(),
                variant: answer.decision.variant.clone(),
                offers: ids(&answer.decision.offers),
                withheld: ids(&answer.decision.withheld),
            };
            if decided != specified.expect {
                failures.push(format!(
                    "{file}: {}\n  expected {:?}\n  decided  {decided:?}\n  {}",
                    specified.title,
                    specified.expect,
                    attune_engine::json::explanation(&answer.explanation),
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {cases} cases:\n{}", failures.len(), failures.join("\n"));
    assert!(cases >= 300, "only {cases} cases");
}
