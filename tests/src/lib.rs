//! Cross-crate harness.

pub mod spec;
