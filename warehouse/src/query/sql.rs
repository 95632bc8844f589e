//! Pieces of SQL made from values of questions.

use super::bots::Scope;
use crate::Error;
use attune_schema::bot::Bots;
use attune_schema::question::{Breakdown, EventNames, Per, Period, PropertyFilter, Which};
use attune_schema::value::Value;

/// `text` as a string literal.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// A UUID as a literal.
pub(crate) fn uuid(id: u128) -> String {
    format!("toUUID('{}')", uuid::Uuid::from_u128(id))
}

/// Tests on names and properties of one event.
pub(super) fn event_filter(event: &EventNames, filters: &[PropertyFilter]) -> Result<String, Error> {
    let names: Vec<String> = event.names().iter().map(|name| text(name)).collect();
    if names.is_empty() {
        return Err(Error::Question("a step names no event".to_owned()));
    }
    let mut sql = format!("name IN ({})", names.join(", "));
    for filter in filters {
        sql.push_str(" AND ");
        sql.push_str(&property_filter(filter)?);
    }
    Ok(sql)
}

/// Tests that an event is one of `which`.
pub(super) fn which(which: &Which) -> Result<String, Error> {
    Ok(format!("({})", event_filter(&which.event, &which.filters)?))
}

/// Tests that an event has any of all these names.
pub(super) fn names(of: &[&EventNames]) -> Result<String, Error> {
    let names = of.iter().flat_map(|names| names.names()).cloned().collect();
    event_filter(&EventNames::Any(names), &[])
}

/// The column of a unit that outlasts a session; `question` is what is asked.
pub(super) fn unit(per: Per, question: &str) -> Result<&'static str, Error> {
    match per {
        Per::Visitor => Ok("visitor"),
        Per::Person => Ok("person"),
        Per::Session => Err(Error::Question(format!("{question} is per visitor or person, not per session"))),
    }
}

/// Whether the narrow table has what whose events count and the breakdown ask for.
pub(super) fn is_narrow(of: Scope<'_>, bots: Bots, breakdown: Option<&Breakdown>) -> bool {
    matches!(breakdown, None | Some(Breakdown::Device)) && (bots == Bots::Include || of.is_plain())
}

/// One test on a property.
pub(super) fn property_filter(filter: &PropertyFilter) -> Result<String, Error> {
    let key = text(&filter.property);
    let options: Vec<String> = filter
        .one_of
        .iter()
        .map(|value| match value {
            Value::Text(value) => format!("texts[{key}] = {} AND mapContains(texts, {key})", text(value)),
            Value::Number(value) => format!("numbers[{key}] = {value:?} AND mapContains(numbers, {key})"),
            Value::Bool(value) => format!("flags[{key}] = {value} AND mapContains(flags, {key})"),
        })
        .map(|option| format!("({option})"))
        .collect();
    let mut tests = Vec::new();
    if !options.is_empty() {
        tests.push(format!("({})", options.join(" OR ")));
    }
    for (comparison, bound) in
        [(">=", filter.at_least), ("<=", filter.at_most), (">", filter.more_than), ("<", filter.less_than)]
    {
        let Some(bound) = bound else { continue };
        if !bound.is_finite() {
            return Err(Error::Question(format!("filter on `{}` compares with {bound}", filter.property)));
        }
        tests.push(format!("numbers[{key}] {comparison} {bound:?} AND mapContains(numbers, {key})"));
    }
    if tests.is_empty() {
        return Err(Error::Question(format!("filter on `{}` lists no value", filter.property)));
    }
    Ok(format!("({})", tests.join(" AND ")))
}

/// Whether an event has a property.
pub(crate) fn has_property(name: &str) -> String {
    let key = text(name);
    format!("(mapContains(texts, {key}) OR mapContains(numbers, {key}) OR mapContains(flags, {key}))")
}

/// A property as text; empty without it.
pub(crate) fn property_text(name: &str) -> String {
    let key = text(name);
    format!(
        "multiIf(mapContains(texts, {key}), texts[{key}], mapContains(numbers, {key}), toString(numbers[{key}]), \
         mapContains(flags, {key}), toString(flags[{key}]), '')"
    )
}

/// The last instant of a day that the store's calendar has.
const LAST_MS: i64 = u32::MAX as i64 * 1_000;

/// Bounds of event time, to follow another test; with `has_day`, the column that prunes where the table has it.
pub(crate) fn period(period: Option<Period>, has_day: bool) -> Result<String, Error> {
    let Some(Period { from, to }) = period else { return Ok(String::new()) };
    let mut sql = format!(" AND {}", within("at", Period { from, to })?);
    if has_day {
        sql.push_str(&format!(
            " AND day BETWEEN toDate({}, 'UTC') AND toDate({}, 'UTC')",
            instant(from.0),
            instant(to.0.saturating_sub(1))
        ));
    }
    Ok(sql)
}

/// Whether a time is in a period.
pub(super) fn within(column: &str, Period { from, to }: Period) -> Result<String, Error> {
    if to <= from {
        return Err(Error::Question(format!("period ends at {} before it begins at {}", to.0, from.0)));
    }
    Ok(format!("{column} >= {} AND {column} < {}", instant(from.0), instant(to.0)))
}

/// A time as the store has it: no event lies outside what it counts.
pub(crate) fn instant(ms: i64) -> String {
    format!("fromUnixTimestamp64Milli({}, 'UTC')", ms.clamp(0, LAST_MS))
}

/// The expression that an answer is split by.
pub(super) fn breakdown(by: &Breakdown) -> String {
    let column = match by {
        Breakdown::Device => "device",
        Breakdown::Locale => "locale",
        Breakdown::UtmSource => "utm_source",
        Breakdown::ReferrerHost => "domainWithoutWWW(referrer)",
        Breakdown::Channel => "channel",
        Breakdown::Source => "source",
        Breakdown::Browser => "browser",
        Breakdown::Os => "os",
        Breakdown::Country => "country",
        Breakdown::Bot => "toString(bot)",
        Breakdown::Property(name) => return property_text(name),
    };
    column.to_owned()
}
