//! One visitor after the other, event by event, through the engine.

use super::context;
use super::fields::Fields;
use super::prepare::Prepared;
use super::question::BacktestQuestion;
use super::tally::{CampaignTally, Tally, one};
use super::watch::Watch;
use attune_engine::decide::{Answer, Input, Program, Reason, answer};
use attune_engine::{profile, session};
use attune_schema::bundle::Campaign;
use attune_schema::consent::{Consent, Purpose};
use attune_schema::event::VALUE;
use attune_schema::event::name::{OFFER_CLICKED, OFFER_DISMISSED, OFFER_EXPOSED, OFFER_WITHHELD};
use attune_schema::id::{SessionId, VisitorId};
use attune_schema::stored::Profile;
use attune_schema::time::{DAY_MS, Timestamp};
use attune_schema::value::Value;
use attune_stats::offpolicy::{Expected, Log, Row, Shrunk};
use attune_warehouse::history::{HistoryRow, View};
use std::collections::{BTreeMap, VecDeque};

/// Decisions that the mean of all rewards weighs in the reward model of each offer.
const PRIOR: f64 = 100.0;

/// What would have become of one visitor under one program.
struct World<'a> {
    program: &'a Program,
    profile: Profile,
    /// Last offer seen in each placement of the program.
    seen: Vec<Option<&'a str>>,
}

/// A recorded exposure whose reward may still come.
struct Pending<'a> {
    at: i64,
    offer: String,
    /// What the tested source would have shown.
    target: Option<&'a str>,
    propensity: f64,
    rewarded: bool,
}

/// Replays events, which come visitor by visitor and in order of time.
pub struct Replay<'a> {
    prepared: &'a Prepared,
    question: &'a BacktestQuestion,
    visitor: Option<VisitorId>,
    present: bool,
    world: World<'a>,
    baseline: Option<World<'a>>,
    /// Day on which the visitor was last reached: at all, and by each campaign.
    reached: Option<i64>,
    reached_by: Vec<Option<i64>>,
    watch: Watch<'a>,
    context: Fields,
    properties: Fields,
    /// Of an exposure or what is withheld.
    shown: Fields,
    pending: VecDeque<Pending<'a>>,
    model: Shrunk,
    campaigns: Vec<CampaignTally>,
    without_drafts: Vec<u64>,
    reasons: BTreeMap<&'static str, u64>,
    tally: Tally,
}

impl<'a> World<'a> {
    fn new(program: &'a Program) -> Self {
        Self { program, profile: Profile::default(), seen: vec![None; program.bundle.placements.len()] }
    }

    fn begin(&mut self, visitor: VisitorId) {
        self.profile = Profile { visitor, ..Profile::default() };
        self.seen.fill(None);
    }

    /// As the device does: a profile learns only where personalising is allowed.
    fn learn(&mut self, name: &str, at: Timestamp, properties: &[(String, Value)], consent: Consent) {
        if consent.allows(Purpose::Personalise, self.program.bundle.personalise_basis) {
            profile::apply(&mut self.profile, &self.program.bundle, name, at, properties);
        }
    }

    fn input<'b>(
        &'b self,
        placement: &'b str,
        now: Timestamp,
        consent: Consent,
        context: &'b [(String, Value)],
    ) -> Input<'b> {
        Input {
            placement,
            now,
            unit: self.profile.visitor,
            profile: &self.profile,
            consent,
            context,
            reserved: &[],
            limit: 1,
            force: None,
            draw: 0,
        }
    }

    /// What was decided for the placement of this number and name is seen at once.
    fn expose(
        &mut self,
        (number, placement): (usize, &str),
        now: Timestamp,
        answer: &Answer<'a>,
        consent: Consent,
        fields: &mut Fields,
    ) {
        let (Some(campaign), Some(scored)) = (answer.campaign, answer.offers.first()) else { return };
        let offer = scored.offer.id.as_str();
        fields.clear();
        fields.text("campaign", &campaign.id);
        fields.text("offer", offer);
        fields.text("placement", placement);
        self.learn(if answer.withheld { OFFER_WITHHELD } else { OFFER_EXPOSED }, now, fields, consent);
        if let (false, Some(seen)) = (answer.withheld, self.seen.get_mut(number)) {
            *seen = Some(offer);
        }
    }

    /// Whether the visitor could have done this to an offer: only to one that was seen.
    fn could(&self, properties: &Fields) -> bool {
        properties.of("offer").is_none_or(|offer| self.seen.contains(&Some(offer)))
    }
}

impl<'a> Replay<'a> {
    /// Nothing replayed yet.
    #[must_use]
    pub fn new(prepared: &'a Prepared, question: &'a BacktestQuestion) -> Self {
        let campaigns = prepared.program.bundle.campaigns.len();
        let others = prepared.baseline.as_ref().map_or(0, |baseline| baseline.bundle.campaigns.len());
        Self {
            prepared,
            question,
            visitor: None,
            present: false,
            world: World::new(&prepared.program),
            baseline: prepared.baseline.as_ref().map(World::new),
            reached: None,
            reached_by: vec![None; campaigns],
            watch: Watch::new(&prepared.program.bundle.campaigns),
            context: Fields::default(),
            properties: Fields::default(),
            shown: Fields::default(),
            pending: VecDeque::new(),
            model: Shrunk::new(PRIOR),
            campaigns: vec![CampaignTally::default(); campaigns],
            without_drafts: vec![0; others],
            reasons: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    /// One more event.
    pub fn event(&mut self, row: &HistoryRow) {
        let visitor = VisitorId(row.visitor.as_u128());
        if self.visitor != Some(visitor) {
            self.begin(visitor);
        }
        self.tally.events += 1;
        let (at, consent) = (Timestamp(row.at), Consent::from_bits(row.consent));
        let mut properties = std::mem::take(&mut self.properties);
        properties_of(row, &mut properties);
        let counts = at >= self.question.from;
        self.tally.warm_up_events += u64::from(!counts);
        if counts && !self.present {
            self.present = true;
            self.tally.visitors += 1;
        }
        if counts {
            self.reward(row, &properties);
        }
        for world in [Some(&mut self.world), self.baseline.as_mut()].into_iter().flatten() {
            session::join(&mut world.profile, at, SessionId(row.session.as_u128()));
            let happens = match &*row.name {
                // What was shown then is not what would have been shown.
                OFFER_EXPOSED | OFFER_WITHHELD => !counts,
                OFFER_CLICKED | OFFER_DISMISSED => !counts || world.could(&properties),
                _ => true,
            };
            if happens {
                world.learn(&row.name, at, &properties, consent);
            }
        }
        if let Some(view) = &row.view {
            context::tell(&mut self.context, view, at, &properties, &self.prepared.program.bundle);
            if counts {
                self.page(view, at, consent);
            }
        } else if counts && &*row.name == OFFER_EXPOSED && row.propensity > 0.0 && row.propensity <= 1.0 {
            self.recorded(row, at, consent, &properties);
        }
        self.properties = properties;
    }

    /// The counts, once all events are replayed.
    #[must_use]
    pub fn end(mut self) -> Tally {
        self.settle(i64::MAX);
        let bundle = &self.prepared.program.bundle;
        let ids = bundle.campaigns.iter().map(|campaign| campaign.id.clone());
        self.tally.campaigns = ids.zip(self.campaigns).collect();
        if let Some(baseline) = &self.prepared.baseline {
            let ids = baseline.bundle.campaigns.iter().map(|campaign| campaign.id.clone());
            self.tally.without_drafts = ids.zip(self.without_drafts).collect();
        }
        self.tally.reasons =
            self.reasons.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect();
        self.tally
    }

    fn begin(&mut self, visitor: VisitorId) {
        self.settle(i64::MAX);
        self.visitor = Some(visitor);
        self.present = false;
        self.reached = None;
        self.reached_by.fill(None);
        self.context.clear();
        self.world.begin(visitor);
        if let Some(baseline) = &mut self.baseline {
            baseline.begin(visitor);
        }
    }

    /// A viewed page asks for its placements, in the order of their names.
    fn page(&mut self, view: &View, at: Timestamp, consent: Consent) {
        let prepared = self.prepared;
        let day = at.plus_ms(prepared.program.bundle.utc_offset_ms).0.div_euclid(DAY_MS);
        let (_, path) = context::host_and_path(&view.url);
        for (index, placement) in prepared.program.bundle.placements.iter().enumerate() {
            let pages = self.question.pages.get(placement);
            if pages.is_some_and(|pages| !pages.iter().any(|begin| path.starts_with(begin.as_str()))) {
                continue;
            }
            self.watch.clear();
            let input = self.world.input(placement, at, consent, &self.context);
            let answer = answer(&prepared.program, input, &mut self.watch);
            self.count(&answer, day, (placement, at, consent));
            self.world.expose((index, placement), at, &answer, consent, &mut self.shown);
        }
        let Some(baseline) = &mut self.baseline else { return };
        for (index, placement) in baseline.program.bundle.placements.iter().enumerate() {
            let pages = self.question.pages.get(placement);
            if pages.is_some_and(|pages| !pages.iter().any(|begin| path.starts_with(begin.as_str()))) {
                continue;
            }
            let program = baseline.program;
            let answer = answer(program, baseline.input(placement, at, consent, &self.context), &mut ());
            if let (Some(winner), false) = (answer.campaign, answer.withheld) {
                let campaign = position(&program.bundle.campaigns, winner);
                if let Some(count) = campaign.and_then(|campaign| self.without_drafts.get_mut(campaign)) {
                    *count += 1;
                }
            }
            baseline.expose((index, placement), at, &answer, consent, &mut self.shown);
        }
    }

    fn count(&mut self, answer: &Answer<'_>, day: i64, (placement, at, consent): (&str, Timestamp, Consent)) {
        *self.reasons.entry(answer.reason.code()).or_default() += 1;
        self.tally.opportunities += 1;
        let today = self.tally.days.entry(day).or_default();
        today.opportunities += 1;
        for index in &self.watch.capped {
            if let Some(campaign) = self.campaigns.get_mut(*index) {
                campaign.cap_hits += 1;
                campaign.days.entry(day).or_default().cap_hits += 1;
            }
        }
        let Some(winner) = answer.campaign else { return };
        for index in &self.watch.outranked {
            if let (Some(alone), Some(loser)) =
                (self.prepared.alone.get(*index), self.campaigns.get_mut(*index))
            {
                let input = self.world.input(placement, at, consent, &self.context);
                if self::answer(alone, input, &mut ()).campaign.is_some() {
                    one(&mut loser.lost_to, &winner.id);
                }
            }
        }
        let campaigns = &self.prepared.program.bundle.campaigns;
        let Some(index) = position(campaigns, winner) else { return };
        let (Some(campaign), Some(reached_by)) =
            (self.campaigns.get_mut(index), self.reached_by.get_mut(index))
        else {
            return;
        };
        let group = match answer.reason {
            Reason::Holdout => "holdout",
            Reason::Control => "control",
            _ => "treated",
        };
        one(&mut campaign.groups, group);
        if let Some(variant) = answer.variant {
            one(&mut campaign.variants, &variant.id);
        }
        let (false, Some(shown)) = (answer.withheld, answer.offers.first()) else {
            today.withheld += 1;
            return;
        };
        today.exposures += 1;
        campaign.exposures += 1;
        one(&mut campaign.offers, &shown.offer.id);
        let by_day = campaign.days.entry(day).or_default();
        by_day.exposures += 1;
        if *reached_by != Some(day) {
            by_day.reach += 1;
            campaign.reach += u64::from(reached_by.is_none());
            *reached_by = Some(day);
        }
        if self.reached != Some(day) {
            today.reach += 1;
            self.tally.reach += u64::from(self.reached.is_none());
            self.reached = Some(day);
        }
    }

    /// An exposure as it was recorded, with the probability of what was shown: what would be shown in its place?
    fn recorded(&mut self, row: &HistoryRow, at: Timestamp, consent: Consent, properties: &Fields) {
        self.settle(row.at.saturating_sub(self.question.goal_within.as_ms()));
        let (Some(offer), Some(placement)) = (properties.of("offer"), properties.of("placement")) else {
            return;
        };
        let input = self.world.input(placement, at, consent, &self.context);
        let answer = answer(&self.prepared.program, input, &mut ());
        let shown = answer.offers.first().filter(|_| !answer.withheld);
        self.pending.push_back(Pending {
            at: row.at,
            offer: offer.to_owned(),
            target: shown.map(|scored| scored.offer.id.as_str()),
            propensity: row.propensity,
            rewarded: false,
        });
    }

    /// A conversion is the last exposure's within the window; of the same offer, where it names one.
    fn reward(&mut self, row: &HistoryRow, properties: &Fields) {
        if *row.name != *self.question.goal {
            return;
        }
        let since = row.at.saturating_sub(self.question.goal_within.as_ms());
        let named = properties.of("offer");
        let last =
            self.pending.iter_mut().rev().find(|pending| named.is_none_or(|offer| pending.offer == offer));
        if let Some(last) = last.filter(|pending| pending.at >= since) {
            last.rewarded = true;
        }
    }

    /// Exposures before `before` get no more rewards.
    fn settle(&mut self, before: i64) {
        while let Some(pending) = self.pending.pop_front_if(|pending| pending.at < before) {
            let reward = f64::from(u8::from(pending.rewarded));
            let matches = pending.target == Some(pending.offer.as_str());
            let row = Row {
                reward,
                propensity: pending.propensity,
                target: if matches { 1.0 } else { 0.0 },
                // The model knows only what came before, so that no exposure is judged by itself.
                expected: Some(Expected {
                    shown: self.model.expect(&pending.offer),
                    target: pending.target.map_or(0.0, |offer| self.model.expect(offer)),
                }),
            };
            push(&mut self.tally.log, row);
            self.model.learn(&pending.offer, reward);
        }
    }
}

/// What profiles count by.
fn properties_of(row: &HistoryRow, properties: &mut Fields) {
    properties.clear();
    for (name, value) in &row.facets {
        properties.text(name, value);
    }
    if let Some(worth) = row.value {
        properties.number(VALUE, worth);
    }
}

fn position(campaigns: &[Campaign], one: &Campaign) -> Option<usize> {
    campaigns.iter().position(|campaign| std::ptr::eq(campaign, one))
}

/// Propensities were checked when the exposure was taken.
fn push(log: &mut Log, row: Row) {
    if let Err(refusal) = log.push(row) {
        tracing::warn!(%refusal, "an exposure could not be weighed");
    }
}
