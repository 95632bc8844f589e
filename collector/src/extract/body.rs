//! Bodies, never larger than a cap and never waited for longer than a while.

use crate::error::ApiError;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Longest wait for a body.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest JSON body of the API: an import of [`attune_schema::limits::IMPORT_ROWS`] rows.
const API_BYTES: usize = 32 << 20;

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// 413 if it is larger, 408 if it does not arrive, 400 if the connection breaks.
pub async fn read_capped(body: Body, most: usize) -> Result<Bytes, ApiError> {
    match tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            use std::error::Error as _;
            let too_large = error.source().is_some_and(|source| source.to_string().contains("length limit"));
            Err(if too_large {
                ApiError::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too_large",
                    format!("the body is larger than {most} bytes"),
                )
            } else {
                ApiError::bad_request("the body did not arrive whole")
            })
        }
        Err(_) => {
            Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the body did not arrive in time"))
        }
    }
}

/// A JSON body of the API: an object.
pub struct ApiJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let json = request.headers().get(axum::http::header::CONTENT_TYPE).is_some_and(|value| {
            value
                .to_str()
                .is_ok_and(|value| value.split(';').next().is_some_and(|v| v.trim() == "application/json"))
        });
        if !json {
            let (status, message) =
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "send `content-type: application/json`");
            return Err(ApiError::new(status, "unsupported_media_type", message));
        }
        let bytes = read_capped(request.into_body(), API_BYTES).await?;
        // A derived reader would also take a list of an object's values in order.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(ApiError::bad_request("the body is not a JSON object"));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|error| ApiError::bad_request(error.to_string()))
    }
}
