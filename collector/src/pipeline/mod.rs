//! The path of a batch, one step a file: bytes → `decode` → `clock` → `redact` → `validate` → a draft for the log, whose
//! writer runs `dedupe`. Every event leaves with exactly one outcome.
//!
//! Nothing here allocates for what it can borrow from the request.

pub mod clock;
pub mod compact;
pub mod decode;
pub mod dedupe;
pub mod inflate;
pub mod json;
pub mod redact;
pub mod validate;

use crate::log::Tally;
use crate::record::{Draft, Head, Sent, ValueRef};
use attune_redact::Counts;
use attune_schema::api::EventAnswer;
use attune_schema::consent::{Basis, Consent, Purpose};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::outcome::{Reason, Verdict};
use attune_schema::time::Timestamp;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A batch as decoded: the envelope is sound, single events may not be.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// Public site key, if the body names it.
    pub site: Option<Cow<'a, str>>,
    /// Pseudonymous user id, or empty.
    pub user: Cow<'a, str>,
    /// When it was sent, by the device's clock.
    pub sent_at: Option<Timestamp>,
    /// Permission under which it was sent.
    pub consent: Consent,
    /// Device, locale, campaign source, medium and name, library.
    pub texts: [Cow<'a, str>; 6],
    /// Screen width and height.
    pub screen: [u32; 2],
    /// Offset of the device's clock zone from UTC, in minutes.
    pub utc_offset_minutes: i32,
    /// What the sender itself says of the visitor's program and address.
    pub told: Told<'a>,
    /// In order of recording.
    pub events: Vec<Result<EventDraft<'a>, Reason>>,
    /// Events the client dropped.
    pub client_dropped: u64,
    /// Whose the events are that could not be read, as far as that is known.
    pub unread: People,
}

/// Browsers and users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    /// Browsers.
    pub visitors: BTreeSet<VisitorId>,
    /// User ids.
    pub users: BTreeSet<String>,
}

impl<'a> Incoming<'a> {
    /// Events that no browser sent: of an import, or of the server itself.
    #[must_use]
    pub fn of_server(library: &'a str, events: Vec<Result<EventDraft<'a>, Reason>>) -> Self {
        let mut texts = [const { Cow::Borrowed("") }; 6];
        texts[5] = Cow::Borrowed(library);
        Self {
            site: None,
            user: Cow::Borrowed(""),
            sent_at: None,
            consent: Consent::default(),
            texts,
            screen: [0, 0],
            utc_offset_minutes: 0,
            events,
            client_dropped: 0,
            told: Told::default(),
            unread: People::default(),
        }
    }
}

/// What a sender says of the visitor: a server, whose own user agent and address are nobody's, or a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told<'a> {
    /// The visitor's user agent, or empty.
    pub agent: Cow<'a, str>,
    /// The visitor's network address.
    pub address: Option<std::net::IpAddr>,
    /// `navigator.webdriver`: a program drives the browser.
    pub webdriver: bool,
}

/// Where an event happened.
#[derive(Debug, Clone, PartialEq)]
pub struct PageDraft<'a> {
    /// Address.
    pub url: Cow<'a, str>,
    /// Document title.
    pub title: Cow<'a, str>,
    /// Address of the page before.
    pub referrer: Cow<'a, str>,
}

/// One event on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDraft<'a> {
    /// Key of de-duplication.
    pub id: EventId,
    /// Name.
    pub name: Cow<'a, str>,
    /// Event time; by the device's clock until `clock` corrects it.
    pub at: Timestamp,
    /// Browser profile.
    pub visitor: VisitorId,
    /// Session.
    pub session: SessionId,
    /// Where.
    pub page: Option<PageDraft<'a>>,
    /// Details; sorted by `validate`.
    pub properties: Vec<(Cow<'a, str>, ValueRef<'a>)>,
}

impl EventDraft<'_> {
    /// About how many bytes it takes in the log.
    #[must_use]
    fn size(&self) -> usize {
        let page =
            self.page.as_ref().map_or(0, |page| page.url.len() + page.title.len() + page.referrer.len());
        let properties = self.properties.iter().map(|(name, value)| {
            let text = if let ValueRef::Text(text) = value { text.len() } else { 0 };
            name.len() + text + 10
        });
        80 + self.name.len() + page + properties.sum::<usize>()
    }
}

/// What the site allows.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Number of the site.
    pub site: u32,
    /// What unanswered consent to measuring means.
    pub measure_basis: Basis,
    /// Oldest events taken, in days; any since 1970 if absent.
    pub age_days: Option<i64>,
    /// Whoever sends has settled consent to measuring; only an explicit refusal counts.
    pub consent_settled: bool,
}

/// A batch judged.
#[derive(Debug)]
pub struct Screened<'a> {
    /// For the log.
    pub draft: Draft,
    /// One an event: why it was refused, or `None` if it is in the draft.
    pub refused: Vec<Option<Reason>>,
    /// The events of the draft, in order.
    pub events: Vec<EventDraft<'a>>,
    /// Whose the others are, as far as that is known.
    pub refused_of: BTreeSet<VisitorId>,
    /// What was taken out of them.
    pub redacted: Counts,
}

/// Judges a batch received at `now`; `sent` is what may be kept of who sent it.
#[must_use]
pub fn screen<'a>(
    mut incoming: Incoming<'a>,
    policy: Policy,
    sent: Sent<'_>,
    now: Timestamp,
) -> Screened<'a> {
    let skew_ms = incoming.sent_at.map_or(0, |sent_at| now.since(sent_at));
    let basis = if policy.consent_settled { Basis::OptOut } else { policy.measure_basis };
    let allowed = incoming.consent.allows(Purpose::Measure, basis);
    let mut tally = Tally {
        received: incoming.events.len() as u64,
        client_dropped: incoming.client_dropped,
        ..Tally::default()
    };
    let mut refused = Vec::with_capacity(incoming.events.len());
    let mut events = Vec::with_capacity(incoming.events.len());
    let mut redacted = Counts::default();
    redact::put_marks_around(&mut incoming, &mut redacted);
    let mut refused_of = incoming.unread.visitors;
    for event in incoming.events {
        let visitor = event.as_ref().ok().map(|event| event.visitor);
        let judged = event.and_then(|mut event| {
            if !allowed {
                return Err(Reason::NoConsent);
            }
            clock::put_corrected_time(&mut event, skew_ms);
            clock::drop_implausible(&event, now, policy.age_days)?;
            redact::put_marks(&mut event, &mut redacted);
            validate::put_limits(&mut event);
            validate::drop_invalid(&event)?;
            Ok(event)
        });
        match judged {
            Ok(event) => {
                events.push(event);
                refused.push(None);
            }
            Err(reason) => {
                tally.refuse(reason);
                refused.push(Some(reason));
                refused_of.extend(visitor);
            }
        }
    }
    // If nothing was allowed or fit to be kept, neither is who sent it.
    let (user, texts, sent) =
        if events.is_empty() { Default::default() } else { (incoming.user, incoming.texts, sent) };
    let [device, locale, source, medium, campaign, library] = &texts;
    let head = Head {
        site: policy.site,
        received_at: now,
        skew_ms,
        user: &user,
        consent: incoming.consent.to_bits(),
        texts: [device, locale, source, medium, campaign, library],
        screen: incoming.screen,
        utc_offset_minutes: incoming.utc_offset_minutes,
        sent,
    };
    let bytes = events.iter().map(EventDraft::size).sum();
    let mut draft = Draft::new(&head, tally, events.len(), bytes);
    for event in &events {
        draft.push(event);
    }
    Screened { draft, refused, events, refused_of, redacted }
}

/// The answer, once the log has said which events it knew.
#[must_use]
pub fn answers(refused: &[Option<Reason>], duplicates: &[usize]) -> Vec<EventAnswer> {
    let mut accepted = 0;
    let answer = |refused: &Option<Reason>| match refused {
        Some(reason) => EventAnswer { verdict: reason.verdict(), reason: Some(*reason) },
        None => {
            let known = duplicates.binary_search(&accepted).is_ok();
            accepted += 1;
            EventAnswer { verdict: if known { Verdict::Duplicate } else { Verdict::Ok }, reason: None }
        }
    };
    refused.iter().map(answer).collect()
}
