//! What experiments and logs of decisions tell, with intervals, and refusals where they tell nothing.
//!
//! Pure functions over sums: no clock, no randomness, no sampling. The same input gives the same report. Every
//! statistic is described, with its formula and where it was published, in `docs/experiments.md`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`arm`] | what is known of one arm: counts, or streaming sums over units |
//! | [`compare`] | difference of two arms: z and Newcombe, Welch, delta method, CUPED |
//! | [`sequential`] | intervals and p-values that stay valid however often one looks |
//! | [`bayes`] | probability to be best, expected loss, credible intervals, by quadrature |
//! | [`srm`] | sample ratio mismatch |
//! | [`multiple`] | Holm, Benjamini–Hochberg |
//! | [`odds`] | odds ratio of two groups, Fisher's exact test, χ² |
//! | [`power`] | sample size, detectable effect, run time |
//! | [`experiment`] | all of it over one experiment: what the command line and the API report |
//! | [`offpolicy`] | what another policy would have earned, from logged propensities |

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod arm;
pub mod bayes;
pub mod compare;
pub mod experiment;
pub mod multiple;
mod normal;
pub mod odds;
pub mod offpolicy;
pub mod power;
mod quadrature;
pub mod sequential;
pub mod srm;

use serde::{Deserialize, Serialize};

/// A closed interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// `centre ± half`.
    #[must_use]
    pub fn around(centre: f64, half: f64) -> Self {
        Self { low: centre - half, high: centre + half }
    }
}

/// Why nothing is computed: the input names something that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// A number that has to be finite is not.
    #[error("{what}: {value} is not a finite number")]
    NotFinite {
        /// Where.
        what: String,
        /// What was there.
        value: f64,
    },
    /// A number outside of where it may lie.
    #[error("{what}: {value} is not {range}")]
    Range {
        /// Where.
        what: String,
        /// What was there.
        value: f64,
        /// What it has to be.
        range: &'static str,
    },
    /// A part larger than its whole, such as more conversions than units.
    #[error("arm `{arm}`: {part} {part_count} exceed {whole} {whole_count}")]
    Exceeds {
        /// The arm.
        arm: String,
        /// Name of the part.
        part: &'static str,
        /// Its count.
        part_count: u64,
        /// Name of the whole.
        whole: &'static str,
        /// Its count.
        whole_count: u64,
    },
    /// Nothing, or nothing that makes sense together.
    #[error("{0}")]
    Shape(String),
}

/// `value`, if it is finite.
pub(crate) fn finite(what: &str, value: f64) -> Result<f64, Refusal> {
    if value.is_finite() { Ok(value) } else { Err(Refusal::NotFinite { what: what.to_owned(), value }) }
}

/// `value`, if it lies strictly between 0 and 1.
pub(crate) fn share(what: &str, value: f64) -> Result<f64, Refusal> {
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err(Refusal::Range { what: what.to_owned(), value, range: "between 0 and 1" })
    }
}
