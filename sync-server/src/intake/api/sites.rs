//! A customer's sites that change or go out of use: by the customer and by the desk. Listing and adding stand with the
//! customers; this is here because a new address is judged again for every open ticket there.

use crate::customers::register::{self, TypedSite};
use crate::customers::{self, Site as Place};
use crate::db::{Lane, Tx};
use crate::dispatch::{Bounds, mend};
use crate::http::caller::{RequireCustomer, RequireDesk};
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Site};
use crate::{audit, tickets};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{Router, put};
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::{CustomerId, SiteId};
use shared::problem::{Problem, ProblemCode};
use shared::ticket::Refusal;

/// The routes.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/me/sites/{site}", put(replace_own).delete(retire_own))
        .route("/api/v1/customers/{id}/sites/{site}", put(replace).delete(retire))
}

async fn replace_own(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<SiteId>,
    Json(typed): Json<TypedSite>,
) -> Answer<Json<Value>> {
    put_site(site, customer, id, typed, Actor::Customer(customer)).await
}

async fn replace(
    State(site): State<Site>,
    RequireDesk(staff): RequireDesk,
    Path((customer, id)): Path<(CustomerId, SiteId)>,
    Json(typed): Json<TypedSite>,
) -> Answer<Json<Value>> {
    put_site(site, customer, id, typed, staff.actor()).await
}

async fn retire_own(
    State(site): State<Site>,
    RequireCustomer(customer): RequireCustomer,
    Path(id): Path<SiteId>,
) -> Answer<StatusCode> {
    take_out(site, customer, id, Actor::Customer(customer)).await
}

async fn retire(
    State(site): State<Site>,
    RequireDesk(staff): RequireDesk,
    Path((customer, id)): Path<(CustomerId, SiteId)>,
) -> Answer<StatusCode> {
    take_out(site, customer, id, staff.actor()).await
}

/// A site of this customer that is in use. Other people's are not there at all.
async fn theirs(tx: &mut Tx, customer: CustomerId, id: SiteId) -> Result<Place, Undone> {
    let found = customers::store::site(tx, id).await?.filter(|place| place.customer == customer && place.active);
    found.ok_or_else(|| ProblemCode::NotFound.into())
}

/// Puts this in place of what a site says; what is open there is judged again.
pub(crate) async fn put_site(
    site: Site,
    customer: CustomerId,
    id: SiteId,
    typed: TypedSite,
    actor: Actor,
) -> Answer<Json<Value>> {
    let (now, bounds) = (site.now(), Bounds::of(&site.config));
    let put = async move |tx: &mut Tx| {
        let owner =
            customers::store::customer(tx, customer).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        theirs(tx, customer, id).await?;
        let new = register::read_site(&typed, &owner.name, &owner.phone).map_err(Problem::fields)?;
        match mend::replace_site(tx, id, &new, actor, &bounds, now).await? {
            // The same again is no fault.
            Some(Ok(()) | Err(Refusal::Already)) => {}
            Some(Err(_)) | None => return Err(ProblemCode::Conflict.into()),
        }
        let kept = theirs(tx, customer, id).await?;
        Ok::<_, Undone>(customers::api::site_document(&kept))
    };
    Ok(Json(site.db.write(Lane::Desk, put).await?))
}

/// Takes a site out of use.
pub(crate) async fn take_out(site: Site, customer: CustomerId, id: SiteId, actor: Actor) -> Answer<StatusCode> {
    let now = site.now();
    let retired = async move |tx: &mut Tx| {
        if customers::store::lock(tx, customer).await?.is_none() {
            return Err(Undone::from(ProblemCode::NotFound));
        }
        let place = theirs(tx, customer, id).await?;
        if customers::store::sites_of(tx, customer).await?.len() == 1 {
            let detail = "This is the only address. Add the new one first, then take this one out of use.";
            return Err(Problem::with(ProblemCode::Conflict, detail).into());
        }
        if !tickets::store::of_site_open(tx, id, 1).await?.is_empty() {
            let detail = "A ticket is open at this address. Finish or cancel it first.";
            return Err(Problem::with(ProblemCode::Conflict, detail).into());
        }
        customers::store::retire_site(tx, id).await?;
        let was = json!({ "site": id, "address": place.address_lines() });
        audit::record(tx, actor, "site.retire", &format!("customer:{customer}"), Some(was), None, now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, retired).await?;
    Ok(StatusCode::NO_CONTENT)
}
