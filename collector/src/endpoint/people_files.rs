//! Files of people: attributes and lists, by user id or keyed hash.
//!
//! Whoever sends a file says with each request which file it is; nothing of it is kept here between requests. Rows
//! are staged, and one last request publishes them all: until then nobody sees any.

use super::import::few;
use crate::error::ApiError;
use crate::extract::{ApiJson, ApiQuery, Caller, SitePath};
use crate::import::key::{HashKey, Normal, personal};
use crate::sites::SiteEntry;
use crate::state::App;
use attune_schema::api::{
    ErrorBody, FileImport, FileImportState, Hashable, Hashed, Imported, KeyedBy, PeopleList, PersonCount,
    PersonRow, PersonRows, Publish, ToHash,
};
use attune_schema::id::{EventId, digest};
use attune_schema::limits::{ID_BYTES, PROFILE_ATTRIBUTES, TEXT_BYTES};
use attune_schema::source::Label;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use attune_warehouse::imports::ImportRecord;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::collections::BTreeMap;

/// Users hashed at once.
const HASHED: usize = 50_000;

/// Says what importing a file would mean, and whether what it says holds already. Writes nothing.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/imports",
    operation_id = "begin_file_import",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = FileImport,
    responses(
        (status = 200, body = FileImportState),
        (status = 400, body = ErrorBody, description = "A column is no declared attribute, or the list cannot be"),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn begin(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    ApiJson(import): ApiJson<FileImport>,
) -> Result<Json<FileImportState>, ApiError> {
    let labels = labels(&app, &site, &import).await?;
    let published = app.store.imports(site.record.number).await?;
    let standing = standing(site.record.number, &import, &published);
    if import.keyed_by == KeyedBy::Hash {
        learn_hashes(&app, site.record.number).await?;
    }
    Ok(Json(FileImportState { id: EventId(standing.id).to_string(), published: standing.published, labels }))
}

/// Takes rows of an import: judges each by itself, and keeps the fit ones where nobody sees them yet.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/imports/{id}/rows",
    operation_id = "file_import_rows",
    tag = "sites",
    params(
        ("site" = String, Path, description = "Name of the site"),
        ("id" = String, Path, description = "Id of the import")
    ),
    request_body = PersonRows,
    responses(
        (status = 200, body = PersonCount),
        (status = 409, body = ErrorBody, description = "Another import came between: begin again"),
        (status = 413, body = ErrorBody, description = "Too many rows"),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn rows(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    Path((_, id)): Path<(String, String)>,
    ApiJson(sent): ApiJson<PersonRows>,
) -> Result<Json<PersonCount>, ApiError> {
    few(sent.rows.len())?;
    let number = site.record.number;
    let standing = current(&app, number, &sent.import, &id).await?;
    let key = HashKey::new(&app.control.hash_secret(number).await?);
    let mut count = PersonCount::default();
    let mut fit = Vec::with_capacity(sent.rows.len());
    for row in sent.rows {
        let line = row.line;
        match judge(row, &sent.import, &key) {
            Ok(row) => fit.push(row),
            Err(reason) => count.rejected.entry(reason.to_owned()).or_default().push(line),
        }
    }
    count.taken = fit.len() as u64;
    let keys: Vec<&str> = fit.iter().map(|row| row.key.as_str()).collect();
    let known = app.store.known(number, sent.import.keyed_by, &keys).await?;
    count.known = keys.iter().filter(|key| known.contains(**key)).count() as u64;
    if !sent.dry_run && !fit.is_empty() {
        let list = sent.import.list.as_ref().map(|list| (list.name.as_str(), list.expires_at));
        app.store.stage(number, standing.id, list, app.now(), &fit).await?;
    }
    Ok(Json(count))
}

/// Lets everybody see what was staged, all of it at once.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/imports/{id}/publish",
    operation_id = "publish_file_import",
    tag = "sites",
    params(
        ("site" = String, Path, description = "Name of the site"),
        ("id" = String, Path, description = "Id of the import")
    ),
    request_body = Publish,
    responses(
        (status = 204, description = "Published, now or before"),
        (status = 409, body = ErrorBody, description = "Another import came between, or rows are missing"),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn publish(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
    Path((_, id)): Path<(String, String)>,
    ApiJson(end): ApiJson<Publish>,
) -> Result<StatusCode, ApiError> {
    let number = site.record.number;
    let published = app.store.imports(number).await?;
    if published.iter().any(|record| EventId(record.import).to_string() == id) {
        // The answer was lost.
        return Ok(StatusCode::NO_CONTENT);
    }
    labels(&app, &site, &end.import).await?;
    let standing = standing(number, &end.import, &published);
    standing.must_be(&id)?;
    let list = end.import.list;
    let staged = app.store.staged(number, standing.id, list.as_ref().map(|list| list.name.as_str())).await?;
    if staged != end.people {
        let message = format!("{} people were sent and {staged} are there: send the rows again", end.people);
        return Err(ApiError::new(StatusCode::CONFLICT, "incomplete", message));
    }
    let last = published.iter().map(|record| record.published_at.0).max().unwrap_or_default();
    let (name, expires_at) = list.map(|list| (list.name, list.expires_at)).unwrap_or_default();
    let record = ImportRecord {
        site: number,
        import: standing.id,
        list: name,
        content: end.import.content,
        hashed: end.import.keyed_by == KeyedBy::Hash,
        attributes: end.import.attributes,
        people: end.people,
        published_at: Timestamp(app.now().0.max(last + 1)),
        expires_at,
    };
    let replaced: Vec<u128> =
        published.iter().filter(|old| replaces(&record, old)).map(|old| old.import).collect();
    app.store.publish(&record).await?;
    tokio::spawn(async move {
        if let Err(error) = app.store.tidy(&record, &replaced).await {
            tracing::info!(%error, "what an import replaced will be deleted after the next one");
        }
    });
    Ok(StatusCode::NO_CONTENT)
}

/// Lists of people, by name.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/lists",
    operation_id = "lists",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Vec<PeopleList>), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub async fn lists(
    State(app): State<App>,
    _: Caller,
    site: SitePath,
) -> Result<Json<Vec<PeopleList>>, ApiError> {
    catch_up(&app, site.record.number).await?;
    Ok(Json(app.store.lists(site.record.number, app.now()).await?))
}

/// Of whom.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// User id.
    #[param(min_length = 1)]
    user: String,
}

/// What files said of a person.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/imported",
    operation_id = "imported",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site"), UserQuery),
    responses(
        (status = 200, body = Imported),
        (status = 400, body = ErrorBody),
        (status = 422, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)
    )
)]
pub async fn imported(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiQuery(query): ApiQuery<UserQuery>,
) -> Result<Json<Imported>, ApiError> {
    caller.must_see_people()?;
    if query.user.is_empty() || query.user.len() > ID_BYTES {
        return Err(ApiError::invalid(format!("user: 1 to {ID_BYTES} bytes")));
    }
    catch_up(&app, site.record.number).await?;
    let hash = hash_of(&app, site.record.number, &query.user).await?;
    Ok(Json(app.store.imported(site.record.number, &query.user, &hash, app.now()).await?))
}

/// Hashes texts with the site's key, which does not leave the server; for the command line only.
#[utoipa::path(
    post,
    path = "/api/sites/{site}/keyed-hashes",
    operation_id = "keyed_hashes",
    tag = "sites",
    params(("site" = String, Path, description = "Name of the site")),
    request_body = ToHash,
    responses(
        (status = 200, body = Hashed),
        (status = 403, body = ErrorBody, description = "Only with the local token"),
        (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody, description = "Too many texts")
    )
)]
pub async fn keyed_hashes(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
    ApiJson(what): ApiJson<ToHash>,
) -> Result<Json<Hashed>, ApiError> {
    caller.must_see_people()?;
    // Whoever may ask for any number finds out whose a hash is.
    caller.must_be_local()?;
    few(what.texts.len())?;
    let key = HashKey::new(&app.control.hash_secret(site.record.number).await?);
    let normal = match what.what {
        Hashable::User => Normal::User,
        Hashable::Email => Normal::Email,
        Hashable::Phone => Normal::Phone { country: what.country },
    };
    let hash = |text: &String| normal.write(text).map(|text| key.hash(normal, &text));
    Ok(Json(Hashed { hashes: what.texts.iter().map(hash).collect() }))
}

/// Lets what files say of keyed hashes be found for whoever became known since; nothing where no file names any.
async fn catch_up(app: &App, site: u32) -> Result<(), ApiError> {
    if app.store.imports(site).await?.iter().any(|record| record.hashed) {
        learn_hashes(app, site).await?;
    }
    Ok(())
}

/// Hashes all users that the site knows and has not hashed yet.
async fn learn_hashes(app: &App, site: u32) -> Result<(), ApiError> {
    let key = HashKey::new(&app.control.hash_secret(site).await?);
    loop {
        let users = app.store.users_without_hash(site, HASHED).await?;
        let found = users.len();
        if found == 0 {
            return Ok(());
        }
        let hashed = users.into_iter().map(|user| {
            let hash = key.hash(Normal::User, user.trim());
            (user, hash)
        });
        app.store.insert_hashes(site, hashed.collect()).await?;
        if found < HASHED {
            return Ok(());
        }
    }
}

/// The hash by which files may name a user, known or not. Whoever forgets a person counts the hashes of their ids
/// among these.
///
/// # Errors
/// If the control store does not answer.
pub async fn hash_of(app: &App, site: u32, user: &str) -> Result<String, ApiError> {
    Ok(HashKey::new(&app.control.hash_secret(site).await?).hash(Normal::User, user.trim()))
}

/// The labels of the attributes of an import that may be.
async fn labels(
    app: &App,
    site: &SiteEntry,
    import: &FileImport,
) -> Result<BTreeMap<String, Label>, ApiError> {
    if import.content.len() != 64 || !import.content.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(ApiError::invalid("content: the file's SHA-256 in 64 hexadecimal digits".to_owned()));
    }
    if let Some(list) = &import.list {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
        if list.name.is_empty() || list.name.len() > 64 || !list.name.chars().all(fits) {
            let name: String = list.name.chars().take(64).collect();
            return Err(ApiError::invalid(format!("list `{name}`: 1 to 64 letters, digits or . _ : -")));
        }
        if list.expires_at <= app.now() {
            return Err(ApiError::invalid(format!("list `{}` would expire in the past", list.name)));
        }
        if list.expires_at.0 / 1_000 > i64::from(u32::MAX) {
            return Err(ApiError::invalid(format!("list `{}` expires after the year 2105", list.name)));
        }
        if !import.attributes.is_empty() {
            return Err(ApiError::invalid("a list has no attributes".to_owned()));
        }
        return Ok(BTreeMap::new());
    }
    if import.attributes.is_empty() {
        return Err(ApiError::invalid("the file has no column of an attribute".to_owned()));
    }
    if import.attributes.len() > PROFILE_ATTRIBUTES {
        return Err(ApiError::invalid(format!("at most {PROFILE_ATTRIBUTES} attributes at once")));
    }
    let (source, _) = app.control.source(site.record.number).await?;
    let declared: BTreeMap<&str, Label> =
        source.attributes.iter().map(|attribute| (attribute.id.as_str(), attribute.label)).collect();
    let name = |name: &String| match declared.get(name.as_str()) {
        Some(label) => Ok((name.clone(), *label)),
        None => Err(name.chars().take(64).collect::<String>()),
    };
    let (found, unknown): (Vec<_>, Vec<_>) = import.attributes.iter().map(name).partition(Result::is_ok);
    let unknown: Vec<String> = unknown.into_iter().filter_map(Result::err).collect();
    if !unknown.is_empty() {
        let message = format!("no attribute of the site is declared for: {}", unknown.join(", "));
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_columns", message));
    }
    Ok(found.into_iter().filter_map(Result::ok).collect())
}

/// Where an import stands among those published.
struct Standing {
    id: u128,
    published: bool,
}

impl Standing {
    fn must_be(&self, id: &str) -> Result<(), ApiError> {
        if EventId(self.id).to_string() == id {
            return Ok(());
        }
        let message = "another import came between: import the file again";
        Err(ApiError::new(StatusCode::CONFLICT, "import_superseded", message))
    }
}

/// The same file after the same imports has the same id, so that what was begun is gone on with; whoever imports an
/// old file over a newer one means it.
fn standing(site: u32, import: &FileImport, published: &[ImportRecord]) -> Standing {
    let (list, expires_at) =
        import.list.as_ref().map(|list| (list.name.as_str(), list.expires_at.0 / 1_000)).unwrap_or_default();
    let before: Vec<&ImportRecord> = published.iter().filter(|record| record.list == list).collect();
    let last = before.last().map_or(0, |record| record.import);
    let same = |record: &&&ImportRecord| {
        record.content == import.content
            && record.hashed == (import.keyed_by == KeyedBy::Hash)
            && record.attributes == import.attributes
            && record.expires_at.0 / 1_000 == expires_at
    };
    // Nothing that it says has been said otherwise since.
    let later = before.iter().rev().take_while(|record| !same(record));
    let overruled = later.into_iter().any(|record| {
        !list.is_empty() || record.attributes.iter().any(|name| import.attributes.contains(name))
    });
    let text = format!(
        "{site}\0{list}\0{expires_at}\0{}\0{:?}\0{}\0{last}",
        import.content,
        import.keyed_by,
        import.attributes.join("\0")
    );
    Standing { id: digest("file", &text), published: before.iter().any(|record| same(&record)) && !overruled }
}

async fn current(app: &App, site: u32, import: &FileImport, id: &str) -> Result<Standing, ApiError> {
    let standing = standing(site, import, &app.store.imports(site).await?);
    standing.must_be(id)?;
    Ok(standing)
}

/// Whether nothing of `old` is left to be seen where `new` speaks of the same person.
fn replaces(new: &ImportRecord, old: &ImportRecord) -> bool {
    new.list == old.list && old.attributes.iter().all(|name| new.attributes.contains(name))
}

/// A row as it is kept, or why it is not.
fn judge(mut row: PersonRow, import: &FileImport, key: &HashKey) -> Result<PersonRow, &'static str> {
    match import.keyed_by {
        KeyedBy::Hash if row.key.trim().is_empty() => return Err("no_key"),
        KeyedBy::Hash => row.key = key.read(&row.key).map_err(|reason| reason.code())?,
        KeyedBy::User => {
            row.key = row.key.trim().to_owned();
            if row.key.is_empty() {
                return Err("no_key");
            }
            if row.key.len() > ID_BYTES || row.key.chars().any(char::is_control) {
                return Err("bad_key");
            }
            if let Some(personal) = personal(&row.key) {
                return Err(personal.code());
            }
        }
    }
    let names = row.attributes.keys().chain(&row.removed);
    if names.into_iter().any(|name| !import.attributes.contains(name)) {
        return Err("unknown_column");
    }
    let long = |value: &Value| matches!(value, Value::Text(text) if text.len() > TEXT_BYTES);
    if row.attributes.values().any(long) {
        return Err("too_long");
    }
    Ok(row)
}
