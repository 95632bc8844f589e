//! The Measurement Protocol of Google Analytics 4.
//!
//! Form: <https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference>.

use super::json::{at, milliseconds, text};
use super::message::{Draft, Message, Sender};
use super::{Refused, Translated, web};
use crate::record::ValueRef;
use attune_schema::consent::{Consent, Grant};
use attune_schema::event::name;
use attune_schema::outcome::Reason;
use attune_schema::time::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

/// Most events in one request.
pub const EVENTS: usize = 25;

/// Parameters which are kept elsewhere.
const SKIP: [&str; 6] =
    ["page_location", "page_title", "page_referrer", "session_id", "language", "engagement_time_msec"];

/// What is wrong with a request as a whole, for each problem the field and what to do.
#[must_use]
pub fn problems(body: &Value) -> Vec<(&'static str, &'static str)> {
    let mut problems = Vec::new();
    if text(at(body, &["client_id"])).is_empty() && text(at(body, &["app_instance_id"])).is_empty() {
        problems.push(("client_id", "give a client_id: text that stands for the browser or app"));
    }
    match body.get("events").and_then(Value::as_array) {
        None => problems.push(("events", "give a list of events")),
        Some(events) if events.len() > EVENTS => problems.push(("events", "send at most 25 events at once")),
        Some(events) if events.iter().any(|event| text(at(event, &["name"])).is_empty()) => {
            problems.push(("events", "give each event a name"));
        }
        Some(_) => {}
    }
    problems
}

/// Translates a request.
///
/// # Errors
/// If there is no list of events, or too long a one.
pub fn translate(body: &Value, now: Timestamp) -> Result<Translated, Refused> {
    let events = body.get("events").and_then(Value::as_array);
    let events = events.ok_or(Refused::Malformed("there is no list `events`"))?;
    if events.len() > EVENTS {
        return Err(Refused::TooMany(EVENTS));
    }
    let messages = events.iter().enumerate().map(|(index, event)| message(body, index, event, now)).collect();
    Ok(Translated { sent_at: None, messages })
}

fn message(body: &Value, index: usize, event: &Value, now: Timestamp) -> Message {
    let params = at(event, &["params"]);
    let url = text(at(params, &["page_location"]));
    let sender = Sender {
        user: text(at(body, &["user_id"])).into_owned(),
        consent: consent(body),
        device: web::device(&text(at(body, &["user_agent"]))).to_owned(),
        locale: text(at(params, &["language"])).into_owned(),
        campaign: web::campaign(&url),
        library: "ga4-mp".to_owned(),
        agent: text(at(body, &["user_agent"])).into_owned(),
        address: text(at(body, &["ip_override"])).into_owned(),
        ..Sender::default()
    };
    let name = match text(at(event, &["name"])) {
        name if name.is_empty() => return Message { sender, event: Err(Reason::BadName) },
        name => match name.as_ref() {
            "page_view" => Cow::Borrowed(name::PAGE_VIEWED),
            "view_item" => Cow::Borrowed(name::ITEM_VIEWED),
            "form_start" => Cow::Borrowed(name::FORM_STARTED),
            "form_submit" => Cow::Borrowed(name::FORM_SUBMITTED),
            _ => name,
        },
    };
    let micros = |value: &Value| milliseconds(text(value).parse::<f64>().ok()? / 1_000.0);
    let own = micros(at(event, &["timestamp_micros"]));
    let mut details = Vec::new();
    // What rules ask for is the first item's id and category.
    let item = at(params, &["items"]).get(0).unwrap_or(&Value::Null);
    for (name, part) in [("item", "item_id"), ("category", "item_category")] {
        let text = text(at(item, &[part])).into_owned();
        if !text.is_empty() && params.get(name).is_none() {
            details.push((name, ValueRef::Text(Cow::Owned(text))));
        }
    }
    let draft = Draft {
        name,
        at: own.or_else(|| micros(at(body, &["timestamp_micros"]))),
        // Two alike at the request's time are two.
        alike: Some(if own.is_some() { 0 } else { index }),
        visitor: super::json::first(body, &[&["client_id"], &["app_instance_id"]]),
        session: text(at(params, &["session_id"])),
        page: web::page(&url, &text(at(params, &["page_title"])), &text(at(params, &["page_referrer"]))),
        details,
        properties: Some(params).filter(|params| !params.is_null()),
        skip: &SKIP,
        // Who somebody is does not belong to what happened.
        unmapped: at(body, &["user_properties"]).as_object().map_or(0, serde_json::Map::len),
        ..Draft::default()
    };
    let event = draft.finish(now);
    Message { sender, event }
}

/// Advertising is sharing: the one purpose this form can speak of.
fn consent(body: &Value) -> Consent {
    let of = |purpose: &str| at(body, &["consent", purpose]).as_str();
    let all = [of("ad_user_data"), of("ad_personalization")];
    let share = if all.contains(&Some("DENIED")) {
        Grant::Denied
    } else if all.iter().all(|grant| *grant == Some("GRANTED")) {
        Grant::Granted
    } else {
        Grant::Unknown
    };
    Consent { share, ..Consent::default() }
}
