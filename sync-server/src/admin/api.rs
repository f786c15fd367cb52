//! The desk's and the admins' JSON: the inbox and what is done about it, tickets, their history and their decisions.

mod day;
mod hold;
mod offers;

use super::act::{self, By, ITEMS_MAX};
use super::deeds::{self, Deed};
use super::file::{self, listed};
use super::inbox::{self, Entry};
use super::{Item, Matter, taking};
use crate::events;
use crate::http::caller::RequireDesk;
use crate::http::paging::{self, Page, Paging};
use crate::http::{Answer, Json, Query, Refused, Site};
use crate::tickets::store;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{MutationId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::text::Reason;
use shared::ticket::State as TicketState;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/desk/inbox", get(inbox))
        .route("/api/v1/desk/inbox/act", post(act_on))
        .route("/api/v1/desk/day", get(day::day))
        .route("/api/v1/desk/hints", get(day::hints))
        .route("/api/v1/tickets/{id}/take", post(take))
        .route("/api/v1/tickets/{id}/hold", post(hold::hold))
        .route("/api/v1/tickets/{id}/resume", post(hold::resume))
        .route("/api/v1/admin/tickets", get(list))
        .route("/api/v1/admin/tickets/{id}/events", get(history))
        .route("/api/v1/admin/tickets/{id}/decisions", get(decisions))
        .route("/api/v1/admin/tickets/{id}/offer", post(offers::offer))
        .route("/api/v1/admin/reports/overrides", get(offers::report))
}

async fn inbox(State(site): State<Site>, _: RequireDesk) -> Answer<Json<Value>> {
    let (now, real_now, timing) = (site.now(), site.real_now(), site.config.timing.clone());
    let inbox = site.db.read(async move |conn| inbox::read(conn, now, real_now, &timing).await).await?;
    let groups = inbox.groups.iter().map(|group| {
        json!({
            "cause": group.cause,
            "heading": deeds::heading(group.cause),
            "area": group.area,
            "n": group.entries.len(),
            "items": group.entries.iter().map(shown).collect::<Vec<_>>(),
        })
    });
    Ok(Json(json!({ "now": now, "groups": groups.collect::<Vec<_>>(), "more": inbox.is_cut })))
}

fn shown(entry: &Entry) -> Value {
    let say = match &entry.matter {
        Matter::Call(notice) | Matter::Undelivered(notice) => Some(notice.body.clone()),
        Matter::Failed(job) => Some(format!("{}: {}", job.kind, job.why)),
        Matter::Asked(_) | Matter::Unowned(_) => None,
    };
    json!({
        "item": entry.matter.item(),
        "cause": entry.matter.cause(),
        "since": entry.matter.since(),
        "advice": deeds::advice(&entry.matter),
        "say": say,
        "urgent": entry.urgent,
        "ticket": entry.ticket.as_ref().map(listed),
        "customer": entry.customer.as_ref().map(|who| json!({ "name": who.name, "phone": who.phone })),
        "owner": entry.owner.as_ref().map(|one| json!({ "id": one.staff, "name": one.name, "taken_at": one.taken_at })),
        "deeds": entry.deeds,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acts {
    items: Vec<Item>,
    deed: Deed,
    #[serde(default)]
    note: Option<Reason>,
}

async fn act_on(State(site): State<Site>, caller: RequireDesk, Json(acts): Json<Acts>) -> Answer<Json<Value>> {
    if acts.items.is_empty() || acts.items.len() > ITEMS_MAX {
        let what = format!("Name 1 to {ITEMS_MAX} things of the inbox.");
        return Err(Problem::field("items", "invalid", what).into());
    }
    let by = By { staff: caller.staff(), actor: caller.0.actor() };
    let came = act::act(&site, by, &acts.items, acts.deed, acts.note.as_ref()).await?;
    Ok(Json(json!({ "results": came })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    /// Which report, as the history names it.
    mutation: MutationId,
}

async fn take(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<TicketId>,
    Json(taken): Json<Taken>,
) -> Answer<Json<Value>> {
    let is_new = taking::take(&site, id, taken.mutation, caller.0.actor()).await?;
    Ok(Json(json!({ "code": if is_new { "applied" } else { "noop" } })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    cursor: Option<TicketId>,
    #[serde(default)]
    limit: Option<i64>,
}

async fn list(State(site): State<Site>, _: RequireDesk, Query(wanted): Query<Listing>) -> Answer<impl IntoResponse> {
    if let Some(state) = &wanted.state
        && !TicketState::WORDS.contains(&state.as_str())
    {
        let what = format!("A ticket is one of: {}.", TicketState::WORDS.join(", "));
        return Err(Problem::field("state", "unknown", what).into());
    }
    let limit = paging::limit(wanted.limit);
    let found = site
        .db
        .read(async move |conn| store::after(conn, wanted.state.as_deref(), wanted.cursor, limit + 1).await)
        .await?;
    paging::page(found, limit, |ticket| ticket.id).map(|ticket| listed(&ticket)).answer()
}

/// Which lines of a history; the cursor is the last line's number.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Lines {
    cursor: Option<i64>,
    limit: Option<i64>,
}

async fn history(
    State(site): State<Site>,
    _: RequireDesk,
    Path(id): Path<TicketId>,
    Query(wanted): Query<Lines>,
) -> Answer<impl IntoResponse> {
    let (after, limit) = (wanted.cursor.unwrap_or(0), paging::limit(wanted.limit));
    let read = site.db.read(async move |conn| {
        let is_there = file::exists(conn, id).await?;
        Ok::<_, crate::db::Error>((is_there, events::history(conn, id, after, limit + 1).await?))
    });
    let (is_there, lines) = read.await?;
    if !is_there {
        return Err(Refused::new(ProblemCode::NotFound));
    }
    let line = |line: events::Line| {
        json!({
            "seq": line.seq, "at": line.at, "actor": line.actor, "kind": line.event.fact.word(), "event": line.event,
        })
    };
    paging::page(lines, limit, |line| line.seq).map(line).answer()
}

async fn decisions(
    State(site): State<Site>,
    _: RequireDesk,
    Path(id): Path<TicketId>,
    Query(wanted): Query<Paging>,
) -> Answer<Json<Value>> {
    let read = site.db.read(async move |conn| {
        let is_there = file::exists(conn, id).await?;
        let (delivered, seen_at) = file::heard(conn, id).await?;
        Ok::<_, crate::db::Error>((is_there, file::why(conn, id).await?, delivered, seen_at))
    });
    let (is_there, why, delivered, seen_at) = read.await?;
    let asked = json!({ "delivered": delivered, "seen_at": seen_at });
    if !is_there {
        return Err(Refused::new(ProblemCode::NotFound));
    }
    let Page { items, next_cursor } = paging::cut(why, &wanted, |why| why.id)?;
    Ok(Json(json!({ "items": items, "next_cursor": next_cursor, "asked": asked })))
}
