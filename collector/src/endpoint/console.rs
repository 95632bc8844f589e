//! The console: one page and its files.

use super::web;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// `GET /`.
pub async fn root() -> Redirect {
    Redirect::temporary("/console/")
}

/// `GET /console/*`: a file, or the page, whose own routes the rest of the path is.
pub async fn page(request: Request) -> Response {
    let path = request.uri().path();
    // Once: file names may begin with the same word.
    let path = path.strip_prefix("/console").unwrap_or(path).trim_start_matches('/');
    let headers = request.headers();
    let file = if path.is_empty() { None } else { web::asset(&format!("console/{path}"), headers) };
    // A missing file must not be answered with the page: the browser would try to run it.
    let route = !path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let (response, fresh) = match file {
        Some(file) if path == "index.html" => (file, "no-cache"),
        Some(file) => (file, if hashed(path) { "public, max-age=31536000, immutable" } else { "no-cache" }),
        None if route => match web::asset("console/index.html", headers) {
            Some(page) => (page, "no-cache"),
            None => (web::not_built(), "no-store"),
        },
        None => (crate::error::ApiError::not_found("the file").into_response(), "no-store"),
    };
    let mut response = response;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(fresh));
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether a file's name carries a hash of 16 hexadecimal digits or more: `app-0123456789abcdef.js`.
fn hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(['-', '.', '_'])
        .any(|part| part.len() >= 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
