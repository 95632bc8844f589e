//! What pages load: manifest, bundle, tag, SDK.

use crate::decide::token;
use crate::endpoint::intake::unknown_site;
use crate::endpoint::web::{self, Web};
use crate::error::ApiError;
use crate::extract::ApiQuery;
use crate::state::App;
use crate::telemetry::Metric;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// First bytes of a signed list of token keys: what they are and the version.
const TOKEN_KEYS: &[u8] = b"AK\x01";

/// `?site=`.
#[derive(Debug, serde::Deserialize)]
pub struct SiteQuery {
    /// Public site key.
    #[serde(default)]
    site: String,
    /// How the public key begins that the page pins.
    #[serde(default)]
    key: String,
    /// Hash of the bundle that the page keeps, empty where it keeps none; not given by pages that ask for bundles
    /// by themselves.
    kept: Option<String>,
}

const ANY_ORIGIN: (HeaderName, HeaderValue) =
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
const CROSS_ORIGIN: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
const JAVASCRIPT: (HeaderName, HeaderValue) =
    (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
const IMMUTABLE: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));

/// `GET /v1/manifest?site=KEY`: which bundle is current, and the key it is signed with. With `kept` (a hash, or nothing)
/// the answer brings the bundle along as `signed`, in base 64, unless it is that one.
pub async fn manifest(State(app): State<App>, address: Uri, headers: HeaderMap) -> Response {
    let asked = ApiQuery::<SiteQuery>::of(&address);
    let found = asked
        .and_then(|ApiQuery(query)| Ok((app.sites.by_key(&query.site).ok_or_else(unknown_site)?, query)));
    let (site, SiteQuery { key: pinned, kept, .. }) = match found {
        Ok(found) => found,
        Err(error) => return ([ANY_ORIGIN, CROSS_ORIGIN], error).into_response(),
    };
    let bundle = &site.bundle;
    let mut revision = bundle.revision;
    let mut signed = (&bundle.hash, app.sites.signer().public_key());
    // A page that was opened before the key was rotated.
    if !pinned.is_empty()
        && let Some((hash, _)) = &bundle.previous
        && let Some(key) = app.sites.signer().previous_key().filter(|key| key.starts_with(&pinned))
    {
        signed = (hash, key);
    }
    // Pages decide otherwise by it: see docs/decisions.md.
    if let Some(before) = site.bundle_before().filter(|_| app.is_held(&site)) {
        (signed.0, revision) = (&before.hash, before.revision);
    }
    let (hash, key) = signed;
    let etag = format!("\"{hash}-{revision}\"");
    let fresh = (header::CACHE_CONTROL, HeaderValue::from_static("max-age=30"));
    if web::unchanged(&headers, &etag) {
        return ([ANY_ORIGIN, fresh, web::etag(&etag)], StatusCode::NOT_MODIFIED).into_response();
    }
    let mut body = serde_json::json!({
        "bundle": hash,
        "url": format!("/v1/bundle/{hash}"),
        "version": revision,
        "key": key,
    });
    if let Some(bytes) = kept.filter(|kept| kept != hash).and_then(|_| app.sites.bundle(hash)) {
        app.metrics.add(Metric::BundlesServed, 1);
        body["signed"] = BASE64_STANDARD.encode(bytes).into();
    }
    ([ANY_ORIGIN, CROSS_ORIGIN, fresh, web::etag(&etag)], axum::Json(body)).into_response()
}

/// `GET /v1/token-keys?site=KEY`: the public keys that profile tokens of the site are signed with, by id, signed like a
/// bundle. `AK` and the version say that it is none.
pub async fn token_keys(State(app): State<App>, address: Uri) -> Response {
    let found = ApiQuery::<SiteQuery>::of(&address)
        .and_then(|ApiQuery(query)| Ok((app.sites.by_key(&query.site).ok_or_else(unknown_site)?, query.key)));
    let (site, pinned) = match found {
        Ok(found) => found,
        Err(error) => return ([ANY_ORIGIN, CROSS_ORIGIN], error).into_response(),
    };
    let keys = app.sites.server_keys(site.record.number);
    let keys: BTreeMap<_, _> =
        keys.into_iter().map(|(id, secret)| (id, token::public_key(&secret))).collect();
    let said = serde_json::json!({ "site": site.record.site.key, "keys": keys });
    let payload = [TOKEN_KEYS, said.to_string().as_bytes()].concat();
    // Short, because a key that is revoked must not be good for long.
    let fresh = (header::CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    let binary = (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    let signed = app.sites.signer().sign_for(&pinned, &payload);
    ([ANY_ORIGIN, CROSS_ORIGIN, fresh, binary], signed).into_response()
}

/// `GET /v1/bundle/{hash}`: the bytes that hash names.
pub async fn bundle(State(app): State<App>, Path(hash): Path<String>) -> Response {
    let Some(bytes) = app.sites.bundle(&hash) else {
        return ([ANY_ORIGIN], ApiError::not_found("the bundle")).into_response();
    };
    app.metrics.add(Metric::BundlesServed, 1);
    let binary = (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    ([ANY_ORIGIN, CROSS_ORIGIN, IMMUTABLE, binary], bytes).into_response()
}

/// `GET /tag.js`: the loader, told the current SDK and the key that bundles are signed with. Which site it is
/// for the page says (`data-site`), so that one address serves all.
pub async fn tag(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(loader) = Web::get("tag/loader.js") else { return web::not_built() };
    let Some(sdk) = app.sdk.script() else { return web::not_built() };
    let script = if sdk.is_empty() {
        "// Switched off: attune sdk use newest\n".to_owned()
    } else {
        String::from_utf8_lossy(&loader.data)
            .replace("__KEY__", &app.sites.signer().public_key())
            .replace("__SDK__", &sdk)
    };
    let (keeper, now) = (app.clone(), app.now());
    tokio::spawn(async move {
        if let Err(error) = keeper.sdk.keep_own(&keeper.control, now).await {
            tracing::warn!(%error, "the SDK that pages get could not be kept");
        }
    });
    let etag = format!("\"{:x}\"", HexDigest(&script));
    let fresh = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if web::unchanged(&headers, &etag) {
        return ([fresh, web::etag(&etag)], StatusCode::NOT_MODIFIED).into_response();
    }
    ([ANY_ORIGIN, CROSS_ORIGIN, fresh, JAVASCRIPT, web::etag(&etag)], script).into_response()
}

/// First half of a text's SHA-256.
struct HexDigest<'a>(&'a str);

impl std::fmt::LowerHex for HexDigest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Sha256::digest(self.0.as_bytes()).iter().take(16).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// `GET /pinned/{hash}.js`: a loader that some pages pin, as it was when it was made.
pub async fn pinned(State(app): State<App>, Path(file): Path<String>) -> Response {
    let found = match file.strip_suffix(".js") {
        Some(hash) => app.control.sdk_tag(hash).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(script)) => ([ANY_ORIGIN, CROSS_ORIGIN, IMMUTABLE, JAVASCRIPT], script).into_response(),
        Ok(None) => ([ANY_ORIGIN], ApiError::not_found("the loader")).into_response(),
        Err(error) => ([ANY_ORIGIN], ApiError::from(error)).into_response(),
    }
}

/// `GET /remove.js`: in place of the tag, takes away what it left in the browser.
pub async fn remove() -> Response {
    let Some(script) = Web::get("tag/remove.js") else { return web::not_built() };
    let fresh = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    ([ANY_ORIGIN, CROSS_ORIGIN, fresh, JAVASCRIPT], script.data.into_owned()).into_response()
}

/// `GET /sdk/{file}`: named by content, so it never changes. What is not of this program is of an earlier one, or was
/// added.
pub async fn sdk(State(app): State<App>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    if let Some(asset) = web::asset(&format!("sdk/{file}"), &headers) {
        return ([ANY_ORIGIN, CROSS_ORIGIN, IMMUTABLE], asset).into_response();
    }
    for (coding, ending) in web::CODINGS.into_iter().filter(|(coding, _)| web::takes(&headers, coding)) {
        if let Ok(Some(body)) = app.control.sdk_file(&format!("{file}{ending}")).await {
            let mut response = ([web::kind(&file), web::VARY], body).into_response();
            if !ending.is_empty() {
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            return ([ANY_ORIGIN, CROSS_ORIGIN, IMMUTABLE], response).into_response();
        }
    }
    if web::sdk_entry().is_none() {
        return web::not_built();
    }
    ([ANY_ORIGIN], ApiError::not_found("the file")).into_response()
}
