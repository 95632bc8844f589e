//! One error for every answer: stable code, status, text that says what to fix.

use crate::log::Rejected;
use crate::pipeline::decode::NotABatch;
use crate::sink::StoreError;
use attune_control::Error as ControlError;
use attune_schema::api::{Conflict, Document, ErrorBody};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// An answer that is not a success.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after_seconds: Option<u32>,
    current: Option<Box<Document<serde_json::Value>>>,
}

impl ApiError {
    /// An error of the client's; `message` says what to fix.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after_seconds: None, current: None }
    }

    /// Not now; again after `seconds`.
    #[must_use]
    pub fn later(status: StatusCode, code: &'static str, message: &str, seconds: u32) -> Self {
        Self { retry_after_seconds: Some(seconds), ..Self::new(status, code, message) }
    }

    /// The thing does not exist.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("{what} does not exist"))
    }

    /// The request is not of the documented shape.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// The request is of the documented shape, and cannot be done.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message)
    }

    /// Something of ours broke: the cause goes to the log, not to the client.
    #[must_use]
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server could not do this")
    }

    /// The same, of one thing among several.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let retryable = self.retry_after_seconds.is_some();
        let (code, message) = (self.code.to_owned(), self.message);
        let mut response = match self.current {
            Some(current) => {
                (self.status, Json(Conflict { code, message, retryable, current: *current })).into_response()
            }
            None => (self.status, Json(ErrorBody { code, message, retryable })).into_response(),
        };
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Rejected> for ApiError {
    fn from(rejected: Rejected) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        match rejected {
            Rejected::Busy => Self::later(status, "busy", "too many requests are waiting", 1),
            Rejected::Full => Self::later(status, "log_full", "there is no room for events", 30),
            Rejected::Closed => Self::later(status, "shutting_down", "the server is shutting down", 5),
        }
    }
}

impl From<NotABatch> for ApiError {
    fn from(error: NotABatch) -> Self {
        let code = match error {
            NotABatch::NotUtf8 => "not_utf8",
            NotABatch::BadField(_) => "bad_field",
            NotABatch::NotJson(_) | NotABatch::NotCompact => "not_a_batch",
        };
        Self::new(StatusCode::BAD_REQUEST, code, error.to_string())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Question(message) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_question", message)
            }
            StoreError::Missing(what_to_do) => {
                Self::later(StatusCode::SERVICE_UNAVAILABLE, "warehouse_unavailable", &what_to_do, 60)
            }
            StoreError::Unavailable(cause) => {
                tracing::warn!(%cause, "the warehouse did not answer");
                let message = "the warehouse is not available; events are kept and will be delivered";
                Self::later(StatusCode::SERVICE_UNAVAILABLE, "warehouse_unavailable", message, 5)
            }
        }
    }
}

impl From<ControlError> for ApiError {
    fn from(error: ControlError) -> Self {
        let message = error.to_string();
        match error {
            ControlError::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, "not_found", message),
            ControlError::Exists { .. } => Self::new(StatusCode::CONFLICT, "exists", message),
            ControlError::Invalid(_) => Self::new(StatusCode::BAD_REQUEST, "invalid", message),
            ControlError::Conflict { current, .. } => {
                Self { current: Some(current), ..Self::new(StatusCode::CONFLICT, "conflict", message) }
            }
            ControlError::Corrupt { .. }
            | ControlError::Store(_)
            | ControlError::Migrate(_)
            | ControlError::File(_) => Self::internal(&message),
        }
    }
}
