//! A ticket's page without a sign-in: by the link in our messages, or by its number and a phone number or e-mail address
//! that we know of it. Who has the link sees how it goes, may write a note and may call it off; the address and what
//! others wrote stay with who is signed in.

use super::super::api::{act_as, add_note, of_token};
use super::{Way, choose, frame, mend, ticket_page};
use crate::db::{Conn, Error};
use crate::http::caller::MaybeCaller;
use crate::http::{Answer, Refused, Site};
use crate::tickets::{Ticket, store};
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::page;
use crate::{customers, phone, postal};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use shared::event::Actor;
use shared::ids::NoteId;
use shared::number::TicketNumber;
use shared::problem::{Problem, ProblemCode};
use shared::text::{NoteText, fold_key};
use shared::ticket::{CancelReason, Move};

/// The routes.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/track", get(ask).post(look_up))
        .route("/track/{token}", get(show))
        .route("/track/{token}/cancel", post(cancel))
        .route("/track/{token}/note", post(note))
        .route("/track/{token}/reschedule", post(reschedule))
        .route("/track/{token}/address", post(correct))
}

#[derive(Template)]
#[template(path = "intake/track.html")]
struct TrackPage {
    frame: Frame,
    form: Form,
}

async fn ask(State(site): State<Site>, MaybeCaller(caller): MaybeCaller) -> Answer<Html<String>> {
    page(&TrackPage { frame: frame(&site, "/track", caller.as_ref()), form: Form::new() })
}

async fn look_up(State(site): State<Site>, MaybeCaller(caller): MaybeCaller, mut form: Form) -> Answer<Response> {
    let number: Option<TicketNumber> = form.read("number");
    let contact = form.filled("contact").map(str::to_owned);
    if contact.is_none() {
        form.wrong("contact", "please type the phone number or e-mail address that we have of you");
    }
    if let (Some(number), Some(contact)) = (number, contact) {
        let found = site.db.read(async move |conn| find(conn, number, &contact).await).await?;
        match found {
            Some(ticket) => return Ok(Redirect::to(&format!("/track/{}", site.links.track(ticket.id))).into_response()),
            // One sentence for both: a number alone must not tell whether it is somebody's.
            None => form.wrong("", "we know no ticket with this number and this phone number or e-mail address"),
        }
    }
    let again = page(&TrackPage { frame: frame(&site, "/track", caller.as_ref()), form })?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}

/// The ticket, if the contact is the customer's or that of its site.
async fn find(conn: &mut Conn, number: TicketNumber, contact: &str) -> Result<Option<Ticket>, Error> {
    let Some(ticket) = store::by_number(conn, number).await? else { return Ok(None) };
    let Some(customer) = customers::store::customer(conn, ticket.customer).await? else { return Ok(None) };
    let site = customers::store::site(conn, ticket.site).await?;
    let is_phone = phone::read(contact, postal::HOME_COUNTRY)
        .is_ok_and(|typed| typed == customer.phone || site.is_some_and(|site| site.contact_phone == typed));
    let is_email = customer.email.is_some_and(|email| fold_key(email.as_str()) == fold_key(contact));
    Ok((is_phone || is_email).then_some(ticket))
}

async fn show(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    Path(token): Path<String>,
) -> Answer<Html<String>> {
    let ticket = of_token(&site, &token).await?;
    ticket_page(&site, frame(&site, "/track", caller.as_ref()), ticket, Way::Token(token)).await
}

async fn cancel(State(site): State<Site>, Path(token): Path<String>) -> Answer<Redirect> {
    let ticket = of_token(&site, &token).await?;
    let to_do = Move::Cancel { why: CancelReason::Customer };
    match act_as(&site, Actor::Customer(ticket.customer), ticket.id, to_do).await {
        Ok(_) => {}
        // A second click.
        Err(Refused(problem)) if problem.code == ProblemCode::AlreadySettled => {}
        Err(other) => return Err(other),
    }
    Ok(Redirect::to(&format!("/track/{token}")))
}

async fn reschedule(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    Path(token): Path<String>,
    form: Form,
) -> Answer<Response> {
    let ticket = of_token(&site, &token).await?;
    let customer = Actor::Customer(ticket.customer);
    choose::send(&site, (customer, caller.as_ref()), ticket, form, Way::Token(token)).await
}

async fn correct(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    Path(token): Path<String>,
    form: Form,
) -> Answer<Response> {
    let ticket = of_token(&site, &token).await?;
    let customer = Actor::Customer(ticket.customer);
    mend::send(&site, (customer, caller.as_ref()), ticket, form, Way::Token(token)).await
}

async fn note(State(site): State<Site>, Path(token): Path<String>, mut form: Form) -> Answer<Redirect> {
    let ticket = of_token(&site, &token).await?;
    let key = form.value("key").parse::<NoteId>().unwrap_or_else(|_| site.new_id());
    let Some(text) = form.read::<NoteText>("text") else {
        let message = form.error("text").unwrap_or_default().to_owned();
        return Err(Problem::field("text", "invalid", message).into());
    };
    add_note(&site, Actor::Customer(ticket.customer), ticket.id, key, text).await?;
    Ok(Redirect::to(&format!("/track/{token}")))
}
