//! Numbers: groups of digits, and which of them together are something.

use crate::Kind;
use crate::check::{article, citizen, individual, issued, luhn, resident, resident_check};
use crate::plain::Plain;
use alloc::vec::Vec;
use core::ops::Range;

/// Characters between two groups, at most.
const BETWEEN: usize = 3;
/// Most digits of any kind.
const MOST: usize = 19;
/// Units before and after a number in which words say what it is.
const NEAR: (usize, usize) = (20, 12);
const ACCOUNT: [&str; 9] = ["계좌", "은행", "뱅크", "농협", "수협", "신협", "금고", "우체국", "口座"];
// The long vowel of マイナンバー is a hyphen by now.
const INDIVIDUAL: [&str; 2] = ["マイナンバ", "個人番号"];

/// Where they are.
pub(crate) fn find(plain: &Plain) -> Vec<(Range<usize>, Kind)> {
    let mut found = Vec::new();
    let mut place = 0;
    while place < plain.len() {
        if plain.at(place).is_ascii_digit() {
            let run = Run::read(plain, place);
            place = run.groups.last().map_or(place, |group| group.end) + 1;
            run.find(&mut found);
        } else {
            place += 1;
        }
    }
    found
}

/// Groups of digits with little between them; the last may end with a Chinese id's `X`.
struct Run<'a> {
    plain: &'a Plain,
    groups: Vec<Range<usize>>,
}

/// Some neighbouring groups.
struct Window {
    digits: [u8; MOST],
    count: usize,
    sizes: [usize; MOST],
    groups: usize,
    /// All groups there are, and open.
    whole: bool,
    /// Not joined to other groups by hyphens or dots, nor part of a UUID.
    open: bool,
    place: Range<usize>,
}

impl<'a> Run<'a> {
    fn read(plain: &'a Plain, start: usize) -> Self {
        let mut groups = Vec::new();
        let mut at = start;
        loop {
            let begin = at;
            while plain.at(at).is_ascii_digit() {
                at += 1;
            }
            groups.push(begin..at);
            let next = (at..=at + BETWEEN).find(|place| !separates(plain.at(*place)));
            match next {
                Some(next) if next > at && plain.at(next).is_ascii_digit() => at = next,
                _ => break,
            }
        }
        if let Some(last) = groups.last_mut()
            && plain.at(last.end).eq_ignore_ascii_case(&b'x')
            && !plain.at(last.end + 1).is_ascii_alphanumeric()
        {
            last.end += 1;
        }
        Self { plain, groups }
    }

    /// Of the numbers that begin at one group, the longest.
    fn find(&self, found: &mut Vec<(Range<usize>, Kind)>) {
        let mut first = 0;
        while first < self.groups.len() {
            let hit = self
                .windows(first)
                .into_iter()
                .rev()
                .find_map(|(last, window)| Some((last, window.place.clone(), self.kind(&window)?)));
            first = match hit {
                Some((last, place, kind)) => {
                    found.push((place, kind));
                    last + 1
                }
                None => first + 1,
            };
        }
    }

    /// What begins at the group `first` and does not touch a letter, with the group where it ends.
    fn windows(&self, first: usize) -> Vec<(usize, Window)> {
        let mut windows = Vec::new();
        let Some(begin) = self.groups.get(first).map(|group| group.start) else { return windows };
        if self.plain.before(begin).is_ascii_alphabetic() {
            return windows;
        }
        let (mut digits, mut count, mut sizes) = ([0; MOST], 0, [0; MOST]);
        for (size, (last, group)) in sizes_of(&self.groups, first) {
            if count + size > MOST {
                break;
            }
            for (digit, place) in digits.iter_mut().skip(count).zip(group.clone()) {
                let byte = self.plain.at(place);
                *digit = if byte.is_ascii_digit() { byte - b'0' } else { 10 };
            }
            count += size;
            if let Some(slot) = sizes.get_mut(last - first) {
                *slot = size;
            }
            if self.plain.at(group.end).is_ascii_alphabetic() {
                continue;
            }
            let open = self.open_before(first)
                && self.open_before(last + 1)
                && !self.plain.is_after_hex(begin)
                && !self.plain.is_before_hex(group.end);
            windows.push((
                last,
                Window {
                    digits,
                    count,
                    sizes,
                    groups: last - first + 1,
                    whole: open && first == 0 && last + 1 == self.groups.len(),
                    open,
                    place: begin..group.end,
                },
            ));
        }
        windows
    }

    /// Whether a number may begin at this group: nothing but hyphens and dots joins.
    fn open_before(&self, group: usize) -> bool {
        let before = group.checked_sub(1).and_then(|before| self.groups.get(before));
        let (Some(before), Some(group)) = (before, self.groups.get(group)) else { return true };
        (before.end..group.start).any(|place| !matches!(self.plain.at(place), b'-' | b'.'))
    }

    fn near(&self, place: &Range<usize>, words: &[&str]) -> bool {
        self.plain.says(place.start.saturating_sub(NEAR.0), place.end + NEAR.1, words)
    }

    fn kind(&self, window: &Window) -> Option<Kind> {
        let digits = window.digits.get(..window.count)?;
        let sizes = window.sizes.get(..window.groups)?;
        let one = window.groups == 1;
        let written = match sizes {
            [4, 4, 4, 4] | [4, 4, 4, 4, 1..=3] | [4, 6, 4 | 5] => true,
            _ => window.whole || (one && window.open),
        };
        let decimal = !digits.contains(&10);
        if written && decimal && issued(digits) && luhn(digits) && !article(digits) {
            return Some(Kind::Card);
        }
        if !window.open {
            return None;
        }
        if self.national(digits, sizes, window) {
            return Some(Kind::NationalId);
        }
        if !decimal {
            return None;
        }
        if self.phone(digits, sizes, &window.place) {
            return Some(Kind::Phone);
        }
        let account = (10..=14).contains(&digits.len()) && self.near(&window.place, &ACCOUNT);
        account.then_some(Kind::Account)
    }

    fn national(&self, digits: &[u8], sizes: &[usize], window: &Window) -> bool {
        match sizes {
            [6, 7] => resident(digits),
            // Milliseconds since 1970 begin so for years: a person of 1915 or 2015 is not told from them.
            [13] => {
                !matches!(digits, [1, 5..=9, ..])
                    && !article(digits)
                    && resident(digits)
                    && resident_check(digits)
            }
            [4, 4, 4] if window.whole => individual(digits),
            [4, 4, 4] | [12] => individual(digits) && self.near(&window.place, &INDIVIDUAL),
            [18] | [6, 8, 4] => citizen(digits),
            _ => window.whole && citizen(digits),
        }
    }

    fn phone(&self, digits: &[u8], sizes: &[usize], place: &Range<usize>) -> bool {
        let joins =
            |unit: u16| unit >= 0x80 || u8::try_from(unit).is_ok_and(|byte| byte.is_ascii_alphanumeric());
        let plus = self.plain.before(place.start) == b'+'
            && !place.start.checked_sub(2).is_some_and(|before| joins(self.plain.unit(before)));
        match (digits, sizes) {
            _ if plus => (9..=15).contains(&digits.len()) && !digits.starts_with(&[0]),
            ([0, 1, 0 | 1 | 6..=9, ..] | [0, 5 | 7..=9, 0, ..], [3..=11, ..]) if digits.len() == 11 => true,
            ([0, 1, 1 | 6..=9, ..], [3..=11, ..]) if digits.len() == 10 => true,
            ([0, 1..=9, ..], [2..=4, 2..=4, 4]) => digits.len() > 8,
            ([1, 3..=9, ..], [3, 4, 4]) => true,
            _ => false,
        }
    }
}

/// The groups from `first` on, each with its number of digits.
fn sizes_of(groups: &[Range<usize>], first: usize) -> impl Iterator<Item = (usize, (usize, &Range<usize>))> {
    groups.iter().enumerate().skip(first).map(|(index, group)| (group.len(), (index, group)))
}

fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'.' | b'(' | b')' | b'+' | b'-')
}
