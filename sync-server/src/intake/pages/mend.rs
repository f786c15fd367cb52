//! Correcting the address on a ticket's page. Who came by the link alone types the whole address and is shown nothing of
//! the one that we have; who is signed in finds it filled in.

use super::super::change;
use super::super::corrected::{self, TypedCorrection};
use super::pictures::FIELD;
use super::{Way, frame, refuse_fields, ticket_page_with};
use crate::customers::Site as Place;
use crate::customers::register::TypedAddress;
use crate::http::caller::Caller;
use crate::http::{Answer, Refused, Site};
use crate::tickets::{Ticket, store};
use crate::web::form::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use shared::event::Actor;
use shared::problem::{Problem, ProblemCode};
use shared::ticket::{HoldReason, State};

/// The part of a ticket's page on which its address is corrected.
pub(super) struct Mending {
    /// The customer is waited for, or something was wrong: it is open at once.
    pub(super) is_open: bool,
}

/// What the page shows; nothing where it is too late for another address.
pub(super) fn mending(ticket: &Ticket, form: &Form) -> Option<Mending> {
    let is_waited_for = matches!(ticket.life.state, State::OnHold { why: HoldReason::WrongAddress, .. });
    let is_wrong = form.has_errors() && form.error("windows").is_none() && form.error(FIELD).is_none();
    change::can_correct(&ticket.life.state).then_some(Mending { is_open: is_waited_for || is_wrong })
}

/// The form as it is before anything is typed.
pub(super) fn filled(form: Form, place: &Place) -> Form {
    let line2 = place.line2.as_ref().map(ToString::to_string).unwrap_or_default();
    form.with("line1", place.line1.as_str())
        .with("line2", line2)
        .with("city", place.city.as_str())
        .with("postal_code", place.postal_code.as_str())
}

/// Takes what was typed on the page.
pub(super) async fn send(
    site: &Site,
    (actor, caller): (Actor, Option<&Caller>),
    ticket: Ticket,
    mut form: Form,
    way: Way,
) -> Answer<Response> {
    let text = |name: &str| form.value(name).to_owned();
    let address = TypedAddress {
        line1: text("line1"),
        line2: text("line2"),
        city: text("city"),
        postal_code: text("postal_code"),
        country: String::new(),
    };
    let access_note = form.filled("access_note").map(str::to_owned);
    let typed = TypedCorrection { address: Some(address), access_note, ..TypedCorrection::default() };
    let done = match corrected::read(&typed, false) {
        Ok(wanted) => change::correct(site, actor, ticket.id, wanted).await.map_err(Refused::from),
        Err(faults) => Err(Problem::fields(faults).into()),
    };
    match done {
        Ok(_) => return Ok(Redirect::to(&way.base(ticket.id)).into_response()),
        // A second click.
        Err(Refused(problem)) if problem.code == ProblemCode::AlreadySettled && !ticket.life.state.is_ended() => {
            return Ok(Redirect::to(&way.base(ticket.id)).into_response());
        }
        Err(Refused(problem)) if problem.code == ProblemCode::InvalidFields => {
            refuse_fields(&mut form, &problem, "address.");
        }
        Err(other) => return Err(other),
    }
    let id = ticket.id;
    let ticket = site.db.read(async move |conn| store::get(conn, id).await).await?.unwrap_or(ticket);
    let here = if caller.is_some() { "/tickets" } else { "/track" };
    let again = ticket_page_with(site, frame(site, here, caller), ticket, way, form).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}
