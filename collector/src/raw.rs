//! Requests kept as they were received, for a while: those of other products' clients, whose translation may be
//! mended, and those of which an event was refused.
//!
//! They go the way of events: a record of the log, durable with them, then a table. What may not be kept (events
//! without consent) is not in them, and erasing a person erases them.

use crate::log::Tally;
use crate::record::Draft;
use attune_redact::{Kind, redact};
use attune_schema::id::{EventId, VisitorId};
use attune_schema::outcome::{Reason, Refusal};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_schema::wire::{Malformed, Reader, Writer};
use attune_warehouse::raw::RawRow;
use axum::http::HeaderMap;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// First byte of a record that is a request and not its events.
pub const KIND: u8 = 0x80;
/// Headers without which a request cannot be read again. Addresses and cookies are not among them.
const HEADERS: [&str; 6] = [
    "content-type",
    "user-agent",
    "authorization",
    "sec-gpc",
    "accept-language",
    crate::extract::signature::KEY,
];

/// A request while it is being answered.
#[derive(Debug, Clone, Copy)]
pub struct RawRequest<'a> {
    /// Path and query.
    pub path: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The body, unpacked.
    pub body: &'a [u8],
    /// The visitor of the day, where the request names none.
    pub visitor: &'a str,
    /// Kept although every event was fine.
    pub always: bool,
}

/// Names under which is kept, among the headers, what was found out about the sender and cannot be found out again:
/// [`RawRequest::visitor`], [`Fate::country`] and [`Fate::address`].
pub const FOUND: [&str; 3] = ["attune-visitor", "attune-country", "attune-address"];
/// Headers by which pages are known; which of them it was does not matter.
const PAGE: [&str; 3] = ["origin", "sec-fetch-site", "referer"];

/// What became of the events of one request at one site.
#[derive(Debug, Default)]
pub struct Fate {
    /// Why events were refused, by their place in the request.
    pub refused: Vec<(u32, Reason)>,
    /// The others.
    pub events: Vec<EventId>,
    /// Whose all of them are, the refused ones, too.
    pub visitors: BTreeSet<VisitorId>,
    /// Their user ids.
    pub users: BTreeSet<String>,
    /// Something was taken out of them.
    pub redacted: bool,
    /// The sender's country.
    pub country: String,
    /// What the site's policy leaves of the sender's address.
    pub address: String,
}

impl RawRequest<'_> {
    /// The same when it is read again; two requests share it only if they are the same to the letter, of one visitor
    /// and one millisecond.
    #[must_use]
    pub fn id(&self, received_at: Timestamp) -> u128 {
        let mut hash = Sha256::new();
        hash.update(received_at.0.to_le_bytes());
        for part in [self.path.as_bytes(), self.visitor.as_bytes(), self.body] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        u128::from_be_bytes(id)
    }

    /// Whether personal data is in it, as far as its text can be read: in what was refused or is not translated, too.
    /// Secrets do not count, because a request names its own.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        // Texts of JSON and values of a form, each by itself: a body is large.
        let found = |text: &str| {
            let mut pieces = text.split(['"', '&', '\n']);
            pieces.any(|piece| redact(piece).1.iter().any(|(kind, _)| kind != Kind::Token))
        };
        found(self.path) || found(&String::from_utf8_lossy(self.body))
    }

    /// The request as a record of the log; `None` if it is not to be kept. A request is never kept for events that
    /// were left out by policy.
    #[must_use]
    pub fn keep(&self, site: u32, fate: &Fate, now: Timestamp, days: u32) -> Option<Draft> {
        let mended = |reason: &Reason| matches!(reason.refusal(), Refusal::Invalid | Refusal::Expired);
        let refused: Vec<_> = fate.refused.iter().filter(|(_, reason)| mended(reason)).collect();
        let filtered = fate.refused.iter().any(|(_, reason)| reason.refusal() == Refusal::Filtered);
        let wanted = !refused.is_empty() || (self.always && !fate.events.is_empty());
        if days == 0 || filtered || !wanted {
            return None;
        }
        let mut w = Writer::with_capacity(self.body.len() + 512);
        w.u8(KIND);
        w.uint(site.into());
        w.u128(self.id(now));
        w.int(now.0);
        w.int(now.plus_ms(i64::from(days) * DAY_MS).0);
        w.text(self.path);
        let text = |name: &'static str| Some((name, self.headers.get(name)?.to_str().ok()?));
        let found = FOUND.into_iter().zip([self.visitor, &fate.country, &fate.address]);
        let page = PAGE.iter().any(|name| self.headers.contains_key(*name)).then_some((PAGE[1], "none"));
        let headers: Vec<(&str, &str)> = HEADERS
            .into_iter()
            .filter_map(text)
            .chain(found.filter(|(_, value)| !value.is_empty()))
            .chain(page)
            .collect();
        w.len(headers.len());
        for (name, value) in headers {
            w.text(name);
            w.text(value);
        }
        w.len(self.body.len());
        w.raw(self.body);
        w.len(refused.len());
        for (index, reason) in refused {
            w.uint(u64::from(*index));
            w.text(reason.code());
        }
        w.len(fate.events.len());
        fate.events.iter().for_each(|id| w.u128(id.0));
        w.len(fate.visitors.len());
        fate.visitors.iter().for_each(|id| w.u128(id.0));
        w.len(fate.users.len());
        fate.users.iter().for_each(|user| w.text(user));
        Some(Draft::of_bytes(site, Tally::default(), w.into_bytes()))
    }
}

/// Reads a record that begins with [`KIND`].
///
/// # Errors
/// If the bytes are not one.
pub fn row(body: &[u8]) -> Result<RawRow, Malformed> {
    let mut r = Reader::new(body);
    if r.u8() != KIND {
        return Err(Malformed);
    }
    let row = RawRow {
        site: r.u32(),
        id: r.u128(),
        received_at: Timestamp(r.int()),
        expires_at: Timestamp(r.int()),
        path: r.owned(),
        headers: r.list(|r| (r.owned(), r.owned())),
        body: {
            let length = r.length();
            r.raw(length).to_vec()
        },
        refused: r.list(|r| (r.u32(), r.owned())),
        events: r.list(|r| EventId(r.u128())),
        visitors: r.list(|r| VisitorId(r.u128())),
        users: r.list(Reader::owned),
    };
    r.check().map(|()| row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(headers: &'a HeaderMap, always: bool) -> RawRequest<'a> {
        RawRequest { path: "/v1/track?a=1", headers, body: b"\xff{}", visitor: "", always }
    }

    #[test]
    fn comes_back_as_it_was_without_address_or_cookie() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("content-type", "text/plain"), ("cookie", "a=b"), ("x-forwarded-for", "192.0.2.1")]
        {
            headers.insert(name, value.parse().unwrap());
        }
        let fate = Fate {
            refused: vec![(1, Reason::BadName), (2, Reason::Limited)],
            events: vec![EventId(7)],
            visitors: [VisitorId(8)].into(),
            users: ["u".to_owned()].into(),
            ..Fate::default()
        };
        let draft = request(&headers, false).keep(3, &fate, Timestamp(1_000), 2).unwrap();
        let mut body = Vec::new();
        draft.write_body(&mut body, |_, _| true);
        let row = row(&body).unwrap();
        assert_eq!(
            (row.site, row.received_at, row.expires_at),
            (3, Timestamp(1_000), Timestamp(1_000 + 2 * DAY_MS))
        );
        assert_eq!((row.path.as_str(), row.body.as_slice()), ("/v1/track?a=1", &b"\xff{}"[..]));
        assert_eq!(row.headers, [("content-type".to_owned(), "text/plain".to_owned())]);
        assert_eq!(
            row.refused,
            [(1, "bad_name".to_owned())],
            "what was told to come again is not a dead letter"
        );
        assert_eq!(
            (row.events, row.visitors, row.users),
            (fate.events, vec![VisitorId(8)], vec!["u".to_owned()])
        );
        for cut in 0..body.len() - 4 {
            assert!(super::row(&body[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn only_what_may_and_needs_to_be_kept() {
        let headers = HeaderMap::new();
        let fate = |reasons: &[Reason], events: usize| Fate {
            refused: reasons.iter().map(|reason| (0, *reason)).collect(),
            events: vec![EventId(1); events],
            ..Fate::default()
        };
        let kept =
            |always, fate: Fate, days| request(&headers, always).keep(1, &fate, Timestamp(0), days).is_some();
        assert!(kept(false, fate(&[Reason::TooOld], 0), 7));
        assert!(kept(true, fate(&[], 1), 7));
        assert!(!kept(false, fate(&[], 1), 7), "nothing to mend");
        assert!(!kept(true, fate(&[], 0), 7), "nothing in it");
        assert!(!kept(true, fate(&[Reason::NoConsent], 0), 7), "without consent nothing is kept");
        assert!(!kept(false, fate(&[Reason::NoConsent, Reason::BadName], 0), 7));
        assert!(!kept(true, fate(&[Reason::BadName], 1), 0), "switched off");
    }
}
