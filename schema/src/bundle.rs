//! Campaigns, audiences, offers and placements of one site as delivered to the device.
//!
//! Made from a [`crate::source::Source`] by the engine's compiler; only what runs is in it.
//! Lists refer to each other by index, checked once when the bundle is read.

mod rule;

pub use rule::{Op, Rule, Test};

use crate::consent::Basis;
use crate::limits::{BUNDLE_BYTES, CONDITION_DEPTH};
#[cfg(feature = "models")]
use crate::model::{Attached, Explore, RankScore};
use crate::time::Timestamp;
use crate::wire::{Malformed, Reader, Writer, let_go};
use alloc::string::String;
use alloc::vec::Vec;

/// First bytes of a bundle: `AR` and the version.
pub const MAGIC: [u8; 3] = *b"AR\x03";
/// First bytes of a signed bundle; 64 bytes of Ed25519 signature over the payload follow, then the payload.
pub const SIGNED_MAGIC: [u8; 3] = *b"AS1";
/// Bytes at the end of a payload that say when it was made and how long it is good, not what it decides: the same
/// source has the same digest without them.
pub const DATED_BYTES: usize = 16;
/// Bytes before the payload of a signed bundle.
pub const SIGNED_HEADER_BYTES: usize = SIGNED_MAGIC.len() + 64;

/// What the engine interprets.
///
/// Models, campaigns that try their offers, and half-lives by category are at the end of the bytes and, with trends, said in
/// the switch's second bit, so that a build without the feature `models` refuses a bundle that has any, at no cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bundle {
    /// Revision of the source it was compiled from; 0 if nobody counts them.
    pub version: u64,
    /// From then on it decides nothing, and default content stays.
    pub expires_at: Option<Timestamp>,
    /// Kill switch.
    pub enabled: bool,
    /// Visitors below this 32-bit bucket are never treated.
    pub holdout_below: u64,
    /// Seeds every bucket.
    pub salt: String,
    /// What unanswered consent to measuring means.
    pub measure_basis: Basis,
    /// What unanswered consent to personalisation means.
    pub personalise_basis: Basis,
    /// Inactivity after which a new session starts.
    pub session_timeout_ms: i64,
    /// What pages capture, for JavaScript; no decision depends on it. JSON: `{"levels": [[level, path, category,
    /// scheme], …], "rules": [{on, path, selector, event, fields, detail, read, take, search}, …], "forms": [[selector,
    /// name], …], "receipts": n}` with the most specific level first; visitors whose last 16 bits are below `n` send what was
    /// decided; empty for everything and nothing besides.
    pub capture: String,
    /// Offset of the site's days from UTC.
    pub utc_offset_ms: i64,
    /// Time after which an interest counts half.
    pub half_life_ms: i64,
    /// Points by event name, sorted by name.
    pub affinity_weights: Vec<(String, f64)>,
    /// Names of attributes that rules use; index in [`Rule::Attribute`].
    pub attributes: Vec<String>,
    /// Rules of audiences; each refers only to earlier ones.
    pub audiences: Vec<Rule>,
    /// Names of places in pages, sorted.
    pub placements: Vec<String>,
    /// Indexes of the placements that only the server can decide, because a rule there needs what a device may
    /// not know.
    pub asked: Vec<usize>,
    /// Sorted by id.
    pub offers: Vec<Offer>,
    /// By priority, highest first, then id.
    pub campaigns: Vec<Campaign>,
    /// What pages show and how long they wait, for JavaScript; no decision depends on it. JSON:
    /// `{"budgets": {placement: ms}, "offers": {offer: {language: {field: text}}}, "reasons": {campaign:
    /// {language: text}}}`.
    pub words: String,
    /// Models that rules and rankings ask.
    #[cfg(feature = "models")]
    pub models: Vec<Attached>,
    /// Time after which an interest counts half, by category, where it differs; sorted.
    #[cfg(feature = "models")]
    pub half_lives: Vec<(String, i64)>,
    /// What models add to the scores of offers, by campaign.
    #[cfg(feature = "models")]
    pub rank_scores: Vec<RankScore>,
    /// Campaigns that try their offers.
    #[cfg(feature = "models")]
    pub explores: Vec<Explore>,
}

/// Something to show.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Stable id.
    pub id: String,
    /// Category whose affinity ranks it.
    pub category: String,
    /// Its own weight.
    pub weight: f64,
    /// Who may see it.
    pub eligibility: Option<Rule>,
    /// Shown from then on.
    pub valid_from: Option<Timestamp>,
    /// Shown until just before then.
    pub valid_until: Option<Timestamp>,
}

/// Who sees which offers, where and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Stable id.
    pub id: String,
    /// Indexes into the bundle's placements.
    pub placements: Vec<usize>,
    /// Higher goes first.
    pub priority: i32,
    /// Who.
    pub audience: Option<Rule>,
    /// Visitors below this 32-bit bucket are kept out.
    pub holdout_below: u64,
    /// Name of its exclusion group, and the group's campaigns, sorted.
    pub exclusion: Option<(String, Vec<String>)>,
    /// Runs from then on.
    pub starts_at: Option<Timestamp>,
    /// Runs until just before then.
    pub ends_at: Option<Timestamp>,
    /// At least one.
    pub variants: Vec<Variant>,
    /// Factor of the offer's weight.
    pub rank_weight: f64,
    /// Factor of the category's affinity.
    pub rank_affinity: f64,
    /// Most offers of one category in a list; 0 for any number.
    pub per_category: u32,
    /// Frequency limits.
    pub caps: Vec<Cap>,
    /// Quiet after a dismissal; 0 for never.
    pub dismissed_ms: i64,
}

/// One arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Stable id.
    pub id: String,
    /// Share.
    pub weight: f64,
    /// Indexes into the bundle's offers.
    pub offers: Vec<usize>,
    /// Shows default content.
    pub control: bool,
    /// Out of the test.
    pub dropped: bool,
}

/// A frequency limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// 0 campaign, 1 offer, 2 placement.
    pub scope: u8,
    /// 0 session, 1 day, 2 week, 3 lifetime.
    pub per: u8,
    /// Most exposures.
    pub max: u32,
}

fn indexes(w: &mut Writer, indexes: &[usize]) {
    w.len(indexes.len());
    for index in indexes {
        w.len(*index);
    }
}

fn time(s: &mut Reader<'_>) -> Timestamp {
    Timestamp(s.int())
}

fn basis(s: &mut Reader<'_>) -> Basis {
    if s.bool() { Basis::OptOut } else { Basis::OptIn }
}

impl Offer {
    fn write(&self, w: &mut Writer) {
        w.text(&self.id);
        w.text(&self.category);
        w.f64(self.weight);
        w.option(self.eligibility.as_ref(), |w, rule| rule.write(w));
        w.option(self.valid_from, |w, at| w.int(at.0));
        w.option(self.valid_until, |w, at| w.int(at.0));
    }

    fn read(s: &mut Reader<'_>, counts: (usize, usize)) -> Self {
        Self {
            id: s.owned(),
            category: s.owned(),
            weight: s.f64(),
            eligibility: s.option(|s| Rule::read(s, counts, CONDITION_DEPTH)),
            valid_from: s.option(time),
            valid_until: s.option(time),
        }
    }
}

impl Campaign {
    fn write(&self, w: &mut Writer) {
        w.text(&self.id);
        indexes(w, &self.placements);
        w.int(self.priority.into());
        w.option(self.audience.as_ref(), |w, rule| rule.write(w));
        w.uint(self.holdout_below);
        w.option(self.exclusion.as_ref(), |w, (group, members)| {
            w.text(group);
            w.len(members.len());
            for member in members {
                w.text(member);
            }
        });
        w.option(self.starts_at, |w, at| w.int(at.0));
        w.option(self.ends_at, |w, at| w.int(at.0));
        w.len(self.variants.len());
        for variant in &self.variants {
            w.text(&variant.id);
            w.f64(variant.weight);
            indexes(w, &variant.offers);
            w.u8(u8::from(variant.control));
            w.u8(u8::from(variant.dropped));
        }
        w.f64(self.rank_weight);
        w.f64(self.rank_affinity);
        w.uint(self.per_category.into());
        w.len(self.caps.len());
        for cap in &self.caps {
            w.u8(cap.scope);
            w.u8(cap.per);
            w.uint(cap.max.into());
        }
        w.int(self.dismissed_ms);
    }

    fn read(s: &mut Reader<'_>, counts: (usize, usize), placements: usize, offers: usize) -> Self {
        Self {
            id: s.owned(),
            placements: s.list(|s| s.index(placements)),
            priority: s.int() as i32,
            audience: s.option(|s| Rule::read(s, counts, CONDITION_DEPTH)),
            holdout_below: s.uint(),
            exclusion: s.option(|s| (s.owned(), s.list(Reader::owned))),
            starts_at: s.option(time),
            ends_at: s.option(time),
            variants: s.list(|s| Variant {
                id: s.owned(),
                weight: s.f64(),
                offers: s.list(|s| s.index(offers)),
                control: s.bool(),
                dropped: s.bool(),
            }),
            rank_weight: s.f64(),
            rank_affinity: s.f64(),
            per_category: s.u32(),
            caps: s.list(|s| Cap { scope: s.u8(), per: s.u8(), max: s.u32() }),
            dismissed_ms: s.int(),
        }
    }
}

impl Bundle {
    /// Time after which interest in `category` counts half.
    #[must_use]
    #[cfg_attr(not(feature = "models"), expect(unused_variables, reason = "one for all"))]
    pub fn half_life_of(&self, category: &str) -> i64 {
        #[cfg(feature = "models")]
        if let Some((_, half_life_ms)) = self.half_lives.iter().find(|(known, _)| known == category) {
            return *half_life_ms;
        }
        self.half_life_ms
    }

    /// The bytes to sign and deliver.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.raw(&MAGIC);
        #[cfg(not(feature = "models"))]
        w.u8(u8::from(self.enabled));
        #[cfg(feature = "models")]
        w.u8(u8::from(self.enabled) | u8::from(self.has_models()) << 1);
        w.uint(self.holdout_below);
        w.text(&self.salt);
        w.u8(u8::from(self.measure_basis == Basis::OptOut));
        w.u8(u8::from(self.personalise_basis == Basis::OptOut));
        w.int(self.session_timeout_ms);
        w.text(&self.capture);
        w.int(self.utc_offset_ms);
        w.int(self.half_life_ms);
        w.len(self.affinity_weights.len());
        for (name, weight) in &self.affinity_weights {
            w.text(name);
            w.f64(*weight);
        }
        w.len(self.attributes.len());
        for name in &self.attributes {
            w.text(name);
        }
        w.len(self.audiences.len());
        for rule in &self.audiences {
            rule.write(&mut w);
        }
        w.len(self.placements.len());
        for placement in &self.placements {
            w.text(placement);
        }
        indexes(&mut w, &self.asked);
        w.len(self.offers.len());
        for offer in &self.offers {
            offer.write(&mut w);
        }
        w.len(self.campaigns.len());
        for campaign in &self.campaigns {
            campaign.write(&mut w);
        }
        w.text(&self.words);
        #[cfg(feature = "models")]
        if self.has_models() {
            w.len(self.models.len());
            for model in &self.models {
                model.write(&mut w);
            }
            w.len(self.rank_scores.len());
            for score in &self.rank_scores {
                score.write(&mut w);
            }
            w.len(self.explores.len());
            for explore in &self.explores {
                explore.write(&mut w);
            }
            w.len(self.half_lives.len());
            for (category, half_life_ms) in &self.half_lives {
                w.text(category);
                w.int(*half_life_ms);
            }
        }
        w.raw(&self.version.to_le_bytes());
        w.raw(&self.expires_at.map_or(0, |at| at.0).to_le_bytes());
        w.into_bytes()
    }

    /// Reads and checks a bundle; afterwards every index in it is good.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut s = Reader::after(&MAGIC, bytes);
        #[cfg(not(feature = "models"))]
        let enabled = s.bool();
        #[cfg(feature = "models")]
        let switch = s.index(4);
        #[cfg(feature = "models")]
        let enabled = switch & 1 == 1;
        let holdout_below = s.uint();
        let salt = s.owned();
        let measure_basis = basis(&mut s);
        let personalise_basis = basis(&mut s);
        let session_timeout_ms = s.int();
        let capture = s.owned();
        let utc_offset_ms = s.int();
        let half_life_ms = s.int();
        let affinity_weights = s.list(|s| (s.owned(), s.f64()));
        let attributes = s.list(Reader::owned);
        let mut counts = (attributes.len(), 0);
        let audiences = s.list(|s| {
            let rule = Rule::read(s, counts, CONDITION_DEPTH);
            counts.1 += 1;
            rule
        });
        let placements = s.list(Reader::owned);
        let asked = s.list(|s| s.index(placements.len()));
        let offers = s.list(|s| Offer::read(s, counts));
        let campaigns = s.list(|s| Campaign::read(s, counts, placements.len(), offers.len()));
        let words = s.owned();
        #[cfg(feature = "models")]
        let (models, rank_scores, explores, half_lives) = if switch & 2 == 2 {
            let models = s.list(|s| Attached::read(s, attributes.len()));
            let scores = s.list(|s| RankScore::read(s, campaigns.len(), &models, &offers));
            let explores = s.list(|s| Explore::read(s, campaigns.len(), attributes.len(), offers.len()));
            (models, scores, explores, s.list(|s| (s.owned(), s.int())))
        } else {
            (Vec::new(), Vec::new(), Vec::new(), Vec::new())
        };
        let version = s.u64();
        let expires_at = Some(Timestamp(s.u64() as i64)).filter(|at| at.0 != 0);
        let bundle = Self {
            version,
            expires_at,
            enabled,
            holdout_below,
            salt,
            measure_basis,
            personalise_basis,
            session_timeout_ms,
            capture,
            utc_offset_ms,
            half_life_ms,
            affinity_weights,
            attributes,
            audiences,
            placements,
            asked,
            offers,
            campaigns,
            words,
            #[cfg(feature = "models")]
            models,
            #[cfg(feature = "models")]
            rank_scores,
            #[cfg(feature = "models")]
            explores,
            #[cfg(feature = "models")]
            half_lives,
        };
        #[cfg(feature = "models")]
        if bundle.rules().any(|rule| !rule.asks_below(bundle.models.len()))
            || bundle.has_models() != (switch & 2 == 2)
            || bundle.half_lives.iter().any(|(_, half_life_ms)| *half_life_ms <= 0)
        {
            s.fail();
        }
        if bytes.len() > BUNDLE_BYTES || session_timeout_ms <= 0 || half_life_ms <= 0 {
            s.fail();
        }
        match s.finish() {
            Ok(()) => Ok(bundle),
            Err(malformed) => {
                let_go(bundle);
                Err(malformed)
            }
        }
    }
}

#[cfg(feature = "models")]
impl Bundle {
    /// Whether only a build with models can read it.
    #[must_use]
    pub fn has_models(&self) -> bool {
        let none = self.models.is_empty() && self.explores.is_empty() && self.half_lives.is_empty();
        !none || self.rules().any(Rule::has_trend)
    }

    /// All rules, wherever they are.
    fn rules(&self) -> impl Iterator<Item = &Rule> {
        let offers = self.offers.iter().filter_map(|offer| offer.eligibility.as_ref());
        let campaigns = self.campaigns.iter().filter_map(|campaign| campaign.audience.as_ref());
        self.audiences.iter().chain(offers).chain(campaigns)
    }
}
