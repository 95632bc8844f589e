//! People's JSON → bundle. Every problem is named, never one at a time; what is fine still compiles.

#[cfg(feature = "models")]
mod models;

use crate::bucket::below;
use crate::math::to_micros;
use attune_schema::api::Problem;
use attune_schema::bundle::{self, Bundle, Op, Rule};
use attune_schema::event::FACETS;
use attune_schema::limits::{BUNDLE_BYTES, CONDITION_DEPTH, COUNTER_TIMES};
use attune_schema::source::{
    Audience, Campaign, CampaignStatus, CapPer, CapScope, Condition, EventCondition, FieldCondition, Offer,
    SequenceCondition, Source, SumCondition, Test,
};
use attune_schema::stored::counter_key;
use attune_schema::time::MINUTE_MS;
use attune_schema::value::Value;
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

/// Steps of a sequence.
const STEPS: std::ops::RangeInclusive<usize> = 2..=8;

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
        for (event, weight) in &settings.affinity.weights {
            if !weight.is_finite() {
                self.problem("site settings", true, format!("affinity weight of `{event}` is not a number"));
            }
        }
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
        let (models, rank_scores) = self.take_models(&campaigns);
        let bundle = Bundle {
            version: 0,
            expires_at: None,
            enabled: settings.enabled,
            holdout_below: holdout,
            salt: settings.salt.clone(),
            measure_basis: settings.measure_basis,
            personalise_basis: settings.personalise_basis,
            session_timeout_ms: settings.session_timeout.as_ms().max(1),
            utc_offset_ms: i64::from(settings.utc_offset_minutes) * MINUTE_MS,
            half_life_ms: settings.affinity.half_life.as_ms().max(1),
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

    fn rules(&mut self, subject: &str, rules: &'a [Condition], depth: usize) -> Option<Vec<Rule>> {
        // All of them, so that every problem is found.
        let compiled: Vec<Option<Rule>> = rules.iter().map(|rule| self.rule(subject, rule, depth)).collect();
        compiled.into_iter().collect()
    }

    fn rule(&mut self, subject: &str, condition: &'a Condition, depth: usize) -> Option<Rule> {
        let Some(depth) = depth.checked_sub(1) else {
            self.problem(subject, true, format!("conditions are nested deeper than {CONDITION_DEPTH}"));
            return None;
        };
        match condition {
            Condition::All(rules) => self.rules(subject, rules, depth).map(Rule::All),
            Condition::Any(rules) => self.rules(subject, rules, depth).map(Rule::Any),
            Condition::None(rules) => self.rules(subject, rules, depth).map(Rule::None),
            Condition::Event(event) => self.event(subject, event),
            Condition::Attribute(field) => self.attribute(subject, field),
            Condition::Context(field) => {
                let test = self.test(subject, field);
                if !CONTEXT.contains(&field.name.as_str()) {
                    let known = CONTEXT.join(", ");
                    self.problem(
                        subject,
                        true,
                        format!("unknown context `{}`; known are {known}", field.name),
                    );
                    return None;
                }
                Some(Rule::Context(field.name.clone(), test?))
            }
            Condition::Affinity(affinity) => {
                if !affinity.at_least.is_finite() {
                    self.problem(
                        subject,
                        true,
                        format!("affinity for `{}` is not a number", affinity.category),
                    );
                    return None;
                }
                Some(Rule::Affinity(affinity.category.clone(), affinity.at_least))
            }
            Condition::Audience(id) => {
                let Some(audience) = self.source.audiences.iter().find(|audience| audience.id == *id) else {
                    self.problem(subject, true, format!("refers to unknown audience `{id}`"));
                    return None;
                };
                let index = self.audience(audience);
                if index.is_none() {
                    self.problem(subject, true, format!("audience `{id}` has problems or refers to itself"));
                }
                index.map(Rule::Audience)
            }
            Condition::Sum(sum) => self.sum(subject, sum),
            Condition::Sequence(sequence) => self.sequence(subject, sequence),
            Condition::Sample(sample) => {
                if sample.name.is_empty() {
                    self.problem(subject, true, "a sample has no name");
                    return None;
                }
                let below = self.percent(subject, "percent of a sample", sample.percent);
                Some(Rule::Sample(format!("sample:{}", sample.name), below))
            }
            #[cfg(feature = "models")]
            Condition::Score(score) => self.score(subject, score),
            #[cfg(not(feature = "models"))]
            Condition::Score(score) => {
                self.problem(subject, true, format!("model `{}` is not asked here", score.model));
                None
            }
        }
    }

    fn event(&mut self, subject: &str, event: &EventCondition) -> Option<Rule> {
        let before = self.problems.len();
        let name = &event.name;
        let key = self.counter(subject, name, &event.filter);
        let min = event.at_least.unwrap_or(if event.at_most.is_some() { 0 } else { 1 });
        let max = event.at_most.unwrap_or(u32::MAX);
        if min > max {
            self.problem(subject, true, format!("event `{name}`: at_least {min} is above at_most {max}"));
        }
        let kept = COUNTER_TIMES as u32;
        if event.within.is_some() && (min > kept || (max != u32::MAX && max >= kept)) {
            self.problem(subject, true, format!("event `{name}`: counts within a window go up to {kept}"));
        }
        if event.older_than.is_some_and(|older| event.within.is_none_or(|within| within <= older)) {
            self.problem(subject, true, format!("event `{name}`: older_than needs a longer within"));
        }
        (self.problems.len() == before).then(|| Rule::Event {
            key,
            older_ms: event.older_than.map_or(0, |span| span.as_ms()),
            within_ms: event.within.map_or(0, |span| span.as_ms()),
            min,
            max,
        })
    }

    /// The counter that an event, perhaps with one property, is kept under.
    fn counter(&mut self, subject: &str, name: &str, filter: &BTreeMap<String, String>) -> u64 {
        if name.is_empty() {
            self.problem(subject, true, "an event condition has no name");
        }
        if filter.len() > 1 {
            self.problem(subject, true, format!("event `{name}` is filtered by more than one property"));
        }
        let facet = filter.iter().next();
        if let Some((facet, _)) = facet
            && !FACETS.contains(&facet.as_str())
        {
            let known = FACETS.join(", ");
            let message = format!("event `{name}` cannot be filtered by `{facet}`; known are {known}");
            self.problem(subject, true, message);
        }
        counter_key(name, facet.map(|(facet, value)| (facet.as_str(), value.as_str())))
    }

    fn sum(&mut self, subject: &str, sum: &SumCondition) -> Option<Rule> {
        let before = self.problems.len();
        let name = &sum.name;
        let key = self.counter(subject, name, &sum.filter);
        let (least, most) = (sum.at_least, sum.at_most);
        if least.is_none() && most.is_none() {
            self.problem(subject, true, format!("sum of `{name}`: neither at_least nor at_most is given"));
        }
        let (min, max) = (least.unwrap_or(f64::MIN), most.unwrap_or(f64::MAX));
        if min > max {
            let message = format!("sum of `{name}`: at_least {} is above at_most {}", shown(min), shown(max));
            self.problem(subject, true, message);
        }
        let within_ms = sum.within.as_ms();
        (self.problems.len() == before).then(|| Rule::Sum {
            key,
            within_ms,
            min: to_micros(min),
            max: to_micros(max),
        })
    }

    fn sequence(&mut self, subject: &str, sequence: &SequenceCondition) -> Option<Rule> {
        let before = self.problems.len();
        let count = sequence.steps.len();
        if !STEPS.contains(&count) {
            let message =
                format!("a sequence of {count} steps: it takes {} to {}", STEPS.start(), STEPS.end());
            self.problem(subject, true, message);
        }
        let absent = sequence.steps.iter().position(|step| step.absent);
        if let Some(index) = absent.filter(|index| index + 1 != count) {
            self.problem(
                subject,
                true,
                format!("step {} of a sequence is absent: only the last can be", index + 1),
            );
        }
        let steps =
            sequence.steps.iter().map(|step| self.counter(subject, &step.name, &step.filter)).collect();
        (self.problems.len() == before).then(|| Rule::Sequence {
            steps,
            absent: absent.is_some(),
            within_ms: sequence.within.as_ms(),
            first_ms: sequence.first_within.map_or(0, |span| span.as_ms()),
        })
    }

    fn attribute(&mut self, subject: &str, field: &FieldCondition) -> Option<Rule> {
        let test = self.test(subject, field);
        let index = self.source.attributes.iter().position(|attribute| attribute.id == field.name);
        if index.is_none() {
            self.problem(subject, true, format!("refers to unknown attribute `{}`", field.name));
        }
        Some(Rule::Attribute(index?, test?))
    }

    fn test(&mut self, subject: &str, field: &FieldCondition) -> Option<bundle::Test> {
        let one = |op, value: &Value| bundle::Test { op, values: vec![value.clone()] };
        let text = |op, value: &str| bundle::Test { op, values: vec![value.into()] };
        let test = match &field.test {
            Test::Is(value) => one(Op::Is, value),
            Test::IsNot(value) => one(Op::IsNot, value),
            Test::OneOf(values) => bundle::Test { op: Op::OneOf, values: values.clone() },
            Test::AtLeast(value) => one(Op::AtLeast, value),
            Test::AtMost(value) => one(Op::AtMost, value),
            Test::MoreThan(value) => one(Op::MoreThan, value),
            Test::LessThan(value) => one(Op::LessThan, value),
            Test::StartsWith(part) => text(Op::StartsWith, part),
            Test::Contains(part) => text(Op::Contains, part),
            Test::Known(known) => one(Op::Known, &Value::Bool(*known)),
        };
        if test.values.is_empty() {
            self.problem(subject, true, format!("`{}` is compared with an empty list", field.name));
            return None;
        }
        Some(test)
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
