//! What pages load: manifest, bundle, tag, SDK.

use crate::decide::token;
use crate::endpoint::intake::unknown_site;
use crate::endpoint::web::{self, Web};
use crate::error::ApiError;
use crate::extract::ApiQuery;
use crate::sites::SiteEntry;
use crate::state::App;
use crate::tag::{self, Filled, Parts, Tag};
use crate::telemetry::Metric;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;

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
    let Current { hash, revision, key } = current(&app, &site, &pinned);
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

/// A bundle as pages are told of it.
struct Current<'a> {
    hash: &'a str,
    revision: u64,
    key: String,
}

/// The bundle that pages of `site` are to have now whose key begins with `pinned`.
fn current<'a>(app: &App, site: &'a SiteEntry, pinned: &str) -> Current<'a> {
    let bundle = &site.bundle;
    let mut current = Current { hash: &bundle.hash, revision: bundle.revision, key: site.signed_by.clone() };
    // A page that was opened before the key was rotated.
    if !pinned.is_empty()
        && let Some((hash, _)) = &bundle.previous
        && let Some(key) = app.sites.signer().previous_key().filter(|key| key.starts_with(pinned))
    {
        (current.hash, current.key) = (hash, key);
    }
    // Pages decide otherwise by it: see docs/decisions.md.
    if let Some(before) = site.bundle_before().filter(|_| app.is_held(site)) {
        (current.hash, current.revision) = (&before.hash, before.revision);
    }
    current
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

/// `GET /tag.js?site=KEY`: the tag with everything in it that pages of the site need. Without a site that is known, and for
/// releases from before there was one, the loader alone: which site it is the page says then (`data-site`).
pub async fn tag(State(app): State<App>, address: Uri, headers: HeaderMap) -> Response {
    let (keeper, now) = (app.clone(), app.now());
    tokio::spawn(async move {
        if let Err(error) = keeper.sdk.keep_own(&keeper.control, now).await {
            tracing::warn!(%error, "the SDK that pages get could not be kept");
        }
    });
    let asked = ApiQuery::<SiteQuery>::of(&address).ok();
    let site = asked.and_then(|ApiQuery(query)| app.sites.by_key(&query.site));
    if let Some(site) = &site
        && let Some(tag) = whole(&app, site).await
    {
        let (body, coding) = if web::takes(&headers, "br") {
            (tag.brotli.clone(), Some("br"))
        } else {
            (tag.plain.clone(), None)
        };
        let etag = format!("\"{}{}\"", tag.hash, coding.unwrap_or_default());
        let response = script(&headers, &etag, body);
        if response.status() == StatusCode::NOT_MODIFIED {
            return response;
        }
        app.metrics.add(Metric::BundlesServed, 1);
        return web::coded(response, coding);
    }
    let Some(loader) = Web::get("tag/loader.js") else { return web::not_built() };
    let Some(sdk) = app.sdk.script() else { return web::not_built() };
    let text = if sdk.is_empty() {
        "// Switched off: attune sdk use newest\n".to_owned()
    } else {
        let site = site.as_ref().map_or("", |site| &site.record.site.key);
        let filled = Filled { key: &app.sites.signer().public_key(), sdk: &sdk, site };
        filled.fill(&String::from_utf8_lossy(&loader.data))
    };
    script(&headers, &format!("\"{}\"", tag::hash(&text)), text.into())
}

/// The tag of `site` as it is now; `None` where there is none with everything in it.
async fn whole(app: &App, site: &SiteEntry) -> Option<Arc<Tag>> {
    let template = app.sdk.whole()?;
    let Current { hash, key, .. } = current(app, site, "");
    let number = site.record.number;
    let parts = Parts { template, site: site.record.site.key.clone(), bundle: hash.to_owned(), key };
    if let Some(tag) = app.tags.get(number, &parts) {
        return Some(tag);
    }
    let signed = app.sites.bundle(hash)?;
    let body = match Web::get(&format!("sdk/{}", parts.template)) {
        Some(file) => file.data.into_owned(),
        None => app.control.sdk_file(&parts.template).await.ok()??,
    };
    let made = move || Tag::make(parts, &String::from_utf8_lossy(&body), &signed);
    let tag = Arc::new(tokio::task::spawn_blocking(made).await.ok()?.ok()?);
    app.tags.keep(number, Arc::clone(&tag));
    Some(tag)
}

/// A script that pages ask for anew each time, unless they have it.
fn script(headers: &HeaderMap, etag: &str, body: Bytes) -> Response {
    let fresh = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if web::unchanged(headers, etag) {
        return ([fresh, web::VARY, web::etag(etag)], StatusCode::NOT_MODIFIED).into_response();
    }
    let headers = [ANY_ORIGIN, CROSS_ORIGIN, fresh, JAVASCRIPT, web::VARY, web::etag(etag)];
    (headers, body).into_response()
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
            let response = ([web::kind(&file), web::VARY], body).into_response();
            let coding = (!ending.is_empty()).then_some(coding);
            return ([ANY_ORIGIN, CROSS_ORIGIN, IMMUTABLE], web::coded(response, coding)).into_response();
        }
    }
    if web::sdk_entry().is_none() {
        return web::not_built();
    }
    ([ANY_ORIGIN], ApiError::not_found("the file")).into_response()
}
