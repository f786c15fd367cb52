//! What admins do with charges: list, read, give money back, and look whether the money balances.

use super::super::refund::{Refund, RefundState, left};
use super::super::store::{self, Filter};
use super::super::{ChargeState, check};
use super::{shown, whole};
use crate::audit;
use crate::db::{Lane, Tx};
use crate::http::caller::{Caller, RequireAdmin};
use crate::http::paging;
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Query, Refused, Site};
use crate::jobs::{self, Kind, NewJob};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get, post};
use serde::Deserialize;
use serde_json::json;
use shared::ids::{ChargeId, CustomerId};
use shared::money::Money;
use shared::problem::{Problem, ProblemCode};
use shared::text::Reason;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/charges", get(list))
        .route("/api/v1/admin/charges/check", get(balance))
        .route("/api/v1/admin/charges/{id}", get(read))
        .route("/api/v1/admin/charges/{id}/refund", post(refund))
}

/// Which charges are wanted: a state, or `disputed`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(in crate::billing) enum Wanted {
    Scheduled,
    Open,
    Paid,
    GivenUp,
    Missed,
    Cancelled,
    Disputed,
}

impl Wanted {
    pub(in crate::billing) const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Open, "open", "Not paid yet"),
        (Self::Scheduled, "scheduled", "To come"),
        (Self::Paid, "paid", "Paid"),
        (Self::GivenUp, "given_up", "Given up"),
        (Self::Missed, "missed", "Missed"),
        (Self::Cancelled, "cancelled", "Called off"),
        (Self::Disputed, "disputed", "Disputed"),
    ];

    pub(in crate::billing) fn filter(self) -> Filter {
        let state = match self {
            Self::Scheduled => Some("scheduled"),
            Self::Open => Some("open"),
            Self::Paid => Some("paid"),
            Self::GivenUp => Some("given_up"),
            Self::Missed => Some("missed"),
            Self::Cancelled => Some("cancelled"),
            Self::Disputed => None,
        };
        Filter { state, disputed: self == Self::Disputed, ..Filter::default() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    #[serde(default)]
    state: Option<Wanted>,
    #[serde(default)]
    customer: Option<CustomerId>,
    #[serde(default)]
    cursor: Option<ChargeId>,
    #[serde(default)]
    limit: Option<i64>,
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(page): Query<Page>) -> Answer<impl IntoResponse> {
    let limit = paging::limit(page.limit);
    let filter = page.state.map_or_else(Filter::default, Wanted::filter);
    let filter = Filter { customer: page.customer, before: page.cursor, ..filter };
    let found = site.db.read(async move |conn| store::list(conn, filter, limit + 1).await).await?;
    paging::page(found, limit, |charge| charge.id).map(shown).answer()
}

async fn read(State(site): State<Site>, _: RequireAdmin, Path(id): Path<ChargeId>) -> Answer<impl IntoResponse> {
    let whole = whole(&site, id).await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let left = left(whole.charge.price, &whole.refunds);
    let (attempts, refunds, disputes) = (whole.attempts, whole.refunds, whole.disputes);
    let charge = shown(whole.charge);
    Ok(Json(
        json!({ "charge": charge, "attempts": attempts, "refunds": refunds, "disputes": disputes, "refundable": left }),
    ))
}

async fn balance(State(site): State<Site>, _: RequireAdmin) -> Answer<impl IntoResponse> {
    let now = site.now();
    let ledger = site.db.read(async move |conn| check::ledger(conn, now).await).await?;
    Ok(Json(json!({ "balances": ledger.balances(), "ledger": ledger })))
}

/// Money to give back: all that is left unless an amount is named.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    #[serde(default)]
    amount_minor: Option<i64>,
    reason: Reason,
}

async fn refund(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ChargeId>,
    Json(body): Json<RefundBody>,
) -> Answer<impl IntoResponse> {
    let refund = give_back(&site, &admin, id, body.amount_minor, body.reason).await?;
    Ok((StatusCode::ACCEPTED, Json(refund)))
}

/// Decides a refund; its job asks the provider.
pub(in crate::billing) async fn give_back(
    site: &Site,
    admin: &Caller,
    id: ChargeId,
    amount_minor: Option<i64>,
    reason: Reason,
) -> Result<Refund, Undone> {
    let (new_id, now, actor) = (site.new_id(), site.now(), admin.actor());
    let decided = async move |tx: &mut Tx| {
        let charge = store::lock_charge(tx, id).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        if !matches!(charge.state, ChargeState::Paid { .. }) || charge.intent.is_none() {
            let words = "Only a charge that was paid by card can be given back.";
            return Err(Problem::with(ProblemCode::Conflict, words).into());
        }
        let left = left(charge.price, &store::refunds(tx, id).await?);
        let minor_units = amount_minor.unwrap_or(left.minor_units);
        if !(1..=left.minor_units).contains(&minor_units) {
            let words = if left.minor_units == 0 {
                "All of it was given back already.".to_owned()
            } else {
                format!("Give back more than nothing and at most {left}.")
            };
            return Err(Problem::field("amount_minor", "range", words).into());
        }
        let amount = Money { minor_units, ..left };
        let (state, reason) = (RefundState::Asked, reason.clone());
        let refund = Refund { id: new_id, charge: id, amount, reason, state, asked_at: now, begun_at: None };
        store::begin_refund(tx, &refund, actor).await?;
        jobs::enqueue(tx, &[NewJob::new(Kind::Refund, refund.id, now)]).await?;
        let after = json!({ "charge": id, "refund": refund.id, "amount": amount, "reason": refund.reason });
        let subject = format!("customer:{}", charge.customer);
        audit::record(tx, actor, "charge.refund", &subject, None, Some(after), now).await?;
        Ok::<_, Undone>(refund)
    };
    site.db.write(Lane::Desk, decided).await
}
