//! Personal data that a device, a server or a file sends all the same: the second wall, by the rules of the first.
//!
//! The id of a user stays what it is: marks in its place would make one person of many.

use super::{EventDraft, Incoming};
use crate::record::ValueRef;
use attune_redact::{Counts, redact, redact_url};
use attune_schema::limits::{TEXT_BYTES, URL_BYTES};
use std::borrow::Cow;

/// No number below is anything personal.
const LEAST: f64 = 1e12;

/// Marks in place of personal data in what surrounds the events; adds to `counts`.
pub fn put_marks_around(incoming: &mut Incoming<'_>, counts: &mut Counts) {
    let [_, _, source, medium, campaign, _] = &mut incoming.texts;
    for text in [source, medium, campaign] {
        super::validate::shorten(text, 2 * TEXT_BYTES);
        mark(text, redact, counts);
    }
}

/// Marks in place of personal data in page and properties; adds to `counts`.
pub fn put_marks(event: &mut EventDraft<'_>, counts: &mut Counts) {
    if let Some(page) = &mut event.page {
        // However long it is: what is cut here lies beyond what is kept, and looking stays cheap.
        for text in [&mut page.url, &mut page.title, &mut page.referrer] {
            super::validate::shorten(text, 2 * URL_BYTES);
        }
        mark(&mut page.url, redact_url, counts);
        mark(&mut page.title, redact, counts);
        mark(&mut page.referrer, redact_url, counts);
    }
    for (_, value) in &mut event.properties {
        match value {
            // What is longer is refused, and a mark may be longer than what it stands for.
            ValueRef::Text(text) if text.len() <= TEXT_BYTES => {
                mark(text, redact, counts);
                super::validate::shorten(text, TEXT_BYTES);
            }
            ValueRef::Number(number) if *number >= LEAST && number.fract() == 0.0 => {
                let mut text = Cow::Owned(number.to_string());
                if mark(&mut text, redact, counts) {
                    *value = ValueRef::Text(text);
                }
            }
            ValueRef::Text(_) | ValueRef::Number(_) | ValueRef::Bool(_) => {}
        }
    }
}

/// Whether anything was taken out.
fn mark(text: &mut Cow<'_, str>, rules: fn(&str) -> (Cow<'_, str>, Counts), counts: &mut Counts) -> bool {
    let (clean, found) = rules(text);
    if found.is_empty() {
        return false;
    }
    counts.add(&found);
    *text = Cow::Owned(clean.into_owned());
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::PageDraft;
    use attune_redact::Kind;
    use attune_schema::id::{EventId, SessionId, VisitorId};
    use attune_schema::time::Timestamp;

    #[test]
    fn every_text_and_number_of_an_event_is_looked_at() {
        let long = "x ".repeat(TEXT_BYTES / 2 - 3) + "a@b.kr";
        let properties = [
            ("at", ValueRef::Number(1_700_000_000_000.0)),
            ("card", ValueRef::Number(4_111_111_111_111_111.0)),
            ("long", ValueRef::Text(long.as_str().into())),
            ("note", ValueRef::Text("call 010-1234-5678".into())),
            ("on", ValueRef::Bool(true)),
        ];
        let mut event = EventDraft {
            id: EventId(1),
            name: "x".into(),
            at: Timestamp(0),
            visitor: VisitorId(1),
            session: SessionId(1),
            page: Some(PageDraft {
                url: "https://kim@a.kr/?token=x".into(),
                title: "kim@a.kr".into(),
                referrer: "https://b.kr/900101-1234567".into(),
            }),
            properties: properties.map(|(name, value)| (name.into(), value)).into(),
        };
        let mut counts = Counts::default();
        put_marks(&mut event, &mut counts);
        let page = event.page.unwrap();
        assert_eq!(
            [page.url, page.title, page.referrer],
            ["https://a.kr/?token=[token]", "[email]", "https://b.kr/[national_id]"]
        );
        let values: Vec<_> = event.properties.into_iter().map(|(_, value)| value).collect();
        assert_eq!(values[0], ValueRef::Number(1_700_000_000_000.0));
        assert_eq!(values[1], ValueRef::Text("[card]".into()));
        assert!(
            matches!(&values[2], ValueRef::Text(text) if text.len() == TEXT_BYTES && text.ends_with("[email")),
            "{values:?}"
        );
        assert_eq!(values[3], ValueRef::Text("call [phone]".into()));
        assert_eq!(Kind::ALL.map(|kind| counts.of(kind)), [1, 1, 0, 1, 2, 2]);
    }
}
