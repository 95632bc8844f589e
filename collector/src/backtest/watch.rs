//! What a back-test hears of a decision.

use attune_engine::explain::{Step, Trace};
use attune_schema::bundle::Campaign;

/// Indexes of campaigns to which something happened in one decision.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    campaigns: &'a [Campaign],
    /// The one that is being judged.
    current: Option<usize>,
    /// Taken out by a cap, as a whole or in part.
    pub(super) capped: Vec<usize>,
    /// Outranked, or not even looked at.
    pub(super) outranked: Vec<usize>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(campaigns: &'a [Campaign]) -> Self {
        Self { campaigns, current: None, capped: Vec::new(), outranked: Vec::new() }
    }

    /// Forgets one decision before the next.
    pub(super) fn clear(&mut self) {
        self.current = None;
        self.capped.clear();
        self.outranked.clear();
    }

    fn index(&self, id: &str) -> Option<usize> {
        self.campaigns.iter().position(|campaign| campaign.id == id)
    }
}

impl Trace for Watch<'_> {
    fn listens(&self) -> bool {
        false
    }

    fn step(&mut self, step: Step, subject: &str, outcome: &'static str) {
        match step {
            // The first step of a campaign.
            Step::Schedule => self.current = self.index(subject),
            Step::Cap if matches!(outcome, "used_up" | "dismissed") => {
                if let Some(index) = self.current.filter(|index| !self.capped.contains(index)) {
                    self.capped.push(index);
                }
            }
            Step::Arbitration if outcome == "outranked" => {
                if let Some(index) = self.index(subject) {
                    self.outranked.push(index);
                }
            }
            _ => {}
        }
    }

    fn number(&mut self, _: Step, _: &str, _: &'static str, _: i64) {}
}
