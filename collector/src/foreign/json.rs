//! Loosely typed JSON: reading what is there, flattening what is nested.

use super::Refused;
use crate::record::ValueRef;
use attune_schema::limits;
use attune_schema::time::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

/// Deepest object whose parts become properties.
const DEPTH: usize = 5;

/// Most objects and lists in one body: each takes a hundred times the memory of its brackets.
const BRANCHES: usize = 40_000;

/// Reads a body.
///
/// # Errors
/// If it is not JSON, or a tree whose memory would be out of proportion.
pub fn parse(body: &[u8]) -> Result<Value, Refused> {
    if body.iter().filter(|byte| matches!(byte, b'{' | b'[')).count() > BRANCHES {
        return Err(Refused::Malformed("the body has too many objects and lists"));
    }
    serde_json::from_slice(body).map_err(|_| Refused::Malformed("the body is not JSON"))
}

/// The value at `path`, or null.
#[must_use]
pub fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| value.get(key).unwrap_or(&Value::Null))
}

/// Text, or a number as text; empty for everything else.
#[must_use]
pub fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Number(number) => Cow::Owned(number.to_string()),
        _ => Cow::Borrowed(""),
    }
}

/// The first of `paths` with text in it.
#[must_use]
pub fn first<'a>(value: &'a Value, paths: &[&[&str]]) -> Cow<'a, str> {
    paths.iter().map(|path| text(at(value, path))).find(|text| !text.is_empty()).unwrap_or_default()
}

/// A whole number that is not negative, also as text; 0 for everything else.
#[must_use]
pub fn count(value: &Value) -> u32 {
    text(value).parse::<f64>().map_or(0, |number| number as u32)
}

/// A time: RFC 3339, or milliseconds since 1970 as a number.
#[must_use]
pub fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => moment(text),
        Value::Number(number) => number.as_f64().and_then(milliseconds),
        _ => None,
    }
}

/// A time as text: RFC 3339 (a zone that is left out is UTC), or milliseconds since 1970.
#[must_use]
pub fn moment(text: &str) -> Option<Timestamp> {
    let zoned = text.parse::<jiff::Timestamp>().ok();
    let civil = || {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    let parsed = zoned.or_else(civil).map(jiff::Timestamp::as_millisecond);
    parsed.map(Timestamp).or_else(|| milliseconds(text.parse().ok()?))
}

/// A number of milliseconds since 1970, unless it is none.
#[must_use]
pub fn milliseconds(number: f64) -> Option<Timestamp> {
    number.is_finite().then_some(Timestamp(number as i64))
}

/// Properties on their way from a tree to a list.
#[derive(Debug, Default)]
pub struct Flat {
    /// Plain values; at most one less than allowed, so that there is room for the count.
    pub properties: Vec<(Cow<'static, str>, ValueRef<'static>)>,
    /// Values that could not be kept, or not whole.
    pub unmapped: usize,
}

impl Flat {
    fn is_full(&self) -> bool {
        self.properties.len() + 1 >= limits::PROPERTIES
    }

    /// Adds a value if there is room for it; long text is cut, and counted.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: ValueRef<'static>) {
        let name = name.into();
        let room = !self.is_full();
        let named =
            (1..=limits::PROPERTY_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control);
        if !room || !named {
            self.unmapped += 1;
            return;
        }
        let value = match value {
            ValueRef::Text(mut text) => {
                self.unmapped += usize::from(text.len() > limits::TEXT_BYTES);
                crate::pipeline::validate::shorten(&mut text, limits::TEXT_BYTES);
                ValueRef::Text(text)
            }
            plain => plain,
        };
        self.properties.push((name, value));
    }
}

/// Adds the members of the object `value` but for those called one of `skip`: nested ones as `outer.inner`, lists
/// as JSON text.
pub fn flatten(value: &Value, skip: &[&str], flat: &mut Flat) {
    let Value::Object(members) = value else {
        flat.unmapped += usize::from(!value.is_null());
        return;
    };
    for (name, value) in members.iter().filter(|(name, _)| !skip.contains(&name.as_str())) {
        add(name, value, 1, flat);
    }
}

fn add(name: &str, value: &Value, depth: usize, flat: &mut Flat) {
    if flat.is_full() || name.len() > limits::PROPERTY_NAME_BYTES {
        flat.unmapped += usize::from(!value.is_null());
        return;
    }
    let value = match value {
        Value::Null => return,
        Value::Bool(flag) => ValueRef::Bool(*flag),
        Value::Number(number) => ValueRef::Number(number.as_f64().unwrap_or_default() + 0.0),
        Value::String(text) => ValueRef::Text(Cow::Owned(text.clone())),
        Value::Object(members) if depth < DEPTH => {
            for (inner, value) in members {
                // Before the name is made: it may be half a megabyte.
                if flat.is_full() || name.len() + 1 + inner.len() > limits::PROPERTY_NAME_BYTES {
                    flat.unmapped += 1;
                } else {
                    add(&format!("{name}.{inner}"), value, depth + 1, flat);
                }
            }
            return;
        }
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.len() > limits::TEXT_BYTES {
                // Half a list is no list.
                flat.unmapped += 1;
                return;
            }
            ValueRef::Text(Cow::Owned(text))
        }
    };
    flat.push(name.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn trees_become_lists_and_what_does_not_fit_is_counted() {
        let tree = json!({
            "a": 1, "b": { "c": true, "d": { "e": "x" } }, "list": [1, { "y": 2 }], "none": null, "secret": 1,
            "long": "é".repeat(600), "": 1, "huge": vec!["item"; 300],
        });
        let mut flat = Flat::default();
        flatten(&tree, &["secret"], &mut flat);
        let shown: Vec<String> =
            flat.properties.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        assert_eq!(shown[..3], ["a=Number(1.0)", "b.c=Bool(true)", r#"b.d.e=Text("x")"#]);
        assert_eq!(shown[3], r#"list=Text("[1,{\"y\":2}]")"#);
        assert!(shown[4].starts_with("long=Text(\"é"));
        assert_eq!((shown.len(), flat.unmapped), (5, 3));
    }

    #[test]
    fn at_most_as_many_as_allowed_with_the_count() {
        let many: Value =
            (0..40).map(|n| (format!("p{n:02}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
        let mut flat = Flat::default();
        flatten(&many, &[], &mut flat);
        assert_eq!((flat.properties.len(), flat.unmapped), (limits::PROPERTIES - 1, 9));
    }

    #[test]
    fn times_in_all_their_forms() {
        let ms = Some(Timestamp(1_795_345_318_752));
        assert_eq!(time(&json!("2026-11-22T11:01:58.752Z")), ms);
        assert_eq!(time(&json!("2026-11-22T20:01:58.752+09:00")), ms);
        assert_eq!(time(&json!("2026-11-22 11:01:58.752")), ms);
        assert_eq!(time(&json!(1_795_345_318_752_i64)), ms);
        assert_eq!(time(&json!("1795345318752")), ms);
        for none in [json!("yesterday"), json!("nan"), json!("inf"), json!(true)] {
            assert_eq!(time(&none), None, "{none}");
        }
    }
}
