//! Snowplow's tracker protocol 2, posted as JSON or asked for as a pixel.
//!
//! Form: <https://docs.snowplow.io/docs/fundamentals/canonical-event/tracker-protocol/>.

use super::json::{moment, text};
use super::message::{Draft, Message, Sender};
use super::{Refused, Translated, web};
use crate::record::ValueRef;
use attune_schema::event::name;
use attune_schema::outcome::Reason;
use attune_schema::time::Timestamp;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Most events in one request.
pub const EVENTS: usize = 2_500;

/// One event: short names to text.
pub type Pairs = BTreeMap<String, String>;

/// URL-safe, with or without padding: trackers differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The events of a posted body.
///
/// # Errors
/// If it is not of the form, or has too many events.
pub fn posted(body: &Value) -> Result<Vec<Pairs>, Refused> {
    let data = body.get("data").and_then(Value::as_array);
    let data = data.ok_or(Refused::Malformed("there is no list `data`"))?;
    if data.len() > EVENTS {
        return Err(Refused::TooMany(EVENTS));
    }
    let pairs = |event: &Value| match event {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), text(value).into_owned())).collect()
        }
        _ => Pairs::new(),
    };
    Ok(data.iter().map(pairs).collect())
}

/// The one event of a query.
#[must_use]
pub fn asked(query: &str) -> Vec<Pairs> {
    vec![url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()]
}

/// Names of the application that sent it: the site.
#[must_use]
pub fn app(events: &[Pairs]) -> Option<&str> {
    events.iter().find_map(|event| event.get("aid")).map(String::as_str)
}

/// Translates the events; `visitor` and `user_agent` are for those that carry none of their own.
#[must_use]
pub fn translate(events: &[Pairs], visitor: &str, user_agent: &str, now: Timestamp) -> Translated {
    let sent_at = events.iter().find_map(|event| moment(event.get("stm")?));
    let messages =
        events.iter().map(|event| message(event, visitor, user_agent, sent_at.unwrap_or(now))).collect();
    Translated { sent_at, messages }
}

fn message(event: &Pairs, visitor: &str, user_agent: &str, otherwise: Timestamp) -> Message {
    let of = |name: &str| event.get(name).map(String::as_str).unwrap_or_default();
    let agent = if of("ua").is_empty() { user_agent } else { of("ua") };
    let sender = Sender {
        user: of("uid").to_owned(),
        device: match of("p") {
            "mob" => "mobile",
            "web" => web::device(agent),
            _ => "",
        }
        .to_owned(),
        locale: of("lang").to_owned(),
        campaign: web::campaign(of("url")),
        library: format!("snowplow {}", of("tv")).trim().to_owned(),
        screen: web::size(of("res")),
        agent: of("ua").to_owned(),
        address: of("ip").to_owned(),
        ..Sender::default()
    };
    let own = |details: &[(&'static str, &str)]| -> Vec<_> {
        let detail = |&(name, key): &(&'static str, &str)| {
            let value = of(key);
            if value.is_empty() {
                return None;
            }
            let number = if name == "value" || name == "total" { value.parse().ok() } else { None };
            let text = || ValueRef::Text(Cow::Owned(value.to_owned()));
            Some((name, number.map_or_else(text, ValueRef::Number)))
        };
        details.iter().filter_map(detail).collect()
    };
    let (name, details, data, skip): (Cow<'_, str>, _, Option<Value>, &[&str]) = match of("e") {
        "pv" => (name::PAGE_VIEWED.into(), vec![], None, &[]),
        "pp" => {
            let scroll = [("scroll_x_max", "pp_max"), ("scroll_y_max", "pp_may")];
            ("page_pinged".into(), own(&scroll), None, &[])
        }
        "se" => {
            let details =
                own(&[("category", "se_ca"), ("label", "se_la"), ("property", "se_pr"), ("value", "se_va")]);
            (of("se_ac").into(), details, None, &[])
        }
        "tr" => {
            let details = own(&[("order", "tr_id"), ("total", "tr_tt"), ("currency", "tr_cu")]);
            ("order_placed".into(), details, None, &[])
        }
        "ti" => {
            let details = own(&[
                ("order", "ti_id"),
                ("item", "ti_sk"),
                ("category", "ti_ca"),
                ("value", "ti_pr"),
                ("quantity", "ti_qu"),
            ]);
            ("order_item_added".into(), details, None, &[])
        }
        "ue" => match described(of("ue_px"), of("ue_pr")) {
            Some((name, data, skip)) => (name, vec![], Some(data), skip),
            None => return Message { sender, event: Err(Reason::Malformed) },
        },
        _ => return Message { sender, event: Err(Reason::Malformed) },
    };
    let contexts = contexts(of("cx"), of("co"));
    let ids = [of("duid"), of("nuid"), of("tnuid"), of("uid")];
    let own_visitor = ids.into_iter().find(|text| !text.is_empty());
    let draft = Draft {
        id: event.get("eid").map(Cow::from),
        name,
        alike: Some(0),
        at: first_moment(&[of("ttm"), of("dtm")]),
        visitor: own_visitor.unwrap_or(visitor).into(),
        session: of("sid").into(),
        page: web::page(of("url"), of("page"), of("refr")),
        details,
        properties: data.as_ref(),
        skip,
        unmapped: contexts,
    };
    let event = draft.finish(otherwise);
    Message { sender, event }
}

fn first_moment(texts: &[&str]) -> Option<Timestamp> {
    texts.iter().find_map(|text| moment(text))
}

/// Name and data of a self-describing event, and what of the data must not be kept.
fn described(encoded: &str, plain: &str) -> Option<(Cow<'static, str>, Value, &'static [&'static str])> {
    let mut wrapper = json(encoded, plain)?;
    let mut inner = wrapper.get_mut("data")?.take();
    let schema = inner.get("schema")?.as_str()?;
    // iglu:vendor/name/format/version
    let own = schema.strip_prefix("iglu:")?.split('/').nth(1)?.to_owned();
    let data = inner.get_mut("data").map(Value::take).unwrap_or_default();
    // The original's form tracking sends what people typed: that is never kept.
    Some(match own.as_str() {
        "link_click" => (name::ELEMENT_CLICKED.into(), data, &["elementContent"]),
        "button_click" => (name::ELEMENT_CLICKED.into(), data, &[]),
        "focus_form" => (name::FORM_STARTED.into(), data, &["value"]),
        "change_form" => (name::FORM_FIELD_CHANGED.into(), data, &["value"]),
        "submit_form" => (name::FORM_SUBMITTED.into(), data, &["elements"]),
        "site_search" => ("site_searched".into(), data, &[]),
        _ => (own.into(), data, &[]),
    })
}

/// Contexts attached to the event, which are not kept; the one that only numbers the page view is not missed.
fn contexts(encoded: &str, plain: &str) -> usize {
    let contexts = json(encoded, plain).unwrap_or_default();
    let page = |context: &&Value| text(&context["schema"]).contains("/web_page/");
    contexts["data"].as_array().map_or(0, |all| all.iter().filter(|context| !page(context)).count())
}

fn json(encoded: &str, plain: &str) -> Option<Value> {
    if encoded.is_empty() {
        return serde_json::from_str(plain).ok();
    }
    // Some trackers use the other alphabet.
    let encoded = encoded.replace('+', "-").replace('/', "_");
    serde_json::from_slice(&BASE64.decode(encoded).ok()?).ok()
}
