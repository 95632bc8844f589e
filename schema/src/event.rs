//! One immutable fact with name, time, page and properties.

use crate::id::{EventId, SessionId};
use crate::time::Timestamp;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// Names of the events that the SDK records by itself (`noun_verb`, past tense).
pub mod name {
    /// A page became visible: load, single-page navigation, or return from the back-forward cache.
    pub const PAGE_VIEWED: &str = "page_viewed";
    /// A page about one item (card, product) became visible; carries `item` and `category`.
    pub const ITEM_VIEWED: &str = "item_viewed";
    /// A link, button or tagged element was activated.
    pub const ELEMENT_CLICKED: &str = "element_clicked";
    /// First interaction with a form.
    pub const FORM_STARTED: &str = "form_started";
    /// A field was changed and left; carries the field's name, never its value.
    pub const FORM_FIELD_CHANGED: &str = "form_field_changed";
    /// A started form was left without submission; carries the last field.
    pub const FORM_ABANDONED: &str = "form_abandoned";
    /// A form was submitted.
    pub const FORM_SUBMITTED: &str = "form_submitted";
    /// A field was refused by the form's own validation.
    pub const FORM_FIELD_REFUSED: &str = "form_field_refused";
    /// Several clicks in quick succession on one spot.
    pub const RAGE_CLICKED: &str = "rage_clicked";
    /// A click on something that looks as if it did something, after which nothing happened.
    pub const DEAD_CLICKED: &str = "dead_clicked";
    /// The site was searched; carries the term and, where the page says it, how many results.
    pub const SEARCH_PERFORMED: &str = "search_performed";
    /// A page was hidden or left; carries the time in front since the last of these, and how far down it was read.
    pub const PAGE_LEFT: &str = "page_left";
    /// Web Vitals of a page load, once it is hidden.
    pub const VITALS_MEASURED: &str = "vitals_measured";
    /// A script of the page failed.
    pub const ERROR_RAISED: &str = "error_raised";
    /// An offer was at least half visible for one second.
    pub const OFFER_EXPOSED: &str = "offer_exposed";
    /// A visitor in a holdout would have seen an offer (counterfactual exposure).
    pub const OFFER_WITHHELD: &str = "offer_withheld";
    /// An offer was clicked.
    pub const OFFER_CLICKED: &str = "offer_clicked";
    /// An offer was refused or closed.
    pub const OFFER_DISMISSED: &str = "offer_dismissed";
    /// The visitor was linked to a pseudonymous user id.
    pub const IDENTIFIED: &str = "identified";
    /// The event's user and the user id in its property `previous` are one person.
    pub const ALIASED: &str = "aliased";
}

/// Properties by which the device keeps counters, so that rules can say "viewed *travel* pages".
/// Fixed, so that a new rule can look back at what was counted before it existed.
pub const FACETS: [&str; 6] = ["category", "item", "form", "campaign", "offer", "placement"];

/// Property that says what an event was worth; the device keeps it beside the event's time.
pub const VALUE: &str = "value";

/// The page an event happened on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page {
    /// Absolute address, without what the site's deny list removes.
    pub url: String,
    /// Document title.
    pub title: String,
    /// Address of the page before, or empty.
    pub referrer: String,
}

/// One fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Key of de-duplication.
    pub id: EventId,
    /// `noun_verb` in the past tense; see [`name`].
    pub name: String,
    /// When it happened, by the device's clock.
    pub at: Timestamp,
    /// The session it belongs to.
    pub session: SessionId,
    /// Where it happened; `None` for server events.
    pub page: Option<Page>,
    /// Details, sorted by name.
    pub properties: Vec<(String, Value)>,
}

impl Event {
    /// The property called `name`.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.properties.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}
