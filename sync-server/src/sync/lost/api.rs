//! `GET /api/v1/desk/lost?what=&handled=` and `POST /api/v1/desk/lost/{what}/{id} {handled}`.

use super::{Item, What, handle, listed};
use crate::audit;
use crate::db::{Error, Lane};
use crate::http::caller::{Caller, RequireDesk};
use crate::http::{Answer, Json, Refused, Site};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::problem::ProblemCode;

/// Rows in one answer.
pub(super) const LIST_MAX: i64 = 100;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/api/v1/desk/lost", get(list)).route("/api/v1/desk/lost/{what}/{id}", post(looked))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    what: String,
    #[serde(default)]
    handled: bool,
}

async fn list(State(site): State<Site>, _: RequireDesk, Query(wanted): Query<Wanted>) -> Answer<Json<Value>> {
    let what = kind(&wanted.what)?;
    let items: Vec<Item> = site.db.read(async move |conn| listed(conn, what, wanted.handled, LIST_MAX).await).await?;
    Ok(Json(json!({ "items": items })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Looked {
    handled: bool,
}

async fn looked(
    State(site): State<Site>,
    RequireDesk(caller): RequireDesk,
    Path((what, id)): Path<(String, String)>,
    Json(looked): Json<Looked>,
) -> Answer<Json<Value>> {
    let changed = mark(&site, &caller, kind(&what)?, id, looked.handled).await?;
    Ok(Json(json!({ "changed": changed })))
}

pub(super) fn kind(text: &str) -> Answer<What> {
    text.parse().map_err(|why| Refused::with(ProblemCode::NotFound, format!("Here {why}.")))
}

/// Marks it, with a line in the audit. A second click changes nothing.
pub(super) async fn mark(site: &Site, caller: &Caller, what: What, id: String, handled: bool) -> Answer<bool> {
    let (by, now) = (caller.actor(), site.now());
    let changed = site.db.write(Lane::Desk, async move |tx| {
        let changed = handle(tx, what, &id, by, handled).await?;
        if changed {
            let subject = format!("{}:{id}", what.word());
            audit::record(tx, by, "lost.handled", &subject, None, Some(json!({ "handled": handled })), now).await?;
        }
        Ok::<_, Error>(changed)
    });
    Ok(changed.await?)
}
