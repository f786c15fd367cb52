//! The key of Google's service account, and what it signs: the claim by which Google gives an access token for an hour.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde_json::json;
use shared::time::Timestamp;

/// What we ask to be allowed.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// The longest that Google allows.
const CLAIM_SECONDS: i64 = 3_600;

/// A service account's key, ready to sign.
pub(super) struct Key {
    /// The project whose phones we reach.
    pub(super) project: String,
    /// Where tokens are given.
    pub(super) token_uri: String,
    email: String,
    pair: RsaKeyPair,
}

/// Why a file is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::notify) enum NotAKey {
    /// Not Google's document.
    #[error("it is not the JSON document of a service account's key, as Firebase gives it")]
    Garbled,
    /// The key in it.
    #[error("its private_key is no RSA key")]
    NoRsa,
    /// Tokens would cross the network in the clear.
    #[error("its token_uri is not https")]
    InTheClear,
}

#[derive(Deserialize)]
struct Document {
    project_id: String,
    client_email: String,
    private_key: String,
    token_uri: String,
}

impl Key {
    /// Reads the file that Firebase gives for a service account.
    pub(super) fn parse(text: &str) -> Result<Self, NotAKey> {
        let document: Document = serde_json::from_str(text).map_err(|_| NotAKey::Garbled)?;
        let is_local = document.token_uri.starts_with("http://127.0.0.1:");
        if !document.token_uri.starts_with("https://") && !is_local {
            return Err(NotAKey::InTheClear);
        }
        let lines = document.private_key.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
        let der = STANDARD.decode(lines.collect::<String>()).map_err(|_| NotAKey::NoRsa)?;
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| NotAKey::NoRsa)?;
        let Document { project_id: project, client_email: email, token_uri, .. } = document;
        Ok(Self { project, token_uri, email, pair })
    }

    /// The signed claim (a JWT, RFC 7519) for a token from now on.
    pub(super) fn claim(&self, now: Timestamp) -> String {
        let seconds = now.as_millis() / 1_000;
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_uri,
            "iat": seconds,
            "exp": seconds + CLAIM_SECONDS,
        });
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(json!({ "alg": "RS256", "typ": "JWT" })), part(claims));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        // The random source only blinds the arithmetic; what comes out does not depend on it.
        let done = self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature);
        done.expect("the buffer is as long as the modulus");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_key_says_what_is_wrong() {
        let with = |key: &str, uri: &str| {
            let document = json!({ "project_id": "p", "client_email": "e", "private_key": key, "token_uri": uri });
            Key::parse(&document.to_string()).map(|_| ()).unwrap_err()
        };
        assert_eq!(Key::parse("{}").map(|_| ()).unwrap_err(), NotAKey::Garbled);
        assert_eq!(with("-----BEGIN PRIVATE KEY-----\nAAAA\n", "https://oauth2.googleapis.com/token"), NotAKey::NoRsa);
        assert_eq!(with("", "http://oauth2.googleapis.com/token"), NotAKey::InTheClear);
    }
}
