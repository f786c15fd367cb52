//! Who is at the other end of the connection, and how often that address may ask.

use super::Gate;
use super::limits::address_key;
use super::refused::Refused;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::problem::{Problem, ProblemCode};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Paths that a monitor or balancer asks often; they cost next to nothing.
const UNCOUNTED: [&str; 2] = ["/healthz", "/readyz"];
/// Providers call from few addresses, as often as we send; each call is signed, and a lost receipt is not sent again.
const SIGNED: &str = "/webhooks/";

/// The address a request came from, in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Notes the address and refuses it above its rate.
pub(super) async fn limit(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let address = address(request.extensions(), request.headers(), gate.settings.trusted_proxies);
    request.extensions_mut().insert(ClientAddress(address));
    let path = request.uri().path();
    if UNCOUNTED.contains(&path) || path.starts_with(SIGNED) {
        return next.run(request).await;
    }
    match gate.addresses.check(&address_key(address)) {
        Ok(()) => next.run(request).await,
        Err(seconds) => Refused(Problem::new(ProblemCode::RateLimited).after_seconds(seconds)).into_response(),
    }
}

/// The peer of the connection; behind `proxies` proxies of ours, the address that the outermost of them saw. Entries
/// further left are whatever the caller wrote and are not believed.
fn address(extensions: &Extensions, headers: &HeaderMap, proxies: u8) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let Some(steps) = usize::from(proxies).checked_sub(1) else { return peer };
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    entries.iter().rev().nth(steps).and_then(|entry| entry.parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_our_own_proxies_wrote_is_believed() {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 1))));
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "6.6.6.6, 192.0.2.7".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.2".parse().unwrap());
        let seen = |proxies| address(&extensions, &headers, proxies).to_string();
        assert_eq!(seen(0), "10.0.0.1");
        assert_eq!(seen(1), "10.0.0.2");
        assert_eq!(seen(2), "192.0.2.7");
        assert_eq!(seen(9), "10.0.0.1");
    }
}
