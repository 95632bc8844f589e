//! Values of properties, attributes and context.

use crate::list;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// A property, attribute or context value.
///
/// Numbers are 64-bit floats compared by their total order; NaN is not a value (see [`Value::number`]).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(untagged))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// Text.
    Text(String),
}

impl Value {
    /// A finite number, with negative zero made zero; `None` for NaN and infinities.
    #[must_use]
    pub fn number(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self::Number(number + 0.0))
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Order of two values of one kind; `None` for different kinds and for booleans.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => Some((a + 0.0).total_cmp(&(b + 0.0))),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The value of `name` in `fields`, if it is there; they need not be sorted.
#[must_use]
pub fn get<'a>(fields: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// Sets `name` in `fields`, which stay sorted by name; the last value of a name counts.
pub fn set(fields: &mut Vec<(String, Value)>, name: &str, value: Value) {
    match fields.binary_search_by(|(known, _)| known.as_str().cmp(name)) {
        Ok(index) => {
            if let Some((_, slot)) = fields.get_mut(index) {
                *slot = value;
            }
        }
        Err(index) => list::insert(fields, index, (name.to_owned(), value)),
    }
}
