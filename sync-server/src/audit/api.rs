//! The audit, for admins to read. Nobody changes it.

use super::store;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Json, Site};
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use axum::routing::{Router, get};
use serde::Deserialize;
use serde_json::json;
use shared::time::Timestamp;

/// Lines on one page.
const PAGE_MAX: usize = 50;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/api/v1/admin/audit", get(list))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    actor: Option<String>,
    /// The word, or its beginning.
    #[serde(default)]
    what: Option<String>,
    #[serde(default)]
    from: Option<Timestamp>,
    #[serde(default)]
    until: Option<Timestamp>,
    #[serde(default)]
    before: Option<String>,
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<impl IntoResponse> {
    let limit = i64::try_from(PAGE_MAX + 1).expect("the page is short");
    let Wanted { subject, actor, what, from, until, before } = wanted;
    let filter = store::Filter { subject, actor, what, from, until };
    let found = site.db.read(async move |conn| store::find(conn, &filter, before.as_deref(), limit).await);
    let mut items = found.await?;
    let more = items.len() > PAGE_MAX;
    items.truncate(PAGE_MAX);
    let next = items.last().filter(|_| more).map(|line| line.id.clone());
    Ok(Json(json!({ "items": items, "next": next })))
}
