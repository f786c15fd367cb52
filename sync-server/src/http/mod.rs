//! How the outside reaches the server: the layers around every route, how a refusal looks, who may send how much.
//!
//! Each layer has a file of its own; [`protect`] is the one place that knows their order. Nothing here knows a
//! capability. Handlers answer `Result<_, Refused>` and extract with [`json::Json`] and [`query::Query`]; whatever still answers with a bare
//! error status (axum's own rejections, a proxy's habit) leaves as a problem document, or as a page for a browser.

pub mod caller;
pub mod client;
pub mod csrf;
pub mod door;
pub mod file;
pub mod headers;
pub mod health;
pub mod idempotency;
pub mod jobs;
pub mod json;
pub mod limits;
pub mod listen;
pub mod observe;
pub mod openapi;
pub mod paging;
pub mod query;
pub mod refused;
pub mod render;
pub mod site;
mod slow;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod undone;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use shared::chance::Chance;
use shared::problem::ProblemCode;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;

pub use json::Json;
pub use query::Query;
pub use refused::{Answer, Refused};
pub use site::Site;

/// What the layers need to know. Every number is a limit.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Scheme and authority under which browsers see us, like `https://help.example.com`.
    pub public_origin: String,
    /// How many proxies of ours stand in front; their `X-Forwarded-For` entries are believed.
    pub trusted_proxies: u8,
    /// Sustained requests per second of one address; `None` switches the limit off.
    pub requests_per_second: Option<NonZeroU32>,
    /// How many requests one address may send at once before the sustained rate holds.
    pub request_burst: NonZeroU32,
    /// Largest body a route takes unless it says otherwise, after decompression.
    pub body_bytes_max: usize,
    /// How long a handler may take before the caller is told to try again.
    pub handler_timeout: Duration,
}

impl HttpSettings {
    /// Whether browsers reach us by https, which decides cookies and strict transport.
    pub fn is_https(&self) -> bool {
        self.public_origin.starts_with("https://")
    }
}

/// The settings with what they need at run time. One per process.
pub struct Gate {
    /// What was configured.
    pub settings: HttpSettings,
    /// For request ids and jitter.
    pub chance: Arc<dyn Chance>,
    addresses: limits::Limiter<IpAddr>,
}

impl Gate {
    /// The gate of these settings.
    pub fn new(settings: HttpSettings, chance: Arc<dyn Chance>) -> Arc<Self> {
        let addresses = limits::Limiter::per_second(settings.requests_per_second, settings.request_burst);
        Arc::new(Self { settings, chance, addresses })
    }
}

/// Puts all layers around a router whose routes are complete. First in the list is last in the code: the outermost
/// layer is added at the end. Secrets are marked before anything logs; a request has its id before anything refuses;
/// problems are rendered outside of everything that can raise one; panics are caught inside of that; a caller over its
/// limit costs nothing further in.
pub fn protect(routes: Router, gate: &Arc<Gate>) -> Router {
    routes
        .fallback(|| async { Refused::new(ProblemCode::NotFound) })
        .method_not_allowed_fallback(|| async { Refused::new(ProblemCode::MethodNotAllowed) })
        .layer(DefaultBodyLimit::max(gate.settings.body_bytes_max))
        .layer(RequestDecompressionLayer::new())
        .layer(from_fn_with_state(Arc::clone(gate), slow::bound))
        .layer(from_fn_with_state(Arc::clone(gate), csrf::refuse_cross_site))
        .layer(from_fn_with_state(Arc::clone(gate), client::limit))
        .layer(CatchPanicLayer::custom(refused::of_panic))
        .layer(from_fn_with_state(Arc::clone(gate), render::problems))
        .layer(from_fn_with_state(Arc::clone(gate), headers::secure))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(Arc::clone(gate), observe::request))
        .layer(SetSensitiveRequestHeadersLayer::new([axum::http::header::AUTHORIZATION, axum::http::header::COOKIE]))
        .layer(from_fn(headers::answer_head_of_errors))
}

#[cfg(test)]
mod tests;
