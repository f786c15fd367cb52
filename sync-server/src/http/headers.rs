//! What every answer tells browsers: run nothing that is not ours, keep nothing that is private, guess nothing.

use super::Gate;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// No inline script or style anywhere. `form-action` also governs where a form's answer may redirect to, hence the
/// card provider's page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self' https://checkout.stripe.com; \
     base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Pages by token (tracking, surveys) must not leak their address. Not `no-referrer`: browsers would then send
    // `Origin: null` with our own forms, and the cross-site check would refuse them.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), payment=(), geolocation=(self)"),
];

/// Adds what the handler did not set itself. Answers are private unless a handler says otherwise.
pub(super) async fn secure(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        set(headers, name, value);
    }
    set(headers, header::CACHE_CONTROL, "no-store");
    if gate.settings.is_https() {
        set(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

/// An answer to HEAD has no body. Routes drop theirs; a problem is written outside of them, so it is dropped here.
pub(super) async fn answer_head_of_errors(request: Request, next: Next) -> Response {
    let head = *request.method() == Method::HEAD;
    let response = next.run(request).await;
    if head && !response.status().is_success() { response.map(|_| axum::body::Body::empty()) } else { response }
}
