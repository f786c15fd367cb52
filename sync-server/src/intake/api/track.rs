//! A ticket by the link in our messages, for programs: `/api/v1/track/{token}`. Who has the link sees how it goes, may
//! choose another time, write a note and call it off, as on the page; the address and what others wrote stay with who is
//! signed in.

use super::super::change;
use super::super::corrected::{self, TypedCorrection};
use super::{TypedNote, TypedTimes, act_as, add_note};
use crate::http::json::parse;
use crate::http::{Answer, Json, Refused, Site};
use crate::tickets::{Ticket, store};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{Router, get, post};
use serde_json::{Value, json};
use shared::event::Actor;
use shared::problem::{Problem, ProblemCode};
use shared::ticket::{CancelReason, Move};

/// Days after its end for which a ticket's link works. Old messages lie in many hands.
const TRACK_DAYS: i64 = 90;

/// The routes.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/track/{token}", get(show))
        .route("/api/v1/track/{token}/address", post(correct))
        .route("/api/v1/track/{token}/cancel", post(cancel))
        .route("/api/v1/track/{token}/note", post(note))
        .route("/api/v1/track/{token}/reschedule", post(reschedule))
}

/// The ticket that a link leads to.
pub(in super::super) async fn of_token(site: &Site, token: &str) -> Answer<Ticket> {
    let gone =
        || Refused::with(ProblemCode::NotFound, "This link is not whole. Open it from our message again, or sign in.");
    let id = site.links.tracked(token).ok_or_else(gone)?;
    let ticket = site.db.read(async move |conn| store::get(conn, id).await).await?.ok_or_else(gone)?;
    let is_over = ticket.ended_at.is_some_and(|at| at.plus_minutes(TRACK_DAYS * 24 * 60) <= site.now());
    if is_over {
        let words =
            format!("This link has ended: the ticket was finished more than {TRACK_DAYS} days ago. Sign in to see it.");
        return Err(Refused::with(ProblemCode::Gone, words));
    }
    Ok(ticket)
}

fn shown(ticket: &Ticket) -> Value {
    let visit = ticket.life.state.visit();
    json!({
        "number": ticket.number,
        "title": ticket.title,
        "state": ticket.life.state.word(),
        "needs_human": ticket.life.needs_human.as_ref().map(|flag| flag.reason.word()),
        "visit": visit.map(|visit| json!({ "start_at": visit.start_at, "end_at": visit.end_at() })),
        "windows": ticket.windows,
        "can_correct": change::can_correct(&ticket.life.state),
        "can_reschedule": change::can_choose(&ticket.life.state),
        "filed_at": ticket.filed_at,
        "ended_at": ticket.ended_at,
    })
}

async fn show(State(site): State<Site>, Path(token): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(shown(&of_token(&site, &token).await?)))
}

/// The address, whom to ring, how to get in; what is left out stays.
async fn correct(State(site): State<Site>, Path(token): Path<String>, sent: Bytes) -> Answer<Json<Value>> {
    let ticket = of_token(&site, &token).await?;
    let typed: TypedCorrection = parse(&sent)?;
    let wanted = corrected::read(&typed, false).map_err(Problem::fields)?;
    Ok(Json(shown(&change::correct(&site, Actor::Customer(ticket.customer), ticket.id, wanted).await?)))
}

async fn cancel(State(site): State<Site>, Path(token): Path<String>) -> Answer<Json<Value>> {
    let ticket = of_token(&site, &token).await?;
    let to_do = Move::Cancel { why: CancelReason::Customer };
    Ok(Json(shown(&act_as(&site, Actor::Customer(ticket.customer), ticket.id, to_do).await?)))
}

async fn note(State(site): State<Site>, Path(token): Path<String>, sent: Bytes) -> Answer<(StatusCode, Json<Value>)> {
    let ticket = of_token(&site, &token).await?;
    let typed: TypedNote = parse(&sent)?;
    let note = typed.id.unwrap_or_else(|| site.new_id());
    add_note(&site, Actor::Customer(ticket.customer), ticket.id, note, typed.text).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": note }))))
}

async fn reschedule(State(site): State<Site>, Path(token): Path<String>, sent: Bytes) -> Answer<Json<Value>> {
    let ticket = of_token(&site, &token).await?;
    let chosen = parse::<TypedTimes>(&sent)?.read()?;
    Ok(Json(shown(&change::reschedule(&site, Actor::Customer(ticket.customer), ticket.id, chosen).await?)))
}
