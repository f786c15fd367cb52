//! Finding a caller, and what is known of them, as JSON.

use super::{FOUND_MAX, Hit, find};
use crate::admin::file::listed;
use crate::customers::api::{document, whole};
use crate::customers::change;
use crate::customers::profile::TypedProfile;
use crate::db::{Lane, Tx};
use crate::http::caller::RequireDesk;
use crate::http::paging::{self, Page, Paging};
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Query, Refused, Site};
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::CustomerId;
use shared::problem::ProblemCode;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/customers", get(search))
        .route("/api/v1/customers/{id}", patch(change_caller))
        .route("/api/v1/desk/callers/{id}", get(glance))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    q: String,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<i64>,
}

async fn search(
    State(site): State<Site>,
    _: RequireDesk,
    Query(Asked { q, cursor, limit }): Query<Asked>,
) -> Answer<Json<Value>> {
    let found = site.db.read(async move |conn| find(conn, &q).await).await?;
    let show = |hit: Hit| {
        let mut shown = document(&hit.customer);
        shown["address"] = json!(hit.address);
        shown["open_tickets"] = json!(hit.n_open);
        shown
    };
    let page = paging::cut(found.customers, &Paging { cursor, limit }, |hit| hit.customer.id)?;
    let Page { items, next_cursor } = page.map(show);
    let more = found.is_cut.then_some(FOUND_MAX);
    Ok(Json(
        json!({ "items": items, "next_cursor": next_cursor, "ticket": found.ticket.as_ref().map(listed), "cut_at": more }),
    ))
}

/// Changes what is known of a caller, on their word; what is left out stays.
async fn change_caller(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<CustomerId>,
    Json(typed): Json<TypedProfile>,
) -> Answer<Json<Value>> {
    let (actor, now) = (caller.0.actor(), site.now());
    let changed = async move |tx: &mut Tx| {
        change::apply(tx, id, &typed, actor, now).await?;
        Ok::<_, Undone>(whole(tx, id).await?)
    };
    let changed = site.db.write(Lane::Desk, changed).await?;
    changed.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

async fn glance(State(site): State<Site>, _: RequireDesk, Path(id): Path<CustomerId>) -> Answer<Json<Value>> {
    let read = site.db.read(async move |conn| super::glance(conn, id).await).await?;
    let seen = read.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let plans = seen.plans.iter().map(|(plan, name)| {
        json!({ "id": plan.id, "name": name, "state": plan.state, "from_at": plan.from_at, "until_at": plan.until_at })
    });
    let told = |notice: &crate::notify::Notice| {
        json!({
            "id": notice.id,
            "ticket": notice.ticket,
            "channel": notice.channel,
            "to": notice.to_address,
            "body": notice.body,
            "state": notice.state,
            "why": notice.why,
            "due_at": notice.due_at,
            "ended_at": notice.ended_at,
        })
    };
    Ok(Json(json!({
        "customer": document(&seen.customer),
        "sites": seen.sites.iter().map(crate::customers::api::site_document).collect::<Vec<_>>(),
        "plans": plans.collect::<Vec<_>>(),
        "open": seen.open.iter().map(listed).collect::<Vec<_>>(),
        "past": seen.past.iter().map(listed).collect::<Vec<_>>(),
        "told": seen.told.iter().map(told).collect::<Vec<_>>(),
        "calls": seen.calls.iter().map(told).collect::<Vec<_>>(),
    })))
}
