//! Per-purpose permission at the event's time.

/// What the visitor's data may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Purpose {
    /// Counting and reports.
    Measure,
    /// Choosing what to show.
    Personalise,
    /// Passing on to others.
    Share,
}

/// The visitor's answer for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Grant {
    /// Not asked, or not answered.
    #[default]
    Unknown,
    /// Refused.
    Denied,
    /// Given.
    Granted,
}

/// Answers for all purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consent {
    /// Counting and reports.
    pub measure: Grant,
    /// Choosing what to show.
    pub personalise: Grant,
    /// Passing on to others.
    pub share: Grant,
}

/// What a site presumes for a purpose that the visitor has not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Basis {
    /// Nothing without a grant.
    #[default]
    OptIn,
    /// Allowed until denied; the site states its legal basis.
    OptOut,
}

impl Consent {
    /// Everything granted.
    pub const ALL: Self =
        Self { measure: Grant::Granted, personalise: Grant::Granted, share: Grant::Granted };

    /// Whether `purpose` is allowed; an unknown answer counts as `basis` says.
    #[must_use]
    pub fn allows(self, purpose: Purpose, basis: Basis) -> bool {
        let grant = match purpose {
            Purpose::Measure => self.measure,
            Purpose::Personalise => self.personalise,
            Purpose::Share => self.share,
        };
        match grant {
            Grant::Granted => true,
            Grant::Denied => false,
            Grant::Unknown => basis == Basis::OptOut,
        }
    }

    /// Two bits a purpose: measure lowest, share highest.
    #[must_use]
    pub fn to_bits(self) -> u8 {
        let two = |grant: Grant| match grant {
            Grant::Unknown => 0u8,
            Grant::Denied => 1,
            Grant::Granted => 2,
        };
        two(self.measure) | two(self.personalise) << 2 | two(self.share) << 4
    }

    /// The inverse of [`Consent::to_bits`]; unused bit patterns count as unknown.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        let grant = |bits: u8| match bits & 3 {
            1 => Grant::Denied,
            2 => Grant::Granted,
            _ => Grant::Unknown,
        };
        Self { measure: grant(bits), personalise: grant(bits >> 2), share: grant(bits >> 4) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_round_trip() {
        let grants = [Grant::Unknown, Grant::Denied, Grant::Granted];
        for measure in grants {
            for personalise in grants {
                for share in grants {
                    let consent = Consent { measure, personalise, share };
                    assert_eq!(Consent::from_bits(consent.to_bits()), consent);
                }
            }
        }
    }

    #[test]
    fn unknown_is_denied_unless_the_site_states_a_basis() {
        let consent = Consent::default();
        assert!(!consent.allows(Purpose::Measure, Basis::OptIn));
        assert!(consent.allows(Purpose::Measure, Basis::OptOut));
        let denied = Consent { measure: Grant::Denied, ..consent };
        assert!(!denied.allows(Purpose::Measure, Basis::OptOut));
    }
}
