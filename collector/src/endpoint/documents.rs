//! Attributes, placements, audiences, offers, campaigns, models, statements and watched figures: the same verbs for each.

use crate::error::ApiError;
use crate::extract::{ApiJson, Caller, IfMatch, SitePath};
use crate::sink::StoreError;
use crate::state::App;
use attune_control::Body;
use attune_schema::api::Document;
use attune_schema::source::{
    Attribute, Audience, Campaign, ModelSource, Offer, Placement, SavedStatement, Watch,
};
use attune_warehouse::fence;
use attune_warehouse::query::sensing;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};

/// A document with its version as `ETag`.
pub type Versioned<T> = ([(HeaderName, HeaderValue); 1], Json<Document<T>>);

/// Puts the version into the headers.
pub fn versioned<T>(document: Document<T>) -> Versioned<T> {
    let version = format!("\"{}\"", document.version);
    let version = HeaderValue::from_str(&version).unwrap_or(HeaderValue::from_static("\"0\""));
    ([(header::ETAG, version)], Json(document))
}

/// What a document has to be, beyond its shape, to be kept. Most may be unfinished: what is published of them is judged
/// then, by name.
trait Kept: Body {
    /// # Errors
    /// 422 that says what is wrong.
    fn check(&self) -> Result<(), ApiError> {
        Ok(())
    }
}

impl Kept for Attribute {}
impl Kept for Placement {}
impl Kept for Audience {}
impl Kept for Offer {}
impl Kept for Campaign {}
impl Kept for ModelSource {}

impl Kept for SavedStatement {
    fn check(&self) -> Result<(), ApiError> {
        fence::check(&self.question).map_err(|error| ApiError::from(StoreError::from(error)))
    }
}

impl Kept for Watch {
    fn check(&self) -> Result<(), ApiError> {
        sensing::check(&self.question).map_err(|error| ApiError::from(StoreError::from(error)))
    }
}

async fn list<T: Body>(app: &App, site: &SitePath) -> Result<Json<Vec<Document<T>>>, ApiError> {
    Ok(Json(app.control.documents(site.record.number).await?))
}

async fn create<T: Kept>(
    app: &App,
    caller: &Caller,
    site: &SitePath,
    body: T,
) -> Result<(StatusCode, Versioned<T>), ApiError> {
    body.check()?;
    let made = app.control.create(site.record.number, body, &caller.user, app.now()).await?;
    app.sites.refresh(&app.control).await?;
    Ok((StatusCode::CREATED, versioned(made)))
}

async fn read<T: Body>(app: &App, site: &SitePath, id: &str) -> Result<Versioned<T>, ApiError> {
    Ok(versioned(app.control.document(site.record.number, id).await?))
}

async fn update<T: Kept>(
    app: &App,
    caller: &Caller,
    site: &SitePath,
    id: &str,
    version: IfMatch,
    body: T,
) -> Result<Versioned<T>, ApiError> {
    if body.id() != id {
        let message = "the id in the body is not the one in the path";
        return Err(ApiError::new(StatusCode::CONFLICT, "other_id", message));
    }
    body.check()?;
    let changed = app.control.update(site.record.number, version.0, body, &caller.user, app.now()).await?;
    app.sites.refresh(&app.control).await?;
    Ok(versioned(changed))
}

async fn delete<T: Body>(
    app: &App,
    caller: &Caller,
    site: &SitePath,
    id: &str,
    version: IfMatch,
) -> Result<StatusCode, ApiError> {
    app.control.delete::<T>(site.record.number, id, version.0, &caller.user, app.now()).await?;
    app.sites.refresh(&app.control).await?;
    Ok(StatusCode::NO_CONTENT)
}

macro_rules! kind {
    ($name:ident, $body:tt, $all:tt, $one:tt, [$list:tt, $create:tt, $read:tt, $update:tt, $delete:tt]) => {
        #[doc = concat!("Documents of kind `", stringify!($name), "`.")]
        pub mod $name {
            use super::{ApiError, ApiJson, App, Caller, IfMatch, Json, SitePath, StatusCode, Versioned};
            use attune_schema::api::{Conflict, Document, ErrorBody};
            use attune_schema::source::$body;
            use axum::extract::{Path, State};

            type Value = $body;

            /// All of them, by id.
            #[utoipa::path(
                        get,
                        path = $all,
                        operation_id = $list,
                        tag = "documents",
                        params(("site" = String, Path, description = "Name of the site")),
                        responses((status = 200, body = [Document<$body>]), (status = 404, body = ErrorBody))
                    )]
            pub async fn list(
                State(app): State<App>,
                _: Caller,
                site: SitePath,
            ) -> Result<Json<Vec<Document<Value>>>, ApiError> {
                super::list(&app, &site).await
            }

            /// Adds one.
            #[utoipa::path(
                        post,
                        path = $all,
                        operation_id = $create,
                        tag = "documents",
                        params(("site" = String, Path, description = "Name of the site")),
                        request_body = $body,
                        responses(
                            (status = 201, body = Document<$body>),
                            (status = 400, body = ErrorBody),
                            (status = 409, body = Conflict<$body>, description = "The id is taken")
                        )
                    )]
            pub async fn create(
                State(app): State<App>,
                caller: Caller,
                site: SitePath,
                ApiJson(body): ApiJson<Value>,
            ) -> Result<(StatusCode, Versioned<Value>), ApiError> {
                super::create(&app, &caller, &site, body).await
            }

            /// One of them.
            #[utoipa::path(
                        get,
                        path = $one,
                        operation_id = $read,
                        tag = "documents",
                        params(
                            ("site" = String, Path, description = "Name of the site"),
                            ("id" = String, Path, description = "Id of the document")
                        ),
                        responses((status = 200, body = Document<$body>), (status = 404, body = ErrorBody))
                    )]
            pub async fn read(
                State(app): State<App>,
                _: Caller,
                site: SitePath,
                Path((_, id)): Path<(String, String)>,
            ) -> Result<Versioned<Value>, ApiError> {
                super::read(&app, &site, &id).await
            }

            /// Replaces the version named by `If-Match`.
            #[utoipa::path(
                        put,
                        path = $one,
                        operation_id = $update,
                        tag = "documents",
                        params(
                            ("site" = String, Path, description = "Name of the site"),
                            ("id" = String, Path, description = "Id of the document"),
                            ("If-Match" = u64, Header, description = "The version that was changed")
                        ),
                        request_body = $body,
                        responses(
                            (status = 200, body = Document<$body>),
                            (status = 409, body = Conflict<$body>, description = "It is at another version"),
                            (status = 428, body = ErrorBody, description = "No `If-Match`")
                        )
                    )]
            pub async fn update(
                State(app): State<App>,
                caller: Caller,
                site: SitePath,
                Path((_, id)): Path<(String, String)>,
                version: IfMatch,
                ApiJson(body): ApiJson<Value>,
            ) -> Result<Versioned<Value>, ApiError> {
                super::update(&app, &caller, &site, &id, version, body).await
            }

            /// Deletes the version named by `If-Match`.
            #[utoipa::path(
                        delete,
                        path = $one,
                        operation_id = $delete,
                        tag = "documents",
                        params(
                            ("site" = String, Path, description = "Name of the site"),
                            ("id" = String, Path, description = "Id of the document"),
                            ("If-Match" = u64, Header, description = "The version that is to go")
                        ),
                        responses(
                            (status = 204),
                            (status = 409, body = Conflict<$body>, description = "It is at another version"),
                            (status = 428, body = ErrorBody, description = "No `If-Match`")
                        )
                    )]
            pub async fn delete(
                State(app): State<App>,
                caller: Caller,
                site: SitePath,
                Path((_, id)): Path<(String, String)>,
                version: IfMatch,
            ) -> Result<StatusCode, ApiError> {
                super::delete::<Value>(&app, &caller, &site, &id, version).await
            }
        }
    };
}

kind!(
    attributes,
    Attribute,
    "/api/sites/{site}/attributes",
    "/api/sites/{site}/attributes/{id}",
    ["list_attributes", "create_attribute", "read_attribute", "update_attribute", "delete_attribute"]
);
kind!(
    placements,
    Placement,
    "/api/sites/{site}/placements",
    "/api/sites/{site}/placements/{id}",
    ["list_placements", "create_placement", "read_placement", "update_placement", "delete_placement"]
);
kind!(
    audiences,
    Audience,
    "/api/sites/{site}/audiences",
    "/api/sites/{site}/audiences/{id}",
    ["list_audiences", "create_audience", "read_audience", "update_audience", "delete_audience"]
);
kind!(
    offers,
    Offer,
    "/api/sites/{site}/offers",
    "/api/sites/{site}/offers/{id}",
    ["list_offers", "create_offer", "read_offer", "update_offer", "delete_offer"]
);
kind!(
    campaigns,
    Campaign,
    "/api/sites/{site}/campaigns",
    "/api/sites/{site}/campaigns/{id}",
    ["list_campaigns", "create_campaign", "read_campaign", "update_campaign", "delete_campaign"]
);
kind!(
    models,
    ModelSource,
    "/api/sites/{site}/models",
    "/api/sites/{site}/models/{id}",
    ["list_models", "create_model", "read_model", "update_model", "delete_model"]
);
kind!(
    statements,
    SavedStatement,
    "/api/sites/{site}/statements",
    "/api/sites/{site}/statements/{id}",
    ["list_statements", "create_statement", "read_statement", "update_statement", "delete_statement"]
);
kind!(
    watches,
    Watch,
    "/api/sites/{site}/watches",
    "/api/sites/{site}/watches/{id}",
    ["list_watches", "create_watch", "read_watch", "update_watch", "delete_watch"]
);
