//! Editing conditions: pure functions on values, addressed by the path of list positions from the root.

use crate::text;
use attune_schema::source::{
    AffinityCondition, Condition, EventCondition, FieldCondition, SequenceStep, Test,
};
use attune_schema::value::Value;
use std::collections::BTreeMap;

/// Kinds of condition, in the order in which they are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Every one holds.
    All,
    /// At least one holds.
    Any,
    /// None holds.
    None,
    /// How often an event happened.
    Event,
    /// A declared attribute.
    Attribute,
    /// The page, device or campaign tags.
    Context,
    /// Interest in a category.
    Affinity,
    /// A saved audience.
    Audience,
    /// What is written as JSON only: shown, and kept as it is.
    Written,
}

impl Kind {
    /// All that are offered.
    pub const ALL: [Self; 8] = [
        Self::Event,
        Self::Attribute,
        Self::Context,
        Self::Affinity,
        Self::Audience,
        Self::All,
        Self::Any,
        Self::None,
    ];

    /// Stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
            Self::None => "none",
            Self::Event => "event",
            Self::Attribute => "attribute",
            Self::Context => "context",
            Self::Affinity => "affinity",
            Self::Audience => "audience",
            Self::Written => "written",
        }
    }

    /// The inverse of [`Kind::code`].
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The kind of a condition.
    #[must_use]
    pub const fn of(condition: &Condition) -> Self {
        match condition {
            Condition::All(_) => Self::All,
            Condition::Any(_) => Self::Any,
            Condition::None(_) => Self::None,
            Condition::Event(_) => Self::Event,
            Condition::Attribute(_) => Self::Attribute,
            Condition::Context(_) => Self::Context,
            Condition::Affinity(_) => Self::Affinity,
            Condition::Audience(_) => Self::Audience,
            Condition::Sum(_)
            | Condition::Sequence(_)
            | Condition::Sample(_)
            | Condition::Score(_)
            | Condition::Trend(_) => Self::Written,
        }
    }

    /// A new condition of this kind.
    #[must_use]
    pub fn blank(self) -> Condition {
        let field =
            |name: &str, value: &str| FieldCondition { name: name.into(), test: Test::Is(value.into()) };
        match self {
            Self::All => Condition::All(Vec::new()),
            Self::Any => Condition::Any(Vec::new()),
            Self::None => Condition::None(Vec::new()),
            Self::Event => Condition::Event(EventCondition {
                name: "item_viewed".to_owned(),
                filter: BTreeMap::new(),
                within: None,
                older_than: None,
                at_least: Some(1),
                at_most: None,
            }),
            Self::Attribute => Condition::Attribute(field("", "")),
            Self::Context => Condition::Context(field("device", "mobile")),
            Self::Affinity => {
                Condition::Affinity(AffinityCondition { category: String::new(), at_least: 1.0 })
            }
            Self::Audience | Self::Written => Condition::Audience(String::new()),
        }
    }
}

/// Members of a group; `None` for a leaf.
#[must_use]
pub const fn members(condition: &Condition) -> Option<&Vec<Condition>> {
    match condition {
        Condition::All(members) | Condition::Any(members) | Condition::None(members) => Some(members),
        _ => None,
    }
}

const fn members_mut(condition: &mut Condition) -> Option<&mut Vec<Condition>> {
    match condition {
        Condition::All(members) | Condition::Any(members) | Condition::None(members) => Some(members),
        _ => None,
    }
}

/// The condition at `path`.
#[must_use]
pub fn at<'a>(root: &'a Condition, path: &[usize]) -> Option<&'a Condition> {
    path.iter().try_fold(root, |node, index| members(node)?.get(*index))
}

/// The condition at `path`, to be changed.
pub fn at_mut<'a>(root: &'a mut Condition, path: &[usize]) -> Option<&'a mut Condition> {
    path.iter().try_fold(root, |node, index| members_mut(node)?.get_mut(*index))
}

/// Appends `condition` to the group at `path`; a leaf there stays as it is.
pub fn add(root: &mut Condition, path: &[usize], condition: Condition) {
    if let Some(members) = at_mut(root, path).and_then(members_mut) {
        members.push(condition);
    }
}

/// Takes out the condition at `path`; the root itself cannot be taken out.
pub fn remove(root: &mut Condition, path: &[usize]) {
    if let Some((index, parent)) = path.split_last()
        && let Some(members) = at_mut(root, parent).and_then(members_mut)
        && *index < members.len()
    {
        members.remove(*index);
    }
}

/// Makes the condition at `path` another kind; groups keep their members, a leaf that becomes a group its first.
pub fn turn_into(root: &mut Condition, path: &[usize], kind: Kind) {
    let Some(node) = at_mut(root, path) else { return };
    if Kind::of(node) == kind {
        return;
    }
    let mut next = kind.blank();
    if let Some(target) = members_mut(&mut next) {
        *target = members(node).cloned().unwrap_or_else(|| vec![node.clone()]);
    }
    *node = next;
}

/// A rule with a group at its root, so that there is a place to add to.
#[must_use]
pub fn rooted(condition: Condition) -> Condition {
    if members(&condition).is_some() { condition } else { Condition::All(vec![condition]) }
}

/// Operators of a field test.
pub const OPERATORS: [&str; 10] = [
    "is",
    "is_not",
    "one_of",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
    "starts_with",
    "contains",
    "known",
];

/// Operator and operand of a test, as typed.
#[must_use]
pub fn parts(test: &Test) -> (&'static str, String) {
    match test {
        Test::Is(value) => ("is", text::typed(value)),
        Test::IsNot(value) => ("is_not", text::typed(value)),
        Test::OneOf(values) => ("one_of", values.iter().map(text::typed).collect::<Vec<_>>().join(", ")),
        Test::AtLeast(value) => ("at_least", text::typed(value)),
        Test::AtMost(value) => ("at_most", text::typed(value)),
        Test::MoreThan(value) => ("more_than", text::typed(value)),
        Test::LessThan(value) => ("less_than", text::typed(value)),
        Test::StartsWith(text) => ("starts_with", text.clone()),
        Test::Contains(text) => ("contains", text.clone()),
        Test::Known(yes) => ("known", yes.to_string()),
    }
}

/// The inverse of [`parts`]; an unknown operator means `is`.
#[must_use]
pub fn test(operator: &str, operand: &str) -> Test {
    let value: Value = text::value(operand);
    match operator {
        "is_not" => Test::IsNot(value),
        "one_of" => Test::OneOf(text::list(operand).iter().map(|item| text::value(item)).collect()),
        "at_least" => Test::AtLeast(value),
        "at_most" => Test::AtMost(value),
        "more_than" => Test::MoreThan(value),
        "less_than" => Test::LessThan(value),
        "starts_with" => Test::StartsWith(operand.to_owned()),
        "contains" => Test::Contains(operand.to_owned()),
        "known" => Test::Known(operand != "false"),
        _ => Test::Is(value),
    }
}

/// The rule in words short enough for a list: `(event item_viewed ≥ 2 in 1w) and not (device is mobile)`.
#[must_use]
pub fn summary(condition: &Condition, words: Words) -> String {
    let join = |members: &[Condition], between: &str| {
        let several = members.len() > 1;
        members
            .iter()
            .map(|member| {
                let text = summary(member, words);
                let nested = several && members_of(member) > 1 && !matches!(member, Condition::None(_));
                if nested { format!("({text})") } else { text }
            })
            .collect::<Vec<_>>()
            .join(between)
    };
    match condition {
        Condition::All(members) if members.is_empty() => words.everybody.to_owned(),
        Condition::Any(members) if members.is_empty() => words.nobody.to_owned(),
        Condition::None(members) if members.is_empty() => words.everybody.to_owned(),
        Condition::All(members) => join(members, words.and),
        Condition::Any(members) => join(members, words.or),
        Condition::None(members) => format!("{} ({})", words.not, join(members, words.or)),
        Condition::Event(event) => event_summary(event),
        Condition::Attribute(field) | Condition::Context(field) => {
            let (operator, operand) = parts(&field.test);
            format!("{} {} {operand}", field.name, symbol(operator))
        }
        Condition::Affinity(affinity) => {
            format!("♥ {} ≥ {}", affinity.category, text::plain(affinity.at_least))
        }
        Condition::Audience(id) => format!("@{id}"),
        Condition::Sum(sum) => {
            let mut text = format!("Σ {}", counted(&sum.name, &sum.filter));
            bounds(&mut text, sum.at_least.map(text::plain), sum.at_most.map(text::plain));
            format!("{text} / {}", sum.within)
        }
        Condition::Sequence(sequence) => {
            let step = |step: &SequenceStep| {
                let name = counted(&step.name, &step.filter);
                if step.absent { format!("∅ {name}") } else { name }
            };
            let steps = sequence.steps.iter().map(step).collect::<Vec<_>>().join(" → ");
            format!("{steps} / {}", sequence.within)
        }
        Condition::Score(score) => format!("∑ {}", score.model),
        Condition::Trend(_) => "↗".to_owned(),
        Condition::Sample(sample) => format!("{} {} %", sample.name, text::plain(sample.percent)),
    }
}

/// An event's name and what it is filtered by.
fn counted(name: &str, filter: &BTreeMap<String, String>) -> String {
    let mut text = name.to_owned();
    for (property, value) in filter {
        text.push_str(&format!("[{property} = {value}]"));
    }
    text
}

fn bounds(text: &mut String, least: Option<String>, most: Option<String>) {
    for (sign, bound) in [(" ≥ ", least), (" ≤ ", most)] {
        if let Some(bound) = bound {
            text.push_str(sign);
            text.push_str(&bound);
        }
    }
}

fn members_of(condition: &Condition) -> usize {
    members(condition).map_or(0, Vec::len)
}

fn event_summary(event: &EventCondition) -> String {
    let mut text = counted(&event.name, &event.filter);
    let least = event.at_least.or(event.at_most.is_none().then_some(1));
    bounds(&mut text, least.map(|n| n.to_string()), event.at_most.map(|n| n.to_string()));
    if let Some(older) = event.older_than {
        text.push_str(&format!(" > {older}"));
    }
    if let Some(within) = event.within {
        text.push_str(&format!(" / {within}"));
    }
    text
}

fn symbol(operator: &str) -> &str {
    match operator {
        "is" => "=",
        "is_not" => "≠",
        "one_of" => "∈",
        "at_least" => "≥",
        "at_most" => "≤",
        "more_than" => ">",
        "less_than" => "<",
        "starts_with" => "^",
        "contains" => "∋",
        other => other,
    }
}

/// Words of a summary, in the reader's language.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// Between members that must all hold.
    pub and: &'static str,
    /// Between members of which one must hold.
    pub or: &'static str,
    /// Before members that must not hold.
    pub not: &'static str,
    /// No condition at all.
    pub everybody: &'static str,
    /// A condition that nobody meets.
    pub nobody: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Words = Words { and: " and ", or: " or ", not: "not", everybody: "all", nobody: "none" };

    fn sample() -> Condition {
        serde_json::from_str(
            r#"{"all":[
                {"event":{"name":"item_viewed","where":{"category":"travel"},"within":"7d","at_least":2}},
                {"none":[{"attribute":{"name":"grade","one_of":["vip",3]}},{"audience":"staff"}]},
                {"any":[{"context":{"name":"device","is":"mobile"}},{"affinity":{"category":"travel","at_least":2}}]}
            ]}"#,
        )
        .unwrap()
    }

    #[test]
    fn paths_reach_every_node() {
        let mut root = sample();
        assert_eq!(at(&root, &[1, 1]), Some(&Condition::Audience("staff".into())));
        assert_eq!(at(&root, &[0, 0]), None);
        add(&mut root, &[1], Kind::Affinity.blank());
        assert_eq!(members(at(&root, &[1]).unwrap()).unwrap().len(), 3);
        remove(&mut root, &[1, 0]);
        assert_eq!(at(&root, &[1, 0]), Some(&Condition::Audience("staff".into())));
        remove(&mut root, &[]);
        remove(&mut root, &[9]);
        assert_eq!(members(&root).unwrap().len(), 3);
    }

    #[test]
    fn changing_the_kind_of_a_group_keeps_its_members() {
        let mut root = sample();
        turn_into(&mut root, &[1], Kind::Any);
        assert_eq!(members(at(&root, &[1]).unwrap()).unwrap().len(), 2);
        turn_into(&mut root, &[0], Kind::None);
        assert_eq!(Kind::of(at(&root, &[0, 0]).unwrap()), Kind::Event);
    }

    #[test]
    fn every_test_reads_back() {
        for operator in OPERATORS {
            for operand in ["gold", "3", "true", "a, b, 2"] {
                let made = test(operator, operand);
                let (code, typed) = parts(&made);
                assert_eq!(code, operator);
                assert_eq!(test(code, &typed), made, "{operator} {operand}");
            }
        }
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.code()), Some(kind));
            assert_eq!(Kind::of(&kind.blank()), kind);
        }
    }

    #[test]
    fn summaries_are_readable() {
        assert_eq!(
            summary(&sample(), WORDS),
            "item_viewed[category = travel] ≥ 2 / 1w and not (grade ∈ vip, 3 or @staff) and (device = mobile or ♥ travel ≥ 2)"
        );
        assert_eq!(summary(&Condition::All(vec![]), WORDS), "all");
    }
}
