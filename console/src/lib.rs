//! The console: where marketers see what happens and decide what to show.
//!
//! The modules below are pure and tested natively; everything that touches a browser is compiled for Wasm only.
//!
//! | module | what it holds |
//! |---|---|
//! | [`route`] | addresses |
//! | [`funnel`] | the funnel builder's question and its arithmetic |
//! | [`rule`] | editing conditions |
//! | [`json`] | JSON into our types and back |
//! | [`preview`] | what a persona would see, by the engine itself |
//! | [`stream`] | the buffer behind Live |
//! | [`chart`] | geometry of charts |
//! | [`text`] | between what people type and what is kept |
//! | [`i18n`] | every message, in every language |

pub mod chart;
pub mod funnel;
pub mod i18n;
pub mod json;
pub mod preview;
pub mod route;
pub mod rule;
pub mod stream;
pub mod text;
pub mod trend;

#[cfg(target_arch = "wasm32")]
mod api;
#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod dom;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod session;
#[cfg(target_arch = "wasm32")]
mod state;
#[cfg(target_arch = "wasm32")]
mod ui;

#[cfg(target_arch = "wasm32")]
pub use app::start;
