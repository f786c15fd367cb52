//! A request has an id, a span around everything it does, and one line in the log.

use super::Gate;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use shared::chance::Chance;
use std::fmt::Write as _;
use std::sync::Arc;
use tracing::Instrument as _;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const GIVEN_CHARS: std::ops::RangeInclusive<usize> = 8..=64;

/// The id of a request, in its extensions and in `X-Request-Id` of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

pub(super) async fn request(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(|| made(&*gate.chance));
    request.extensions_mut().insert(id.clone());
    // The route, never the address: some addresses carry a token.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let span = tracing::info_span!("request", id = %id.0, method = %request.method(), route);
    let started = tokio::time::Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, ms) = (response.status().as_u16(), started.elapsed().as_millis());
    span.in_scope(|| match status {
        500.. => tracing::warn!(status, ms, "answered"),
        _ => tracing::debug!(status, ms, "answered"),
    });
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// A caller's own id is kept if it is one: a proxy in front may have logged it already.
fn given(headers: &HeaderMap) -> Option<RequestId> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plain && GIVEN_CHARS.contains(&text.len())).then(|| RequestId(text.into()))
}

fn made(chance: &dyn Chance) -> RequestId {
    let mut bytes = [0; 12];
    chance.fill(&mut bytes);
    let mut text = String::with_capacity(24);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    RequestId(text.into())
}
