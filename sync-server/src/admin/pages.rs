//! The desk's pages: the inbox, the list of tickets, a ticket with everything about it. All work without scripts, by
//! keyboard and on a phone; a second click finds the work done and says so.

mod all;
mod day;
mod ending;
mod fitting;
mod map;
mod offers;
mod parts;
mod told;
mod word;

use super::act::{self, By, Came, ITEMS_MAX};
use super::against::Overridden;
use super::beside::{self, Again, Photo};
use super::deeds::{self, Deed};
use super::file::{self, File};
use super::inbox::{self, Entry};
use super::{Item, Matter, holding, words};
use crate::accounts::Role;
use crate::config::Mode;
use crate::dispatch::by_hand;
use crate::http::caller::{Caller, RequireDesk};
use crate::http::{Answer, Query, Refused, Site};
use crate::tickets::{Ticket, store};
use crate::web::cut::{Cut, cut};
use crate::web::form::Form;
use crate::web::frame::{Frame, Viewer};
use crate::web::page;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use parts::{Line, Reasoned, Told};
use serde::Deserialize;
use shared::ids::{CustomerId, MutationId, OfferId, TicketId};
use shared::number::TicketNumber;
use shared::problem::{Problem, ProblemCode};
use shared::text::Reason;
use shared::texts::Language;
use shared::ticket::{CancelReason, Move, State as TicketState};
use shared::time::{Timestamp, Zone};

/// Entries of a group on the page; a form has no room for many more.
const ROWS_MAX: usize = 50;
/// Tickets on one page of the list.
const LIST_MAX: i64 = 50;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/desk/inbox", get(show_inbox))
        .route("/desk/inbox/act", post(act_on))
        .route("/desk/day", get(day::show))
        .route("/desk/tickets", get(list))
        .route("/desk/tickets/{id}", get(show))
        .route("/desk/tickets/{id}/all/{what}", get(all::show))
        .route("/desk/tickets/{id}/note", post(ending::note))
        .route("/desk/tickets/{id}/end", post(ending::end))
        .route("/desk/tickets/{id}/hold", post(ending::hold))
        .route("/desk/tickets/{id}/resume", post(ending::resume))
        .route("/desk/tickets/{id}/offer", get(offers::choose).post(offers::send))
        .route("/desk/tickets/{id}/word", get(word::show).post(word::record))
        .route("/desk/tickets/{id}/take", post(ending::take))
        .route("/desk/tickets/{id}/take-back", post(offers::take_back))
        .route("/admin/overrides", get(offers::report))
}

pub(super) fn frame(site: &Site, here: &str, caller: &Caller) -> Frame {
    let viewer = if caller.person.role() == Role::Admin { Viewer::Admin } else { Viewer::Agent };
    Frame::private(here).seen_by(viewer).in_demo(site.config.mode == Mode::Demo).wide()
}

pub(super) fn when(zone: &Zone, at: Timestamp) -> String {
    Language::English.catalogue().when(zone, at)
}

/// How long ago, in the largest unit that says something.
pub(super) fn age(since: Timestamp, now: Timestamp) -> String {
    let minutes = now.minutes_since(since).max(0);
    match minutes {
        0 => "just now".to_owned(),
        1..=119 => format!("{minutes} min"),
        120..=2_879 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}

// ── the inbox ──

struct Button {
    word: &'static str,
    label: &'static str,
    class: &'static str,
}

fn buttons(deeds: &[Deed], matter: &Matter) -> Vec<Button> {
    let button = |deed: &Deed| {
        let class = match deed {
            Deed::Cancel => "bad",
            Deed::Settle | Deed::Said => "",
            Deed::Take
            | Deed::TakeOver
            | Deed::GiveBack
            | Deed::Resume
            | Deed::Release
            | Deed::Later
            | Deed::Unsaid
            | Deed::RunAgain => "quiet",
        };
        Button { word: deed.word(), label: deed.label(matter), class }
    };
    deeds.iter().map(button).collect()
}

struct Row {
    item: String,
    title: String,
    number: String,
    ticket: Option<TicketId>,
    urgent: bool,
    age: String,
    since: String,
    who: Option<inbox::Who>,
    say: Option<String>,
    owner: Option<String>,
    is_mine: bool,
}

struct Section {
    heading: &'static str,
    area: String,
    advice: &'static str,
    rows: Vec<Row>,
    n_more: usize,
    buttons: Vec<Button>,
    can_take: bool,
    can_take_over: bool,
    can_give_back: bool,
}

#[derive(Template)]
#[template(path = "admin/inbox.html")]
struct InboxPage {
    frame: Frame,
    sections: Vec<Section>,
    n: usize,
    is_cut: bool,
    n_done: usize,
    refused: Vec<String>,
}

fn row(entry: &Entry, caller: &RequireDesk, now: Timestamp) -> Row {
    let say = match &entry.matter {
        Matter::Call(notice) | Matter::Undelivered(notice) => Some(notice.body.clone()),
        Matter::Failed(job) => Some(job.why.clone()),
        Matter::Asked(_) | Matter::Unowned(_) => None,
    };
    let otherwise = match &entry.matter {
        Matter::Failed(job) => job.kind.as_str(),
        Matter::Asked(_) | Matter::Unowned(_) | Matter::Call(_) | Matter::Undelivered(_) => "A message",
    };
    let since = entry.matter.since();
    Row {
        item: entry.matter.item().to_string(),
        title: entry.ticket.as_ref().map_or_else(|| otherwise.to_owned(), |ticket| ticket.title.to_string()),
        number: entry.ticket.as_ref().map(|ticket| ticket.number.to_string()).unwrap_or_default(),
        ticket: entry.matter.ticket(),
        urgent: entry.urgent,
        age: age(since, now),
        since: when(&entry.zone, since),
        who: entry.customer.clone(),
        say,
        owner: entry.owner.as_ref().map(|owner| owner.name.clone()),
        is_mine: entry.owner.as_ref().is_some_and(|owner| owner.staff == caller.staff()),
    }
}

async fn inbox_page(site: &Site, caller: &RequireDesk, came: &[Came]) -> Answer<Html<String>> {
    let (now, real_now, timing) = (site.now(), site.real_now(), site.config.timing.clone());
    let inbox = site.db.read(async move |conn| inbox::read(conn, now, real_now, &timing).await).await?;
    let sections = inbox.groups.iter().map(|group| {
        // A button stands where it fits one of the group at least; for the others the answer says why not.
        let mut deeds: Vec<Deed> = Vec::new();
        for deed in group.entries.iter().flat_map(|entry| &entry.deeds) {
            if !deeds.contains(deed) {
                deeds.push(*deed);
            }
        }
        let first = &group.entries[0].matter;
        let owners: Vec<Option<bool>> =
            group.entries.iter().map(|entry| entry.owner.as_ref().map(|owner| owner.staff == caller.staff())).collect();
        Section {
            can_take: owners.contains(&None),
            can_take_over: owners.contains(&Some(false)),
            can_give_back: owners.contains(&Some(true)),
            heading: deeds::heading(group.cause),
            area: group.area.clone(),
            advice: deeds::advice(first),
            rows: group.entries.iter().take(ROWS_MAX).map(|entry| row(entry, caller, now)).collect(),
            n_more: group.entries.len().saturating_sub(ROWS_MAX),
            buttons: buttons(&deeds, first),
        }
    });
    let (sections, is_more) = fitting::fitting(sections);
    page(&InboxPage {
        frame: frame(site, "/desk/inbox", &caller.0),
        n: inbox.groups.iter().map(|group| group.entries.len()).sum(),
        sections,
        is_cut: inbox.is_cut || is_more,
        n_done: came.iter().filter(|one| one.done).count(),
        refused: came.iter().filter_map(|one| one.why.clone()).collect(),
    })
}

async fn show_inbox(State(site): State<Site>, caller: RequireDesk) -> Answer<Html<String>> {
    inbox_page(&site, &caller, &[]).await
}

/// What a group's form sends: a deed, a note, and a tick for each thing that it is for.
async fn act_on(State(site): State<Site>, caller: RequireDesk, mut form: Form) -> Answer<Response> {
    let Some(deed) = Deed::from_word(form.value("deed")) else {
        return Err(Problem::with(ProblemCode::Malformed, "Please choose one of the buttons.").into());
    };
    let note: Option<Reason> = form.read_optional("note");
    if let Some(message) = form.error("note") {
        return Err(Problem::field("note", "invalid", message.to_owned()).into());
    }
    let items: Vec<Item> = form.ticked("item-").filter_map(|item| item.parse().ok()).take(ITEMS_MAX).collect();
    let by = By { staff: caller.staff(), actor: caller.0.actor() };
    let came = if items.is_empty() { vec![] } else { act::act(&site, by, &items, deed, note.as_ref()).await? };
    if let Some(caller) = form.filled("caller").and_then(|id| id.parse::<CustomerId>().ok()) {
        return match came.into_iter().find_map(|one| one.why) {
            None => Ok(Redirect::to(&format!("/desk/callers/{caller}")).into_response()),
            Some(why) => Err(Refused::with(ProblemCode::Conflict, why)),
        };
    }
    if let Some(ticket) = form.filled("back").and_then(|id| id.parse::<TicketId>().ok()) {
        return match came.into_iter().find_map(|one| one.why) {
            None => Ok(Redirect::to(&format!("/desk/tickets/{ticket}")).into_response()),
            Some(why) => Err(Refused::with(ProblemCode::Conflict, why)),
        };
    }
    if items.is_empty() {
        let nothing =
            [Came { item: Item::Ticket(site.new_id()), done: false, why: Some("Nothing was ticked.".into()) }];
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, inbox_page(&site, &caller, &nothing).await?).into_response());
    }
    Ok(inbox_page(&site, &caller, &came).await?.into_response())
}

// ── tickets ──

struct Listed {
    ticket: Ticket,
    label: &'static str,
    age: String,
}

#[derive(Template)]
#[template(path = "admin/tickets.html")]
struct ListPage {
    frame: Frame,
    tickets: Vec<Listed>,
    states: Vec<(&'static str, String)>,
    state: String,
    number: String,
    number_error: Option<String>,
    next: Option<TicketId>,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    state: String,
    #[serde(default)]
    before: Option<TicketId>,
    #[serde(default)]
    number: String,
}

async fn list(State(site): State<Site>, caller: RequireDesk, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let mut number_error = None;
    if !wanted.number.trim().is_empty() {
        match wanted.number.parse::<TicketNumber>() {
            Ok(number) => match site.db.read(async move |conn| store::by_number(conn, number).await).await? {
                Some(ticket) => return Ok(Redirect::to(&format!("/desk/tickets/{}", ticket.id)).into_response()),
                None => number_error = Some("There is no ticket with this number.".to_owned()),
            },
            Err(error) => number_error = Some(format!("This is no ticket number: {error}.")),
        }
    }
    let state = Some(wanted.state.clone()).filter(|state| TicketState::WORDS.contains(&state.as_str()));
    let (asked, before) = (state.clone(), wanted.before);
    let found = site.db.read(async move |conn| store::after(conn, asked.as_deref(), before, LIST_MAX + 1).await);
    let mut found = found.await?;
    let page_len = usize::try_from(LIST_MAX).unwrap_or(1);
    let next = (found.len() > page_len).then(|| found[page_len - 1].id);
    found.truncate(page_len);
    let now = site.now();
    let listed = found.into_iter().map(|ticket| Listed {
        label: words::state_label(&ticket.life.state),
        age: age(ticket.filed_at, now),
        ticket,
    });
    let states = TicketState::WORDS.iter().map(|word| (*word, word.replace('_', " ")));
    Ok(page(&ListPage {
        frame: frame(&site, "/desk/tickets", &caller.0),
        tickets: listed.collect(),
        states: states.collect(),
        state: state.unwrap_or_default(),
        number: wanted.number,
        number_error,
        next,
    })?
    .into_response())
}

/// Of a ticket's history, notes and messages the newest, as far as they fit; the rest is a link away.
const NEWEST_BYTES: usize = 9 * 1024;
/// Of those who could be sent, so many with what each would cost.
const FIT_MAX: usize = 12;
/// Photos on the ticket's page.
const PHOTOS_MAX: usize = 24;

#[expect(clippy::struct_excessive_bools, reason = "each says whether one part of the page is shown")]
#[derive(Template)]
#[template(path = "admin/ticket.html")]
struct TicketPage {
    frame: Frame,
    ticket: Ticket,
    state: String,
    advice: &'static str,
    heading: &'static str,
    owner: Option<String>,
    is_mine: bool,
    asks: bool,
    item: String,
    buttons: Vec<Button>,
    customer: Option<(String, String, Option<String>)>,
    contact: Option<(String, String)>,
    address: Vec<String>,
    zone: String,
    filed: String,
    due: String,
    deadline: Option<String>,
    history: Cut<Line>,
    /// The last one last, above the field for the next.
    notes: Cut<Line>,
    photos: Vec<Photo>,
    n_more_photos: usize,
    told: Cut<Told>,
    /// The last one, and how many there are.
    why: Option<Reasoned>,
    n_decisions: usize,
    overrides: Vec<(String, Overridden)>,
    can_choose: bool,
    holder: Option<String>,
    report: Option<(MutationId, String, String)>,
    open_offer: Option<OfferId>,
    seen: Option<String>,
    delivered: Option<bool>,
    note_key: String,
    track: String,
    earlier: Option<Again>,
    follow_up: Option<Again>,
    can_solve: bool,
    can_cancel: bool,
    /// From when to when it may be put on hold, as dates of its site.
    hold: Option<(String, String)>,
    can_resume: bool,
}

async fn show(State(site): State<Site>, caller: RequireDesk, Path(id): Path<TicketId>) -> Answer<Html<String>> {
    let (now, real_now, timing) = (site.now(), site.real_now(), site.config.timing.clone());
    let read = site.db.read(async move |conn| file::read(conn, id, now, real_now, &timing).await).await?;
    let Some(file) = read else { return Err(Refused::new(ProblemCode::NotFound)) };
    page(&ticket_page(&site, &caller, file))
}

fn ticket_page(site: &Site, caller: &RequireDesk, file: File) -> TicketPage {
    let File { ticket, names, .. } = &file;
    let zone = parts::zone_of(&file);
    let at = |instant: Timestamp| when(&zone, instant);
    let mut notes = cut(parts::notes(&file), 1, NEWEST_BYTES, Line::weight);
    notes.items.reverse();
    let mut photos = beside::photos(&file, &at);
    let n_more_photos = photos.len().saturating_sub(PHOTOS_MAX);
    photos.truncate(PHOTOS_MAX);
    let may = |to_do| ticket.life.clone().make(to_do, site.now(), &site.config.timing).is_ok();
    let again = |other: &Ticket| Again {
        id: other.id,
        number: other.number.to_string(),
        state: words::state(&other.life.state, names, &at),
        summary: other.summary.as_ref().map(ToString::to_string),
    };
    let customer = file
        .customer
        .as_ref()
        .map(|one| (one.name.to_string(), one.phone.to_string(), one.email.as_ref().map(ToString::to_string)));
    TicketPage {
        frame: frame(site, "/desk/tickets", &caller.0),
        state: words::state(&ticket.life.state, names, &at),
        advice: file.matter.as_ref().map_or("", deeds::advice),
        heading: file.matter.as_ref().map_or("", |matter| deeds::heading(matter.cause())),
        owner: file.owner.clone(),
        is_mine: file.owner_id == Some(caller.staff()),
        asks: file.matter.is_some(),
        item: Item::Ticket(ticket.id).to_string(),
        buttons: file.matter.as_ref().map(|matter| buttons(&file.deeds, matter)).unwrap_or_default(),
        customer,
        contact: file.place.as_ref().map(|place| (place.contact_name.to_string(), place.contact_phone.to_string())),
        address: file.place.as_ref().map(crate::customers::Site::address_lines).unwrap_or_default(),
        zone: zone.name().to_owned(),
        filed: at(ticket.filed_at),
        due: at(ticket.due_at),
        deadline: ticket.life.deadline_at.map(&at),
        history: cut(parts::history(&file), 1, NEWEST_BYTES, Line::weight),
        notes,
        photos,
        n_more_photos,
        told: cut(parts::told(&file), 1, NEWEST_BYTES, Told::weight),
        why: parts::decisions(&file, FIT_MAX).into_iter().next(),
        n_decisions: file.decisions.len(),
        overrides: file.overrides.iter().map(|one| (at(one.made.made_at), one.clone())).collect(),
        report: told::report(&file),
        holder: ticket.life.state.holder().map(|expert| names.expert(expert).to_owned()),
        can_choose: by_hand::way(&ticket.life).is_ok(),
        open_offer: file.open_offer,
        seen: file.seen_at.map(&at),
        delivered: file.delivered,
        note_key: site.new_id::<shared::ids::of::Note>().to_string(),
        track: site.address(&format!("/track/{}", site.links.track(ticket.id))),
        can_solve: may(Move::Solve),
        can_cancel: may(Move::Cancel { why: CancelReason::Staff }),
        hold: may(holding::to_hold(site.now().plus_minutes(1))).then(|| holding::dates(&zone, site.now())),
        can_resume: may(Move::Resume),
        earlier: file.earlier.as_ref().map(again),
        follow_up: file.follow_up.as_ref().map(again),
        ticket: file.ticket.clone(),
    }
}
