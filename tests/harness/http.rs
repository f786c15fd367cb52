//! An HTTP client for tests: asks the server as a program outside would.

use std::time::Duration;

/// A client with a bound on every request, no proxy from the environment, and no redirect followed.
///
/// # Panics
/// If the system has no entropy for TLS.
pub fn client() -> reqwest::Client {
    crate::tls();
    #[expect(clippy::disallowed_methods, reason = "tls() has installed the provider, and this is no phone")]
    let builder = reqwest::Client::builder();
    let none = reqwest::redirect::Policy::none();
    builder.timeout(Duration::from_secs(20)).no_proxy().redirect(none).build().expect("a client without TLS settings")
}
