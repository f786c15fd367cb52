//! The audit, for admins to read. Nobody changes it.

use super::store;
use crate::http::caller::RequireAdmin;
use crate::http::paging;
use crate::http::{Answer, Query, Site};
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{Router, get};
use serde::Deserialize;
use shared::time::Timestamp;

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
    cursor: Option<uuid::Uuid>,
    #[serde(default)]
    limit: Option<i64>,
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<impl IntoResponse> {
    let Wanted { subject, actor, what, from, until, cursor, limit } = wanted;
    let (cursor, limit) = (cursor.map(|id| id.to_string()), paging::limit(limit));
    let filter = store::Filter { subject, actor, what, from, until };
    let found = site.db.read(async move |conn| store::find(conn, &filter, cursor.as_deref(), limit + 1).await);
    paging::page(found.await?, limit, |line| line.id.clone()).answer()
}
