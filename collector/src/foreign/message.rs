//! One event of another product in our words, and how several become batches.

use super::UNMAPPED;
use super::json::{Flat, flatten};
use crate::pipeline::{EventDraft, Incoming, PageDraft, People, Told, validate};
use crate::record::ValueRef;
use attune_schema::consent::Consent;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::limits;
use attune_schema::outcome::Reason;
use attune_schema::time::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

/// What the events of one batch have in common.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sender {
    /// User id, or empty.
    pub user: String,
    /// Permission under which it was sent.
    pub consent: Consent,
    /// `mobile`, `tablet`, `desktop`, or empty.
    pub device: String,
    /// Language tag.
    pub locale: String,
    /// Campaign source, medium and name.
    pub campaign: [String; 3],
    /// Name and version of the sending library.
    pub library: String,
    /// Screen width and height.
    pub screen: [u32; 2],
    /// User agent of the visitor where the message carries one, or empty.
    pub agent: String,
    /// Network address of the visitor where the message carries one, or anything else.
    pub address: String,
}

/// An event, or why it is not one.
#[derive(Debug)]
pub struct Message {
    /// Who sent it.
    pub sender: Sender,
    /// The event.
    pub event: Result<EventDraft<'static>, Reason>,
}

impl Message {
    /// Something that is not an event.
    #[must_use]
    pub fn refused(reason: Reason) -> Self {
        Self { sender: Sender::default(), event: Err(reason) }
    }
}

/// Id of an event that is never known again: whoever stores it gives it one.
pub const OWN: EventId = EventId(0);

/// The parts of an event as a foreign message gives them.
#[derive(Debug, Default)]
pub struct Draft<'a> {
    /// The sender's own id of the event.
    pub id: Option<Cow<'a, str>>,
    /// Name in our words.
    pub name: Cow<'a, str>,
    /// When it happened, by the sender's clock; `None` if it does not say.
    pub at: Option<Timestamp>,
    /// Without an id of its own it is known again by its time and content and this number, which tells alike events
    /// of one request apart; `None` if it is never known again.
    pub alike: Option<usize>,
    /// Device or browser.
    pub visitor: Cow<'a, str>,
    /// Session, or empty: the visitor's only one.
    pub session: Cow<'a, str>,
    /// Where.
    pub page: Option<PageDraft<'static>>,
    /// Details that were translated already.
    pub details: Vec<(&'static str, ValueRef<'static>)>,
    /// Details as sent.
    pub properties: Option<&'a Value>,
    /// Details that are kept elsewhere or must not be kept.
    pub skip: &'a [&'a str],
    /// Details that are left out.
    pub unmapped: usize,
}

impl Draft<'_> {
    /// The event; `otherwise` is its time if it has none of its own.
    ///
    /// # Errors
    /// If id, name or visitor cannot be.
    pub fn finish(self, otherwise: Timestamp) -> Result<EventDraft<'static>, Reason> {
        let fits = |text: &str| (1..=limits::ID_BYTES).contains(&text.len());
        let id = match &self.id {
            Some(id) if fits(id) => EventId::from_text(id),
            Some(_) => return Err(Reason::BadId),
            None => self.derived_id(),
        };
        if !fits(&self.visitor) || self.session.len() > limits::ID_BYTES {
            return Err(Reason::BadId);
        }
        let visitor = VisitorId::from_text(&self.visitor);
        let session = match self.session.as_ref() {
            "" => SessionId::from_text(&visitor.to_string()),
            // A number of the visitor's own, such as the time at which it began, unless it is unique by itself.
            session => {
                session.parse().unwrap_or_else(|_| SessionId::from_text(&format!("{visitor}/{session}")))
            }
        };
        let mut flat = Flat { unmapped: self.unmapped, ..Flat::default() };
        for (name, value) in self.details {
            flat.push(name, value);
        }
        if let Some(properties) = self.properties {
            flatten(properties, self.skip, &mut flat);
        }
        if flat.unmapped > 0 {
            let count = ValueRef::Number(flat.unmapped as f64);
            flat.properties.push((Cow::Borrowed(UNMAPPED), count));
        }
        let mut page = self.page;
        if let Some(page) = &mut page {
            // What some clients write for "none".
            if page.referrer == "$direct" {
                page.referrer = Cow::Borrowed("");
            }
        }
        Ok(EventDraft {
            id,
            name: Cow::Owned(self.name.into_owned()),
            at: self.at.unwrap_or(otherwise),
            visitor,
            session,
            page,
            properties: flat.properties,
        })
    }

    /// An event without an id is the same event when everything that it says of itself is the same, its time above
    /// all; without that no two are the same.
    fn derived_id(&self) -> EventId {
        let (Some(at), Some(alike)) = (self.at, self.alike) else { return OWN };
        let page =
            self.page.as_ref().map(|page| [&*page.url, &*page.title, &*page.referrer]).unwrap_or_default();
        let detail = |(name, value): &(&str, ValueRef<'_>)| match value {
            ValueRef::Bool(flag) => format!("{name}={flag}"),
            ValueRef::Number(number) => format!("{name}={number}"),
            ValueRef::Text(text) => format!("{name}={text}"),
        };
        let details: Vec<String> = self.details.iter().map(detail).collect();
        let text = format!(
            "{}\0{}\0{}\0{alike}\0{}\0{}\0{}",
            self.visitor,
            self.name,
            at.0,
            page.join("\0"),
            details.join("\0"),
            self.properties.map(Value::to_string).unwrap_or_default()
        );
        EventId(attune_schema::id::digest("event", &text))
    }
}

/// Neighbours of one sender share a batch.
#[must_use]
pub fn batches(sent_at: Option<Timestamp>, messages: Vec<Message>) -> Vec<Incoming<'static>> {
    let mut batches: Vec<Incoming<'static>> = Vec::new();
    let mut last: Option<Sender> = None;
    for Message { mut sender, event } in messages {
        let event = if sender.user.len() > limits::ID_BYTES { Err(Reason::BadId) } else { event };
        let unread = if event.is_err() { std::mem::take(&mut sender.user) } else { String::new() };
        match batches.last_mut() {
            Some(batch) if event.is_err() || last.as_ref() == Some(&sender) => batch.events.push(event),
            _ => {
                batches.push(incoming(sent_at, sender.clone(), event));
                last = Some(sender);
            }
        }
        if let (false, Some(batch)) = (unread.is_empty(), batches.last_mut()) {
            batch.unread.users.insert(unread);
        }
    }
    batches
}

fn incoming(
    sent_at: Option<Timestamp>,
    sender: Sender,
    event: Result<EventDraft<'static>, Reason>,
) -> Incoming<'static> {
    let [source, medium, campaign] = sender.campaign;
    let short = |text: String| {
        let mut text = Cow::Owned(text);
        validate::shorten(&mut text, limits::AGENT_BYTES);
        text
    };
    Incoming {
        site: None,
        user: Cow::Owned(sender.user),
        sent_at,
        consent: sender.consent,
        texts: [sender.device, sender.locale, source, medium, campaign, sender.library].map(|text| {
            let mut text = Cow::Owned(text);
            validate::shorten(&mut text, limits::TEXT_BYTES);
            text
        }),
        screen: sender.screen,
        utc_offset_minutes: 0,
        told: Told { agent: short(sender.agent), address: sender.address.parse().ok(), webdriver: false },
        events: vec![event],
        client_dropped: 0,
        unread: People::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn draft(at: Option<i64>, properties: &Value) -> EventDraft<'static> {
        let draft = Draft {
            name: Cow::Borrowed("x"),
            at: at.map(Timestamp),
            alike: Some(0),
            visitor: Cow::Borrowed("v"),
            properties: Some(properties),
            ..Draft::default()
        };
        draft.finish(Timestamp(7)).unwrap()
    }

    #[test]
    fn an_event_without_an_id_is_known_by_its_own_time_and_content() {
        let (a, b) = (json!({ "a": 1 }), json!({ "a": 2 }));
        assert_eq!(draft(Some(5), &a).id, draft(Some(5), &a).id);
        assert_ne!(draft(Some(5), &a).id, draft(Some(5), &b).id);
        assert_ne!(draft(Some(5), &a).id, draft(Some(6), &a).id);
        assert_eq!(draft(None, &a).id, OWN, "two clicks are two events");
        assert_eq!(draft(None, &a).at, Timestamp(7));
    }

    #[test]
    fn neighbours_share_a_batch_and_a_bad_event_stays_where_it_was() {
        let of = |user: &str| Message {
            sender: Sender { user: user.to_owned(), ..Sender::default() },
            event: Ok(draft(None, &json!({}))),
        };
        let bad = Message::refused(Reason::BadName);
        let long = "x".repeat(200);
        let all = batches(None, vec![of("a"), of("a"), bad, of("b"), of("a"), of(&long), of(&long)]);
        let shape: Vec<_> = all.iter().map(|batch| (batch.user.as_ref(), batch.events.len())).collect();
        assert_eq!(shape, [("a", 3), ("b", 1), ("a", 3)]);
        assert_eq!(all[2].events[1..], [Err(Reason::BadId), Err(Reason::BadId)]);
    }
}
