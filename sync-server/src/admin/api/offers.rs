//! JSON: an offer by hand, and the report of those that were made against a rule.

use super::super::against::{Overridden, overridden};
use super::super::sending;
use crate::dispatch::by_hand::{self, Came, Wish};
use crate::http::caller::{RequireAdmin, RequireDesk};
use crate::http::paging;
use crate::http::{Answer, Json, Query, Site};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{ExpertId, OfferId, TicketId};
use shared::text::Reason;
use shared::time::Zone;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    expert: ExpertId,
    #[serde(default)]
    override_reason: Option<Reason>,
}

pub(super) async fn offer(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(ticket): Path<TicketId>,
    Json(asked): Json<Asked>,
) -> Answer<(StatusCode, Json<Value>)> {
    let wish = Wish {
        ticket,
        expert: asked.expert,
        offer: site.new_id(),
        reason: asked.override_reason,
        staff: caller.staff(),
        actor: caller.0.actor(),
    };
    match sending::send(&site, wish).await? {
        Came::Offered { offer, visit, against, .. } => {
            let said = sending::say(&site, ticket, asked.expert, against).await?;
            let overridden: Vec<_> = said.iter().map(|one| &one.sentence).collect();
            let body = json!({
                "ticket": ticket, "expert": asked.expert, "offer": offer, "visit": visit, "overridden": overridden,
            });
            Ok((StatusCode::CREATED, Json(body)))
        }
        Came::Already { offer, visit } => {
            let body = json!({
                "ticket": ticket, "expert": asked.expert, "offer": offer, "visit": visit, "overridden": [],
            });
            Ok((StatusCode::OK, Json(body)))
        }
        Came::NeedsReason(against) => {
            Err(sending::needs_reason(&sending::say(&site, ticket, asked.expert, against).await?).into())
        }
        Came::Refused(no) => Err(sending::refused(&site, no).await?.into()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    #[serde(default)]
    cursor: Option<OfferId>,
    #[serde(default)]
    limit: Option<i64>,
}

pub(super) async fn report(
    State(site): State<Site>,
    _: RequireAdmin,
    Query(wanted): Query<Listing>,
) -> Answer<impl IntoResponse> {
    let limit = paging::limit(wanted.limit);
    let read = site.db.read(async move |conn| {
        let made = by_hand::store::list(conn, None, wanted.cursor, limit + 1).await?;
        overridden(conn, made, &Zone::utc()).await
    });
    let found: Vec<Overridden> = read.await?;
    let show = |one: Overridden| {
        json!({
            "offer": one.made.offer,
            "ticket": one.made.ticket,
            "expert": { "id": one.made.expert, "name": one.expert },
            "staff": { "id": one.made.staff, "name": one.staff },
            "made_at": one.made.made_at,
            "reason": one.made.reason,
            "against": one.against.iter().map(|said| json!({ "code": said.code, "message": said.sentence }))
                .collect::<Vec<_>>(),
        })
    };
    paging::page(found, limit, |one| one.made.offer).map(show).answer()
}
