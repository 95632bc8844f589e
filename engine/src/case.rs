//! One decision from JSON: how the decision specification, the command line, the API and the preview ask.
//!
//! The visitor is described by what happened, not by engine internals, so that a marketer can read a case.

use crate::compile::compile;
use crate::decide::{Decision, Input, Program, decide};
use crate::explain::{Line, Trace};
use crate::profile;
use crate::session;
use attune_schema::api::Problem;
use attune_schema::consent::Consent;
use attune_schema::id::{SessionId, VisitorId};
use attune_schema::source::Source;
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A visitor and a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The placement.
    pub placement: String,
    /// Decision time.
    pub now: Timestamp,
    /// Who; hashed unless a UUID.
    #[serde(default)]
    pub visitor: String,
    /// What the visitor did, in order of recording.
    #[serde(default)]
    pub events: Vec<Happened>,
    /// What is known about the visitor.
    #[serde(default)]
    pub attributes: BTreeMap<String, Value>,
    /// The page, device and campaign tags of this view.
    #[serde(default)]
    pub context: BTreeMap<String, Value>,
    /// The visitor's answers.
    #[serde(default)]
    pub consent: Consent,
    /// Decided in this page and neither exposed nor released: `["campaign", "summer"]`.
    #[serde(default)]
    pub reserved: Vec<(String, String)>,
    /// Most offers wanted.
    #[serde(default = "one")]
    pub limit: usize,
    /// Preview: this offer, whatever the rules say.
    #[serde(default)]
    pub force: Option<String>,
    /// Random draw for exploration.
    #[serde(default)]
    pub draw: u64,
}

fn one() -> usize {
    1
}

/// One thing the visitor did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happened {
    /// Event name.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// How often at that time; once if absent.
    #[serde(default = "once")]
    pub times: u32,
    /// Details.
    #[serde(default)]
    pub properties: BTreeMap<String, Value>,
}

fn once() -> u32 {
    1
}

/// A decision with everything around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// What happened on the way.
    pub explanation: Vec<Line>,
    /// What the compiler found.
    pub problems: Vec<Problem>,
}

impl Case {
    /// The visitor's profile as the device would have kept it.
    #[must_use]
    pub fn profile(&self, program: &Program) -> Profile {
        let mut kept = Profile { visitor: self.unit(), ..Profile::default() };
        for (name, value) in &self.attributes {
            profile::set_attribute(&mut kept, name, value.clone());
        }
        for happened in &self.events {
            let properties: Vec<(String, Value)> =
                happened.properties.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            for _ in 0..happened.times {
                session::touch(&mut kept, happened.at, program.bundle.session_timeout_ms, SessionId(1));
                profile::apply(&mut kept, &program.bundle, &happened.name, happened.at, &properties);
            }
        }
        kept
    }

    /// Who is assigned.
    #[must_use]
    pub fn unit(&self) -> VisitorId {
        VisitorId::from_text(&self.visitor)
    }

    /// Decides by `program`.
    #[must_use]
    pub fn decide(&self, program: &Program) -> (Decision, Vec<Line>) {
        let mut lines = Vec::new();
        let decision = self.decide_for(program, &self.profile(program), &mut lines);
        (decision, lines)
    }

    /// Decides by `program` for a visitor with this `profile`, whatever else the case says of events and
    /// attributes.
    pub fn decide_for(&self, program: &Program, profile: &Profile, trace: &mut impl Trace) -> Decision {
        let context: Vec<(String, Value)> =
            self.context.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let input = Input {
            placement: &self.placement,
            now: self.now,
            unit: profile.visitor,
            profile,
            consent: self.consent,
            context: &context,
            reserved: &self.reserved,
            limit: self.limit,
            force: self.force.as_deref(),
            draw: self.draw,
        };
        decide(program, input, trace)
    }
}

/// Compiles `source` and decides `case` by it.
pub fn answer(source: &Source, case: &Case) -> Result<Answer, attune_schema::wire::Malformed> {
    let (bundle, problems) = compile(source);
    let program = Program::load(&bundle.to_bytes())?;
    let (decision, explanation) = case.decide(&program);
    Ok(Answer { decision, explanation, problems })
}
