//! Which rows of the needs table experts disagree with, for the admin who keeps it.

use super::store;
use crate::audit;
use crate::db::{Error, Lane};
use crate::http::caller::RequireAdmin;
use crate::http::paging::{self, Paging};
use crate::http::{Answer, Json, Query, Site};
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::text::Slug;
use shared::time::Timestamp;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/api/v1/admin/needs/review", get(list).post(reviewed))
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(asked): Query<Paging>) -> Answer<impl IntoResponse> {
    let all = site.db.read(async |conn| store::open_reviews(conn).await).await?;
    let key = |row: &store::Review| format!("{}:{}", row.category, row.symptom.as_ref().map_or("", Slug::as_str));
    paging::cut(all, &asked, key)?.answer()
}

/// What an admin has looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Looked {
    category: Slug,
    /// None is the category's default.
    #[serde(default)]
    symptom: Option<Slug>,
    /// `last_at` as it was listed: what came later stays open.
    last_at: Timestamp,
}

async fn reviewed(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(looked): Json<Looked>,
) -> Answer<Json<Value>> {
    let now = site.now();
    let n = site.db.write(Lane::Desk, async move |tx| {
        let Looked { category, symptom, last_at } = &looked;
        let n = store::reviewed(tx, category, symptom.as_ref(), *last_at, now).await?;
        if n > 0 {
            let symptom = symptom.as_ref().map(ToString::to_string).unwrap_or_default();
            let subject = format!("need:{category}/{symptom}");
            audit::record(tx, admin.actor(), "need.review", &subject, None, Some(json!({ "reports": n })), now).await?;
        }
        Ok::<_, Error>(n)
    });
    Ok(Json(json!({ "reviewed": n.await? })))
}
