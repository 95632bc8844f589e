//! Campaigns, audiences, offers and placements of one site as delivered to the device.
//!
//! Made from a [`crate::source::Source`] by the engine's compiler; only what runs is in it.
//! Lists refer to each other by index, checked once when the bundle is read.

use crate::consent::Basis;
use crate::limits::{BUNDLE_BYTES, CONDITION_DEPTH};
#[cfg(feature = "models")]
use crate::model::{Attached, RankScore};
use crate::time::Timestamp;
use crate::value::Value;
use crate::wire::{Malformed, Reader, Writer, let_go};
use alloc::string::String;
use alloc::vec::Vec;

/// First bytes of a bundle: `AR` and the version.
pub const MAGIC: [u8; 3] = *b"AR\x02";
/// First bytes of a signed bundle; 64 bytes of Ed25519 signature over the payload follow, then the payload.
pub const SIGNED_MAGIC: [u8; 3] = *b"AS1";
/// Bytes at the end of a payload that say when it was made and how long it is good, not what it decides: the same
/// source has the same digest without them.
pub const DATED_BYTES: usize = 16;
/// Bytes before the payload of a signed bundle.
pub const SIGNED_HEADER_BYTES: usize = SIGNED_MAGIC.len() + 64;

/// Tag of [`Rule::Score`].
#[cfg(feature = "models")]
const SCORE: u8 = 32;

/// What the engine interprets.
///
/// Models are at the end of the bytes and said in the switch's second bit, so that a build without the feature `models`
/// refuses a bundle that has any, at no cost.
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
    /// What models add to the scores of offers, by campaign.
    #[cfg(feature = "models")]
    pub rank_scores: Vec<RankScore>,
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

/// A compiled condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Every one.
    All(Vec<Rule>),
    /// At least one.
    Any(Vec<Rule>),
    /// Not one.
    None(Vec<Rule>),
    /// Count of the counter `key` (see [`crate::stored::counter_key`]) within a window (0: any age).
    Event {
        /// Counter.
        key: u64,
        /// Least age; only with a window.
        older_ms: i64,
        /// Greatest age, inclusive.
        within_ms: i64,
        /// Least.
        min: u32,
        /// Greatest.
        max: u32,
    },
    /// Index into the bundle's attributes, and the test.
    Attribute(usize, Test),
    /// Context name, and the test.
    Context(String, Test),
    /// Category and least points.
    Affinity(String, f64),
    /// Index of an earlier audience.
    Audience(usize),
    /// Sum of `value` over the counter `key` within a window, in millionths.
    Sum {
        /// Counter.
        key: u64,
        /// Greatest age, inclusive.
        within_ms: i64,
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// Events one after the other.
    Sequence {
        /// Counters in order.
        steps: Vec<u64>,
        /// The last one must not have come, though it had its time.
        absent: bool,
        /// Longest time from one to the next.
        within_ms: i64,
        /// Greatest age of the first; 0 for any.
        first_ms: i64,
    },
    /// Visitors whose bucket under this name is below the bound.
    Sample(String, u64),
    /// Bounds of a model's score, both included.
    #[cfg(feature = "models")]
    Score {
        /// Index of the model.
        model: usize,
        /// Least.
        min: f64,
        /// Greatest.
        max: f64,
    },
}

/// A compiled test: operator code and operands.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The operator.
    pub op: Op,
    /// One value, or the list of [`Op::OneOf`].
    pub values: Vec<Value>,
}

/// What a [`Test`] does; in the order of [`crate::source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Equal.
    Is,
    /// Known and not equal.
    IsNot,
    /// Equal to one.
    OneOf,
    /// Not below.
    AtLeast,
    /// Not above.
    AtMost,
    /// Above.
    MoreThan,
    /// Below.
    LessThan,
    /// Text begins with.
    StartsWith,
    /// Text contains.
    Contains,
    /// Known, or not.
    Known,
}

const OPS: [Op; 10] = [
    Op::Is,
    Op::IsNot,
    Op::OneOf,
    Op::AtLeast,
    Op::AtMost,
    Op::MoreThan,
    Op::LessThan,
    Op::StartsWith,
    Op::Contains,
    Op::Known,
];

impl Test {
    fn write(&self, w: &mut Writer) {
        w.u8(self.op as u8);
        w.len(self.values.len());
        for value in &self.values {
            w.value(value);
        }
    }

    fn read(s: &mut Reader<'_>) -> Self {
        let op = OPS.get(s.index(OPS.len())).copied().unwrap_or(Op::Known);
        Self { op, values: s.list(|s| s.value(Reader::owned)) }
    }
}

impl Rule {
    fn write(&self, w: &mut Writer) {
        let list = |w: &mut Writer, tag: u8, rules: &[Self]| {
            w.u8(tag);
            w.len(rules.len());
            for rule in rules {
                rule.write(w);
            }
        };
        match self {
            Self::All(rules) => list(w, 0, rules),
            Self::Any(rules) => list(w, 1, rules),
            Self::None(rules) => list(w, 2, rules),
            Self::Event { key, older_ms, within_ms, min, max } => {
                w.u8(3);
                w.raw(&key.to_le_bytes());
                w.int(*older_ms);
                w.int(*within_ms);
                w.uint((*min).into());
                w.uint((*max).into());
            }
            Self::Attribute(index, test) => {
                w.u8(4);
                w.len(*index);
                test.write(w);
            }
            Self::Context(name, test) => {
                w.u8(5);
                w.text(name);
                test.write(w);
            }
            Self::Affinity(category, at_least) => {
                w.u8(6);
                w.text(category);
                w.f64(*at_least);
            }
            Self::Audience(index) => {
                w.u8(7);
                w.len(*index);
            }
            Self::Sum { key, within_ms, min, max } => {
                w.u8(8);
                w.raw(&key.to_le_bytes());
                w.int(*within_ms);
                w.int(*min);
                w.int(*max);
            }
            Self::Sequence { steps, absent, within_ms, first_ms } => {
                w.u8(9);
                w.len(steps.len());
                for step in steps {
                    w.raw(&step.to_le_bytes());
                }
                w.u8(u8::from(*absent));
                w.int(*within_ms);
                w.int(*first_ms);
            }
            Self::Sample(name, below) => {
                w.u8(10);
                w.text(name);
                w.uint(*below);
            }
            #[cfg(feature = "models")]
            Self::Score { model, min, max } => {
                w.u8(SCORE);
                w.len(*model);
                w.f64(*min);
                w.f64(*max);
            }
        }
    }

    /// Reads a rule that may refer to the first `counts.0` attributes and `counts.1` audiences.
    fn read(s: &mut Reader<'_>, counts: (usize, usize), depth: usize) -> Self {
        if depth == 0 {
            s.fail();
        }
        let list = |s: &mut Reader<'_>| s.list(|s| Self::read(s, counts, depth - 1));
        match s.u8() {
            0 => Self::All(list(s)),
            1 => Self::Any(list(s)),
            2 => Self::None(list(s)),
            3 => Self::Event {
                key: s.u64(),
                older_ms: s.int(),
                within_ms: s.int(),
                min: s.u32(),
                max: s.u32(),
            },
            4 => Self::Attribute(s.index(counts.0), Test::read(s)),
            5 => Self::Context(s.owned(), Test::read(s)),
            6 => Self::Affinity(s.owned(), s.f64()),
            7 => Self::Audience(s.index(counts.1)),
            8 => Self::Sum { key: s.u64(), within_ms: s.int(), min: s.int(), max: s.int() },
            9 => Self::Sequence {
                steps: s.list(Reader::u64),
                absent: s.bool(),
                within_ms: s.int(),
                first_ms: s.int(),
            },
            10 => Self::Sample(s.owned(), s.uint()),
            #[cfg(feature = "models")]
            SCORE => Self::Score { model: s.u32() as usize, min: s.f64(), max: s.f64() },
            _ => {
                s.fail();
                Self::Any(Vec::new())
            }
        }
    }
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
    /// The bytes to sign and deliver.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.raw(&MAGIC);
        #[cfg(not(feature = "models"))]
        w.u8(u8::from(self.enabled));
        #[cfg(feature = "models")]
        w.u8(u8::from(self.enabled) | u8::from(!self.models.is_empty()) << 1);
        w.uint(self.holdout_below);
        w.text(&self.salt);
        w.u8(u8::from(self.measure_basis == Basis::OptOut));
        w.u8(u8::from(self.personalise_basis == Basis::OptOut));
        w.int(self.session_timeout_ms);
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
        if !self.models.is_empty() {
            w.len(self.models.len());
            for model in &self.models {
                model.write(&mut w);
            }
            w.len(self.rank_scores.len());
            for score in &self.rank_scores {
                score.write(&mut w);
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
        let (models, rank_scores) = if switch & 2 == 2 {
            let models = s.list(|s| Attached::read(s, attributes.len()));
            if models.is_empty() {
                s.fail();
            }
            let scores = s.list(|s| RankScore::read(s, campaigns.len(), models.len()));
            (models, scores)
        } else {
            (Vec::new(), Vec::new())
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
        };
        #[cfg(feature = "models")]
        if bundle.rules().any(|rule| !rule.asks_below(bundle.models.len())) {
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
    /// All rules, wherever they are.
    fn rules(&self) -> impl Iterator<Item = &Rule> {
        let offers = self.offers.iter().filter_map(|offer| offer.eligibility.as_ref());
        let campaigns = self.campaigns.iter().filter_map(|campaign| campaign.audience.as_ref());
        self.audiences.iter().chain(offers).chain(campaigns)
    }
}

#[cfg(feature = "models")]
impl Rule {
    /// Whether it asks only the first `models` models: they are read after it.
    fn asks_below(&self, models: usize) -> bool {
        match self {
            Self::All(rules) | Self::Any(rules) | Self::None(rules) => {
                rules.iter().all(|rule| rule.asks_below(models))
            }
            Self::Score { model, .. } => *model < models,
            _ => true,
        }
    }
}
