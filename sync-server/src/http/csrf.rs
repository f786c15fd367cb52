//! Forms of other sites are refused.
//!
//! The session cookie is `SameSite=Lax`, so a browser does not send it with another site's POST. This layer holds where
//! that does not: browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`) and pages cannot forge either.
//! A request that changes something must come from ourselves. Programs send neither header and carry a bearer token,
//! which no browser adds by itself; providers' webhooks are signed. So no hidden field is needed in any form.

use super::Gate;
use super::refused::Refused;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::problem::ProblemCode;
use std::sync::Arc;

pub(super) async fn refuse_cross_site(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    let exempt =
        request.headers().contains_key(header::AUTHORIZATION) || request.uri().path().starts_with("/webhooks/");
    if changes && !exempt && !is_ours(request.headers(), &gate.settings.public_origin) {
        return Refused::new(ProblemCode::CrossSite).into_response();
    }
    next.run(request).await
}

fn is_ours(headers: &HeaderMap, public_origin: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text("sec-fetch-site"), text("origin")) {
        (Some("same-origin" | "none"), _) | (None, None) => true,
        (_, Some(origin)) if origin == public_origin => true,
        // Reached by another name than the public one (a tunnel, a test on port 0): then both headers agree. An
        // attacker's page cannot choose the Host that its victim's browser sends to us.
        (None, Some(origin)) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some() && authority == text("host")
        }
        (Some(_), _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_comes_from_us_or_from_a_program() {
        let ours = "https://help.example.com";
        for (site, origin, expected) in [
            (None, None, true),
            (Some("same-origin"), Some(ours), true),
            (Some("none"), None, true),
            (None, Some(ours), true),
            (None, Some("http://127.0.0.1:4000"), true),
            (Some("cross-site"), Some("https://evil.example"), false),
            (Some("same-site"), Some("https://blog.example.com"), false),
            (Some("cross-site"), None, false),
            (None, Some("https://evil.example"), false),
            (None, Some("null"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", "127.0.0.1:4000".parse().unwrap());
            site.map(|site: &str| headers.insert("sec-fetch-site", site.parse().unwrap()));
            origin.map(|origin: &str| headers.insert("origin", origin.parse().unwrap()));
            assert_eq!(is_ours(&headers, ours), expected, "{site:?} {origin:?}");
        }
    }
}
