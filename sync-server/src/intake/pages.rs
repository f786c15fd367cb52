//! The customer's pages: register, report a problem, see what becomes of it. All of them work without scripts on a
//! small screen; a second click, the back button and a resend lead to the same ticket.

mod around;
mod choose;
mod list;
mod mend;
mod pictures;
mod register;
mod report;
mod track;
mod words;

use self::around::{Around, around, last_news, last_notes, seen};
use self::words::{in_words, now_in_words, overdue_in_words};
use super::api::{act, add_note, cancel_reason, visible};
use super::times;
use crate::accounts::Person;
use crate::banners::pages::{above_at, above_own};
use crate::http::caller::{Caller, MaybeCaller};
use crate::http::{Answer, Query, Refused, Site};
use crate::survey::SurveyState;
use crate::tickets::Ticket;
use crate::web::form::Form;
use crate::web::frame::{Frame, Viewer};
use crate::web::most::Most;
use crate::web::page;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use shared::event::Fact;
use shared::ids::{CustomerId, NoteId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::text::NoteText;
use shared::texts::Language;
use shared::ticket::{HumanReason, Move, State as TicketState};
use shared::time::{Timestamp, Zone};

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/", get(start))
        .route("/tickets/{id}", get(own))
        .route("/tickets/{id}/cancel", post(cancel))
        .route("/tickets/{id}/solved", post(solved))
        .route("/tickets/{id}/note", post(note))
        .route("/tickets/{id}/reschedule", post(reschedule))
        .route("/tickets/{id}/address", post(correct))
        .merge(list::routes())
        .merge(pictures::routes())
        .merge(register::routes())
        .merge(report::routes())
        .merge(track::routes())
}

async fn start(State(site): State<Site>, MaybeCaller(caller): MaybeCaller) -> Answer<Html<String>> {
    let frame = Frame { is_private: false, ..frame(&site, "/", caller.as_ref()) };
    crate::web::start_page(above_own(&site, frame, caller.as_ref()).await?)
}

fn viewer(caller: Option<&Caller>) -> Viewer {
    match caller.map(|caller| caller.person) {
        None => Viewer::Nobody,
        Some(Person::Customer(_)) => Viewer::Customer,
        Some(Person::Expert(_)) => Viewer::Expert,
        Some(Person::Agent(_)) => Viewer::Agent,
        Some(Person::Admin(_)) => Viewer::Admin,
    }
}

fn frame(site: &Site, here: &str, caller: Option<&Caller>) -> Frame {
    let is_demo = site.config.mode == crate::config::Mode::Demo;
    Frame::private(here).seen_by(viewer(caller)).in_demo(is_demo)
}

fn customer(caller: &Caller) -> Answer<CustomerId> {
    match caller.person {
        Person::Customer(id) => Ok(id),
        Person::Expert(_) | Person::Agent(_) | Person::Admin(_) => {
            Err(Refused::with(ProblemCode::Forbidden, "This page is for customers. Please sign in as one."))
        }
    }
}

/// Puts what is wrong beside the fields of a form, which are flat where the JSON call's are nested.
fn refuse_fields(form: &mut Form, problem: &Problem, nested_in: &str) {
    let mut problem = problem.clone();
    for error in &mut problem.errors {
        error.field = error.field.trim_start_matches(nested_in).into();
    }
    form.refuse(&problem);
}

/// A line of the history, in words.
struct News {
    when: String,
    words: String,
}

/// Who comes, or was there.
struct Visitor {
    name: String,
    /// For the picture that we do not have.
    initials: String,
    /// What can be spoken with them, in words.
    languages: String,
}

/// Where the expert was on the way.
struct Seen {
    when: String,
    link: String,
}

#[expect(clippy::struct_excessive_bools, reason = "each says whether one part of the page is shown")]
#[derive(Template)]
#[template(path = "intake/ticket.html")]
struct TicketPage {
    frame: Frame,
    ticket: Ticket,
    state: String,
    next: String,
    seen: Option<Seen>,
    visitor: Option<Visitor>,
    /// When the page was made, by the clock at the address.
    as_of: String,
    address: Vec<String>,
    news: Most<News>,
    notes: Most<News>,
    photos: Vec<pictures::Picture>,
    /// A photo that came with the report could not be used.
    photo_refused: bool,
    filed: bool,
    is_own: bool,
    is_dangerous: bool,
    can_cancel: bool,
    form: Form,
    choosing: Option<choose::Choosing>,
    /// Only who signed in may say so: a link in a message may have been passed on.
    can_solve: bool,
    /// Other tickets about the same trouble, and where the question stands whether it is working: number and address.
    earlier: Option<(String, String)>,
    follow_up: Option<(String, String)>,
    survey: Option<String>,
    mending: Option<mend::Mending>,
    note_key: String,
    track: String,
    base: String,
}

/// How somebody came to a ticket's page.
#[derive(Clone)]
enum Way {
    /// Signed in; right after the report or later.
    Own {
        /// Right after the report.
        filed: bool,
    },
    /// By the link in a message.
    Token(String),
}

impl Way {
    /// Where the page is.
    fn base(&self, ticket: TicketId) -> String {
        match self {
            Self::Own { .. } => format!("/tickets/{ticket}"),
            Self::Token(token) => format!("/track/{token}"),
        }
    }
}

async fn ticket_page(site: &Site, frame: Frame, ticket: Ticket, way: Way) -> Answer<Html<String>> {
    ticket_page_with(site, frame, ticket, way, Form::new()).await
}

/// The page, with what was typed on it and what is wrong with that.
async fn ticket_page_with(site: &Site, frame: Frame, ticket: Ticket, way: Way, form: Form) -> Answer<Html<String>> {
    let base = way.base(ticket.id);
    let photos = pictures::shown(site, ticket.id, &way).await?;
    let photo_refused = form.filled("photo_refused").is_some();
    let (is_own, filed) = match way {
        Way::Own { filed } => (true, filed),
        Way::Token(_) => (false, false),
    };
    let Around { lines, notes, place, expert, uncovered, earlier, follow_up, survey } = around(site, &ticket).await?;
    let frame = match &place {
        Some(place) if !ticket.life.state.is_ended() => above_at(site, frame, place.clone()).await?,
        Some(_) | None => frame,
    };
    let zone = place.as_ref().map_or_else(Zone::utc, |place| place.zone.clone());
    let when = |at: Timestamp| Language::English.catalogue().when(&zone, at);
    let horizon = i64::from(site.config.matching.horizon_minutes);
    let mending = mend::mending(&ticket, &form);
    let form = match &place {
        Some(place) if is_own && !form.has_errors() => mend::filled(form, place),
        Some(_) | None => form,
    };
    let choosing = choose::choosing(&ticket, &zone, &form, site.now(), horizon);
    let seen = expert.as_ref().and_then(|expert| seen(&ticket.life.state, expert.position));
    let seen_at = seen.as_ref().map(|(at, _)| *at);
    let seen = seen.map(|(at, link)| Seen { when: when(at), link });
    let visitor = expert.as_ref().filter(|_| is_coming(&ticket.life.state)).map(visitor);
    let expert = expert.map_or_else(|| "Your expert".to_owned(), |expert| expert.name.to_string());
    let told = lines.iter().rev().filter(|line| !line.event.skipped);
    let news = told
        .filter_map(|line| in_words(&line.event.fact, &expert, &zone).map(|words| News { when: when(line.at), words }));
    let notes_shown =
        notes.iter().map(|note| News { when: when(note.at), words: format!("{}: {}", note.author_name, note.text) });
    let (state, next) = now_in_words(&ticket, &expert, uncovered, &when);
    let told_at = lines.iter().filter(|line| in_words(&line.event.fact, &expert, &zone).is_some()).map(|line| line.at);
    let last_at = told_at.chain(seen_at).max();
    let next = overdue_in_words(&ticket, &expert, last_at, site.now(), &when).unwrap_or(next);
    let cancel = Move::Cancel { why: shared::ticket::CancelReason::Customer };
    let can_cancel = ticket.life.clone().make(cancel, site.now(), &site.config.timing).is_ok();
    let solved = ticket.life.clone().make(Move::Solve, site.now(), &site.config.timing);
    let link = |other: Ticket| {
        let to =
            if is_own { format!("/tickets/{}", other.id) } else { format!("/track/{}", site.links.track(other.id)) };
        (other.number.to_string(), to)
    };
    let survey = survey.filter(|survey| survey.state == SurveyState::Invited && survey.is_open(site.now()));
    let danger = Fact::NeedsHuman { reason: HumanReason::Danger };
    let is_dangerous = !ticket.life.state.is_ended() && lines.iter().any(|line| line.event.fact == danger);
    page(&TicketPage {
        frame,
        state,
        next,
        seen,
        visitor,
        as_of: Language::English.catalogue().time(&zone, site.now()),
        address: place.map(|place| place.address_lines()).unwrap_or_default(),
        news: last_news(news),
        notes: last_notes(notes_shown.filter(|_| is_own), &ticket),
        photos,
        photo_refused,
        filed,
        is_own,
        is_dangerous,
        can_cancel,
        form,
        choosing,
        can_solve: is_own && solved.is_ok(),
        earlier: earlier.map(link),
        follow_up: follow_up.map(link),
        survey: survey.map(|survey| format!("/survey/{}", site.links.survey(survey.id))),
        mending,
        base,
        note_key: site.new_id::<shared::ids::of::Note>().to_string(),
        track: site.address(&format!("/track/{}", site.links.track(ticket.id))),
        ticket,
    })
}

/// Whether somebody comes or is there, so that the page says who.
fn is_coming(state: &TicketState) -> bool {
    match state {
        TicketState::Accepted { .. } | TicketState::EnRoute { .. } | TicketState::OnSite { .. } => true,
        TicketState::Waiting
        | TicketState::Offered { .. }
        | TicketState::OnHold { .. }
        | TicketState::Completed { .. }
        | TicketState::Cancelled { .. } => false,
    }
}

fn visitor(expert: &crate::workforce::Expert) -> Visitor {
    let name = expert.name.to_string();
    let initials = name.split_whitespace().filter_map(|word| word.chars().next()).take(2);
    let initials: String = initials.flat_map(char::to_uppercase).collect();
    let languages: Vec<&str> = expert.languages.iter().map(|code| words::language(code)).collect();
    Visitor { initials, languages: languages.join(", "), name }
}

#[derive(Deserialize)]
struct JustFiled {
    #[serde(default)]
    filed: Option<String>,
    #[serde(default)]
    photo: Option<String>,
}

async fn own(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<TicketId>,
    Query(just): Query<JustFiled>,
) -> Answer<Html<String>> {
    let ticket = visible(&site, &caller, id).await?;
    // A page that is looked at again later is no receipt any more.
    let filed = just.filed.is_some() && !ticket.life.state.is_ended();
    let form = match just.photo {
        Some(_) => Form::new().with("photo_refused", "1"),
        None => Form::new(),
    };
    ticket_page_with(&site, frame(&site, "/tickets", Some(&caller)), ticket, Way::Own { filed }, form).await
}

async fn cancel(State(site): State<Site>, caller: Caller, Path(id): Path<TicketId>) -> Answer<Redirect> {
    let why = cancel_reason(&caller);
    once(&site, &caller, id, Move::Cancel { why }).await
}

async fn solved(State(site): State<Site>, caller: Caller, Path(id): Path<TicketId>) -> Answer<Redirect> {
    once(&site, &caller, id, Move::Solve).await
}

/// Makes a move and goes back to the ticket.
async fn once(site: &Site, caller: &Caller, id: TicketId, to_do: Move) -> Answer<Redirect> {
    match act(site, caller, id, to_do).await {
        Ok(_) => {}
        // A second click.
        Err(Refused(problem)) if problem.code == ProblemCode::AlreadySettled => {}
        Err(other) => return Err(other),
    }
    Ok(Redirect::to(&format!("/tickets/{id}")))
}

async fn reschedule(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<TicketId>,
    form: Form,
) -> Answer<Response> {
    let ticket = visible(&site, &caller, id).await?;
    choose::send(&site, (caller.actor(), Some(&caller)), ticket, form, Way::Own { filed: false }).await
}

async fn correct(State(site): State<Site>, caller: Caller, Path(id): Path<TicketId>, form: Form) -> Answer<Response> {
    let ticket = visible(&site, &caller, id).await?;
    mend::send(&site, (caller.actor(), Some(&caller)), ticket, form, Way::Own { filed: false }).await
}

async fn note(State(site): State<Site>, caller: Caller, Path(id): Path<TicketId>, mut form: Form) -> Answer<Redirect> {
    visible(&site, &caller, id).await?;
    let key = form.value("key").parse::<NoteId>().unwrap_or_else(|_| site.new_id());
    let Some(text) = form.read::<NoteText>("text") else {
        let message = form.error("text").unwrap_or_default().to_owned();
        return Err(Problem::field("text", "invalid", message).into());
    };
    add_note(&site, caller.actor(), id, key, text).await?;
    Ok(Redirect::to(&format!("/tickets/{id}")))
}
