//! A repeat of a call that must not happen twice gets the first answer. Claim, effect and answer are one transaction of
//! the handler: a claim of its own would stick when the server dies between the two. A concurrent repeat waits for the
//! first and then reads its answer; the same key with another body is a mistake of the caller.
//!
//! ```text
//! match idempotency::claim(tx, &caller.scope(), &key, &idempotency::body_hash(&bytes), &answer, site.real_now()).await? {
//!     Claim::Replay(answer) => return Ok(answer),
//!     Claim::Mismatch => refuse with ProblemCode::IdempotencyMismatch,
//!     Claim::New => the effect
//! }
//! ```

use super::refused::{Answer, Refused};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use shared::problem::ProblemCode;
use std::fmt::Write as _;

pub use super::store::{answer_otherwise, claim};

const KEY_CHARS_MAX: usize = 100;
const HEADER: &str = "idempotency-key";

/// The caller's name for one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// From the header's text: 1 to 100 printable ASCII characters.
    pub fn parse(text: &str) -> Option<Self> {
        let right = (1..=KEY_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        right.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Answer<Self> {
        let Some(value) = parts.headers.get(HEADER) else {
            let how = "Send a new Idempotency-Key with each new request, and the same one when you repeat it.";
            return Err(Refused::with(ProblemCode::IdempotencyKeyMissing, how));
        };
        value.to_str().ok().and_then(Self::parse).ok_or_else(|| {
            Refused::with(ProblemCode::Malformed, "An Idempotency-Key is 1 to 100 printable characters without spaces.")
        })
    }
}

/// What to do with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is new: do it in the same transaction.
    New,
    /// It was done: this was the answer.
    Replay(StoredAnswer),
    /// The key was used with another body.
    Mismatch,
}

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Its status.
    pub status: u16,
    /// Its JSON.
    pub body: String,
}

impl IntoResponse for StoredAnswer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        (status, [(header::CONTENT_TYPE, "application/json")], self.body).into_response()
    }
}

/// What tells one body from another.
pub fn body_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string works");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_printable() {
        assert!(IdempotencyKey::parse("0199a3f0-7c1e").is_some());
        assert!(IdempotencyKey::parse(&"k".repeat(100)).is_some());
        for bad in ["", "a b", "ü", "a\n", &"k".repeat(101)] {
            assert_eq!(IdempotencyKey::parse(bad), None, "{bad:?}");
        }
    }
}
