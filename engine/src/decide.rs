//! The one entry point: who sees what in one placement, and why.
//!
//! Order: site switch, consent, preview, global holdout; then for every campaign of the placement its
//! schedule, exclusion group, audience, holdout, arm, its offers' eligibility, caps and scores; then
//! arbitration; else the default content stays. A visitor in a holdout goes the same way to the end, so that
//! what would have been shown can be counted, and sees the default content.

use crate::bucket::{bucket, bucket_of, choose};
use crate::cap::{Usage, has_room, is_quiet};
use crate::condition::{Facts, Truth, evaluate};
use crate::explain::{Step, Trace};
#[cfg(feature = "models")]
use crate::explore::{Chooser, arrange, tried};
use crate::math::to_micros;
use crate::profile;
use crate::question::question;
use crate::rank::{Scored, order, score};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use attune_schema::bundle::{Bundle, Campaign, DATED_BYTES, Variant};
use attune_schema::consent::{Consent, Purpose};
use attune_schema::hash::Sip;
use attune_schema::id::{DecisionId, VisitorId};
use attune_schema::list;
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use attune_schema::wire::Malformed;
use core::mem::take;

/// A bundle ready to decide with; immutable, swapped whole.
#[derive(Debug, Clone)]
pub struct Program {
    /// What it decides by.
    pub bundle: Bundle,
    /// Digest of what it decides by: the same for the same source, whenever it was compiled.
    pub digest: u128,
}

impl Program {
    /// Reads and checks the payload of a bundle.
    pub fn load(payload: &[u8]) -> Result<Self, Malformed> {
        let bundle = Bundle::from_bytes(payload)?;
        let mut hash = Sip::new(true);
        let decides = payload.len().saturating_sub(DATED_BYTES);
        hash.write(payload.get(..decides).unwrap_or_default());
        Ok(Self { bundle, digest: hash.finish() })
    }
}

/// Everything a decision depends on besides the bundle.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Name of the placement.
    pub placement: &'a str,
    /// Decision time.
    pub now: Timestamp,
    /// Who is assigned: the first unit id, before and after sign-in.
    pub unit: VisitorId,
    /// What is known about the visitor.
    pub profile: &'a Profile,
    /// The visitor's answers.
    pub consent: Consent,
    /// The page, device and campaign tags of this view; by name.
    pub context: &'a [(String, Value)],
    /// `(facet, value)` of offers decided in this page, neither exposed nor released yet.
    pub reserved: &'a [(String, String)],
    /// Most offers wanted; at least one is decided.
    pub limit: usize,
    /// Preview: this offer, whatever the rules say.
    pub force: Option<&'a str>,
    /// Random draw for exploration; part of the decision id.
    pub draw: u64,
}

/// Why a decision came out as it did: a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No campaign wanted the placement.
    Fallback,
    /// Campaigns wanted it, none had an offer this visitor may see.
    NotEligible,
    /// Frequency limits, or quiet after a dismissal.
    Capped,
    /// The site is switched off.
    Paused,
    /// The visitor has not allowed personalisation.
    NoConsent,
    /// The bundle has no such placement.
    UnknownPlacement,
    /// Kept out to measure lift.
    Holdout,
    /// The control arm of a test.
    Control,
    /// Preview.
    Override,
    /// The only eligible offer.
    Matched,
    /// The best of several offers.
    Ranked,
    /// Chosen within an arm of a test.
    Split,
    /// Only the server can decide here.
    AskServer,
    /// The bundle's time is over.
    Expired,
}

impl Reason {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::NotEligible => "not_eligible",
            Self::Capped => "capped",
            Self::Paused => "paused",
            Self::NoConsent => "no_consent",
            Self::UnknownPlacement => "unknown_placement",
            Self::Holdout => "holdout",
            Self::Control => "control",
            Self::Override => "override",
            Self::Matched => "matched",
            Self::Ranked => "ranked",
            Self::Split => "split",
            Self::AskServer => "ask_server",
            Self::Expired => "expired",
        }
    }
}

/// One offer of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Offer id.
    pub offer: String,
    /// Score in millionths.
    pub score_micros: i64,
    /// Where offers are tried, the probability of this one after those before it, in millionths; else 0.
    #[cfg(feature = "models")]
    pub propensity_micros: u32,
}

/// The answer for one placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Derived from the inputs: the same input has the same id.
    pub id: DecisionId,
    /// The placement asked about.
    pub placement: String,
    /// Why.
    pub reason: Reason,
    /// Campaign that won, even if withheld.
    pub campaign: Option<String>,
    /// Arm of its test.
    pub variant: Option<String>,
    /// What to show, best first; empty for the default content.
    pub offers: Vec<Choice>,
    /// What a visitor in a holdout or control arm would have been shown.
    pub withheld: Vec<Choice>,
    /// Digest of the bundle decided by.
    pub bundle: u128,
    /// What the choice depended on where offers are tried, in millionths.
    #[cfg(feature = "models")]
    pub features_micros: Vec<i64>,
}

/// A campaign that could fill the placement.
struct Candidate<'a> {
    campaign: &'a Campaign,
    variant: &'a Variant,
    best: Vec<Scored<'a>>,
}

/// What one placement gets, in terms of the program: [`Decision`] for whoever asks often and keeps little.
#[derive(Debug)]
pub struct Answer<'a> {
    /// Why.
    pub reason: Reason,
    /// Campaign that won, even if withheld.
    pub campaign: Option<&'a Campaign>,
    /// Arm of its test.
    pub variant: Option<&'a Variant>,
    /// What to show, or to withhold, best first.
    pub offers: Vec<Scored<'a>>,
    /// The visitor is in a holdout or control arm and sees the default content.
    pub withheld: bool,
    /// What the choice depended on where offers are tried, in millionths.
    #[cfg(feature = "models")]
    pub features_micros: Vec<i64>,
}

impl Answer<'_> {
    fn of(reason: Reason) -> Self {
        Self {
            reason,
            campaign: None,
            variant: None,
            offers: Vec::new(),
            withheld: false,
            #[cfg(feature = "models")]
            features_micros: Vec::new(),
        }
    }
}

/// Decides.
pub fn decide(program: &Program, input: Input<'_>, trace: &mut impl Trace) -> Decision {
    let answer = answer(program, input, trace);
    let choices = answer.offers.iter().map(|scored| Choice {
        offer: scored.offer.id.clone(),
        score_micros: to_micros(scored.score),
        #[cfg(feature = "models")]
        propensity_micros: scored.propensity_micros,
    });
    let choices = choices.collect();
    let (offers, withheld) = if answer.withheld { (Vec::new(), choices) } else { (choices, Vec::new()) };
    Decision {
        id: id(program, input),
        placement: input.placement.to_owned(),
        reason: answer.reason,
        campaign: answer.campaign.map(|campaign| campaign.id.clone()),
        variant: answer.variant.map(|variant| variant.id.clone()),
        offers,
        withheld,
        bundle: program.digest,
        #[cfg(feature = "models")]
        features_micros: answer.features_micros,
    }
}

/// Decides, as [`decide`] does, and names nothing.
pub fn answer<'a>(program: &'a Program, input: Input<'_>, trace: &mut impl Trace) -> Answer<'a> {
    match settle(program, input, trace) {
        Err(reason) => {
            trace.step(Step::Fallback, input.placement, reason.code());
            Answer::of(reason)
        }
        Ok(answer) => {
            if answer.withheld {
                trace.step(Step::Fallback, input.placement, answer.reason.code());
            }
            answer
        }
    }
}

fn settle<'a>(program: &'a Program, input: Input<'_>, trace: &mut impl Trace) -> Result<Answer<'a>, Reason> {
    let (bundle, unit) = (&program.bundle, input.unit);
    trace.step(Step::Site, "", if bundle.enabled { "on" } else { "off" });
    if !bundle.enabled {
        return Err(Reason::Paused);
    }
    let allowed = input.consent.allows(Purpose::Personalise, bundle.personalise_basis);
    trace.step(Step::Consent, "personalise", if allowed { "allowed" } else { "not_allowed" });
    if !allowed {
        return Err(Reason::NoConsent);
    }
    if bundle.expires_at.is_some_and(|at| at <= input.now) {
        trace.step(Step::Site, "", "expired");
        return Err(Reason::Expired);
    }
    let placement = bundle.placements.iter().position(|name| name == input.placement);
    trace.step(Step::Placement, input.placement, if placement.is_some() { "known" } else { "unknown" });
    let placement = placement.ok_or(Reason::UnknownPlacement)?;
    if let Some(wanted) = input.force {
        let offer = bundle.offers.iter().find(|offer| offer.id == wanted);
        trace.step(Step::Override, wanted, if offer.is_some() { "forced" } else { "unknown" });
        if let Some(offer) = offer {
            return Ok(Answer { offers: vec![Scored::new(offer, 0.0)], ..Answer::of(Reason::Override) });
        }
    }
    if bundle.asked.contains(&placement) {
        trace.step(Step::Placement, input.placement, "ask_server");
        return Err(Reason::AskServer);
    }
    let held = u64::from(bucket(&bundle.salt, "holdout", input.unit)) < bundle.holdout_below;
    trace.step(Step::GlobalHoldout, "", if held { "in" } else { "out" });

    let profile = input.profile;
    let attributes = profile::attributes(profile, &bundle.attributes);
    let sessions = profile.session.number;
    let session = Value::Number(sessions.into());
    #[cfg(feature = "models")]
    let scores = crate::model::Scores::new(bundle);
    let facts = Facts {
        bundle,
        profile,
        attributes: &attributes,
        context: input.context,
        session: (sessions > 0).then_some(&session),
        now: input.now,
        unit,
        #[cfg(feature = "models")]
        scores: &scores,
    };
    let mut nearest = Reason::Fallback;
    let mut winner: Option<Candidate<'a>> = None;
    let mut best = Vec::new();
    for campaign in bundle.campaigns.iter().filter(|c| c.placements.contains(&placement)) {
        // Campaigns come by priority: once one can fill the placement, lower ones need not be looked at.
        if winner.as_ref().is_some_and(|winner| winner.campaign.priority > campaign.priority) {
            trace.step(Step::Arbitration, &campaign.id, "outranked");
            continue;
        }
        match candidate(bundle, campaign, &facts, input, &mut best, trace) {
            Err(reason) => nearest = nearest.max(reason),
            Ok(variant) => {
                let next = Candidate { campaign, variant, best: take(&mut best) };
                let wins = winner.as_ref().is_none_or(|best| beats(&next, best, &bundle.salt, unit));
                let loser = if wins { winner.replace(next) } else { Some(next) };
                if let Some(loser) = loser {
                    trace.step(Step::Arbitration, &loser.campaign.id, "outranked");
                    best = loser.best;
                }
            }
        }
    }
    let winner = winner.ok_or(nearest)?;
    trace.step(Step::Arbitration, &winner.campaign.id, "won");
    let Candidate { campaign, variant, mut best } = winner;
    let choice = best.len() > 1;
    #[cfg(feature = "models")]
    let features_micros = {
        let chooser = Chooser { facts: &facts, limit: input.limit.max(1), draw: input.draw };
        arrange(campaign, &mut best, chooser, trace)
    };
    pick(&mut best, campaign.per_category, input.limit.max(1));
    // Whoever is kept out goes the same way as everybody; only who wins needs to know.
    let withheld = if held || is_kept_out(campaign, &bundle.salt, unit) {
        Some(Reason::Holdout)
    } else {
        variant.control.then_some(Reason::Control)
    };
    let split = campaign.variants.len() > 1;
    let shown = if split {
        Reason::Split
    } else if choice {
        Reason::Ranked
    } else {
        Reason::Matched
    };
    Ok(Answer {
        reason: withheld.unwrap_or(shown),
        campaign: Some(campaign),
        variant: split.then_some(variant),
        offers: best,
        withheld: withheld.is_some(),
        #[cfg(feature = "models")]
        features_micros,
    })
}

/// Of two campaigns of one priority: higher best score, then a tie-break that is even over visitors, then id.
fn beats(a: &Candidate<'_>, b: &Candidate<'_>, salt: &str, unit: VisitorId) -> bool {
    let top = |c: &Candidate<'_>| c.best.first().map_or(f64::NEG_INFINITY, |s| s.score);
    let tie = |c: &Candidate<'_>| bucket(salt, &c.campaign.id, unit);
    let order = top(b).total_cmp(&top(a)).then_with(|| tie(a).cmp(&tie(b)));
    order.then_with(|| a.campaign.id.cmp(&b.campaign.id)).is_lt()
}

/// Leaves the first `limit` offers, of one category no more than `per_category`, unless that is 0.
fn pick(best: &mut Vec<Scored<'_>>, per_category: u32, limit: usize) {
    let mut picked = 0;
    for index in 0..best.len() {
        let Some(scored) = best.get(index).copied() else { break };
        let chosen = best.get(..picked).unwrap_or_default();
        let alike =
            chosen.iter().filter(|other| other.offer.category == scored.offer.category).count() as u64;
        if picked < limit && (per_category == 0 || alike < u64::from(per_category)) {
            if let Some(place) = best.get_mut(picked) {
                *place = scored;
            }
            picked += 1;
        }
    }
    best.truncate(picked);
}

/// One campaign on its own: can it fill the placement, in which arm, and with what? `best` is room that is used again.
fn candidate<'a>(
    bundle: &'a Bundle,
    campaign: &'a Campaign,
    facts: &Facts<'_>,
    input: Input<'_>,
    best: &mut Vec<Scored<'a>>,
    trace: &mut impl Trace,
) -> Result<&'a Variant, Reason> {
    let salt = bundle.salt.as_str();

    let schedule = window(campaign.starts_at, campaign.ends_at, input.now);
    trace.step(Step::Schedule, &campaign.id, schedule);
    if schedule != "open" {
        return Err(Reason::Fallback);
    }
    if let Some((group, members)) = &campaign.exclusion {
        let chosen =
            choose(salt, group, input.unit, &mut members.iter().map(|member| (member.as_str(), 1.0)));
        let ours = chosen.and_then(|index| members.get(index)) == Some(&campaign.id);
        trace.step(Step::Exclusion, &campaign.id, if ours { "in" } else { "out" });
        if !ours {
            return Err(Reason::Fallback);
        }
    }
    if let Some(rule) = &campaign.audience {
        let truth = evaluate(rule, facts);
        trace.step(Step::Audience, &campaign.id, truth.code());
        if truth != Truth::True {
            return Err(Reason::Fallback);
        }
    }
    if trace.listens() {
        let kept_out = is_kept_out(campaign, salt, input.unit);
        trace.step(Step::Holdout, &campaign.id, if kept_out { "in" } else { "out" });
    }

    let variant = match campaign.variants.as_slice() {
        [only] if only.weight > 0.0 => only,
        variants => {
            let mut weights = variants.iter().map(|variant| (variant.id.as_str(), variant.weight));
            let chosen = choose(salt, &campaign.id, input.unit, &mut weights);
            chosen.and_then(|index| variants.get(index)).ok_or(Reason::Fallback)?
        }
    };
    trace.step(Step::Variant, &variant.id, if variant.dropped { "dropped" } else { "assigned" });
    if variant.dropped {
        return Err(Reason::Fallback);
    }

    let usage = Usage { bundle, profile: input.profile, reserved: input.reserved, now: input.now };
    if is_quiet(campaign, usage) {
        trace.step(Step::Cap, &campaign.id, "dismissed");
        return Err(Reason::Capped);
    }
    let room = |offer: Option<&str>| {
        let values = [campaign.id.as_str(), offer.unwrap_or_default(), input.placement];
        // Caps that count offers are asked about each of them, the others once.
        let mut asked = campaign.caps.iter().filter(|cap| (cap.scope == 1) == offer.is_some());
        asked.all(|cap| has_room(*cap, values, usage))
    };
    if !room(None) {
        trace.step(Step::Cap, &campaign.id, "used_up");
        return Err(Reason::Capped);
    }

    // The control arm's counterfactual is what the campaign's other visitors could see.
    let offered = if variant.control {
        campaign.variants.iter().find(|v| !v.control && !v.dropped).unwrap_or(variant)
    } else {
        variant
    };
    // Of many offers only the best are wanted, and one more, to know that there was a choice. What is picked by
    // category or tried may be any of them.
    let all = campaign.per_category > 0;
    #[cfg(feature = "models")]
    let all = all || tried(bundle, campaign).is_some();
    let wanted = if all { usize::MAX } else { input.limit.max(2) };
    #[cfg(feature = "models")]
    let terms = facts.scores.terms(campaign, facts);
    best.clear();
    let mut nearest = Reason::NotEligible;
    for index in &offered.offers {
        let Some(offer) = bundle.offers.get(*index) else { continue };
        let outcome = match window(offer.valid_from, offer.valid_until, input.now) {
            "open" => offer.eligibility.as_ref().map_or("true", |rule| evaluate(rule, facts).code()),
            closed => closed,
        };
        trace.step(Step::Eligibility, &offer.id, outcome);
        if outcome != "true" {
            continue;
        }
        if !room(Some(&offer.id)) {
            trace.step(Step::Cap, &offer.id, "used_up");
            nearest = Reason::Capped;
            continue;
        }
        let tie = if offered.offers.len() > 1 { bucket(salt, &offer.id, input.unit) } else { 0 };
        let scored = Scored { tie, ..score(bundle, campaign, offer, input.profile, input.now) };
        #[cfg(feature = "models")]
        let scored = Scored { score: scored.score + terms.of(*index), ..scored };
        trace.score(&offer.id, to_micros(scored.score));
        // Few are wanted: inserting in place costs the SDK less than a sort.
        if best.len() < wanted || !best.last().is_some_and(|last| last.score > scored.score) {
            let before = |known: &&Scored<'_>| order(known, &scored).is_lt();
            let place = best.iter().filter(before).count();
            list::insert(best, place, scored);
            best.truncate(wanted);
        }
    }
    if best.is_empty() { Err(nearest) } else { Ok(variant) }
}

/// Whether `unit` is in the campaign's holdout.
fn is_kept_out(campaign: &Campaign, salt: &str, unit: VisitorId) -> bool {
    campaign.holdout_below > 0 && {
        u64::from(bucket_of(salt, &["holdout:", &campaign.id], unit)) < campaign.holdout_below
    }
}

/// Where `now` lies: `early`, `open` or `over`; half-open, `[from, until)`.
fn window(from: Option<Timestamp>, until: Option<Timestamp>, now: Timestamp) -> &'static str {
    if from.is_some_and(|from| now < from) {
        "early"
    } else if until.is_some_and(|until| now >= until) {
        "over"
    } else {
        "open"
    }
}

/// Digest of everything the decision depends on; of the profile, its owner and revision.
fn id(program: &Program, input: Input<'_>) -> DecisionId {
    let mut hash = Sip::new(true);
    hash.write(&question(program, input));
    DecisionId(hash.finish())
}
