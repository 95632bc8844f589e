//! The collector's JSON API, typed.

use crate::i18n::{Message, m};
use crate::route::encode;
use attune_schema::api::ErrorBody;
use gloo_net::http::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a request did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No answer.
    Network,
    /// Not signed in, or no longer.
    SignedOut,
    /// Somebody else changed the document; the body of the answer.
    Conflict(String),
    /// There is no such thing.
    NotFound,
    /// The server said why.
    Refused(ErrorBody),
    /// An answer that we do not understand.
    Answer(String),
}

impl Failure {
    /// What to tell a person, and detail that stays in the server's words.
    pub(crate) fn words(&self) -> (Message, String) {
        match self {
            Self::Network => (m::FAIL_NETWORK, String::new()),
            Self::SignedOut => (m::FAIL_SIGNED_OUT, String::new()),
            Self::Conflict(_) => (m::FAIL_CONFLICT, String::new()),
            Self::NotFound => (m::FAIL_NOT_FOUND, String::new()),
            Self::Refused(error) => (m::FAIL_REFUSED, error.message.clone()),
            Self::Answer(detail) => (m::FAIL_ANSWER, detail.clone()),
        }
    }
}

/// Path below `/api/sites/{site}`.
pub(crate) fn site_path(site: &str, rest: &str) -> String {
    format!("/api/sites/{}/{rest}", encode(site))
}

/// `GET`.
pub(crate) async fn get<T: DeserializeOwned>(path: String) -> Result<T, Failure> {
    read(&send(Method::GET, &path, None, None).await?)
}

/// `POST` with a body and an answer.
pub(crate) async fn post<T: DeserializeOwned>(path: String, body: &impl Serialize) -> Result<T, Failure> {
    read(&send(Method::POST, &path, Some(written(body)?), None).await?)
}

/// `POST` without either.
pub(crate) async fn command(path: String) -> Result<(), Failure> {
    send(Method::POST, &path, None, None).await.map(drop)
}

/// `PUT` of version `version + 1`.
pub(crate) async fn put<T: DeserializeOwned>(
    path: String,
    version: u64,
    body: &impl Serialize,
) -> Result<T, Failure> {
    read(&send(Method::PUT, &path, Some(written(body)?), Some(version)).await?)
}

/// `DELETE` of `version`.
pub(crate) async fn delete(path: String, version: u64) -> Result<(), Failure> {
    send(Method::DELETE, &path, None, Some(version)).await.map(drop)
}

/// Reads an answer.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::Answer(error.to_string()))
}

fn written(body: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(body).map_err(|error| Failure::Answer(error.to_string()))
}

async fn send(
    method: Method,
    path: &str,
    body: Option<String>,
    version: Option<u64>,
) -> Result<String, Failure> {
    let mut request = RequestBuilder::new(path).method(method).header("accept", "application/json");
    if let Some(version) = version {
        request = request.header("if-match", &version.to_string());
    }
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(body),
        None => request.build(),
    };
    let answer = request.map_err(|_| Failure::Network)?.send().await.map_err(|_| Failure::Network)?;
    let text = answer.text().await.map_err(|_| Failure::Network)?;
    match answer.status() {
        200..300 => Ok(text),
        401 => Err(Failure::SignedOut),
        404 => Err(Failure::NotFound),
        409 | 412 if version.is_some() => Err(Failure::Conflict(text)),
        status => Err(serde_json::from_str(&text)
            .map_or_else(|_| Failure::Answer(format!("HTTP {status}")), Failure::Refused)),
    }
}
