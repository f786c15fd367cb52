//! JSON: a ticket is put on hold, and goes on.

use super::super::file::listed;
use super::super::holding;
use crate::http::caller::RequireDesk;
use crate::http::{Answer, Json, Site};
use crate::intake::api::act;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::Value;
use shared::ids::TicketId;
use shared::ticket::Move;
use shared::time::Timestamp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Until {
    /// When somebody may come.
    until: Timestamp,
}

pub(super) async fn hold(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<TicketId>,
    Json(asked): Json<Until>,
) -> Answer<Json<Value>> {
    Ok(Json(listed(&holding::hold(&site, &caller, id, asked.until).await?)))
}

pub(super) async fn resume(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<TicketId>,
) -> Answer<Json<Value>> {
    Ok(Json(listed(&act(&site, &caller.0, id, Move::Resume).await?)))
}
