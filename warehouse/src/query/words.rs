//! Parts of questions in plain words, for the definition that comes with an answer.

use attune_schema::bot::Bots;
use attune_schema::question::{Breakdown, EventNames, Per, Period, PropertyFilter};
use attune_schema::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use attune_schema::value::Value;

/// Events that pass filters: ``` `view` or `open` where `plan` is gold ```.
pub(super) fn events(event: &EventNames, filters: &[PropertyFilter]) -> String {
    let names: Vec<String> = event.names().iter().map(|name| format!("`{name}`")).collect();
    let names = list(&names, "or");
    if filters.is_empty() { names } else { format!("{names} where {}", self::filters(filters)) }
}

/// Tests that must all hold.
pub(super) fn filters(filters: &[PropertyFilter]) -> String {
    let tests: Vec<String> = filters.iter().map(filter).collect();
    list(&tests, "and")
}

fn filter(filter: &PropertyFilter) -> String {
    let values: Vec<String> = filter.one_of.iter().map(value).collect();
    let mut tests = Vec::new();
    if !values.is_empty() {
        tests.push(format!("is {}", list(&values, "or")));
    }
    for (words, bound) in [
        ("is at least", filter.at_least),
        ("is at most", filter.at_most),
        ("is more than", filter.more_than),
        ("is less than", filter.less_than),
    ] {
        tests.extend(bound.map(|bound| format!("{words} {bound}")));
    }
    format!("`{}` {}", filter.property, list(&tests, "and"))
}

pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("\"{text}\""),
    }
}

/// `a, b or c`.
pub(super) fn list(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., end] => format!("{} {last} {end}", rest.join(", ")),
    }
}

/// Seconds in the largest unit that divides them.
pub(super) fn duration(seconds: u64) -> String {
    let units = [(DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute"), (SECOND_MS, "second")]
        .map(|(ms, name)| ((ms / SECOND_MS) as u64, name));
    let found = units.iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    let (unit, name) = found.copied().unwrap_or((1, "second"));
    let count = seconds / unit;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

/// Whose events are taken together.
pub(super) fn unit(per: Per) -> &'static str {
    match per {
        Per::Visitor => "visitor",
        Per::Session => "session",
        Per::Person => "person (visitors joined by user id)",
    }
}

/// Whose events count.
pub(crate) fn bots(bots: Bots) -> String {
    match bots {
        Bots::Exclude => "Bots are left out.",
        Bots::Include => "Bots are counted, too.",
        Bots::Only => "Only what is not a person is counted.",
    }
    .to_owned()
}

/// Which time is looked at.
pub(crate) fn period(period: Option<Period>) -> String {
    let Some(Period { from, to }) = period else { return "All events there are.".to_owned() };
    format!("Events from {} up to, not including, {}.", instant(from), instant(to))
}

/// A time as `2026-11-22 21:00:00 UTC`; as it is where the calendar ends.
pub(super) fn instant(at: Timestamp) -> String {
    let days = at.0.div_euclid(DAY_MS);
    if days.unsigned_abs() > 1_000_000 {
        return format!("{} ms", at.0);
    }
    // Howard Hinnant, "chrono-compatible low-level date algorithms": civil_from_days.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let second = at.0.rem_euclid(DAY_MS) / SECOND_MS;
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

/// What an answer is split by.
pub(super) fn breakdown(by: &Breakdown) -> String {
    match by {
        Breakdown::Device => "device",
        Breakdown::Locale => "language",
        Breakdown::UtmSource => "utm_source",
        Breakdown::ReferrerHost => "host of the referrer",
        Breakdown::Channel => "channel",
        Breakdown::Source => "source",
        Breakdown::Browser => "browser",
        Breakdown::Os => "operating system",
        Breakdown::Country => "country",
        Breakdown::Bot => "what the event was taken for",
        Breakdown::Property(name) => return format!("property `{name}`"),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_times_are_read_easily() {
        let durations = [0, 1, 60, 90, 3_600, 86_400, 604_800, 86_401].map(duration);
        assert_eq!(
            durations,
            ["0 seconds", "1 second", "1 minute", "90 seconds", "1 hour", "1 day", "7 days", "86401 seconds"]
        );
        assert_eq!(instant(Timestamp(0)), "1970-01-01 00:00:00 UTC");
        assert_eq!(instant(Timestamp(1_795_348_800_123)), "2026-11-22 12:00:00 UTC");
        assert_eq!(instant(Timestamp(-1)), "1969-12-31 23:59:59 UTC");
        assert_eq!(instant(Timestamp(951_782_400_000)), "2000-02-29 00:00:00 UTC");
        assert_eq!(instant(Timestamp(i64::MAX)), "9223372036854775807 ms");
    }
}
