//! The steps that every door of ingest shares: read the body, admit the sender, store the events.

use crate::enrich::address;
use crate::error::ApiError;
use crate::extract::{Client, read_capped};
use crate::log::queue::Written;
use crate::pipeline::inflate::{InflateError, gunzip};
use crate::pipeline::{Incoming, Policy, Told, answers, screen};
use crate::raw::{Fate, RawRequest};
use crate::record::Sent;
use crate::replay;
use crate::sites::SiteEntry;
use crate::state::App;
use crate::telemetry::Metric;
use attune_schema::api::EventAnswer;
use attune_schema::limits::{AGENT_BYTES, BODY_BYTES};
use attune_schema::time::Timestamp;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::future::{try_join, try_join_all};
use std::time::Instant;
use tokio::sync::SemaphorePermit;

/// A body that was read, and the right to hold it in memory.
pub(in crate::endpoint) struct Received<'a> {
    pub bytes: Bytes,
    _permit: SemaphorePermit<'a>,
}

/// Reads a body, unpacked if its headers say that it is packed.
///
/// # Errors
/// 503 when too many are being read; 400, 408, 413 or 415 if the body is not what it should be.
pub(in crate::endpoint) async fn read<'a>(
    app: &'a App,
    headers: &HeaderMap,
    body: Body,
) -> Result<Received<'a>, ApiError> {
    let _permit = app.ingest_permits.try_acquire().map_err(|_| {
        ApiError::later(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many requests are being read", 1)
    })?;
    let body = read_capped(body, BODY_BYTES).await?;
    app.metrics.add(Metric::IngestBytes, body.len() as u64);
    let bytes = match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => body,
        Some(b"gzip") => unpacked(&body)?,
        Some(_) => {
            let message = "send the body as it is, or as gzip";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", message));
        }
    };
    Ok(Received { bytes, _permit })
}

/// Unpacks gzip.
///
/// # Errors
/// 400 if it is not gzip, 413 if it is too large.
pub(in crate::endpoint) fn unpacked(body: &[u8]) -> Result<Bytes, ApiError> {
    gunzip(body).map(Bytes::from).map_err(|error| match error {
        InflateError::TooLarge => {
            let message = format!("the body is larger than {BODY_BYTES} bytes when unpacked");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
        }
        InflateError::NotGzip => ApiError::new(StatusCode::BAD_REQUEST, "not_gzip", "the body is not gzip"),
    })
}

/// Lets `events` in: the page's origin is allowed, the site takes events, and not too many.
///
/// # Errors
/// 403 or 429.
pub(in crate::endpoint) fn admit(
    app: &App,
    site: &SiteEntry,
    headers: &HeaderMap,
    events: usize,
) -> Result<(), ApiError> {
    allow(site, headers)?;
    if let Some(batches) = &app.batches
        && replay::received_at().is_none()
    {
        batches.take(site.record.number, Instant::now()).map_err(|seconds| {
            app.queue.count_limited(events as u64);
            let status = StatusCode::TOO_MANY_REQUESTS;
            ApiError::later(status, "too_many_batches", "this site sends too much", seconds)
        })?;
    }
    Ok(())
}

/// Whether the page's origin is allowed and the site takes part.
///
/// # Errors
/// 403.
pub(in crate::endpoint) fn allow(site: &SiteEntry, headers: &HeaderMap) -> Result<(), ApiError> {
    if let Some(origin) = headers.get(header::ORIGIN)
        && !origin.to_str().is_ok_and(|origin| site.allows(origin))
    {
        let message = "pages of this origin may not send to this site";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_origin", message));
    }
    if site.record.site.paused {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "site_paused", "this site takes no events"));
    }
    Ok(())
}

/// Judges the batches and writes what is fit; returns one verdict an event once all of it is on disk.
///
/// # Errors
/// 503: send the same again. What was written of it already will be answered `duplicate`.
pub(in crate::endpoint) async fn store(
    app: &App,
    site: &SiteEntry,
    client: Client<'_>,
    batches: Vec<Incoming<'_>>,
    policy: Policy,
    request: RawRequest<'_>,
) -> Result<Vec<EventAnswer>, ApiError> {
    if !replay::concerns(policy.site) {
        return Ok(Vec::new());
    }
    let now = app.now();
    let mut fate = Fate::default();
    let mut place = 0;
    let mut writing = Vec::with_capacity(batches.len());
    for mut incoming in batches {
        let device = incoming.texts[0].clone();
        let user = incoming.user.clone();
        let told = std::mem::take(&mut incoming.told);
        let unread_users = std::mem::take(&mut incoming.unread.users);
        let known = Known::new(app, site, client, &told, now)?;
        let screened = screen(incoming, policy, known.sent(), now);
        app.metrics.redacted(&screened.redacted);
        fate.redacted |= !screened.redacted.is_empty();
        let refused = screened.refused.iter().zip(place..);
        fate.refused.extend(refused.filter_map(|(reason, place)| Some((place, (*reason)?))));
        place += screened.refused.len() as u32;
        if request.always || !fate.refused.is_empty() {
            fate.events.extend(screened.events.iter().map(|event| event.id));
            fate.visitors.extend(screened.events.iter().map(|event| event.visitor));
            fate.visitors.extend(&screened.refused_of);
            fate.users.extend((!user.is_empty()).then(|| user.into_owned()));
            fate.users.extend(unread_users);
            (fate.country, fate.address) = (known.country.clone(), known.address.clone());
        }
        writing.push(async move {
            let written = if screened.refused.is_empty() && screened.draft.tally.client_dropped == 0 {
                Written::default()
            } else {
                app.queue.write(screened.draft).await?
            };
            app.live.show(policy.site, &screened.events, &written.duplicates, &device, now);
            Ok::<_, ApiError>(answers(&screened.refused, &written.duplicates))
        });
    }
    let kept = request
        .keep(policy.site, &fate, now, app.raw_days)
        .filter(|_| app.raw_personal || !(fate.redacted || request.is_personal()));
    let keeping = async {
        match kept {
            Some(draft) => app.queue.write(draft).await.map(|_| ()).map_err(ApiError::from),
            None => Ok(()),
        }
    };
    let (verdicts, ()) = try_join(try_join_all(writing), keeping).await?;
    let verdicts = verdicts.concat();
    replay::count(&verdicts);
    Ok(verdicts)
}

/// What may be kept of who sent a batch. The address ends here: its country and what the site's policy leaves of it
/// go on.
pub(in crate::endpoint) struct Known<'a> {
    agent: &'a str,
    own_agent: bool,
    webdriver: bool,
    address: String,
    country: String,
}

impl<'a> Known<'a> {
    /// From what the request's head says, and what the sender `told`.
    ///
    /// # Errors
    /// 500 if an address is to be hashed and the key of the day cannot be kept.
    pub(in crate::endpoint) fn new(
        app: &App,
        site: &SiteEntry,
        client: Client<'a>,
        told: &'a Told<'_>,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let told_agent = !told.agent.is_empty();
        let agent = if told_agent { &*told.agent } else { client.agent };
        // Whoever tells the user agent of somebody else does not come from that somebody's address.
        let own_address = client.page || (!told_agent && client.is_visitor());
        let at = told.address.or(client.address.filter(|_| own_address));
        // Of a request that is read again the address is gone; what was found out from it then is not.
        let (country, address) = match replay::found() {
            Some([_, country, address]) => (Some(country), address),
            None => {
                let country = app.countries.as_ref().zip(at).map(|(countries, at)| countries.of(at));
                let address = address::kept(site.address, at, site.record.number, &app.salt, now);
                (country, address.map_err(|error| ApiError::internal(&error))?)
            }
        };
        Ok(Self {
            agent: agent.get(..agent.floor_char_boundary(AGENT_BYTES)).unwrap_or_default(),
            own_agent: told_agent || client.page,
            webdriver: told.webdriver,
            address,
            country: country.unwrap_or_default(),
        })
    }

    /// For the log.
    pub(in crate::endpoint) fn sent(&self) -> Sent<'_> {
        let Self { agent, own_agent, webdriver, address, country } = self;
        Sent { agent, own_agent: *own_agent, webdriver: *webdriver, address, country }
    }
}

/// The error for a key that no site has.
pub(in crate::endpoint) fn unknown_site() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "unknown_site", "no site has this key")
}

/// Answers a request as `take` says, counts it, and lets the page that sent it read the answer unless it came from where
/// it may not. `credentials` as for [`preflight`].
pub(in crate::endpoint) async fn answer(
    app: &App,
    request: Request,
    credentials: bool,
    take: impl AsyncFnOnce(&Parts, Body) -> Result<Response, ApiError>,
) -> Response {
    let (parts, body) = request.into_parts();
    let result = take(&parts, body).await;
    let status = result.as_ref().map_or_else(ApiError::status, |_| StatusCode::OK);
    let metric = match status {
        StatusCode::OK => Metric::Batches,
        StatusCode::TOO_MANY_REQUESTS => Metric::BatchesPushedBack,
        status if status.is_server_error() => Metric::BatchesPushedBack,
        _ => Metric::BatchesRefused,
    };
    app.metrics.add(metric, 1);
    let mut response = result.into_response();
    if status != StatusCode::FORBIDDEN {
        put_cors(response.headers_mut(), parts.headers.get(header::ORIGIN).cloned(), credentials);
    }
    response
}

/// Answers the browser's question before a cross-origin request. The body, which names the site, is not known
/// yet: the site's origins are checked when it comes. `credentials` is for clients that insist on sending
/// theirs; nothing of ours reads them.
pub(in crate::endpoint) fn preflight(headers: &HeaderMap, credentials: bool) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    put_cors(response.headers_mut(), headers.get(header::ORIGIN).cloned(), credentials);
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let asked = asked.unwrap_or(HeaderValue::from_static("content-type, content-encoding"));
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
    for (name, value) in
        [(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"), (header::ACCESS_CONTROL_MAX_AGE, "86400")]
    {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

pub(crate) fn put_cors(headers: &mut HeaderMap, origin: Option<HeaderValue>, credentials: bool) {
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
        if credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
}
