//! Whole experiments, from the document people write to what is said of it.

use attune_stats::experiment::{File, Report, analyse};

fn report(json: &str) -> Result<Report, String> {
    let file: File = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let (arms, settings) = file.into_parts().map_err(|refusal| refusal.to_string())?;
    analyse(&arms, &settings).map_err(|refusal| refusal.to_string())
}

#[test]
fn the_campaign_of_the_brief() {
    let report =
        report(r#"{"arms":[{"id":"summer","exposures":298104,"clicks":61546,"conversions":890}]}"#).unwrap();
    let rates: Vec<(String, String)> = report
        .metrics
        .iter()
        .map(|metric| (metric.name.clone(), format!("{:.2} %", metric.arms[0].value.unwrap() * 100.0)))
        .collect();
    let wanted = [("ctr", "20.65 %"), ("cvr", "1.45 %"), ("overall", "0.30 %")];
    assert_eq!(rates, wanted.map(|(name, rate)| (name.to_owned(), rate.to_owned())));
    assert_eq!(report.srm, None, "one arm has no split");
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    for (json, why) in [
        (r#"{"arms":[]}"#, "no arm is given"),
        (r#"{"arms":[{"id":"a","units":10,"conversions":11}]}"#, "arm `a`: conversions 11 exceed units 10"),
        (
            r#"{"arms":[{"id":"a","exposures":10,"clicks":3,"conversions":4}]}"#,
            "arm `a`: conversions 4 exceed clicks 3",
        ),
        (
            r#"{"arms":[{"id":"a","units":10,"conversions":-1}]}"#,
            "arm `a`: conversions: -1 is not a whole number of 0 or more",
        ),
        (
            r#"{"arms":[{"id":"a","units":10.5,"conversions":1}]}"#,
            "arm `a`: units: 10.5 is not a whole number of 0 or more",
        ),
        (
            r#"{"arms":[{"id":"a","units":9,"conversions":1},{"id":"a","units":9,"conversions":1}]}"#,
            "arm `a` is given twice",
        ),
        (r#"{"control":"z","arms":[{"id":"a","units":9,"conversions":1}]}"#, "control `z` is not an arm"),
        (
            r#"{"arms":[{"id":"a","units":9,"conversions":1},{"id":"b","values":[1]}]}"#,
            "arm `b` is not of the kind of the first arm",
        ),
        (r#"{"arms":[{"id":"a","values":[1,2],"covariates":[1]}]}"#, "arm `a`: 1 covariates for 2 values"),
        (
            r#"{"alpha":1.5,"arms":[{"id":"a","units":9,"conversions":1}]}"#,
            "alpha: 1.5 is not between 0 and 1",
        ),
        (r#"{"margin":0,"arms":[{"id":"a","units":9,"conversions":1}]}"#, "margin: 0 is not above 0"),
    ] {
        assert_eq!(report(json).unwrap_err(), why, "{json}");
    }
    assert!(report(r#"{"arms":[{"id":"a","units":10}]}"#).unwrap_err().starts_with("arm `a` needs `units`"));
    assert!(report(r#"{"arms":[{"id":"a","units":10,"conversion":1}]}"#).unwrap_err().contains("conversion"));
}

#[test]
fn thin_data_is_said_and_never_a_number_that_is_none() {
    for json in [
        r#"{"arms":[{"id":"a","units":0,"conversions":0},{"id":"b","units":20,"conversions":0}]}"#,
        r#"{"arms":[{"id":"a","units":0,"conversions":0},{"id":"b","units":0,"conversions":0}]}"#,
        r#"{"arms":[{"id":"a","values":[1]},{"id":"b","values":[2,3]}]}"#,
        r#"{"arms":[{"id":"a","values":[]},{"id":"b","values":[4,4,4]}]}"#,
        r#"{"arms":[{"id":"a","values":[0,0],"denominators":[1,2]},{"id":"b","values":[0,0],"denominators":[1,2]}]}"#,
        r#"{"arms":[{"id":"a","values":[1,2],"covariates":[3,3]},{"id":"b","values":[1,2],"covariates":[3,3]}]}"#,
    ] {
        let got = report(json).unwrap();
        assert!(!got.metrics[0].warnings.is_empty(), "{json}");
        // JSON has no NaN: serde_json writes null, and the only nulls allowed are those of what is absent.
        for metric in &got.metrics {
            assert!(metric.arms.iter().all(|arm| arm.value.is_none_or(f64::is_finite)), "{json}");
            assert!(metric.comparisons.iter().all(|c| c.difference.is_finite()), "{json}");
            assert!(
                metric.comparisons.iter().all(|c| c.sequential.is_none()),
                "too few for a promise: {json}"
            );
        }
    }
}

#[test]
fn a_lopsided_split_raises_the_alarm_and_weights_quieten_it() {
    let arms = |weight| {
        format!(
            r#"{{"arms":[{{"id":"a","units":1000,"conversions":100,"weight":{weight}}},
                         {{"id":"b","units":9000,"conversions":900}}]}}"#
        )
    };
    let alarmed = report(&arms("1")).unwrap();
    assert!(alarmed.srm.unwrap().alarm && alarmed.warnings.len() == 1);
    let even = report(&arms("0.111111111")).unwrap();
    assert!(!even.srm.unwrap().alarm && even.warnings.is_empty());
}

#[test]
fn a_guard_rail_turns_with_the_goal() {
    let of = |goal: &str, control: u32| {
        let json = format!(
            r#"{{"goal":"{goal}","margin":0.02,"effect":0.01,"daily_units":1000,"control":"old",
                "arms":[{{"id":"new","units":20000,"conversions":2000}},
                        {{"id":"old","units":20000,"conversions":{control}}}]}}"#
        );
        report(&json).unwrap().metrics[0].comparisons[0].guard_rail.unwrap().holds
    };
    assert!(of("higher", 2000) && of("lower", 2000), "no loss");
    assert!(!of("higher", 2500) && of("lower", 2500), "a loss of .025, or a gain");
    assert!(of("higher", 1500) && !of("lower", 1500));
}

#[test]
fn three_arms_are_one_family() {
    let got = report(
        r#"{"arms":[{"id":"a","units":1000,"conversions":100},{"id":"b","units":1000,"conversions":130},
                    {"id":"c","units":1000,"conversions":105}]}"#,
    )
    .unwrap();
    let [b, c] = got.metrics[0].comparisons.as_slice() else { panic!("{got:?}") };
    assert_eq!((b.arm.as_str(), b.against.as_str(), c.arm.as_str()), ("b", "a", "c"));
    assert_eq!(b.p_holm.unwrap(), 2.0 * b.p.unwrap());
    assert_eq!(c.p_holm.unwrap(), c.p.unwrap().max(2.0 * b.p.unwrap()));
    let beliefs: f64 =
        got.metrics[0].arms.iter().map(|arm| arm.belief.as_ref().unwrap().probability_best).sum();
    assert!((beliefs - 1.0).abs() < 1e-9);
}
