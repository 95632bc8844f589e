//! Which path goes where, and the OpenAPI description of it.

use crate::description;
use crate::endpoint::intake;
use crate::endpoint::{
    account, alerts, backtests, batch, capture, console, debug, decide, delivery, documents, erasures,
    exports, foreign, import, learned, live, ofrep, people_files, questions, raw, receipts, retention, sdk,
    server, server_keys, settings, sites,
};
use crate::error::ApiError;
use crate::extract::ClientAddress;
use crate::state::App;
use crate::telemetry::Metric;
use attune_schema::question::{Cell, PathNode};
use attune_schema::source::{
    AffinityCondition, Condition, EventCondition, FieldCondition, SampleCondition, ScoreCondition,
    SequenceCondition, SequenceStep, SumCondition, Test, TrendCondition,
};
use attune_schema::span::Span;
use attune_schema::value::Value;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, options, post};
use std::time::Instant;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::Components;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes from which on an answer is compressed.
const COMPRESSED_FROM: u64 = 1_024;

#[derive(OpenApi)]
#[openapi(info(
    title = "Attune",
    description = "Ingest and the console's API. `/api/` wants the session cookie that signing in sets, or the local \
                   token as `Authorization: Bearer`."
))]
struct Description;

macro_rules! with_documents {
    ($router:expr, $($kind:ident),*) => {
        $router$(
            .routes(routes!(documents::$kind::list, documents::$kind::create))
            .routes(routes!(documents::$kind::read, documents::$kind::update, documents::$kind::delete))
        )*
    };
}

fn put<T: ToSchema>(components: &mut Components) {
    components.schemas.insert(T::name().into_owned(), T::schema());
}

fn described() -> OpenApiRouter<App> {
    let mut description = Description::openapi();
    let components = description.components.get_or_insert_default();
    // A condition is recursive, so its parts are not found by following it.
    put::<Condition>(components);
    put::<EventCondition>(components);
    put::<FieldCondition>(components);
    put::<AffinityCondition>(components);
    put::<SumCondition>(components);
    put::<SequenceCondition>(components);
    put::<SequenceStep>(components);
    put::<SampleCondition>(components);
    put::<TrendCondition>(components);
    put::<ScoreCondition>(components);
    put::<Test>(components);
    put::<Value>(components);
    put::<PathNode>(components);
    put::<Cell>(components);
    put::<Span>(components);
    let router = OpenApiRouter::with_openapi(description)
        .routes(routes!(batch::send))
        .routes(routes!(foreign::server::events))
        .routes(routes!(decide::decide))
        .routes(routes!(ofrep::flag))
        .routes(routes!(ofrep::all))
        .routes(routes!(receipts::compare))
        .routes(routes!(receipts::differences))
        .routes(routes!(erasures::forget))
        .routes(routes!(server::health))
        .routes(routes!(server::ledger))
        .routes(routes!(server::flush))
        .routes(routes!(server::self_test))
        .routes(routes!(account::sign_in))
        .routes(routes!(account::sign_out))
        .routes(routes!(account::session))
        .routes(routes!(account::users, account::create_user, account::set_password))
        .routes(routes!(account::set_rights))
        .routes(routes!(sites::list, sites::create))
        .routes(routes!(sites::change))
        .routes(routes!(sites::rotate_key))
        .routes(routes!(sites::tag_status))
        .routes(routes!(sites::source))
        .routes(routes!(sites::problems))
        .routes(routes!(settings::read, settings::update))
        .routes(routes!(retention::read, retention::update))
        .routes(routes!(capture::read, capture::update))
        .routes(routes!(capture::silent))
        .routes(routes!(debug::create))
        .routes(routes!(debug::check))
        .routes(routes!(questions::funnel))
        .routes(routes!(questions::trend))
        .routes(routes!(questions::retention))
        .routes(routes!(questions::paths))
        .routes(routes!(questions::attribution))
        .routes(routes!(questions::rfm))
        .routes(routes!(questions::popular))
        .routes(routes!(questions::sql))
        .routes(routes!(questions::drop_off))
        .routes(routes!(questions::goals))
        .routes(routes!(questions::forms))
        .routes(routes!(questions::searches))
        .routes(routes!(questions::promotions))
        .routes(routes!(questions::process))
        .routes(routes!(questions::sensing))
        .routes(routes!(alerts::list, alerts::now))
        .routes(routes!(questions::saved))
        .routes(routes!(questions::person_row))
        .routes(routes!(questions::facts))
        .routes(routes!(questions::events))
        .routes(routes!(learned::read, learned::update))
        .routes(routes!(backtests::plan))
        .routes(routes!(backtests::run))
        .routes(routes!(exports::download))
        .routes(routes!(exports::list))
        .routes(routes!(questions::overview))
        .routes(routes!(live::live))
        .routes(routes!(import::import))
        .routes(routes!(people_files::begin))
        .routes(routes!(people_files::rows))
        .routes(routes!(people_files::publish))
        .routes(routes!(people_files::lists))
        .routes(routes!(people_files::imported))
        .routes(routes!(people_files::keyed_hashes))
        .routes(routes!(server_keys::list, server_keys::create))
        .routes(routes!(server_keys::revoke))
        .routes(routes!(erasures::list, erasures::create))
        .routes(routes!(raw::recover))
        .routes(routes!(raw::dead_letters))
        .routes(routes!(raw::read_again));
    with_documents!(router, attributes, placements, audiences, offers, campaigns, models, statements, watches)
}

/// The OpenAPI 3.1 description.
#[must_use]
pub fn openapi() -> serde_json::Value {
    description::complete(described().into_openapi())
}

/// All paths.
pub fn router(app: App) -> Router {
    let (api, description) = described().split_for_parts();
    let description = description::complete(description).to_string();
    let json = [(header::CONTENT_TYPE, "application/json")];
    // Answers are nobody else's to keep, and never a page; what says otherwise has said so already.
    let private =
        SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let plain = SetResponseHeaderLayer::if_not_present(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    // Bundles, and tags for who takes no brotli; the manifest of a page that has the current one is too small to gain by
    // it. Gzip only: at what brotli can do while somebody waits it takes 6 to 13 % less (3.5 or 3.3 kB of 3.7 for a hundred
    // offers).
    let compressed = CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_FROM));
    let routes = api
        .merge(foreign::routes())
        .route("/v1/batch", options(batch::preflight))
        .route("/v1/forget", options(batch::preflight))
        .route("/v1/decide", options(batch::preflight))
        .route("/v1/receipts", options(batch::preflight))
        .route("/v1/debug", options(batch::preflight))
        .route("/ofrep/v1/evaluate/flags", options(batch::preflight))
        .route("/ofrep/v1/evaluate/flags/{key}", options(batch::preflight))
        .route("/v1/manifest", get(delivery::manifest).layer(compressed.clone()))
        .route("/v1/token-keys", get(delivery::token_keys))
        .route("/v1/bundle/{hash}", get(delivery::bundle).layer(compressed.clone()))
        .route("/tag.js", get(delivery::tag).layer(compressed))
        .route("/pinned/{file}", get(delivery::pinned))
        .route("/remove.js", get(delivery::remove))
        .route("/sdk/{*file}", get(delivery::sdk))
        .route("/", get(console::root))
        .route("/console", get(console::page))
        .route("/console/", get(console::page))
        .route("/console/{*path}", get(console::page))
        .route("/api/backup", post(server::backup))
        .route("/api/sdk", get(sdk::list).post(sdk::add))
        .route("/api/sdk/choice", post(sdk::choose))
        .route("/api/sdk/tag", post(sdk::pin))
        .route("/api/sdk/{release}", delete(sdk::remove))
        .route("/api/signing-key/{change}", post(server::signing_key))
        .route("/metrics", get(server::metrics))
        .route("/openapi.json", get(move || async move { (json, description) }))
        .fallback(|| async { ApiError::not_found("the path") })
        .method_not_allowed_fallback(|| async {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            ApiError::new(status, "method_not_allowed", "the path does not take this method")
        });
    // What is not limited does not pay for it.
    let routes = match app.requests {
        Some(_) => routes.layer(axum::middleware::from_fn_with_state(app.clone(), by_address)),
        None => routes,
    };
    routes.layer(private).layer(plain).with_state(app)
}

/// Turns away an address that asks too often, before anything of the request is read.
async fn by_address(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    request: Request,
    next: Next,
) -> Response {
    let Some((buckets, address)) = app.requests.as_ref().zip(address) else { return next.run(request).await };
    let Err(seconds) = buckets.take(address, Instant::now()) else { return next.run(request).await };
    app.metrics.add(Metric::RequestsLimited, 1);
    let message = "this address asks too often";
    let mut answer =
        ApiError::later(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message, seconds).into_response();
    intake::put_cors(answer.headers_mut(), request.headers().get(header::ORIGIN).cloned(), true);
    answer
}
