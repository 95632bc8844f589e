//! Addresses: percent-encoded parts, secrets in parameters, JSON Web Tokens, users before a host.

use crate::{Counts, Kind, at_depth};
use alloc::string::String;
use alloc::vec::Vec;

/// Parameters that are secrets, by their whole name in lower case.
const NAMES: [&str; 5] = ["pin", "otp", "sid", "sig", "auth"];
/// A `code` of so many characters is one of OAuth (RFC 6749, 4.1.2); shorter ones are products and countries.
const CODE: usize = 16;
/// Least characters of a JSON Web Token's parts.
const TOKEN: usize = 8;

/// Scheme with `://`, user with `@`, host, and what follows; all in what follows if it is not an absolute address.
pub(crate) fn parts(url: &str) -> (&str, &str, &str, &str) {
    let named = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    };
    let scheme = url.find(':').and_then(|at| url.split_at_checked(at));
    let Some((_, rest)) = scheme.filter(|(scheme, rest)| named(scheme) && rest.starts_with("://")) else {
        return ("", "", "", url);
    };
    let (scheme, rest) = url.split_at(url.len() - rest.len() + "://".len());
    let (authority, rest) =
        rest.split_at(rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len()));
    let (user, host) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    (scheme, user, host, rest)
}

/// Takes out of each percent-encoded part what is in it once decoded.
pub(crate) fn decoded(text: &str, depth: u32, counts: &mut Counts) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut changed = false;
    let mut rest = text;
    while !rest.is_empty() {
        let ends = rest.bytes().position(delimits).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(ends);
        let clean = piece
            .contains('%')
            .then(|| decode(piece))
            .filter(|decoded| decoded != piece)
            .and_then(|decoded| at_depth(&decoded, depth + 1, counts));
        match clean {
            Some(clean) => {
                changed = true;
                encode(&clean, &mut out);
            }
            None => out.push_str(piece),
        }
        let (delimiter, after) = after.split_at(after.len().min(1));
        out.push_str(delimiter);
        rest = after;
    }
    changed.then_some(out)
}

fn delimits(byte: u8) -> bool {
    byte <= b' ' || matches!(byte, b'/' | b'?' | b'&' | b'=' | b'#' | b';' | b'"' | b'\'' | b'<' | b'>')
}

/// Percent-encoded sequences that are UTF-8 as what they say; others stay.
fn decode(piece: &str) -> String {
    let mut out = String::with_capacity(piece.len());
    let mut rest = piece;
    while let Some(at) = rest.find('%') {
        let (before, encoded) = rest.split_at(at);
        out.push_str(before);
        let bytes: Vec<u8> = encoded.as_bytes().chunks_exact(3).map_while(byte).collect();
        let (sequence, after) = encoded.split_at((bytes.len() * 3).max(1));
        match core::str::from_utf8(&bytes) {
            Ok(text) if !text.is_empty() => out.push_str(text),
            _ => out.push_str(sequence),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn byte(encoded: &[u8]) -> Option<u8> {
    let &[b'%', high, low] = encoded else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? * 16 + digit(low)?)
}

/// Encodes what would end a part.
fn encode(text: &str, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for character in text.chars() {
        if character <= ' ' || "\"#%&';<=>?".contains(character) {
            let byte = character as usize;
            out.push('%');
            out.extend([byte / 16, byte % 16].into_iter().filter_map(|digit| HEX.get(digit)));
        } else {
            out.push(character);
        }
    }
}

/// Takes out the values of parameters that are secrets.
pub(crate) fn parameters(text: &str, counts: &mut Counts) -> Option<String> {
    let mut out: Option<String> = None;
    let mut kept = 0;
    let bytes = text.as_bytes();
    for at in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'=').map(|(at, _)| at + 1) {
        let ends = |byte: &u8| *byte <= b' ' || matches!(byte, b'?' | b'&' | b'#' | b';' | b'=');
        let name_starts = bytes.iter().take(at - 1).rposition(ends).map_or(0, |before| before + 1);
        let begins = name_starts
            .checked_sub(1)
            .is_none_or(|before| matches!(bytes.get(before), Some(b'?' | b'&' | b'#' | b';')));
        let name = text.get(name_starts..at - 1)?;
        if !begins || name.is_empty() {
            continue;
        }
        let rest = bytes.get(at..)?;
        let ends = |byte: &u8| {
            *byte <= b' ' || matches!(byte, b'?' | b'&' | b'#' | b';' | b'"' | b'\'' | b'<' | b'>')
        };
        let value_ends = at + rest.iter().position(ends).unwrap_or(rest.len());
        let value = text.get(at..value_ends)?;
        if !value.is_empty() && value != Kind::Token.mark() && secret(name, value) {
            let out = out.get_or_insert_default();
            out.push_str(text.get(kept..at)?);
            out.push_str(Kind::Token.mark());
            counts.count(Kind::Token);
            kept = value_ends;
        }
    }
    let mut out = out?;
    out.push_str(text.get(kept..)?);
    Some(out)
}

fn secret(name: &str, value: &str) -> bool {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    let bytes = name.as_bytes();
    NAMES.into_iter().any(is)
        || (0..bytes.len()).any(|place| bytes.get(place..).is_some_and(begins_secret))
        || (is("code") && value.encode_utf16().nth(CODE - 1).is_some())
}

/// Whether a name that goes on so is one of a secret.
fn begins_secret(rest: &[u8]) -> bool {
    let begins =
        |part: &str| rest.get(..part.len()).is_some_and(|some| some.eq_ignore_ascii_case(part.as_bytes()));
    match rest.first().map_or(0, |first| first | 0x20) {
        b't' => begins("token"),
        b'p' => begins("passw") || begins("pwd"),
        b's' => begins("secret") || begins("session") || begins("sessid") || begins("signature"),
        b'a' => begins("apikey") || begins("api_key") || begins("api-key"),
        b'c' => begins("credential"),
        b'j' => begins("jwt"),
        _ => false,
    }
}

/// Takes out JSON Web Tokens, which begin with `{"` in base64url.
pub(crate) fn json_web_tokens(text: &str, counts: &mut Counts) -> Option<String> {
    let mut out = String::new();
    let mut kept = 0;
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("eyJ").map(|at| from + at) {
        let word = |from: usize| {
            let bytes = text.as_bytes().get(from..).unwrap_or_default();
            bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte)).count()
        };
        let dot = |at: usize| text.as_bytes().get(at) == Some(&b'.');
        let head = at + 3 + word(at + 3);
        let body = head + 1 + word(head + 1);
        if head >= at + 3 + TOKEN && dot(head) && body > head + TOKEN {
            let end = if dot(body) { body + 1 + word(body + 1) } else { body };
            out.push_str(text.get(kept..at)?);
            out.push_str(Kind::Token.mark());
            counts.count(Kind::Token);
            (kept, from) = (end, end);
        } else {
            // What begins within the first part ends with it, too.
            from = head;
        }
    }
    out.push_str(text.get(kept..)?);
    (kept > 0).then_some(out)
}
