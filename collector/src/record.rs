//! The body of a log record: the accepted events of one request, and what surrounded them.

use crate::log::Tally;
use crate::pipeline::clock;
use attune_schema::bot::Class;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use attune_schema::wire::{Malformed, Reader, Writer};
use attune_warehouse::row::{Agent, EventRow};
use std::sync::Arc;

/// First byte of a body.
const VERSION: u8 = 2;
/// The form of before, without [`Sent`]: a log outlives the program that wrote it.
const WITHOUT_SENT: u8 = 1;

/// See [`Sent::own_agent`].
const OWN_AGENT: u8 = 1;
/// See [`Sent::webdriver`].
const WEBDRIVER: u8 = 2;

/// A request on its way into the log: which of its events are new is decided by the writing thread.
#[derive(Debug)]
pub struct Draft {
    /// Number of the site.
    pub site: u32,
    /// Counts so far: received, refused, dropped by the client.
    pub tally: Tally,
    head: Vec<u8>,
    /// Encoded events, one after the other, and where each ends.
    events: Writer,
    ends: Vec<(EventId, usize)>,
}

/// What the events of a request have in common.
#[derive(Debug)]
pub struct Head<'a> {
    /// Number of the site.
    pub site: u32,
    /// When the request arrived.
    pub received_at: Timestamp,
    /// `received_at` minus `sent_at`, or 0 if the sender told no time; event times are corrected already.
    pub skew_ms: i64,
    /// Pseudonymous user id, or empty.
    pub user: &'a str,
    /// See [`attune_schema::consent::Consent::to_bits`].
    pub consent: u8,
    /// Device, locale, campaign source, medium and name, library.
    pub texts: [&'a str; 6],
    /// Screen width and height.
    pub screen: [u32; 2],
    /// Offset of the device's clock zone from UTC, in minutes.
    pub utc_offset_minutes: i32,
    /// Who sent it.
    pub sent: Sent<'a>,
}

/// What is kept of who sent a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sent<'a> {
    /// User agent, at most [`attune_schema::limits::AGENT_BYTES`] bytes.
    pub agent: &'a str,
    /// It is certain that the user agent is the visitor's own, and not that of a server in between.
    pub own_agent: bool,
    /// A program drives the browser, by the page's own word.
    pub webdriver: bool,
    /// What the site's policy leaves of the network address.
    pub address: &'a str,
    /// Country as two letters, or empty.
    pub country: &'a str,
}

/// A body that was read.
#[derive(Debug)]
pub struct Record {
    /// In the order of the request; `crate::enrich` completes them.
    pub rows: Vec<EventRow>,
    /// See [`Sent::own_agent`].
    pub own_agent: bool,
    /// See [`Sent::webdriver`].
    pub webdriver: bool,
}

/// A property value that borrows its text from the request.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueRef<'a> {
    /// True or false.
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// Text.
    Text(std::borrow::Cow<'a, str>),
}

impl ValueRef<'_> {
    /// The same, owned.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(text.clone().into_owned()),
        }
    }
}

impl Draft {
    /// A request without events yet, with room for `events` of about `bytes` altogether.
    #[must_use]
    pub fn new(head: &Head<'_>, tally: Tally, events: usize, bytes: usize) -> Self {
        let mut w = Writer::with_capacity(128);
        w.u8(VERSION);
        w.uint(head.site.into());
        w.int(head.received_at.0);
        w.int(head.skew_ms);
        w.text(head.user);
        w.u8(head.consent);
        for text in head.texts {
            w.text(text);
        }
        for size in head.screen {
            w.uint(size.into());
        }
        w.int(head.utc_offset_minutes.into());
        for text in [head.sent.agent, head.sent.address, head.sent.country] {
            w.text(text);
        }
        let flag = |set, bit| if set { bit } else { 0 };
        w.u8(flag(head.sent.own_agent, OWN_AGENT) | flag(head.sent.webdriver, WEBDRIVER));
        Self {
            site: head.site,
            tally,
            head: w.into_bytes(),
            events: Writer::with_capacity(bytes),
            ends: Vec::with_capacity(events),
        }
    }

    /// A record that holds no events.
    #[must_use]
    pub fn of_bytes(site: u32, tally: Tally, bytes: Vec<u8>) -> Self {
        Self { site, tally, head: bytes, events: Writer::new(), ends: Vec::new() }
    }

    /// Adds an event.
    pub fn push(&mut self, event: &crate::pipeline::EventDraft<'_>) {
        let w = &mut self.events;
        w.u128(event.id.0);
        w.text(&event.name);
        w.int(event.at.0);
        w.u128(event.session.0);
        w.u128(event.visitor.0);
        w.option(event.page.as_ref(), |w, page| {
            for text in [&page.url, &page.title, &page.referrer] {
                w.text(text);
            }
        });
        w.len(event.properties.len());
        for (name, value) in &event.properties {
            w.text(name);
            match value {
                ValueRef::Bool(flag) => w.u8(u8::from(*flag)),
                ValueRef::Number(number) => {
                    w.u8(2);
                    w.f64(*number);
                }
                ValueRef::Text(text) => {
                    w.u8(3);
                    w.text(text);
                }
            }
        }
        self.ends.push((event.id, w.size()));
    }

    /// Events in it.
    #[must_use]
    pub fn events(&self) -> usize {
        self.ends.len()
    }

    /// About how many bytes it will take.
    #[must_use]
    pub fn size(&self) -> usize {
        self.head.len() + self.events.size() + 64
    }

    /// Writes the body, with those events that `keep` says are new, into the empty `body`.
    pub fn write_body(&self, body: &mut Vec<u8>, mut keep: impl FnMut(usize, EventId) -> bool) {
        let mut kept = 0u32;
        body.reserve(self.size());
        body.extend_from_slice(&self.head);
        let count_at = body.len();
        body.extend_from_slice(&[0; 4]);
        let mut start = 0;
        for (index, (id, end)) in self.ends.iter().enumerate() {
            if keep(index, *id) {
                kept += 1;
                body.extend_from_slice(&self.events.as_bytes()[start..*end]);
            }
            start = *end;
        }
        body[count_at..count_at + 4].copy_from_slice(&kept.to_le_bytes());
    }
}

/// Reads a body.
///
/// # Errors
/// If the bytes are not a body of a version known here.
pub fn read(body: &[u8]) -> Result<Record, Malformed> {
    let mut r = Reader::new(body);
    let version = r.u8();
    if !matches!(version, VERSION | WITHOUT_SENT) {
        return Err(Malformed);
    }
    let site = r.u32();
    let received_at = Timestamp(r.int());
    let skew_ms = r.int();
    let user = r.text();
    let consent = r.u8();
    let [device, locale, utm_source, utm_medium, utm_campaign, library] = std::array::from_fn(|_| r.text());
    let _screen = (r.u32(), r.u32());
    let _utc_offset = r.int();
    let ([agent, address, country], flags) =
        if version == WITHOUT_SENT { ([""; 3], 0) } else { (std::array::from_fn(|_| r.text()), r.u8()) };
    let agent = Arc::new(Agent { user_agent: agent.to_owned(), ..Agent::default() });
    let count = <[u8; 4]>::try_from(r.raw(4)).map_err(|_| Malformed)?;
    let mut rows = Vec::new();
    for sequence in 0..u32::from_le_bytes(count) {
        let id = EventId(r.u128());
        let name = r.text().to_owned();
        let at = Timestamp(r.int());
        let session = SessionId(r.u128());
        let visitor = VisitorId(r.u128());
        let page = r.option(|r| [r.text(), r.text(), r.text()]).unwrap_or_default();
        let properties = r.list(|r| (r.owned(), r.value(Reader::owned)));
        // Also ends the loop: a count may be anything.
        r.check()?;
        rows.push(EventRow {
            site,
            id,
            name,
            at,
            received_at,
            visitor,
            user: user.to_owned(),
            session,
            sequence,
            url: page[0].to_owned(),
            title: page[1].to_owned(),
            referrer: page[2].to_owned(),
            device: device.to_owned(),
            locale: locale.to_owned(),
            utm_source: utm_source.to_owned(),
            utm_medium: utm_medium.to_owned(),
            utm_campaign: utm_campaign.to_owned(),
            library: library.to_owned(),
            consent,
            properties,
            skew_ms,
            clock_corrected: clock::is_wrong(skew_ms),
            agent: Arc::clone(&agent),
            channel: "",
            source: String::new(),
            search_term: String::new(),
            country: country.to_owned(),
            address: address.to_owned(),
            bot: Class::Human,
            bot_reason: "",
        });
    }
    Ok(Record { rows, own_agent: flags & OWN_AGENT != 0, webdriver: flags & WEBDRIVER != 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::EventDraft;
    use std::borrow::Cow;

    fn body(sent: Sent<'_>) -> Vec<u8> {
        let head = Head {
            site: 7,
            received_at: Timestamp(1_000_000),
            skew_ms: -40_000,
            user: "u",
            consent: 3,
            texts: ["mobile", "ko", "s", "m", "c", "l"],
            screen: [1, 2],
            utc_offset_minutes: 540,
            sent,
        };
        let mut draft = Draft::new(&head, Tally::default(), 1, 100);
        draft.push(&EventDraft {
            id: EventId(5),
            name: Cow::Borrowed("page_viewed"),
            at: Timestamp(9),
            visitor: VisitorId(6),
            session: SessionId(8),
            page: None,
            properties: Vec::new(),
        });
        let mut body = Vec::new();
        draft.write_body(&mut body, |_, _| true);
        body
    }

    #[test]
    fn a_body_is_read_as_it_was_written() {
        let sent =
            Sent { agent: "A/1", own_agent: true, webdriver: true, address: "192.0.2.0/24", country: "KR" };
        let read = super::read(&body(sent)).unwrap();
        assert!(read.own_agent && read.webdriver);
        let row = &read.rows[0];
        assert_eq!((&*row.agent.user_agent, &*row.address, &*row.country), ("A/1", "192.0.2.0/24", "KR"));
        assert_eq!((row.skew_ms, row.clock_corrected, &*row.name), (-40_000, true, "page_viewed"));
    }

    #[test]
    fn a_log_of_the_version_before_is_read() {
        let new = body(Sent::default());
        // Where the sender stands: three empty texts and a byte of flags, before the count of events.
        let head = Draft::new(
            &Head {
                site: 7,
                received_at: Timestamp(1_000_000),
                skew_ms: -40_000,
                user: "u",
                consent: 3,
                texts: ["mobile", "ko", "s", "m", "c", "l"],
                screen: [1, 2],
                utc_offset_minutes: 540,
                sent: Sent::default(),
            },
            Tally::default(),
            0,
            0,
        )
        .head
        .len();
        let old = [&[WITHOUT_SENT][..], &new[1..head - 4], &new[head..]].concat();
        assert!(super::read(&[3]).is_err(), "a version that is not known yet");
        let (old, new) = (read(&old).unwrap(), read(&new).unwrap());
        assert_eq!(old.rows, new.rows);
        assert_eq!(old.rows[0].locale, "ko");
    }
}
