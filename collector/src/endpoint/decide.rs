//! `POST /v1/decide`: decisions for servers, apps, call centres, and pages that have to ask.

use super::intake;
use crate::decide::question::{EVENTS, Questions};
use crate::decide::token::{self, TokenError};
use crate::decide::{Authority, Question, Unfit};
use crate::error::ApiError;
use crate::extract::parse;
use crate::extract::signature::{KEY, signed_site};
use crate::receipts::log::{Kept, is_kept, single};
use crate::sites::SiteEntry;
use crate::state::App;
use crate::telemetry::Metric;
use attune_schema::api::ErrorBody;
use attune_schema::value::Value;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Questions of one request.
const BATCH: usize = 100;
/// How far from ours the time of a page's question may lie where only the server decides.
const PAGE_CLOCK_MS: u64 = 5 * 60_000;

/// Who asks, and about which site.
pub(super) struct Asker {
    pub site: Arc<SiteEntry>,
    pub authority: Authority,
}

/// Decides. With `batch`, many visitors at once; `{"batch":[question, …]}` is answered by `{"answers":[…]}`.
#[utoipa::path(
    post,
    path = "/v1/decide",
    operation_id = "decide",
    tag = "decisions",
    request_body(content = Question, content_type = "application/json", description = "See docs/decisions.md"),
    responses(
        (status = 200, body = Object, description = "One decision as the SDK gives it, or `decisions` in order"),
        (status = 400, body = ErrorBody, description = "Not a question"),
        (status = 401, body = ErrorBody, description = "Unknown site key, server key or token"),
        (status = 403, body = ErrorBody, description = "Pages of this origin may not ask"),
        (status = 413, body = ErrorBody, description = "Larger than allowed"),
        (status = 415, body = ErrorBody, description = "Packed otherwise than with gzip"),
        (status = 422, body = ErrorBody, description = "Says what is too large, or missing"),
        (status = 503, body = ErrorBody, description = "Not now; see Retry-After")
    )
)]
pub async fn decide(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let answered = async {
        let received = intake::read(&app, &parts.headers, body).await?;
        answer(&app, &parts.headers, &received.bytes).await
    };
    let mut response = match answered.await {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => error.into_response(),
    };
    if response.status() != StatusCode::FORBIDDEN {
        intake::put_cors(response.headers_mut(), parts.headers.get(header::ORIGIN).cloned(), false);
    }
    response
}

async fn answer(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<String, ApiError> {
    #[derive(Deserialize)]
    struct Form {
        batch: Option<IgnoredAny>,
    }
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(ApiError::bad_request("the body is not a JSON object"));
    }
    if read::<Form>(body)?.batch.is_none() {
        let question: Question = read(body)?;
        let asker = asker(app, headers, body, &question.site)?;
        return one(app, &asker, question).await;
    }
    let Questions { site, batch } = read(body)?;
    let asker = asker(app, headers, body, &site)?;
    if batch.len() > BATCH {
        return Err(ApiError::invalid(format!("batch: {} questions, at most {BATCH}", batch.len())));
    }
    let events = batch.iter().fold(0, |sum: usize, question| sum.saturating_add(question.size()));
    if events > EVENTS {
        return Err(ApiError::invalid(format!("batch: {events} events, at most {EVENTS}")));
    }
    let mut answers = Vec::with_capacity(batch.len());
    for (index, question) in batch.into_iter().enumerate() {
        let answered = one(app, &asker, question).await;
        answers.push(answered.map_err(|error| error.about(&format!("batch[{index}]")))?);
    }
    Ok(format!("{{\"answers\":[{}]}}", answers.join(",")))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    parse(body).map_err(|error| ApiError::bad_request(error.to_string()))
}

/// Who asks: a server that signed the request or shows its key, else whoever has the site's public key.
///
/// # Errors
/// 401 or 403.
pub(super) fn asker(app: &App, headers: &HeaderMap, body: &[u8], key: &str) -> Result<Asker, ApiError> {
    let server = |site| Ok(Asker { site, authority: Authority::Server });
    if headers.contains_key(KEY) {
        return server(signed_site(app, headers, body)?);
    }
    if let Some(shown) = bearer(headers) {
        let found = shown.split_once('.').and_then(|(id, secret)| {
            let (site, kept) = app.sites.by_server_key(id)?;
            // Digests, so that how long comparing takes says nothing of the secret.
            (Sha256::digest(kept.as_bytes()) == Sha256::digest(secret.as_bytes())).then_some(site)
        });
        if let Some(site) = found {
            return server(site);
        }
        if shown.starts_with("sk_") {
            let message = "no site has this server key: send `Authorization: Bearer ID.SECRET`";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "bad_key", message));
        }
    }
    let key = if key.is_empty() { bearer(headers).unwrap_or_default() } else { key };
    let site = app.sites.by_key(key).ok_or_else(intake::unknown_site)?;
    intake::allow(&site, headers)?;
    Ok(Asker { site, authority: Authority::Page })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Answers one question.
///
/// # Errors
/// 401 for a token that counts for nothing, 422 for a question that cannot be asked.
pub(super) async fn one(app: &App, asker: &Asker, mut question: Question) -> Result<String, ApiError> {
    question.check()?;
    let (site, mut authority) = (&asker.site, asker.authority);
    if authority < Authority::Server {
        site.deciding.disregard_claims(&mut question)?;
    }
    if let Some(token) = question.token.take() {
        let secret_of = |id: &str| {
            let (owner, secret) = app.sites.by_server_key(id)?;
            (owner.record.number == site.record.number).then_some(secret)
        };
        let claims = token::read(&token, secret_of, app.now())?;
        authority = authority.max(Authority::Person);
        question.user = Some(claims.sub);
        question.attributes.extend(claims.attributes);
    }
    let now = app.now();
    let asked = question.now.unwrap_or(now);
    let placements: Vec<String> = question.wanted().cloned().collect();
    let ours = site.deciding.wants_stored(&placements);
    let far = authority < Authority::Server && ours && asked.since(now).unsigned_abs() > PAGE_CLOCK_MS;
    question.now = Some(if far { now } else { asked });
    let stored = match &question.user {
        Some(user) if ours && authority > Authority::Page => stored(app, site, user).await,
        _ => BTreeMap::new(),
    };
    app.metrics.add(Metric::Decisions, placements.len() as u64);
    let answer = site.deciding.answer(&question, authority, &stored)?;
    if is_kept(&site.deciding, site.receipts_percent, &question) {
        keep(app, site, &question, authority, &stored, &answer)?;
    }
    Ok(answer)
}

/// Writes down what was decided, placement by placement. Each is made again for that, from what will be written alone:
/// where it comes out otherwise, something that decided is not in the receipt.
fn keep(
    app: &App,
    site: &Arc<SiteEntry>,
    question: &Question,
    authority: Authority,
    stored: &BTreeMap<String, Value>,
    answer: &str,
) -> Result<(), ApiError> {
    for (question, output) in single(&site.deciding, question, authority, stored)? {
        if !answer.contains(&output) {
            app.metrics.add(Metric::DecisionsDiffer, 1);
            tracing::error!(answer, output, "a decision came out otherwise when it was made again");
        }
        let kept = app.decisions.keep(Kept { site: Arc::clone(site), question, output, at: app.now() });
        app.metrics.add(if kept { Metric::DecisionsKept } else { Metric::DecisionsNotKept }, 1);
    }
    Ok(())
}

/// What files said of the user; nothing where the store does not answer, which rules take for unknown.
async fn stored(app: &App, site: &SiteEntry, user: &str) -> BTreeMap<String, Value> {
    let found = async {
        let hash = super::people_files::hash_of(app, site.record.number, user).await?;
        Ok::<_, ApiError>(app.store.imported(site.record.number, user, &hash, app.now()).await?)
    };
    match found.await {
        Ok(imported) => imported.attributes,
        Err(error) => {
            tracing::warn!(?error, "what is stored about a user could not be read: it counts as unknown");
            BTreeMap::new()
        }
    }
}

impl From<Unfit> for ApiError {
    fn from(unfit: Unfit) -> Self {
        Self::invalid(unfit.to_string())
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "bad_token", error.to_string())
    }
}
