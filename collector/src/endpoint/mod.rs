//! One file a resource; handlers do little and answer.

pub mod account;
pub mod backtests;
pub mod batch;
pub mod capture;
pub mod console;
pub mod debug;
pub mod decide;
pub mod delivery;
pub mod documents;
pub mod erasures;
pub mod exports;
pub mod foreign;
pub mod import;
pub(crate) mod intake;
pub mod learned;
pub mod live;
pub mod ofrep;
pub mod people_files;
pub mod questions;
pub mod raw;
pub mod sdk;
pub mod server;
pub mod server_keys;
pub mod settings;
pub mod sites;
pub mod web;
