//! What one request carries: events of one visitor, with context and identity once.
//!
//! The compact form interns text: a reference below the table's length names an earlier text, a reference
//! equal to it is followed by a new one. Event times are differences to the event before. A byte of flags says
//! what an event does not share with the one before it, and whether its id begins with its own time, as a UUID of
//! version 7 made when it happened does: then only the other ten bytes are there.

use crate::consent::Consent;
use crate::event::{Event, Page};
use crate::id::{EventId, SessionId, VisitorId};
use crate::limits;
use crate::time::Timestamp;
use crate::value::Value;
use crate::wire::{Malformed, Reader, Writer};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// First bytes of a compact batch: `AB` and the version.
pub const MAGIC: [u8; 3] = *b"AB\x02";

/// Flag of an event: it begins another session, which follows.
const SESSION: u8 = 1;
/// Flag of an event: it is on another page than the one before, which follows.
const PAGE: u8 = 2;
/// Flag of an event: it is on no page.
const NO_PAGE: u8 = 4;
/// Flag of an event: all 16 bytes of its id follow.
const WHOLE_ID: u8 = 8;
/// Kinds of values beside those of [`Writer::value`]: a whole number, which follows as such.
const WHOLE_NUMBER: u8 = 4;
/// Whole numbers below this, and above its negative, are written as such.
const WHOLE_BOUND: f64 = 4_503_599_627_370_496.0;
/// How far the time of a UUID of version 7 is shifted.
const ID_TIME_SHIFT: u32 = 80;

/// What surrounded all events of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Context {
    /// `desktop`, `mobile`, `tablet`, or empty.
    pub device: String,
    /// Language tag of the page or browser, such as `ko-KR`.
    pub locale: String,
    /// Screen width in CSS pixels; 0 if unknown.
    pub screen_width: u32,
    /// Screen height in CSS pixels; 0 if unknown.
    pub screen_height: u32,
    /// Offset of the device's clock zone from UTC, in minutes.
    pub utc_offset_minutes: i32,
    /// Campaign tags of the session's first page.
    pub utm_source: String,
    /// See `utm_source`.
    pub utm_medium: String,
    /// See `utm_source`.
    pub utm_campaign: String,
    /// Name and version of what sent the batch, such as `attune-web/0.1.0`.
    pub library: String,
}

/// Events the client dropped before sending, by its own count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClientDrop {
    /// Short code, such as `queue_full`.
    pub reason: String,
    /// How many events.
    pub count: u64,
}

/// Events of one visitor.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// Public site key.
    pub site: String,
    /// The visitor.
    pub visitor: VisitorId,
    /// Pseudonymous user id, once identified.
    pub user: Option<String>,
    /// When it was sent, by the device's clock: with the time of receipt it tells the clock's error.
    pub sent_at: Timestamp,
    /// Permission under which it is sent.
    pub consent: Consent,
    /// What surrounded the events.
    pub context: Context,
    /// In order of recording.
    pub events: Vec<Event>,
    /// What the client had to drop.
    pub drops: Vec<ClientDrop>,
}

/// Texts already written, by position.
#[derive(Default)]
struct Interner<'a> {
    texts: Vec<&'a str>,
}

impl<'a> Interner<'a> {
    fn write(&mut self, writer: &mut Writer, text: &'a str) {
        match self.texts.iter().position(|known| *known == text) {
            Some(index) => writer.len(index),
            None => {
                writer.len(self.texts.len());
                writer.text(text);
                self.texts.push(text);
            }
        }
    }
}

/// Texts already read, by position.
#[derive(Default)]
struct Table<'a> {
    texts: Vec<&'a str>,
}

impl<'a> Table<'a> {
    fn read(&mut self, s: &mut Reader<'a>) -> String {
        let index = s.index(self.texts.len() + 1);
        if index == self.texts.len() {
            self.texts.push(s.text());
        }
        self.texts.get(index).copied().unwrap_or_default().to_owned()
    }
}

impl Batch {
    /// The compact form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.first(usize::MAX)
    }

    /// The compact form with at most `most` events.
    #[must_use]
    pub fn first(&self, most: usize) -> Vec<u8> {
        let mut w = Writer::new();
        let mut texts = Interner::default();
        w.raw(&MAGIC);
        w.text(&self.site);
        w.u128(self.visitor.0);
        w.option(self.user.as_deref(), Writer::text);
        w.int(self.sent_at.0);
        w.u8(self.consent.to_bits());
        let c = &self.context;
        for text in [&c.device, &c.locale, &c.utm_source, &c.utm_medium, &c.utm_campaign, &c.library] {
            w.text(text);
        }
        w.uint(c.screen_width.into());
        w.uint(c.screen_height.into());
        w.int(c.utc_offset_minutes.into());
        w.len(self.events.len().min(most));
        let mut before = (self.sent_at, SessionId::default());
        let mut page_before = None;
        for event in self.events.iter().take(most) {
            let page = event.page.as_ref();
            let new_page = page.filter(|_| page != page_before);
            let new_session = event.session != before.1;
            let whole_id = event.id.0 >> ID_TIME_SHIFT != event.at.0 as u128;
            let mut flags = 0;
            for (set, flag) in [
                (new_session, SESSION),
                (new_page.is_some(), PAGE),
                (page.is_none(), NO_PAGE),
                (whole_id, WHOLE_ID),
            ] {
                flags |= if set { flag } else { 0 };
            }
            w.u8(flags);
            texts.write(&mut w, &event.name);
            w.int(event.at.since(before.0));
            let id = event.id.0.to_be_bytes();
            w.raw(id.get(if whole_id { 0 } else { 6 }..).unwrap_or_default());
            if new_session {
                w.u128(event.session.0);
            }
            if let Some(page) = new_page {
                for text in [&page.url, &page.title, &page.referrer] {
                    texts.write(&mut w, text);
                }
            }
            w.len(event.properties.len());
            for (name, value) in &event.properties {
                texts.write(&mut w, name);
                match value {
                    // Values repeat as often as names do.
                    Value::Text(text) => {
                        w.u8(3);
                        texts.write(&mut w, text);
                    }
                    Value::Number(number)
                        if number.abs() < WHOLE_BOUND && (*number as i64) as f64 == *number =>
                    {
                        w.u8(WHOLE_NUMBER);
                        w.int(*number as i64);
                    }
                    other => w.value(other),
                }
            }
            before = (event.at, event.session);
            page_before = page;
        }
        w.len(self.drops.len());
        for drop in &self.drops {
            w.text(&drop.reason);
            w.uint(drop.count);
        }
        w.into_bytes()
    }

    /// Reads the compact form; sizes of single events are the collector's to judge.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut s = Reader::after(&MAGIC, bytes);
        let mut texts = Table::default();
        let mut batch = Self {
            site: s.owned(),
            visitor: VisitorId(s.u128()),
            user: s.option(Reader::owned),
            sent_at: Timestamp(s.int()),
            consent: Consent::from_bits(s.u8()),
            context: Context {
                device: s.owned(),
                locale: s.owned(),
                utm_source: s.owned(),
                utm_medium: s.owned(),
                utm_campaign: s.owned(),
                library: s.owned(),
                screen_width: s.u32(),
                screen_height: s.u32(),
                utc_offset_minutes: s.int() as i32,
            },
            events: Vec::new(),
            drops: Vec::new(),
        };
        let mut before = (batch.sent_at, SessionId::default(), None);
        batch.events = s.list(|s| {
            let flags = s.u8();
            let has = |flag| flags & flag != 0;
            let name = texts.read(s);
            let at = before.0.plus_ms(s.int());
            let own = s.raw(if has(WHOLE_ID) { 16 } else { 10 });
            let own = own.iter().fold(0, |id, byte| id << 8 | u128::from(*byte));
            let id = EventId(if has(WHOLE_ID) { own } else { (at.0 as u128) << ID_TIME_SHIFT | own });
            let session = if has(SESSION) { SessionId(s.u128()) } else { before.1 };
            let page = if has(PAGE) {
                Some(Page { url: texts.read(s), title: texts.read(s), referrer: texts.read(s) })
            } else {
                core::mem::take(&mut before.2)
            };
            let page = page.filter(|_| !has(NO_PAGE));
            before = (at, session, page.clone());
            let properties = s.list(|s| (texts.read(s), value(s, &mut texts)));
            Event { id, name, at, session, page, properties }
        });
        batch.drops = s.list(|s| ClientDrop { reason: s.owned(), count: s.uint() });
        if batch.events.len() > limits::BATCH_EVENTS {
            s.fail();
        }
        s.finish().map(|()| batch)
    }
}

/// A value: those of [`Writer::value`] with interned text, and whole numbers.
fn value<'a>(s: &mut Reader<'a>, texts: &mut Table<'a>) -> Value {
    match s.u8() {
        kind @ (0 | 1) => Value::Bool(kind == 1),
        2 => Value::Number(s.f64()),
        3 => Value::Text(texts.read(s)),
        WHOLE_NUMBER => Value::Number(s.int() as f64),
        _ => {
            s.fail();
            Value::Bool(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(n: u128, at: i64) -> Event {
        Event {
            id: EventId(n),
            name: "page_viewed".to_owned(),
            at: Timestamp(at),
            session: SessionId(7),
            page: Some(Page {
                url: "https://bank.test/cards".to_owned(),
                title: "카드".to_owned(),
                referrer: String::new(),
            }),
            properties: vec![
                ("category".to_owned(), "travel".into()),
                ("depth".to_owned(), Value::Number(0.5)),
                ("member".to_owned(), Value::Bool(true)),
            ],
        }
    }

    fn batch() -> Batch {
        Batch {
            site: "pk_demo".to_owned(),
            visitor: VisitorId(42),
            user: Some("cust_1".to_owned()),
            sent_at: Timestamp(1_700_000_000_500),
            consent: Consent::ALL,
            context: Context { device: "mobile".to_owned(), utc_offset_minutes: 540, ..Context::default() },
            events: (0..20).map(|n| event(n, 1_700_000_000_000 + n as i64 * 10)).collect(),
            drops: vec![ClientDrop { reason: "queue_full".to_owned(), count: 3 }],
        }
    }

    #[test]
    fn bytes_round_trip() {
        let batch = batch();
        let bytes = batch.to_bytes();
        assert_eq!(Batch::from_bytes(&bytes), Ok(batch));
        assert!(
            bytes.len() < 20 * 45,
            "interning keeps a repeated event near 40 bytes, got {}",
            bytes.len() / 20
        );
    }

    #[test]
    fn what_an_event_shares_is_told_by_flags() {
        let at = 1_767_225_600_000;
        let own_time = event((at as u128) << ID_TIME_SHIFT | 9, at);
        let events = vec![
            own_time.clone(),
            Event { id: EventId(u128::MAX), at: Timestamp(-1), ..own_time.clone() },
            Event { page: None, properties: vec![("n".to_owned(), Value::Number(-3.0))], ..own_time.clone() },
            Event {
                page: None,
                properties: vec![("n".to_owned(), Value::Number(1e300))],
                ..own_time.clone()
            },
            Event { session: SessionId(8), ..own_time },
        ];
        let batch = Batch { events, ..batch() };
        assert_eq!(Batch::from_bytes(&batch.to_bytes()), Ok(batch));
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = batch().to_bytes();
        for len in 0..bytes.len() {
            assert_eq!(Batch::from_bytes(&bytes[..len]), Err(Malformed), "cut at {len}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(Batch::from_bytes(&longer), Err(Malformed));
    }

    proptest! {
        #[test]
        fn damaged_bytes_never_panic(position in 0usize..1_000, byte: u8) {
            let mut bytes = batch().to_bytes();
            let index = position % bytes.len();
            bytes[index] = byte;
            if let Ok(batch) = Batch::from_bytes(&bytes) {
                prop_assert!(batch.events.len() <= limits::BATCH_EVENTS);
            }
        }
    }
}
