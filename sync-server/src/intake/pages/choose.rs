//! Choosing when somebody may come, on a ticket's page: boxes of days and parts of days, and "as soon as possible". Works
//! without scripts; what was ticked stays ticked when something is wrong with it.

use super::super::change;
use super::super::times::{self, Day};
use super::{Way, frame, ticket_page_with};
use crate::http::caller::Caller;
use crate::http::{Answer, Refused, Site};
use crate::tickets::{Ticket, store};
use crate::web::form::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use shared::event::Actor;
use shared::problem::{Problem, ProblemCode};
use shared::ticket::{HoldReason, State};
use shared::time::{Timestamp, Zone};

/// How a box's name begins.
pub(super) const BOX: &str = "window.";

/// The part of a ticket's page on which another time is chosen.
pub(super) struct Choosing {
    /// What can be ticked.
    pub(super) days: Vec<Day>,
    /// What was chosen, in words.
    pub(super) chosen: Vec<String>,
    /// The customer is waited for, or something was wrong: it is open at once.
    pub(super) is_open: bool,
}

/// What the page shows; nothing where no other time can be chosen.
pub(super) fn choosing(ticket: &Ticket, zone: &Zone, form: &Form, now: Timestamp, horizon: i64) -> Option<Choosing> {
    if !change::can_choose(&ticket.life.state) {
        return None;
    }
    let typed = form.ticked(BOX).next().is_some();
    let is_ticked = |name: &str| !form.value(&format!("{BOX}{name}")).is_empty();
    let days = times::days(
        zone,
        now,
        horizon,
        |name, window| {
            if typed { is_ticked(name) } else { ticket.windows.contains(&window) }
        },
    );
    let is_waited_for = matches!(ticket.life.state, State::OnHold { why: HoldReason::NoAccess, .. });
    let chosen = ticket.windows.iter().map(|window| times::shown(*window, zone)).collect();
    Some(Choosing { days, chosen, is_open: is_waited_for || form.error("windows").is_some() })
}

/// Takes what was chosen on the page.
pub(super) async fn send(
    site: &Site,
    (actor, caller): (Actor, Option<&Caller>),
    ticket: Ticket,
    mut form: Form,
    way: Way,
) -> Answer<Response> {
    let boxes = if form.filled("soon").is_some() { Vec::new() } else { times::ticked(form.ticked(BOX)) };
    if boxes.is_empty() && form.filled("soon").is_none() {
        form.wrong("windows", "please tick when we may come, or choose as soon as possible");
    } else {
        let read = times::read(&boxes).map_err(Problem::fields);
        let done = match read {
            Ok(chosen) => change::reschedule(site, actor, ticket.id, chosen).await.map_err(Refused::from),
            Err(problem) => Err(problem.into()),
        };
        match done {
            Ok(_) => return Ok(Redirect::to(&way.base(ticket.id)).into_response()),
            // A second click.
            Err(Refused(problem)) if problem.code == ProblemCode::AlreadySettled && !ticket.life.state.is_ended() => {
                return Ok(Redirect::to(&way.base(ticket.id)).into_response());
            }
            Err(Refused(problem)) if problem.code == ProblemCode::InvalidFields => form.refuse(&problem),
            Err(other) => return Err(other),
        }
    }
    let id = ticket.id;
    let ticket = site.db.read(async move |conn| store::get(conn, id).await).await?.unwrap_or(ticket);
    let here = if caller.is_some() { "/tickets" } else { "/track" };
    let again = ticket_page_with(site, frame(site, here, caller), ticket, way, form).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}
