//! JSON in and out. A document that cannot be used is refused with the path of the field and a sentence about it.

use super::refused::{Answer, Refused};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use shared::problem::{Problem, ProblemCode};

/// A JSON body.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        let bytes = body(request, state).await?;
        Ok(Self(parse(&bytes)?))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
            Err(error) => Refused::internal(error).into_response(),
        }
    }
}

/// The bytes of a JSON body, for those who also need them as they came.
pub async fn body<S: Send + Sync>(request: Request, state: &S) -> Answer<Bytes> {
    if !is_json(&request) {
        return Err(Refused::with(ProblemCode::UnsupportedMediaType, "Send the body as application/json."));
    }
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refused::new(ProblemCode::TooLarge),
        _ => Refused::with(ProblemCode::Malformed, "The body did not arrive whole."),
    })
}

fn is_json(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads a document, or says what is wrong with it.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        explain(if path == "." { "" } else { &path }, error.inner())
    })?;
    reader.end().map_err(|error| explain("", &error))?;
    Ok(value)
}

fn explain(path: &str, error: &serde_json::Error) -> Problem {
    match error.classify() {
        Category::Data => field(path, &without_place(error)),
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::with(ProblemCode::Malformed, format!("The body is not JSON: {error}."))
        }
    }
}

/// serde's sentence without the place in the text, which the path already gives.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// A field that a document or a query has wrong, from serde's sentence about it.
pub(super) fn field(path: &str, message: &str) -> Problem {
    let named = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(name) = named("missing field `") {
        Problem::field(below(name), "required", "This field is required.")
    } else if let Some(name) = named("unknown field `") {
        // The path of an unknown field already ends with it.
        let at = if path.ends_with(name) { path.to_owned() } else { below(name) };
        Problem::field(at, "unknown_field", "There is no such field.")
    } else if message.starts_with("unknown variant") {
        Problem::field(path, "unknown_value", sentence(message))
    } else {
        Problem::field(path, "invalid", sentence(message))
    }
}

fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Order {
        lines: Vec<Line>,
    }
    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Line {
        kind: Kind,
        n: u8,
    }
    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Phone,
    }

    #[test]
    fn each_fault_of_a_document_names_its_field() {
        for (text, at, code) in [
            (r"{}", "lines", "required"),
            (r#"{"lines":[{"n":1}]}"#, "lines[0].kind", "required"),
            (r#"{"lines":[{"kind":"phone","n":300}]}"#, "lines[0].n", "invalid"),
            (r#"{"lines":[{"kind":"tv","n":1}]}"#, "lines[0].kind", "unknown_value"),
            (r#"{"lines":[{"kind":"phone","n":1,"x":1}]}"#, "lines[0].x", "unknown_field"),
            (r"[]", "", "invalid"),
        ] {
            let problem = parse::<Order>(text.as_bytes()).unwrap_err();
            assert_eq!(problem.code, ProblemCode::InvalidFields, "{text}");
            let error = &problem.errors[0];
            assert_eq!((error.field.as_str(), error.code.as_str()), (at, code), "{text}: {}", error.message);
            assert!(!error.message.contains("line "), "{}", error.message);
        }
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for text in ["", "{", "nonsense", r#"{"lines":[]} tail"#, &"[".repeat(1_000)] {
            assert_eq!(parse::<Order>(text.as_bytes()).unwrap_err().code, ProblemCode::Malformed, "{text}");
        }
    }
}
