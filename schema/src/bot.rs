//! Whether an event is a person's doing. Bots are flagged and counted, never dropped.

use core::str::FromStr;
use serde::{Deserialize, Serialize};

/// What is behind an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A person, as far as anybody can tell.
    #[default]
    Human,
    /// Behaves like a program, and does not say so.
    Likely,
    /// A program.
    Bot,
    /// A program that watches the site for its owner.
    Monitoring,
}

impl Class {
    /// All, by number.
    pub const ALL: [Self; 4] = [Self::Human, Self::Likely, Self::Bot, Self::Monitoring];

    /// As stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Likely => "likely",
            Self::Bot => "bot",
            Self::Monitoring => "monitoring",
        }
    }
}

impl FromStr for Class {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|class| class.code() == text).ok_or(())
    }
}

/// Why something is taken for what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The user agent is a monitor's.
    Monitor,
    /// A browser that a program drives.
    Headless,
    /// A crawler by the public rules.
    Spider,
    /// The user agent has a crawler's words.
    Crawler,
    /// A library for HTTP.
    Library,
    /// The user agent names whom to complain to.
    Contact,
    /// Neither a browser nor a device.
    NoBrowser,
    /// The page said so: `navigator.webdriver`.
    Webdriver,
    /// Faster than anybody reads.
    Rate,
    /// A server sent it on somebody's behalf: its user agent says nothing of that person.
    Server,
}

impl Reason {
    /// As stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Monitor => "monitor",
            Self::Headless => "headless",
            Self::Spider => "spider",
            Self::Crawler => "crawler",
            Self::Library => "library",
            Self::Contact => "contact",
            Self::NoBrowser => "no_browser",
            Self::Webdriver => "webdriver",
            Self::Rate => "rate",
            Self::Server => "server",
        }
    }
}
