//! The provider's call with an SMS that somebody sent us. Only what it signed is believed; its answer is what we say back.

use super::{say, take};
use crate::db::Lane;
use crate::dispatch::Bounds;
use crate::http::{Answer, Refused, Site};
use crate::notify::outside::Pages;
use crate::notify::webhook::genuine;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, OriginalUri, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use shared::problem::ProblemCode;
use shared::text::Phone;

/// A message has 1,600 characters and two dozen short fields.
const BODY_BYTES_MAX: usize = 64 << 10;
/// The provider's name of a message is shorter.
const SID_CHARS_MAX: usize = 64;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/webhooks/twilio/reply", post(reply).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
}

async fn reply(
    State(site): State<Site>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer<Response> {
    genuine(&site, &uri, &headers, &fields)?;
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let sid = field("MessageSid").filter(|sid| !sid.is_empty() && sid.len() <= SID_CHARS_MAX);
    let phone = field("From").and_then(|from| from.parse::<Phone>().ok());
    let (Some(sid), Some(phone)) = (sid, phone) else {
        return Err(Refused::with(
            ProblemCode::Malformed,
            "This call names no message, or no number that it came from.",
        ));
    };
    let heard = take::Heard {
        sid: sid.to_owned(),
        phone,
        // PostgreSQL refuses NUL.
        body: field("Body").unwrap_or_default().replace('\0', ""),
        has_media: field("NumMedia").is_some_and(|n| n != "0"),
        now: site.now(),
    };
    let bounds = Bounds::of(&site.config);
    let pages = Pages { links: site.links.clone(), public_url: site.config.public_url.clone() };
    let answer = site.db.write(Lane::Intake, async move |tx| take::take(tx, &bounds, &pages, &heard).await).await?;
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], say::document(&answer)).into_response())
}
