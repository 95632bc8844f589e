//! Cross-crate harness.

pub mod random;
pub mod spec;
