//! A bound on how long a handler may take. The caller is told so; a write that was already queued still happens, which
//! is why the answer says to repeat with the same key instead of saying that nothing was done.

use super::Gate;
use super::refused::Refused;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::problem::ProblemCode;
use std::sync::Arc;
use std::time::Duration;

/// Large bodies over a poor radio link take longer than any decision of ours.
const TRANSFERS: [&str; 3] = ["/api/v1/blob/", "/api/v1/kb/", "/api/v1/admin/import/"];
const TRANSFER_TIMEOUT: Duration = Duration::from_mins(5);

pub(super) async fn bound(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let by_path = TRANSFERS.iter().any(|prefix| request.uri().path().starts_with(prefix));
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let transfer = by_path || kind.starts_with("multipart/");
    let limit = if transfer { TRANSFER_TIMEOUT } else { gate.settings.handler_timeout };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Refused::new(ProblemCode::TimedOut).into_response(),
    }
}
