//! Personal data out of text and addresses: what is found is replaced by the name of its kind, `[card]`.
//!
//! Pure functions without state. `sdk-wasm/js/redact.js` does the same on the device, before anything is queued, and
//! `tests/spec/redact.json` holds both to the same output. What is found, and by which formula:
//!
//! | kind | what | by |
//! |---|---|---|
//! | `card` | payment card numbers of 13 to 19 digits | Luhn's check digit (ISO/IEC 7812-1, annex B) and issuers' prefixes |
//! | `national_id` | Korean resident registration numbers, 6-7 digits | date, century digit; in one piece also the check digit, which numbers given since October 2020 lack (주민등록법 시행규칙 제2조) |
//! | | Japanese individual numbers, 4-4-4 digits, or 12 near マイナンバー or 個人番号 | check digit (平成26年総務省令第85号 第5条) |
//! | | Chinese resident ids, 18 characters | region, date and check character (GB 11643-1999; ISO 7064 MOD 11-2) |
//! | `account` | IBAN | length by country and remainder of 97 (ISO 13616-1, ISO 7064 MOD 97-10) |
//! | | Korean accounts, 10 to 14 digits | only near 계좌, 은행 and the like: digits alone say nothing |
//! | `phone` | `+` and 9 to 15 digits (ITU-T E.164) | |
//! | | Korean and Japanese mobile numbers; written in three groups also other Korean, Japanese and Chinese ones | prefixes |
//! | `email` | e-mail addresses with an ASCII domain | RFC 5321's shape |
//! | `token` | JSON Web Tokens (RFC 7519), secrets in parameters of an address, user and password before its host | names |
//!
//! Digits may be full-width, and stand in groups with up to three spaces, hyphens, dots, brackets or plus signs
//! between. A number that touches an ASCII letter is part of a word and stays; so do groups joined by hyphens or dots
//! to more than the number.

#![no_std]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod address;
mod check;
mod counts;
mod iban;
mod mail;
mod number;
mod plain;
mod scan;

pub use counts::{Counts, Kind};

use alloc::borrow::Cow;
use alloc::string::String;
use plain::{Plain, replaced};

/// Percent-encoded text may hold percent-encoded text, so often.
const DEPTH: u32 = 3;

/// `text` without personal data, and how much was taken out. Borrowed and not copied if there was none.
///
/// Doing it again changes nothing.
///
/// ```
/// let (text, counts) = attune_redact::redact("card 4111-1111-1111-1111, mail kim@bank.example");
/// assert_eq!(text, "card [card], mail [email]");
/// assert_eq!(counts.of(attune_redact::Kind::Card), 1);
/// ```
#[must_use]
pub fn redact(text: &str) -> (Cow<'_, str>, Counts) {
    let mut counts = Counts::default();
    let clean = at_depth(text, 0, &mut counts);
    (clean.map_or(Cow::Borrowed(text), Cow::Owned), counts)
}

/// An absolute address without personal data: its host stays whatever it is, what is before the host goes.
///
/// ```
/// let (url, _) = attune_redact::redact_url("https://kim:pw@bank.example/a?mail=kim%40bank.example&token=x1");
/// assert_eq!(url, "https://bank.example/a?mail=[email]&token=[token]");
/// ```
#[must_use]
pub fn redact_url(url: &str) -> (Cow<'_, str>, Counts) {
    let mut counts = Counts::default();
    let (scheme, user, host, rest) = address::parts(url);
    let clean = at_depth(rest, 0, &mut counts);
    if user.is_empty() && clean.is_none() {
        return (Cow::Borrowed(url), counts);
    }
    if !user.is_empty() {
        counts.count(Kind::Token);
    }
    let rest = clean.as_deref().unwrap_or(rest);
    (Cow::Owned([scheme, host, rest].concat()), counts)
}

/// What `text` becomes, or `None` if it stays.
fn at_depth(text: &str, depth: u32, counts: &mut Counts) -> Option<String> {
    let mut clean: Option<String> = None;
    // What is taken out may leave something that stood beside it alone.
    while let Some(next) = once(clean.as_deref().unwrap_or(text), depth, counts) {
        clean = Some(next);
    }
    clean
}

/// Each rule once; `None` if none found anything.
fn once(text: &str, depth: u32, counts: &mut Counts) -> Option<String> {
    let mut hints = scan::hints(text);
    let mut clean: Option<String> = None;
    if hints.percent && depth < DEPTH {
        clean = address::decoded(text, depth, counts);
        hints = clean.as_deref().map_or(hints, scan::hints);
    }
    let mut apply = |rule: &mut dyn FnMut(&str) -> Option<String>| {
        if let Some(next) = rule(clean.as_deref().unwrap_or(text)) {
            clean = Some(next);
        }
    };
    if hints.parameters {
        apply(&mut |text| address::parameters(text, counts));
    }
    if hints.json_web_token {
        apply(&mut |text| address::json_web_tokens(text, counts));
    }
    if hints.at {
        apply(&mut |text| replaced(text, mail::find, counts));
    }
    if hints.iban {
        apply(&mut |text| replaced(text, iban::find, counts));
    }
    if hints.numbers {
        apply(&mut |text| replaced(text, number::find, counts));
    }
    clean
}

/// Looks for one kind of data; answers in units of `Plain`, in order and apart.
type Finder = fn(&Plain) -> alloc::vec::Vec<(core::ops::Range<usize>, Kind)>;
