//! Text as the rules read it: in units of UTF-16, as pages have it, with full-width forms, spaces and hyphens of all
//! widths as their ASCII ones. It has as many units as the text, so that a place in one is the same place in the other.

use crate::{Counts, Finder};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// Units.
pub(crate) struct Plain(Vec<u16>);

impl Plain {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.encode_utf16().map(folded).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The ASCII character at `place`; 0 for any other, and outside.
    pub(crate) fn at(&self, place: usize) -> u8 {
        self.0.get(place).and_then(|unit| u8::try_from(*unit).ok()).filter(u8::is_ascii).unwrap_or(0)
    }

    /// The ASCII character before `place`, likewise.
    pub(crate) fn before(&self, place: usize) -> u8 {
        place.checked_sub(1).map_or(0, |place| self.at(place))
    }

    /// Whether a group of a hexadecimal number, as of a UUID, stands before `place` or after it with a hyphen between.
    pub(crate) fn is_after_hex(&self, place: usize) -> bool {
        self.before(place) == b'-'
            && (2..6).all(|back| place >= back && self.at(place - back).is_ascii_hexdigit())
    }

    /// Likewise behind.
    pub(crate) fn is_before_hex(&self, place: usize) -> bool {
        self.at(place) == b'-' && (1..5).all(|more| self.at(place + more).is_ascii_hexdigit())
    }

    /// The unit at `place`.
    pub(crate) fn unit(&self, place: usize) -> u16 {
        self.0.get(place).copied().unwrap_or(0)
    }

    /// Where one of `words` is, in order.
    pub(crate) fn places(&self, words: &[&str]) -> Vec<Range<usize>> {
        let length = |start: usize, word: &str| {
            let mut units = self.0.get(start..).unwrap_or_default().iter();
            word.encode_utf16().all(|unit| units.next() == Some(&unit)).then(|| word.encode_utf16().count())
        };
        (0..self.0.len())
            .filter(|start| self.unit(*start) >= 0x80)
            .filter_map(|start| words.iter().find_map(|word| Some(start..start + length(start, word)?)))
            .collect()
    }
}

fn folded(unit: u16) -> u16 {
    match unit {
        0xFF01..=0xFF5E => unit - 0xFEE0,
        0xA0 | 0x2000..=0x200F | 0x202F | 0x3000 => b' '.into(),
        0x2010..=0x2015 | 0x2212 | 0x30FC => b'-'.into(),
        _ => unit,
    }
}

/// `text` with marks in place of what `find` finds, or `None` if it finds nothing.
pub(crate) fn replaced(text: &str, find: Finder, counts: &mut Counts) -> Option<String> {
    let found = find(&Plain::new(text));
    if found.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut found = found.into_iter().peekable();
    let mut place = 0;
    for character in text.chars() {
        if found.peek().is_some_and(|(range, _)| range.end <= place) {
            found.next();
        }
        match found.peek() {
            Some((range, kind)) if range.contains(&place) => {
                if range.start == place {
                    out.push_str(kind.mark());
                    counts.count(*kind);
                }
            }
            _ => out.push(character),
        }
        place += character.len_utf16();
    }
    Some(out)
}
