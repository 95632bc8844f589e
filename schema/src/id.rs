//! 128-bit identifiers, written as UUIDs.

use crate::hash::Sip;
use core::fmt;
use core::str::FromStr;

/// Writes `value` as 8-4-4-4-12 lower-case hexadecimal.
fn write_uuid(value: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bytes = value.to_be_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            f.write_str("-")?;
        }
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

/// Reads a UUID with or without dashes; `None` for anything else.
fn parse_uuid(text: &str) -> Option<u128> {
    let dashed = text.len() == 36;
    if !dashed && text.len() != 32 {
        return None;
    }
    let mut value = 0u128;
    for (index, byte) in text.bytes().enumerate() {
        if dashed && matches!(index, 8 | 13 | 18 | 23) {
            if byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = char::from(byte).to_digit(16)?;
        value = (value << 4) | u128::from(digit);
    }
    Some(value)
}

/// Text that is not a UUID; carries nothing, because identifiers never appear in errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAUuid;

impl fmt::Display for NotAUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a UUID")
    }
}

impl core::error::Error for NotAUuid {}

/// Hashes `text` within `space` to 128 bits (SipHash-2-4-128 with a zero key); the same on every machine.
#[must_use]
pub fn digest(space: &str, text: &str) -> u128 {
    digest_all(&[space, "\0", text])
}

/// Hashes `parts` one after the other, as [`digest`] does; they bring their own separators.
pub(crate) fn digest_all(parts: &[&str]) -> u128 {
    let mut hash = Sip::new(true);
    for part in parts {
        hash.write(part.as_bytes());
    }
    hash.finish()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $space:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u128);

        impl $name {
            /// A UUID as it is; any other text hashed to one, so that foreign ids keep their identity.
            #[must_use]
            pub fn from_text(text: &str) -> Self {
                Self(parse_uuid(text).unwrap_or_else(|| digest($space, text)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_uuid(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_uuid(self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAUuid;
            fn from_str(text: &str) -> Result<Self, NotAUuid> {
                parse_uuid(text).map(Self).ok_or(NotAUuid)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .format(Some(utoipa::openapi::schema::SchemaFormat::Custom("uuid".to_owned())))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::custom(concat!(stringify!($name), " is not a UUID")))
            }
        }
    };
}

id!(
    /// A browser profile we recognise: random, first-party, drawn on the device.
    VisitorId,
    "visitor"
);
id!(
    /// Activity of one visitor with gaps below the session timeout.
    SessionId,
    "session"
);
id!(
    /// One event; drawn by the client (a version 7 UUID in our SDK), the key of de-duplication.
    EventId,
    "event"
);
id!(
    /// One decision; derived from its inputs, never drawn.
    DecisionId,
    "decision"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_value_agree() {
        let id: EventId = "01941f29-7c00-7d3c-9a51-6f0f5a2b8c11".parse().unwrap();
        assert_eq!(id.to_string(), "01941f29-7c00-7d3c-9a51-6f0f5a2b8c11");
        assert_eq!("01941f297c007d3c9a516f0f5a2b8c11".parse::<EventId>(), Ok(id));
    }

    #[test]
    fn foreign_ids_are_stable_and_kept_apart() {
        assert_eq!(VisitorId::from_text("user_0001"), VisitorId::from_text("user_0001"));
        assert_ne!(VisitorId::from_text("user_0001"), VisitorId::from_text("user_0002"));
        assert_ne!(VisitorId::from_text("7").0, SessionId::from_text("7").0);
        assert!("user_0001".parse::<VisitorId>().is_err());
        assert!("01941f29x7c00-7d3c-9a51-6f0f5a2b8c11".parse::<VisitorId>().is_err());
    }
}
