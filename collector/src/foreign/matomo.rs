//! Matomo's HTTP tracking API, one request or several.
//!
//! Form: <https://developer.matomo.org/api-reference/tracking-api>.

use super::json::moment;
use super::message::{Draft, Message, Sender};
use super::snowplow::Pairs;
use super::{Refused, Translated, web};
use crate::record::ValueRef;
use attune_schema::event::name;
use attune_schema::outcome::Reason;
use attune_schema::time::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

/// Most requests in one.
pub const REQUESTS: usize = 2_500;

/// The pairs of a query.
#[must_use]
pub fn asked(query: &str) -> Pairs {
    url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes()).into_owned().collect()
}

/// The requests of a posted list; `None` if the body is none.
///
/// # Errors
/// If it is too long.
pub fn posted(body: &[u8]) -> Result<Option<Vec<Pairs>>, Refused> {
    let Ok(body) = super::json::parse(body) else { return Ok(None) };
    let Some(requests) = body.get("requests").and_then(Value::as_array) else { return Ok(None) };
    if requests.len() > REQUESTS {
        return Err(Refused::TooMany(REQUESTS));
    }
    let pairs = |request: &Value| match request {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), super::json::text(value).into_owned()))
            .collect(),
        request => asked(request.as_str().unwrap_or_default()),
    };
    Ok(Some(requests.iter().map(pairs).collect()))
}

/// Translates requests; `visitor` is for those without an id of their own.
#[must_use]
pub fn translate(requests: &[Pairs], visitor: &str, user_agent: &str, now: Timestamp) -> Translated {
    let messages = requests.iter().map(|request| message(request, visitor, user_agent, now)).collect();
    Translated { sent_at: None, messages }
}

fn message(request: &Pairs, visitor: &str, user_agent: &str, now: Timestamp) -> Message {
    let of = |name: &str| request.get(name).map(String::as_str).unwrap_or_default();
    let agent = if of("ua").is_empty() { user_agent } else { of("ua") };
    let sender = Sender {
        user: of("uid").to_owned(),
        device: web::device(agent).to_owned(),
        locale: of("lang").to_owned(),
        campaign: campaign(of("url"), of("_rcn")),
        library: "matomo".to_owned(),
        agent: of("ua").to_owned(),
        address: of("cip").to_owned(),
        screen: web::size(of("res")),
        ..Sender::default()
    };
    if of("rec") != "1" {
        return Message { sender, event: Err(Reason::Malformed) };
    }
    let mut details: Vec<(&'static str, ValueRef<'static>)> = Vec::new();
    let mut detail = |name: &'static str, key: &str| {
        let value = of(key);
        if !value.is_empty() {
            let number = if matches!(name, "value" | "results") { value.parse().ok() } else { None };
            let text = || ValueRef::Text(Cow::Owned(value.to_owned()));
            details.push((name, number.map_or_else(text, ValueRef::Number)));
        }
    };
    let has = |name: &str| !of(name).is_empty();
    let name: Cow<'_, str> = if has("e_a") {
        detail("category", "e_c");
        detail("label", "e_n");
        detail("value", "e_v");
        of("e_a").into()
    } else if has("search") {
        detail("term", "search");
        detail("category", "search_cat");
        detail("results", "search_count");
        "site_searched".into()
    } else if has("idgoal") {
        detail("goal", "idgoal");
        detail("value", "revenue");
        detail("order", "ec_id");
        if has("ec_id") { "order_placed".into() } else { "goal_reached".into() }
    } else if has("download") {
        detail("href", "download");
        "file_downloaded".into()
    } else if has("link") {
        detail("href", "link");
        "link_followed".into()
    } else if has("c_n") {
        detail("content", "c_n");
        detail("piece", "c_p");
        detail("href", "c_t");
        if has("c_i") { "content_clicked".into() } else { "content_shown".into() }
    } else if of("ping") == "1" {
        "page_pinged".into()
    } else {
        name::PAGE_VIEWED.into()
    };
    let own_visitor = [of("cid"), of("_id"), of("uid")].into_iter().find(|text| !text.is_empty());
    let draft = Draft {
        name,
        // Seconds since 1970, or a civil time in UTC.
        at: match of("cdt").parse::<i64>() {
            Ok(seconds) => Some(Timestamp(seconds.saturating_mul(1_000))),
            Err(_) => moment(of("cdt")),
        },
        visitor: own_visitor.unwrap_or(visitor).into(),
        page: web::page(of("url"), of("action_name"), of("urlref")),
        details,
        ..Draft::default()
    };
    let event = draft.finish(now);
    Message { sender, event }
}

fn campaign(url: &str, name: &str) -> [String; 3] {
    let [source, medium, campaign] = web::campaign(url);
    [source, medium, if campaign.is_empty() { name.to_owned() } else { campaign }]
}
