//! The version a change was made against.

use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

/// `If-Match: 7`, with or without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub u64);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            let message = "send the version you changed as `If-Match`";
            return Err(ApiError::new(StatusCode::PRECONDITION_REQUIRED, "version_required", message));
        };
        let version = value.to_str().ok().and_then(|value| value.trim_matches('"').parse().ok());
        version.map(Self).ok_or_else(|| ApiError::bad_request("`If-Match` is not a version"))
    }
}
