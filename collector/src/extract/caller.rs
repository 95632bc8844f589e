//! Who calls: a signed-in person, or the command line on this machine.

use super::origin::same_origin;
use crate::error::ApiError;
use crate::state::App;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};

/// Name of the session cookie.
const COOKIE: &str = "attune_session";

/// Somebody who may use the API.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Account name; `local` for the command line.
    pub user: String,
    /// Came with the local token: may also manage accounts.
    pub local: bool,
    /// May see who people are.
    pub people: bool,
}

impl Caller {
    /// Refuses everybody but the command line of this machine.
    ///
    /// # Errors
    /// 403.
    pub fn must_be_local(&self) -> Result<(), ApiError> {
        if self.local {
            return Ok(());
        }
        let message = "this is done with the command line on the server";
        Err(ApiError::new(StatusCode::FORBIDDEN, "local_only", message))
    }

    /// Refuses accounts that may not see who people are.
    ///
    /// # Errors
    /// 403.
    pub fn must_see_people(&self) -> Result<(), ApiError> {
        if self.people {
            return Ok(());
        }
        let message = "this tells who people are, which your account may not see: ask for counts";
        Err(ApiError::new(StatusCode::FORBIDDEN, "people_hidden", message))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if let Some(token) = bearer(&parts.headers) {
            if same(token, &app.local_token) {
                return Ok(Self { user: "local".to_owned(), local: true, people: true });
            }
            return Err(unauthorised("the token is not this server's"));
        }
        let token = session_token(&parts.headers).ok_or_else(|| unauthorised("sign in first"))?;
        let user =
            app.control.session(token, app.now()).await?.ok_or_else(|| unauthorised("sign in again"))?;
        if !parts.method.is_safe() {
            same_origin(&parts.headers)?;
        }
        Ok(Self { user: user.name, local: false, people: user.people })
    }
}

fn unauthorised(message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "unauthorised", message)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Compares digests, so that the time taken tells nothing about the token.
fn same(a: &str, b: &str) -> bool {
    Sha256::digest(a.as_bytes()) == Sha256::digest(b.as_bytes())
}

/// The token in the session cookie.
#[must_use]
pub fn session_token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}
