//! E-mail addresses.

use crate::Kind;
use crate::plain::Plain;
use alloc::vec::Vec;
use core::ops::Range;

/// Longest part before the `@`, and longest label after it (RFC 5321, RFC 1035).
const LOCAL: usize = 64;
const LABEL: usize = 63;
const TOP: usize = 24;

/// Where they are.
pub(crate) fn find(plain: &Plain) -> Vec<(Range<usize>, Kind)> {
    let mut found: Vec<(Range<usize>, Kind)> = Vec::new();
    for place in (0..plain.len()).filter(|place| plain.at(*place) == b'@') {
        let free = found.last().map_or(0, |(range, _)| range.end).max(place.saturating_sub(LOCAL));
        let back = |fits: fn(u16) -> bool| {
            (free..place).rev().take_while(|at| fits(plain.unit(*at))).last().unwrap_or(place)
        };
        let ascii = back(local);
        let start = if ascii < place { ascii } else { back(foreign) };
        if start < place
            && let Some(end) = domain(plain, place + 1)
        {
            found.push((start..end, Kind::Email));
        }
    }
    found
}

fn local(unit: u16) -> bool {
    u8::try_from(unit).is_ok_and(|unit| unit.is_ascii_alphanumeric() || b"_.%+'-".contains(&unit))
}

/// Letters of other scripts, as some have before the `@`.
fn foreign(unit: u16) -> bool {
    (0xC0..=0xD7FF).contains(&unit)
}

/// The end of a domain that begins at `start`: labels, and letters at the end.
fn domain(plain: &Plain, start: usize) -> Option<usize> {
    // A picture for screens of twice the density: `logo@2x.png`.
    if plain.at(start).is_ascii_digit()
        && plain.at(start + 1).eq_ignore_ascii_case(&b'x')
        && plain.at(start + 2) == b'.'
    {
        return None;
    }
    let mut best = None;
    let mut at = start;
    loop {
        let length = |fits: fn(u8) -> bool, most: usize| {
            (at..).take(most).take_while(|place| fits(plain.at(*place))).count()
        };
        let letters = length(|byte| byte.is_ascii_alphabetic(), TOP);
        if at > start && letters >= 2 {
            best = Some(at + letters);
        }
        let label = length(|byte| byte.is_ascii_alphanumeric() || byte == b'-', LABEL);
        if label == 0 || plain.at(at + label) != b'.' {
            return best;
        }
        at += label + 1;
    }
}
