//! The compact form, which the SDK sends.

use super::decode::NotABatch;
use super::{EventDraft, Incoming, PageDraft, People, Told};
use crate::record::ValueRef;
use attune_schema::batch::Batch;
use attune_schema::limits;
use attune_schema::value::Value;
use std::borrow::Cow;

/// Reads a compact batch.
///
/// # Errors
/// If the bytes are not one.
pub fn decode(body: &[u8]) -> Result<Incoming<'_>, NotABatch> {
    let batch = Batch::from_bytes(body).map_err(|_| NotABatch::NotCompact)?;
    let user = batch.user.unwrap_or_default();
    if user.len() > limits::ID_BYTES {
        return Err(NotABatch::BadField("user"));
    }
    let visitor = batch.visitor;
    let event = |event: attune_schema::event::Event| {
        Ok(EventDraft {
            id: event.id,
            name: Cow::Owned(event.name),
            at: event.at,
            visitor,
            session: event.session,
            page: event.page.map(|page| PageDraft {
                url: Cow::Owned(page.url),
                title: Cow::Owned(page.title),
                referrer: Cow::Owned(page.referrer),
            }),
            properties: event
                .properties
                .into_iter()
                .map(|(name, value)| (Cow::Owned(name), owned(value)))
                .collect(),
        })
    };
    let context = batch.context;
    let texts = [
        context.device,
        context.locale,
        context.utm_source,
        context.utm_medium,
        context.utm_campaign,
        context.library,
    ];
    Ok(Incoming {
        site: Some(Cow::Owned(batch.site)),
        user: Cow::Owned(user),
        sent_at: Some(batch.sent_at),
        consent: batch.consent,
        texts: texts.map(|text| {
            let mut text = Cow::Owned(text);
            super::validate::shorten(&mut text, limits::TEXT_BYTES);
            text
        }),
        screen: [context.screen_width, context.screen_height],
        utc_offset_minutes: context.utc_offset_minutes,
        told: Told::default(),
        events: batch.events.into_iter().map(event).collect(),
        client_dropped: batch.drops.iter().fold(0, |sum, drop| sum.saturating_add(drop.count)),
        unread: People::default(),
    })
}

fn owned(value: Value) -> ValueRef<'static> {
    match value {
        Value::Bool(flag) => ValueRef::Bool(flag),
        Value::Number(number) => ValueRef::Number(number),
        Value::Text(text) => ValueRef::Text(Cow::Owned(text)),
    }
}
