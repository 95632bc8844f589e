//! Which SDK pages get; for the command line only, because it is code that runs in every page.

use crate::endpoint::web::{self, Web};
use crate::error::ApiError;
use crate::extract::{ApiJson, Caller};
use crate::sdk::{self, NEWEST, NONE};
use crate::state::App;
use attune_control::SdkRelease;
use attune_schema::time::Timestamp;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What there is, and what pages get.
#[derive(Debug, Serialize, Deserialize)]
pub struct Releases {
    /// `newest`, `none` or the id of a release.
    pub choice: String,
    /// Oldest first.
    pub releases: Vec<Release>,
}

/// A release of the SDK.
#[derive(Debug, Serialize, Deserialize)]
pub struct Release {
    /// Hash in the name of its script.
    pub id: String,
    /// Of the program that it came with.
    pub version: String,
    /// When this installation first had it.
    pub added_at: Timestamp,
    /// It is the one in the program that answers.
    pub own: bool,
}

/// A release from a folder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRelease {
    /// What people call it.
    pub version: String,
    /// Bodies in base 64, by name.
    pub files: BTreeMap<String, String>,
}

/// Which release: an id, `newest`, or (where pages get one) `none`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Its name.
    pub release: String,
}

/// What a page says that pins the SDK.
#[derive(Debug, Serialize, Deserialize)]
pub struct PinnedTag {
    /// Below the collector's address.
    pub path: String,
    /// For the attribute `integrity`.
    pub integrity: String,
    /// The release.
    pub release: String,
}

async fn all(app: &App) -> Result<Vec<SdkRelease>, ApiError> {
    app.sdk.keep_own(&app.control, app.now()).await?;
    Ok(app.control.sdk_releases().await?)
}

async fn found(app: &App, id: &str) -> Result<SdkRelease, ApiError> {
    let release = all(app).await?.into_iter().find(|release| release.id == id);
    release.ok_or_else(|| ApiError::not_found(&format!("release {id} of the SDK")))
}

/// `GET /api/sdk`.
pub async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Releases>, ApiError> {
    caller.must_be_local()?;
    let own = web::sdk_entry();
    let releases =
        all(&app).await?.into_iter().map(|SdkRelease { id, version, script, added_at, .. }| Release {
            id,
            version,
            added_at,
            own: own.as_ref() == Some(&script),
        });
    Ok(Json(Releases { choice: app.sdk.choice(), releases: releases.collect() }))
}

/// `POST /api/sdk`: keeps a release that is in no program here.
pub async fn add(
    State(app): State<App>,
    caller: Caller,
    ApiJson(new): ApiJson<NewRelease>,
) -> Result<(StatusCode, Json<Release>), ApiError> {
    caller.must_be_local()?;
    let fits = |name: &str| {
        !name.is_empty()
            && name.len() <= 128
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let mut bodies = BTreeMap::new();
    for (name, text) in new.files {
        if !fits(&name) {
            return Err(ApiError::invalid(format!("file `{name}`: letters, digits, `.`, `_` and `-` only")));
        }
        let not = |_| ApiError::invalid(format!("file `{name}` is not in base 64"));
        let body = BASE64_STANDARD.decode(text).map_err(not)?;
        bodies.insert(name, body);
    }
    let release = sdk::of(&new.version, &bodies, app.now());
    let release =
        release.ok_or_else(|| ApiError::invalid("there is no script `attune-HASH.js` among the files"))?;
    app.control.add_sdk(&release, bodies).await?;
    let SdkRelease { id, version, added_at, .. } = found(&app, &release.id).await?;
    Ok((StatusCode::CREATED, Json(Release { id, version, added_at, own: false })))
}

/// `POST /api/sdk/choice`: pages that are loaded from now on get that one, unless they pin another.
pub async fn choose(
    State(app): State<App>,
    caller: Caller,
    ApiJson(Choice { release }): ApiJson<Choice>,
) -> Result<StatusCode, ApiError> {
    caller.must_be_local()?;
    let choice = (release != NEWEST).then_some(release.as_str());
    if let Some(id) = choice.filter(|id| *id != NONE) {
        found(&app, id).await?;
    }
    app.control.choose_sdk(choice).await?;
    app.sdk.refresh(&app.control).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/sdk/{release}`.
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.must_be_local()?;
    let SdkRelease { script, .. } = found(&app, &id).await?;
    if app.sdk.choice() == id || web::sdk_entry() == Some(script) || !app.control.remove_sdk(&id).await? {
        return Err(ApiError::invalid(format!("release {id} is in use: pages get it, or pin it")));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/sdk/tag`: a loader that never changes and takes nothing but the files of one release.
pub async fn pin(
    State(app): State<App>,
    caller: Caller,
    ApiJson(Choice { release }): ApiJson<Choice>,
) -> Result<(StatusCode, Json<PinnedTag>), ApiError> {
    caller.must_be_local()?;
    let own = sdk::own(app.now()).ok_or_else(|| ApiError::not_found("an SDK in this program"))?;
    let release = found(&app, if release == NEWEST { &own.id } else { &release }).await?;
    let template = Web::get("tag/pinned.js").ok_or_else(|| ApiError::not_found("the loader"))?;
    let key = app.sites.signer().public_key();
    let tag = sdk::pinned(&String::from_utf8_lossy(&template.data), &release, &key);
    app.control.add_sdk_tag(&tag.hash, &release.id, &tag.body).await?;
    let path = format!("pinned/{}.js", tag.hash);
    Ok((StatusCode::CREATED, Json(PinnedTag { path, integrity: tag.integrity, release: release.id })))
}
