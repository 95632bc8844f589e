//! Patterns of a site that nothing matches: somebody made a rule, and the pages are not as the rule takes them to be.

use attune_control::Past;
use attune_schema::api::SilentPattern;
use attune_schema::question::{EventNames, Period, PropertyFilter, TrendQuestion};
use attune_schema::source::{CaptureSettings, Pattern, PatternKind};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_schema::value::Value;

/// What tells that one part of a pattern matched: a pattern has one part, a process one for each step.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign {
    /// As it is said when nothing matched.
    pub silent: SilentPattern,
    /// Counts it over the last day.
    pub question: TrendQuestion,
}

/// What to ask of the patterns that have been as they are for a day. `history` has the versions of the document, oldest
/// first.
#[must_use]
pub fn signs(settings: &CaptureSettings, history: &[Past], now: Timestamp) -> Vec<Sign> {
    let since = now.plus_ms(-DAY_MS);
    // The version that held a day ago, and all that came since.
    let first = history.iter().rposition(|past| past.updated_at <= since);
    let Some(versions) = first.and_then(|first| history.get(first..)) else { return Vec::new() };
    let read = |past: &Past| -> CaptureSettings {
        past.body.clone().and_then(|body| serde_json::from_value(body).ok()).unwrap_or_default()
    };
    let versions: Vec<_> = versions.iter().map(read).collect();
    let old = |pattern: &&Pattern| versions.iter().all(|version| version.patterns.contains(pattern));
    settings
        .patterns
        .iter()
        .filter(old)
        .flat_map(|pattern| parts(pattern, Period { from: since, to: now }))
        .collect()
}

fn parts(pattern: &Pattern, period: Period) -> Vec<Sign> {
    let sign = |events: &[&str], property: Option<&str>| Sign {
        silent: SilentPattern {
            id: pattern.id.clone(),
            kind: pattern.kind,
            events: events.iter().map(|&name| name.to_owned()).collect(),
        },
        question: TrendQuestion {
            event: Some(EventNames::Any(events.iter().map(|&name| name.to_owned()).collect())),
            filters: property
                .map(|property| PropertyFilter {
                    property: property.to_owned(),
                    one_of: vec![Value::from(pattern.id.as_str())],
                    ..PropertyFilter::default()
                })
                .into_iter()
                .collect(),
            period: Some(period),
            ..TrendQuestion::default()
        },
    };
    match pattern.kind {
        PatternKind::Campaign => vec![sign(&["campaign_entered"], Some("source"))],
        PatternKind::Goal => vec![sign(&[&pattern.id], None)],
        PatternKind::Form => {
            vec![sign(&["form_started", "form_submitted", "form_abandoned"], Some("form"))]
        }
        PatternKind::Promotion => {
            vec![sign(&["promotion_viewed", "promotion_clicked"], Some("promotion"))]
        }
        PatternKind::Process => {
            pattern.steps.iter().map(|step| sign(&[&step.event], Some("process"))).collect()
        }
        PatternKind::Search => vec![sign(&["search_performed"], None)],
        PatternKind::Event => vec![sign(&[&pattern.event], None)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn past(version: u64, days_ago: i64, body: &serde_json::Value) -> Past {
        Past {
            version,
            updated_at: NOW.plus_ms(-days_ago * DAY_MS - 1),
            updated_by: String::new(),
            body: Some(body.clone()),
        }
    }

    fn ids(now: &serde_json::Value, history: &[Past]) -> Vec<String> {
        let settings: CaptureSettings = serde_json::from_value(now.clone()).unwrap();
        signs(&settings, history, NOW).into_iter().map(|sign| sign.silent.id).collect()
    }

    #[test]
    fn a_pattern_is_asked_about_once_it_is_a_day_old() {
        let goal = json!({ "id": "applied", "kind": "goal", "path": "/done" });
        let (one, both) = (
            json!({ "patterns": [goal] }),
            json!({ "patterns": [goal, { "id": "seen", "kind": "promotion", "selector": ".ad" }] }),
        );
        assert_eq!(ids(&one, &[past(1, 2, &one)]), ["applied"]);
        assert_eq!(ids(&one, &[past(1, 0, &one)]), [""; 0], "since an hour");
        assert_eq!(ids(&both, &[past(1, 2, &one), past(2, 0, &both)]), ["applied"], "the other is new");
        assert_eq!(
            ids(&both, &[past(1, 3, &both), past(2, 2, &one), past(3, 0, &both)]),
            ["applied"],
            "it was away"
        );
        let other = json!({ "patterns": [{ "id": "applied", "kind": "goal", "path": "/thanks" }] });
        assert_eq!(ids(&other, &[past(1, 2, &one), past(2, 0, &other)]), [""; 0], "it was changed");
    }

    #[test]
    fn each_step_of_a_process_is_asked_about() {
        let body = json!({ "patterns": [{ "id": "loan", "kind": "process",
            "steps": [{ "event": "opened", "path": "/a" }, { "event": "signed", "path": "/b" }] }] });
        let settings: CaptureSettings = serde_json::from_value(body.clone()).unwrap();
        let signs = signs(&settings, &[past(1, 2, &body)], NOW);
        let events: Vec<_> = signs.iter().map(|sign| sign.silent.events.join(" ")).collect();
        assert_eq!(events, ["opened", "signed"]);
        assert_eq!(signs[0].question.filters[0].property, "process");
        assert_eq!(signs[0].question.period.unwrap().from, NOW.plus_ms(-DAY_MS));
    }
}
