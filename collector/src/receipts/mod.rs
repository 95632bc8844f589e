//! Receipts at rest: files that say all that it takes to decide again, and the log of what the server decided.

pub mod file;
pub mod log;
