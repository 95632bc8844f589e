//! The wire contract of Attune: what an event, a batch, a bundle, a stored profile and a question look like.
//!
//! Pure values: nothing here knows a clock, a socket, a file or a browser. JSON forms are behind the
//! `serde` feature, so that the SDK, which speaks only the compact form ([`wire`]), does not carry them.

#![cfg_attr(not(any(feature = "serde", test)), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

extern crate alloc;

#[cfg(feature = "serde")]
pub mod api;
pub mod batch;
#[cfg(feature = "serde")]
pub mod bot;
pub mod bundle;
#[cfg(feature = "serde")]
pub mod cards;
pub mod consent;
pub mod event;
#[cfg(feature = "serde")]
pub mod export;
pub mod hash;
pub mod id;
pub mod limits;
pub mod list;
#[cfg(feature = "models")]
pub mod model;
pub mod outcome;
#[cfg(feature = "serde")]
pub mod question;
#[cfg(feature = "serde")]
pub mod source;
pub mod span;
pub mod stored;
pub mod time;
pub mod value;
pub mod wire;
