//! Whether an event is a person's doing. Bots are flagged and counted, never dropped.

use alloc::string::String;
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

/// Which events an answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Bots {
    /// People's.
    #[default]
    Exclude,
    /// All.
    Include,
    /// Everything but people's.
    Only,
}

impl Bots {
    /// Whether it is what is asked when nothing is said.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A site's own word on what is behind an event: applied when a question is asked, so to old events as well. All
/// tests that a rule has must hold; the first rule that fits decides.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BotRule {
    /// What it is then.
    pub class: Class,
    /// The user agent has this in it, in any case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_agent_contains: String,
    /// The stored address begins so: what is stored depends on the site's setting `address`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address_starts: String,
    /// Country, as two letters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub country: String,
    /// The visitor, as a UUID.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub visitor: String,
    /// The referrer has this in it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub referrer_contains: String,
}
