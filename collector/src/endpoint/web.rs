//! Built web artefacts, embedded from `target/web`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The files; every text also as `.br` and `.gz`.
#[derive(rust_embed::Embed)]
#[folder = "../target/web"]
#[allow_missing = true]
pub struct Web;

/// Codings of a file, best first, each with how the name of the file ends that is in it; the last is the file itself.
pub const CODINGS: [(&str, &str); 3] = [("br", ".br"), ("gzip", ".gz"), ("identity", "")];

/// What is sent depends on what the client takes.
pub const VARY: (HeaderName, HeaderValue) = (header::VARY, HeaderValue::from_static("accept-encoding"));

/// `Content-Type` of the file at `path`.
#[must_use]
pub fn kind(path: &str) -> (HeaderName, HeaderValue) {
    (header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)))
}

/// Whether the client takes that coding.
#[must_use]
pub fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    coding == "identity"
        || accepted.split(',').any(|part| {
            let mut pieces = part.trim().split(';');
            pieces.next() == Some(coding) && !pieces.any(|weight| matches!(weight.trim(), "q=0" | "q=0.0"))
        })
}

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

/// The file of the SDK out of which the collector makes tags that have everything in them.
#[must_use]
pub fn whole_tag() -> Option<String> {
    Web::iter()
        .find_map(|name| name.strip_prefix("sdk/").filter(|name| is_whole_tag(name)).map(str::to_owned))
}

/// Whether the SDK's file of this name is [`whole_tag`].
#[must_use]
pub fn is_whole_tag(name: &str) -> bool {
    name.starts_with("whole-") && name.ends_with(".js")
}

/// The file at `path`, compressed as the client can take it.
#[must_use]
pub fn asset(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Web::get(path)?;
    let packed = CODINGS.into_iter().filter(|(_, ending)| !ending.is_empty()).find_map(|(coding, ending)| {
        if takes(headers, coding) {
            Web::get(&format!("{path}{ending}")).map(|file| (coding, file))
        } else {
            None
        }
    });
    let tag =
        plain.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    let (coding, file) = packed.map_or((None, plain), |(coding, file)| (Some(coding), file));
    // A tag names one representation; two codings are two.
    let tag = format!("\"{tag}{}\"", coding.unwrap_or_default());
    if unchanged(headers, &tag) {
        return Some(([etag(&tag), VARY], StatusCode::NOT_MODIFIED).into_response());
    }
    Some(coded(([kind(path), VARY, etag(&tag)], file.data.into_owned()).into_response(), coding))
}

/// `response`, of which the body is in that coding.
#[must_use]
pub fn coded(mut response: Response, coding: Option<&'static str>) -> Response {
    if let Some(coding) = coding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
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
