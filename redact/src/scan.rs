//! A look at the bytes of a text that tells which rules could find something. Most texts end here.

/// What could be in a text: never less than what is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    pub percent: bool,
    pub parameters: bool,
    pub json_web_token: bool,
    pub at: bool,
    pub iban: bool,
    pub numbers: bool,
}

/// No number that is looked for has fewer digits, nor has any country's IBAN altogether.
const FEWEST: u32 = 9;
const FEWEST_ALTOGETHER: u32 = 7;

const PERCENT: u8 = 1;
const EQUALS: u8 = 2;
const AT: u8 = 4;
const WIDE: u8 = 8;
const JAY: u8 = 16;
const DIGIT: u8 = 128;

/// What a byte may be the beginning of.
#[expect(clippy::indexing_slicing, reason = "the compiler looks")]
const HINTS: [u8; 256] = {
    let mut hints = [0; 256];
    hints[b'%' as usize] = PERCENT;
    hints[b'=' as usize] = EQUALS;
    hints[b'@' as usize] = AT;
    hints[0xEF] = WIDE;
    hints[b'J' as usize] = JAY;
    let mut digit = b'0';
    while digit <= b'9' {
        hints[digit as usize] = DIGIT;
        digit += 1;
    }
    hints
};

/// Looks.
#[expect(clippy::indexing_slicing, reason = "a byte is within the table")]
pub(crate) fn hints(text: &str) -> Hints {
    let bytes = text.as_bytes();
    let (mut all, mut digits) = (0, 0_u32);
    for byte in bytes {
        let hint = HINTS[usize::from(*byte)];
        all |= hint;
        digits += u32::from(hint / DIGIT);
    }
    // Full-width forms are U+FF01 to U+FF5E.
    let wide = all & WIDE > 0 && bytes.windows(2).any(|pair| matches!(pair, [0xEF, 0xBC | 0xBD]));
    let (iban, numbers) = if digits < FEWEST_ALTOGETHER { (false, false) } else { look(bytes) };
    Hints {
        percent: all & PERCENT > 0,
        parameters: all & EQUALS > 0,
        json_web_token: all & JAY > 0 && text.contains("eyJ"),
        at: all & AT > 0 || wide,
        iban: wide || iban,
        numbers: wide || numbers,
    }
}

/// Whether an IBAN could begin, and whether enough digits follow each other with nothing but separators between.
fn look(bytes: &[u8]) -> (bool, bool) {
    let (mut iban, mut numbers, mut digits) = (false, false, 0);
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                iban |= digits == 2 && begins_iban(bytes, index);
                numbers |= digits >= FEWEST;
            }
            b' ' | b'.' | b'(' | b')' | b'+' | b'-' | 0x80.. => {}
            _ => digits = 0,
        }
    }
    (iban, numbers)
}

/// Whether two letters and two digits that begin a word end at `last`.
fn begins_iban(bytes: &[u8], last: usize) -> bool {
    let Some(start) = last.checked_sub(3) else { return false };
    let head = matches!(bytes.get(start..=last), Some([a, b, c, _]) if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit());
    let before = start.checked_sub(1).and_then(|before| bytes.get(before));
    head && !before.is_some_and(u8::is_ascii_alphanumeric)
}
