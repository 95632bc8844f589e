//! What happened on the way to a decision: one line a step, at no cost when nobody asks.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// Steps of a decision, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Kill switch of the site.
    Site,
    /// Permission to personalise.
    Consent,
    /// Is the placement known?
    Placement,
    /// Preview of one offer.
    Override,
    /// Site-wide holdout.
    GlobalHoldout,
    /// Start and end of a campaign.
    Schedule,
    /// One campaign of a group.
    Exclusion,
    /// Who may see a campaign.
    Audience,
    /// Campaign's holdout.
    Holdout,
    /// Arm of the test.
    Variant,
    /// May this offer be shown?
    Eligibility,
    /// Frequency limits.
    Cap,
    /// Score of an offer.
    Score,
    /// Which campaign wins.
    Arbitration,
    /// An offer that was drawn, and how likely that was.
    Explore,
    /// Default content stays.
    Fallback,
}

impl Step {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Consent => "consent",
            Self::Placement => "placement",
            Self::Override => "override",
            Self::GlobalHoldout => "global_holdout",
            Self::Schedule => "schedule",
            Self::Exclusion => "exclusion",
            Self::Audience => "audience",
            Self::Holdout => "holdout",
            Self::Variant => "variant",
            Self::Eligibility => "eligibility",
            Self::Cap => "cap",
            Self::Score => "score",
            Self::Arbitration => "arbitration",
            Self::Explore => "explore",
            Self::Fallback => "fallback",
        }
    }
}

/// Told about every step; the implementation for `()` is nothing, so that deciding fast and explaining share one path.
pub trait Trace {
    /// `subject` is what the step was about (a campaign, an offer, an arm), `outcome` a stable word.
    fn step(&mut self, step: Step, subject: &str, outcome: &'static str);
    /// A step about `subject` whose outcome has a number, in millionths.
    fn number(&mut self, step: Step, subject: &str, outcome: &'static str, micros: i64);
    /// `offer` of a campaign scored this many millionths.
    fn score(&mut self, offer: &str, micros: i64) {
        self.number(Step::Score, offer, "scored", micros);
    }
    /// Whether anybody wants to know, for what must be worked out to be told.
    fn listens(&self) -> bool {
        true
    }
}

impl Trace for () {
    fn listens(&self) -> bool {
        false
    }

    fn step(&mut self, _: Step, _: &str, _: &'static str) {}
    fn number(&mut self, _: Step, _: &str, _: &'static str, _: i64) {}
}

/// One step, remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which step.
    pub step: Step,
    /// What it was about.
    pub subject: String,
    /// Stable word.
    pub outcome: &'static str,
    /// In millionths: the score of [`Step::Score`], the probability of [`Step::Explore`].
    pub score_micros: Option<i64>,
}

/// Explains if there is a list, decides if not: one compiled path for both, where size counts.
impl Trace for Option<Vec<Line>> {
    fn step(&mut self, step: Step, subject: &str, outcome: &'static str) {
        if let Some(lines) = self {
            lines.step(step, subject, outcome);
        }
    }

    fn number(&mut self, step: Step, subject: &str, outcome: &'static str, micros: i64) {
        if let Some(lines) = self {
            lines.number(step, subject, outcome, micros);
        }
    }

    fn listens(&self) -> bool {
        self.is_some()
    }
}

impl Trace for Vec<Line> {
    fn step(&mut self, step: Step, subject: &str, outcome: &'static str) {
        self.push(Line { step, subject: subject.to_owned(), outcome, score_micros: None });
    }

    fn number(&mut self, step: Step, subject: &str, outcome: &'static str, micros: i64) {
        self.push(Line { step, subject: subject.to_owned(), outcome, score_micros: Some(micros) });
    }
}
