//! The HTTP client towards providers, and what it means when a request fails. One constructor, with our own TLS and a
//! bound on everything; it follows no redirect, because a request with our credentials goes where we sent it.

use super::outside::Unsent;
use reqwest::{Client, Response};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read: a provider that sends more has lost its mind.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A client whose requests end within this time.
#[expect(clippy::disallowed_methods, reason = "the one constructor, with its own TLS")]
pub(crate) fn client(within: Duration) -> Client {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("sysops-server/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_WITHIN)
        .timeout(within)
        .build()
        .expect("the settings are constant")
}

/// A provider's answer, read to its end.
pub(crate) struct Answered {
    /// The HTTP status.
    pub(crate) status: u16,
    /// When it said to come back.
    pub(crate) after: Option<Duration>,
    /// What it said.
    pub(crate) body: Vec<u8>,
}

/// Sends and reads the whole answer. A connection that was never made took nothing; anything later may have.
pub(crate) async fn ask(request: reqwest::RequestBuilder) -> Result<Answered, Unsent> {
    let mut response = request.send().await.map_err(|error| broken(&error))?;
    let (status, after) = (response.status().as_u16(), retry_after(&response));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Unsent::Unknown { why: format!("too_long: an answer of more than {ANSWER_BYTES_MAX} bytes") });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answered { status, after, body })
}

/// Only the seconds: no provider of ours sends a date.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(reqwest::header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

fn broken(error: &reqwest::Error) -> Unsent {
    if error.is_connect() {
        return Unsent::Later { after: None, why: format!("unreachable: {}", causes(error)) };
    }
    let code = if error.is_timeout() { "timeout" } else { "broken" };
    Unsent::Unknown { why: format!("{code}: {}", causes(error)) }
}

/// The innermost cause says what happened; the outer ones quote the address, which may hold a credential.
fn causes(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if std::ptr::addr_eq(innermost, error) {
        "the request was not understood".to_owned()
    } else {
        innermost.to_string()
    }
}
