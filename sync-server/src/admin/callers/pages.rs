//! The pages of whoever is on the phone: the box, the caller at a glance, a new caller, a ticket filed for them. Each works
//! without scripts and by keyboard alone; with a script the box answers while one types, and an unsent form survives an
//! outage.

mod edit;
mod file;
mod new;

use super::{Found, Glance, find, glance};
use crate::admin::deeds::Deed;
use crate::admin::pages::{frame, when};
use crate::admin::{Item, words};
use crate::banners::pages::above;
use crate::customers::NotifyBy;
use crate::http::caller::RequireDesk;
use crate::http::{Answer, Query, Refused, Site};
use crate::notify::{self, Notice};
use crate::plans::EntitlementState;
use crate::tickets::Ticket;
use crate::web::cut::weight;
use crate::web::frame::Frame;
use crate::web::most::{Most, short};
use crate::web::page;
use crate::{phone, web};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use shared::ids::{CustomerId, TicketId};
use shared::problem::ProblemCode;
use shared::time::{Timestamp, Zone};

/// Calls that are counted on the first page.
const CALLS_MAX: i64 = 100;
/// Characters of a text in the box; a longer one means nobody.
const SAID_MAX: usize = 100;
/// Visits that are shown.
const PAST_SHOWN: usize = 5;
/// Characters of a summary, and of how to get in: the ticket has it whole.
const WORDS_SHOWN: usize = 300;
/// What each part of a caller's page weighs.
const PLANS_BYTES_MAX: usize = 5_000;
const SITES_BYTES_MAX: usize = 8_000;
const OPEN_BYTES_MAX: usize = 12_000;
const TOLD_BYTES_MAX: usize = 9_000;
const CALLS_BYTES_MAX: usize = 10_000;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/desk", get(box_page))
        .route("/desk/callers/new", get(new::form).post(new::send))
        .route("/desk/callers/{id}", get(caller))
        .route("/desk/callers/{id}/edit", get(edit::form).post(edit::send))
        .route("/desk/callers/{id}/ticket", get(file::form).post(file::send))
}

struct Hit {
    to: String,
    name: String,
    phone: String,
    address: String,
    n_open: usize,
}

struct HitTicket {
    id: TicketId,
    number: String,
    title: String,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "desk/find.html")]
struct FindPage {
    frame: Frame,
    said: String,
    hits: Vec<Hit>,
    ticket: Option<HitTicket>,
    is_cut: bool,
    misheard: bool,
    n_calls: usize,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    q: String,
    /// The page asks while somebody types: it must not lead anywhere by itself.
    typing: String,
}

async fn box_page(State(site): State<Site>, caller: RequireDesk, Query(said): Query<Said>) -> Answer<Response> {
    let text: String = said.q.trim().chars().take(SAID_MAX).collect();
    let (asked, now) = (text.clone(), site.now());
    let read = site.db.read(async move |conn| {
        let found = if asked.is_empty() { Found::default() } else { find(conn, &asked).await? };
        Ok::<_, crate::db::Error>((found, notify::store::calls(conn, now, CALLS_MAX).await?.len()))
    });
    let (found, n_calls) = read.await?;
    if said.typing.is_empty() {
        if let Some(ticket) = &found.ticket {
            return Ok(Redirect::to(&format!("/desk/tickets/{}", ticket.id)).into_response());
        }
        if let [only] = &found.customers[..] {
            return Ok(Redirect::to(&format!("/desk/callers/{}", only.customer.id)).into_response());
        }
    }
    let hit = |hit: &super::Hit| Hit {
        to: format!("/desk/callers/{}", hit.customer.id),
        name: hit.customer.name.to_string(),
        phone: phone::show(&hit.customer.phone),
        address: hit.address.clone(),
        n_open: hit.n_open,
    };
    Ok(page(&FindPage {
        frame: frame(&site, "/desk", &caller.0),
        hits: found.customers.iter().map(hit).collect(),
        ticket: found.ticket.as_ref().map(|ticket| HitTicket {
            id: ticket.id,
            number: ticket.number.to_string(),
            title: ticket.title.to_string(),
            state: words::state_label(&ticket.life.state),
        }),
        is_cut: found.is_cut,
        misheard: found.misheard,
        said: text,
        n_calls,
    })?
    .into_response())
}

struct PlanLine {
    name: String,
    state: &'static str,
    class: &'static str,
    until: String,
}

struct TicketLine {
    id: TicketId,
    number: String,
    title: String,
    state: String,
    asks: bool,
    urgent: bool,
    filed: String,
    summary: Option<String>,
}

struct ToldLine {
    when: String,
    by: String,
    words: String,
    state: String,
    failed: bool,
}

struct CallLine {
    item: String,
    say: String,
    due: String,
    is_due: bool,
    tried: Option<String>,
    buttons: Vec<(&'static str, &'static str)>,
}

struct SiteLine {
    address: String,
    contact: String,
    phone: String,
    access: Option<String>,
    zone_time: String,
}

impl SiteLine {
    fn bytes(&self) -> usize {
        let access = self.access.as_deref().map_or(0, weight);
        weight(&self.address) + weight(&self.contact) + 2 * self.phone.len() + access + 40
    }
}

#[derive(Template)]
#[template(path = "desk/caller.html")]
struct CallerPage {
    frame: Frame,
    id: CustomerId,
    name: String,
    phone: String,
    phone_shown: String,
    email: Option<String>,
    hears: &'static str,
    helper: Option<(String, String)>,
    active: bool,
    since: String,
    plans: Most<PlanLine>,
    covered: bool,
    sites: Most<SiteLine>,
    open: Most<TicketLine>,
    past: Vec<TicketLine>,
    n_past: usize,
    told: Most<ToldLine>,
    calls: Most<CallLine>,
    is_new: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Arrived {
    new: Option<String>,
}

async fn caller(
    State(site): State<Site>,
    staff: RequireDesk,
    Path(id): Path<CustomerId>,
    Query(arrived): Query<Arrived>,
) -> Answer<Html<String>> {
    let read = site.db.read(async move |conn| glance(conn, id).await).await?;
    let seen = read.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let mut shown = shown(&site, &staff, seen, arrived.new.is_some());
    // What the caller would read: whoever rings may have seen it, or not.
    shown.frame = above(&site, shown.frame, id).await?;
    page(&shown)
}

/// How a customer hears from us, in words.
pub(super) fn hears(by: NotifyBy) -> &'static str {
    match by {
        NotifyBy::Sms => "By SMS",
        NotifyBy::Email => "By e-mail",
        NotifyBy::Call => "By a call",
    }
}

fn plan_state(state: EntitlementState) -> (&'static str, &'static str) {
    match state {
        EntitlementState::Active => ("valid", "good"),
        EntitlementState::Grace => ("payment is late, still valid", "warn"),
        EntitlementState::Lapsed => ("ended", "over"),
        EntitlementState::Cancelled => ("cancelled", "over"),
    }
}

fn ticket_line(ticket: &Ticket, seen: &Glance, zone: &Zone) -> TicketLine {
    TicketLine {
        id: ticket.id,
        number: ticket.number.to_string(),
        title: ticket.title.to_string(),
        state: words::state(&ticket.life.state, &seen.names, &|at| when(zone, at)),
        asks: ticket.life.needs_human.is_some(),
        urgent: ticket.urgent,
        filed: when(zone, ticket.filed_at),
        summary: ticket.summary.as_ref().map(|summary| short(summary.as_str(), WORDS_SHOWN)),
    }
}

fn call_line(notice: &Notice, zone: &Zone, now: Timestamp) -> CallLine {
    let matter = crate::admin::Matter::Call(notice.clone());
    let buttons = [Deed::Said, Deed::Later, Deed::Unsaid].map(|deed| (deed.word(), deed.label(&matter)));
    CallLine {
        item: Item::Notice(notice.id).to_string(),
        say: notice.body.clone(),
        due: when(zone, notice.due_at),
        is_due: notice.due_at <= now,
        tried: notice.why.as_deref().map(|why| web::form::sentence(&why)),
        buttons: buttons.to_vec(),
    }
}

fn shown(site: &Site, staff: &RequireDesk, seen: Glance, is_new: bool) -> CallerPage {
    let now = site.now();
    let zone = seen.customer.zone.clone();
    let plans = seen.plans.iter().map(|(plan, name)| {
        let (state, class) = plan_state(plan.state);
        PlanLine { name: name.clone(), state, class, until: zone.show(plan.until_at, "%-d %b %Y") }
    });
    let sites = seen.sites.iter().map(|place| SiteLine {
        address: place.address_lines().join(", "),
        contact: place.contact_name.to_string(),
        phone: place.contact_phone.to_string(),
        access: place.access_note.as_ref().map(|note| short(note.as_str(), WORDS_SHOWN)),
        zone_time: shared::texts::Language::English.catalogue().time(&place.zone, now),
    });
    let told = seen.told.iter().map(|notice| ToldLine {
        when: when(&zone, notice.ended_at.unwrap_or(notice.due_at)),
        by: format!("{} to {}", words::channel(notice.channel), notice.to_address),
        words: notice.body.clone(),
        state: words::notice_state(notice),
        failed: notice.state == notify::NoticeState::Failed,
    });
    let open = seen.open.iter().map(|ticket| ticket_line(ticket, &seen, &zone));
    let calls = seen.calls.iter().map(|notice| call_line(notice, &zone, now));
    let is_valid = |plan: &crate::plans::Entitlement| {
        let until = plan.grace_until_at.unwrap_or(plan.until_at);
        matches!(plan.state, EntitlementState::Active | EntitlementState::Grace)
            && plan.from_at <= now
            && now < until.max(plan.until_at)
    };
    CallerPage {
        frame: frame(site, "/desk", &staff.0),
        id: seen.customer.id,
        name: seen.customer.name.to_string(),
        phone: seen.customer.phone.to_string(),
        phone_shown: phone::show(&seen.customer.phone),
        email: seen.customer.email.as_ref().map(ToString::to_string),
        hears: hears(seen.customer.notify_by),
        helper: seen.customer.helper.as_ref().map(|helper| {
            let way = helper.phone.as_ref().map(phone::show);
            let way = way.or_else(|| helper.email.as_ref().map(ToString::to_string)).unwrap_or_default();
            (helper.name.to_string(), way)
        }),
        active: seen.customer.active,
        since: zone.show(seen.customer.created_at, "%-d %b %Y"),
        covered: seen.plans.iter().any(|(plan, _)| is_valid(plan)),
        plans: Most::that_fit(plans, PLANS_BYTES_MAX, |one| weight(&one.name)),
        sites: Most::that_fit(sites, SITES_BYTES_MAX, SiteLine::bytes),
        open: Most::that_fit(open, OPEN_BYTES_MAX, |one| weight(&one.title) + weight(&one.state) + 180),
        past: seen.past.iter().take(PAST_SHOWN).map(|ticket| ticket_line(ticket, &seen, &zone)).collect(),
        n_past: seen.past.len(),
        told: Most::that_fit(told, TOLD_BYTES_MAX, |one| weight(&one.words) + weight(&one.by)),
        calls: Most::that_fit(calls, CALLS_BYTES_MAX, |one| weight(&one.say) + 500),
        is_new,
    }
}

#[cfg(test)]
mod tests;
