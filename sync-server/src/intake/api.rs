//! `POST /api/v1/tickets` and what customers and staff may read and do of a ticket.

pub(crate) mod sites;
mod track;

pub(super) use track::of_token;

use super::author::name_of;
use super::corrected::{self, TypedCorrection};
use super::times::{self, LocalTime, TypedTime};
use super::{Filed, Filer, Typed, change, file, mismatch, read};
use crate::accounts::Person;
use crate::db::Lane;
use crate::http::caller::Caller;
use crate::http::idempotency::{IdempotencyKey, body_hash};
use crate::http::json::{body, parse};
use crate::http::paging;
use crate::http::{Answer, Json, Query, Refused, Site};
use crate::tickets::{self, NewNote, Ticket, store};
use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::{CustomerId, NoteId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::text::NoteText;
use shared::ticket::{CancelReason, Move, Refusal};

/// Notes on one ticket: who has the link may write, and must not fill the expert's phone.
const NOTES_MAX: i64 = 100;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/tickets", post(create).get(list))
        .route("/api/v1/tickets/{id}", get(one).patch(correct))
        .route("/api/v1/tickets/{id}/cancel", post(cancel))
        .route("/api/v1/tickets/{id}/solved", post(solved))
        .route("/api/v1/tickets/{id}/note", post(note))
        .route("/api/v1/tickets/{id}/reschedule", post(reschedule))
        .merge(sites::routes())
        .merge(track::routes())
}

/// A body as it came, with its hash.
struct Hashed {
    typed: Typed,
    hash: String,
}

impl<S: Send + Sync> FromRequest<S> for Hashed {
    type Rejection = Refused;
    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        let bytes = body(request, state).await?;
        Ok(Self { typed: parse(&bytes)?, hash: body_hash(&bytes) })
    }
}

async fn create(State(site): State<Site>, caller: Caller, key: IdempotencyKey, sent: Hashed) -> Answer<Response> {
    let is_staff = caller.person.role().is_staff();
    let customer = match (caller.person, sent.typed.customer) {
        (Person::Customer(id), None) => id,
        (Person::Customer(own), Some(named)) if named == own => own,
        (Person::Customer(_), Some(_)) => return Err(Refused::new(ProblemCode::Forbidden)),
        (Person::Agent(_) | Person::Admin(_), Some(id)) => id,
        (Person::Agent(_) | Person::Admin(_), None) => {
            return Err(Problem::field("customer", "required", "Say for which customer.").into());
        }
        (Person::Expert(_), _) => return Err(Refused::new(ProblemCode::Forbidden)),
    };
    let wanted = read(&sent.typed, is_staff).map_err(Problem::fields)?;
    let filer = Filer { actor: caller.actor(), scope: caller.scope(), is_staff };
    match file(&site, &filer, customer, &key, sent.hash, wanted).await? {
        Filed::Answer(answer, _) => Ok(answer.into_response()),
        Filed::Mismatch => Err(mismatch()),
    }
}

/// A ticket, if the caller may see it. Other people's tickets are not there at all.
pub(crate) async fn visible(site: &Site, caller: &Caller, id: TicketId) -> Answer<Ticket> {
    if let Person::Expert(_) = caller.person {
        return Err(Refused::with(ProblemCode::Forbidden, "Experts see their tickets in the app."));
    }
    let ticket = site.db.read(async move |conn| store::get(conn, id).await).await?;
    let may = |ticket: &Ticket| match caller.person {
        Person::Customer(customer) => ticket.customer == customer,
        Person::Agent(_) | Person::Admin(_) => true,
        Person::Expert(_) => false,
    };
    ticket.filter(may).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

fn shown(site: &Site, ticket: &Ticket) -> Value {
    let visit = ticket.life.state.visit();
    json!({
        "id": ticket.id,
        "number": ticket.number,
        "ver": ticket.ver,
        "customer": ticket.customer,
        "site": ticket.site,
        "category": ticket.category,
        "symptom": ticket.symptom,
        "product": { "make": ticket.make, "model": ticket.model },
        "title": ticket.title,
        "description": ticket.description,
        "access_note": ticket.access_note,
        "urgent": ticket.urgent,
        "state": ticket.life.state.word(),
        "needs_human": ticket.life.needs_human.as_ref().map(|flag| flag.reason.word()),
        "expert": ticket.life.state.holder(),
        "visit": visit.map(|visit| json!({ "start_at": visit.start_at, "end_at": visit.end_at() })),
        "windows": ticket.windows,
        "due_at": ticket.due_at,
        "filed_at": ticket.filed_at,
        "ended_at": ticket.ended_at,
        "summary": ticket.summary,
        "track_url": site.address(&format!("/track/{}", site.links.track(ticket.id))),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    #[serde(default)]
    cursor: Option<TicketId>,
    #[serde(default)]
    limit: Option<i64>,
    #[serde(default)]
    customer: Option<CustomerId>,
}

async fn list(State(site): State<Site>, caller: Caller, Query(wanted): Query<Listing>) -> Answer<impl IntoResponse> {
    let customer = match caller.person {
        Person::Customer(id) => id,
        Person::Agent(_) | Person::Admin(_) => wanted
            .customer
            .ok_or_else(|| Problem::field("customer", "required", "Say of which customer: ?customer=…"))?,
        Person::Expert(_) => return Err(Refused::new(ProblemCode::Forbidden)),
    };
    let (limit, before) = (paging::limit(wanted.limit), wanted.cursor);
    let found = site.db.read(async move |conn| store::of_customer(conn, customer, before, limit + 1).await).await?;
    paging::page(found, limit, |ticket| ticket.id).map(|ticket| shown(&site, &ticket)).answer()
}

async fn one(State(site): State<Site>, caller: Caller, Path(id): Path<TicketId>) -> Answer<Json<Value>> {
    let ticket = visible(&site, &caller, id).await?;
    Ok(Json(shown(&site, &ticket)))
}

/// Makes a move of a ticket that the caller may see.
pub(crate) async fn act(site: &Site, caller: &Caller, id: TicketId, to_do: Move) -> Answer<Ticket> {
    visible(site, caller, id).await?;
    act_as(site, caller.actor(), id, to_do).await
}

/// Makes a move of a ticket that this one may change.
pub(super) async fn act_as(site: &Site, actor: Actor, id: TicketId, to_do: Move) -> Answer<Ticket> {
    let (now, timing) = (site.now(), site.config.timing.clone());
    let done = site
        .db
        .write(change::lane(actor), async move |tx| tickets::act(tx, id, to_do.clone(), actor, now, &timing).await);
    match done.await? {
        None => Err(Refused::new(ProblemCode::NotFound)),
        Some(Ok(ticket)) => Ok(ticket),
        Some(Err(refusal)) => Err(refused(refusal)),
    }
}

fn refused(refusal: Refusal) -> Refused {
    match refusal {
        Refusal::Already => Refused::with(ProblemCode::AlreadySettled, "This was already done."),
        Refusal::Cancelled => Refused::with(ProblemCode::AlreadySettled, "This ticket was cancelled before."),
        Refusal::NotHolder | Refusal::Lapsed | Refusal::Illegal => Refused::with(
            ProblemCode::Conflict,
            "This is not possible any more: the expert is there already, or the ticket has ended.",
        ),
    }
}

/// Why a ticket is called off, by who does it.
pub(crate) fn cancel_reason(caller: &Caller) -> CancelReason {
    if caller.person.role().is_staff() { CancelReason::Staff } else { CancelReason::Customer }
}

async fn cancel(State(site): State<Site>, caller: Caller, Path(id): Path<TicketId>) -> Answer<Json<Value>> {
    let why = cancel_reason(&caller);
    let ticket = act(&site, &caller, id, Move::Cancel { why }).await?;
    Ok(Json(shown(&site, &ticket)))
}

async fn solved(State(site): State<Site>, caller: Caller, Path(id): Path<TicketId>) -> Answer<Json<Value>> {
    let ticket = act(&site, &caller, id, Move::Solve).await?;
    Ok(Json(shown(&site, &ticket)))
}

async fn correct(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<TicketId>,
    sent: Bytes,
) -> Answer<Json<Value>> {
    visible(&site, &caller, id).await?;
    let typed: TypedCorrection = parse(&sent)?;
    let wanted = corrected::read(&typed, caller.person.role().is_staff()).map_err(Problem::fields)?;
    let ticket = change::correct(&site, caller.actor(), id, wanted).await?;
    Ok(Json(shown(&site, &ticket)))
}

/// When somebody may come, as it was typed; an empty list means as soon as possible.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedTimes {
    windows: Vec<TypedTime>,
}

impl TypedTimes {
    fn read(&self) -> Answer<Vec<LocalTime>> {
        Ok(times::read(&self.windows).map_err(Problem::fields)?)
    }
}

async fn reschedule(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<TicketId>,
    sent: Bytes,
) -> Answer<Json<Value>> {
    visible(&site, &caller, id).await?;
    let chosen = parse::<TypedTimes>(&sent)?.read()?;
    let ticket = change::reschedule(&site, caller.actor(), id, chosen).await?;
    Ok(Json(shown(&site, &ticket)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedNote {
    /// Made by the caller, so that a repeat makes no second note; made here where none is sent.
    #[serde(default)]
    id: Option<NoteId>,
    text: NoteText,
}

async fn note(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<TicketId>,
    sent: Bytes,
) -> Answer<(StatusCode, Json<Value>)> {
    visible(&site, &caller, id).await?;
    let typed: TypedNote = parse(&sent)?;
    let note = typed.id.unwrap_or_else(|| site.new_id());
    add_note(&site, caller.actor(), id, note, typed.text).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": note }))))
}

/// Adds a note under its author's name, once.
pub(crate) async fn add_note(site: &Site, author: Actor, ticket: TicketId, id: NoteId, text: NoteText) -> Answer<()> {
    let (now, timing) = (site.now(), site.config.timing.clone());
    let added = site.db.write(Lane::Intake, async move |tx| {
        let author_name = name_of(tx, author).await?;
        let known = store::known_notes(tx, &[id]).await?;
        let mut book = tickets::Book::open(tx, &[ticket], timing.clone()).await?;
        if known.is_empty() {
            let there = store::notes(tx, &[ticket], NOTES_MAX).await?.len();
            if i64::try_from(there).is_ok_and(|there| there >= NOTES_MAX) {
                return Ok(false);
            }
            book.note(NewNote { id, ticket, author, author_name, text: text.clone(), late: false, at: now });
        }
        book.save(tx).await?;
        Ok::<_, crate::db::Error>(true)
    });
    if added.await? {
        return Ok(());
    }
    let detail = "This ticket has as many notes as we keep. If something must still be said, please ring us.";
    Err(Refused::with(ProblemCode::Conflict, detail))
}
