//! The customer's pages: register, report a problem, see what becomes of it. All of them work without scripts on a
//! small screen; a second click, the back button and a resend lead to the same ticket.

mod around;
mod choose;
mod mend;
mod track;
mod words;

use self::around::{Around, around, seen};
use self::words::{in_words, now_in_words};
use super::api::{act, add_note, cancel_reason, visible};
use super::times::{self, Day};
use super::{Filed, Filer, Typed, TypedProduct, file, read};
use crate::accounts::Person;
use crate::customers::register::{self, By};
use crate::customers::signup;
use crate::http::caller::{Caller, MaybeCaller};
use crate::http::idempotency::{IdempotencyKey, body_hash};
use crate::http::{Answer, Refused, Site};
use crate::survey::SurveyState;
use crate::tickets::{Ticket, store};
use crate::web::form::{Choice, Form};
use crate::web::frame::{Frame, Viewer};
use crate::web::{page, sign_in_address};
use crate::workforce::{self, Category};
use crate::{customers, plans};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use shared::event::Fact;
use shared::ids::{CustomerId, NoteId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::text::NoteText;
use shared::texts::Language;
use shared::ticket::{HumanReason, Move};
use shared::time::{Timestamp, Zone};

/// Tickets in the list.
const LIST_MAX: i64 = 50;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/register", get(register_form).post(register_send))
        .route("/tickets", get(list))
        .route("/tickets/new", get(report_form).post(report_send))
        .route("/tickets/{id}", get(own))
        .route("/tickets/{id}/cancel", post(cancel))
        .route("/tickets/{id}/solved", post(solved))
        .route("/tickets/{id}/note", post(note))
        .route("/tickets/{id}/reschedule", post(reschedule))
        .route("/tickets/{id}/address", post(correct))
        .merge(track::routes())
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

// ── registering ──

#[derive(Template)]
#[template(path = "intake/register.html")]
struct RegisterPage {
    frame: Frame,
    form: Form,
    notify: Vec<Choice>,
}

fn register_page(site: &Site, form: Form) -> Answer<Html<String>> {
    let notify = vec![
        Choice::new("sms", "By SMS"),
        Choice::new("email", "By e-mail"),
        Choice::new("call", "By a call").hinted("Somebody rings you with each piece of news."),
    ];
    page(&RegisterPage { frame: frame(site, "/register", None).with_postal_data(), form, notify })
}

async fn register_form(State(site): State<Site>, MaybeCaller(caller): MaybeCaller) -> Answer<Response> {
    if caller.is_some() {
        return Ok(Redirect::to("/tickets").into_response());
    }
    Ok(register_page(&site, Form::new().with("notify_by", "sms"))?.into_response())
}

fn typed_registration(form: &Form) -> register::Typed {
    let text = |name: &str| form.value(name).to_owned();
    register::Typed {
        name: text("name"),
        email: text("email"),
        phone: text("phone"),
        notify_by: text("notify_by"),
        address: register::TypedAddress {
            line1: text("line1"),
            line2: text("line2"),
            city: text("city"),
            postal_code: text("postal_code"),
            country: String::new(),
        },
        access_note: text("access_note"),
        password: text("password"),
        ..register::Typed::default()
    }
}

async fn register_send(State(site): State<Site>, mut form: Form) -> Answer<Response> {
    match signup::register(&site, &typed_registration(&form), By::Themselves, None).await {
        Ok(_) => Ok(Redirect::to(&sign_in_address("/tickets/new")).into_response()),
        Err(Refused(problem)) if problem.code == ProblemCode::InvalidFields => {
            refuse_fields(&mut form, &problem, "address.");
            Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, register_page(&site, form)?).into_response())
        }
        Err(other) => Err(other),
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

// ── reporting ──

#[derive(Template)]
#[template(path = "intake/category.html")]
struct CategoryPage {
    frame: Frame,
    categories: Vec<Category>,
    covered: bool,
}

#[derive(Template)]
#[template(path = "intake/report.html")]
struct ReportPage {
    frame: Frame,
    form: Form,
    category: Category,
    symptoms: Vec<Choice>,
    sites: Vec<Choice>,
    days: Vec<Day>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    category: Option<String>,
}

async fn report_form(State(site): State<Site>, caller: Caller, Query(asked): Query<Asked>) -> Answer<Html<String>> {
    let who = customer(&caller)?;
    let now = site.now();
    let categories = site.db.read(async |conn| workforce::store::categories(conn).await).await?;
    let chosen = asked.category.and_then(|slug| categories.iter().find(|one| one.slug.as_str() == slug).cloned());
    let Some(category) = chosen else {
        let plans = site.db.read(async move |conn| plans::store::entitlements_of(conn, who).await).await?;
        let covered = plans.iter().any(|plan| plan.from_at <= now && now < plan.until_at);
        return page(&CategoryPage { frame: frame(&site, "/tickets/new", Some(&caller)), categories, covered });
    };
    let form = Form::new().with("key", site.new_id::<shared::ids::of::Ticket>().to_string());
    report_page(&site, &caller, who, form.with("category", category.slug.as_str()), category).await
}

async fn report_page(
    site: &Site,
    caller: &Caller,
    who: CustomerId,
    form: Form,
    category: Category,
) -> Answer<Html<String>> {
    let sites = site.db.read(async move |conn| customers::store::sites_of(conn, who).await).await?;
    let symptoms = category.symptoms.iter().map(|symptom| {
        let choice = Choice::new(symptom.slug.as_str(), symptom.label.as_str());
        if symptom.danger {
            choice.hinted("Do not touch it. Switch the power off if you can do so safely, and leave the room.")
        } else {
            choice
        }
    });
    let mut symptoms: Vec<Choice> = symptoms.collect();
    symptoms.push(Choice::new("", "Something else, or not sure"));
    let zone = sites.first().map_or_else(Zone::utc, |site| site.zone.clone());
    let horizon = i64::from(site.config.matching.horizon_minutes);
    let is_ticked = |name: &str| !form.value(&format!("{}{name}", choose::BOX)).is_empty();
    let days = times::days(&zone, site.now(), horizon, |name, _| is_ticked(name));
    let address = |site: &customers::Site| Choice::new(site.id.to_string(), site.address_lines().join(", "));
    let sites = if sites.len() > 1 { sites.iter().map(address).collect() } else { Vec::new() };
    page(&ReportPage { frame: frame(site, "/tickets/new", Some(caller)), form, category, symptoms, sites, days })
}

async fn report_send(State(site): State<Site>, caller: Caller, mut form: Form) -> Answer<Response> {
    let who = customer(&caller)?;
    let text = |name: &str| form.value(name).to_owned();
    let typed = Typed {
        customer: None,
        category: text("category"),
        product: TypedProduct { make: text("make"), model: text("model") },
        title: text("title"),
        description: text("description"),
        site: form.value("site").parse().ok(),
        access_note: text("access_note"),
        symptom: text("symptom"),
        priority: String::new(),
        windows: times::ticked(form.ticked(choose::BOX)),
    };
    let hash = body_hash(&serde_json::to_vec(&typed).map_err(Refused::internal)?);
    let problem = match (read(&typed, false), IdempotencyKey::parse(form.value("key"))) {
        (Ok(wanted), Some(key)) => {
            let filer = Filer { actor: caller.actor(), scope: caller.scope(), is_staff: false };
            match file(&site, &filer, who, &key, hash, wanted).await {
                Ok(Filed::Answer(_, ticket)) => {
                    return Ok(Redirect::to(&format!("/tickets/{ticket}?filed")).into_response());
                }
                Ok(Filed::Mismatch) => Problem::with(
                    ProblemCode::IdempotencyMismatch,
                    "This report was sent before, with other words. Look at your tickets; send it again only if it is another problem.",
                ),
                Err(super::Refusal::Problem(problem)) => problem,
                Err(other) => return Err(other.into()),
            }
        }
        (Ok(_), None) => Problem::with(ProblemCode::Malformed, "Please send the form once more."),
        (Err(faults), _) => Problem::fields(faults),
    };
    // Another key: what is sent next is another report.
    let mut form = std::mem::take(&mut form).with("key", site.new_id::<shared::ids::of::Ticket>().to_string());
    refuse_fields(&mut form, &problem, "product.");
    let categories = site.db.read(async |conn| workforce::store::categories(conn).await).await?;
    let Some(category) = categories.into_iter().find(|one| one.slug.as_str() == form.value("category")) else {
        return Ok(Redirect::to("/tickets/new").into_response());
    };
    let answer = report_page(&site, &caller, who, form, category).await?;
    Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, answer).into_response())
}

// ── seeing ──

/// A line of the history, in words.
struct News {
    when: String,
    words: String,
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
    address: Vec<String>,
    news: Vec<News>,
    notes: Vec<News>,
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
    let (is_own, filed) = match way {
        Way::Own { filed } => (true, filed),
        Way::Token(_) => (false, false),
    };
    let Around { lines, notes, place, expert, uncovered, earlier, follow_up, survey } = around(site, &ticket).await?;
    let zone = place.as_ref().map_or_else(Zone::utc, |place| place.zone.clone());
    let when = |at: Timestamp| Language::English.catalogue().when(&zone, at);
    let horizon = i64::from(site.config.matching.horizon_minutes);
    let mending = mend::mending(&ticket, &form);
    let form = match &place {
        Some(place) if is_own && !form.has_errors() => mend::filled(form, place),
        Some(_) | None => form,
    };
    let choosing = choose::choosing(&ticket, &zone, &form, site.now(), horizon);
    let seen = expert
        .as_ref()
        .and_then(|expert| seen(&ticket.life.state, expert.position))
        .map(|(at, link)| Seen { when: when(at), link });
    let expert = expert.map_or_else(|| "Your expert".to_owned(), |expert| expert.name.to_string());
    let told = lines.iter().rev().filter(|line| !line.event.skipped);
    let news = told
        .filter_map(|line| in_words(&line.event.fact, &expert, &zone).map(|words| News { when: when(line.at), words }));
    let notes_shown =
        notes.iter().map(|note| News { when: when(note.at), words: format!("{}: {}", note.author_name, note.text) });
    let (state, next) = now_in_words(&ticket, &expert, uncovered, &when);
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
        address: place.map(|place| place.address_lines()).unwrap_or_default(),
        news: news.collect(),
        notes: if is_own { notes_shown.collect() } else { Vec::new() },
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

#[derive(Deserialize)]
struct JustFiled {
    #[serde(default)]
    filed: Option<String>,
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
    ticket_page(&site, frame(&site, "/tickets", Some(&caller)), ticket, Way::Own { filed }).await
}

struct Listed {
    ticket: Ticket,
    state: String,
}

#[derive(Template)]
#[template(path = "intake/list.html")]
struct ListPage {
    frame: Frame,
    tickets: Vec<Listed>,
}

async fn list(State(site): State<Site>, caller: Caller) -> Answer<Html<String>> {
    let who = customer(&caller)?;
    let tickets = site.db.read(async move |conn| store::of_customer(conn, who, None, LIST_MAX).await).await?;
    let listed = tickets.into_iter().map(|ticket| {
        let (state, _) = now_in_words(&ticket, "", None, &|_| String::new());
        Listed { ticket, state }
    });
    page(&ListPage { frame: frame(&site, "/tickets", Some(&caller)), tickets: listed.collect() })
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
