//! Requests and responses of the JSON API, shared by the collector, the console and the command line.

mod account;
mod document;
mod erasure;
mod event;
mod import;
mod report;
mod server;
mod site;

use serde::{Deserialize, Serialize};

pub use account::{NewUser, Rights, Session, SignIn, User};
pub use document::{Conflict, Document, Problem};
pub use erasure::{ErasedRows, Erasure, NewErasure};
pub use event::{BatchAnswer, DeadLetter, EventAnswer, LiveEvent};
pub use import::{
    FileImport, FileImportState, Hashable, Hashed, ImportCount, ImportRow, ImportRows, Imported, KeyedBy,
    NewList, PeopleList, PersonCount, PersonRow, PersonRows, Publish, ToHash,
};
pub use report::{CampaignFigures, EventName, LearnedCampaign, Overview, OverviewFigures, WatchAlert};
pub use server::{Alarm, Health, Ledger, Recovered, Replay, Replayed, SelfTest};
#[cfg(feature = "openapi")]
pub use site::Origin;
#[cfg(feature = "capture")]
pub use site::SilentPattern;
pub use site::{
    DebugToken, NewDebugToken, NewServerKey, NewSite, Retention, ServerKey, ServerKeyMade, Site, SiteChange,
    TagStatus, TokenKey,
};

/// An error answer: stable code, text that says what to fix, whether trying again can help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// Stable code, such as `conflict`.
    pub code: String,
    /// What is wrong, in one line.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}
