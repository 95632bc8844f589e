//! A look at the bytes of a text that tells which rules could find something. Most texts end here.

/// What could be in a text: never less than what is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    pub percent: bool,
    pub parameters: bool,
    pub json_web_token: bool,
    pub at: bool,
    pub digits: bool,
}

/// Bytes looked at together: as many as the compiler compares at once, several times.
const CHUNK: usize = 64;
/// No number that is looked for has fewer digits, nor has any country's IBAN altogether.
const FEWEST: u32 = 9;
const FEWEST_ALTOGETHER: u32 = 7;

/// Looks.
pub(crate) fn hints(text: &str) -> Hints {
    let bytes = text.as_bytes();
    let (mut percent, mut equals, mut at, mut wide, mut jay, mut digits) = (0, 0, 0, 0, 0, 0_u32);
    for chunk in bytes.chunks(CHUNK) {
        let mut some = 0_u8;
        for byte in chunk {
            percent |= u8::from(*byte == b'%');
            equals |= u8::from(*byte == b'=');
            at |= u8::from(*byte == b'@');
            wide |= u8::from(*byte == 0xEF);
            jay |= u8::from(*byte == b'J');
            some += u8::from(byte.is_ascii_digit());
        }
        digits += u32::from(some);
    }
    // Full-width forms are U+FF01 to U+FF5E.
    let wide = wide > 0 && bytes.windows(2).any(|pair| matches!(pair, [0xEF, 0xBC | 0xBD]));
    Hints {
        percent: percent > 0,
        parameters: equals > 0,
        json_web_token: jay > 0 && text.contains("eyJ"),
        at: at > 0 || wide,
        digits: wide || (digits >= FEWEST_ALTOGETHER && numbers(bytes)),
    }
}

/// Whether enough digits follow each other with nothing but separators between, or an IBAN could begin.
fn numbers(bytes: &[u8]) -> bool {
    let mut digits = 0;
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                if digits >= FEWEST || (digits == 2 && iban(bytes, index)) {
                    return true;
                }
            }
            b' ' | b'.' | b'(' | b')' | b'+' | b'-' | 0x80.. => {}
            _ => digits = 0,
        }
    }
    false
}

/// Whether two letters and two digits that begin a word end at `last`.
fn iban(bytes: &[u8], last: usize) -> bool {
    let Some(start) = last.checked_sub(3) else { return false };
    let head = matches!(bytes.get(start..=last), Some([a, b, c, _]) if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit());
    let before = start.checked_sub(1).and_then(|before| bytes.get(before));
    head && !before.is_some_and(u8::is_ascii_alphanumeric)
}
