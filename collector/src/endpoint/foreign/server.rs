//! Events of a company's own servers, signed.

use super::{finish, intake, request as raw, store};
use crate::error::ApiError;
use crate::extract::Client;
use crate::extract::signature::signed_site;
use crate::foreign::json::parse;
use crate::foreign::server;
use crate::state::App;
use attune_schema::api::BatchAnswer;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

/// Takes a batch; see docs/ingest.md.
pub async fn events(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let result = async {
        let received = intake::read(&app, &parts.headers, body).await?;
        let site = signed_site(&app, &parts.headers, &received.bytes)?;
        let translated = server::translate(&parse(&received.bytes)?, app.now())?;
        let events =
            store(&app, &site, Client::default(), raw(&parts, &received.bytes, ""), translated).await?;
        Ok(Json(BatchAnswer { events }).into_response())
    };
    let result: Result<Response, ApiError> = result.await;
    finish(&app, &parts, result)
}
