//! Built web artefacts, embedded from `target/web`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The files; every text also as `.br` and `.gz`.
#[derive(rust_embed::Embed)]
#[folder = "../target/web"]
#[allow_missing = true]
pub struct Web;

/// The SDK's script, which the tag loads; its name carries its hash.
#[must_use]
pub fn sdk_entry() -> Option<String> {
    let script =
        |name: &str| name.strip_prefix("sdk/").filter(|name| name.ends_with(".js")).map(str::to_owned);
    let mut scripts: Vec<_> = Web::iter().filter_map(|name| script(&name)).collect();
    scripts.sort();
    let entry = scripts.iter().position(|name| name.starts_with("attune"));
    (!scripts.is_empty()).then(|| scripts.swap_remove(entry.unwrap_or(0)))
}

/// The file at `path`, compressed as the client can take it.
#[must_use]
pub fn asset(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Web::get(path)?;
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let takes = |coding: &str| {
        accepted.split(',').any(|part| {
            let mut pieces = part.trim().split(';');
            pieces.next() == Some(coding) && !pieces.any(|weight| matches!(weight.trim(), "q=0" | "q=0.0"))
        })
    };
    let packed = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(coding, ending)| {
        if takes(coding) { Web::get(&format!("{path}.{ending}")).map(|file| (coding, file)) } else { None }
    });
    let tag =
        plain.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    let (coding, file) = packed.map_or((None, plain), |(coding, file)| (Some(coding), file));
    // A tag names one representation; two codings are two.
    let tag = format!("\"{tag}{}\"", coding.unwrap_or_default());
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    let vary = (header::VARY, HeaderValue::from_static("accept-encoding"));
    if unchanged(headers, &tag) {
        return Some(([etag(&tag), vary], StatusCode::NOT_MODIFIED).into_response());
    }
    let mut response = ([kind, vary, etag(&tag)], file.data.into_owned()).into_response();
    if let Some(coding) = coding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Some(response)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("json" | "map") => "application/json",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// `ETag`.
#[must_use]
pub fn etag(tag: &str) -> (HeaderName, HeaderValue) {
    (header::ETAG, HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\"")))
}

/// Whether the client has the version `tag` already.
#[must_use]
pub fn unchanged(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
}

/// The artefacts are not in this binary.
#[must_use]
pub fn not_built() -> Response {
    let text =
        "The web artefacts are not part of this binary: run `cargo xtask build`, then build it again.\n";
    (StatusCode::NOT_FOUND, text).into_response()
}
