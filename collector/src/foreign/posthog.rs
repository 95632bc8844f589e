//! PostHog's capture API, single events and batches.
//!
//! Form: <https://posthog.com/docs/api/capture>; what its clients send beyond that was read from their requests.

use super::json::{at, count, first, milliseconds, parse, text, time};
use super::message::{Draft, Message, Sender};
use super::{Refused, Translated, web};
use crate::record::ValueRef;
use attune_schema::event::name;
use attune_schema::outcome::Reason;
use attune_schema::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::borrow::Cow;

/// Most events in one request.
pub const EVENTS: usize = 2_500;

/// The JSON in a body that may be a form with the JSON in base 64.
///
/// # Errors
/// If there is none.
pub fn unwrap(body: &[u8]) -> Result<Value, Refused> {
    const NONE: Refused = Refused::Malformed("the body is neither JSON nor a form with `data`");
    if body.trim_ascii_start().starts_with(b"{") || body.trim_ascii_start().starts_with(b"[") {
        return parse(body);
    }
    let form = url::form_urlencoded::parse(body);
    let data = form.into_iter().find(|(name, _)| name == "data").ok_or(NONE)?.1;
    if let Ok(value) = parse(data.as_bytes()) {
        return Ok(value);
    }
    // Beacons do not escape the plus sign.
    let json = BASE64_STANDARD.decode(data.replace(' ', "+")).map_err(|_| NONE)?;
    parse(&json)
}

/// The project's key.
#[must_use]
pub fn key(body: &Value) -> Option<&str> {
    let one = events(body).and_then(|events| events.first()).unwrap_or(body);
    [at(body, &["api_key"]), at(body, &["token"]), at(one, &["api_key"]), at(one, &["token"])]
        .into_iter()
        .chain([at(one, &["properties", "token"])])
        .find_map(Value::as_str)
}

fn events(body: &Value) -> Option<&Vec<Value>> {
    body.as_array().or_else(|| body.get("batch")?.as_array()).or_else(|| body.get("data")?.as_array())
}

/// Translates one event or several.
///
/// # Errors
/// If the body is neither, or has too many events.
pub fn translate(body: &Value, now: Timestamp) -> Result<Translated, Refused> {
    let sent_at = time(at(body, &["sent_at"]));
    let messages = match events(body) {
        Some(events) if events.len() > EVENTS => return Err(Refused::TooMany(EVENTS)),
        Some(events) => events.iter().map(|event| message(event, sent_at, now)).collect(),
        None if body.get("event").is_some() => vec![message(body, sent_at, now)],
        None => return Err(Refused::Malformed("there is no `event` and no `batch`")),
    };
    Ok(Translated { sent_at, messages })
}

/// Details which are kept elsewhere, and which are nobody's business.
const SKIP: [&str; 6] = ["token", "distinct_id", "utm_source", "utm_medium", "utm_campaign", "title"];

fn message(body: &Value, sent_at: Option<Timestamp>, now: Timestamp) -> Message {
    let sender = sender(body);
    let Some(event) = body.get("event").and_then(Value::as_str) else {
        return Message { sender, event: Err(Reason::BadName) };
    };
    let properties = at(body, &["properties"]);
    let property = |name: &str| at(properties, &[name]);
    let offset = body.get("offset").and_then(Value::as_f64);
    let own_time = time(at(body, &["timestamp"]))
        .or_else(|| offset.map(|ms| now.plus_ms((-ms) as i64)))
        .or_else(|| milliseconds(property("$time").as_f64()? * 1_000.0));
    let translated = match (event, text(property("$event_type")).as_ref()) {
        ("$pageview", _) => name::PAGE_VIEWED,
        ("$screen", _) => "screen_viewed",
        ("$pageleave", _) => "page_left",
        ("$identify", _) => name::IDENTIFIED,
        ("$create_alias", _) => "aliased",
        ("$groupidentify", _) => "group_joined",
        ("$rageclick", _) => "rage_clicked",
        ("$dead_click", _) => "dead_clicked",
        ("$exception", _) => "error_raised",
        ("$web_vitals", _) => "vitals_measured",
        ("$feature_flag_called", _) => "flag_evaluated",
        ("$autocapture", "submit") => name::FORM_SUBMITTED,
        ("$autocapture", "change") => name::FORM_FIELD_CHANGED,
        ("$autocapture", _) => name::ELEMENT_CLICKED,
        (own, _) => own,
    };
    let person = first(body, &[&["distinct_id"], &["properties", "distinct_id"]]);
    let alias = translated == "aliased";
    let draft = Draft {
        id: Some(first(body, &[&["uuid"], &["properties", "$insert_id"]])).filter(|id| !id.is_empty()),
        name: Cow::Borrowed(translated),
        at: own_time,
        alike: Some(0),
        visitor: match text(property(if alias { "alias" } else { "$device_id" })) {
            device if device.is_empty() => person,
            device => device,
        },
        session: text(property("$session_id")),
        page: web::page(
            &text(property("$current_url")),
            &text(property("title")),
            &text(property("$referrer")),
        ),
        details: details(event, properties),
        ..Draft::default()
    };
    // Members with a dollar sign are the client's own book-keeping.
    let own: Value = properties
        .as_object()
        .map(|members| members.iter().filter(|(name, _)| !name.starts_with('$')))
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let skip: &[&str] = if alias { &["alias", "distinct_id", "token"] } else { &SKIP };
    let event = Draft { properties: Some(&own), skip, ..draft }.finish(sent_at.unwrap_or(now));
    Message { sender, event }
}

/// What is worth keeping of the client's own members.
fn details(event: &str, properties: &Value) -> Vec<(&'static str, ValueRef<'static>)> {
    let element = at(properties, &["$elements"]).get(0).unwrap_or(&Value::Null);
    let typed = text(at(properties, &["$event_type"])) == "change";
    let wanted: &[(&'static str, &Value)] = match event {
        "$autocapture" | "$rageclick" | "$dead_click" => &[
            ("tag", at(element, &["tag_name"])),
            ("element", at(element, &["attr__id"])),
            ("href", at(element, &["attr__href"])),
            // A field's text may be what somebody chose in it.
            ("text", if typed { &Value::Null } else { at(properties, &["$el_text"]) }),
        ],
        "$groupidentify" => {
            &[("group", at(properties, &["$group_key"])), ("kind", at(properties, &["$group_type"]))]
        }
        "$feature_flag_called" => &[
            ("flag", at(properties, &["$feature_flag"])),
            ("answer", at(properties, &["$feature_flag_response"])),
        ],
        "$create_alias" => &[("previous", at(properties, &["alias"]))],
        "$exception" => &[("message", at(properties, &["$exception_message"]))],
        _ => &[],
    };
    let text = |(name, value): &(&'static str, &Value)| {
        let text = text(value).into_owned();
        (!text.is_empty()).then_some((*name, ValueRef::Text(Cow::Owned(text))))
    };
    wanted.iter().filter_map(text).collect()
}

fn sender(body: &Value) -> Sender {
    let properties = at(body, &["properties"]);
    let of = |name: &str| text(at(properties, &[name])).into_owned();
    let person = first(body, &[&["distinct_id"], &["properties", "distinct_id"]]);
    let (user, device) = (of("$user_id"), of("$device_id"));
    // A browser that does not know its user yet calls itself by its device.
    let known = !user.is_empty() || device != person;
    Sender {
        user: match (known, user) {
            (false, _) => String::new(),
            (true, user) if user.is_empty() => person.into_owned(),
            (true, user) => user,
        },
        device: of("$device_type").to_lowercase(),
        locale: of("$browser_language"),
        agent: of("$raw_user_agent"),
        address: of("$ip"),
        campaign: [of("utm_source"), of("utm_medium"), of("utm_campaign")],
        library: match of("$lib").as_str() {
            "" => "posthog".to_owned(),
            "web" => format!("posthog-js {}", of("$lib_version")),
            other => format!("{other} {}", of("$lib_version")),
        },
        screen: [count(at(properties, &["$screen_width"])), count(at(properties, &["$screen_height"]))],
        ..Sender::default()
    }
}
