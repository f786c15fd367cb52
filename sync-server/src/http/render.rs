//! The last word on refusals: each leaves as a problem document with the request's id, or as a calm page for a browser.
//!
//! This is also the net under axum's own rejections and any bare error status, so that the promise "errors are
//! problem+json" needs no discipline in handlers.

use super::Gate;
use super::observe::RequestId;
use super::refused::{document, status};
use crate::web;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use shared::problem::{Problem, ProblemCode};
use std::sync::Arc;

/// A rejection's own sentence; longer ones are not sentences.
const REJECTION_BYTES_MAX: usize = 2_048;
/// Everything but these is for people.
const FOR_PROGRAMS: [&str; 5] = ["/api/", "/webhooks/", "/healthz", "/readyz", "/metrics"];

pub(super) async fn problems(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let for_people = is_for_people(request.uri(), request.headers());
    let back = (*request.method() == Method::GET).then(|| request.uri().clone());
    let id = request.extensions().get::<RequestId>().cloned();
    let response = next.run(request).await;
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let mut problem = match parts.extensions.get::<Problem>() {
        Some(problem) => problem.clone(),
        None if has_own_body(&parts.headers) => return Response::from_parts(parts, body),
        None => of_bare_status(parts.status.as_u16(), body).await,
    };
    problem.instance = id.map(|id| id.0.to_string());
    if problem.retry_after.is_none() && matches!(problem.code, ProblemCode::Busy | ProblemCode::Unavailable) {
        // Spread, so that those turned away together do not come back together.
        problem.retry_after = Some(1 + u32::try_from(gate.chance.below(5)).unwrap_or(0));
    }
    let mut rendered = if for_people { page(&problem, back) } else { document(&problem) };
    // What the refusal brought along (Allow, a cleared cookie) stays; what described the old body goes.
    for (name, value) in &parts.headers {
        let of_body = [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::RETRY_AFTER, header::CACHE_CONTROL];
        if !of_body.contains(name) && !rendered.headers().contains_key(name) {
            rendered.headers_mut().append(name, value.clone());
        }
    }
    rendered
}

fn is_for_people(uri: &Uri, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let asks_json = accept.contains("json") && !accept.contains("text/html");
    !asks_json && !FOR_PROGRAMS.iter().any(|prefix| uri.path().starts_with(prefix))
}

/// A handler that wrote a page or a document of its own with an error status meant it.
fn has_own_body(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.starts_with("text/html") || kind.contains("json") || kind.starts_with("text/event-stream")
}

async fn of_bare_status(status: u16, body: Body) -> Problem {
    let mut problem = Problem::new(ProblemCode::of_status(status));
    let bytes = to_bytes(body, REJECTION_BYTES_MAX).await.unwrap_or_default();
    // Only the caller's own mistakes are explained; what went wrong inside is for the log.
    problem.detail = String::from_utf8(bytes.to_vec()).ok().filter(|text| status < 500 && !text.is_empty());
    problem
}

fn page(problem: &Problem, back: Option<Uri>) -> Response {
    if problem.code == ProblemCode::Unauthenticated
        && let Some(uri) = back
    {
        return Redirect::to(&web::sign_in_address(uri.path_and_query().map_or("/", |path| path.as_str())))
            .into_response();
    }
    let mut response = web::problem_page(problem).into_response();
    *response.status_mut() = status(problem);
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
