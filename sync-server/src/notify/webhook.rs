//! Twilio's calls: what became of a message. Only what Twilio signed is believed; a repeat is answered like the first.

use super::outside::Outside;
use super::receipt;
use super::twilio::{self, signature::is_genuine};
use crate::db::{Error, Lane};
use crate::http::{Answer, Refused, Site};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use shared::ids::NoticeId;
use shared::problem::ProblemCode;

/// A status has a dozen short fields.
const BODY_BYTES_MAX: usize = 32 << 10;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/webhooks/twilio/status", post(status).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
}

/// Refuses a call that Twilio did not sign.
pub fn genuine(site: &Site, uri: &Uri, headers: &HeaderMap, fields: &[(String, String)]) -> Answer<()> {
    let Some(account) = &site.config.providers.twilio else { return Err(Refused::new(ProblemCode::NotFound)) };
    let address = site.address(uri.path_and_query().map_or(twilio::STATUS_PATH, |path| path.as_str()));
    let signature = headers.get("x-twilio-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if is_genuine(account.auth_token.expose(), &address, fields, signature) {
        return Ok(());
    }
    Err(Refused::with(ProblemCode::Forbidden, "This call does not carry Twilio's signature."))
}

async fn status(
    State(site): State<Site>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer<StatusCode> {
    genuine(&site, &uri, &headers, &fields)?;
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let notice = uri.query().and_then(|query| query.strip_prefix("notice=")).and_then(|id| id.parse::<NoticeId>().ok());
    let told = field("MessageStatus").and_then(|status| twilio::receipt(status, field("ErrorCode")));
    let (Some(notice), Some(reference), Some(told)) = (notice, field("MessageSid"), told) else {
        // Signed, and nothing that changes anything.
        return Ok(StatusCode::NO_CONTENT);
    };
    let (outside, reference, now) = (Outside::pages_only(&site), reference.to_owned(), site.now());
    let applied = site.db.write(Lane::Work, async move |tx| {
        receipt::apply(tx, &outside, notice, &reference, &told, now).await.map(|_| ())
    });
    applied.await.map_err(|error: Error| Refused::from(error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs as Twilio does, for tests.
#[cfg(test)]
pub(crate) mod testing {
    /// The signature of this address and these fields under this secret.
    pub(crate) fn signed(secret: &str, address: &str, fields: &[(String, String)]) -> String {
        super::super::twilio::signature::sign(secret, address, fields)
    }
}
