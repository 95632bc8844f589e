//! Back-tests: a source is run over stored history by the very engine, before anybody sees it.
//!
//! A request replays a part of the visitors and answers with a [`Tally`]; tallies of all parts, added in order, are
//! what [`report`] makes a report of. So a server holds one part at a time, whoever asks may go on where he stopped, and
//! the same history and source give the same bytes. What is taken for an opportunity, an exposure and a reward is in
//! docs/experiments.md.

mod context;
mod fields;
mod prepare;
mod question;
mod replay;
pub mod report;
mod tally;
mod watch;

pub use prepare::{Prepared, prepare};
pub use question::{BacktestPlan, BacktestQuestion};
pub use replay::Replay;
pub use tally::{CampaignDay, CampaignTally, Day, Tally};

/// Events a part holds, about: so many are in memory at a time, and the store reads its rows once a part.
pub const PART_EVENTS: u64 = 500_000;
