//! Kinds of personal data, and how often each was taken out.

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Payment card number.
    Card,
    /// Number that a state gives to a person.
    NationalId,
    /// Bank account.
    Account,
    /// Telephone number.
    Phone,
    /// E-mail address.
    Email,
    /// Secret that opens something.
    Token,
}

impl Kind {
    /// All, in the order of [`Counts`].
    pub const ALL: [Self; 6] =
        [Self::Card, Self::NationalId, Self::Account, Self::Phone, Self::Email, Self::Token];

    /// Stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::NationalId => "national_id",
            Self::Account => "account",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Token => "token",
        }
    }

    /// What stands where it was.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Card => "[card]",
            Self::NationalId => "[national_id]",
            Self::Account => "[account]",
            Self::Phone => "[phone]",
            Self::Email => "[email]",
            Self::Token => "[token]",
        }
    }
}

/// How many of each kind were taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts([u32; Kind::ALL.len()]);

impl Counts {
    /// How many of `kind`.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u32 {
        self.0.get(kind as usize).copied().unwrap_or_default()
    }

    /// Whether nothing was taken out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The kinds of which there were any, and how many.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, u32)> + '_ {
        Kind::ALL.into_iter().map(|kind| (kind, self.of(kind))).filter(|(_, count)| *count > 0)
    }

    /// Adds what was taken out elsewhere.
    pub fn add(&mut self, more: &Self) {
        for (count, more) in self.0.iter_mut().zip(more.0) {
            *count = count.saturating_add(more);
        }
    }

    pub(crate) fn count(&mut self, kind: Kind) {
        if let Some(count) = self.0.get_mut(kind as usize) {
            *count = count.saturating_add(1);
        }
    }
}
