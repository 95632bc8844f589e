//! Small conversions between what people type and what is kept.

use crate::json;
use attune_schema::value::Value;

/// `part / whole`; `None` if there is no whole.
#[must_use]
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// How a figure changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Nothing before and nothing now.
    Nothing,
    /// Nothing before: a ratio would say nothing.
    New,
    /// Relative change.
    By(f64),
}

/// Change from `before` to `now`; never a ratio to zero.
#[must_use]
pub fn change(before: u64, now: u64) -> Change {
    match (before, now) {
        (0, 0) => Change::Nothing,
        (0, _) => Change::New,
        _ => Change::By(now as f64 / before as f64 - 1.0),
    }
}

/// Items separated by commas, trimmed; empty ones are left out.
#[must_use]
pub fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// A number as it is typed: `2`, `-.5`, `1e3`. The JSON reader's, so that there is one reader of numbers.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let zero = if digits.starts_with('.') { "0" } else { "" };
    let digits = digits.strip_suffix('.').unwrap_or(digits);
    (!digits.is_empty()).then(|| json::read(&format!("{sign}{zero}{digits}")).ok()).flatten()
}

/// The inverse of [`number`].
#[must_use]
pub fn plain(number: f64) -> String {
    let text = json::written(&number);
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// A number with `digits` after the point, for style sheets and drawings.
#[must_use]
pub fn fixed(number: f64, digits: u32) -> String {
    let scale = 10u64.pow(digits);
    let all = (number.abs() * scale as f64).round() as u64;
    let sign = if number < 0.0 && all > 0 { "-" } else { "" };
    format!("{sign}{}.{:0width$}", all / scale, all % scale, width = digits as usize)
}

/// What was typed as a value: `true`, `false`, a number, else text; `"3"` in quotes stays text.
#[must_use]
pub fn value(text: &str) -> Value {
    let text = text.trim();
    if let Some(quoted) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Value::Text(quoted.to_owned());
    }
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => number(text).and_then(Value::number).unwrap_or_else(|| Value::Text(text.to_owned())),
    }
}

/// The inverse of [`value`].
#[must_use]
pub fn typed(value: &Value) -> String {
    match value {
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => plain(*number),
        Value::Text(text) if self::value(text) == *value => text.clone(),
        Value::Text(text) => format!("\"{text}\""),
    }
}

/// The value as a reader sees it.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => typed(other),
    }
}

/// The items in order, those with equal keys as they were. For lists on a screen: the library's sorts weigh kilobytes.
#[must_use]
pub fn sorted<T, K: Ord>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut sorted = Vec::with_capacity(items.len());
    for item in items {
        let mine = key(&item);
        let at = sorted.partition_point(|other| key(other) <= mine);
        sorted.insert(at, item);
    }
    sorted
}

/// The texts in order, each once, without empty ones.
#[must_use]
pub fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut list = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if let Err(at) = list.binary_search(&text) {
            list.insert(at, text);
        }
    }
    list
}

/// An id made of a name: lower-case letters, digits and dashes, not one of `taken`.
#[must_use]
pub fn slug(name: &str, fallback: &str, taken: &[String]) -> String {
    let mut slug = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    let base = if slug.len() < 2 || slug == "new" { fallback } else { slug };
    let free = |id: &String| !taken.contains(id);
    Some(base.to_owned())
        .filter(free)
        .or_else(|| (2..).map(|n| format!("{base}-{n}")).find(free))
        .unwrap_or_else(|| base.to_owned())
}

/// `{name}` replaced by each value.
#[must_use]
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut parts = template.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or(("", part));
        text.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        text.push_str(rest);
    }
    text
}

/// An instant as `<input type="datetime-local">` writes it, in a zone `offset_minutes` from UTC.
#[must_use]
pub fn local_input(ms: i64, offset_minutes: i32) -> String {
    let minutes = (ms.div_euclid(60_000)).saturating_add(i64::from(offset_minutes));
    let (day, minute) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    let (year, month, date) = civil(day);
    format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}", minute / 60, minute % 60)
}

/// The inverse of [`local_input`]; `None` for anything else.
#[must_use]
pub fn from_local_input(text: &str, offset_minutes: i32) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute) = (time.next()??, time.next()??);
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && (0..24).contains(&hour);
    let minutes = days(year, month, day) * 1_440 + hour * 60 + minute - i64::from(offset_minutes);
    valid.then_some(minutes * 60_000)
}

/// Days since 1970-01-01 of a Gregorian date (Hinnant's algorithm).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

/// A line of text, and whether the other side lacks it.
pub type Marked = (String, bool);

/// Lines of `left` and `right`, each with whether the other side lacks it.
#[must_use]
pub fn compare(left: &str, right: &str) -> (Vec<Marked>, Vec<Marked>) {
    let mark = |one: &str, other: &str| {
        let known: Vec<&str> = other.lines().map(|line| line.trim_end_matches(',')).collect();
        one.lines()
            .map(|line| (line.to_owned(), !known.contains(&line.trim_end_matches(','))))
            .collect::<Vec<_>>()
    };
    (mark(left, right), mark(right, left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_never_relative_to_nothing() {
        assert_eq!(change(0, 0), Change::Nothing);
        assert_eq!(change(0, 5), Change::New);
        assert_eq!(change(4, 5), Change::By(0.25));
        assert_eq!(change(4, 0), Change::By(-1.0));
    }

    #[test]
    fn values_read_back_as_they_were() {
        let values =
            [Value::Bool(true), Value::Number(-2.5), "gold".into(), "3".into(), "true".into(), "inf".into()];
        for given in values {
            assert_eq!(value(&typed(&given)), given);
        }
    }

    #[test]
    fn numbers_are_read_and_written_as_people_do() {
        for (text, value) in [(" 2 ", 2.0), ("-.5", -0.5), ("1.", 1.0), ("1e3", 1_000.0), ("0.1", 0.1)] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "-", ".", "inf", "NaN", "1,5", "0x10", "1 2"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!([2.0, -0.25, 1e6].map(plain), ["2", "-0.25", "1000000"]);
        assert_eq!([fixed(99.995, 2), fixed(-0.04, 1), fixed(-2.5, 1)], ["100.00", "0.0", "-2.5"]);
    }

    #[test]
    fn lists_are_in_order() {
        let pairs = vec![(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd')];
        assert_eq!(sorted(pairs, |pair| pair.0), [(1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
        let texts = ["b", "", "a", "b"].map(str::to_owned);
        assert_eq!(distinct(texts.into_iter()), ["a", "b"]);
    }

    #[test]
    fn ids_are_short_plain_and_free() {
        let taken = ["summer-card".to_owned(), "campaign".to_owned()];
        assert_eq!(slug("  Summer — Card!", "campaign", &taken), "summer-card-2");
        assert_eq!(slug("여름 카드", "campaign", &taken), "campaign-2");
        assert_eq!(slug("New", "offer", &[]), "offer");
    }

    #[test]
    fn dates_survive_every_offset() {
        for (ms, offset, text) in [
            (0, 0, "1970-01-01T00:00"),
            (0, 540, "1970-01-01T09:00"),
            (1_709_164_800_000, 0, "2024-02-29T00:00"),
            (-60_000, -60, "1969-12-31T22:59"),
        ] {
            assert_eq!(local_input(ms, offset), text);
            assert_eq!(from_local_input(text, offset), Some(ms));
        }
        for bad in ["", "2024-13-01T00:00", "2024-01-01", "soon"] {
            assert_eq!(from_local_input(bad, 0), None, "{bad}");
        }
    }

    #[test]
    fn comparison_marks_what_the_other_side_lacks() {
        let (left, right) = compare("{\n a,\n b\n}", "{\n a\n}");
        assert_eq!(left.iter().filter(|(_, differs)| *differs).count(), 1);
        assert!(right.iter().all(|(_, differs)| !differs));
    }
}
