//! Money as JSON: a customer buys, looks and decides; an admin looks at everything and gives money back.

mod admin;

pub(super) use admin::{Wanted, give_back};

use super::buy::{self, Paying};
use super::outside::Outside;
use super::{Charge, Failure, store};
use crate::db::{Error, Lane, Tx};
use crate::http::caller::RequireCustomer;
use crate::http::paging::{self, Paging};
use crate::http::{Answer, Json, Query, Site};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::event::Actor;
use shared::ids::{ChargeId, EntitlementId};
use shared::text::Slug;

/// Charges of one customer that are looked through: the last ones.
const CHARGES_MAX: i64 = 2_000;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/me/entitlements", post(purchase))
        .route("/api/v1/me/entitlements/{id}/cancel", post(end))
        .route("/api/v1/me/entitlements/{id}/keep", post(keep))
        .route("/api/v1/me/renewals", get(renewals))
        .route("/api/v1/me/card", get(card).post(another_card))
        .route("/api/v1/me/charges", get(charges))
        .route("/api/v1/me/charges/{id}/pay", post(pay))
        .merge(admin::routes())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Purchase {
    plan: Slug,
}

async fn purchase(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Json(body): Json<Purchase>,
) -> Answer<impl IntoResponse> {
    let (checkout, url) = buy::purchase(&site.db, &Outside::new(&site), customer, &body.plan).await?;
    Ok((StatusCode::CREATED, Json(json!({ "checkout": checkout, "checkout_url": url }))))
}

async fn another_card(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
) -> Answer<impl IntoResponse> {
    let (checkout, url) = buy::another_card(&site.db, &Outside::new(&site), customer).await?;
    Ok((StatusCode::CREATED, Json(json!({ "checkout": checkout, "card_url": url }))))
}

async fn card(State(site): State<Site>, RequireCustomer(customer): RequireCustomer) -> Answer<impl IntoResponse> {
    let payer = site.db.read(async move |conn| store::payer(conn, customer).await).await?;
    Ok(Json(json!({ "card": payer.and_then(|payer| payer.card) })))
}

async fn renewals(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Query(asked): Query<Paging>,
) -> Answer<impl IntoResponse> {
    let all = site.db.read(async move |conn| store::renewals_of(conn, customer).await).await?;
    paging::cut(all, &asked, |renewal| renewal.entitlement)?.answer()
}

/// A charge as its customer may read it.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    charge: Charge,
    receipt: Option<String>,
}

fn shown(charge: Charge) -> Shown {
    let receipt = matches!(charge.state, super::ChargeState::Paid { .. }).then(|| charge.receipt());
    Shown { charge, receipt }
}

async fn charges(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Query(asked): Query<Paging>,
) -> Answer<impl IntoResponse> {
    let all = site.db.read(async move |conn| store::of_customer(conn, customer, CHARGES_MAX).await).await?;
    paging::cut(all, &asked, |charge| charge.id)?.map(shown).answer()
}

async fn end(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<EntitlementId>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let ended = async move |tx: &mut Tx| buy::end(tx, customer, id, Actor::Customer(customer), now).await;
    Ok(Json(site.db.write(Lane::Intake, ended).await?))
}

async fn keep(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<EntitlementId>,
) -> Answer<impl IntoResponse> {
    let (means, now) = (Outside::new(&site).means, site.now());
    let kept = async move |tx: &mut Tx| buy::keep(tx, &means, customer, id, Actor::Customer(customer), now).await;
    Ok(Json(site.db.write(Lane::Intake, kept).await?))
}

/// How a payment ended, and where to confirm it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
enum Outcome {
    Paid,
    Confirm { url: String },
    Failed { failure: Failure, message: &'static str },
    UnderWay,
}

async fn pay(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<ChargeId>,
) -> Answer<impl IntoResponse> {
    let paying = buy::pay(&site.db, &Outside::new(&site), customer, id).await?;
    Ok(Json(match paying {
        Paying::Paid => Outcome::Paid,
        Paying::Confirm(url) => Outcome::Confirm { url },
        Paying::Failed(failure) => Outcome::Failed { failure, message: failure.words() },
        Paying::UnderWay => Outcome::UnderWay,
    }))
}

/// A charge with all that belongs to it.
pub(super) struct Whole {
    pub(super) charge: Charge,
    pub(super) attempts: Vec<super::Attempt>,
    pub(super) refunds: Vec<super::Refund>,
    pub(super) disputes: Vec<store::Dispute>,
}

/// Reads a charge with all that belongs to it.
pub(super) async fn whole(site: &Site, id: ChargeId) -> Result<Option<Whole>, Error> {
    site.db
        .read(async move |conn| {
            let Some(charge) = store::charge(conn, id).await? else { return Ok(None) };
            let attempts = store::attempts(conn, id).await?;
            let refunds = store::refunds(conn, id).await?;
            let disputes = store::disputes(conn, id, charge.price.currency).await?;
            Ok(Some(Whole { charge, attempts, refunds, disputes }))
        })
        .await
}
