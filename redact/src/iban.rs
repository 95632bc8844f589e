//! International bank account numbers (ISO 13616-1).

use crate::Kind;
use crate::plain::Plain;
use alloc::vec::Vec;
use core::ops::Range;

/// Countries by the length of theirs, from 15 on (the registry of ISO 13616).
const COUNTRIES: [&str; 19] = [
    "NO",
    "BE",
    "",
    "DK FI FK FO GL NL SD",
    "MK SI",
    "AT BA EE KZ LT LU MN XK",
    "CH HR LI LV",
    "BG BH CR DE GB GE IE ME RS VA",
    "AE GI IL IQ OM SO TL",
    "AD CZ ES MD PK RO SA SE SK TN VG",
    "LY PT ST",
    "IS TR",
    "BI DJ FR GR IT MC MR SM",
    "AL AZ BY CY DO GT HN HU LB NI PL SV",
    "BR EG PS QA UA",
    "JO KW MU YE",
    "MT SC",
    "LC",
    "RU",
];

/// Where they are: in one piece, or in groups of four.
pub(crate) fn find(plain: &Plain) -> Vec<(Range<usize>, Kind)> {
    let mut found = Vec::new();
    let mut place = 0;
    while place < plain.len() {
        match end(plain, place) {
            Some(end) => {
                found.push((place..end, Kind::Account));
                place = end;
            }
            None => place += 1,
        }
    }
    found
}

/// The end of one that begins at `start`.
fn end(plain: &Plain, start: usize) -> Option<usize> {
    let head = [0, 1, 2, 3].map(|more| plain.at(start + more).to_ascii_uppercase());
    let shape = head[0].is_ascii_uppercase()
        && head[1].is_ascii_uppercase()
        && head[2].is_ascii_digit()
        && head[3].is_ascii_digit();
    if !shape || plain.before(start).is_ascii_alphanumeric() || plain.is_after_hex(start) {
        return None;
    }
    let length = length(&head[..2])?;
    let mut at = start;
    let mut remainder = 0;
    for index in 0..length {
        if index > 0 && index % 4 == 0 && matches!(plain.at(at), b' ' | b'-') {
            at += 1;
        }
        let value = char::from(plain.at(at)).to_digit(36)?;
        if index >= 4 {
            remainder = append(remainder, value);
        }
        at += 1;
    }
    for byte in head {
        remainder = append(remainder, char::from(byte).to_digit(36)?);
    }
    (remainder == 1 && !plain.at(at).is_ascii_alphanumeric()).then_some(at)
}

fn length(country: &[u8]) -> Option<usize> {
    let knows = |group: &str| group.as_bytes().split(|byte| *byte == b' ').any(|known| known == country);
    COUNTRIES.iter().position(|group| knows(group)).map(|index| index + 15)
}

/// The remainder by 97 once `value`, from 0 to 35, is written behind.
fn append(remainder: u32, value: u32) -> u32 {
    (remainder * if value < 10 { 10 } else { 100 } + value) % 97
}
