//! `GET /api/v1/desk/lost?what=&handled=` and `POST /api/v1/desk/lost/{what}/{id} {handled}`.

use super::{Item, What, handle, listed};
use crate::audit;
use crate::db::{Error, Lane};
use crate::http::caller::{Caller, RequireDesk};
use crate::http::paging::{self, Page, Paging};
use crate::http::{Answer, Json, Query, Refused, Site};
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::problem::ProblemCode;

/// Rows of one kind that are looked through; more than that is nothing that people read line by line.
const ROWS_MAX: i64 = 2_000;
/// Rows on the page.
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
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<i64>,
}

async fn list(State(site): State<Site>, _: RequireDesk, Query(wanted): Query<Wanted>) -> Answer<Json<Page<Item>>> {
    let what = kind(&wanted.what)?;
    let Wanted { handled, cursor, limit, .. } = wanted;
    let all: Vec<Item> = site.db.read(async move |conn| listed(conn, what, handled, ROWS_MAX).await).await?;
    paging::cut(all, &Paging { cursor, limit }, |item| item.id.clone())?.answer()
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
