//! What pages capture: rules by level and patterns, as the JSON that the SDK interprets.

use attune_schema::event::name as own;
use attune_schema::limits::{CAPTURE_RULES, NAME_BYTES, SELECTOR_BYTES};
use attune_schema::source::{CaptureSettings, LevelRule, Pattern, PatternKind, Trigger};
use serde_json::{Map, Value, json};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Parameters that are searches anyway: see `sdk-wasm/js/capture/search.js`.
const SEARCHES: [&str; 5] = ["q", "query", "search", "keyword", "s"];

/// Names that the SDK gives by itself: a pattern with one of them would count twice.
const OWN: [&str; 19] = [
    own::PAGE_VIEWED,
    own::ITEM_VIEWED,
    own::ELEMENT_CLICKED,
    own::FORM_STARTED,
    own::FORM_FIELD_CHANGED,
    own::FORM_ABANDONED,
    own::FORM_SUBMITTED,
    own::FORM_FIELD_REFUSED,
    own::RAGE_CLICKED,
    own::DEAD_CLICKED,
    own::SEARCH_PERFORMED,
    own::PAGE_LEFT,
    own::VITALS_MEASURED,
    own::ERROR_RAISED,
    own::OFFER_EXPOSED,
    own::OFFER_WITHHELD,
    own::OFFER_CLICKED,
    own::OFFER_DISMISSED,
    own::IDENTIFIED,
];

/// The JSON of [`attune_schema::bundle::Bundle::capture`], empty if there is nothing to say, and what was left out and why.
/// Visitors whose last 16 bits are below `receipts` send what was decided.
#[must_use]
pub fn capture(settings: &CaptureSettings, receipts: u64) -> (String, Vec<String>) {
    let mut problems = Vec::new();
    let levels = levels(&settings.levels, &mut problems);
    let Rules { rules, forms } = rules(&settings.patterns, &mut problems);
    let mut out = Map::new();
    for (name, list) in [("levels", levels), ("rules", rules), ("forms", forms)] {
        if !list.is_empty() {
            out.insert(name.to_owned(), Value::Array(list));
        }
    }
    if receipts > 0 {
        out.insert("receipts".to_owned(), receipts.into());
    }
    let text = if out.is_empty() { String::new() } else { Value::Object(out).to_string() };
    (text, problems)
}

/// Most specific first, of equals the lowest, so that the first that matches counts.
fn levels(rules: &[LevelRule], problems: &mut Vec<String>) -> Vec<Value> {
    let mut good = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let LevelRule { level, path, scheme, .. } = rule;
        let wrong = if index >= CAPTURE_RULES {
            Some(format!("more than {CAPTURE_RULES} rules"))
        } else if *level > 5 {
            Some(format!("level {level} is not within 0 to 5"))
        } else if !matches!(scheme.as_str(), "" | "http" | "https") {
            Some(format!("scheme `{scheme}` is neither `http` nor `https`"))
        } else if scheme == "http" && *level > 1 {
            Some(format!("level {level} for http: such pages are captured at level 1 at most"))
        } else {
            path_problem(path)
        };
        match wrong {
            Some(wrong) => problems.push(format!("levels[{index}]: {wrong}")),
            None => good.push(rule),
        }
        if index >= CAPTURE_RULES {
            break;
        }
    }
    good.sort_by_key(|rule| {
        let literal = rule.path.chars().filter(|c| *c != '*').count();
        (Reverse((literal, !rule.category.is_empty(), !rule.scheme.is_empty())), rule.level)
    });
    good.iter().map(|rule| json!([rule.level, rule.path, rule.category, rule.scheme])).collect()
}

fn path_problem(path: &str) -> Option<String> {
    if path.len() > SELECTOR_BYTES {
        return Some(format!("a path of {} bytes, at most {SELECTOR_BYTES}", path.len()));
    }
    if !path.is_empty() && !path.starts_with('/') {
        return Some(format!("path `{path}` does not begin with `/`"));
    }
    (path.matches('*').count() > 4).then(|| format!("path `{path}` has more than four `*`"))
}

#[derive(Default)]
struct Rules {
    rules: Vec<Value>,
    forms: Vec<Value>,
}

fn rules(patterns: &[Pattern], problems: &mut Vec<String>) -> Rules {
    let mut out = Rules::default();
    let mut seen = BTreeSet::new();
    for (index, pattern) in patterns.iter().enumerate() {
        let found = if index >= CAPTURE_RULES {
            vec![format!("more than {CAPTURE_RULES} patterns")]
        } else if seen.insert((pattern.kind as u8, pattern.id.as_str())) {
            pattern_problems(pattern)
        } else {
            vec!["defined twice".to_owned()]
        };
        if found.is_empty() {
            out.add(pattern);
        }
        let subject = if pattern.id.is_empty() { format!("[{index}]") } else { format!(" {}", pattern.id) };
        problems.extend(found.into_iter().map(|wrong| format!("pattern{subject}: {wrong}")));
        if index >= CAPTURE_RULES {
            break;
        }
    }
    out
}

fn pattern_problems(pattern: &Pattern) -> Vec<String> {
    use PatternKind::{Campaign, Event, Form, Goal, Process, Promotion, Search};
    let Pattern { id, kind, path, selector, parameter, event, on, value, steps, properties, attributes } =
        pattern;
    let mut wrong = Vec::new();
    let mut name = |what: &str, name: &str| {
        if name.is_empty() || name.len() > NAME_BYTES || name.chars().any(char::is_control) {
            wrong.push(format!("{what} `{name}` is not a name of 1 to {NAME_BYTES} bytes"));
        } else if OWN.contains(&name) {
            wrong.push(format!("{what} `{name}` is recorded by the SDK itself"));
        }
    };
    name("id", id);
    if *kind == Event {
        name("event", event);
    }
    for step in steps {
        name("event", &step.event);
    }
    // Fields that its kind needs, and whether they are there.
    let needs: &[(&str, bool)] = match kind {
        Campaign | Search => &[("a parameter", !parameter.is_empty())],
        Form | Promotion => &[("a selector", !selector.is_empty())],
        Goal | Event => &[("a path or a selector", !(path.is_empty() && selector.is_empty()))],
        Process => &[("at least two steps", steps.len() > 1)],
    };
    wrong.extend(needs.iter().filter(|(_, there)| !there).map(|(field, _)| format!("needs {field}")));
    // Fields that its kind has no use for.
    let all = [
        ("parameter", !parameter.is_empty(), matches!(kind, Campaign | Search)),
        ("selector", !selector.is_empty(), matches!(kind, Form | Promotion | Goal | Event)),
        ("event", !event.is_empty(), *kind == Event),
        ("on", on.is_some(), matches!(kind, Goal | Event)),
        ("value", value.is_some(), *kind == Goal),
        ("steps", !steps.is_empty(), *kind == Process),
        ("properties", !properties.is_empty(), *kind == Event),
        ("attributes", !attributes.is_empty(), *kind == Event),
        ("path", !path.is_empty(), !matches!(kind, Process | Form)),
    ];
    wrong.extend(
        all.iter()
            .filter(|(_, said, used)| *said && !used)
            .map(|(field, ..)| format!("has no use for `{field}`")),
    );
    if on.is_some_and(|on| on != Trigger::View) && selector.is_empty() {
        wrong.push("needs a selector of what is seen, clicked or submitted".to_owned());
    }
    if *on == Some(Trigger::View) && !selector.is_empty() {
        wrong.push("a view has no use for `selector`".to_owned());
    }
    if attributes.values().any(|name| name.eq_ignore_ascii_case("value")) {
        wrong.push("values of fields are never read".to_owned());
    }
    if value.is_some_and(|value| !value.is_finite()) {
        wrong.push("value is not a number".to_owned());
    }
    if *kind == Search && SEARCHES.contains(&parameter.as_str()) {
        wrong.push(format!("searches by `{parameter}` are found anyway"));
    }
    for (path, selector) in steps.iter().map(|step| (&step.path, &step.selector)).chain([(path, selector)]) {
        wrong.extend(path_problem(path));
        if selector.len() > SELECTOR_BYTES {
            wrong.push(format!("a selector of {} bytes, at most {SELECTOR_BYTES}", selector.len()));
        }
    }
    if steps.iter().any(|step| step.path.is_empty() && step.selector.is_empty()) {
        wrong.push("a step needs a path or a selector".to_owned());
    }
    wrong
}

impl Rules {
    /// Adds what a pattern without problems becomes.
    fn add(&mut self, pattern: &Pattern) {
        let Pattern { id, path, selector, parameter, event, .. } = pattern;
        match pattern.kind {
            PatternKind::Campaign => {
                let fields = json!({ "source": id });
                self.rule(
                    Trigger::View,
                    path,
                    "",
                    "campaign_entered",
                    fields,
                    json!({ "take": [parameter, "campaign"] }),
                );
            }
            PatternKind::Search => {
                let more = json!({ "search": parameter });
                self.rule(Trigger::View, path, "", own::SEARCH_PERFORMED, json!({}), more);
            }
            PatternKind::Form => self.forms.push(json!([selector, id])),
            PatternKind::Goal => {
                let fields = pattern.value.map_or(json!({}), |value| json!({ "value": value }));
                self.rule(trigger(pattern), path, selector, id, fields, json!({}));
            }
            PatternKind::Promotion => {
                let fields = json!({ "promotion": id });
                self.rule(Trigger::Visible, path, selector, "promotion_viewed", fields.clone(), json!({}));
                self.rule(Trigger::Click, path, selector, "promotion_clicked", fields, json!({}));
            }
            PatternKind::Process => {
                for (number, step) in (1..).zip(&pattern.steps) {
                    let on = if step.selector.is_empty() { Trigger::View } else { Trigger::Click };
                    let fields = json!({ "process": id, "step": number });
                    self.rule(on, &step.path, &step.selector, &step.event, fields, json!({}));
                }
            }
            PatternKind::Event => {
                let more = json!({ "detail": pattern.properties, "read": pattern.attributes });
                self.rule(trigger(pattern), path, selector, event, json!({}), more);
            }
        }
    }

    fn rule(&mut self, on: Trigger, path: &str, selector: &str, event: &str, fields: Value, more: Value) {
        let mut rule = Map::new();
        let given = json!({ "on": on, "path": path, "selector": selector, "event": event, "fields": fields });
        for (name, value) in [given, more]
            .into_iter()
            .filter_map(|part| match part {
                Value::Object(part) => Some(part),
                _ => None,
            })
            .flatten()
        {
            let empty =
                value.as_str().is_some_and(str::is_empty) || value.as_object().is_some_and(Map::is_empty);
            if !empty {
                rule.insert(name, value);
            }
        }
        self.rules.push(Value::Object(rule));
    }
}

fn trigger(pattern: &Pattern) -> Trigger {
    let told = if pattern.selector.is_empty() { Trigger::View } else { Trigger::Click };
    pattern.on.unwrap_or(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(value: Value) -> CaptureSettings {
        serde_json::from_value(value).unwrap()
    }

    fn compiled(value: Value) -> Value {
        let (text, problems) = capture(&settings(value), 0);
        assert!(problems.is_empty(), "{problems:?}");
        serde_json::from_str(&text).unwrap()
    }

    fn wrong(value: Value) -> Vec<String> {
        capture(&settings(value), 0).1
    }

    #[test]
    fn nothing_said_is_nothing_delivered() {
        assert_eq!(capture(&CaptureSettings::default(), 0), (String::new(), Vec::new()));
    }

    #[test]
    fn the_most_specific_level_is_first_and_of_equals_the_lowest() {
        let levels = json!([
            { "level": 5 },
            { "level": 4, "scheme": "https" },
            { "level": 3, "category": "loans" },
            { "level": 2, "path": "/loans/*" },
            { "level": 1, "path": "/loans/apply/*" },
            { "level": 0, "path": "/loans/apply/*" },
            { "level": 3, "path": "/loans/*", "category": "loans" },
        ]);
        let expected = json!([
            [0, "/loans/apply/*", "", ""],
            [1, "/loans/apply/*", "", ""],
            [3, "/loans/*", "loans", ""],
            [2, "/loans/*", "", ""],
            [3, "", "loans", ""],
            [4, "", "", "https"],
            [5, "", "", ""],
        ]);
        assert_eq!(compiled(json!({ "levels": levels }))["levels"], expected);
    }

    #[test]
    fn the_seven_patterns_become_rules() {
        let patterns = json!([
            { "id": "newsletter", "kind": "campaign", "parameter": "cid" },
            { "id": "card_applied", "kind": "goal", "path": "/apply/done", "value": 100.5 },
            { "id": "apply", "kind": "form", "selector": "#f7" },
            { "id": "spring", "kind": "promotion", "selector": ".spring" },
            { "id": "application", "kind": "process", "steps": [
                { "event": "application_opened", "path": "/apply" },
                { "event": "terms_accepted", "path": "/apply", "selector": "#agree" } ] },
            { "id": "find", "kind": "search", "path": "/find", "parameter": "text" },
            { "id": "rates", "kind": "event", "event": "rate_compared", "selector": ".rate",
              "properties": { "kind": "loan" }, "attributes": { "rate": "data-rate" } },
        ]);
        let expected = json!({
            "forms": [["#f7", "apply"]],
            "rules": [
                { "on": "view", "event": "campaign_entered", "fields": { "source": "newsletter" }, "take": ["cid", "campaign"] },
                { "on": "view", "path": "/apply/done", "event": "card_applied", "fields": { "value": 100.5 } },
                { "on": "visible", "selector": ".spring", "event": "promotion_viewed", "fields": { "promotion": "spring" } },
                { "on": "click", "selector": ".spring", "event": "promotion_clicked", "fields": { "promotion": "spring" } },
                { "on": "view", "path": "/apply", "event": "application_opened", "fields": { "process": "application", "step": 1 } },
                { "on": "click", "path": "/apply", "selector": "#agree", "event": "terms_accepted",
                  "fields": { "process": "application", "step": 2 } },
                { "on": "view", "path": "/find", "event": "search_performed", "search": "text" },
                { "on": "click", "selector": ".rate", "event": "rate_compared", "detail": { "kind": "loan" },
                  "read": { "rate": "data-rate" } },
            ],
        });
        assert_eq!(compiled(json!({ "patterns": patterns })), expected);
    }

    #[test]
    fn every_problem_is_named_and_the_rest_stays() {
        let levels = json!([
            { "level": 6 }, { "level": 1, "path": "apply" }, { "level": 2, "scheme": "http" }, { "level": 1, "scheme": "ftp" },
        ]);
        assert_eq!(
            wrong(json!({ "levels": levels })),
            [
                "levels[0]: level 6 is not within 0 to 5",
                "levels[1]: path `apply` does not begin with `/`",
                "levels[2]: level 2 for http: such pages are captured at level 1 at most",
                "levels[3]: scheme `ftp` is neither `http` nor `https`",
            ]
        );
        let patterns = json!([
            { "id": "a", "kind": "goal" },
            { "id": "b", "kind": "search", "parameter": "q" },
            { "id": "c", "kind": "event", "event": "page_viewed", "path": "/" },
            { "id": "d", "kind": "promotion", "selector": ".d", "value": 1 },
            { "id": "d", "kind": "promotion", "selector": ".d" },
            { "id": "e", "kind": "process", "steps": [{ "event": "e_begun" }] },
            { "id": "f", "kind": "goal", "path": "/f", "on": "click" },
            { "id": "g", "kind": "goal", "path": "/g" },
            { "id": "h", "kind": "event", "event": "name_typed", "selector": "input", "attributes": { "name": "VALUE" } },
        ]);
        assert_eq!(
            wrong(json!({ "patterns": patterns })),
            [
                "pattern a: needs a path or a selector",
                "pattern b: searches by `q` are found anyway",
                "pattern c: event `page_viewed` is recorded by the SDK itself",
                "pattern d: has no use for `value`",
                "pattern d: defined twice",
                "pattern e: needs at least two steps",
                "pattern e: a step needs a path or a selector",
                "pattern f: needs a selector of what is seen, clicked or submitted",
                "pattern h: values of fields are never read",
            ]
        );
        let (text, _) = capture(&settings(json!({ "patterns": patterns })), 0);
        assert_eq!(text, r#"{"rules":[{"event":"g","on":"view","path":"/g"}]}"#);
    }
}
