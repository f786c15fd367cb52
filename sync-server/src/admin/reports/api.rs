//! The reports as JSON. Shares are in thousandths; `days` says how far a report looks back.

use super::{Window, first_visit, wrong_expert};
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Json, Site};
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/reports/first-visit-fix", get(first_visit_fix))
        .route("/api/v1/admin/reports/wrong-expert", get(wrong))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// 1 to 366; 30 where none are named.
    #[serde(default)]
    days: Option<i64>,
}

async fn first_visit_fix(
    State(site): State<Site>,
    _: RequireAdmin,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Value>> {
    let window = Window::last(wanted.days, site.now());
    let report = site.db.read(async move |conn| first_visit::read(conn, window).await).await?;
    Ok(Json(json!({ "from": window.from, "until": window.until, "report": report })))
}

async fn wrong(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<Json<Value>> {
    let window = Window::last(wanted.days, site.now());
    let items = site.db.read(async move |conn| wrong_expert::read(conn, window).await).await?;
    Ok(Json(json!({ "from": window.from, "until": window.until, "items": items })))
}
