//! Decisions that pages made, with what they were made of: made again here, and compared. Pure.

use crate::decide::Question;
use attune_engine::bucket::below;
use attune_engine::decide::{Program, decide};
use attune_engine::json;
use attune_engine::question::Asked;
use attune_schema::consent::Grant;
use attune_schema::id::VisitorId;
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Receipts of one request.
pub const MOST: usize = 20;

/// What a page sends.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageReceipts {
    /// Public site key.
    pub site: String,
    /// Version of the engine that decided.
    pub engine: String,
    /// At most 20.
    #[schema(max_items = 20)]
    pub receipts: Vec<PageReceipt>,
}

/// One decision of a page.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageReceipt {
    /// What was asked, in base 64: see `engine/src/question.rs`.
    pub question: String,
    /// The profile as the decision saw it, in base 64.
    pub profile: String,
    /// The decision, as the page made it.
    pub output: String,
    /// Every step on the page: told where the answer to the first sending was `differs`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    pub steps: Option<Box<RawValue>>,
}

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptVerdict {
    /// Made again, it came out the same.
    Same,
    /// It came out otherwise.
    Differs,
    /// The page decided by a bundle that is no longer kept.
    UnknownBundle,
    /// It came out otherwise, and the page has another version of the engine.
    OtherEngine,
    /// Not of a visitor of the sample who granted measuring and personalising.
    Refused,
    /// Not a receipt.
    Unreadable,
}

/// A receipt that reads.
#[derive(Debug)]
pub struct Read<'a> {
    asked: Asked<'a>,
    profile: Profile,
    output: &'a str,
}

/// A receipt's bytes.
#[derive(Debug)]
pub struct Bytes {
    question: Vec<u8>,
    profile: Vec<u8>,
}

impl PageReceipt {
    /// Unpacks it; nothing if it is not base 64.
    #[must_use]
    pub fn bytes(&self) -> Option<Bytes> {
        let bytes = |text: &String| BASE64_STANDARD.decode(text).ok();
        Some(Bytes { question: bytes(&self.question)?, profile: bytes(&self.profile)? })
    }
}

/// Whether a page sends receipts of this visitor, of a share of `percent`: by the last 16 bits of the id, which are drawn
/// in every kind of UUID. `js/main.js` asks the same.
#[must_use]
pub fn is_sampled(percent: f64, visitor: VisitorId) -> bool {
    (visitor.0 & 0xffff) < u128::from(below(percent) >> 16)
}

impl<'a> Read<'a> {
    /// Reads `receipt`, whose bytes these are; nothing if its parts do not belong together.
    #[must_use]
    pub fn new(receipt: &'a PageReceipt, bytes: &'a Bytes) -> Option<Self> {
        let asked = Asked::read(&bytes.question).ok()?;
        let profile = Profile::from_bytes(&bytes.profile).ok()?;
        let own = asked.unit == profile.visitor && asked.profile == (profile.visitor, profile.revision);
        own.then_some(Self { asked, profile, output: &receipt.output })
    }

    /// Digest of the bundle that decided.
    #[must_use]
    pub fn bundle(&self) -> u128 {
        self.asked.bundle
    }

    /// Who saw it.
    #[must_use]
    pub fn visitor(&self) -> VisitorId {
        self.profile.visitor
    }

    /// Where.
    #[must_use]
    pub fn placement(&self) -> &str {
        self.asked.placement
    }

    /// Whether the visitor allowed it and is in the sample.
    #[must_use]
    pub fn may_be_kept(&self, percent: f64) -> bool {
        let consent = self.asked.consent;
        consent.measure == Grant::Granted
            && consent.personalise == Grant::Granted
            && is_sampled(percent, self.visitor())
    }

    /// What it comes out as, made again; nothing if that is what the page says.
    #[must_use]
    pub fn difference(&self, program: &Program) -> Option<String> {
        let again = json::decision(&decide(program, self.asked.input(&self.profile), &mut ()));
        (again != self.output).then_some(again)
    }

    /// Every step, made again.
    #[must_use]
    pub fn steps(&self, program: &Program) -> String {
        let mut lines = Vec::new();
        decide(program, self.asked.input(&self.profile), &mut lines);
        json::explanation(&lines)
    }

    /// The same as a server is asked.
    #[must_use]
    pub fn question(&self) -> Question {
        let Asked { placement, now, consent, limit, force, draw, .. } = self.asked;
        let mut question = Question {
            placement: Some(placement.to_owned()),
            now: Some(now),
            visitor: self.visitor().to_string(),
            user: self.profile.user.clone(),
            context: self.asked.context.iter().cloned().collect(),
            consent,
            reserved: self.asked.reserved.clone(),
            limit,
            force: force.map(str::to_owned),
            draw,
            ..Question::default()
        };
        question.set_profile(&self.profile);
        question
    }
}

/// A decision that came out otherwise, with both traces.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// When it was found.
    pub at: Timestamp,
    /// Digest of the bundle that decided.
    pub bundle: String,
    /// What was asked.
    pub question: Question,
    /// The page's decision.
    pub page: String,
    /// The server's.
    pub server: String,
    /// Every step on the page, where it told them.
    pub page_steps: Option<Box<RawValue>>,
    /// Every step here.
    pub server_steps: Box<RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_engine::bucket::BUCKETS;

    #[test]
    fn the_sample_is_of_the_last_bits() {
        let visitor = |low: u64| VisitorId(0xabcd_u128 << 100 | u128::from(low >> 16));
        assert!(!is_sampled(0.0, visitor(0)));
        assert!(is_sampled(50.0, visitor(BUCKETS / 2 - 1)) && !is_sampled(50.0, visitor(BUCKETS / 2)));
        assert!(is_sampled(100.0, visitor(BUCKETS - 1)));
    }
}
