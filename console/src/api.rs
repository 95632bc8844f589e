//! The collector's JSON API, typed.

use crate::browser::window;
use crate::i18n::{Message, m};
use crate::json;
use crate::route::encode;
use attune_schema::api::ErrorBody;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

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

/// A request, before it is sent.
pub(crate) struct Request {
    method: &'static str,
    path: String,
    body: Option<String>,
    version: Option<u64>,
}

impl Request {
    /// `GET`.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: None, version: None }
    }

    /// `POST` with a body.
    pub(crate) fn post(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self { method: "POST", body: Some(json::written(body)), ..Self::get(path) }
    }

    /// `POST` without one.
    pub(crate) fn command(path: impl Into<String>) -> Self {
        Self { method: "POST", ..Self::get(path) }
    }

    /// `PUT` of version `version + 1`.
    pub(crate) fn put(path: impl Into<String>, version: u64, body: &impl Serialize) -> Self {
        Self { method: "PUT", version: Some(version), ..Self::post(path, body) }
    }

    /// `DELETE` of `version`.
    pub(crate) fn delete(path: impl Into<String>, version: u64) -> Self {
        Self { method: "DELETE", version: Some(version), ..Self::get(path) }
    }

    /// Sends it and reads the answer.
    pub(crate) async fn answer<T: DeserializeOwned>(self) -> Result<T, Failure> {
        read(&self.send().await?)
    }

    /// Sends it; the text of the answer.
    pub(crate) async fn send(self) -> Result<String, Failure> {
        let response = self.fetch().await.map_err(|_| Failure::Network)?;
        let text = response.text().map_err(|_| Failure::Network)?;
        let text =
            JsFuture::from(text).await.ok().and_then(|text| text.as_string()).ok_or(Failure::Network)?;
        match response.status() {
            200..300 => Ok(text),
            401 => Err(Failure::SignedOut),
            404 => Err(Failure::NotFound),
            409 | 412 if self.version.is_some() => Err(Failure::Conflict(text)),
            status => Err(json::read(&text)
                .map_or_else(|_| Failure::Answer(format!("HTTP {status}")), Failure::Refused)),
        }
    }

    async fn fetch(&self) -> Result<Response, JsValue> {
        let headers = Headers::new()?;
        headers.set("accept", "application/json")?;
        let request = RequestInit::new();
        request.set_method(self.method);
        request.set_headers(&headers);
        if let Some(version) = self.version {
            headers.set("if-match", &version.to_string())?;
        }
        if let Some(body) = &self.body {
            headers.set("content-type", "application/json")?;
            request.set_body(&body.into());
        }
        let response = JsFuture::from(window().fetch_with_str_and_init(&self.path, &request)).await?;
        Ok(response.unchecked_into())
    }
}

/// Reads an answer.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    json::read(text).map_err(|error| Failure::Answer(error.to_string()))
}
