//! Our own form for a company's servers: facts of many users, from systems that see no browser.
//!
//! Beside its neighbours because it is translated the same way: one message an event, each with its own sender.

use super::json::{at, text, time};
use super::{Draft, Message, Refused, Sender, Translated};
use attune_schema::limits::BATCH_EVENTS;
use attune_schema::outcome::Reason;
use attune_schema::time::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

/// Fields of an event; others are a mistake that should not go unnoticed.
const FIELDS: [&str; 7] = ["id", "name", "at", "user", "visitor", "session", "properties"];

/// Reads `{"events": […]}`.
///
/// # Errors
/// If it is not of this form.
pub fn translate(body: &Value, now: Timestamp) -> Result<Translated, Refused> {
    let events = body.get("events").and_then(Value::as_array);
    let events = events.ok_or(Refused::Malformed("the body is not {\"events\": […]}"))?;
    if events.len() > BATCH_EVENTS {
        return Err(Refused::TooMany(BATCH_EVENTS));
    }
    Ok(Translated { sent_at: None, messages: events.iter().map(|event| message(event, now)).collect() })
}

fn message(event: &Value, now: Timestamp) -> Message {
    let library = "attune-server".to_owned();
    let user = text(at(event, &["user"])).into_owned();
    let draft = draft(event, &user).and_then(|draft| draft.finish(now));
    Message { sender: Sender { user, library, ..Sender::default() }, event: draft }
}

fn draft<'a>(event: &'a Value, user: &str) -> Result<Draft<'a>, Reason> {
    let fields = event.as_object().ok_or(Reason::Malformed)?;
    if fields.keys().any(|key| !FIELDS.contains(&key.as_str())) {
        return Err(Reason::Malformed);
    }
    if !matches!(event.get("id"), Some(Value::String(_))) {
        return Err(Reason::BadId);
    }
    let happened = time(at(event, &["at"])).ok_or(Reason::BadTime)?;
    if event.get("properties").is_some_and(|properties| !properties.is_object()) {
        return Err(Reason::BadProperty);
    }
    let visitor = match text(at(event, &["visitor"])) {
        // Nobody's browser: the user stands for it.
        none if none.is_empty() => Cow::Owned(format!("user:{user}")),
        visitor => visitor,
    };
    if user.is_empty() && visitor == "user:" {
        return Err(Reason::BadId);
    }
    Ok(Draft {
        id: Some(text(at(event, &["id"]))),
        name: text(at(event, &["name"])),
        at: Some(happened),
        visitor,
        session: text(at(event, &["session"])),
        properties: event.get("properties"),
        ..Draft::default()
    })
}
