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
    let words = Words { account: plain.places(&ACCOUNT), individual: plain.places(&INDIVIDUAL) };
    let mut place = 0;
    while place < plain.len() {
        if plain.at(place).is_ascii_digit() {
            let run = Run::read(plain, &words, place);
            place = run.groups.last().map_or(place, |group| group.end) + 1;
            run.find(&mut found);
        } else {
            place += 1;
        }
    }
    found
}

/// Where words say what a number near by is.
struct Words {
    account: Vec<Range<usize>>,
    individual: Vec<Range<usize>>,
}

/// Groups of digits with little between them; the last may end with a Chinese id's `X`.
struct Run<'a> {
    plain: &'a Plain,
    words: &'a Words,
    groups: Vec<Range<usize>>,
}

/// Groups that follow each other, as many as a number may have.
#[derive(Default)]
struct Start {
    digits: [u8; MOST],
    /// Of each group, and of all up to it.
    sizes: [u8; MOST],
    counts: [u8; MOST],
    groups: usize,
}

/// Some of them.
struct Window<'a> {
    digits: &'a [u8],
    sizes: &'a [u8],
    /// All groups there are, and open.
    whole: bool,
    /// Not joined to other groups by hyphens or dots, nor part of a UUID.
    open: bool,
    place: Range<usize>,
}

impl<'a> Run<'a> {
    fn read(plain: &'a Plain, words: &'a Words, start: usize) -> Self {
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
        Self { plain, words, groups }
    }

    /// Of the numbers that begin at one group, the longest.
    fn find(&self, found: &mut Vec<(Range<usize>, Kind)>) {
        let mut first = 0;
        while let Some(begin) = self.groups.get(first).map(|group| group.start) {
            let start = if self.plain.before(begin).is_ascii_alphabetic() {
                Start::default()
            } else {
                self.start(first)
            };
            let opens = self.open_before(first) && !self.plain.is_after_hex(begin);
            let hit = (0..start.groups).rev().find_map(|more| {
                let window = self.window(&start, first, more, opens)?;
                Some((more, window.place.clone(), self.kind(&window)?))
            });
            first += 1;
            if let Some((more, place, kind)) = hit {
                found.push((place, kind));
                first += more;
            }
        }
    }

    /// The groups from `first` on.
    fn start(&self, first: usize) -> Start {
        let mut start = Start::default();
        let mut count = 0;
        let slots = start.sizes.iter_mut().zip(&mut start.counts);
        for (group, (size, counted)) in self.groups.iter().skip(first).zip(slots) {
            if count + group.len() > MOST {
                break;
            }
            for (digit, place) in start.digits.iter_mut().skip(count).zip(group.clone()) {
                let byte = self.plain.at(place);
                *digit = if byte.is_ascii_digit() { byte - b'0' } else { 10 };
            }
            count += group.len();
            (*size, *counted) = (group.len() as u8, count as u8);
            start.groups += 1;
        }
        start
    }

    /// The group `first` and so many `more`, unless they touch a letter.
    fn window<'s>(&self, start: &'s Start, first: usize, more: usize, opens: bool) -> Option<Window<'s>> {
        let last = first + more;
        let end = self.groups.get(last)?.end;
        if self.plain.at(end).is_ascii_alphabetic() {
            return None;
        }
        let open = opens && self.open_before(last + 1) && !self.plain.is_before_hex(end);
        Some(Window {
            digits: start.digits.get(..usize::from(*start.counts.get(more)?))?,
            sizes: start.sizes.get(..=more)?,
            whole: open && first == 0 && last + 1 == self.groups.len(),
            open,
            place: self.groups.get(first)?.start..end,
        })
    }

    /// Whether a number may begin at this group: nothing but hyphens and dots joins.
    fn open_before(&self, group: usize) -> bool {
        let before = group.checked_sub(1).and_then(|before| self.groups.get(before));
        let (Some(before), Some(group)) = (before, self.groups.get(group)) else { return true };
        (before.end..group.start).any(|place| !matches!(self.plain.at(place), b'-' | b'.'))
    }

    fn kind(&self, window: &Window<'_>) -> Option<Kind> {
        let &Window { digits, sizes, .. } = window;
        // Nothing has fewer.
        if digits.len() < 9 {
            return None;
        }
        let one = sizes.len() == 1;
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
        if national(window, &self.words.individual) {
            return Some(Kind::NationalId);
        }
        if !decimal {
            return None;
        }
        if self.phone(digits, sizes, &window.place) {
            return Some(Kind::Phone);
        }
        let account = (10..=14).contains(&digits.len()) && near(&window.place, &self.words.account);
        account.then_some(Kind::Account)
    }

    fn phone(&self, digits: &[u8], sizes: &[u8], place: &Range<usize>) -> bool {
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

/// Whether it is a number that a state gives; `words` say where Japan's are meant.
fn national(window: &Window<'_>, words: &[Range<usize>]) -> bool {
    let &Window { digits, sizes, .. } = window;
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
        [4, 4, 4] | [12] => individual(digits) && near(&window.place, words),
        [18] | [6, 8, 4] => citizen(digits),
        _ => window.whole && citizen(digits),
    }
}

/// Whether one of `words` is in the units before and after that count.
fn near(place: &Range<usize>, words: &[Range<usize>]) -> bool {
    let from = place.start.saturating_sub(NEAR.0);
    let first = words.partition_point(|word| word.start < from);
    words.get(first).is_some_and(|word| word.end <= place.end + NEAR.1)
}

fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'.' | b'(' | b')' | b'+' | b'-')
}
