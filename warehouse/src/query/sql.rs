//! Pieces of SQL made from values of questions.

use crate::Error;
use attune_schema::question::{Breakdown, EventNames, Period, PropertyFilter};
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
    if options.is_empty() {
        return Err(Error::Question(format!("filter on `{}` lists no value", filter.property)));
    }
    Ok(format!("({})", options.join(" OR ")))
}

/// The last instant of a day that the store's calendar has.
const LAST_MS: i64 = u32::MAX as i64 * 1_000;

/// Bounds of event time; `column` is the time, `day` prunes where the table has one.
pub(super) fn period(period: Option<Period>, has_day: bool) -> Result<String, Error> {
    let Some(Period { from, to }) = period else { return Ok(String::new()) };
    if to <= from {
        return Err(Error::Question(format!("period ends at {} before it begins at {}", to.0, from.0)));
    }
    // No event lies outside, and the store counts no further.
    let at = |ms: i64| format!("fromUnixTimestamp64Milli({}, 'UTC')", ms.clamp(0, LAST_MS));
    let mut sql = format!(" AND at >= {} AND at < {}", at(from.0), at(to.0));
    if has_day {
        sql.push_str(&format!(
            " AND day BETWEEN toDate({}, 'UTC') AND toDate({}, 'UTC')",
            at(from.0),
            at(to.0.saturating_sub(1))
        ));
    }
    Ok(sql)
}

/// The expression that an answer is split by.
pub(super) const fn breakdown(by: Breakdown) -> &'static str {
    match by {
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
    }
}
