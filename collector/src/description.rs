//! The OpenAPI description: what every operation has in common is said once, here, and what the types' own
//! descriptions leave vague is said exactly, so that a client made from it sends what is taken.

use crate::extract::signature;
use attune_schema::api::ErrorBody;
use attune_schema::value::Value as Scalar;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, ResponseBuilder};

/// Operations for which nobody has to be known.
const OPEN: [&str; 5] = ["/api/sign-in", "/health", "/v1/batch", "/v1/debug", "/v1/forget"];
/// Operations that a company's server signs.
const SIGNED: [&str; 1] = ["/v1/events"];
/// Schemas whose values of any kind are properties' values.
const WITH_VALUES: [&str; 11] = [
    "HappenedBody",
    "Question",
    "ImportRow",
    "Imported",
    "LiveEvent",
    "Peer",
    "PersonRow",
    "PropertyFilter",
    "RunStatement",
    "SqlQuestion",
    "Test",
];

/// Adds to each operation the errors that it shares with its like, and who may call it; makes the schemas exact.
#[must_use]
pub fn complete(mut description: OpenApi) -> Value {
    for (path, item) in &mut description.paths.paths {
        let PathItem { get, put, post, delete, patch, .. } = item;
        for (changes, operation) in [(false, get), (true, put), (true, post), (true, delete), (true, patch)] {
            if let Some(operation) = operation {
                complete_one(operation, path, changes);
            }
        }
    }
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("attune_session")));
    let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let components = description.components.get_or_insert_default();
    let header = |name: &str, meaning: &str| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, meaning)))
    };
    let key = header(signature::KEY, "Names the server key: `sk_…`.");
    let signature = header(
        signature::SIGNATURE,
        "`t=MS,v1=HEX`: the time of signing in milliseconds since 1970, and HMAC-SHA-256 of that time, a full stop and \
         the body, as they are sent, with the key's secret. Holds for five minutes.",
    );
    components.security_schemes.insert("server_key".to_owned(), key.into());
    components.security_schemes.insert("signature".to_owned(), signature.into());
    components.security_schemes.insert("session".to_owned(), cookie.into());
    components.security_schemes.insert("token".to_owned(), token.into());

    let mut description = serde_json::to_value(description).unwrap_or_default();
    if let Some(Value::Object(schemas)) = description.pointer_mut("/components/schemas") {
        for name in WITH_VALUES {
            schemas.entry(name).and_modify(put_values);
        }
        let tests = schemas.get("Test").cloned().unwrap_or_default();
        schemas.entry("FieldCondition").and_modify(|condition| put_tests(condition, &tests));
        // A whole number is a count, an integer and a number.
        schemas.entry("Cell").and_modify(put_any_of);
        schemas.entry("EventNames").and_modify(|names| names["oneOf"][1]["minItems"] = 1.into());
    }
    put_plain_conflicts(&mut description);
    put_bounds(&mut description);
    description
}

fn complete_one(operation: &mut Operation, path: &str, changes: bool) {
    let mut may_answer = Vec::new();
    let scheme = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    if SIGNED.contains(&path) {
        operation.security = Some(vec![scheme("server_key").add("signature", Vec::<String>::new())]);
    } else if !OPEN.contains(&path) {
        operation.security = Some(vec![scheme("session"), scheme("token")]);
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
        may_answer.push(("422", "Of the documented shape, and cannot be done; says why"));
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

/// Names the type of values: by its own name it is taken for any JSON at all.
fn put_values(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.keys().all(|name| name == "description") {
                fields.insert("$ref".to_owned(), json!(format!("#/components/schemas/{}", Scalar::name())));
            } else {
                // What is taken by default is a value, not a schema.
                let schemas = fields.iter_mut().filter(|(name, _)| *name != "default");
                schemas.for_each(|(_, schema)| put_values(schema));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(put_values),
        _ => {}
    }
}

/// Lets a value be of several kinds at once.
fn put_any_of(schema: &mut Value) {
    if let Some(fields) = schema.as_object_mut()
        && let Some(kinds) = fields.remove("oneOf")
    {
        fields.insert("anyOf".to_owned(), kinds);
    }
}

/// A conflict may also be with something that has no current version to show.
fn put_plain_conflicts(description: &mut Value) {
    let plain = json!({ "$ref": format!("#/components/schemas/{}", ErrorBody::name()) });
    let items = description["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in items.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        if let Some(schema) = operation.pointer_mut("/responses/409/content/application~1json/schema")
            && *schema != plain
        {
            *schema = json!({ "anyOf": [schema.clone(), plain] });
        }
    }
}

/// A name beside exactly one test, and nothing else.
fn put_tests(condition: &mut Value, tests: &Value) {
    let each = |test: &Value| {
        let mut test = test.clone();
        test["properties"]["name"] = json!({ "type": "string", "description": "Attribute or context name." });
        if let Some(required) = test["required"].as_array_mut() {
            required.push("name".into());
        }
        test
    };
    let tests: Vec<Value> = tests["oneOf"].as_array().into_iter().flatten().map(each).collect();
    *condition = json!({ "oneOf": tests, "description": condition["description"] });
}

/// Unsigned integers end where they end; a choice between objects of one field means this field alone.
fn put_bounds(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(put_bounds);
            // What has no negative values is unsigned, and takes more than the format's name says.
            if fields.get("minimum").and_then(Value::as_u64).is_some() {
                let most = match fields.get("format").and_then(Value::as_str) {
                    Some("int32") => u64::from(u32::MAX),
                    Some("int64") => u64::MAX,
                    _ => return,
                };
                fields.remove("format");
                fields.entry("maximum").or_insert_with(|| most.into());
            }
            if let Some(Value::Array(choices)) = fields.get_mut("oneOf") {
                choices.iter_mut().filter_map(Value::as_object_mut).for_each(close);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(put_bounds),
        _ => {}
    }
}

fn close(choice: &mut Map<String, Value>) {
    if choice.contains_key("properties") {
        choice.insert("additionalProperties".to_owned(), false.into());
    }
}
