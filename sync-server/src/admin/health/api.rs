//! How the providers are, for programs that watch.

use super::read;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Json, Site};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/api/v1/admin/health", get(health))
}

async fn health(State(site): State<Site>, _: RequireAdmin) -> Answer<Json<Value>> {
    let (config, now, real_now) = (site.config.clone(), site.now(), site.real_now());
    let health = site.db.read(async move |conn| read(conn, &config, now, real_now).await).await?;
    let mut document = serde_json::to_value(&health).map_err(crate::http::Refused::internal)?;
    document["now"] = json!(now);
    Ok(Json(document))
}
