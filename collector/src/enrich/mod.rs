//! What is found out about an event from what came with it.

pub mod bot;
pub mod referrer;
pub mod rules;
