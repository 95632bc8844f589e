//! Plausible's events API.
//!
//! Form: <https://plausible.io/docs/events-api>. There is no visitor id: like the original we derive one that
//! lasts a day, see [`super::salt`].

use super::json::{at, count, first, text};
use super::message::{Draft, Message, Sender};
use super::{Refused, Translated, web};
use crate::record::ValueRef;
use attune_schema::event::name;
use attune_schema::outcome::Reason;
use attune_schema::time::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

/// Sites that the event is for: one, or several with commas between.
#[must_use]
pub fn domains(body: &Value) -> Vec<String> {
    let domains = first(body, &[&["d"], &["domain"]]);
    domains.split(',').map(str::trim).filter(|domain| !domain.is_empty()).map(str::to_owned).collect()
}

/// Translates one event; `visitor` was derived from address and user agent.
///
/// # Errors
/// If the body is not an object.
pub fn translate(
    body: &Value,
    visitor: &str,
    user_agent: &str,
    now: Timestamp,
) -> Result<Translated, Refused> {
    if !body.is_object() {
        return Err(Refused::Malformed("the body is not a JSON object"));
    }
    let url = first(body, &[&["u"], &["url"]]);
    let width = count(if body.get("w").is_some() { at(body, &["w"]) } else { at(body, &["screen_width"]) });
    let sender = Sender {
        device: web::device(user_agent).to_owned(),
        campaign: web::campaign(&url),
        library: "plausible".to_owned(),
        screen: [width, 0],
        ..Sender::default()
    };
    let name = match first(body, &[&["n"], &["name"]]) {
        name if name == "pageview" => Cow::Borrowed(name::PAGE_VIEWED),
        name => name,
    };
    if url.is_empty() {
        return Ok(one(Message { sender, event: Err(Reason::Malformed) }));
    }
    // Sent as an object, or as text with an object in it.
    let properties = ["p", "props", "m", "meta"].iter().find_map(|name| match body.get(*name)? {
        Value::Null => None,
        Value::String(text) => serde_json::from_str(text).ok(),
        object => Some(object.clone()),
    });
    let revenue = body.get("$").or_else(|| body.get("revenue")).filter(|revenue| revenue.is_object());
    let mut details = Vec::new();
    if let Some(revenue) = revenue {
        let amount = text(at(revenue, &["amount"])).parse().map(ValueRef::Number);
        details.extend(amount.ok().map(|amount| ("revenue", amount)));
        let currency = text(at(revenue, &["currency"])).into_owned();
        details.push(("currency", ValueRef::Text(Cow::Owned(currency))));
    }
    let draft = Draft {
        name,
        visitor: Cow::Borrowed(visitor),
        page: web::page(&url, "", &first(body, &[&["r"], &["referrer"]])),
        details,
        properties: properties.as_ref(),
        ..Draft::default()
    };
    let event = draft.finish(now);
    Ok(one(Message { sender, event }))
}

fn one(message: Message) -> Translated {
    Translated { sent_at: None, messages: vec![message] }
}
