//! Bodies, never larger than a cap and never waited for longer than a while.

use crate::error::ApiError;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;
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
        parse(&bytes).map(Self).map_err(|error| ApiError::bad_request(error.to_string()))
    }
}

/// Reads JSON, in which `142.0` is an integer like any other: some languages write no other.
///
/// # Errors
/// If it is not JSON, or not of the form: says where.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes).or_else(|error| {
        if !error.to_string().starts_with("invalid type: floating point") {
            return Err(error);
        }
        let mut tree = serde_json::from_slice(bytes)?;
        put_integers(&mut tree);
        // The first error says where it is.
        T::deserialize(tree).map_err(|_| error)
    })
}

/// Writes every whole number as an integer, as far as a float holds each of them.
fn put_integers(value: &mut Value) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0)
                && float.abs() <= EXACT
            {
                *number = (float as i64).into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(put_integers),
        Value::Object(fields) => fields.values_mut().for_each(put_integers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        count: u32,
        share: f64,
    }

    fn check(text: &str) -> Result<Example, String> {
        parse(text.as_bytes()).map_err(|error: serde_json::Error| error.to_string())
    }

    #[test]
    fn a_whole_number_is_an_integer_however_it_is_written() {
        let example = Ok(Example { count: 142, share: 7.0 });
        assert_eq!(check(r#"{"count":142,"share":7}"#), example);
        assert_eq!(check(r#"{"count":142.0,"share":7.0}"#), example);
        assert_eq!(check(r#"{"count":1.42e2,"share":7.0}"#), example);
        for text in
            [r#"{"count":142.5,"share":7}"#, r#"{"count":1e300,"share":7}"#, r#"{"count":-1.0,"share":7}"#]
        {
            assert!(check(text).unwrap_err().starts_with("invalid type: floating point"), "{text}");
        }
        assert!(check(r#"{"count":142.0,"share":7,"other":1}"#).is_err());
    }
}
