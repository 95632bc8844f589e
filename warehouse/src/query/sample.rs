//! Previews: one visitor in so many, counts multiplied; and parts of the visitors, to ask one after the other.
//!
//! Visitors are taken by the lower halves of their ids, which are random whoever made them (but for two bits that say
//! which kind of UUID it is), and by which the store sorts UUIDs: a sample is four short ranges of the table that
//! funnels walk, so that the rest of it is not even read.

use super::bots::Scope;
use super::sql;
use crate::Error;
use attune_schema::question::{Per, Sampled};

/// Fewest and most visitors of which one is taken.
const ONE_IN: std::ops::RangeInclusive<u64> = 2..=1_000;
/// Half of a normal distribution's 95 %, in standard deviations.
const HALF: f64 = 1.959_963_984_540_054;

impl Scope<'_> {
    /// The same rows, of a share of the visitors. `question` is what is asked.
    pub(super) fn sampled(self, share: Option<f64>, per: Per, question: &str) -> Result<Self, Error> {
        let Some(share) = share else { return Ok(self) };
        let one_in = (1.0 / share).round();
        let whole = share.is_finite() && share > 0.0 && (one_in * share - 1.0).abs() < 1e-6;
        if !whole || !ONE_IN.contains(&(one_in as u64)) {
            return Err(Error::Question(format!(
                "`sample` is one in a whole number from {} to {}, such as 0.1, not {share}",
                ONE_IN.start(),
                ONE_IN.end()
            )));
        }
        if per == Per::Person {
            return Err(Error::Question(format!(
                "a sample is one of visitors, and a person may be several: ask the {question} per visitor, or without"
            )));
        }
        Ok(Self { one_in: Some(one_in as u64), ..self })
    }

    /// The same rows, of one part of `of` (from 0) of the visitors.
    pub(super) fn of_part(self, part: u64, of: u64) -> Self {
        Self { part: (of > 1).then_some((part, of)), ..self }
    }

    /// A test to follow another one, that a visitor is of the sample and of the part: ` AND …`, or nothing.
    pub(super) fn visitors(&self) -> String {
        match (self.one_in, self.part) {
            (None, None) => String::new(),
            (one_in, part) => {
                let (part, of) = part.unwrap_or((0, 1));
                share(part, of * one_in.unwrap_or(1))
            }
        }
    }

    /// What an answer says of its sample.
    pub(super) fn sample(&self) -> Option<Sampled> {
        let one_in = self.one_in?;
        Some(Sampled { share: 1.0 / one_in as f64, error: HALF * ((one_in - 1) as f64).sqrt() })
    }

    /// What a count in the sample stands for.
    pub(super) fn times(&self) -> u64 {
        self.one_in.unwrap_or(1)
    }

    /// Appends to a definition what a sample means.
    pub(super) fn said(&self, definition: String) -> String {
        match self.one_in {
            None => definition,
            Some(one_in) => format!(
                "{definition} A sample of one visitor in {one_in}; counts are multiplied by {one_in}."
            ),
        }
    }
}

/// Tests for the visitors of share number `number` (from 0) of `of`.
fn share(number: u64, of: u64) -> String {
    let quarter = 1_u128 << 62;
    let place = |number: u64| quarter * u128::from(number) / u128::from(of);
    let ranges: Vec<String> = (0..4_u128)
        .map(|kind| {
            let from = format!("visitor >= {}", sql::uuid(kind * quarter + place(number)));
            match kind * quarter + place(number + 1) {
                // Nothing of a lower half is above.
                to if to == 4 * quarter => from,
                to => format!("({from} AND visitor < {})", sql::uuid(to)),
            }
        })
        .collect();
    format!(" AND ({})", ranges.join(" OR "))
}
