//! What a persona would see, by the very engine that runs in visitors' browsers.

use crate::text;
use attune_engine::case::{Answer, Case, Happened, answer};
use attune_schema::consent::{Consent, Grant};
use attune_schema::source::{Campaign, CampaignStatus, Offer, Source};
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use std::collections::BTreeMap;

/// Something the persona did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Event name.
    pub name: String,
    /// One property, or empty.
    pub property: String,
    /// Its value.
    pub value: String,
    /// How often.
    pub times: u32,
    /// Minutes before the decision.
    pub minutes_ago: u32,
}

/// An invented visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    /// Visitor id: decides holdouts and variants.
    pub visitor: String,
    /// What happened, oldest first.
    pub deeds: Vec<Deed>,
    /// Attributes, one `name = value` a line.
    pub attributes: String,
    /// Context besides device and locale, one `name = value` a line.
    pub context: String,
    /// Device.
    pub device: String,
    /// Language.
    pub locale: String,
    /// Answer to personalisation.
    pub personalise: Grant,
    /// The placement asked about; the campaign's first if empty.
    pub placement: String,
}

impl Default for Persona {
    fn default() -> Self {
        Self {
            visitor: "persona-1".to_owned(),
            deeds: vec![Deed {
                name: "item_viewed".to_owned(),
                property: "category".to_owned(),
                value: "travel".to_owned(),
                times: 2,
                minutes_ago: 30,
            }],
            attributes: String::new(),
            context: String::new(),
            device: "mobile".to_owned(),
            locale: "en".to_owned(),
            personalise: Grant::Granted,
            placement: String::new(),
        }
    }
}

/// Lines of `name = value` (or `name: value`); others are left out.
#[must_use]
pub fn assignments(lines: &str) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for line in lines.lines() {
        if let Some((name, value)) = line.split_once('=').or_else(|| line.split_once(':'))
            && !name.trim().is_empty()
        {
            values.insert(name.trim().to_owned(), text::value(value));
        }
    }
    values
}

impl Persona {
    /// The question the engine is asked.
    #[must_use]
    pub fn case(&self, placement: &str, now: Timestamp) -> Case {
        let mut context = assignments(&self.context);
        for (name, value) in [("device", &self.device), ("locale", &self.locale)] {
            if !value.is_empty() {
                context.insert(name.to_owned(), Value::Text(value.clone()));
            }
        }
        let deeds = text::sorted(self.deeds.clone(), |deed| core::cmp::Reverse(deed.minutes_ago));
        Case {
            placement: placement.to_owned(),
            now,
            visitor: self.visitor.clone(),
            events: deeds.iter().map(|deed| happened(deed, now)).collect(),
            attributes: assignments(&self.attributes),
            context,
            consent: Consent { personalise: self.personalise, ..Consent::ALL },
            reserved: Vec::new(),
            limit: 1,
            force: None,
            draw: 0,
        }
    }
}

fn happened(deed: &Deed, now: Timestamp) -> Happened {
    let mut properties = BTreeMap::new();
    if !deed.property.is_empty() {
        properties.insert(deed.property.clone(), text::value(&deed.value));
    }
    Happened {
        name: deed.name.clone(),
        at: now.plus_ms(-60_000 * i64::from(deed.minutes_ago)),
        times: deed.times.min(500),
        properties,
    }
}

/// The source as it would be if `campaign` were saved and running.
#[must_use]
pub fn with_campaign(source: &Source, campaign: &Campaign) -> Source {
    let mut source = source.clone();
    source.campaigns.retain(|known| known.id != campaign.id);
    source.campaigns.push(Campaign { status: CampaignStatus::Running, ..campaign.clone() });
    source
}

/// What the persona would see where `campaign` wants to be.
#[must_use]
pub fn preview(source: &Source, campaign: &Campaign, persona: &Persona, now: Timestamp) -> Option<Answer> {
    let first = campaign.placements.first().map(String::as_str).unwrap_or_default();
    let placement = if persona.placement.is_empty() { first } else { &persona.placement };
    answer(&with_campaign(source, campaign), &persona.case(placement, now)).ok()
}

/// Content of an offer in `locale`, else English, else whatever there is.
#[must_use]
pub fn content<'a>(offer: &'a Offer, locale: &str) -> Option<&'a BTreeMap<String, String>> {
    let language = locale.split('-').next().unwrap_or_default();
    [locale, language, "en"]
        .iter()
        .find_map(|wanted| offer.content.get(*wanted))
        .or_else(|| offer.content.values().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_engine::Reason;
    use attune_schema::source::{Condition, Placement};

    fn source() -> Source {
        let offer = |id: &str| Offer {
            id: id.into(),
            name: String::new(),
            category: "travel".into(),
            weight: 1.0,
            eligibility: None,
            valid_from: None,
            valid_until: None,
            content: BTreeMap::from([("en".into(), BTreeMap::from([("title".into(), id.into())]))]),
        };
        let mut source = Source {
            placements: vec![Placement { id: "hero".into(), name: String::new(), budget_ms: 1_000 }],
            offers: vec![offer("miles")],
            ..Source::default()
        };
        source.site.holdout_percent = 0.0;
        source
    }

    fn campaign() -> Campaign {
        serde_json::from_str(
            r#"{"id":"travel","placements":["hero"],"offers":["miles"],
                "audience":{"event":{"name":"item_viewed","where":{"category":"travel"},"at_least":2}}}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_draft_is_previewed_as_if_it_ran() {
        let persona = Persona::default();
        let seen = preview(&source(), &campaign(), &persona, Timestamp(1_700_000_000_000)).unwrap();
        assert_eq!(seen.decision.reason, Reason::Matched);
        assert_eq!(seen.decision.offers[0].offer, "miles");
        assert!(!seen.explanation.is_empty());

        let refused = Persona { personalise: Grant::Denied, ..persona.clone() };
        let seen = preview(&source(), &campaign(), &refused, Timestamp(0)).unwrap();
        assert_eq!(seen.decision.reason, Reason::NoConsent);

        let stranger = Persona { deeds: vec![], ..persona };
        let seen = preview(&source(), &campaign(), &stranger, Timestamp(0)).unwrap();
        assert_eq!(seen.decision.reason, Reason::Fallback);
    }

    #[test]
    fn problems_come_with_the_answer() {
        let mut broken = campaign();
        broken.audience = Some(Condition::Audience("nobody".into()));
        let seen = preview(&source(), &broken, &Persona::default(), Timestamp(0)).unwrap();
        assert!(seen.problems.iter().any(|problem| problem.fatal && problem.subject == "campaign travel"));
    }

    #[test]
    fn lines_are_read_as_typed_values() {
        let read = assignments("grade = vip\n age: 41\nnonsense\n = 3\nactive=true");
        assert_eq!(read.len(), 3);
        assert_eq!(read.get("age"), Some(&Value::Number(41.0)));
    }

    #[test]
    fn content_falls_back_to_a_language_there_is() {
        let source = source();
        let title = |locale| content(&source.offers[0], locale).and_then(|c| c.get("title")).cloned();
        assert_eq!(title("ko-KR"), Some("miles".to_owned()));
    }
}
