//! Stripe's calls. Only what Stripe signed is believed; a repeat changes nothing, and neither does the order: a telling says
//! where to look, and the job that looks is enqueued in the transaction that notes the telling.

use super::stripe::event::{self, Hint, Told};
use super::stripe::signature::is_genuine;
use super::{sandbox, store};
use crate::config::Mode;
use crate::db::{Database, Error, Lane, Tx};
use crate::http::{Answer, Refused, Site};
use crate::jobs::{self, Kind, NewJob};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use shared::problem::ProblemCode;
use shared::time::Timestamp;

/// Stripe's events have a few kilobytes.
const BODY_BYTES_MAX: usize = 256 << 10;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/webhooks/stripe", post(tell).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
}

async fn tell(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Answer<StatusCode> {
    let secret = match (site.config.mode, &site.config.providers.stripe) {
        (Mode::Demo, _) => sandbox::secret(&site),
        (Mode::Serve, Some(account)) => account.webhook_secret.expose().to_owned(),
        (Mode::Serve, None) => return Err(Refused::new(ProblemCode::NotFound)),
    };
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match take(&site.db, &secret, signature, &body).await? {
        Taken::Yes => Ok(StatusCode::NO_CONTENT),
        Taken::Forged => Err(Refused::with(ProblemCode::Forbidden, "This call does not carry Stripe's signature.")),
        Taken::Unread => Err(Refused::with(ProblemCode::Malformed, "This is not an event of Stripe's.")),
    }
}

/// What became of a telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is noted, now or before.
    Yes,
    /// Somebody else wrote it.
    Forged,
    /// It is signed and says nothing.
    Unread,
}

/// Takes a telling.
pub(super) async fn take(db: &Database, secret: &str, signature: &str, body: &[u8]) -> Result<Taken, Error> {
    if !is_genuine(secret, signature, body, db.clock().real_now()) {
        return Ok(Taken::Forged);
    }
    let Some(told) = event::read(body) else { return Ok(Taken::Unread) };
    let now = db.clock().business_now();
    db.write(Lane::Work, async move |tx| apply(tx, &told, now).await).await?;
    Ok(Taken::Yes)
}

async fn apply(tx: &mut Tx, told: &Told, now: Timestamp) -> Result<(), Error> {
    if !store::take_event(tx, &told.id, &told.kind).await? {
        return Ok(());
    }
    let look = |kind, subject: String| NewJob::new(kind, subject, now);
    match &told.hint {
        Hint::Checkout(id) => jobs::enqueue(tx, &[look(Kind::Checkout, id.to_string())]).await,
        Hint::Charge(id) => jobs::enqueue(tx, &[look(Kind::Charge, id.to_string())]).await,
        Hint::Refunds { intent } => {
            let Some(charge) = store::of_intent(tx, intent).await? else { return Ok(()) };
            let refunds = store::refunds(tx, charge.id).await?;
            let due: Vec<NewJob> = refunds.iter().map(|refund| look(Kind::Refund, refund.id.to_string())).collect();
            jobs::enqueue(tx, &due).await
        }
        Hint::Dispute(dispute) => match store::of_intent(tx, &dispute.intent).await? {
            Some(charge) => {
                if store::take_dispute(tx, charge.id, dispute, told.at).await? {
                    tracing::warn!(charge = %charge.id, "a customer's bank asks a payment back");
                }
                Ok(())
            }
            None => {
                tracing::warn!(dispute = dispute.reference, "a dispute about a payment that is none of ours");
                Ok(())
            }
        },
        Hint::Nothing => Ok(()),
    }
}
