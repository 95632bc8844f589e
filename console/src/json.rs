//! JSON into our types and back.
//!
//! `serde_json` reads straight from text: quick, but for each type it makes a parser of its own, which takes
//! structures from arrays as well. Here text becomes a tree once, and what is made for a type only picks from it.

use serde::Serialize;
use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde_json::{Value, map};
use std::fmt::{self, Display};
use std::slice;

/// Reads a value; the error says where in the tree it does not fit, or where the text is no JSON.
///
/// # Errors
///
/// A message for people.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    T::deserialize(Tree(&parsed(text)?))
}

fn parsed(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| Error(error.to_string()))
}

/// A value as JSON; empty for what cannot be written, which ours never are.
pub fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A value as JSON for people, two spaces a level.
pub fn pretty(value: &impl Serialize) -> String {
    indented(&written(value))
}

/// Compact JSON with lines and spaces.
fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut quoted, mut escaped, mut before) = (0, false, false, ' ');
    for c in json.chars() {
        if !quoted {
            let closes = matches!(c, '}' | ']');
            depth -= usize::from(closes);
            // A new line after an opening bracket or a comma, and before a closing one; none within an empty pair.
            let opened = matches!(before, '{' | '[');
            if before == ',' || opened != closes && (opened || closes) {
                out.push('\n');
                out.extend(std::iter::repeat_n("  ", depth));
            }
            depth += usize::from(matches!(c, '{' | '['));
        }
        out.push(c);
        if !quoted && c == ':' {
            out.push(' ');
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        before = if quoted { ' ' } else { c };
    }
    out
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// The same, one level further out.
    fn within(self, place: &dyn Display) -> Self {
        let Self(text) = self;
        Self(match text.strip_prefix('.') {
            Some(_) => format!(".{place}{text}"),
            None => format!(".{place}: {text}"),
        })
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_start_matches('.'))
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }

    // In words of ours: serde's would print floats, for which nothing else needs the library's printer.
    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self(format!("{} where {wanted} belongs", named(found)))
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(found, wanted)
    }
}

fn named(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(yes) => yes.to_string(),
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number".to_owned(),
        Unexpected::Str(text) => format!("`{text}`"),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        _ => "nothing".to_owned(),
    }
}

/// A place in the tree.
#[derive(Clone, Copy)]
struct Tree<'de>(&'de Value);

impl<'de> Tree<'de> {
    fn unexpected(self, wanted: &dyn Expected) -> Error {
        let found = match self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(yes) => Unexpected::Bool(*yes),
            Value::Number(number) => Unexpected::Float(number.as_f64().unwrap_or_default()),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        serde::de::Error::invalid_type(found, wanted)
    }

    fn number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Value::Number(number) = self.0 else { return Err(self.unexpected(&visitor)) };
        match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => visitor.visit_u64(number),
            (_, Some(number)) => visitor.visit_i64(number),
            _ => visitor.visit_f64(number.as_f64().unwrap_or_default()),
        }
    }

    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(text) => visitor.visit_borrowed_str(text),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn fields<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(fields) => visitor.visit_map(Fields { rest: fields.iter(), next: None }),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn items<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items { rest: items.iter(), index: 0 }),
            _ => Err(self.unexpected(&visitor)),
        }
    }
}

/// Every method that asks for the same kind of thing.
macro_rules! alike {
    ($($method:ident)* => $kind:ident) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$kind(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Tree<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(yes) => visitor.visit_bool(*yes),
            Value::Number(_) => self.number(visitor),
            Value::String(_) => self.text(visitor),
            Value::Array(_) => self.items(visitor),
            Value::Object(_) => self.fields(visitor),
        }
    }

    alike! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_f32 deserialize_f64 => number
    }
    alike! { deserialize_char deserialize_str deserialize_string deserialize_identifier => text }
    alike! { deserialize_bytes deserialize_byte_buf deserialize_seq => items }
    alike! { deserialize_map => fields }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Bool(yes) => visitor.visit_bool(*yes),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.items(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.items(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.fields(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Variant { name, content: &Value::Null }),
            Value::Object(fields) => match (fields.len(), fields.iter().next()) {
                (1, Some((name, content))) => visitor.visit_enum(Variant { name, content }),
                _ => Err(self.unexpected(&"one name with its content")),
            },
            _ => Err(self.unexpected(&visitor)),
        }
    }
}

/// What is left of an object.
struct Fields<'de> {
    rest: map::Iter<'de>,
    next: Option<(&'de str, &'de Value)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.next = self.rest.next().map(|(name, value)| (name.as_str(), value));
        self.next.map(|(name, _)| seed.deserialize(text(name))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (name, value) = self.next.unwrap_or(("", &Value::Null));
        seed.deserialize(Tree(value)).map_err(|error| error.within(&name))
    }
}

/// What is left of an array.
struct Items<'de> {
    rest: slice::Iter<'de, Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.index += 1;
        let value = self.rest.next().map(|value| seed.deserialize(Tree(value)));
        value.transpose().map_err(|error| error.within(&self.index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A variant of an enumeration, with or without content.
struct Variant<'de> {
    name: &'de str,
    content: &'de Value,
}

fn text(name: &str) -> StrDeserializer<'_, Error> {
    name.into_deserializer()
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        Ok((seed.deserialize(text(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        <()>::deserialize(Tree(self.content)).map_err(|error| error.within(&self.name))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(Tree(self.content)).map_err(|error| error.within(&self.name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        Tree(self.content).items(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Tree(self.content).fields(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_schema::api::{Document, Health, LiveEvent};
    use attune_schema::question::FunnelAnswer;
    use attune_schema::source::{Campaign, Source};

    const CAMPAIGN: &str = r#"{"id":"travel","placements":["hero"],"offers":["miles"],"holdout_percent":5,
        "audience":{"all":[{"event":{"name":"item_viewed","where":{"category":"travel"},"at_least":2,"within":"7d"}},
        {"attribute":{"name":"grade","one_of":["vip",3,true]}},{"none":[{"audience":"staff"}]}]},
        "caps":[{"scope":"campaign","per":"day","max":3}],"variants":[{"id":"a","weight":1.5}]}"#;

    fn same<T: DeserializeOwned + PartialEq + fmt::Debug>(text: &str) {
        assert_eq!(read::<T>(text).ok(), serde_json::from_str::<T>(text).ok(), "{text}");
        assert!(read::<T>(text).is_ok(), "{text}: {:?}", read::<T>(text));
    }

    #[test]
    fn reads_what_serde_json_reads() {
        same::<Campaign>(CAMPAIGN);
        same::<Source>(&format!(
            r#"{{"campaigns":[{CAMPAIGN}],"attributes":[{{"id":"grade","label":"device-ok"}}]}}"#
        ));
        same::<Option<Document<Campaign>>>("null");
        same::<Document<Campaign>>(&format!(
            r#"{{"body":{CAMPAIGN},"version":2,"updated_at":-5,"updated_by":"me"}}"#
        ));
        same::<FunnelAnswer>(
            r#"{"steps":[{"event":"a","count":2},{"event":["a","b"],"count":1}],"sql":"","rows_read":1,"elapsed_ms":2}"#,
        );
        same::<LiveEvent>(
            r#"{"id":"00000000-0000-0000-0000-000000000001","name":"a","at":1,"received_at":1,"visitor":
            "00000000-0000-0000-0000-000000000002","session":"00000000-0000-0000-0000-000000000003","url":"","title":"",
            "device":"","properties":{"n":1.5,"t":"x","b":false}}"#,
        );
    }

    #[test]
    fn an_error_says_where() {
        let wrong =
            |from: &str, to: &str| read::<Campaign>(&CAMPAIGN.replace(from, to)).unwrap_err().to_string();
        assert_eq!(wrong("\"max\":3", "\"max\":\"x\""), "caps.1.max: `x` where u32 belongs");
        assert!(
            wrong("\"max\":3", "\"most\":3").starts_with("caps.1: unknown field `most`, expected one of")
        );
        assert_eq!(wrong("\"id\":\"travel\",", ""), "missing field `id`");
        assert_eq!(wrong("{\"id\"", "{id"), "key must be a string at line 1 column 2");
        assert!(read::<Health>("[]").is_err());
    }

    #[test]
    fn pretty_is_as_serde_json_writes_it() {
        let tricky = r#"{"a":[],"b":{},"c":[1,[2,"x,{\"}\\"]],"d":{"e":"\\","f":null}}"#;
        for text in [tricky, "[]", "3", "\"[\"", "[[],{}]"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(pretty(&value), serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
