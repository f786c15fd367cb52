//! Customers and their sites as JSON. Anybody may register; agents register callers, search them and add sites.

use super::register::{self, By, Typed, TypedSite};
use super::signup::{self, Registered};
use super::{Customer, Site as Place, store};
use crate::audit;
use crate::db::{Conn, Error, Lane, Tx};
use crate::http::caller::{MaybeCaller, RequireCustomer, RequireDesk};
use crate::http::paging::{self, Page, Paging};
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Query, Refused, Site};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get};
use serde_json::{Value, json};
use shared::ids::{CustomerId, SiteId};
use shared::problem::{Problem, ProblemCode};

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/customers", axum::routing::post(create))
        .route("/api/v1/customers/{id}", get(read))
        .route("/api/v1/customers/{id}/sites", get(sites).post(add_site))
        .route("/api/v1/me/sites", get(own_sites).post(add_own_site))
}

/// A customer as a document.
pub(crate) fn document(customer: &Customer) -> Value {
    json!({
        "id": customer.id,
        "ver": customer.ver,
        "name": customer.name,
        "email": customer.email,
        "email_confirmed": customer.email.is_some() && customer.email_confirmed_at.is_some(),
        "email_wanted": customer.email_wanted,
        "phone": customer.phone,
        "notify_by": customer.notify_by,
        "locale": customer.locale,
        "time_zone": customer.zone,
        "helper": customer.helper,
        "active": customer.active,
        "created_at": customer.created_at,
        "leaving_at": customer.leaving_at,
    })
}

/// A site as a document.
pub(crate) fn site_document(site: &Place) -> Value {
    json!({
        "id": site.id,
        "ver": site.ver,
        "address": {
            "line1": site.line1,
            "line2": site.line2,
            "city": site.city,
            "postal_code": site.postal_code,
            "country": site.country,
        },
        "time_zone": site.zone,
        "contact_name": site.contact_name,
        "contact_phone": site.contact_phone,
        "access_note": site.access_note,
        "pin": site.pin,
    })
}

/// A customer with their sites in use.
pub(crate) async fn whole(conn: &mut Conn, id: CustomerId) -> Result<Option<Value>, Error> {
    let Some(customer) = store::customer(conn, id).await? else { return Ok(None) };
    let mut document = document(&customer);
    document["sites"] = store::sites_of(conn, id).await?.iter().map(site_document).collect();
    Ok(Some(document))
}

async fn answer(site: &Site, id: CustomerId) -> Answer<Json<Value>> {
    let found = site.db.read(async move |conn| whole(conn, id).await).await?;
    found.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

/// Registers: by themselves, with a password, or by an agent for a caller.
async fn create(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    Json(typed): Json<Typed>,
) -> Answer<impl IntoResponse> {
    let staff = match caller {
        Some(caller) if caller.person.role().is_staff() => Some(caller),
        Some(_) => {
            let detail = "You are signed in already. Sign out first to register someone else.";
            return Err(Refused::with(ProblemCode::Forbidden, detail));
        }
        None => None,
    };
    let by = if staff.is_some() { By::Agent } else { By::Themselves };
    let registered = signup::register(&site, &typed, by, staff.map(|caller| caller.actor())).await?;
    let Registered { customer, .. } = registered;
    Ok((StatusCode::CREATED, answer(&site, customer).await?))
}

async fn read(State(site): State<Site>, _: RequireDesk, Path(id): Path<CustomerId>) -> Answer<impl IntoResponse> {
    answer(&site, id).await
}

async fn list_sites(site: &Site, id: CustomerId, asked: &Paging) -> Answer<Json<Page<Value>>> {
    let found = site.db.read(async move |conn| {
        let is_there = store::customer(conn, id).await?.is_some();
        Ok::<_, Error>(if is_there { Some(store::sites_of(conn, id).await?) } else { None })
    });
    let sites = found.await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    paging::cut(sites, asked, |site| site.id)?.map(|site| site_document(&site)).answer()
}

async fn sites(
    State(site): State<Site>,
    _: RequireDesk,
    Path(id): Path<CustomerId>,
    Query(asked): Query<Paging>,
) -> Answer<impl IntoResponse> {
    list_sites(&site, id, &asked).await
}

async fn own_sites(
    State(site): State<Site>,
    RequireCustomer(id): RequireCustomer,
    Query(asked): Query<Paging>,
) -> Answer<impl IntoResponse> {
    list_sites(&site, id, &asked).await
}

async fn add_site(
    State(site): State<Site>,
    RequireDesk(staff): RequireDesk,
    Path(id): Path<CustomerId>,
    Json(typed): Json<TypedSite>,
) -> Answer<impl IntoResponse> {
    add(site, id, typed, staff.actor()).await
}

async fn add_own_site(
    State(site): State<Site>,
    RequireCustomer(id): RequireCustomer,
    Json(typed): Json<TypedSite>,
) -> Answer<impl IntoResponse> {
    add(site, id, typed, shared::event::Actor::Customer(id)).await
}

/// Adds a site to a customer.
pub(crate) async fn add(
    site: Site,
    customer: CustomerId,
    typed: TypedSite,
    actor: shared::event::Actor,
) -> Answer<(StatusCode, Json<Value>)> {
    let (id, now): (SiteId, _) = (site.new_id(), site.now());
    let added = async move |tx: &mut Tx| {
        let owner = store::lock(tx, customer).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        let new = register::read_site(&typed, &owner.name, &owner.phone).map_err(Problem::fields)?;
        let n_sites = store::sites_of(tx, customer).await?.len();
        if i64::try_from(n_sites).is_ok_and(|n| n >= store::SITES_MAX) {
            let detail = "This customer has 500 sites, which is as many as we keep.";
            return Err(Problem::with(ProblemCode::Conflict, detail).into());
        }
        store::add_site(tx, id, customer, &new, now).await?;
        let kept = store::site(tx, id).await?.map(|site| site_document(&site));
        audit::record(tx, actor, "site.create", &format!("customer:{customer}"), None, kept.clone(), now).await?;
        Ok::<_, Undone>(kept)
    };
    let kept = site.db.write(Lane::Desk, added).await?;
    Ok((StatusCode::CREATED, Json(kept.unwrap_or_default())))
}

#[cfg(test)]
mod tests;
