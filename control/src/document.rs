//! What a document is.

use crate::error::Error;
use attune_schema::source::{
    Attribute, Audience, Campaign, CaptureSettings, ModelSource, Offer, Placement, SavedStatement,
    SiteSettings, Watch,
};
use attune_schema::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The site's settings: one document called [`Settings::ID`].
    SiteSettings,
    /// What its pages capture: one document called [`Capture::ID`].
    Capture,
    /// An attribute that rules may use.
    Attribute,
    /// A named place in pages.
    Placement,
    /// A saved rule.
    Audience,
    /// A thing that can be shown.
    Offer,
    /// Who sees what.
    Campaign,
    /// What rules and rankings may ask for a score.
    Model,
    /// A statement that is kept.
    Statement,
    /// A figure that is watched.
    Watch,
}

impl Kind {
    /// As stored and as people say it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SiteSettings => "site_settings",
            Self::Capture => "capture",
            Self::Attribute => "attribute",
            Self::Placement => "placement",
            Self::Audience => "audience",
            Self::Offer => "offer",
            Self::Campaign => "campaign",
            Self::Model => "model",
            Self::Statement => "statement",
            Self::Watch => "watch",
        }
    }
}

/// The typed content of a kind of document.
pub trait Body: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind it belongs to.
    const KIND: Kind;

    /// What names it within its site and kind.
    fn id(&self) -> &str;
}

macro_rules! body {
    ($($content:ty => $kind:ident),*) => {
        $(impl Body for $content {
            const KIND: Kind = Kind::$kind;
            fn id(&self) -> &str {
                &self.id
            }
        })*
    };
}

body!(
    Attribute => Attribute,
    Placement => Placement,
    Audience => Audience,
    Offer => Offer,
    Campaign => Campaign,
    ModelSource => Model,
    SavedStatement => Statement,
    Watch => Watch
);

/// The one settings document of a site.
pub struct Settings;

impl Settings {
    /// Its id.
    pub const ID: &'static str = "settings";
}

/// The one document of a site about what its pages capture.
pub struct Capture;

impl Capture {
    /// Its id.
    pub const ID: &'static str = "capture";
}

impl Body for CaptureSettings {
    const KIND: Kind = Kind::Capture;
    fn id(&self) -> &str {
        Capture::ID
    }
}

impl Body for SiteSettings {
    const KIND: Kind = Kind::SiteSettings;
    fn id(&self) -> &str {
        Settings::ID
    }
}

/// One version of a document as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The version.
    pub version: u64,
    /// When it was written.
    pub updated_at: Timestamp,
    /// Who wrote it.
    pub updated_by: String,
    /// The content; `None` if this version deleted the document.
    pub body: Option<serde_json::Value>,
}

pub(crate) fn decode<T: DeserializeOwned>(body: &str, kind: Kind, id: &str) -> Result<T, Error> {
    serde_json::from_str(body).map_err(|error| Error::Corrupt {
        kind: kind.code(),
        id: id.to_owned(),
        reason: error.to_string(),
    })
}
