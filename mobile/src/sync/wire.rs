//! What an HTTP answer means, apart from how it came. Pure.
//!
//! Whoever stands between the phone and the server may answer in its place: a hotel's portal with 200 and a page, a
//! proxy with 502. Only JSON is the server speaking.

use serde::de::DeserializeOwned;
use shared::problem::{Problem, ProblemCode};
use shared::sync::SyncFailure;

/// An answer, or why there is none.
pub type Answer<T> = Result<T, Failure>;

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nobody answered, or somebody who is not our server.
    #[error("the server could not be reached")]
    Offline,
    /// The server refused, in its own words.
    #[error("{}", .0.detail.as_deref().unwrap_or(.0.code.title()))]
    Problem(Problem),
    /// The server answered something that this release cannot read.
    #[error("{0}")]
    Refused(String),
}

/// Reads an answer.
pub(super) fn answer<T: DeserializeOwned>(
    status: u16,
    content_type: &str,
    retry_after: Option<u64>,
    body: &[u8],
) -> Answer<T> {
    match status {
        200..=299 if body.is_empty() => serde_json::from_str("null").map_err(|_| Failure::Offline),
        200..=299 if is_json(content_type) => match serde_json::from_slice(body) {
            Ok(read) => Ok(read),
            // JSON that ends too early was cut on the way; whole JSON of another shape is not for this release.
            Err(error) if error.is_eof() || error.is_syntax() => Err(Failure::Offline),
            Err(_) => Err(Failure::Refused("This app cannot read the server's answer. Please update the app.".into())),
        },
        _ => Err(failure(status, content_type, retry_after, body)),
    }
}

/// Reads a refusal.
pub(super) fn failure(status: u16, content_type: &str, retry_after: Option<u64>, body: &[u8]) -> Failure {
    // A proxy of ours may refuse for the server by status alone; those two statuses mean the same from anyone.
    let anyones = matches!(status, 413 | 429);
    let servers = status >= 400 && is_json(content_type);
    if !anyones && !servers {
        return Failure::Offline;
    }
    let mut problem = Problem::read(status, body);
    problem.retry_after = retry_after.and_then(|seconds| u32::try_from(seconds).ok()).or(problem.retry_after);
    Failure::Problem(problem)
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || kind.ends_with("+json")
}

impl From<Failure> for SyncFailure {
    fn from(failure: Failure) -> Self {
        let problem = match failure {
            Failure::Offline => return Self::Offline,
            Failure::Refused(why) => return Self::Refused(why),
            Failure::Problem(problem) => problem,
        };
        match problem.code {
            ProblemCode::Unauthenticated | ProblemCode::SignInFailed | ProblemCode::DeviceRevoked => Self::SignIn,
            ProblemCode::DeviceForked => Self::Forked,
            ProblemCode::TooLarge => Self::TooLarge,
            code if code.is_passing() => {
                Self::Busy { retry_after_ms: problem.retry_after.map(|seconds| u64::from(seconds) * 1_000) }
            }
            code => Self::Refused(problem.detail.unwrap_or_else(|| code.title().to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn sync_failure(status: u16, kind: &str, retry_after: Option<u64>, body: &str) -> SyncFailure {
        answer::<Value>(status, kind, retry_after, body.as_bytes()).unwrap_err().into()
    }

    #[test]
    fn only_json_is_the_server_speaking() {
        let page = "<html>Please sign in to the hotel's network</html>";
        for (status, kind) in
            [(200, "text/html"), (302, "text/html"), (401, "text/html"), (502, ""), (511, "text/html")]
        {
            assert_eq!(sync_failure(status, kind, None, page), SyncFailure::Offline, "{status} {kind}");
        }
        assert_eq!(sync_failure(200, "application/json", None, "{\"req\": \"a"), SyncFailure::Offline, "cut");
        assert_eq!(answer::<Value>(200, "application/json; charset=utf-8", None, b"{}"), Ok(serde_json::json!({})));
    }

    #[test]
    fn every_refusal_leads_to_what_the_phone_does_about_it() {
        let problem = "application/problem+json";
        let refused = |code: ProblemCode| {
            let body = serde_json::to_string(&Problem::new(code)).unwrap();
            sync_failure(code.status(), problem, None, &body)
        };
        assert_eq!(refused(ProblemCode::Unauthenticated), SyncFailure::SignIn);
        assert_eq!(refused(ProblemCode::DeviceRevoked), SyncFailure::SignIn);
        assert_eq!(refused(ProblemCode::DeviceForked), SyncFailure::Forked);
        assert_eq!(refused(ProblemCode::TooLarge), SyncFailure::TooLarge);
        assert_eq!(refused(ProblemCode::Unavailable), SyncFailure::Busy { retry_after_ms: None });
        assert_eq!(refused(ProblemCode::Internal), SyncFailure::Busy { retry_after_ms: None });
        assert!(matches!(refused(ProblemCode::Forbidden), SyncFailure::Refused(_)));
        assert_eq!(sync_failure(413, "text/html", None, "<html>"), SyncFailure::TooLarge, "a proxy's limit");
        let busy = SyncFailure::Busy { retry_after_ms: Some(7_000) };
        assert_eq!(sync_failure(429, "", Some(7), ""), busy);
        let body = serde_json::to_string(&Problem::new(ProblemCode::Busy).after_seconds(7)).unwrap();
        assert_eq!(sync_failure(503, problem, None, &body), busy);
    }
}
