//! The site in a path.

use crate::error::ApiError;
use crate::sites::SiteEntry;
use crate::state::App;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use std::ops::Deref;
use std::sync::Arc;

/// The site named by `{site}`.
pub struct SitePath(pub Arc<SiteEntry>);

impl Deref for SitePath {
    type Target = SiteEntry;
    fn deref(&self) -> &SiteEntry {
        &self.0
    }
}

impl FromRequestParts<App> for SitePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|e| ApiError::bad_request(e.to_string()))?;
        let name = params.iter().find(|(name, _)| *name == "site").map(|(_, value)| value);
        name.and_then(|name| app.sites.by_name(name)).map(Self).ok_or_else(|| ApiError::not_found("the site"))
    }
}
