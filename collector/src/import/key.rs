//! By what a row says whose it is: a user id, or a keyed hash.
//!
//! A keyed hash is `k1:FINGERPRINT:HEX`: HMAC-SHA-256 with a secret of the site, which stays on its server. A plain
//! hash of a telephone number, salted or not, is found out by hashing all numbers; it looks like any other 64 digits,
//! so what does not name the key that it was made with is refused.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What a user id must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// `kim@bank.example`.
    Email,
    /// `+82 10-1234-5678`.
    Phone,
    /// A number that a state gave to a person.
    NationalId,
}

impl Personal {
    /// Code of the reason.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Email => "looks_like_email",
            Self::Phone => "looks_like_phone",
            Self::NationalId => "looks_like_national_id",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::Email => "it looks like an e-mail address: hash it first (attune hash)",
            Self::Phone => "it looks like a telephone number: hash it first (attune hash)",
            Self::NationalId => "it looks like a national id number: use an id of your own",
        }
    }
}

/// Whether `text` says who somebody is instead of standing for them.
#[must_use]
pub fn personal(text: &str) -> Option<Personal> {
    let text = text.trim();
    if let Some((name, host)) = text.split_once('@')
        && !name.is_empty()
        && host.split('.').filter(|part| !part.is_empty()).count() > 1
    {
        return Some(Personal::Email);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-(). ".contains(&byte)) {
        return None;
    }
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
    if is_national_id(text, &digits) {
        return Some(Personal::NationalId);
    }
    let marks = text.bytes().filter(|byte| b"-(). ".contains(byte)).count();
    let phone = match (text.as_bytes().first(), digits.as_slice()) {
        (Some(b'+'), digits) => (8..=15).contains(&digits.len()),
        // National numbers begin with one zero.
        (_, [0, 1..=9, ..]) => (9..=11).contains(&digits.len()),
        (_, digits) => marks >= 2 && (9..=12).contains(&digits.len()),
    };
    phone.then_some(Personal::Phone)
}

/// The registration numbers of Korea (`yymmdd-gabcdef`) and the social security numbers of the United States.
fn is_national_id(text: &str, digits: &[u8]) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    match digits {
        [_, _, m1, m2, d1, d2, century, ..] if digits.len() == 13 && matches!(groups[..], [13] | [6, 7]) => {
            (1..=12).contains(&(m1 * 10 + m2)) && (1..=31).contains(&(d1 * 10 + d2)) && *century != 9
        }
        _ => groups == [3, 2, 4] && digits.len() == 9,
    }
}

/// Why something is not a keyed hash of this site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKeyed {
    /// It does not name a key.
    Plain,
    /// Made with another key.
    OtherKey,
}

impl NotKeyed {
    /// Code of the reason.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Plain => "not_keyed",
            Self::OtherKey => "other_key",
        }
    }
}

/// What is hashed, and so how it is written first: the same thing has one hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normal {
    /// A user id, without spaces around it.
    User,
    /// In lower case, without spaces around it.
    Email,
    /// `+` and digits; a national number is one of this country, by its calling code.
    Phone {
        /// Such as 82.
        country: Option<u16>,
    },
}

impl Normal {
    /// `text` in the one way of writing it; `None` if it is nothing of the kind.
    #[must_use]
    pub fn write(self, text: &str) -> Option<String> {
        let text = text.trim();
        match self {
            Self::User => (!text.is_empty()).then(|| text.to_owned()),
            Self::Email => {
                let (name, host) = text.split_once('@')?;
                let good = !name.is_empty() && host.contains('.') && !host.contains('@');
                (good && !text.contains(char::is_whitespace)).then(|| text.to_lowercase())
            }
            Self::Phone { country } => {
                if text.chars().any(|c| !c.is_ascii_digit() && !"+-(). /".contains(c)) {
                    return None;
                }
                // `+44 (0)20` writes a zero that is not dialled.
                let digits: String = text.replace("(0)", "").chars().filter(char::is_ascii_digit).collect();
                let all = match (text.strip_prefix('+'), digits.strip_prefix("00")) {
                    (Some(_), _) => digits,
                    (None, Some(international)) => international.to_owned(),
                    (None, None) => format!("{}{}", country?, digits.strip_prefix('0').unwrap_or(&digits)),
                };
                let fits = (8..=15).contains(&all.len()) && !all.starts_with('0');
                fits.then(|| format!("+{all}"))
            }
        }
    }

    fn space(self) -> &'static [u8] {
        match self {
            Self::User => b"user\0",
            Self::Email => b"email\0",
            Self::Phone { .. } => b"phone\0",
        }
    }
}

/// The secret of a site.
#[derive(Clone)]
pub struct HashKey {
    mac: Hmac<Sha256>,
    prefix: String,
}

impl std::fmt::Debug for HashKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HashKey").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl HashKey {
    /// From its text.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
        let print = mac.clone().chain_update(b"fingerprint\0").finalize().into_bytes();
        Self { mac, prefix: format!("k1:{}:", hex(&print[..4])) }
    }

    /// What all hashes made with it begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The keyed hash of what was written by `normal`.
    #[must_use]
    pub fn hash(&self, normal: Normal, text: &str) -> String {
        let mac = self.mac.clone().chain_update(normal.space()).chain_update(text.as_bytes());
        format!("{}{}", self.prefix, hex(&mac.finalize().into_bytes()))
    }

    /// A keyed hash as somebody else wrote it.
    ///
    /// # Errors
    /// If it was not made with this key, as far as it says.
    pub fn read(&self, text: &str) -> Result<String, NotKeyed> {
        let text = text.trim().to_ascii_lowercase();
        let digits = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            ["k1", print, hash] if digits(print, 8) && digits(hash, 64) => {
                if text.starts_with(&self.prefix) {
                    Ok(text)
                } else {
                    Err(NotKeyed::OtherKey)
                }
            }
            _ => Err(NotKeyed::Plain),
        }
    }
}

/// SHA-256 of a file's bytes, and the text of it.
#[derive(Default)]
pub struct Content(Sha256);

impl Content {
    /// Goes on with `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// 64 hexadecimal digits.
    #[must_use]
    pub fn text(self) -> String {
        hex(&self.0.finalize())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_who_somebody_is_is_no_user_id() {
        let check = |text: &str, expected: Option<Personal>| assert_eq!(personal(text), expected, "{text}");
        for id in [
            "cust_1",
            "42",
            "000123456789",
            "1234567890",
            "0001234567",
            "1790000000000",
            "4f9a-77",
            "2026-01-05",
            "a@b",
            "user:7",
            "12-34",
            "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "123456789012",
            "",
            "10.0.0.1",
        ] {
            check(id, None);
        }
        for email in ["kim@bank.example", " Kim.Lee+x@mail.bank.example "] {
            check(email, Some(Personal::Email));
        }
        for phone in [
            "+821012345678",
            "+82 10-1234-5678",
            "010-1234-5678",
            "01012345678",
            "(212) 555-0100",
            "02 123 4567",
        ] {
            check(phone, Some(Personal::Phone));
        }
        for number in ["900101-1234567", "9001011234567", "123-45-6789"] {
            check(number, Some(Personal::NationalId));
        }
    }

    #[test]
    fn one_number_is_written_in_one_way() {
        let phone = |text: &str, country| Normal::Phone { country }.write(text);
        let korean = Some("+821012345678".to_owned());
        for text in ["+82 10-1234-5678", "0082 10 1234 5678", "+82 (0)10 1234 5678"] {
            assert_eq!(phone(text, None), korean, "{text}");
        }
        assert_eq!(phone("010-1234-5678", Some(82)), korean);
        for text in ["010-1234-5678", "", "12", "call me", "+0123456789"] {
            assert_eq!(phone(text, None), None, "{text}");
        }
        let email = |text: &str| Normal::Email.write(text);
        assert_eq!(email(" Kim@Bank.Example "), Some("kim@bank.example".to_owned()));
        assert_eq!(
            [email("kim"), email("kim@bank"), email("a b@c.d"), email("a@b@c.d")],
            [None, None, None, None]
        );
    }

    #[test]
    fn only_hashes_of_this_key_are_taken() {
        let (key, other) = (HashKey::new("secret"), HashKey::new("another"));
        // python3: hmac.new(b"secret", b"phone\0+821012345678", "sha256"), and of b"fingerprint\0" the first 8 digits.
        let phone = Normal::Phone { country: None };
        let hash = key.hash(phone, "+821012345678");
        assert_eq!(hash, HASH);
        assert_eq!(key.read(&hash.to_uppercase()), Ok(hash.clone()));
        assert_eq!(other.read(&hash), Err(NotKeyed::OtherKey));
        assert_ne!(hash, key.hash(Normal::User, "+821012345678"));
        let (_, digits) = hash.rsplit_once(':').unwrap();
        for plain in
            [digits, &digits[..32], &digits[..40], "k1:", &format!("k1:{digits}"), "+821012345678", ""]
        {
            assert_eq!(key.read(plain), Err(NotKeyed::Plain), "{plain}");
        }
        assert!(!format!("{key:?}").contains("secret"));
    }

    const HASH: &str = "k1:bbecfbb3:df108c0cf7b8fa63f1526e683762b32ee16c30e7fdba6690a0e3fdaa92cec2e1";
}
