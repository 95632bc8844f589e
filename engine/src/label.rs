//! What a device may know. A rule that touches a `server-only` attribute is not put into a bundle that pages
//! load: not its attribute, not its bounds, not the rule. The placements where it counts are marked instead, and
//! pages ask the server about them.

use crate::compile::{BUNDLE, compile};
use crate::decide::Program;
use attune_schema::api::Problem;
use attune_schema::bundle::Bundle;
use attune_schema::model::InputSource;
use attune_schema::source::{Campaign, CampaignStatus, Condition, Label, Source};
use attune_schema::wire::Malformed;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// For pages.
    pub device: Bundle,
    /// For servers, where it is another one.
    pub server: Option<Bundle>,
    /// Why some placements are decided by the server.
    pub server_only: Vec<ServerOnly>,
    /// What the compiler found.
    pub problems: Vec<Problem>,
}

/// What a server decides by: for each placement the bundle that has the say there.
#[derive(Debug, Clone)]
pub struct Programs {
    /// What pages have, and decide by.
    pub device: Program,
    /// For the placements that pages ask about.
    pub server: Option<Program>,
}

impl Programs {
    /// Reads and checks both payloads.
    ///
    /// # Errors
    /// If one of them is damaged.
    pub fn load(device: &[u8], server: Option<&[u8]>) -> Result<Self, Malformed> {
        Ok(Self { device: Program::load(device)?, server: server.map(Program::load).transpose()? })
    }

    /// Whether pages ask the server about `placement`.
    #[must_use]
    pub fn asks(&self, placement: &str) -> bool {
        let bundle = &self.device.bundle;
        let name = |index: &usize| bundle.placements.get(*index).map(String::as_str);
        bundle.asked.iter().any(|index| name(index) == Some(placement))
    }

    /// What decides `placement`. Without a server's bundle the device's does, and says that it has to ask.
    #[must_use]
    pub fn of(&self, placement: &str) -> &Program {
        self.server.as_ref().filter(|_| self.asks(placement)).unwrap_or(&self.device)
    }
}

/// A campaign that no page may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerOnly {
    /// Its id.
    pub campaign: String,
    /// Where it can win, sorted.
    pub placements: Vec<String>,
    /// The attributes that its rules touch, sorted.
    pub attributes: Vec<String>,
}

/// Compiles `source`: once for pages, and once for servers where labels make a difference.
#[must_use]
pub fn publish(source: &Source) -> Published {
    let (whole, mut problems) = compile(source);
    let server_only = server_only(source);
    if server_only.is_empty() && source.attributes.iter().all(|a| a.label != Label::ServerOnly) {
        return Published { device: whole, server: None, server_only, problems };
    }
    let asked: BTreeSet<&str> =
        server_only.iter().flat_map(|campaign| &campaign.placements).map(String::as_str).collect();
    let (mut device, found) = compile(&for_device(source, &asked));
    let indexes = (0..).zip(&device.placements).filter(|(_, name)| asked.contains(name.as_str()));
    device.asked = indexes.map(|(index, _)| index).collect();
    // The whole source has every other problem as well.
    if !problems.iter().any(|problem| problem.subject == BUNDLE) {
        problems.extend(found.into_iter().filter(|problem| problem.subject == BUNDLE));
    }
    Published { device, server: Some(whole), server_only, problems }
}

/// The running campaigns that touch what a device may not know, in order of writing.
fn server_only(source: &Source) -> Vec<ServerOnly> {
    let labels = Labels::of(source);
    let running = source.campaigns.iter().filter(|campaign| campaign.status == CampaignStatus::Running);
    let touched = running.filter_map(|campaign| {
        let mut attributes = BTreeSet::new();
        labels.campaign(campaign, &mut attributes);
        (!attributes.is_empty()).then(|| ServerOnly {
            campaign: campaign.id.clone(),
            placements: campaign.placements.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
            attributes: attributes.into_iter().map(str::to_owned).collect(),
        })
    });
    touched.collect()
}

/// `source` without what a device may not know or has no use for. Campaigns that only a server decides stay as
/// names: the exclusion groups that they are members of keep their shares.
fn for_device(source: &Source, asked: &BTreeSet<&str>) -> Source {
    let labels = Labels::of(source);
    let plain = |rule: &Condition| {
        let mut attributes = BTreeSet::new();
        labels.rule(rule, &mut attributes, &mut BTreeSet::new());
        attributes.is_empty()
    };
    let mut device = source.clone();
    device.attributes.retain(|attribute| attribute.label != Label::ServerOnly);
    device.audiences.retain(|audience| plain(&audience.rule));
    device.models.retain(|model| !labels.models.contains_key(model.id.as_str()));
    device.offers.retain(|offer| offer.eligibility.as_ref().is_none_or(plain));
    for campaign in &mut device.campaigns {
        campaign.placements.retain(|placement| !asked.contains(placement.as_str()));
        if campaign.placements.is_empty() {
            let kept = Campaign {
                status: match campaign.status {
                    CampaignStatus::Running => CampaignStatus::Paused,
                    other => other,
                },
                exclusion_group: campaign.exclusion_group.take(),
                ..blank(&campaign.id)
            };
            *campaign = kept;
        }
    }
    device
}

fn blank(id: &str) -> Campaign {
    Campaign {
        id: id.to_owned(),
        name: String::new(),
        status: CampaignStatus::Draft,
        placements: Vec::new(),
        priority: 0,
        audience: None,
        holdout_percent: 0.0,
        exclusion_group: None,
        starts_at: None,
        ends_at: None,
        offers: Vec::new(),
        variants: Vec::new(),
        rank: Default::default(),
        rank_scores: BTreeMap::new(),
        explore: None,
        caps: Vec::new(),
        dismissed_for: None,
        reason: BTreeMap::new(),
    }
}

/// Which attributes, audiences and offers there are, by id; of two with one id the first counts.
struct Labels<'a> {
    hidden: BTreeSet<&'a str>,
    audiences: BTreeMap<&'a str, &'a Condition>,
    offers: BTreeMap<&'a str, &'a Condition>,
    /// The hidden attributes that a model takes, by the model's id.
    models: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Labels<'a> {
    fn of(source: &'a Source) -> Self {
        let hidden = source.attributes.iter().filter(|attribute| attribute.label == Label::ServerOnly);
        let mut audiences = BTreeMap::new();
        for audience in &source.audiences {
            audiences.entry(audience.id.as_str()).or_insert(&audience.rule);
        }
        let mut offers = BTreeMap::new();
        for offer in &source.offers {
            if let Some(rule) = &offer.eligibility {
                offers.entry(offer.id.as_str()).or_insert(rule);
            }
        }
        let hidden: BTreeSet<&str> = hidden.map(|attribute| attribute.id.as_str()).collect();
        let mut models = BTreeMap::new();
        for model in &source.models {
            let taken = model.inputs.values().filter_map(|input| match input {
                InputSource::Attribute(name) => hidden.get(name.as_str()).copied(),
                _ => None,
            });
            let taken: BTreeSet<&str> = taken.collect();
            if !taken.is_empty() {
                models.entry(model.id.as_str()).or_insert(taken);
            }
        }
        Self { hidden, audiences, offers, models }
    }

    /// Adds the hidden attributes that decide about `campaign` or its offers.
    fn campaign(&self, campaign: &'a Campaign, found: &mut BTreeSet<&'a str>) {
        let offers =
            campaign.offers.iter().chain(campaign.variants.iter().flat_map(|variant| &variant.offers));
        let eligibility = offers.filter_map(|id| self.offers.get(id.as_str()).copied());
        for rule in campaign.audience.iter().chain(eligibility) {
            self.rule(rule, found, &mut BTreeSet::new());
        }
        for model in campaign.rank_scores.keys() {
            self.model(model, found);
        }
    }

    /// Adds the hidden attributes that the model called `id` takes.
    fn model(&self, id: &str, found: &mut BTreeSet<&'a str>) {
        found.extend(self.models.get(id).into_iter().flatten());
    }

    /// `seen` are the audiences looked at: a circle is a problem that the compiler names.
    fn rule(&self, rule: &'a Condition, found: &mut BTreeSet<&'a str>, seen: &mut BTreeSet<&'a str>) {
        match rule {
            Condition::All(rules) | Condition::Any(rules) | Condition::None(rules) => {
                for rule in rules {
                    self.rule(rule, found, seen);
                }
            }
            Condition::Attribute(field) => {
                if let Some(name) = self.hidden.get(field.name.as_str()) {
                    found.insert(name);
                }
            }
            Condition::Audience(id) => {
                if let (true, Some(rule)) = (seen.insert(id), self.audiences.get(id.as_str())) {
                    self.rule(rule, found, seen);
                }
            }
            Condition::Score(score) => self.model(&score.model, found),
            Condition::Event(_)
            | Condition::Context(_)
            | Condition::Affinity(_)
            | Condition::Sum(_)
            | Condition::Sequence(_)
            | Condition::Sample(_)
            | Condition::Trend(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn source() -> Source {
        serde_json::from_value(json!({
            "site": { "holdout_percent": 0 },
            "attributes": [
                { "id": "tier" },
                { "id": "arrears_score", "label": "server-only" },
            ],
            "placements": [{ "id": "hero" }, { "id": "side" }],
            "audiences": [
                { "id": "risky", "rule": { "attribute": { "name": "arrears_score", "at_least": 417 } } },
                { "id": "risky-and-gold", "rule": { "all": [
                    { "audience": "risky" }, { "attribute": { "name": "tier", "is": "gold" } }
                ] } },
            ],
            "offers": [
                { "id": "plan", "content": { "en": { "title": "A plan" } } },
                { "id": "card", "content": { "en": { "title": "A card" } } },
                { "id": "loan", "content": { "en": { "title": "Arranged loan" } },
                  "eligibility": { "none": [{ "audience": "risky" }] } },
            ],
            "campaigns": [
                { "id": "help", "status": "running", "placements": ["hero"], "offers": ["plan"],
                  "audience": { "audience": "risky-and-gold" }, "exclusion_group": "one" },
                { "id": "cards", "status": "running", "placements": ["hero", "side"], "offers": ["card"],
                  "exclusion_group": "one" },
            ],
        }))
        .unwrap()
    }

    fn holds(bundle: &Bundle, text: &str) -> bool {
        bundle.to_bytes().windows(text.len()).any(|window| window == text.as_bytes())
    }

    #[test]
    fn a_rule_that_touches_a_hidden_attribute_is_on_the_server_only() {
        let published = publish(&source());
        assert_eq!(published.problems, []);
        let hidden = ServerOnly {
            campaign: "help".to_owned(),
            placements: vec!["hero".to_owned()],
            attributes: vec!["arrears_score".to_owned()],
        };
        assert_eq!(published.server_only, [hidden]);
        let device = &published.device;
        assert_eq!(device.asked, [0]);
        for secret in ["arrears_score", "risky", "A plan", "plan"] {
            assert!(!holds(device, secret), "{secret}");
        }
        let threshold = 417f64.to_le_bytes();
        assert!(!device.to_bytes().windows(8).any(|window| window == threshold));
        let server = published.server.unwrap();
        assert!(holds(&server, "arrears_score"));
        assert!(
            server.to_bytes().windows(8).any(|window| window == threshold),
            "as the search would find it"
        );
        assert_eq!(server.campaigns.len(), 2);
        let [cards] = device.campaigns.as_slice() else { panic!("{:?}", device.campaigns) };
        let members = vec!["cards".to_owned(), "help".to_owned()];
        assert_eq!(cards.exclusion, Some(("one".to_owned(), members)), "shares stay as they are");
    }

    #[test]
    fn eligibility_of_an_offer_counts_too() {
        let mut source = source();
        source.campaigns.remove(0);
        source.campaigns[0].offers.push("loan".to_owned());
        let published = publish(&source);
        assert_eq!(published.server_only.len(), 1);
        assert_eq!(published.device.asked, [0, 1]);
        assert!(published.device.campaigns.is_empty());
        assert!(!holds(&published.device, "Arranged loan"));
    }

    #[test]
    fn a_model_that_takes_a_hidden_attribute_is_on_the_server_only() {
        let mut source = source();
        source.campaigns.remove(0);
        source.models = serde_json::from_value(json!([
            { "id": "risk", "data": "", "inputs": { "score": { "attribute": "arrears_score" } } },
            { "id": "taste", "data": "", "inputs": { "tier": { "attribute": "tier" } } },
        ]))
        .unwrap();
        source.campaigns[0].rank_scores.insert("taste".to_owned(), 1.0);
        assert!(publish(&source).server_only.is_empty());
        source.campaigns[0].rank_scores.insert("risk".to_owned(), 1.0);
        assert_eq!(publish(&source).server_only[0].attributes, ["arrears_score"]);
        source.campaigns[0].rank_scores.clear();
        source.campaigns[0].audience =
            serde_json::from_value(json!({ "score": { "model": "risk", "at_least": 1 } })).unwrap();
        let published = publish(&source);
        assert_eq!(published.server_only[0].placements, ["hero", "side"]);
        assert_eq!(published.device.asked, [0, 1]);
    }

    #[test]
    fn what_nobody_uses_is_not_asked_about() {
        let mut source = source();
        source.campaigns.remove(0);
        let published = publish(&source);
        assert_eq!((published.server_only, published.device.asked.as_slice()), (vec![], &[][..]));
        assert!(!holds(&published.device, "arrears_score"));
        source.attributes.remove(1);
        source.audiences.clear();
        source.offers.truncate(2);
        assert_eq!(publish(&source).server, None);
    }

    #[test]
    fn audiences_in_a_circle_are_a_problem_and_no_loop() {
        let mut source = source();
        source.audiences[0].rule = Condition::Audience("risky-and-gold".to_owned());
        let published = publish(&source);
        assert!(!published.problems.is_empty());
    }
}
