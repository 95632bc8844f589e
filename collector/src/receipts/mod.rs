//! Receipts: files that say all that it takes to decide again, the log of what was decided, and what pages send.

pub mod differences;
pub mod file;
pub mod log;
pub mod page;
pub mod parity;
