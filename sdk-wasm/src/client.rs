//! The state machine: what is learnt about a visitor, and what is shown. Events that wait to be sent are in
//! `js/queue.js`.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use attune_engine::decide::{Input, Program, decide};
use attune_engine::question::question;
use attune_engine::{json, profile, session};
use attune_schema::bundle::Bundle;
use attune_schema::consent::{Basis, Consent, Purpose};
use attune_schema::event::name::OFFER_EXPOSED;
use attune_schema::id::{SessionId, VisitorId};
use attune_schema::limits::PROFILE_COUNTERS;
use attune_schema::list;
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use attune_schema::wire::let_go;
use core::mem::replace;

/// One visitor on one page.
#[derive(Debug, Default)]
pub struct Client {
    /// The visitor's answers.
    pub consent: Consent,
    pub(crate) profile: Profile,
    pub(crate) program: Option<Program>,
    /// Context of decisions on this page, sorted by name.
    view: Vec<(String, Value)>,
    reserved: Vec<(String, String)>,
    lent: Option<Lent>,
}

/// Attributes that count for a while and are never kept: the site's server said so.
#[derive(Debug)]
struct Lent {
    until: Timestamp,
    attributes: Vec<(String, Value)>,
    /// The profile with them, and the revision of the one it was made of.
    with: Profile,
    of: Option<u64>,
}

impl Client {
    /// Takes over a stored profile; false if it does not read.
    pub fn open(&mut self, stored: &[u8]) -> bool {
        let profile = Profile::from_bytes(stored);
        let read = profile.is_ok();
        let_go(replace(self, Self { profile: profile.unwrap_or_default(), ..Self::default() }));
        read
    }

    /// Sets the context of this page's decisions.
    pub fn set_page(&mut self, view: Vec<(String, Value)>) {
        self.view = view;
    }

    /// Installs a bundle; false if it does not read (the old one stays).
    pub fn install(&mut self, payload: &[u8]) -> bool {
        let Ok(program) = Program::load(payload) else { return false };
        let_go(self.program.replace(program));
        true
    }

    fn bundle(&self) -> Option<&Bundle> {
        self.program.as_ref().map(|program| &program.bundle)
    }

    /// Whether personalising is allowed; without a bundle only if it was granted.
    #[must_use]
    pub fn may_personalise(&self) -> bool {
        let basis = self.bundle().map_or(Basis::OptIn, |bundle| bundle.personalise_basis);
        self.consent.allows(Purpose::Personalise, basis)
    }

    /// Records activity at `at` in the session called `id`.
    pub fn touch(&mut self, at: Timestamp, id: SessionId) {
        session::join(&mut self.profile, at, id);
    }

    /// Lets the profile learn from an event, where there is a bundle and personalising is allowed.
    pub fn apply(&mut self, name: &str, at: Timestamp, properties: &[(String, Value)]) {
        if let (true, Some(program)) = (self.may_personalise(), &self.program) {
            profile::apply(&mut self.profile, &program.bundle, name, at, properties);
        }
        if name == OFFER_EXPOSED {
            self.unreserve(properties);
        }
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

    /// Remembers values that the profile may hold.
    pub fn set_attributes(&mut self, values: Vec<(String, Value)>) {
        if self.may_personalise() {
            for (name, value) in values {
                profile::set_attribute(&mut self.profile, &name, value);
            }
        }
    }

    /// Whose profile it is.
    #[must_use]
    pub fn visitor(&self) -> VisitorId {
        self.profile.visitor
    }

    /// Links the visitor to `user`; an empty text to nobody.
    pub fn identify(&mut self, user: &str) {
        self.profile.user = (!user.is_empty()).then(|| user.to_owned());
    }

    /// Forgets what was learnt; who the visitor is and the session stay.
    pub fn erase(&mut self) {
        let profile = &mut self.profile;
        profile.counters.clear();
        profile.affinities.clear();
        profile.attributes.clear();
        profile.revision = profile.revision.wrapping_add(1);
        self.reserved.clear();
        self.lent = None;
    }

    /// A new visitor.
    pub fn reset(&mut self, visitor: VisitorId) {
        self.profile = Profile { visitor, ..Profile::default() };
        self.reserved.clear();
        self.lent = None;
    }

    /// Lets attributes count until just before `until`, in place of those that were lent before. What the bundle does
    /// not declare is not taken: a device has no business with it.
    pub fn lend(&mut self, attributes: Vec<(String, Value)>, until: Timestamp) {
        self.lent = None;
        if !attributes.is_empty() && self.may_personalise() {
            self.lent = Some(Lent { until, attributes, with: Profile::default(), of: None });
        }
    }

    /// Makes the profile that decisions at `now` see: with what is lent, where anything is.
    fn prepare(&mut self, now: Timestamp) {
        if self.lent.as_ref().is_some_and(|lent| now >= lent.until) {
            self.lent = None;
        }
        let (Some(lent), Some(program)) = (&mut self.lent, &self.program) else { return };
        if lent.of == Some(self.profile.revision) && lent.with.visitor == self.profile.visitor {
            return;
        }
        lent.of = Some(self.profile.revision);
        // Written and read again: copying a profile is code that nothing else needs.
        lent.with = Profile::from_bytes(&self.profile.to_bytes()).unwrap_or_default();
        for (name, value) in &lent.attributes {
            if program.bundle.attributes.contains(name) {
                profile::set_attribute(&mut lent.with, name, value.clone());
            }
        }
    }

    fn seen(&self) -> &Profile {
        self.lent.as_ref().filter(|lent| lent.of.is_some()).map_or(&self.profile, |lent| &lent.with)
    }

    fn input<'a>(&'a self, ask: Ask<'a>) -> Input<'a> {
        let profile = self.seen();
        Input {
            placement: ask.placement,
            now: ask.now,
            unit: profile.visitor,
            profile,
            consent: self.consent,
            context: &self.view,
            reserved: &self.reserved,
            limit: ask.limit,
            force: (!ask.force.is_empty()).then_some(ask.force),
            draw: ask.draw,
        }
    }

    /// Decides; unless it only peeks, what it shows counts against caps until exposed or released.
    pub fn decide(&mut self, ask: Ask<'_>, peek: bool) -> String {
        self.prepare(ask.now);
        let Some(program) = &self.program else { return String::new() };
        let decision = decide(program, self.input(ask), &mut ());
        if let (false, Some(campaign), [first, ..]) = (peek, &decision.campaign, decision.offers.as_slice()) {
            self.reserve("campaign", campaign);
            self.reserve("offer", &first.offer);
            self.reserve("placement", ask.placement);
        }
        json::decision(&decision)
    }

    /// What would be decided now, for the module that explains; empty without a bundle.
    #[must_use]
    pub fn question(&mut self, ask: Ask<'_>) -> Vec<u8> {
        self.prepare(ask.now);
        self.program.as_ref().map_or_else(Vec::new, |program| question(program, self.input(ask)))
    }

    /// What pages show, as JSON; empty without a bundle.
    #[must_use]
    pub fn words(&self) -> &str {
        self.bundle().map_or("", |bundle| &bundle.words)
    }

    /// Counts one exposure to come.
    pub fn reserve(&mut self, facet: &str, value: &str) {
        self.reserved.push((facet.to_owned(), value.to_owned()));
    }

    /// Gives back all reservations.
    pub fn release(&mut self) {
        self.reserved.clear();
    }

    /// The bytes of the profile that decisions saw last, with what is lent.
    #[must_use]
    pub fn seen_profile(&self) -> Vec<u8> {
        self.seen().to_bytes()
    }

    /// The profile's bytes.
    #[must_use]
    pub fn profile(&self) -> Vec<u8> {
        self.profile.to_bytes()
    }

    /// Takes over what another tab of the same visitor knows: of what both counted the higher count, so that neither
    /// shows more than a cap allows; all else from whoever is further on.
    pub fn adopt(&mut self, stored: &[u8]) {
        let Ok(mut other) = Profile::from_bytes(stored) else { return };
        if other.visitor != self.profile.visitor {
            return;
        }
        if other.revision > self.profile.revision {
            core::mem::swap(&mut other, &mut self.profile);
        }
        let ours = &mut self.profile;
        for counter in other.counters {
            match ours.counters.binary_search_by_key(&counter.key, |known| known.key) {
                Ok(index) => {
                    if let Some(known) =
                        ours.counters.get_mut(index).filter(|known| known.total < counter.total)
                    {
                        *known = counter;
                    }
                }
                Err(index) if ours.counters.len() < PROFILE_COUNTERS => {
                    list::insert(&mut ours.counters, index, counter);
                }
                Err(_) => {}
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use attune_schema::bundle::{Campaign, Cap, Offer, Variant};
    use attune_schema::time::MINUTE_MS;

    fn bundle() -> Vec<u8> {
        Bundle {
            enabled: true,
            measure_basis: Basis::OptOut,
            personalise_basis: Basis::OptOut,
            session_timeout_ms: 30 * MINUTE_MS,
            half_life_ms: 1_000,
            placements: vec!["hero".to_owned()],
            offers: vec![Offer {
                id: "sky".to_owned(),
                category: String::new(),
                weight: 1.0,
                eligibility: None,
                valid_from: None,
                valid_until: None,
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
                per_category: 0,
                caps: vec![Cap { scope: 0, per: 3, max: 1 }],
                dismissed_ms: 0,
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

    fn client() -> Client {
        let mut client = Client::default();
        client.reset(VisitorId(1));
        assert!(client.install(&bundle()));
        client
    }

    #[test]
    fn only_with_a_bundle_does_the_profile_learn() {
        let mut client = Client::default();
        client.apply("page_viewed", Timestamp(5), &[]);
        assert!(client.profile.counters.is_empty());
        assert!(client.install(&bundle()));
        client.apply("page_viewed", Timestamp(5), &[]);
        assert_eq!(client.profile.counters.len(), 1);
        assert_eq!(client.profile.counters.first().unwrap().total, 1);
        assert!(!client.install(b"nonsense"), "a damaged bundle leaves the old one");
        assert!(client.decide(hero(9), true).contains("\"sky\""));
    }

    #[test]
    fn a_reservation_is_spent_by_exposure_or_given_back() {
        let mut client = client();
        assert!(client.decide(hero(9), false).contains("\"sky\""));
        assert!(client.decide(hero(9), false).contains("\"capped\""));
        client.release();
        assert!(client.decide(hero(9), false).contains("\"sky\""));
        let shown = fields(&[("campaign", "c"), ("offer", "sky"), ("placement", "hero")]);
        client.apply(OFFER_EXPOSED, Timestamp(10), &shown);
        assert!(client.reserved.is_empty());
        assert!(client.decide(hero(11), true).contains("\"capped\""));
    }

    #[test]
    fn refused_measuring_still_personalises() {
        let mut client = client();
        client.consent.measure = attune_schema::consent::Grant::Denied;
        client.apply("page_viewed", Timestamp(5), &[]);
        assert_eq!(client.profile.counters.first().unwrap().total, 1);
        client.consent.personalise = attune_schema::consent::Grant::Denied;
        client.apply("page_viewed", Timestamp(6), &[]);
        assert_eq!(client.profile.counters.first().unwrap().total, 1);
    }

    #[test]
    fn what_is_lent_counts_for_a_while_and_is_never_kept() {
        use attune_schema::bundle::{Op, Rule, Test};
        let mut bundle = Bundle::from_bytes(&bundle()).unwrap();
        bundle.attributes = vec!["tier".to_owned()];
        bundle.campaigns[0].caps.clear();
        bundle.campaigns[0].audience =
            Some(Rule::Attribute(0, Test { op: Op::Is, values: vec!["gold".into()] }));
        let mut client = client();
        assert!(client.install(&bundle.to_bytes()));
        let kept = client.profile();
        assert!(!client.decide(hero(9), true).contains("\"sky\""));
        client.lend(fields(&[("secret", "x"), ("tier", "gold")]), Timestamp(20));
        assert!(client.decide(hero(19), true).contains("\"sky\""));
        assert_eq!(client.seen().attributes, fields(&[("tier", "gold")]), "only what the bundle declares");
        assert_eq!(client.profile(), kept);
        client.apply("page_viewed", Timestamp(19), &[]);
        assert!(client.decide(hero(19), true).contains("\"sky\""), "also once the profile learnt more");
        assert_eq!(client.seen().counters.len(), 1);
        assert!(!client.decide(hero(20), true).contains("\"sky\""), "over");
        client.lend(fields(&[("tier", "gold")]), Timestamp(99));
        client.reset(VisitorId(2));
        assert!(!client.decide(hero(21), true).contains("\"sky\""), "of another visitor");
    }

    #[test]
    fn of_two_tabs_the_higher_count_holds() {
        let (mut one, mut two) = (client(), client());
        let shown = fields(&[("campaign", "c")]);
        for at in 1..4 {
            one.apply(OFFER_EXPOSED, Timestamp(at), &shown);
        }
        two.apply(OFFER_EXPOSED, Timestamp(4), &shown);
        for at in 5..9 {
            two.apply("page_viewed", Timestamp(at), &[]);
        }
        let (first, second) = (one.profile(), two.profile());
        one.adopt(&second);
        two.adopt(&first);
        assert_eq!(one.profile, two.profile, "both know the same");
        let total = |name: &str| one.profile.counters.iter().find(|c| c.name == name).map(|c| c.total);
        assert_eq!((total(OFFER_EXPOSED), total("page_viewed")), (Some(3), Some(4)));
        assert!(Profile::from_bytes(&one.profile()).is_ok(), "sorted and bounded");
        let mut other = client();
        other.reset(VisitorId(9));
        other.adopt(&second);
        assert_eq!(other.profile.counters, []);
    }

    #[test]
    fn a_stored_profile_comes_back_and_a_damaged_one_does_not() {
        let mut client = client();
        client.identify("cust_1");
        client.touch(Timestamp(5), SessionId(7));
        let mut again = Client::default();
        assert!(again.open(&client.profile()));
        assert_eq!((again.visitor(), &again.profile.user), (VisitorId(1), &Some("cust_1".to_owned())));
        again.touch(Timestamp(6), SessionId(7));
        assert_eq!(again.profile.session.number, 1, "the same session");
        assert!(!again.open(b"nonsense"));
        assert_eq!(again.profile, Profile::default());
    }
}
