//! Whether a change comes from our own pages.

use crate::error::ApiError;
use axum::http::{HeaderMap, StatusCode, header};

/// Refuses what another site's page may have sent: browsers say where a request comes from, in
/// `Sec-Fetch-Site` or `Origin`.
///
/// # Errors
/// 403 unless one of the two says that the request is our own.
pub fn same_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let own = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            host.is_some() && host == text(header::HOST.as_str())
        }
        (None, None) => false,
    };
    if own {
        return Ok(());
    }
    let message = "changes are taken from this server's own pages, or with its local token";
    Err(ApiError::new(StatusCode::FORBIDDEN, "cross_origin", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn check(given: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        same_origin(&headers).is_ok()
    }

    #[test]
    fn only_our_own_pages_change_things() {
        assert!(check(&[("sec-fetch-site", "same-origin")]));
        assert!(check(&[("origin", "http://127.0.0.1:7"), ("host", "127.0.0.1:7")]));
        assert!(!check(&[("origin", "http://evil.test"), ("host", "127.0.0.1:7")]));
        assert!(!check(&[("origin", "null"), ("host", "null")]));
        assert!(!check(&[("sec-fetch-site", "cross-site"), ("origin", "http://a"), ("host", "a")]));
        assert!(!check(&[("sec-fetch-site", "same-site")]));
        assert!(!check(&[("host", "127.0.0.1:7")]));
    }
}
