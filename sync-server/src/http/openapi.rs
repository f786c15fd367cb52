//! What programs outside may ask, as an OpenAPI 3.1 document at `/api/v1/openapi.json`.
//!
//! The calls stand in `calls.api` and the shapes in `types.api`, a line each, in a notation that [`notation`] reads; the
//! document is made of them. It cannot drift: a test compares the lines with the routes and their roles both ways, and the
//! stories of the desk and of everything that admins change are told by a client that compares each call with its line:
//! status, body sent, body answered.

pub mod notation;
#[cfg(feature = "testing")]
pub mod shape;

use super::Site;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use notation::{Body, Call};
use serde_json::{Map, Value, json};
use shared::problem::ProblemCode;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const CALLS: &str = include_str!("openapi/calls.api");
const TYPES: &str = include_str!("openapi/types.api");

/// The calls, as they stand in the table.
pub static TABLE: LazyLock<Vec<Call>> =
    LazyLock::new(|| notation::calls(CALLS).expect("the table of calls is right: a test reads it"));

/// The document.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document(&TABLE));
static TEXT: LazyLock<String> = LazyLock::new(|| DOCUMENT.to_string());

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/api/v1/openapi.json", get(show))
}

async fn show() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, TEXT.as_str())
}

fn document(calls: &[Call]) -> Value {
    let mut schemas = notation::types(TYPES).expect("the table of types is right: a test reads it");
    schemas.insert("Problem".to_owned(), problem());
    let mut paths: Map<String, Value> = Map::new();
    for call in calls {
        let at = paths.entry(call.path.clone()).or_insert_with(|| json!({}));
        at[call.method.to_lowercase()] = operation(call);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sysops Squad",
            "version": "1",
            "description": "Support for the electronics in a house: tickets, the experts who come, and those who keep it. \
                Errors are application/problem+json with a stable code. Lists go on with the cursor that they give.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn problem() -> Value {
    let codes: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.word()).collect();
    json!({
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string", "enum": codes },
            "detail": { "type": "string" },
            "instance": { "type": "string" },
            "retry_after": { "type": "integer" },
            "errors": { "type": "array", "items": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "field": { "type": "string" }, "code": { "type": "string" }, "message": { "type": "string" },
                },
            } },
        },
    })
}

/// The statuses with which a call may refuse, beside those of its own line.
pub(crate) fn refusals(call: &Call) -> Vec<u16> {
    let mut statuses = vec![400, 408, 422, 429, 503];
    if !call.is_public() {
        statuses.push(401);
    }
    // Who is signed in as another, and forms of other sites.
    statuses.push(403);
    if call.path.contains('{') {
        statuses.push(404);
    }
    if call.body != Body::None {
        statuses.extend([413, 415]);
    }
    statuses.sort_unstable();
    statuses
}

fn content(body: &Body) -> Option<Value> {
    match body {
        Body::None => None,
        Body::Json(schema) => Some(json!({ "application/json": { "schema": schema } })),
        Body::Csv => Some(json!({ "text/csv": { "schema": { "type": "string" } } })),
        Body::JsonOrCsv(schema) => {
            Some(json!({ "application/json": { "schema": schema }, "text/csv": { "schema": { "type": "string" } } }))
        }
        Body::Stream => Some(json!({ "text/event-stream": { "schema": { "type": "string" } } })),
        Body::Binary => Some(json!({ "*/*": {} })),
        Body::Files => Some(json!({ "multipart/form-data": { "schema": { "type": "object" } } })),
    }
}

fn operation(call: &Call) -> Value {
    let parameter = |name: &str, place: &str, required: bool, schema: Value| json!({ "name": name, "in": place, "required": required, "schema": schema });
    let in_path = call.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> =
        in_path.map(|name| parameter(name, "path", true, notation::of_parameter(name))).collect();
    parameters
        .extend(call.query.iter().map(|(name, required, schema)| parameter(name, "query", *required, schema.clone())));
    if call.is_keyed {
        let key = json!({ "type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$" });
        parameters.push(parameter("Idempotency-Key", "header", true, key));
    }
    let mut responses: BTreeMap<String, Value> = BTreeMap::new();
    for status in refusals(call).into_iter().chain(call.refuses.iter().copied()) {
        let titles: Vec<&str> =
            ProblemCode::ALL.iter().filter(|code| code.status() == status).map(|code| code.title()).collect();
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        responses.insert(
            status.to_string(),
            json!({ "description": titles.join(" "), "content": { "application/problem+json": { "schema": schema } } }),
        );
    }
    for (status, body) in &call.answers {
        let mut answer = json!({ "description": call.summary });
        if let Some(content) = content(body) {
            answer["content"] = content;
        }
        responses.insert(status.to_string(), answer);
    }
    let mut operation = json!({
        "operationId": call.id(),
        "summary": call.summary,
        "tags": call.who,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(content) = content(&call.body) {
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    if !call.is_public() {
        operation["security"] = json!([{ "token": [] }]);
    }
    operation
}

/// The call that a request makes, if the table has it: a line without parameters goes before one with.
#[cfg(feature = "testing")]
pub(crate) fn of_request(method: &str, path: &str) -> Option<&'static Call> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |call: &&Call| {
        let own: Vec<&str> = call.path.split('/').collect();
        let same = |(own, asked): (&&str, &&str)| own.starts_with('{') || own == asked;
        call.method == method && own.len() == parts.len() && own.iter().zip(&parts).all(same)
    };
    TABLE.iter().filter(fits).min_by_key(|call| call.path.matches('{').count())
}

/// The document's schemas, for checks.
#[cfg(feature = "testing")]
pub(crate) fn schemas() -> &'static Value {
    &DOCUMENT["components"]["schemas"]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_every_call_once_and_every_shape_that_it_uses() {
        let text = DOCUMENT.to_string();
        for reference in text.split("\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schemas().get(name).is_some(), "there is no type {name}");
        }
        let ids: std::collections::BTreeSet<String> = TABLE.iter().map(Call::id).collect();
        assert_eq!(ids.len(), TABLE.len(), "two lines are one call");
        assert_eq!(DOCUMENT["openapi"], "3.1.0");
    }

    #[test]
    fn a_request_finds_its_line() {
        assert_eq!(of_request("GET", "/api/v1/admin/needs/review").unwrap().path, "/api/v1/admin/needs/review");
        assert_eq!(of_request("PUT", "/api/v1/admin/needs/tv").unwrap().path, "/api/v1/admin/needs/{category}");
        assert!(of_request("GET", "/api/v1/nothing").is_none());
    }
}
