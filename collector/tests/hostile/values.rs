//! Values nobody should send: of any shape, of the described shape, distorted, and damaged in their bytes.

use crate::generate::World;
use fastrand::Rng;
use serde_json::{Map, Number, Value, json};
use std::io::Write as _;

pub(crate) const TEXTS: [&str; 28] = [
    "",
    "a",
    "bank",
    "other",
    "page_viewed",
    "form_submitted",
    "7d",
    "30m",
    "99999999999999999w",
    "\0",
    "값🙂",
    "'; DROP TABLE events; --",
    "\\', unhex('00')",
    "../../etc/passwd",
    "%00%ff",
    "null",
    "-1",
    "1e400",
    "NaN",
    "9223372036854775808",
    "https://shop.test/?a=1&utm_source=x",
    "{}",
    "a.b.c",
    "$set",
    "\u{202e}\u{feff}",
    "b3f1c7de-0d0e-4c43-9a2f-6f2f7a1f2b11",
    "2026-11-22T11:15:44.098Z",
    "٣٤",
];
pub(crate) const NUMBERS: [f64; 16] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1e3,
    65_536.0,
    4_294_967_295.0,
    4_294_967_296.0,
    -2_147_483_649.0,
    9_007_199_254_740_993.0,
    9.223_372_036_854_776e18,
    1.8e19,
    -9.3e18,
    1.7e308,
    5e-324,
];

impl World {
    pub(crate) fn text(&self, rng: &mut Rng) -> String {
        match rng.u32(0..20) {
            0 => "x".repeat(rng.usize(0..5_000)),
            1 => self.key.clone(),
            _ => (*rng.choice(&TEXTS).unwrap()).to_owned(),
        }
    }

    /// Any JSON at all.
    pub(crate) fn any(&self, rng: &mut Rng, depth: u32) -> Value {
        match rng.u32(0..if depth == 0 { 4 } else { 6 }) {
            0 => Value::Null,
            1 => Value::Bool(rng.bool()),
            2 => number(rng),
            3 => Value::from(self.text(rng)),
            4 => (0..rng.usize(0..5)).map(|_| self.any(rng, depth - 1)).collect(),
            _ => Value::Object(
                (0..rng.usize(0..5)).map(|_| (self.text(rng), self.any(rng, depth - 1))).collect(),
            ),
        }
    }

    /// A value of the described shape.
    pub(crate) fn sample(&self, rng: &mut Rng, schema: &Value, depth: u32) -> Value {
        if depth == 0 {
            return Value::Null;
        }
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap_or_default();
            // What refers to itself does so inside of a list or an object.
            return self.sample(rng, &self.components[name], depth);
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[choice].as_array() {
                let choice = rng.usize(0..choices.len());
                return self.sample(rng, &choices[choice], depth);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(part) = self.sample(rng, part, depth) {
                    whole.extend(part);
                }
            }
            return Value::Object(whole);
        }
        if let Some(values) = schema["enum"].as_array() {
            return rng.choice(values).unwrap().clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => rng.choice(kinds).and_then(Value::as_str).unwrap_or("null"),
            kind => kind.as_str().unwrap_or("any"),
        };
        match kind {
            "null" => Value::Null,
            "boolean" => Value::Bool(rng.bool()),
            "integer" if rng.u32(0..6) == 0 => {
                let edges = [0, i64::MAX as u64, i64::MAX as u64 - 1, u64::from(u32::MAX), u64::MAX];
                Value::from(*rng.choice(&edges).unwrap())
            }
            "integer" => Value::from(rng.i64(0..100)),
            "number" => Value::from(rng.f64() * 100.0),
            "string" => Value::from(
                *rng.choice(["a", "b", "7d", "bank", "page_viewed", "https://bank.test"].as_slice()).unwrap(),
            ),
            "array" => (0..schema["minItems"].as_u64().unwrap_or(0) as usize + rng.usize(0..4))
                .map(|_| self.sample(rng, &schema["items"], depth - 1))
                .collect(),
            "object" => {
                let mut whole = Map::new();
                let required = |name: &str| {
                    schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name))
                };
                for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                    if required(name) || rng.u32(0..3) == 0 {
                        whole.insert(name.clone(), self.sample(rng, schema, depth - 1));
                    }
                }
                if schema["additionalProperties"].is_object() {
                    whole
                        .insert(self.text(rng), self.sample(rng, &schema["additionalProperties"], depth - 1));
                }
                Value::Object(whole)
            }
            _ => self.any(rng, depth - 1),
        }
    }

    /// Changes something somewhere: another kind, gone, more of it.
    pub(crate) fn distort(&self, rng: &mut Rng, value: &mut Value) {
        let inside = rng.u32(0..4) > 0;
        match value {
            Value::Object(fields) if inside && !fields.is_empty() => {
                let name = fields.keys().nth(rng.usize(0..fields.len())).cloned().unwrap_or_default();
                match rng.u32(0..6) {
                    0 => drop(fields.remove(&name)),
                    1 => drop(fields.insert(self.text(rng), self.any(rng, 2))),
                    _ => {
                        if let Some(value) = fields.get_mut(&name) {
                            self.distort(rng, value);
                        }
                    }
                }
            }
            Value::Array(items) if inside && !items.is_empty() => {
                let index = rng.usize(0..items.len());
                match rng.u32(0..8) {
                    0 => drop(items.remove(index)),
                    1 => {
                        let item = items[index].clone();
                        items.resize(rng.usize(items.len()..=600), item);
                    }
                    _ => self.distort(rng, &mut items[index]),
                }
            }
            _ => {
                *value = match rng.u32(0..20) {
                    // Deeper than anybody writes.
                    0 => {
                        let mut deep = Value::Null;
                        for _ in 0..rng.u32(1..120) {
                            deep = if rng.bool() { json!([deep]) } else { json!({ "all": deep }) };
                        }
                        deep
                    }
                    _ => self.any(rng, 3),
                }
            }
        }
    }
}

pub(crate) fn number(rng: &mut Rng) -> Value {
    match rng.u32(0..3) {
        0 => Value::from(rng.i64(..)),
        1 => Value::from(rng.u64(..)),
        _ => Number::from_f64(*rng.choice(&NUMBERS).unwrap()).map_or(Value::Null, Value::Number),
    }
}

/// A text for a path or a query: encoded, or as nobody should write it.
pub(crate) fn encoded(rng: &mut Rng) -> String {
    let text = rng.choice(TEXTS).unwrap();
    if rng.u32(0..10) == 0 {
        return text.chars().filter(|c| c.is_ascii_graphic()).collect();
    }
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Damages bytes: flips, cuts, repeats, inserts.
pub(crate) fn damage(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.u32(1..4) {
        let at = rng.usize(0..=bytes.len());
        match rng.u32(0..7) {
            0 | 1 if at < bytes.len() => bytes[at] ^= 1 << rng.u32(0..8),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..(at + rng.usize(0..16)).min(bytes.len()))),
            4 => {
                let some: Vec<u8> = (0..rng.usize(0..16)).map(|_| rng.u8(..)).collect();
                bytes.splice(at..at, some);
            }
            5 => {
                let end = (at + rng.usize(0..64)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let extremes: [&[u8]; 7] = [
                    b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                    b"\0",
                    b"\xff",
                    b"-",
                    b"e999",
                    b"\"",
                    b"\xed\xa0\x80",
                ];
                bytes.splice(at..at, rng.choice(extremes).unwrap().iter().copied());
            }
        }
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
