//! A problem as an answer. `shared` owns the document; this is the type that handlers return.

use crate::db::{Constraint, Error};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::problem::{MEDIA_TYPE, Problem, ProblemCode};
use std::any::Any;

/// What a handler answers.
pub type Answer<T> = Result<T, Refused>;

/// A refusal on its way out. It renders itself as a problem document and travels in the response's extensions too, so
/// that [`super::render`] can add the request's id, or make it a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Problem);

impl Refused {
    /// The bare refusal of a code.
    pub fn new(code: ProblemCode) -> Self {
        Self(Problem::new(code))
    }

    /// A refusal with a sentence of its own.
    pub fn with(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Problem::with(code, detail))
    }

    /// Our fault: what happened goes to the log, here, once; the caller learns only that it happened.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        tracing::error!(%what, "a request failed");
        Self::new(ProblemCode::Internal)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

/// What the database could not do, as the caller needs to know it.
impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::Busy => Self::new(ProblemCode::Busy),
            Error::Again(_) | Error::TooSlow | Error::Unavailable(_) => {
                tracing::warn!(%error, "the database could not serve a request");
                Self::new(ProblemCode::Unavailable)
            }
            Error::Lost => Self::new(ProblemCode::TimedOut),
            Error::Taken(Constraint::LoginEmail | Constraint::LoginPhone) => {
                Self::with(ProblemCode::Conflict, "Someone else signs in with this e-mail address or phone number.")
            }
            Error::Taken(_) | Error::Panicked(_) | Error::StaleLease | Error::Bug(_) => Self::internal(error),
        }
    }
}

impl From<ProblemCode> for Refused {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = document(&self.0);
        response.extensions_mut().insert(self.0);
        response
    }
}

/// The problem as `application/problem+json`, with `Retry-After` where it has one.
pub(super) fn document(problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).expect("a problem document holds only text and numbers");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status(problem);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.code.status() == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The HTTP status of a problem.
pub(super) fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.code.status()).expect("the list holds only statuses of HTTP")
}

/// What a panicking handler answers. The panic's own words go to the log, never to the caller.
pub(super) fn of_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    let words = words.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Refused::internal(format_args!("panic: {words}")).into_response()
}
