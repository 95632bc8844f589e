//! `POST /v1/receipts`: pages of a sample say what they decided and of what, and it is made again.

use super::intake;
use crate::decide::Authority;
use crate::error::ApiError;
use crate::extract::{Caller, ClientAddress, SitePath, parse};
use crate::receipts::log::Kept;
use crate::receipts::page::{Difference, MOST, PageReceipt, PageReceipts, Read, ReceiptVerdict};
use crate::sites::SiteEntry;
use crate::state::App;
use crate::telemetry::Metric;
use attune_schema::api::ErrorBody;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// One verdict a receipt, in order.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Verdicts {
    verdicts: Vec<ReceiptVerdict>,
}

/// Makes decisions of pages again, and compares. What came out the same goes to the decision log.
#[utoipa::path(
    post,
    path = "/v1/receipts",
    operation_id = "receipts",
    tag = "decisions",
    request_body(content = PageReceipts, content_type = "application/json"),
    responses(
        (status = 200, body = Verdicts),
        (status = 400, body = ErrorBody, description = "Not receipts"),
        (status = 401, body = ErrorBody, description = "Unknown site key"),
        (status = 403, body = ErrorBody, description = "Pages of this origin may not send, or the site takes no part"),
        (status = 413, body = ErrorBody, description = "Larger than allowed"),
        (status = 415, body = ErrorBody, description = "Packed otherwise than with gzip"),
        (status = 422, body = ErrorBody, description = "Too many receipts"),
        (status = 429, body = ErrorBody, description = "Too much; see Retry-After"),
        (status = 503, body = ErrorBody, description = "Not now; see Retry-After")
    )
)]
pub async fn compare(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let judged = async {
        let received = intake::read(&app, &parts.headers, body).await?;
        judge_all(&app, &parts.headers, address, &received.bytes)
    };
    let mut response = match judged.await {
        Ok(verdicts) => Json(verdicts).into_response(),
        Err(error) => error.into_response(),
    };
    if response.status() != StatusCode::FORBIDDEN {
        intake::put_cors(response.headers_mut(), parts.headers.get(header::ORIGIN).cloned(), false);
    }
    response
}

fn judge_all(
    app: &App,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    body: &[u8],
) -> Result<Verdicts, ApiError> {
    let sent: PageReceipts = parse(body).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let site = app.sites.by_key(&sent.site).ok_or_else(intake::unknown_site)?;
    intake::admit(app, &site, headers, 0)?;
    if sent.receipts.len() > MOST {
        return Err(ApiError::invalid(format!("receipts: {}, at most {MOST}", sent.receipts.len())));
    }
    let judge = |receipt| judge(app, &site, &sent.engine, address, receipt);
    Ok(Verdicts { verdicts: sent.receipts.into_iter().map(judge).collect() })
}

fn judge(
    app: &App,
    site: &Arc<SiteEntry>,
    engine: &str,
    address: Option<IpAddr>,
    receipt: PageReceipt,
) -> ReceiptVerdict {
    let told = receipt.steps.is_some();
    let verdict = compared(app, site, engine, address, receipt);
    // What is told again with its steps was counted.
    if !told {
        let metric = match verdict {
            ReceiptVerdict::Same => Metric::PageDecisionsSame,
            ReceiptVerdict::Differs => Metric::PageDecisionsDiffer,
            _ => Metric::PageDecisionsUnknown,
        };
        app.metrics.add(metric, 1);
    }
    verdict
}

fn compared(
    app: &App,
    site: &Arc<SiteEntry>,
    engine: &str,
    address: Option<IpAddr>,
    mut receipt: PageReceipt,
) -> ReceiptVerdict {
    let page_steps = receipt.steps.take();
    let Some(bytes) = receipt.bytes() else { return ReceiptVerdict::Unreadable };
    let Some(read) = Read::new(&receipt, &bytes) else { return ReceiptVerdict::Unreadable };
    if !read.may_be_kept(site.page_receipts_percent) {
        return ReceiptVerdict::Refused;
    }
    let Some(program) = site.program(read.bundle()) else { return ReceiptVerdict::UnknownBundle };
    let Some(server) = read.difference(&program) else {
        keep(app, site, &read, &receipt.output);
        return ReceiptVerdict::Same;
    };
    if engine != env!("CARGO_PKG_VERSION") {
        return ReceiptVerdict::OtherEngine;
    }
    let number = site.record.number;
    if app.parity.differs(number, read.bundle(), read.visitor(), address) {
        let held = app.is_held(site) && site.bundle_before().is_some();
        tracing::error!(site = number, held, "pages decide otherwise than this server");
    }
    let difference = Difference {
        at: app.now(),
        bundle: format!("{:032x}", read.bundle()),
        question: read.question(),
        page: receipt.output.clone(),
        server,
        page_steps,
        // It is JSON that was just written.
        server_steps: RawValue::from_string(read.steps(&program)).unwrap_or_default(),
    };
    if !app.decisions.differ(number, difference) {
        app.metrics.add(Metric::DecisionsNotKept, 1);
    }
    ReceiptVerdict::Differs
}

/// Writes down what came out the same, where the receipt alone leads to it: what an older bundle or the server decided is
/// not of the log.
fn keep(app: &App, site: &Arc<SiteEntry>, read: &Read<'_>, output: &str) {
    let deciding = &site.deciding;
    if read.bundle() != deciding.programs.device.digest || deciding.programs.asks(read.placement()) {
        return;
    }
    let question = read.question();
    let again = deciding.answer(&question, Authority::Server, &BTreeMap::new());
    if again.as_deref() != Ok(output) {
        app.metrics.add(Metric::DecisionsDiffer, 1);
        tracing::error!(?again, output, "a decision came out otherwise when it was made again");
        return;
    }
    let kept = Kept { site: Arc::clone(site), question, output: output.to_owned(), at: app.now() };
    let kept = app.decisions.keep(kept);
    app.metrics.add(if kept { Metric::DecisionsKept } else { Metric::DecisionsNotKept }, 1);
}

/// Decisions of pages that came out otherwise here, oldest first, with both traces; of the last 30 days.
#[utoipa::path(
    get,
    path = "/api/sites/{site}/differences",
    operation_id = "differences",
    tag = "decisions",
    params(("site" = String, Path, description = "Name of the site")),
    responses((status = 200, body = Vec<Object>), (status = 404, body = ErrorBody))
)]
pub async fn differences(
    State(app): State<App>,
    caller: Caller,
    site: SitePath,
) -> Result<Json<Vec<serde_json::Value>>, ApiError> {
    caller.must_see_people()?;
    let found = app.decisions.differences(site.record.number).await;
    Ok(Json(found.map_err(|error| ApiError::internal(&error))?))
}
