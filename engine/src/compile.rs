//! People's JSON → bundle. Every problem is named, never one at a time; what is fine still compiles.

#[cfg(feature = "capture")]
pub mod capture;
#[cfg(feature = "models")]
mod explore;
#[cfg(feature = "models")]
mod models;
mod rule;

use crate::bucket::below;
use attune_schema::api::Problem;
use attune_schema::bundle::{self, Bundle, Rule};
use attune_schema::limits::{BUNDLE_BYTES, CONDITION_DEPTH, COUNTER_TIMES};
#[cfg(feature = "models")]
use attune_schema::source::AffinitySettings;
use attune_schema::source::{Audience, Campaign, CampaignStatus, CapPer, CapScope, Offer, Source};
use attune_schema::time::MINUTE_MS;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Context names that rules may use: what the SDK tells about the page, the device and how the visitor came.
pub const CONTEXT: [&str; 13] = [
    "category",
    "device",
    "host",
    "hour",
    "item",
    "locale",
    "path",
    "referrer_host",
    "session_number",
    "utm_campaign",
    "utm_medium",
    "utm_source",
    "weekday",
];

/// Subject of problems that are nobody's in particular.
pub(crate) const BUNDLE: &str = "bundle";

/// Compiles `source` whole, whatever its labels say: what a server may decide by. What a device may know is made
/// by [`crate::label::publish`]. Whatever has a fatal problem is left out of the bundle, and so is what depends on
/// it.
#[must_use]
pub fn compile(source: &Source) -> (Bundle, Vec<Problem>) {
    let mut compiler = Compiler {
        source,
        problems: Vec::new(),
        audiences: BTreeMap::new(),
        rules: Vec::new(),
        #[cfg(feature = "models")]
        models: models::Models::default(),
        #[cfg(feature = "models")]
        explores: Vec::new(),
    };
    let bundle = compiler.run();
    (bundle, compiler.problems)
}

struct Compiler<'a> {
    source: &'a Source,
    problems: Vec<Problem>,
    /// Index of each audience that compiled; `None` for one that did not, or is being compiled.
    audiences: BTreeMap<&'a str, Option<usize>>,
    rules: Vec<Rule>,
    #[cfg(feature = "models")]
    models: models::Models<'a>,
    #[cfg(feature = "models")]
    explores: Vec<(&'a str, attune_schema::model::Explore)>,
}

/// Ids seen twice; the first stays.
fn repeated<'a>(ids: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    set(ids.filter(|id| !seen.insert(*id)))
}

/// A set, filled one by one: collecting sorts first, and each sort weighs kilobytes in the console.
fn set<T: Ord>(items: impl Iterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

/// By category, where it differs.
#[cfg(feature = "models")]
fn half_lives(settings: &AffinitySettings) -> Vec<(String, i64)> {
    let differing = settings.half_lives.iter().filter(|(_, span)| **span != settings.half_life);
    differing.map(|(category, span)| (category.clone(), span.as_ms().max(1))).collect()
}

/// A number in a message, by the JSON writer: the library's own would be the console's only use of it.
fn shown(number: f64) -> String {
    let text = serde_json::to_string(&number).unwrap_or_default();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

impl<'a> Compiler<'a> {
    fn problem(&mut self, subject: &str, fatal: bool, message: impl Into<String>) {
        self.problems.push(Problem { subject: subject.to_owned(), message: message.into(), fatal });
    }

    fn run(&mut self) -> Bundle {
        let source = self.source;
        self.report_repeats();
        let settings = &source.site;
        let holdout = self.percent("site settings", "holdout_percent", settings.holdout_percent);
        self.percent("site settings", "receipts_percent", settings.receipts_percent);
        for (event, weight) in &settings.affinity.weights {
            if !weight.is_finite() {
                self.problem("site settings", true, format!("affinity weight of `{event}` is not a number"));
            }
        }
        let receipts = self.percent("site settings", "page_receipts_percent", settings.page_receipts_percent);
        #[cfg(feature = "capture")]
        let capture = {
            let (capture, wrong) = capture::capture(&source.capture, receipts >> 16);
            for message in wrong {
                self.problem("capture", true, message);
            }
            capture
        };
        #[cfg(not(feature = "capture"))]
        let (capture, _) = (String::new(), receipts);
        #[cfg(feature = "models")]
        self.read_models();
        for audience in &source.audiences {
            self.audience(audience);
        }
        let mut budgets: BTreeMap<&str, u32> = BTreeMap::new();
        for placement in source.placements.iter().filter(|placement| !placement.id.is_empty()) {
            budgets.entry(&placement.id).or_insert(placement.budget_ms);
        }
        let placements: Vec<String> = budgets.keys().map(|&name| name.to_owned()).collect();

        let running: Vec<&Campaign> =
            source.campaigns.iter().filter(|c| c.status == CampaignStatus::Running).collect();
        let offered =
            running.iter().flat_map(|c| c.offers.iter().chain(c.variants.iter().flat_map(|v| &v.offers)));
        let wanted = set(offered.map(String::as_str));
        let mut offers: Vec<bundle::Offer> = Vec::new();
        let mut contents = BTreeMap::new();
        for offer in source.offers.iter().filter(|offer| wanted.contains(offer.id.as_str())) {
            if let Some(compiled) = self.offer(offer)
                && !contents.contains_key(&offer.id)
            {
                contents.insert(&offer.id, &offer.content);
                offers.push(compiled);
            }
        }
        offers.sort_unstable_by(|a, b| a.id.cmp(&b.id));

        let mut campaigns: Vec<bundle::Campaign> = Vec::new();
        let mut reasons = BTreeMap::new();
        for campaign in running {
            if let Some(compiled) = self.campaign(campaign, &placements, &offers)
                && !reasons.contains_key(&campaign.id)
            {
                reasons.insert(&campaign.id, &campaign.reason);
                campaigns.push(compiled);
            }
        }
        campaigns.sort_unstable_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));

        #[cfg(feature = "models")]
        let (models, rank_scores) = self.take_models(&campaigns, &offers);
        #[cfg(feature = "models")]
        let explores = self.take_explores(&campaigns);
        let bundle = Bundle {
            version: 0,
            expires_at: None,
            enabled: settings.enabled,
            holdout_below: holdout,
            salt: settings.salt.clone(),
            measure_basis: settings.measure_basis,
            personalise_basis: settings.personalise_basis,
            session_timeout_ms: settings.session_timeout.as_ms().max(1),
            capture,
            utc_offset_ms: i64::from(settings.utc_offset_minutes) * MINUTE_MS,
            half_life_ms: settings.affinity.half_life.as_ms().max(1),
            #[cfg(feature = "models")]
            half_lives: half_lives(&settings.affinity),
            affinity_weights: settings
                .affinity
                .weights
                .iter()
                .filter(|(_, weight)| weight.is_finite())
                .map(|(name, weight)| (name.clone(), *weight))
                .collect(),
            attributes: source.attributes.iter().map(|attribute| attribute.id.clone()).collect(),
            audiences: std::mem::take(&mut self.rules),
            placements,
            asked: Vec::new(),
            offers,
            campaigns,
            words: json!({ "budgets": budgets, "offers": contents, "reasons": reasons }).to_string(),
            #[cfg(feature = "models")]
            models,
            #[cfg(feature = "models")]
            rank_scores,
            #[cfg(feature = "models")]
            explores,
        };
        #[cfg(feature = "models")]
        let bundle = if bundle.enabled { bundle } else { models::switched_off(bundle) };
        let size = bundle.to_bytes().len();
        if size > BUNDLE_BYTES {
            self.problem(
                BUNDLE,
                true,
                format!("{size} bytes, at most {BUNDLE_BYTES}: nothing can be delivered"),
            );
        }
        bundle
    }

    fn report_repeats(&mut self) {
        let source = self.source;
        let lists = [
            ("attribute", source.attributes.iter().map(|x| x.id.as_str()).collect::<Vec<_>>()),
            ("placement", source.placements.iter().map(|x| x.id.as_str()).collect()),
            ("audience", source.audiences.iter().map(|x| x.id.as_str()).collect()),
            ("offer", source.offers.iter().map(|x| x.id.as_str()).collect()),
            ("campaign", source.campaigns.iter().map(|x| x.id.as_str()).collect()),
            #[cfg(feature = "models")]
            ("model", source.models.iter().map(|x| x.id.as_str()).collect()),
        ];
        for (kind, ids) in lists {
            if ids.iter().any(|id| id.is_empty()) {
                self.problem(kind, true, "has no id");
            }
            for id in repeated(ids.into_iter()) {
                self.problem(&format!("{kind} {id}"), true, "defined twice; the first definition counts");
            }
        }
    }

    /// A share in percent as a bucket bound; out of range is a problem and counts as the nearest bound.
    fn percent(&mut self, subject: &str, field: &str, percent: f64) -> u64 {
        if !(0.0..=100.0).contains(&percent) {
            self.problem(subject, false, format!("{field} {} is not within 0 to 100", shown(percent)));
        }
        if percent.is_nan() { 0 } else { below(percent) }
    }

    fn audience(&mut self, audience: &'a Audience) -> Option<usize> {
        if let Some(known) = self.audiences.get(audience.id.as_str()) {
            return *known;
        }
        // Marked before its rule is compiled, so that a circle ends here.
        self.audiences.insert(&audience.id, None);
        let subject = format!("audience {}", audience.id);
        let rule = self.rule(&subject, &audience.rule, CONDITION_DEPTH)?;
        let index = self.rules.len();
        self.rules.push(rule);
        self.audiences.insert(&audience.id, Some(index));
        Some(index)
    }

    fn offer(&mut self, offer: &'a Offer) -> Option<bundle::Offer> {
        let subject = format!("offer {}", offer.id);
        let before = self.problems.len();
        if !offer.weight.is_finite() {
            self.problem(&subject, true, "weight is not a number");
        }
        if offer.content.is_empty() {
            self.problem(&subject, true, "has no content in any language");
        }
        let eligibility = offer.eligibility.as_ref().map(|rule| self.rule(&subject, rule, CONDITION_DEPTH));
        if offer.valid_until.is_some_and(|until| offer.valid_from.is_some_and(|from| until <= from)) {
            self.problem(&subject, true, "is over before it begins");
        }
        (self.problems.len() == before).then(|| bundle::Offer {
            id: offer.id.clone(),
            category: offer.category.clone(),
            weight: offer.weight,
            eligibility: eligibility.flatten(),
            valid_from: offer.valid_from,
            valid_until: offer.valid_until,
        })
    }

    /// Indexes of the offers that exist; each missing one is a problem that does not stop the campaign.
    fn offers(&mut self, subject: &str, ids: &[String], offers: &[bundle::Offer]) -> Vec<usize> {
        let mut indexes = Vec::new();
        for id in ids {
            match offers.iter().position(|offer| offer.id == *id) {
                Some(index) if !indexes.contains(&index) => indexes.push(index),
                Some(_) => self.problem(subject, false, format!("lists offer `{id}` twice")),
                None if self.source.offers.iter().any(|offer| offer.id == *id) => {
                    self.problem(subject, false, format!("offer `{id}` has problems and is left out"));
                }
                None => self.problem(subject, false, format!("refers to unknown offer `{id}`")),
            }
        }
        indexes
    }

    fn campaign(
        &mut self,
        campaign: &'a Campaign,
        placements: &[String],
        offers: &[bundle::Offer],
    ) -> Option<bundle::Campaign> {
        let subject = format!("campaign {}", campaign.id);
        let fatal = |compiler: &Self, before: usize| {
            compiler.problems.get(before..).is_some_and(|new| new.iter().any(|problem| problem.fatal))
        };
        let before = self.problems.len();
        let mut places = Vec::new();
        for id in &campaign.placements {
            match placements.iter().position(|placement| placement == id) {
                Some(index) => places.push(index),
                None => self.problem(&subject, true, format!("refers to unknown placement `{id}`")),
            }
        }
        if campaign.placements.is_empty() {
            self.problem(&subject, true, "has no placement");
        }
        let audience = campaign.audience.as_ref().map(|rule| self.rule(&subject, rule, CONDITION_DEPTH));
        if campaign.ends_at.is_some_and(|end| campaign.starts_at.is_some_and(|start| end <= start)) {
            self.problem(&subject, true, "ends before it starts");
        }
        for factor in [campaign.rank.weight, campaign.rank.affinity] {
            if !factor.is_finite() {
                self.problem(&subject, true, "a ranking factor is not a number");
            }
        }
        #[cfg(feature = "models")]
        self.rank_scores(&subject, campaign);
        let own = self.offers(&subject, &campaign.offers, offers);
        let variants = self.variants(&subject, campaign, &own, offers);
        #[cfg(feature = "models")]
        {
            let mut shown: Vec<usize> = variants.iter().flat_map(|v| &v.offers).copied().collect();
            shown.sort_unstable();
            shown.dedup();
            self.explore(&subject, campaign, &shown, offers);
        }
        let caps = self.caps(&subject, campaign);
        let holdout_below = self.percent(&subject, "holdout_percent", campaign.holdout_percent);
        let exclusion = campaign.exclusion_group.as_ref().map(|group| {
            // Paused members keep their share, so that pausing one moves nobody.
            let mut members = BTreeSet::new();
            for other in &self.source.campaigns {
                if other.exclusion_group.as_ref() == Some(group) && other.status != CampaignStatus::Draft {
                    members.insert(&other.id);
                }
            }
            (group.clone(), members.into_iter().cloned().collect())
        });
        if fatal(self, before) {
            return None;
        }
        Some(bundle::Campaign {
            id: campaign.id.clone(),
            placements: places,
            priority: campaign.priority,
            audience: audience.flatten(),
            holdout_below,
            exclusion,
            starts_at: campaign.starts_at,
            ends_at: campaign.ends_at,
            variants,
            rank_weight: campaign.rank.weight,
            rank_affinity: campaign.rank.affinity,
            per_category: campaign.rank.per_category,
            caps,
            dismissed_ms: campaign.dismissed_for.map_or(0, |span| span.as_ms()),
        })
    }

    fn variants(
        &mut self,
        subject: &str,
        campaign: &Campaign,
        own: &[usize],
        offers: &[bundle::Offer],
    ) -> Vec<bundle::Variant> {
        for id in repeated(campaign.variants.iter().map(|v| v.id.as_str())) {
            self.problem(subject, true, format!("has two variants called `{id}`"));
        }
        let mut variants = Vec::new();
        for variant in &campaign.variants {
            if !variant.weight.is_finite() || variant.weight < 0.0 {
                let (id, weight) = (&variant.id, shown(variant.weight));
                let message = format!("variant `{id}` has weight {weight}, not a share");
                self.problem(subject, true, message);
            }
            let offers = if variant.offers.is_empty() {
                own.to_vec()
            } else {
                self.offers(subject, &variant.offers, offers)
            };
            if offers.is_empty() && !variant.control {
                self.problem(subject, true, format!("variant `{}` has no offers", variant.id));
            }
            variants.push(bundle::Variant {
                id: variant.id.clone(),
                weight: variant.weight,
                offers,
                control: variant.control,
                dropped: variant.dropped,
            });
        }
        if campaign.variants.is_empty() {
            if own.is_empty() {
                self.problem(subject, true, "has no offers");
            }
            let all = bundle::Variant {
                id: "all".to_owned(),
                weight: 1.0,
                offers: own.to_vec(),
                control: false,
                dropped: false,
            };
            variants.push(all);
        } else if variants.iter().all(|v| v.weight == 0.0) {
            self.problem(subject, true, "gives every variant a weight of 0");
        }
        variants
    }

    fn caps(&mut self, subject: &str, campaign: &Campaign) -> Vec<bundle::Cap> {
        let mut caps = Vec::new();
        for cap in &campaign.caps {
            if cap.max == 0 {
                self.problem(
                    subject,
                    true,
                    "a cap of 0 would never show anything: pause the campaign instead",
                );
            }
            if cap.per != CapPer::Lifetime && cap.max as usize > COUNTER_TIMES {
                let message =
                    format!("a cap of {} within a period: at most {COUNTER_TIMES} can be counted", cap.max);
                self.problem(subject, true, message);
            }
            let scope = match cap.scope {
                CapScope::Campaign => 0,
                CapScope::Offer => 1,
                CapScope::Placement => 2,
            };
            let per = match cap.per {
                CapPer::Session => 0,
                CapPer::Day => 1,
                CapPer::Week => 2,
                CapPer::Lifetime => 3,
            };
            caps.push(bundle::Cap { scope, per, max: cap.max });
        }
        caps
    }
}
