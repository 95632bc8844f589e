//! Sizes and shapes of single events.

use super::EventDraft;
use crate::record::ValueRef;
use attune_schema::limits;
use attune_schema::outcome::Reason;
use std::borrow::Cow;

/// Shortens what may be shortened and sorts the properties; of two with one name the last counts.
pub fn put_limits(event: &mut EventDraft<'_>) {
    if let Some(page) = &mut event.page {
        shorten(&mut page.url, limits::URL_BYTES);
        shorten(&mut page.referrer, limits::URL_BYTES);
        shorten(&mut page.title, limits::TEXT_BYTES);
    }
    event.properties.sort_by(|(a, _), (b, _)| a.cmp(b));
    let properties = &mut event.properties;
    let mut index = 1;
    while index < properties.len() {
        if properties[index].0 == properties[index - 1].0 {
            properties.remove(index - 1);
        } else {
            index += 1;
        }
    }
}

/// Refuses what is out of bounds.
///
/// # Errors
/// The reason of refusal.
pub fn drop_invalid(event: &EventDraft<'_>) -> Result<(), Reason> {
    if !name(&event.name, limits::NAME_BYTES) {
        return Err(Reason::BadName);
    }
    if event.properties.len() > limits::PROPERTIES {
        return Err(Reason::TooManyProperties);
    }
    let fits = |(key, value): &(Cow<'_, str>, ValueRef<'_>)| {
        name(key, limits::PROPERTY_NAME_BYTES)
            && match value {
                ValueRef::Text(text) => text.len() <= limits::TEXT_BYTES,
                ValueRef::Number(number) => number.is_finite(),
                ValueRef::Bool(_) => true,
            }
    };
    if !event.properties.iter().all(fits) {
        return Err(Reason::BadProperty);
    }
    Ok(())
}

fn name(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Cuts at a character's edge.
pub fn shorten(text: &mut Cow<'_, str>, most: usize) {
    if text.len() > most {
        let end = text.floor_char_boundary(most);
        match text {
            Cow::Borrowed(borrowed) => *borrowed = &borrowed[..end],
            Cow::Owned(owned) => owned.truncate(end),
        }
    }
}
