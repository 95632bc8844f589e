//! `OFREP`, the remote evaluation protocol of `OpenFeature`: decisions for every client of it, without a library of ours.
//!
//! A placement is two flags. `hero` is a text: the id of the offer to show, empty where default content stays.
//! `hero.decision` is an object: the decision as `POST /v1/decide` gives it, with the content of its offers.

use super::decide::{Asker, asker, one};
use super::intake;
use crate::decide::Question;
use crate::error::ApiError;
use crate::state::App;
use attune_engine::compile::CONTEXT;
use attune_schema::api::ErrorBody;
use attune_schema::consent::Consent;
use attune_schema::limits::BODY_BYTES;
use attune_schema::value::Value;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

/// What makes the second flag of a placement.
const DECISION: &str = ".decision";

/// A request of the protocol.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct Evaluation {
    /// The evaluation context: `targetingKey` is the visitor; `consent`, `user`, `token` and the names of the page's
    /// context mean what they mean in `/v1/decide`; all else are attributes.
    #[serde(default)]
    #[schema(value_type = Object)]
    context: Map<String, Json>,
}

/// A flag's value for a visitor.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Flag {
    key: String,
    /// `TARGETING_MATCH`, `SPLIT`, `DEFAULT`, `DISABLED` or `STATIC`.
    reason: &'static str,
    /// Arm of the test, else the offer; `default` where default content stays.
    variant: String,
    #[schema(value_type = Object)]
    value: Json,
    /// The decision's own reason, id, bundle and campaign.
    #[schema(value_type = Object)]
    metadata: Json,
}

/// All flags of a site.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Flags {
    flags: Vec<Flag>,
}

/// Evaluates one flag.
#[utoipa::path(
    post,
    path = "/ofrep/v1/evaluate/flags/{key}",
    operation_id = "evaluate_flag",
    tag = "decisions",
    params(("key" = String, Path, description = "A placement, or a placement and `.decision`")),
    request_body = Evaluation,
    responses(
        (status = 200, body = Flag),
        (status = 400, body = Object, description = "`errorCode` and `errorDetails` say what is wrong with the context"),
        (status = 401, body = ErrorBody, description = "Send the site's key, or `ID.SECRET` of a server key, as a bearer token"),
        (status = 403, body = ErrorBody, description = "Pages of this origin may not ask"),
        (status = 404, body = Object, description = "`FLAG_NOT_FOUND`"),
        (status = 413, body = ErrorBody, description = "Larger than allowed")
    )
)]
pub async fn flag(State(app): State<App>, Path(key): Path<String>, request: Request) -> Response {
    answer(&app, request, Some(&key), async |app, asker, question| {
        let placement = key.strip_suffix(DECISION).unwrap_or(&key);
        if !asker.site.deciding.programs.device.bundle.placements.iter().any(|known| known == placement) {
            let body = json!({ "key": key, "errorCode": "FLAG_NOT_FOUND", "errorDetails": "no placement has this name" });
            return Ok((StatusCode::NOT_FOUND, axum::Json(body)).into_response());
        }
        let [text, object] = flags(app, asker, question, placement).await?;
        let flag = if key.ends_with(DECISION) { object } else { text };
        Ok(axum::Json(flag).into_response())
    })
    .await
}

/// Evaluates all flags of a site. What has not changed is not sent again: see `If-None-Match`.
#[utoipa::path(
    post,
    path = "/ofrep/v1/evaluate/flags",
    operation_id = "evaluate_flags",
    tag = "decisions",
    request_body = Evaluation,
    responses(
        (status = 200, body = Flags, description = "With an ETag"),
        (status = 304, description = "As If-None-Match says, nothing has changed"),
        (status = 400, body = Object, description = "`errorCode` and `errorDetails` say what is wrong with the context"),
        (status = 401, body = ErrorBody, description = "Send the site's key, or `ID.SECRET` of a server key, as a bearer token"),
        (status = 403, body = ErrorBody, description = "Pages of this origin may not ask"),
        (status = 413, body = ErrorBody, description = "Larger than allowed")
    )
)]
pub async fn all(State(app): State<App>, request: Request) -> Response {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    answer(&app, request, None, async |app, asker, question| {
        let mut flags_of_all = Vec::new();
        for placement in &asker.site.deciding.programs.device.bundle.placements {
            flags_of_all.extend(flags(app, asker, question.clone(), placement).await?);
        }
        // Ids differ from moment to moment: what counts is what is shown, and why.
        let mut hash = Sha256::new();
        for flag in &flags_of_all {
            let shown = flag.value.as_str().unwrap_or_default();
            hash.update(format!("{}\n{}\n{}\n{shown}\n", flag.key, flag.reason, flag.variant));
        }
        let digest: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let etag = format!("\"{digest}\"");
        let etag =
            [(header::ETAG, HeaderValue::try_from(&etag).map_err(|error| ApiError::internal(&error))?)];
        if known.as_ref() == Some(&etag[0].1) {
            return Ok((StatusCode::NOT_MODIFIED, etag).into_response());
        }
        Ok((etag, axum::Json(Flags { flags: flags_of_all })).into_response())
    })
    .await
}

async fn answer(
    app: &App,
    request: Request,
    key: Option<&str>,
    evaluate: impl AsyncFnOnce(&App, &Asker, Question) -> Result<Response, ApiError>,
) -> Response {
    let (parts, body) = request.into_parts();
    let answered = async {
        let bytes = crate::extract::read_capped(body, BODY_BYTES).await?;
        let asker = asker(app, &key_header(&parts.headers), &bytes, "")?;
        // A derived reader would also take a list of an object's values in order.
        let object = bytes.trim_ascii_start().starts_with(b"{");
        let evaluation = match bytes.is_empty() {
            true => Ok(Evaluation::default()),
            false if !object => return Ok(refused(key, "PARSE_ERROR", "the body is not a JSON object")),
            false => serde_json::from_slice(&bytes),
        };
        let question = match evaluation {
            Ok(evaluation) => question(evaluation),
            Err(error) => return Ok(refused(key, "PARSE_ERROR", &error.to_string())),
        };
        match question {
            Ok(question) => match evaluate(app, &asker, question).await {
                Err(error) if error.status() == StatusCode::UNPROCESSABLE_ENTITY => {
                    Ok(refused(key, "INVALID_CONTEXT", error.message()))
                }
                answered => answered,
            },
            Err((code, details)) => Ok(refused(key, code, &details)),
        }
    };
    let mut response = answered.await.unwrap_or_else(IntoResponse::into_response);
    if response.status() != StatusCode::FORBIDDEN {
        intake::put_cors(response.headers_mut(), parts.headers.get(header::ORIGIN).cloned(), false);
        let shown = HeaderValue::from_static("etag, retry-after");
        response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, shown);
    }
    response
}

/// The protocol's other way to show a key, `X-API-Key`, as a bearer token.
fn key_header(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    let key = headers
        .get("x-api-key")
        .and_then(|key| HeaderValue::try_from([b"Bearer ", key.as_bytes()].concat()).ok());
    if let Some(key) = key {
        headers.entry(header::AUTHORIZATION).or_insert(key);
    }
    headers
}

/// The protocol's own error; of one flag it names the flag.
fn refused(key: Option<&str>, code: &str, details: &str) -> Response {
    let mut body = json!({ "errorCode": code, "errorDetails": details });
    if let Some(key) = key {
        body["key"] = key.into();
    }
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}

/// What a context asks, but for the placement.
fn question(evaluation: Evaluation) -> Result<Question, (&'static str, String)> {
    let mut question = Question { content: true, ..Question::default() };
    for (name, value) in evaluation.context {
        let text = |value: &Json| value.as_str().map(str::to_owned).filter(|text| !text.is_empty());
        match name.as_str() {
            "targetingKey" => question.visitor = text(&value).unwrap_or_default(),
            "user" => question.user = text(&value),
            "token" => question.token = text(&value),
            "consent" => {
                let read = serde_json::from_value::<Consent>(value);
                question.consent = read.map_err(|error| ("INVALID_CONTEXT", format!("consent: {error}")))?;
            }
            _ => {
                let Ok(value) = serde_json::from_value::<Value>(value) else { continue };
                let fields = if CONTEXT.contains(&name.as_str()) {
                    &mut question.context
                } else {
                    &mut question.attributes
                };
                fields.insert(name, value);
            }
        }
    }
    if question.visitor.is_empty() {
        return Err((
            "TARGETING_KEY_MISSING",
            "targetingKey: the visitor whom the decision is for".to_owned(),
        ));
    }
    Ok(question)
}

/// The two flags of a placement.
async fn flags(
    app: &App,
    asker: &Asker,
    mut question: Question,
    placement: &str,
) -> Result<[Flag; 2], ApiError> {
    #[derive(Deserialize)]
    struct Answer {
        decision: Decision,
    }
    #[derive(Deserialize)]
    struct Decision {
        id: String,
        reason: String,
        campaign: Option<String>,
        variant: Option<String>,
        offers: Vec<Offer>,
        bundle: String,
    }
    #[derive(Deserialize)]
    struct Offer {
        id: String,
    }
    question.placement = Some(placement.to_owned());
    let answer = one(app, asker, question).await?;
    let unread = |error: serde_json::Error| ApiError::internal(&error);
    let Answer { decision } = serde_json::from_str(&answer).map_err(unread)?;
    let offer = decision.offers.first().map(|offer| offer.id.clone()).unwrap_or_default();
    let reason = match decision.reason.as_str() {
        "matched" | "ranked" => "TARGETING_MATCH",
        "split" | "holdout" | "control" => "SPLIT",
        "paused" | "expired" => "DISABLED",
        "override" => "STATIC",
        _ => "DEFAULT",
    };
    let variant = match decision.variant {
        Some(variant) => variant,
        None if offer.is_empty() => "default".to_owned(),
        None => offer.clone(),
    };
    let metadata = json!({
        "reason": decision.reason,
        "decision": decision.id,
        "bundle": decision.bundle,
        "campaign": decision.campaign.unwrap_or_default(),
    });
    let flag = |key: String, value: Json| Flag {
        key,
        reason,
        variant: variant.clone(),
        value,
        metadata: metadata.clone(),
    };
    let whole = serde_json::from_str(&answer).map_err(unread)?;
    Ok([flag(placement.to_owned(), offer.into()), flag(format!("{placement}{DECISION}"), whole)])
}
