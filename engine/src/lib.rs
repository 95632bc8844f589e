//! The one engine: profile, conditions, ranking, decisions, explanations.
//!
//! Pure functions of (bundle, profile, context, `now`, draw). The same input gives the same bytes natively
//! and in Wasm: no clock, no randomness, no hash-map order, transcendental maths only through [`math`].
//!
//! | module | what it holds |
//! |---|---|
//! | [`compile`] | people's JSON → [`attune_schema::bundle::Bundle`], with every problem named |
//! | [`label`] | what of it a device may know, and which placements the server decides |
//! | [`profile`] | visitor state: [`profile::apply`], counts, affinity |
//! | [`session`] | session boundaries |
//! | [`condition`] | three-valued rules |
//! | [`bucket`] | keyed hashes: holdouts, variants, tie-breaks |
//! | `model` | scores of trained models: linear, trees, scorecards, items (feature `models`) |
//! | [`cap`] | frequency limits and cool-downs |
//! | `cards` | the best card for what somebody spends (feature `compile`) |
//! | [`mod@question`] | what is asked, as bytes: digests of it name decisions |
//! | [`rank`] | scores and their order |
//! | [`mod@decide`] | the one entry point |
//! | [`explain`] | what happened on the way, at no cost when nobody asks |
//! | [`words`] | an explanation in plain language |
//! | [`case`] | one decision from JSON: specification, command line, preview |

#![cfg_attr(not(any(feature = "compile", test)), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

extern crate alloc;

pub mod bucket;
pub mod cap;
#[cfg(feature = "compile")]
pub mod cards;
#[cfg(feature = "compile")]
pub mod case;
#[cfg(feature = "compile")]
pub mod compile;
pub mod condition;
pub mod decide;
pub mod explain;
#[cfg(feature = "models")]
pub mod explore;
pub mod json;
#[cfg(all(feature = "compile", feature = "models"))]
pub mod label;
pub mod math;
#[cfg(feature = "models")]
pub mod model;
pub mod profile;
pub mod question;
pub mod rank;
pub mod session;
#[cfg(feature = "words")]
pub mod words;

pub use decide::{Decision, Input, Reason, decide};
