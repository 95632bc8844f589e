//! What is asked: who the visitor is, what they did, where and when.

use attune_engine::case::{Case, Happened};
use attune_schema::consent::Consent;
use attune_schema::id::VisitorId;
use attune_schema::limits::{ID_BYTES, PROFILE_ATTRIBUTES, PROPERTIES, TEXT_BYTES};
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, Type};

/// Placements of one question.
pub const PLACEMENTS: usize = 32;
/// Events of one question, repetitions included.
pub const EVENTS: usize = 10_000;
/// Offers wanted, and reservations.
pub const LIST: usize = 100;

/// One visitor, and what is to be decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Question {
    /// Public site key; not needed with a server key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub site: String,
    /// Signed profile token: who it is, on the word of the company's server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// One placement: the answer is its decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<String>,
    /// Several, decided one after the other as a page would: what one will show counts against the caps of the next.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub placements: Vec<String>,
    /// Decision time, in milliseconds since 1970; now if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Timestamp>,
    /// Who is assigned: a UUID, or any text, which is hashed to one.
    #[schema(max_length = 128)]
    pub visitor: String,
    /// Pseudonymous id of the user; with a server key, whose stored attributes count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 128)]
    pub user: Option<String>,
    /// The profile as a device keeps it, in base 64; instead of events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// What the visitor did, in order of recording.
    #[schema(value_type = Vec<HappenedBody>)]
    pub events: Vec<Happened>,
    /// What is known about the visitor.
    pub attributes: BTreeMap<String, Value>,
    /// The page, device and campaign tags of this view.
    pub context: BTreeMap<String, Value>,
    /// The visitor's answers.
    pub consent: Consent,
    /// Decided already and neither exposed nor released: `["campaign", "summer"]`.
    #[schema(schema_with = pairs)]
    pub reserved: Vec<(String, String)>,
    /// Most offers wanted.
    #[schema(minimum = 1, maximum = 100)]
    pub limit: usize,
    /// Preview: this offer, whatever the rules say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<String>,
    /// Random draw for exploration; below 2^53.
    pub draw: u64,
    /// Tell every step, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub explain: bool,
    /// Language in which every step is told: `en` or `ko`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lang: String,
    /// Give the content of the offers, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub content: bool,
}

/// One thing the visitor did, for the description.
#[derive(utoipa::ToSchema, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only described")]
struct HappenedBody {
    /// Event name.
    name: String,
    /// When, in milliseconds since 1970.
    at: Timestamp,
    /// How often at that time.
    #[serde(default)]
    #[schema(maximum = 10_000)]
    times: u32,
    /// Details.
    #[serde(default)]
    properties: BTreeMap<String, Value>,
}

/// Lists of two texts.
fn pairs() -> Array {
    let pair =
        ArrayBuilder::new().items(Object::with_type(Type::String)).min_items(Some(2)).max_items(Some(2));
    ArrayBuilder::new().items(pair).max_items(Some(LIST)).build()
}

impl Default for Question {
    fn default() -> Self {
        Self {
            site: String::new(),
            token: None,
            placement: None,
            placements: Vec::new(),
            now: None,
            visitor: String::new(),
            user: None,
            profile: None,
            events: Vec::new(),
            attributes: BTreeMap::new(),
            context: BTreeMap::new(),
            consent: Consent::default(),
            reserved: Vec::new(),
            limit: 1,
            force: None,
            draw: 0,
            explain: false,
            lang: String::new(),
            content: false,
        }
    }
}

/// A question that is of the form and cannot be asked; says which part and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(pub String);

impl Question {
    /// Checks sizes, which deserialising does not.
    ///
    /// # Errors
    /// The first that is too large, or what is missing.
    pub fn check(&self) -> Result<(), Unfit> {
        let most = |what: &str, found: usize, most: usize| {
            if found > most { Err(Unfit(format!("{what}: {found}, at most {most}"))) } else { Ok(()) }
        };
        if self.placement.is_some() != self.placements.is_empty() {
            return Err(Unfit("give one placement, or a list of placements".to_owned()));
        }
        most("placements", self.placements.len(), PLACEMENTS)?;
        most("bytes of visitor", self.visitor.len(), ID_BYTES)?;
        most("bytes of user", self.user.as_ref().map_or(0, String::len), ID_BYTES)?;
        most("events", self.size(), EVENTS)?;
        for event in &self.events {
            most("properties of an event", event.properties.len(), PROPERTIES)?;
        }
        most("attributes", self.attributes.len(), PROFILE_ATTRIBUTES)?;
        most("context", self.context.len(), PROFILE_ATTRIBUTES)?;
        most("reserved", self.reserved.len(), LIST)?;
        most("limit", self.limit, LIST)?;
        if self.limit == 0 {
            return Err(Unfit("limit: 0, at least 1".to_owned()));
        }
        if self.draw >= 1 << 53 {
            return Err(Unfit(format!("draw: {}, below 2^53, which is what a page can tell", self.draw)));
        }
        if self.profile.is_some() && !self.events.is_empty() {
            return Err(Unfit("give a profile or events: one is made of the other".to_owned()));
        }
        let values = self.attributes.iter().chain(&self.context);
        for (name, value) in values {
            most(&format!("bytes of {name}"), value.as_text().map_or(0, str::len), TEXT_BYTES)?;
        }
        self.profile().map(|_| ())
    }

    /// The placements in order.
    pub fn wanted(&self) -> impl Iterator<Item = &String> {
        self.placement.iter().chain(&self.placements)
    }

    /// The profile that it holds.
    ///
    /// # Errors
    /// If it does not read.
    pub fn profile(&self) -> Result<Option<Profile>, Unfit> {
        let read = |text: &String| {
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| Unfit("profile: not base 64".to_owned()))?;
            let unread = |_| Unfit("profile: it does not read as a device's profile".to_owned());
            let mut profile = Profile::from_bytes(&bytes).map_err(unread)?;
            if !self.visitor.is_empty() {
                profile.visitor = VisitorId::from_text(&self.visitor);
            }
            Ok(profile)
        };
        self.profile.as_ref().map(read).transpose()
    }

    /// Holds `profile` instead.
    pub fn set_profile(&mut self, profile: &Profile) {
        self.profile = Some(BASE64_STANDARD.encode(profile.to_bytes()));
    }

    /// How many events it holds, repetitions included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.events.iter().fold(0, |sum, event| sum.saturating_add(event.times as usize))
    }

    /// The engine's form of it, for one placement.
    #[must_use]
    pub fn case(&self, placement: &str, reserved: &[(String, String)]) -> Case {
        let (events, attributes) = (self.events.clone(), self.attributes.clone());
        Case { events, attributes, ..self.view(placement, reserved) }
    }

    /// The same without what makes the profile.
    #[must_use]
    pub fn view(&self, placement: &str, reserved: &[(String, String)]) -> Case {
        Case {
            placement: placement.to_owned(),
            now: self.now.unwrap_or_default(),
            visitor: self.visitor.clone(),
            events: Vec::new(),
            attributes: BTreeMap::new(),
            context: self.context.clone(),
            consent: self.consent,
            reserved: reserved.to_vec(),
            limit: self.limit,
            force: self.force.clone(),
            draw: self.draw,
        }
    }
}

/// Questions of one request: many visitors, each by itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Questions {
    /// Public site key; not needed with a server key.
    #[serde(default)]
    pub site: String,
    /// At most 100.
    #[schema(max_items = 100)]
    pub batch: Vec<Question>,
}
