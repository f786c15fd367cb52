//! The weights as JSON, for admins. A change names the version that was seen and becomes the next one.

use super::{check, store};
use crate::audit;
use crate::db::{Error, Lane, Tx};
use crate::http::caller::RequireAdmin;
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Site};
use crate::matching::settings::Weights;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{Router, get};
use serde_json::json;
use shared::problem::{Problem, ProblemCode};

/// Earlier versions that are shown.
const EARLIER_MAX: i64 = 50;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/api/v1/admin/weights", get(read).put(replace))
}

async fn read(State(site): State<Site>, _: RequireAdmin) -> Answer<impl IntoResponse> {
    let mut versions = site.db.read(async |conn| store::versions(conn, EARLIER_MAX + 1).await).await?;
    if versions.is_empty() {
        versions.push(Weights::default());
    }
    let current = versions.remove(0);
    Ok(Json(json!({ "current": current, "earlier": versions })))
}

async fn replace(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(wanted): Json<Weights>,
) -> Answer<impl IntoResponse> {
    check(&wanted).map_err(Problem::fields)?;
    let now = site.now();
    let replaced = async move |tx: &mut Tx| {
        let before = store::current(tx).await?.unwrap_or_default();
        let next = Weights { version: before.version + 1, ..wanted };
        if wanted.version != before.version || !store::add(tx, &next, now).await? {
            return Err(ProblemCode::Stale.into());
        }
        let shown = |weights: &Weights| {
            serde_json::to_value(weights).map_err(|error| Error::Bug(format!("a line of the audit: {error}")))
        };
        let (old, new) = (Some(shown(&before)?), Some(shown(&next)?));
        audit::record(tx, admin.actor(), "weights.replace", "weights", old, new, now).await?;
        Ok::<_, Undone>(next)
    };
    Ok(Json(site.db.write(Lane::Desk, replaced).await?))
}
