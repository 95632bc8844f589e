//! Requests of other products' clients, translated into our events, so that a team can switch by changing one
//! address. Pure: bytes and the time of receipt in, messages out; what is where on the web is in
//! `endpoint/foreign`.
//!
//! `docs/switch.md` says for each product what is mapped and what is not. What an event brings and we cannot keep
//! is counted in its property [`UNMAPPED`].

pub mod ga4;
pub mod json;
pub mod matomo;
pub mod message;
pub mod plausible;
pub mod posthog;
pub mod salt;
pub mod segment;
pub mod server;
pub mod snowplow;
pub mod web;

pub use message::{Draft, Message, OWN, Sender, batches};

/// Property with the number of details that could not be kept.
pub const UNMAPPED: &str = "unmapped";

/// Why a whole request is refused; nothing of it was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The body is not of the product's form.
    #[error("{0}")]
    Malformed(&'static str),
    /// More events than the product allows in one request.
    #[error("at most {0} events in one request")]
    TooMany(usize),
}

/// A request translated.
#[derive(Debug, Default)]
pub struct Translated {
    /// When it was sent, by the sender's clock, if it says.
    pub sent_at: Option<attune_schema::time::Timestamp>,
    /// In the sender's order.
    pub messages: Vec<Message>,
}
