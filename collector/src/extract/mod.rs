//! What handlers ask for.

mod address;
mod body;
mod caller;
mod client;
mod origin;
mod query;
pub mod signature;
mod site;
mod version;

pub use address::ClientAddress;
pub use body::{ApiJson, parse, read_capped};
pub use caller::{Caller, session_token};
pub use client::Client;
pub use origin::same_origin;
pub use query::ApiQuery;
pub use site::SitePath;
pub use version::IfMatch;
