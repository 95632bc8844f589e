//! Decisions and explanations as canonical JSON: fixed field order, no spaces, the same bytes everywhere.
//!
//! Written by hand because the SDK carries no JSON library; numbers are integers, so no float is printed.

use crate::decide::{Choice, Decision};
use crate::explain::Line;
#[cfg(feature = "words")]
use crate::words::{Lang, template};
use alloc::string::String;
use alloc::vec::Vec;

/// JSON being written. Bytes, because whole characters cost the SDK more.
#[derive(Default)]
struct Json(Vec<u8>);

impl Json {
    /// Appends JSON as it is.
    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn finish(self) -> String {
        String::from_utf8(self.0).unwrap_or_default()
    }
}

/// Appends `text` as a JSON string.
fn string(out: &mut Json, text: &str) {
    out.raw("\"");
    for byte in text.bytes() {
        match byte {
            b'"' => out.raw("\\\""),
            b'\\' => out.raw("\\\\"),
            b'\n' => out.raw("\\n"),
            0..b' ' => {
                out.raw("\\u00");
                hex(out, byte.into(), 2);
            }
            _ => out.0.push(byte),
        }
    }
    out.raw("\"");
}

/// Appends the low `digits` hexadecimal digits of `value`.
fn hex(out: &mut Json, value: u128, digits: u32) {
    for shift in (0..digits).rev() {
        let digit = (value >> (4 * shift)) as u8 & 15;
        out.0.push(digit + if digit < 10 { b'0' } else { b'a' - 10 });
    }
}

fn number(out: &mut Json, value: i64) {
    let mut digits = [0u8; 20];
    let mut rest = value.unsigned_abs();
    let mut used = 0;
    for slot in &mut digits {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.raw("-");
    }
    for digit in digits.iter().take(used).rev() {
        out.0.push(*digit);
    }
}

fn choices(out: &mut Json, choices: &[Choice]) {
    out.raw("[");
    for (index, choice) in choices.iter().enumerate() {
        if index > 0 {
            out.raw(",");
        }
        out.raw("{\"id\":");
        string(out, &choice.offer);
        out.raw(",\"score_micros\":");
        number(out, choice.score_micros);
        #[cfg(feature = "models")]
        if choice.propensity_micros > 0 {
            out.raw(",\"propensity_micros\":");
            number(out, choice.propensity_micros.into());
        }
        out.raw("}");
    }
    out.raw("]");
}

fn optional(out: &mut Json, name: &str, value: Option<&str>) {
    out.raw(name);
    match value {
        Some(value) => string(out, value),
        None => out.raw("null"),
    }
}

/// A decision: `{"id","placement","reason","campaign","variant","offers":[{"id","score_micros"}],"withheld":[…],"bundle"}`;
/// where offers are tried, each has `propensity_micros`, and what the choice depended on is in `features_micros`.
#[must_use]
pub fn decision(decision: &Decision) -> String {
    let mut out = Json::default();
    out.raw("{\"id\":\"");
    let id = decision.id.0;
    for (shift, digits) in [(96, 8), (80, 4), (64, 4), (48, 4), (0, 12)] {
        if digits != 8 {
            out.raw("-");
        }
        hex(&mut out, id >> shift, digits);
    }
    out.raw("\",\"placement\":");
    string(&mut out, &decision.placement);
    out.raw(",\"reason\":");
    string(&mut out, decision.reason.code());
    optional(&mut out, ",\"campaign\":", decision.campaign.as_deref());
    optional(&mut out, ",\"variant\":", decision.variant.as_deref());
    out.raw(",\"offers\":");
    choices(&mut out, &decision.offers);
    out.raw(",\"withheld\":");
    choices(&mut out, &decision.withheld);
    out.raw(",\"bundle\":\"");
    hex(&mut out, decision.bundle, 32);
    out.raw("\"");
    #[cfg(feature = "models")]
    if !decision.features_micros.is_empty() {
        out.raw(",\"features_micros\":[");
        for (index, micros) in decision.features_micros.iter().enumerate() {
            if index > 0 {
                out.raw(",");
            }
            number(&mut out, *micros);
        }
        out.raw("]");
    }
    out.raw("}");
    out.finish()
}

/// An explanation: `[{"step","subject","outcome","score_micros"?}]`.
#[must_use]
pub fn explanation(lines: &[Line]) -> String {
    let mut out = Json::default();
    out.raw("[");
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.raw(",");
        }
        out.raw("{\"step\":");
        string(&mut out, line.step.code());
        out.raw(",\"subject\":");
        string(&mut out, &line.subject);
        out.raw(",\"outcome\":");
        string(&mut out, line.outcome);
        if let Some(micros) = line.score_micros {
            out.raw(",\"score_micros\":");
            number(&mut out, micros);
        }
        out.raw("}");
    }
    out.raw("]");
    out.finish()
}

/// The same for people: `[[sentence,subject,score_micros|null]]`, where the sentence has `{}` for the subject and `{#}`
/// for the score.
#[cfg(feature = "words")]
#[must_use]
pub fn told(lines: &[Line], lang: Lang) -> String {
    let mut out = Json::default();
    out.raw("[");
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.raw(",");
        }
        out.raw("[");
        string(&mut out, template(line, lang).unwrap_or(line.outcome));
        out.raw(",");
        string(&mut out, &line.subject);
        out.raw(",");
        match line.score_micros {
            Some(micros) => number(&mut out, micros),
            None => out.raw("null"),
        }
        out.raw("]");
    }
    out.raw("]");
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_strings_are_json() {
        let mut out = Json::default();
        for n in [0, 7, -1, 1_234_567, i64::MIN, i64::MAX] {
            out.0.clear();
            number(&mut out, n);
            assert_eq!(out.0, n.to_string().as_bytes());
        }
        out.0.clear();
        string(&mut out, "a\"b\\c\nd\u{1}가");
        assert_eq!(out.finish(), "\"a\\\"b\\\\c\\nd\\u0001가\"");
    }
}
