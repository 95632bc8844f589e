//! Segment's HTTP tracking API, which RudderStack's clients speak as well.
//!
//! Form: <https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/>.

use super::json::{at, first, flatten, text, time};
use super::message::{Draft, Message, Sender};
use super::{Refused, Translated, web};
use crate::foreign::json::{Flat, count};
use crate::record::ValueRef;
use attune_schema::event::name;
use attune_schema::outcome::Reason;
use attune_schema::time::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

/// Most messages in one request.
pub const MESSAGES: usize = 2_500;
/// Most bytes of one message.
const MESSAGE_BYTES: usize = 32 << 10;

/// Details of a page call that are kept as the page, or follow from it.
const PAGE: [&str; 9] = [
    "url",
    "title",
    "referrer",
    "path",
    "search",
    "tab_url",
    "referring_domain",
    "initial_referrer",
    "initial_referring_domain",
];

/// Whether `body` is a batch of this form.
#[must_use]
pub fn is_batch(body: &Value) -> bool {
    body.get("batch").is_some_and(Value::is_array)
}

/// The key in the body, for those who do not send it as user name.
#[must_use]
pub fn key(body: &Value) -> Option<&str> {
    body.get("writeKey")?.as_str()
}

/// Translates one call (`kind` is its path, such as `track`) or a batch of them.
///
/// # Errors
/// If the body is neither, or has too many messages.
pub fn translate(kind: Option<&str>, body: &Value, now: Timestamp) -> Result<Translated, Refused> {
    let sent_at = time(at(body, &["sentAt"]));
    let one = |kind: Option<&str>, body: &Value| message(kind, body, sent_at.unwrap_or(now));
    if let Some(batch) = body.get("batch").and_then(Value::as_array) {
        if batch.len() > MESSAGES {
            return Err(Refused::TooMany(MESSAGES));
        }
        // RudderStack's clients say in each message when they sent it.
        let sent_at = sent_at.or_else(|| time(at(batch.first()?, &["sentAt"])));
        return Ok(Translated { sent_at, messages: batch.iter().map(|body| one(None, body)).collect() });
    }
    if !body.is_object() {
        return Err(Refused::Malformed("the body is not a JSON object"));
    }
    Ok(Translated { sent_at, messages: vec![one(kind, body)] })
}

fn message(kind: Option<&str>, body: &Value, otherwise: Timestamp) -> Message {
    let sender = sender(body);
    if body.to_string().len() > MESSAGE_BYTES {
        return Message { sender, event: Err(Reason::Malformed) };
    }
    let kind = kind.or_else(|| body.get("type")?.as_str()).unwrap_or_default();
    let properties = at(body, &["properties"]);
    let traits = at(body, &["traits"]);
    let user = text(at(body, &["userId"]));
    let mut draft = Draft {
        alike: Some(0),
        id: body.get("messageId").map(text),
        at: time(at(body, &["originalTimestamp"])).or_else(|| time(at(body, &["timestamp"]))),
        visitor: match first(body, &[&["anonymousId"]]) {
            anonymous if anonymous.is_empty() => user.clone(),
            anonymous => anonymous,
        },
        session: text(at(body, &["context", "sessionId"])),
        page: page(body),
        skip: &PAGE,
        ..Draft::default()
    };
    match kind {
        "track" => {
            draft.name = text(at(body, &["event"]));
            draft.properties = Some(properties);
            draft.skip = &[];
        }
        "page" | "screen" => {
            draft.name = Cow::Borrowed(if kind == "page" { name::PAGE_VIEWED } else { "screen_viewed" });
            draft.properties = Some(properties);
            for detail in ["name", "category"] {
                let text = text(at(body, &[detail]));
                if !text.is_empty() && properties.get(detail).is_none() {
                    draft.details.push((detail, ValueRef::Text(Cow::Owned(text.into_owned()))));
                }
            }
        }
        // Traits are who somebody is, not what happened: they are counted, never kept with events.
        "identify" => {
            draft.name = Cow::Borrowed(name::IDENTIFIED);
            draft.unmapped = details(traits);
        }
        "group" => {
            draft.name = Cow::Borrowed("group_joined");
            let group = text(at(body, &["groupId"])).into_owned();
            draft.details.push(("group", ValueRef::Text(Cow::Owned(group))));
            draft.unmapped = details(traits);
        }
        // The former id is what the user id is linked to.
        "alias" => {
            draft.name = Cow::Borrowed(name::ALIASED);
            draft.visitor = first(body, &[&["previousId"], &["anonymousId"], &["userId"]]);
            let previous = text(at(body, &["previousId"])).into_owned();
            draft.details.push(("previous", ValueRef::Text(Cow::Owned(previous))));
        }
        _ => return Message { sender, event: Err(Reason::Malformed) },
    }
    let event = draft.finish(otherwise);
    Message { sender, event }
}

fn details(value: &Value) -> usize {
    let mut flat = Flat::default();
    flatten(value, &[], &mut flat);
    flat.properties.len() + flat.unmapped
}

fn page(body: &Value) -> Option<crate::pipeline::PageDraft<'static>> {
    let of = |part: &str| first(body, &[&["context", "page", part], &["properties", part]]);
    web::page(&of("url"), &of("title"), &of("referrer"))
}

fn sender(body: &Value) -> Sender {
    let context = at(body, &["context"]);
    let of = |path: &[&str]| text(at(context, path)).into_owned();
    let device = match at(context, &["userAgentData", "mobile"]).as_bool() {
        Some(true) => "mobile".to_owned(),
        _ => match of(&["device", "type"]) {
            device if matches!(device.as_str(), "mobile" | "tablet" | "desktop") => device,
            device if matches!(device.as_str(), "ios" | "android") => "mobile".to_owned(),
            _ => web::device(&of(&["userAgent"])).to_owned(),
        },
    };
    Sender {
        user: text(at(body, &["userId"])).into_owned(),
        device,
        locale: of(&["locale"]),
        agent: of(&["userAgent"]),
        address: of(&["ip"]),
        campaign: [of(&["campaign", "source"]), of(&["campaign", "medium"]), of(&["campaign", "name"])],
        library: format!("{} {}", of(&["library", "name"]), of(&["library", "version"])).trim().to_owned(),
        screen: [count(at(context, &["screen", "width"])), count(at(context, &["screen", "height"]))],
        ..Sender::default()
    }
}
