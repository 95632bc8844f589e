//! Workspaces, sites, users and versioned documents in a relational store.
//!
//! SQLite by default, PostgreSQL by URL: the statements are the same, so the store is configuration.
//! The time is an argument and randomness a port ([`Random`]), so that tests are deterministic.
//!
//! - [`Control::add_user`], [`Control::sign_in`], [`Control::session`]: who may use the console.
//! - [`Control::add_site`], [`Control::sites`]: installations of the tag.
//! - [`Control::add_server_key`], [`Control::server_keys`]: what a company's servers sign with.
//! - [`Control::begin_erasure`], [`Control::erasures`]: who was forgotten, and the proof.
//! - [`Control::begin_export`], [`Control::exports`]: who took events out.
//! - [`Control::alert`], [`Control::alerts`]: rules of watched figures that came true.
//! - [`Control::documents`], [`Control::update`]: what people write, each change against a version.
//! - [`Control::learn`], [`Control::learned`]: what campaigns that try their offers have seen.
//! - [`Control::add_sdk`], [`Control::sdk_choice`]: the SDK as pages got it, and which one they get.
//! - [`Control::turn`]: one collector at a time, where several share the store.
//! - [`Control::source`]: all of a site's documents as one [`attune_schema::source::Source`].

mod alerts;
mod document;
mod documents;
mod erasure;
mod error;
mod export;
mod hash_key;
mod learned;
mod random;
mod sdk;
mod server_key;
mod site;
mod source;
mod store;
mod turn;
mod user;

pub use document::{Body, Capture, Kind, Past, Settings};
pub use erasure::ErasureRecord;
pub use error::Error;
pub use learned::Evidences;
pub use random::{Random, SystemRandom};
pub use sdk::SdkRelease;
pub use server_key::ServerKeyRecord;
pub use site::SiteRecord;
pub use store::Control;
pub use turn::Turn;
pub use user::{SESSION_MS, User};
