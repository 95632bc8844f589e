//! Decisions for those who have no page: the same engine, the same answer. Pure.
//!
//! One form of question for `POST /v1/decide` and `attune decide`, and one form of answer: for a single placement
//! the decision's canonical JSON and nothing else, which is what the SDK gives for the same input.

pub mod question;
pub mod receipt;
pub mod token;

pub use question::{Question, Unfit};

use attune_engine::decide::Program;
use attune_engine::explain::Line;
use attune_engine::json;
use attune_engine::label::{Programs, ServerOnly};
use attune_engine::words::{self, Lang};
use attune_schema::source::{Label, Source};
use attune_schema::stored::Profile;
use attune_schema::value::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// On whose word a question is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authority {
    /// A page's: it has a public key, which everybody has. It learns nothing that its bundle does not say.
    Page,
    /// A signed profile token: the company's server said who it is.
    Person,
    /// The company's server itself.
    Server,
}

/// What a site decides by on a server.
#[derive(Debug)]
pub struct Deciding {
    /// The bundles.
    pub programs: Programs,
    /// Attributes that no page may know.
    hidden: BTreeSet<String>,
    /// Declared attributes.
    declared: BTreeSet<String>,
    /// Content of offers by id, as JSON: fields by language.
    contents: BTreeMap<String, Box<RawValue>>,
    /// Why some placements are decided here.
    pub server_only: Vec<ServerOnly>,
}

/// The part of a bundle's words that is about offers.
#[derive(serde::Deserialize)]
struct Words {
    #[serde(default)]
    offers: BTreeMap<String, Box<RawValue>>,
}

impl Deciding {
    /// Takes over the `programs` that `source` was compiled to.
    #[must_use]
    pub fn new(programs: Programs, source: &Source, server_only: Vec<ServerOnly>) -> Self {
        let hidden = source.attributes.iter().filter(|attribute| attribute.label == Label::ServerOnly);
        Self {
            hidden: hidden.map(|attribute| attribute.id.clone()).collect(),
            declared: source.attributes.iter().map(|attribute| attribute.id.clone()).collect(),
            ..Self::of_bundles(programs, server_only)
        }
    }

    /// Without a source: whoever asks may say anything of the visitor.
    #[must_use]
    pub fn of_bundles(programs: Programs, server_only: Vec<ServerOnly>) -> Self {
        let words = &programs.server.as_ref().unwrap_or(&programs.device).bundle.words;
        let contents = serde_json::from_str::<Words>(words).map(|words| words.offers).unwrap_or_default();
        Self { programs, hidden: BTreeSet::new(), declared: BTreeSet::new(), contents, server_only }
    }

    /// Whether `name` is a declared attribute.
    #[must_use]
    pub fn declares(&self, name: &str) -> bool {
        self.declared.contains(name)
    }

    /// Whether somebody's stored attributes count for one of these placements.
    #[must_use]
    pub fn wants_stored(&self, placements: &[String]) -> bool {
        placements.iter().any(|placement| self.programs.asks(placement))
    }

    /// Takes out of `question` what its sender may not claim: what only the server may know is not for everybody to try
    /// out. What a token says comes after that.
    ///
    /// # Errors
    /// If the profile that the question holds does not read.
    pub fn disregard_claims(&self, question: &mut Question) -> Result<(), Unfit> {
        question.attributes.retain(|name, _| !self.hidden.contains(name));
        if let Some(mut profile) = question.profile()? {
            let before = profile.attributes.len();
            profile.attributes.retain(|(name, _)| !self.hidden.contains(name));
            // Otherwise the bytes, and with them the decision's id, stay those of the page.
            if profile.attributes.len() < before {
                question.set_profile(&profile);
            }
        }
        Ok(())
    }

    /// Answers `question`. `stored` is what is known here about the person, and counts only where the server has the
    /// say: elsewhere the answer is the page's own.
    ///
    /// # Errors
    /// If the profile that the question holds does not read.
    pub fn answer(
        &self,
        question: &Question,
        authority: Authority,
        stored: &BTreeMap<String, Value>,
    ) -> Result<String, Unfit> {
        let mut so_far = SoFar { reserved: question.reserved.clone(), profiles: [None, None] };
        let mut answers = Vec::new();
        for placement in question.wanted() {
            answers.push(self.one(question, placement, authority, stored, &mut so_far)?);
        }
        Ok(match (question.placement.is_some(), answers.as_slice()) {
            (true, [only]) => only.clone(),
            _ => format!("{{\"decisions\":[{}]}}", answers.join(",")),
        })
    }

    fn one(
        &self,
        question: &Question,
        placement: &str,
        authority: Authority,
        stored: &BTreeMap<String, Value>,
        so_far: &mut SoFar,
    ) -> Result<String, Unfit> {
        let asked = self.programs.asks(placement);
        let program = self.programs.of(placement);
        let SoFar { reserved, profiles } = so_far;
        let mut case = question.view(placement, reserved);
        let open = authority == Authority::Server || !asked;
        if !open {
            case.force = None;
        }
        let slot = &mut profiles[usize::from(asked)];
        if slot.is_none() {
            let known = (asked && authority > Authority::Page).then_some(stored);
            *slot = Some(self.profile(question, known, program)?);
        }
        let profile = slot.get_or_insert_default();
        let mut lines = (question.explain && open).then(Vec::new);
        let decision = case.decide_for(program, profile, &mut lines);
        if let (Some(campaign), [first, ..]) = (&decision.campaign, decision.offers.as_slice()) {
            for (facet, value) in
                [("campaign", campaign), ("offer", &first.offer), ("placement", &case.placement)]
            {
                reserved.push((facet.to_owned(), value.clone()));
            }
        }
        let json = json::decision(&decision);
        if lines.is_none() && !question.content {
            return Ok(json);
        }
        let mut answer = format!("{{\"decision\":{json}");
        if let Some(lines) = &lines {
            let told = sentences(lines, Lang::of(&question.lang));
            answer.push_str(&format!(",\"explanation\":{},\"told\":{told}", json::explanation(lines)));
        }
        if question.content {
            let shown = decision.offers.iter().filter_map(|choice| {
                let content = self.contents.get(&choice.offer)?;
                Some(format!("{}:{}", serde_json::Value::from(choice.offer.as_str()), content.get()))
            });
            answer.push_str(&format!(",\"content\":{{{}}}", shown.collect::<Vec<_>>().join(",")));
        }
        answer.push('}');
        Ok(answer)
    }

    /// The profile that the question holds, else what its events make. What is `stored` is added to either, where the
    /// question does not say otherwise.
    fn profile(
        &self,
        question: &Question,
        stored: Option<&BTreeMap<String, Value>>,
        program: &Program,
    ) -> Result<Profile, Unfit> {
        let mut case = question.case("", &[]);
        let stored = stored.into_iter().flatten().filter(|(name, _)| self.declared.contains(*name));
        for (name, value) in stored {
            case.attributes.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let Some(mut profile) = question.profile()? else { return Ok(case.profile(program)) };
        // Without any the bytes, and so the decision's id, are those of the page.
        for (name, value) in &case.attributes {
            attune_engine::profile::set_attribute(&mut profile, name, value.clone());
        }
        Ok(profile)
    }
}

/// What the placements of one question share.
struct SoFar {
    /// What earlier ones will show.
    reserved: Vec<(String, String)>,
    /// The visitor as pages know them, and as the server does: made once, because it may take thousands of events.
    profiles: [Option<Profile>; 2],
}

/// Every step as a JSON list of sentences.
#[must_use]
pub fn sentences(lines: &[Line], lang: Lang) -> String {
    let told = lines.iter().map(|line| words::sentence(line, lang));
    serde_json::Value::from(told.collect::<Vec<_>>()).to_string()
}
