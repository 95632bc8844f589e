//! The state machine: what a page records, and what it shows.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use attune_engine::decide::{Decision, Input, Program, decide};
use attune_engine::explain::Line;
use attune_engine::{json, profile, session};
use attune_schema::batch::{Batch, ClientDrop};
use attune_schema::bundle::Bundle;
use attune_schema::consent::{Basis, Purpose};
use attune_schema::event::name::OFFER_EXPOSED;
use attune_schema::event::{Event, Page};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::stored::Profile;
use attune_schema::time::{MINUTE_MS, Timestamp};
use attune_schema::value::{self, Value};
use attune_schema::wire::let_go;
use attune_schema::{limits, list};

/// Most events kept until they can be sent; beyond, the oldest go and are counted.
const QUEUE_EVENTS: usize = 1_000;

/// One visitor on one page.
#[derive(Debug)]
pub struct Client {
    /// The next batch: site, answers and what surrounds every event, and the events waiting. Visitor, user and
    /// time are filled in when it is written.
    pub next: Batch,
    profile: Profile,
    program: Option<Program>,
    page: Page,
    /// Context of decisions on this page, sorted by name.
    view: Vec<(String, Value)>,
    reserved: Vec<(String, String)>,
    /// Events at the end of the queue that no profile has seen, because there was no bundle yet.
    unseen: usize,
    dropped: u64,
}

impl Client {
    /// A client with the stored profile, or a new visitor called `random` if there is none that reads.
    #[must_use]
    pub fn new(stored: &[u8], random: u128) -> Self {
        let profile = Profile::from_bytes(stored);
        Self {
            next: Batch::default(),
            profile: profile
                .unwrap_or_else(|_| Profile { visitor: visitor_id(random), ..Profile::default() }),
            program: None,
            page: Page::default(),
            view: Vec::new(),
            reserved: Vec::new(),
            unseen: 0,
            dropped: 0,
        }
    }

    /// Sets the page and the context of its decisions.
    pub fn set_page(&mut self, url: &str, title: &str, referrer: &str, view: Vec<(String, Value)>) {
        self.page = Page {
            url: clip(url, limits::URL_BYTES),
            title: clip(title, 256),
            referrer: clip(referrer, 512),
        };
        for (name, target) in [
            ("utm_source", &mut self.next.context.utm_source),
            ("utm_medium", &mut self.next.context.utm_medium),
            ("utm_campaign", &mut self.next.context.utm_campaign),
        ] {
            if let Some(Value::Text(text)) = value::get(&view, name) {
                *target = clip(text, 128);
            }
        }
        self.view = view;
    }

    /// Installs a bundle; events recorded before it now count.
    pub fn install(&mut self, payload: &[u8]) -> bool {
        let Ok(program) = Program::load(payload) else { return false };
        let_go(self.program.replace(program));
        if self.may_personalise() {
            let first = self.next.events.len().saturating_sub(self.unseen);
            if let Some(program) = &self.program {
                for event in self.next.events.iter().skip(first) {
                    profile::apply(
                        &mut self.profile,
                        &program.bundle,
                        &event.name,
                        event.at,
                        &event.properties,
                    );
                }
            }
        }
        self.unseen = 0;
        true
    }

    fn bundle(&self) -> Option<&Bundle> {
        self.program.as_ref().map(|program| &program.bundle)
    }

    /// Whether measuring is allowed; without a bundle only if it was granted.
    #[must_use]
    pub fn may_measure(&self) -> bool {
        self.next
            .consent
            .allows(Purpose::Measure, self.bundle().map_or(Basis::OptIn, |bundle| bundle.measure_basis))
    }

    /// Whether personalising is allowed; without a bundle only if it was granted.
    #[must_use]
    pub fn may_personalise(&self) -> bool {
        let basis = self.bundle().map_or(Basis::OptIn, |bundle| bundle.personalise_basis);
        self.next.consent.allows(Purpose::Personalise, basis)
    }

    /// Records an event. False if it is refused: a name or property beyond its bounds, or measuring denied.
    pub fn record(
        &mut self,
        name: &str,
        at: Timestamp,
        mut properties: Vec<(String, Value)>,
        random: u128,
    ) -> bool {
        let named = !name.is_empty()
            && name.len() <= limits::NAME_BYTES
            && !name.bytes().any(|byte| byte.is_ascii_control());
        if !named || (self.program.is_some() && !self.may_measure() && !self.may_personalise()) {
            return false;
        }
        properties.retain(|(name, _)| !name.is_empty() && name.len() <= limits::PROPERTY_NAME_BYTES);
        properties.truncate(limits::PROPERTIES);
        for (_, value) in &mut properties {
            if let Value::Text(text) = value
                && text.len() > limits::TEXT_BYTES
            {
                *text = clip(text, limits::TEXT_BYTES);
            }
        }
        let timeout = self.bundle().map_or(30 * MINUTE_MS, |bundle| bundle.session_timeout_ms);
        session::touch(&mut self.profile, at, timeout, SessionId(random ^ u128::MAX));
        match &self.program {
            Some(program) if self.may_personalise() => {
                profile::apply(&mut self.profile, &program.bundle, name, at, &properties);
            }
            Some(_) => {}
            None => self.unseen += 1,
        }
        if name == OFFER_EXPOSED {
            self.unreserve(&properties);
        }
        if self.program.is_some() && !self.may_measure() {
            // Counted on the device, sent nowhere.
            return true;
        }
        let event = Event {
            id: event_id(at, random),
            name: name.to_owned(),
            at,
            session: self.profile.session.id,
            page: Some(self.page.clone()),
            properties,
        };
        self.next.events.push(event);
        if self.next.events.len() > QUEUE_EVENTS {
            list::remove_first(&mut self.next.events, 1);
            self.unseen = self.unseen.min(self.next.events.len());
            self.dropped += 1;
        }
        true
    }

    /// An exposure takes back what its decision reserved.
    fn unreserve(&mut self, properties: &[(String, Value)]) {
        for (facet, value) in properties {
            let found =
                self.reserved.iter().position(|(f, v)| f == facet && Some(v.as_str()) == value.as_text());
            if let Some(index) = found {
                list::remove(&mut self.reserved, index);
            }
        }
    }

    /// Links the visitor to `user` and remembers traits that the profile may hold. True if the user changed.
    pub fn identify(&mut self, user: &str, traits: Vec<(String, Value)>) -> bool {
        let user = (!user.is_empty()).then(|| clip(user, limits::ID_BYTES));
        if self.may_personalise() {
            for (name, value) in traits {
                profile::set_attribute(&mut self.profile, &name, value);
            }
        }
        let changed = self.profile.user != user;
        self.profile.user = user;
        changed
    }

    /// Forgets what was learnt; who the visitor is and the session stay.
    pub fn erase(&mut self) {
        let profile = &mut self.profile;
        profile.counters.clear();
        profile.affinities.clear();
        profile.attributes.clear();
        profile.revision = profile.revision.wrapping_add(1);
        self.reserved.clear();
    }

    /// A new visitor; what was recorded and not sent is discarded.
    pub fn reset(&mut self, random: u128) {
        self.profile = Profile { visitor: visitor_id(random), ..Profile::default() };
        self.reserved.clear();
        self.next.events.clear();
        self.unseen = 0;
    }

    fn run(&self, ask: &Ask<'_>, trace: &mut Option<Vec<Line>>) -> Option<Decision> {
        let program = self.program.as_ref()?;
        let input = Input {
            placement: ask.placement,
            now: ask.now,
            unit: self.profile.visitor,
            profile: &self.profile,
            consent: self.next.consent,
            context: &self.view,
            reserved: &self.reserved,
            limit: ask.limit,
            force: (!ask.force.is_empty()).then_some(ask.force),
            draw: ask.draw,
        };
        Some(decide(program, input, trace))
    }

    /// Decides; unless it only peeks, what it shows counts against caps until exposed or released.
    pub fn decide(&mut self, ask: Ask<'_>, peek: bool) -> String {
        let Some(decision) = self.run(&ask, &mut None) else { return String::new() };
        if let (false, Some(campaign), [first, ..]) = (peek, &decision.campaign, decision.offers.as_slice()) {
            self.reserve("campaign", campaign);
            self.reserve("offer", &first.offer);
            self.reserve("placement", ask.placement);
        }
        json::decision(&decision)
    }

    /// Every step of the decision that would be made now.
    #[must_use]
    pub fn explain(&self, ask: Ask<'_>) -> String {
        let mut lines = Some(Vec::new());
        match (self.run(&ask, &mut lines), lines) {
            (Some(_), Some(lines)) => json::explanation(&lines),
            _ => String::new(),
        }
    }

    /// Milliseconds that a placement may wait; 0 for an unknown one.
    #[must_use]
    pub fn budget(&self, placement: &str) -> u32 {
        let found = self.bundle().and_then(|bundle| bundle.placements.iter().find(|p| p.id == placement));
        found.map_or(0, |placement| placement.budget_ms)
    }

    /// A field of an offer's content.
    #[must_use]
    pub fn content(&self, offer: &str, locale: &str, field: &str) -> &str {
        let offer = self.bundle().and_then(|bundle| bundle.offers.iter().find(|o| o.id == offer));
        let fields = offer.and_then(|offer| localised(&offer.content, locale));
        fields
            .and_then(|fields| fields.iter().find(|(name, _)| name == field))
            .map_or("", |(_, text)| text.as_str())
    }

    /// A campaign's reason in the visitor's words.
    #[must_use]
    pub fn reason(&self, campaign: &str, locale: &str) -> &str {
        let campaign = self.bundle().and_then(|bundle| bundle.campaigns.iter().find(|c| c.id == campaign));
        campaign.and_then(|campaign| localised(&campaign.reason, locale)).map_or("", String::as_str)
    }

    /// Counts one exposure to come.
    pub fn reserve(&mut self, facet: &str, value: &str) {
        self.reserved.push((facet.to_owned(), value.to_owned()));
    }

    /// Gives back all reservations.
    pub fn release(&mut self) {
        self.reserved.clear();
    }

    /// The first events as a batch.
    #[must_use]
    pub fn batch(&mut self, now: Timestamp, most: usize) -> Vec<u8> {
        let next = &mut self.next;
        if next.events.is_empty() {
            return Vec::new();
        }
        next.visitor = self.profile.visitor;
        next.user.clone_from(&self.profile.user);
        next.sent_at = now;
        if self.dropped > 0 {
            next.drops.push(ClientDrop { reason: "queue_full".to_owned(), count: self.dropped });
        }
        let bytes = next.first(most);
        next.drops.clear();
        bytes
    }

    /// Takes the first `count` events out of the queue.
    pub fn done(&mut self, count: usize) {
        list::remove_first(&mut self.next.events, count);
        self.unseen = self.unseen.min(self.next.events.len());
        self.dropped = 0;
    }

    /// Events waiting.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.next.events.len()
    }

    /// Puts stored events of this visitor back in front, under their own ids.
    pub fn restore(&mut self, stored: &[u8]) {
        let Ok(batch) = Batch::from_bytes(stored) else { return };
        if batch.visitor == self.profile.visitor {
            let mut queue = batch.events;
            queue.append(&mut self.next.events);
            let excess = queue.len().saturating_sub(QUEUE_EVENTS);
            self.dropped += excess as u64;
            list::remove_first(&mut queue, excess);
            self.next.events = queue;
        }
    }

    /// The profile's bytes.
    #[must_use]
    pub fn profile(&self) -> Vec<u8> {
        self.profile.to_bytes()
    }

    /// Takes over another tab's profile, if it is the same visitor's and further on.
    pub fn adopt(&mut self, stored: &[u8]) {
        if let Ok(profile) = Profile::from_bytes(stored)
            && profile.visitor == self.profile.visitor
            && profile.revision > self.profile.revision
        {
            self.profile = profile;
        }
    }
}

/// What is asked about one placement.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The placement.
    pub placement: &'a str,
    /// Decision time.
    pub now: Timestamp,
    /// Most offers wanted.
    pub limit: usize,
    /// Preview: this offer, whatever the rules say; empty for none.
    pub force: &'a str,
    /// Random draw for exploration.
    pub draw: u64,
}

/// The entry for `locale`, else for its language (`ko` of `ko-KR`), else English, else the first.
fn localised<'a, T>(entries: &'a [(String, T)], locale: &str) -> Option<&'a T> {
    let dash = locale.bytes().position(|byte| byte == b'-').unwrap_or(locale.len());
    let language = locale.get(..dash).unwrap_or(locale);
    let find = |wanted: &str| entries.iter().find(|(name, _)| name == wanted);
    find(locale).or_else(|| find(language)).or_else(|| find("en")).or(entries.first()).map(|(_, entry)| entry)
}

/// `text` cut to at most `most` bytes at a character's border.
fn clip(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

/// A random UUID (version 4).
fn visitor_id(random: u128) -> VisitorId {
    VisitorId((random & !(0xf000 << 64) & !(0xc << 60)) | (0x4000 << 64) | (0x8 << 60))
}

/// A UUID that sorts by time (version 7).
fn event_id(at: Timestamp, random: u128) -> EventId {
    let time = (at.0.max(0) as u128) << 80;
    let low = random & ((1 << 80) - 1);
    EventId((time | (low & !(0xf000 << 64) & !(0xc << 60))) | (0x7000 << 64) | (0x8 << 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_schema::bundle::{Campaign, Cap, Offer, Placement, Variant};

    fn bundle() -> Vec<u8> {
        Bundle {
            enabled: true,
            measure_basis: Basis::OptOut,
            personalise_basis: Basis::OptOut,
            session_timeout_ms: 30 * MINUTE_MS,
            half_life_ms: 1_000,
            placements: vec![Placement { id: "hero".to_owned(), budget_ms: 500 }],
            offers: vec![Offer {
                id: "sky".to_owned(),
                category: String::new(),
                weight: 1.0,
                eligibility: None,
                valid_from: None,
                valid_until: None,
                content: vec![("en".to_owned(), vec![("title".to_owned(), "Sky".to_owned())])],
            }],
            campaigns: vec![Campaign {
                id: "c".to_owned(),
                placements: vec![0],
                priority: 0,
                audience: None,
                holdout_below: 0,
                exclusion: None,
                starts_at: None,
                ends_at: None,
                variants: vec![Variant {
                    id: "all".to_owned(),
                    weight: 1.0,
                    offers: vec![0],
                    control: false,
                    dropped: false,
                }],
                rank_weight: 1.0,
                rank_affinity: 0.0,
                caps: vec![Cap { scope: 0, per: 3, max: 1 }],
                dismissed_ms: 0,
                reason: vec![],
            }],
            ..Bundle::default()
        }
        .to_bytes()
    }

    fn hero(at: i64) -> Ask<'static> {
        Ask { placement: "hero", now: Timestamp(at), limit: 1, force: "", draw: 0 }
    }

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, Value)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
    }

    #[test]
    fn events_before_the_bundle_count_once_it_arrives() {
        let mut client = Client::new(&[], 1);
        assert!(client.record("page_viewed", Timestamp(5), Vec::new(), 2));
        assert!(client.profile.counters.is_empty());
        assert!(client.install(&bundle()));
        assert!(client.install(&bundle()), "a refreshed bundle counts nothing twice");
        assert_eq!(client.profile.counters.len(), 1);
        assert_eq!(client.profile.counters.first().unwrap().total, 1);
        assert!(!client.install(b"nonsense"), "a damaged bundle leaves the old one");
        assert!(client.decide(hero(9), true).contains("\"sky\""));
    }

    #[test]
    fn a_reservation_is_spent_by_exposure_or_given_back() {
        let mut client = Client::new(&[], 1);
        client.install(&bundle());
        assert!(client.decide(hero(9), false).contains("\"sky\""));
        assert!(client.decide(hero(9), false).contains("\"capped\""));
        client.release();
        assert!(client.decide(hero(9), false).contains("\"sky\""));
        let shown = fields(&[("campaign", "c"), ("offer", "sky"), ("placement", "hero")]);
        assert!(client.record(OFFER_EXPOSED, Timestamp(10), shown, 3));
        assert!(client.reserved.is_empty());
        assert!(client.decide(hero(11), true).contains("\"capped\""));
    }

    #[test]
    fn refused_measuring_sends_nothing_and_still_personalises() {
        let mut client = Client::new(&[], 1);
        client.install(&bundle());
        client.next.consent.measure = attune_schema::consent::Grant::Denied;
        assert!(client.record("page_viewed", Timestamp(5), Vec::new(), 2));
        assert_eq!(client.waiting(), 0);
        assert_eq!(client.profile.counters.len(), 1);
        client.next.consent.personalise = attune_schema::consent::Grant::Denied;
        assert!(!client.record("page_viewed", Timestamp(6), Vec::new(), 3));
    }

    #[test]
    fn stored_events_come_back_under_their_ids_and_the_queue_is_bounded() {
        let mut client = Client::new(&[], 1);
        client.install(&bundle());
        for n in 0..5 {
            client.record("page_viewed", Timestamp(n), Vec::new(), n as u128);
        }
        let stored = client.batch(Timestamp(9), 500);
        let mut again = Client::new(&client.profile(), 99);
        again.record("page_viewed", Timestamp(10), Vec::new(), 7);
        again.restore(&stored);
        assert_eq!(again.waiting(), 6);
        assert_eq!(again.next.events.first().map(|event| event.id), Some(event_id(Timestamp(0), 0)));
        for n in 0..2_000 {
            again.record("page_viewed", Timestamp(n), Vec::new(), n as u128);
        }
        assert_eq!(again.waiting(), QUEUE_EVENTS);
        assert_eq!(
            Batch::from_bytes(&again.batch(Timestamp(0), 10)).unwrap().drops.first().unwrap().count,
            1_006
        );
    }

    #[test]
    fn ids_are_uuids_of_their_version() {
        let text = visitor_id(u128::MAX).to_string();
        assert_eq!((&text[14..15], &text[19..20]), ("4", "b"));
        let text = event_id(Timestamp(1_767_225_600_000), u128::MAX).to_string();
        assert_eq!((&text[14..15], &text[19..20]), ("7", "b"));
        assert!(event_id(Timestamp(2), 0) > event_id(Timestamp(1), u128::MAX));
    }
}
