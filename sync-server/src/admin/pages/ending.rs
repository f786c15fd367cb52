//! What a person of ours does to a ticket on its page: ends it, puts it on hold or lets it go on, takes a report, adds a
//! note. Each sends back to the page; a second click finds it done.

use super::super::{holding, taking};
use crate::http::caller::RequireDesk;
use crate::http::{Answer, Refused, Site};
use crate::intake::api::{act, add_note, cancel_reason, visible};
use crate::web::form::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use shared::ids::{MutationId, NoteId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::text::NoteText;
use shared::ticket::Move;
use shared::time::Date;

pub(super) async fn take(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<TicketId>,
    form: Form,
) -> Answer<Redirect> {
    let Ok(mutation) = form.value("mutation").parse::<MutationId>() else {
        return Err(Refused::new(ProblemCode::Malformed));
    };
    taking::take(&site, id, mutation, caller.0.actor()).await?;
    Ok(Redirect::to(&format!("/desk/tickets/{id}")))
}

pub(super) async fn note(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<TicketId>,
    mut form: Form,
) -> Answer<Redirect> {
    let key = form.value("key").parse::<NoteId>().unwrap_or_else(|_| site.new_id());
    let Some(text) = form.read::<NoteText>("text") else {
        let message = form.error("text").unwrap_or_default().to_owned();
        return Err(Problem::field("text", "invalid", message).into());
    };
    visible(&site, &caller.0, id).await?;
    add_note(&site, caller.0.actor(), id, key, text).await?;
    Ok(Redirect::to(&format!("/desk/tickets/{id}")))
}

/// Ends a ticket on the customer's word. A second click finds it ended.
pub(super) async fn end(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<TicketId>,
    form: Form,
) -> Answer<Redirect> {
    let to_do = match form.value("how") {
        "solved" => Move::Solve,
        "cancelled" => Move::Cancel { why: cancel_reason(&caller.0) },
        _ => return Err(Problem::field("how", "invalid", "Say whether it is solved or called off.").into()),
    };
    match act(&site, &caller.0, id, to_do).await {
        Ok(_) => {}
        Err(Refused(problem)) if problem.code == ProblemCode::AlreadySettled => {}
        Err(other) => return Err(other),
    }
    Ok(Redirect::to(&format!("/desk/tickets/{id}")))
}

/// Puts a ticket on hold until a day that the customer named.
pub(super) async fn hold(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<TicketId>,
    form: Form,
) -> Answer<Redirect> {
    let zone = holding::zone_of(&site, id).await?;
    let Ok(date) = form.value("until").parse::<Date>() else {
        return Err(Problem::field("until", "invalid", "Choose the day from which somebody may come.").into());
    };
    holding::hold(&site, &caller, id, holding::morning(&zone, date)).await?;
    Ok(Redirect::to(&format!("/desk/tickets/{id}")))
}

/// Ends a hold before its time.
pub(super) async fn resume(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<TicketId>,
) -> Answer<Redirect> {
    match act(&site, &caller.0, id, Move::Resume).await {
        Ok(_) => {}
        Err(Refused(problem)) if problem.code == ProblemCode::AlreadySettled => {}
        Err(other) => return Err(other),
    }
    Ok(Redirect::to(&format!("/desk/tickets/{id}")))
}
