//! Pages: choosing an expert by hand with the rules' word beside each, taking an offer back, and the report of overrides.

use super::super::against::{self, Overridden, overridden};
use super::super::sending::{self, Choosing};
use super::super::words;
use super::{frame, when};
use crate::db::Error;
use crate::dispatch::by_hand::{self, Came, Choice, Undone, Wish};
use crate::http::caller::{RequireAdmin, RequireDesk};
use crate::http::{Answer, Query, Refused, Site};
use crate::matching::explain;
use crate::tickets::{Ticket, store};
use crate::web::cut::{cut, weight};
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::most::Most;
use crate::web::page;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use shared::ids::{ExpertId, OfferId, TicketId};
use shared::problem::ProblemCode;
use shared::text::Reason;
use shared::time::{Timestamp, Zone};

/// Overrides on one page.
const REPORT_MAX: i64 = 50;
/// What they weigh.
const REPORT_BYTES_MAX: usize = 48_000;
/// What the experts weigh who keep every rule, and the others.
const FIT_BYTES_MAX: usize = 16_000;
const OTHERS_BYTES_MAX: usize = 30_000;

struct Pick {
    expert: ExpertId,
    name: String,
    promise: String,
    broken: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "admin/offer.html")]
struct ChoosePage {
    frame: Frame,
    ticket: Ticket,
    state: String,
    zone: String,
    refusal: Option<String>,
    cautions: Vec<String>,
    form: Form,
    name: String,
    fit: Vec<Pick>,
    others: Vec<Pick>,
    n_fit: usize,
    n_others: usize,
    others_open: bool,
}

#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    name: String,
}

pub(super) async fn choose(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<TicketId>,
    Query(filter): Query<Filter>,
) -> Answer<Html<String>> {
    choose_page(&site, &caller, id, Form::new().with("name", filter.name)).await
}

async fn choose_page(site: &Site, caller: &RequireDesk, id: TicketId, form: Form) -> Answer<Html<String>> {
    let (of, name, now) = (site.clone(), form.value("name").to_owned(), site.now());
    let read = site.db.read(async move |conn| {
        let Some(ticket) = store::get(conn, id).await? else { return Ok(None) };
        let way = by_hand::way(&ticket.life);
        let choosing = sending::choosing(conn, &of, &ticket, &name).await?;
        let cautions = way.clone().map(|way| way.cautions).unwrap_or_default();
        let warned = by_hand::Against { broken: Vec::new(), cautions };
        let holder = ticket.life.state.holder().into_iter().collect();
        let names = against::Naming::of(conn, holder, [].into(), &[&warned]).await?.people;
        Ok::<_, Error>(Some((way, choosing, names, sending::zone_of(conn, id).await?, ticket)))
    });
    let Some((way, choosing, names, zone, ticket)) = read.await? else {
        return Err(Refused::new(ProblemCode::NotFound));
    };
    let at = |instant: Timestamp| when(&zone, instant);
    let (refusal, cautions) = match way {
        Ok(way) => (None, way.cautions),
        Err(no) => (Some(against::no(no, &names).1), Vec::new()),
    };
    let chosen = form.value("expert").parse::<ExpertId>().ok();
    // Whoever was chosen stays on the page, first of all.
    let mut choosing = choosing;
    choosing.others.sort_by_key(|one| Some(one.expert) != chosen);
    let option = |choice: &Choice| option_of(choice, &choosing, &zone, now, chosen);
    page(&ChoosePage {
        frame: frame(site, "/desk/tickets", &caller.0),
        state: words::state(&ticket.life.state, &names, &at),
        zone: zone.name().to_owned(),
        cautions: cautions.iter().map(|caution| against::warning(caution, &names, &zone).sentence).collect(),
        refusal,
        name: form.value("name").to_owned(),
        fit: Most::that_fit(choosing.fit.iter().map(option), FIT_BYTES_MAX, Pick::bytes).rows,
        others_open: choosing.fit.is_empty() || choosing.others.iter().any(|one| Some(one.expert) == chosen),
        others: Most::that_fit(choosing.others.iter().map(option), OTHERS_BYTES_MAX, Pick::bytes).rows,
        n_fit: choosing.n_fit,
        n_others: choosing.n_others,
        form,
        ticket,
    })
}

impl Pick {
    /// What it weighs on the page, about.
    fn bytes(&self) -> usize {
        weight(&self.name) + weight(&self.promise) + weight(&self.broken) + 60
    }
}

fn option_of(choice: &Choice, choosing: &Choosing, zone: &Zone, now: Timestamp, chosen: Option<ExpertId>) -> Pick {
    let naming = &choosing.naming;
    let broken = explain::rules_in_words(&choice.broken, &naming.matching, &choice.zone, now).join("; ");
    let (start, way) = (when(zone, choice.visit.start_at), choice.visit.travel_minutes);
    let promise = match choice.cost {
        Some(cost) => format!("There at {start}, {way} min away. The weights count {} min.", cost / 10),
        None => format!("If you insist: there at {start}, {way} min away."),
    };
    Pick {
        expert: choice.expert,
        name: naming.people.expert(choice.expert).to_owned(),
        promise,
        broken,
        is_chosen: chosen == Some(choice.expert),
    }
}

pub(super) async fn send(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(ticket): Path<TicketId>,
    mut form: Form,
) -> Answer<Response> {
    let reason: Option<Reason> = form.read_optional("override_reason");
    let expert = form.value("expert").parse::<ExpertId>().ok();
    if expert.is_none() {
        form.wrong("expert", "choose who is to be asked");
    }
    let Some(expert) = expert.filter(|_| !form.has_errors()) else {
        let shown = choose_page(&site, &caller, ticket, form).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    };
    let wish = Wish { ticket, expert, offer: site.new_id(), reason, staff: caller.staff(), actor: caller.0.actor() };
    match sending::send(&site, wish).await? {
        Came::Offered { .. } | Came::Already { .. } => {
            Ok(Redirect::to(&format!("/desk/tickets/{ticket}")).into_response())
        }
        Came::NeedsReason(against) => {
            for one in sending::say(&site, ticket, expert, against).await? {
                form.wrong("override_reason", one.sentence);
            }
            form.wrong("override_reason", "choose somebody else, or say why it is right all the same");
            let shown = choose_page(&site, &caller, ticket, form).await?;
            Ok((StatusCode::CONFLICT, shown).into_response())
        }
        Came::Refused(no) => Err(sending::refused(&site, no).await?.into()),
    }
}

pub(super) async fn take_back(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(ticket): Path<TicketId>,
    form: Form,
) -> Answer<Redirect> {
    let Ok(offer) = form.value("offer").parse::<OfferId>() else { return Err(Refused::new(ProblemCode::Malformed)) };
    match sending::take_back(&site, ticket, offer, caller.0.actor()).await? {
        // Gone is a second click, or an answer that came first: the ticket's page shows which.
        Undone::Back | Undone::Gone => Ok(Redirect::to(&format!("/desk/tickets/{ticket}"))),
        Undone::Seen(_) => Err(Refused::with(
            ProblemCode::Conflict,
            "The expert has seen the offer meanwhile. Offer it to somebody else to take it from them.",
        )),
    }
}

struct Row {
    when: String,
    number: String,
    one: Overridden,
}

impl Row {
    /// What it weighs on the page, about.
    fn bytes(&self) -> usize {
        let against = self.one.against.iter().map(|said| weight(&said.sentence) + 9).sum::<usize>();
        weight(&self.one.staff) + weight(&self.one.expert) + against + weight(self.one.made.reason.as_str()) + 150
    }
}

#[derive(Template)]
#[template(path = "admin/overrides.html")]
struct ReportPage {
    frame: Frame,
    rows: Vec<Row>,
    next: Option<OfferId>,
}

#[derive(Deserialize)]
pub(super) struct Before {
    #[serde(default)]
    before: Option<OfferId>,
}

pub(super) async fn report(
    State(site): State<Site>,
    caller: RequireAdmin,
    Query(wanted): Query<Before>,
) -> Answer<Html<String>> {
    let staff = match caller.0.person {
        crate::accounts::Person::Agent(id) | crate::accounts::Person::Admin(id) => Some(id),
        crate::accounts::Person::Customer(_) | crate::accounts::Person::Expert(_) => None,
    };
    let read = site.db.read(async move |conn| {
        let zone = match staff {
            Some(id) => crate::accounts::staff::store::get(conn, id).await?.map(|one| one.fields.zone),
            None => None,
        };
        let zone = zone.unwrap_or_else(Zone::utc);
        let made = by_hand::store::list(conn, None, wanted.before, REPORT_MAX + 1).await?;
        let tickets: Vec<TicketId> = made.iter().map(|one| one.ticket).collect();
        let tickets = store::many(conn, &tickets).await?;
        let made = overridden(conn, made, &zone).await?;
        Ok::<_, Error>((zone, tickets, made))
    });
    let (zone, tickets, made) = read.await?;
    let (n, page_len) = (made.len(), usize::try_from(REPORT_MAX).unwrap_or(1));
    let row = |one: Overridden| {
        let ticket = tickets.iter().find(|ticket| ticket.id == one.made.ticket);
        let number = ticket.map_or_else(|| "the ticket".to_owned(), |ticket| ticket.number.to_string());
        Row { when: when(&zone, one.made.made_at), number, one }
    };
    let rows = cut(made.into_iter().take(page_len).map(row).collect(), 1, REPORT_BYTES_MAX, Row::bytes).items;
    let next = rows.last().map(|row| row.one.made.offer).filter(|_| rows.len() < n);
    page(&ReportPage { frame: frame(&site, "/admin/reports", &caller.0), rows, next })
}
