//! What became of an event: every one that enters ends in exactly one outcome.

use core::fmt;

/// Verdict on one event of a batch, as answered to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Verdict {
    /// Durable on disk.
    Ok,
    /// An event with this id is already durable.
    Duplicate,
    /// Will never be accepted; see the reason.
    Invalid,
    /// Left out by the site's policy (consent, paused site); not an error.
    Filtered,
    /// Not stored now; send again.
    Retry,
}

/// Why an event was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Reason {
    /// The event is not an object of the documented shape.
    Malformed,
    /// The name is empty, too long or has control characters.
    BadName,
    /// The id is empty or too long.
    BadId,
    /// A property is too long, too deep or not a plain value.
    BadProperty,
    /// More properties than allowed.
    TooManyProperties,
    /// The time is missing or not a number.
    BadTime,
    /// Older than accepted.
    TooOld,
    /// Further in the future than accepted.
    TooNew,
    /// The consent it was sent under does not allow measuring.
    NoConsent,
    /// More events in the batch than allowed.
    BatchTooLong,
}

impl Reason {
    /// All reasons, in order.
    pub const ALL: [Self; 10] = [
        Self::Malformed,
        Self::BadName,
        Self::BadId,
        Self::BadProperty,
        Self::TooManyProperties,
        Self::BadTime,
        Self::TooOld,
        Self::TooNew,
        Self::NoConsent,
        Self::BatchTooLong,
    ];

    /// Stable code, as on the wire and in metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::BadName => "bad_name",
            Self::BadId => "bad_id",
            Self::BadProperty => "bad_property",
            Self::TooManyProperties => "too_many_properties",
            Self::BadTime => "bad_time",
            Self::TooOld => "too_old",
            Self::TooNew => "too_new",
            Self::NoConsent => "no_consent",
            Self::BatchTooLong => "batch_too_long",
        }
    }

    /// The verdict an event refused for this reason gets.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::NoConsent => Verdict::Filtered,
            Self::BatchTooLong => Verdict::Retry,
            _ => Verdict::Invalid,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
