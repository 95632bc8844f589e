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
    /// Too old to be accepted; see the reason.
    Expired,
    /// Not stored now; send again.
    Retry,
}

/// Where a refused event is counted; what is not refused is stored, duplicate, quarantined or waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Left out by the site's policy.
    Filtered,
    /// Not an event.
    Invalid,
    /// Too old.
    Expired,
    /// Too many at once; whoever sent it was told to send it again.
    Limited,
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
    /// The site sends more than its limit.
    Limited,
}

impl Reason {
    /// All reasons, in order; new ones are added at the end, because the collector's log counts by position.
    pub const ALL: [Self; 11] = [
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
        Self::Limited,
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
            Self::Limited => "limited",
        }
    }

    /// Where an event refused for this reason is counted.
    #[must_use]
    pub const fn refusal(self) -> Refusal {
        match self {
            Self::NoConsent => Refusal::Filtered,
            Self::TooOld => Refusal::Expired,
            Self::BatchTooLong | Self::Limited => Refusal::Limited,
            _ => Refusal::Invalid,
        }
    }

    /// The verdict an event refused for this reason gets.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self.refusal() {
            Refusal::Filtered => Verdict::Filtered,
            Refusal::Invalid => Verdict::Invalid,
            Refusal::Expired => Verdict::Expired,
            Refusal::Limited => Verdict::Retry,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
