//! The JSON form, read into borrowed structs.
//!
//! A batch is first read straight into its types. Only if that fails are its events looked at one by one, and
//! those that cannot be read piece by piece, to say what is wrong with them.

use super::decode::NotABatch;
use super::{EventDraft, Incoming, PageDraft, People, Told, validate};
use crate::record::ValueRef;
use attune_schema::consent::Consent;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::limits;
use attune_schema::outcome::Reason;
use attune_schema::time::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Text borrowed from the body unless it has escapes.
#[derive(serde::Deserialize, Default)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(serde::Deserialize)]
struct Envelope<'a, E> {
    #[serde(borrow)]
    site: Option<Text<'a>>,
    #[serde(borrow)]
    visitor: Text<'a>,
    #[serde(borrow, default)]
    user: Option<Text<'a>>,
    #[serde(borrow, default)]
    session: Option<Text<'a>>,
    #[serde(default)]
    sent_at: Option<Millis>,
    #[serde(default)]
    consent: Consent,
    #[serde(borrow, default)]
    context: Context<'a>,
    #[serde(bound(deserialize = "E: Deserialize<'de>"))]
    events: Vec<E>,
    #[serde(default)]
    dropped: Vec<Dropped>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Context<'a> {
    #[serde(borrow)]
    device: Text<'a>,
    #[serde(borrow)]
    locale: Text<'a>,
    screen_width: u32,
    screen_height: u32,
    utc_offset_minutes: i32,
    #[serde(borrow)]
    utm_source: Text<'a>,
    #[serde(borrow)]
    utm_medium: Text<'a>,
    #[serde(borrow)]
    utm_campaign: Text<'a>,
    #[serde(borrow)]
    library: Text<'a>,
    #[serde(borrow)]
    user_agent: Text<'a>,
    #[serde(borrow)]
    address: Text<'a>,
    webdriver: bool,
}

#[derive(serde::Deserialize)]
struct Dropped {
    #[serde(rename = "reason")]
    _reason: IgnoredAny,
    count: u64,
}

#[derive(serde::Deserialize)]
struct RawEvent<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    at: Millis,
    #[serde(borrow, default)]
    session: Option<Text<'a>>,
    #[serde(borrow, default)]
    page: Option<Page<'a>>,
    #[serde(borrow, default)]
    properties: Option<Properties<'a>>,
}

/// An event as an object: derived readers also take a list of the fields in order, we do not.
struct Object<'a>(RawEvent<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                RawEvent::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(Map)
    }
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Page<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    referrer: Text<'a>,
}

/// Milliseconds; a fraction is cut off.
struct Millis(i64);

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        Ok(Self(number as i64))
    }
}

/// Plain values by name; `null` counts as absent.
struct Properties<'a>(Vec<(Cow<'a, str>, ValueRef<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Properties<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of plain values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut properties = Vec::with_capacity(16);
                while let Some(Text(name)) = map.next_key()? {
                    if let Plain(Some(value)) = map.next_value()? {
                        properties.push((name, value));
                    }
                }
                Ok(Properties(properties))
            }
        }
        deserializer.deserialize_map(Map)
    }
}

struct Plain<'a>(Option<ValueRef<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Plain<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = Plain<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a plain value")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Plain(None))
            }
            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
                Ok(Plain(Some(ValueRef::Bool(flag))))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Plain(Some(ValueRef::Number(number as f64))))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Plain(Some(ValueRef::Number(number as f64))))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                // Negative zero is zero.
                Ok(Plain(Some(ValueRef::Number(number + 0.0))))
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Plain(Some(ValueRef::Text(Cow::Borrowed(text)))))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Plain(Some(ValueRef::Text(Cow::Owned(text.to_owned())))))
            }
        }
        deserializer.deserialize_any(One)
    }
}

/// Reads a JSON batch.
///
/// # Errors
/// If the envelope is not sound.
pub fn decode(body: &[u8]) -> Result<Incoming<'_>, NotABatch> {
    let text = std::str::from_utf8(body).map_err(|_| NotABatch::NotUtf8)?;
    // The parser's own words can quote a value: only the place is passed on.
    let place = |error: serde_json::Error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "a field is missing or of the wrong type",
            _ => "it is not complete JSON",
        };
        NotABatch::NotJson(format!("{what}, line {} column {}", error.line(), error.column()))
    };
    if !text.trim_ascii_start().starts_with('{') {
        return Err(NotABatch::NotJson("it is not an object".to_owned()));
    }
    // Nearly every batch is sound, and read once. Otherwise its envelope is read again, with the events as they are.
    match serde_json::from_str::<Envelope<'_, Object<'_>>>(text) {
        Ok(envelope) => incoming(envelope, |Object(raw), visitor, session| event(raw, visitor, session)),
        Err(_) => {
            let envelope: Envelope<'_, &RawValue> = serde_json::from_str(text).map_err(place)?;
            incoming(envelope, |raw, visitor, session| {
                let read = serde_json::from_str(raw.get()).map_err(|_| diagnose(raw.get()));
                read.and_then(|Object(raw)| event(raw, visitor, session))
            })
        }
    }
}

fn incoming<'a, E>(
    envelope: Envelope<'a, E>,
    event: impl Fn(E, VisitorId, SessionId) -> Result<EventDraft<'a>, Reason>,
) -> Result<Incoming<'a>, NotABatch> {
    let visitor = VisitorId::from_text(short("visitor", &envelope.visitor.0)?);
    let session = match &envelope.session {
        Some(Text(session)) => SessionId::from_text(short("session", session)?),
        None => SessionId::from_text(&visitor.to_string()),
    };
    let user = envelope.user.map(|Text(user)| user).unwrap_or_default();
    if user.len() > limits::ID_BYTES {
        return Err(NotABatch::BadField("user"));
    }

    let events = envelope.events.into_iter().enumerate().map(|(index, raw)| {
        if index >= limits::BATCH_EVENTS { Err(Reason::BatchTooLong) } else { event(raw, visitor, session) }
    });
    let events: Vec<_> = events.collect();
    let mut unread = People::default();
    if events.iter().any(Result::is_err) {
        unread.visitors.insert(visitor);
    }
    let c = envelope.context;
    let mut agent = c.user_agent.0;
    validate::shorten(&mut agent, limits::AGENT_BYTES);
    let address = match &*c.address.0 {
        "" => None,
        text => Some(text.parse().map_err(|_| NotABatch::BadField("context.address"))?),
    };
    let texts = [c.device, c.locale, c.utm_source, c.utm_medium, c.utm_campaign, c.library];
    Ok(Incoming {
        site: envelope.site.map(|Text(site)| site),
        user,
        sent_at: envelope.sent_at.map(|Millis(ms)| Timestamp(ms)),
        consent: envelope.consent,
        texts: texts.map(|Text(mut text)| {
            validate::shorten(&mut text, limits::TEXT_BYTES);
            text
        }),
        screen: [c.screen_width, c.screen_height],
        utc_offset_minutes: c.utc_offset_minutes,
        told: Told { agent, address, webdriver: c.webdriver },
        events,
        client_dropped: envelope.dropped.iter().fold(0, |sum, drop| sum.saturating_add(drop.count)),
        unread,
    })
}

fn short<'a>(field: &'static str, text: &'a str) -> Result<&'a str, NotABatch> {
    let fits = (1..=limits::ID_BYTES).contains(&text.len());
    fits.then_some(text).ok_or(NotABatch::BadField(field))
}

fn event(event: RawEvent<'_>, visitor: VisitorId, session: SessionId) -> Result<EventDraft<'_>, Reason> {
    let id = short("id", &event.id.0).map_err(|_| Reason::BadId)?;
    let id = EventId::from_text(id);
    let session = match &event.session {
        Some(Text(own)) => SessionId::from_text(short("session", own).map_err(|_| Reason::BadId)?),
        None => session,
    };
    Ok(EventDraft {
        id,
        name: event.name.0,
        at: Timestamp(event.at.0),
        visitor,
        session,
        page: event.page.map(|page| PageDraft {
            url: page.url.0,
            title: page.title.0,
            referrer: page.referrer.0,
        }),
        properties: event.properties.map(|Properties(list)| list).unwrap_or_default(),
    })
}

/// Why an event could not be read: the first field that is not what it should be.
fn diagnose(raw: &str) -> Reason {
    if !raw.starts_with('{') {
        return Reason::Malformed;
    }
    #[derive(serde::Deserialize)]
    struct Pieces<'a> {
        #[serde(borrow)]
        id: Option<&'a RawValue>,
        #[serde(borrow)]
        name: Option<&'a RawValue>,
        #[serde(borrow)]
        at: Option<&'a RawValue>,
        #[serde(borrow)]
        properties: Option<&'a RawValue>,
    }
    fn is<'a, T: Deserialize<'a>>(piece: Option<&'a RawValue>) -> bool {
        piece.is_some_and(|piece| serde_json::from_str::<T>(piece.get()).is_ok())
    }
    match serde_json::from_str::<Pieces<'_>>(raw) {
        Err(_) => Reason::Malformed,
        Ok(pieces) if !is::<Text<'_>>(pieces.id) => Reason::BadId,
        Ok(pieces) if !is::<Text<'_>>(pieces.name) => Reason::BadName,
        Ok(pieces) if !is::<Millis>(pieces.at) => Reason::BadTime,
        Ok(pieces) if pieces.properties.is_some() && !is::<Properties<'_>>(pieces.properties) => {
            Reason::BadProperty
        }
        Ok(_) => Reason::Malformed,
    }
}
