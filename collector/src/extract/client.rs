//! Who sent a request, as far as its head tells.

use super::ClientAddress;
use crate::enrich::bot;
use crate::state::App;
use axum::http::header;
use axum::http::request::Parts;
use std::net::IpAddr;

/// See the module.
#[derive(Debug, Clone, Copy, Default)]
pub struct Client<'a> {
    /// The nearest address that is not one of our proxies'.
    pub address: Option<IpAddr>,
    /// The user agent; empty if there is none, or no text.
    pub agent: &'a str,
    /// A page sent it: browsers say so, other programs hardly ever do.
    pub page: bool,
}

impl<'a> Client<'a> {
    /// The sender of the request with this head.
    #[must_use]
    pub fn of(app: &App, parts: &'a Parts) -> Self {
        let headers = &parts.headers;
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            address: ClientAddress::of(app, parts).0,
            agent: agent.unwrap_or_default(),
            page: ["origin", "sec-fetch-site", "referer"].iter().any(|name| headers.contains_key(*name)),
        }
    }

    /// Whether it is the visitor's own program: a library without a page is a server that sends on somebody's
    /// behalf, and its address and user agent say nothing of that person.
    #[must_use]
    pub fn is_visitor(&self) -> bool {
        self.page || !bot::is_library(self.agent)
    }
}
