//! The OpenAPI description: what every operation has in common is said once, here.

use attune_schema::api::ErrorBody;
use utoipa::ToSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, ResponseBuilder};

/// Operations for which nobody has to be known.
const OPEN: [&str; 3] = ["/api/sign-in", "/health", "/v1/batch"];

/// Adds to each operation the errors that it shares with its like.
pub fn complete(description: &mut OpenApi) {
    for (path, item) in &mut description.paths.paths {
        let PathItem { get, put, post, delete, patch, .. } = item;
        for (changes, operation) in [(false, get), (true, put), (true, post), (true, delete), (true, patch)] {
            if let Some(operation) = operation {
                complete_one(operation, path, changes);
            }
        }
    }
}

fn complete_one(operation: &mut Operation, path: &str, changes: bool) {
    let mut may_answer = Vec::new();
    if !OPEN.contains(&path) {
        may_answer.push(("401", "Nobody is signed in"));
        if changes {
            may_answer.push(("403", "Not from this server's own pages, or only for its command line"));
        }
    }
    if path.contains("{site}") {
        may_answer.push(("404", "There is no such site, or nothing with this id"));
    }
    if changes {
        may_answer.push(("400", "The request is not of the documented shape; says what to fix"));
    }
    if operation.request_body.is_some() {
        may_answer.extend([
            ("408", "The body did not arrive in time"),
            ("413", "The body is too large"),
            ("415", "The body is not JSON by its content type"),
        ]);
    }
    for (status, meaning) in may_answer {
        let schema = Ref::from_schema_name(ErrorBody::name());
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response =
            ResponseBuilder::new().description(meaning).content("application/json", content).build();
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| response.into());
    }
}
