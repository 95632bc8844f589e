//! The query of an address, with an error like all others.

use crate::error::ApiError;
use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The parameters of the address.
pub struct ApiQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.uri)
    }
}

impl<T: DeserializeOwned> ApiQuery<T> {
    /// The parameters of `address`.
    ///
    /// # Errors
    /// 400 if they are not those.
    pub fn of(address: &Uri) -> Result<Self, ApiError> {
        let query = Query::try_from_uri(address);
        query.map(|Query(query)| Self(query)).map_err(|error| ApiError::bad_request(error.body_text()))
    }
}
