//! How a refusal looks outside: a problem document (RFC 9457) with one stable code from the closed list below.
//!
//! Programs match on `code`; people read `title` and `detail`. The phone and the server share this file, so neither can
//! invent a word the other does not know. A code is never renamed or given another status; new ones are added. A phone
//! older than its server may still meet a new word: [`Problem::read`] then falls back to what the status alone says.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $status:literal, $title:literal;)+) => {
        /// Why a request was refused. Closed list: see the module.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemCode {
            $($(#[doc = $doc])+ $name,)+
        }

        impl ProblemCode {
            /// Every code, in the order of their statuses.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word on the wire.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The HTTP status it is sent with.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// One short sentence for people, the same at each occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    /// The body, a header or the address cannot be read at all.
    Malformed = "malformed", 400, "The request cannot be read.";
    /// A call that must not happen twice came without its `Idempotency-Key`.
    IdempotencyKeyMissing = "idempotency_key_missing", 400, "This call needs an Idempotency-Key header.";
    /// No token, or one that is unknown, expired or signed out.
    Unauthenticated = "unauthenticated", 401, "Please sign in.";
    /// Login and password (or code) do not belong together; the same answer for a login nobody has.
    SignInFailed = "sign_in_failed", 401, "Login or password is wrong.";
    /// The token's device or login was switched off. Only `POST /rescue` still opens.
    DeviceRevoked = "device_revoked", 401, "This device was signed out by the office.";
    /// Signed in, but not allowed.
    Forbidden = "forbidden", 403, "You are not allowed to do this.";
    /// A form that was sent from another site.
    CrossSite = "cross_site", 403, "The form did not come from this site.";
    /// Nothing here, or nothing that the caller may know of.
    NotFound = "not_found", 404, "There is nothing here.";
    /// The address exists, the verb does not.
    MethodNotAllowed = "method_not_allowed", 405, "This address does not take that method.";
    /// The body took too long to arrive.
    TooSlow = "too_slow", 408, "The request took too long to arrive.";
    /// What is there now contradicts the request.
    Conflict = "conflict", 409, "This does not fit what is there now.";
    /// The caller edited an older version.
    Stale = "stale", 409, "Someone changed this in the meantime.";
    /// A hard rule forbids it; `errors` lists each broken rule.
    RuleBroken = "rule_broken", 409, "A rule forbids this.";
    /// The offer, ticket or question was already decided.
    AlreadySettled = "already_settled", 409, "This was already settled.";
    /// Two installations act as one device (sync.md, S2): take a new incarnation and renumber.
    DeviceForked = "device_forked", 409, "This device's history has split.";
    /// An upload continues at another place than the one sent.
    OffsetMismatch = "offset_mismatch", 409, "The upload continues at another offset.";
    /// It was here, and will not come back.
    Gone = "gone", 410, "This is no longer here.";
    /// More bytes or more items than the limit.
    TooLarge = "too_large", 413, "The request is too large.";
    /// The body is of a kind that this call does not take.
    UnsupportedMediaType = "unsupported_media_type", 415, "The content type is not supported here.";
    /// The document was read, its fields were not accepted; `errors` names each.
    InvalidFields = "invalid_fields", 422, "Some fields need attention.";
    /// The `Idempotency-Key` was used before, with another body.
    IdempotencyMismatch = "idempotency_mismatch", 422, "This Idempotency-Key was used for another request.";
    /// The uploaded bytes are not those that were announced.
    ChecksumMismatch = "checksum_mismatch", 422, "The bytes that arrived are not the ones announced.";
    /// Too many requests from this caller; see `retry_after`.
    RateLimited = "rate_limited", 429, "Too many requests.";
    /// Our fault. The details are in our log under the request's id.
    Internal = "internal", 500, "Something went wrong on our side.";
    /// More work than can be taken at the moment; see `retry_after`.
    Busy = "busy", 503, "The server is busy.";
    /// A part is switched off or down; see `retry_after`.
    Unavailable = "unavailable", 503, "This is not available at the moment.";
    /// The answer took too long. The work may still have happened: repeat with the same `Idempotency-Key`.
    TimedOut = "timed_out", 503, "The answer took too long.";
}

impl ProblemCode {
    /// The general code of a status, for answers that carry no code we know (a proxy's page, a newer server's word).
    pub fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::TooSlow,
            409 => Self::Conflict,
            410 => Self::Gone,
            413 => Self::TooLarge,
            415 => Self::UnsupportedMediaType,
            422 => Self::InvalidFields,
            429 => Self::RateLimited,
            502..=504 => Self::Unavailable,
            400..=499 => Self::Malformed,
            _ => Self::Internal,
        }
    }

    /// Whether the same request may succeed later without anyone changing it.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            Self::TooSlow | Self::RateLimited | Self::Internal | Self::Busy | Self::Unavailable | Self::TimedOut
        )
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that is not in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this problem code is not known")]
pub struct UnknownCode;

impl FromStr for ProblemCode {
    type Err = UnknownCode;
    fn from_str(word: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.word() == word).ok_or(UnknownCode)
    }
}

impl Serialize for ProblemCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for ProblemCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One thing to mend: a field that was not accepted, or a rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Path of the field, like `address.postal_code` or `windows[1].from`; empty if it is the whole request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// A word for programs, like `required`, `too_long`, `unknown`, or the name of the broken rule.
    pub code: String,
    /// A sentence for people that says what to do.
    pub message: String,
}

/// A problem document. Its `type`, `title` and `status` follow from the code, so they are only written, never kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {}", detail.as_deref().unwrap_or(code.title()))]
pub struct Problem {
    /// What programs match on.
    pub code: ProblemCode,
    /// What is particular to this occurrence, for people.
    pub detail: Option<String>,
    /// Id of the request, to find it in our log.
    pub instance: Option<String>,
    /// Each field that was not accepted, or each rule that was broken.
    pub errors: Vec<FieldError>,
    /// Seconds after which a repeat makes sense; the `Retry-After` header says the same.
    pub retry_after: Option<u32>,
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(rename = "type")]
            kind: String,
            title: &'a str,
            status: u16,
            code: ProblemCode,
            #[serde(skip_serializing_if = "Option::is_none")]
            detail: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            instance: Option<&'a str>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            errors: &'a [FieldError],
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_after: Option<u32>,
        }
        let document = Document {
            kind: format!("urn:sysops:problem:{}", self.code),
            title: self.code.title(),
            status: self.code.status(),
            code: self.code,
            detail: self.detail.as_deref(),
            instance: self.instance.as_deref(),
            errors: &self.errors,
            retry_after: self.retry_after,
        };
        document.serialize(serializer)
    }
}

/// What a reader takes from a document; everything else follows from the code.
#[derive(Deserialize)]
struct Wire {
    code: String,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    instance: Option<String>,
    #[serde(default)]
    errors: Vec<FieldError>,
    #[serde(default)]
    retry_after: Option<u32>,
}

impl Problem {
    /// The bare problem of a code.
    pub fn new(code: ProblemCode) -> Self {
        Self { code, detail: None, instance: None, errors: Vec::new(), retry_after: None }
    }

    /// A problem with a sentence of its own.
    pub fn with(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(code) }
    }

    /// One field that was not accepted.
    pub fn field(field: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ProblemCode::InvalidFields).and_field(field, code, message)
    }

    /// All fields that were not accepted.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(ProblemCode::InvalidFields) }
    }

    /// The same with one more field (or broken rule).
    #[must_use]
    pub fn and_field(mut self, field: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), code: code.into(), message: message.into() });
        self
    }

    /// The same with the time after which a repeat makes sense.
    #[must_use]
    pub fn after_seconds(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Reads what a server (or whatever stands between) answered with an error status. Never fails: a body that is no
    /// problem document, or a code this release does not know, gives the general problem of the status.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let Ok(wire) = serde_json::from_slice::<Wire>(body) else {
            return Self::new(ProblemCode::of_status(status));
        };
        Self {
            code: wire.code.parse().unwrap_or_else(|UnknownCode| ProblemCode::of_status(status)),
            detail: wire.detail,
            instance: wire.instance,
            errors: wire.errors,
            retry_after: wire.retry_after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_code_has_its_own_word_and_survives_the_wire() {
        let words: HashSet<_> = ProblemCode::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(words.len(), ProblemCode::ALL.len());
        for &code in ProblemCode::ALL {
            assert_eq!(code.word().parse(), Ok(code));
            assert!(code.word().chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{code}");
            assert!((400..=599).contains(&code.status()), "{code}");
            let json = serde_json::to_vec(&Problem::new(code)).unwrap();
            assert_eq!(Problem::read(code.status(), &json), Problem::new(code));
        }
        assert_eq!("made_up".parse::<ProblemCode>(), Err(UnknownCode));
    }

    #[test]
    fn a_document_carries_everything_to_the_other_side() {
        let problem = Problem::field("address.postal_code", "unknown", "We do not know this postal code.")
            .and_field("email", "format", "This is not an e-mail address.")
            .after_seconds(7);
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["type"], "urn:sysops:problem:invalid_fields");
        assert_eq!(json["status"], 422);
        assert!(json.get("detail").is_none());
        assert_eq!(Problem::read(422, json.to_string().as_bytes()), problem);
    }

    #[test]
    fn an_answer_that_is_no_problem_document_is_read_by_its_status() {
        assert_eq!(Problem::read(502, b"<html>bad gateway").code, ProblemCode::Unavailable);
        assert_eq!(Problem::read(409, b"").code, ProblemCode::Conflict);
        let newer = Problem::read(409, br#"{"code":"coined_later","detail":"Because."}"#);
        assert_eq!((newer.code, newer.detail.as_deref()), (ProblemCode::Conflict, Some("Because.")));
    }

    #[test]
    fn every_general_code_of_a_status_has_that_status_or_a_sibling() {
        for status in 400..600 {
            let code = ProblemCode::of_status(status);
            assert_eq!(code.status() / 100, status / 100, "{status} gives {code}");
        }
    }
}
