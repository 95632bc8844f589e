//! Plausible, the Measurement Protocol of Google Analytics 4, and Matomo.

use super::{door, intake, pixel, request as raw, store, store_admitted, visitor};
use crate::error::ApiError;
use crate::extract::{ApiQuery, Client, ClientAddress};
use crate::foreign::json::parse;
use crate::foreign::snowplow::Pairs;
use crate::foreign::{ga4, matomo, plausible};
use crate::sites::SiteEntry;
use crate::state::App;
use attune_schema::outcome::Verdict;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Most sites that one event may be for.
const DOMAINS: usize = 16;

/// One event of a page without an id for its visitor.
pub async fn plausible(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Response {
    door(&app, request, async |parts, sent| {
        let body = parse(sent)?;
        let domains = plausible::domains(&body);
        let sites = domains.iter().take(DOMAINS + 1).map(|domain| app.sites.by_public_name(domain));
        let sites: Option<Vec<_>> = sites.collect();
        let Some(mut sites) = sites.filter(|sites| (1..=DOMAINS).contains(&sites.len())) else {
            let why = match domains.len() {
                0 => "can't be blank",
                many if many > DOMAINS => "too many at once",
                _ => "no site has this domain",
            };
            let errors = json!({ "errors": { "domain": [why] } });
            return Ok((StatusCode::BAD_REQUEST, Json(errors)).into_response());
        };
        sites.sort_by_key(|site| site.record.number);
        sites.dedup_by_key(|site| site.record.number);
        // All are asked before anything is stored: what is stored in part is sent again, and has no ids.
        sites.iter().try_for_each(|site| intake::admit(&app, site, &parts.headers, 1))?;
        let mut dropped = false;
        for site in sites {
            let (visitor, agent) = visitor(&app, &site, &parts.headers, address)?;
            let translated = plausible::translate(&body, &visitor, agent, app.now())?;
            let kept = raw(parts, sent, &visitor);
            let verdicts = store_admitted(&app, &site, Client::of(&app, parts), kept, translated).await?;
            dropped |=
                verdicts.iter().any(|answer| !matches!(answer.verdict, Verdict::Ok | Verdict::Duplicate));
        }
        let mut response = (StatusCode::ACCEPTED, "ok").into_response();
        if dropped {
            response.headers_mut().insert("x-plausible-dropped", HeaderValue::from_static("1"));
        }
        Ok(response)
    })
    .await
}

/// Keys of the Measurement Protocol.
#[derive(Debug, serde::Deserialize)]
pub struct MeasurementQuery {
    measurement_id: Option<String>,
    firebase_app_id: Option<String>,
    api_secret: Option<String>,
}

impl MeasurementQuery {
    /// The secret is the site's key; without one, the stream's id is its name.
    fn site(&self, app: &App) -> Option<Arc<SiteEntry>> {
        if let Some(key) = &self.api_secret {
            return app.sites.by_key(key);
        }
        let id = self.measurement_id.as_deref().or(self.firebase_app_id.as_deref());
        app.sites.by_public_name(id?)
    }
}

/// Events of a server or an app.
pub async fn measurement(State(app): State<App>, request: Request) -> Response {
    door(&app, request, async |parts, body| {
        let ApiQuery(query) = ApiQuery::<MeasurementQuery>::of(&parts.uri)?;
        let site = query.site(&app).ok_or_else(intake::unknown_site)?;
        let translated = ga4::translate(&parse(body)?, app.now())?;
        store(&app, &site, Client::of(&app, parts), raw(parts, body, ""), translated).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// Says what is wrong with a request, and stores nothing.
pub async fn measurement_check(State(app): State<App>, request: Request) -> Response {
    door(&app, request, async |parts, body| {
        let ApiQuery(query) = ApiQuery::<MeasurementQuery>::of(&parts.uri)?;
        let mut problems = ga4::problems(&parse(body)?);
        if query.site(&app).is_none() {
            problems.insert(0, ("api_secret", "no site has this key"));
        }
        let message = |(field, description): (&str, &str)| json!({ "fieldPath": field, "description": description, "validationCode": "VALUE_INVALID" });
        let messages: Vec<Value> = problems.into_iter().map(message).collect();
        Ok(Json(json!({ "validationMessages": messages })).into_response())
    })
    .await
}

/// One request of Matomo's clients, or a list of them.
pub async fn matomo(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Response {
    door(&app, request, async |parts, body| {
        let Some(requests) = matomo::posted(body)? else {
            // Half of it may be in the address, half in a form.
            let query = parts.uri.query().unwrap_or_default();
            let mut request = matomo::asked(query);
            if let Ok(form) = std::str::from_utf8(body) {
                request.extend(matomo::asked(form));
            }
            let image = request.get("send_image").is_none_or(|send| send != "0");
            take(&app, parts, body, address, vec![request]).await?;
            return Ok(if image { pixel() } else { StatusCode::NO_CONTENT.into_response() });
        };
        let (invalid, tracked) = take(&app, parts, body, address, requests).await?;
        Ok(Json(json!({ "status": "success", "tracked": tracked, "invalid": invalid })).into_response())
    })
    .await
}

/// Stores the requests, which may be for several sites; returns how many were refused and how many not.
async fn take(
    app: &App,
    parts: &Parts,
    body: &[u8],
    address: Option<IpAddr>,
    requests: Vec<Pairs>,
) -> Result<(usize, usize), ApiError> {
    // All sites are known and asked before anything is stored: see above.
    let mut by_site: BTreeMap<u32, (Arc<SiteEntry>, Vec<Pairs>)> = BTreeMap::new();
    for request in requests {
        let site = request.get("idsite").and_then(|id| app.sites.by_public_name(id));
        let site = site.ok_or_else(intake::unknown_site)?;
        by_site.entry(site.record.number).or_insert_with(|| (site, Vec::new())).1.push(request);
    }
    by_site
        .values()
        .try_for_each(|(site, requests)| intake::admit(app, site, &parts.headers, requests.len()))?;
    let (mut refused, mut kept) = (0, 0);
    for (site, requests) in by_site.into_values() {
        let (visitor, agent) = visitor(app, &site, &parts.headers, address)?;
        let translated = matomo::translate(&requests, &visitor, agent, app.now());
        let (client, request) = (Client::of(app, parts), raw(parts, body, &visitor));
        for answer in store_admitted(app, &site, client, request, translated).await? {
            let good = matches!(answer.verdict, Verdict::Ok | Verdict::Duplicate);
            *(if good { &mut kept } else { &mut refused }) += 1;
        }
    }
    Ok((refused, kept))
}
