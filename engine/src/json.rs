//! Decisions and explanations as canonical JSON: fixed field order, no spaces, the same bytes everywhere.
//!
//! Written by hand because the SDK carries no JSON library; numbers are integers, so no float is printed.

use crate::decide::{Choice, Decision};
use crate::explain::Line;
use alloc::string::String;

/// Appends `text` as a JSON string.
fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => {
                out.push_str("\\u00");
                hex(out, c as u128, 2);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends the low `digits` hexadecimal digits of `value`.
fn hex(out: &mut String, value: u128, digits: u32) {
    for shift in (0..digits).rev() {
        let digit = ((value >> (4 * shift)) & 15) as u32;
        out.extend(char::from_digit(digit, 16));
    }
}

fn number(out: &mut String, value: i64) {
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
        out.push('-');
    }
    out.extend(digits.iter().take(used).rev().map(|digit| char::from(*digit)));
}

fn choices(out: &mut String, choices: &[Choice]) {
    out.push('[');
    for (index, choice) in choices.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str("{\"id\":");
        string(out, &choice.offer);
        out.push_str(",\"score_micros\":");
        number(out, choice.score_micros);
        out.push('}');
    }
    out.push(']');
}

fn optional(out: &mut String, name: &str, value: Option<&str>) {
    out.push_str(name);
    match value {
        Some(value) => string(out, value),
        None => out.push_str("null"),
    }
}

/// A decision: `{"id","placement","reason","campaign","variant","offers":[{"id","score_micros"}],"withheld":[…],"bundle"}`.
#[must_use]
pub fn decision(decision: &Decision) -> String {
    let mut out = String::with_capacity(256);
    out.push_str("{\"id\":\"");
    let id = decision.id.0;
    for (shift, digits) in [(96, 8), (80, 4), (64, 4), (48, 4), (0, 12)] {
        if digits != 8 {
            out.push('-');
        }
        hex(&mut out, id >> shift, digits);
    }
    out.push_str("\",\"placement\":");
    string(&mut out, &decision.placement);
    out.push_str(",\"reason\":");
    string(&mut out, decision.reason.code());
    optional(&mut out, ",\"campaign\":", decision.campaign.as_deref());
    optional(&mut out, ",\"variant\":", decision.variant.as_deref());
    out.push_str(",\"offers\":");
    choices(&mut out, &decision.offers);
    out.push_str(",\"withheld\":");
    choices(&mut out, &decision.withheld);
    out.push_str(",\"bundle\":\"");
    hex(&mut out, decision.bundle, 32);
    out.push_str("\"}");
    out
}

/// An explanation: `[{"step","subject","outcome","score_micros"?}]`.
#[must_use]
pub fn explanation(lines: &[Line]) -> String {
    let mut out = String::with_capacity(64 * lines.len() + 2);
    out.push('[');
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str("{\"step\":");
        string(&mut out, line.step.code());
        out.push_str(",\"subject\":");
        string(&mut out, &line.subject);
        out.push_str(",\"outcome\":");
        string(&mut out, line.outcome);
        if let Some(micros) = line.score_micros {
            out.push_str(",\"score_micros\":");
            number(&mut out, micros);
        }
        out.push('}');
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_strings_are_json() {
        let mut out = String::new();
        for n in [0, 7, -1, 1_234_567, i64::MIN, i64::MAX] {
            out.clear();
            number(&mut out, n);
            assert_eq!(out, n.to_string());
        }
        out.clear();
        string(&mut out, "a\"b\\c\nd\u{1}가");
        assert_eq!(out, "\"a\\\"b\\\\c\\nd\\u0001가\"");
    }
}
