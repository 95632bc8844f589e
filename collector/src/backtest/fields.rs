//! Names and values of one event after the other, in the same memory.

use attune_schema::value::{self, Value};
use std::ops::Deref;

/// A list that keeps the memory of what it held.
#[derive(Debug, Default)]
pub(super) struct Fields {
    all: Vec<(String, Value)>,
    length: usize,
}

impl Fields {
    /// Forgets everything but its memory.
    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    /// One more.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        match self.all.get_mut(self.length) {
            Some((known, Value::Text(before))) => {
                name.clone_into(known);
                value.clone_into(before);
                self.length += 1;
            }
            _ => self.put(name, Value::Text(value.to_owned())),
        }
    }

    /// One more.
    pub(super) fn number(&mut self, name: &str, value: f64) {
        self.put(name, Value::Number(value));
    }

    fn put(&mut self, name: &str, value: Value) {
        match self.all.get_mut(self.length) {
            Some((known, before)) => {
                name.clone_into(known);
                *before = value;
            }
            None => self.all.push((name.to_owned(), value)),
        }
        self.length += 1;
    }

    /// The text called `name`.
    pub(super) fn of(&self, name: &str) -> Option<&str> {
        value::get(self, name).and_then(Value::as_text)
    }
}

impl Deref for Fields {
    type Target = [(String, Value)];

    fn deref(&self) -> &Self::Target {
        self.all.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_what_was_there_before() {
        let mut fields = Fields::default();
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        fields.text("category", "travel");
        fields.number("hour", 7.0);
        fields.text("path", "/cards");
        fields.clear();
        assert_eq!(*fields, []);
        fields.number("hour", 8.0);
        fields.text("path", "/");
        assert_eq!(*fields, [("hour".to_owned(), Value::Number(8.0)), text("path", "/")]);
        assert_eq!((fields.of("path"), fields.of("hour"), fields.of("category")), (Some("/"), None, None));
    }
}
