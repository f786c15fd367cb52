//! The page of the day: what to look at first, who is free, who is on a job until when, and what comes next.

use super::super::day::{Doing, Risk, Stop, clock};
use super::super::today::{self, Ours, Pressing, Today};
use super::super::{deeds, words};
use super::frame;
use super::map::{Drawn, drawn, is_at_work};
use crate::dispatch::by_hand;
use crate::http::caller::RequireDesk;
use crate::http::{Answer, Query, Site};
use crate::sync;
use crate::web::cut::weight;
use crate::web::frame::Frame;
use crate::web::most::Most;
use crate::web::page;
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use serde::Deserialize;
use shared::ids::{AreaId, TicketId};
use shared::time::{Timestamp, Zone};

/// What the tickets to look at weigh, the experts at work and the others; of more one looks at one area at a time.
const LOOK_BYTES_MAX: usize = 14_000;
const AT_WORK_BYTES_MAX: usize = 24_000;
const OTHERS_BYTES_MAX: usize = 5_000;

struct Look {
    ticket: TicketId,
    number: String,
    title: String,
    urgent: bool,
    label: &'static str,
    risk: String,
    /// By when the plan promises somebody, where that is not said already.
    due: Option<String>,
    areas: String,
    can_choose: bool,
}

struct Visit {
    ticket: TicketId,
    number: String,
    title: String,
    when: String,
    label: &'static str,
    way: String,
    risk: Option<String>,
}

struct Person {
    name: String,
    phone: String,
    areas: String,
    doing: String,
    is_free: bool,
    is_late: bool,
    zone: String,
    chain: Vec<Visit>,
}

#[derive(Template)]
#[template(path = "admin/day.html")]
struct DayPage {
    frame: Frame,
    areas: Vec<(AreaId, String)>,
    area: Option<AreaId>,
    clock: String,
    greedy: Option<String>,
    look: Vec<Look>,
    n_look: usize,
    at_work: Vec<Person>,
    n_at_work: usize,
    others: Vec<Person>,
    n_others: usize,
    n_experts: usize,
    n_more: usize,
    map: Option<Drawn>,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    area: String,
}

pub(super) async fn show(
    State(site): State<Site>,
    caller: RequireDesk,
    Query(wanted): Query<Wanted>,
) -> Answer<Html<String>> {
    let area: Option<AreaId> = wanted.area.parse().ok();
    let (settings, now, staff) = (sync::bounds(&site.config).settings, site.now(), caller.staff());
    let read = site.db.read(async move |conn| {
        let colleague = crate::accounts::staff::store::get(conn, staff).await?;
        let zone = colleague.map_or_else(Zone::utc, |colleague| colleague.fields.zone);
        Ok::<_, crate::db::Error>((today::read(conn, area, &settings, now).await?, zone))
    });
    let (today, own) = read.await?;
    let person = |one: &Ours| person(one, &today, now);
    let (at_work, others): (Vec<&Ours>, Vec<&Ours>) = today.experts.iter().partition(|one| is_at_work(one));
    let look = Most::that_fit(today.pressing.iter().map(|one| look(one, now)), LOOK_BYTES_MAX, Look::bytes).rows;
    let at_work = Most::that_fit(at_work.into_iter().map(person), AT_WORK_BYTES_MAX, Person::bytes);
    let others = Most::that_fit(others.into_iter().map(person), OTHERS_BYTES_MAX, Person::bytes);
    page(&DayPage {
        frame: frame(&site, "/desk/day", &caller.0),
        clock: own.show(now, "%H:%M %Z"),
        greedy: today.greedy_at.map(|at| own.show(at, "%H:%M")),
        map: drawn(&today, look.len(), at_work.rows.len()),
        look,
        n_look: today.n_pressing,
        n_more: today.n_experts - at_work.rows.len() - others.rows.len(),
        at_work: at_work.rows,
        n_at_work: at_work.n,
        others: others.rows,
        n_others: others.n,
        n_experts: today.n_experts,
        areas: today.areas.clone(),
        area,
    })
}

impl Look {
    /// What it weighs on the page, about.
    fn bytes(&self) -> usize {
        weight(&self.title) + weight(&self.areas) + weight(&self.risk) + 420
    }
}

impl Visit {
    fn bytes(&self) -> usize {
        let risk = self.risk.as_ref().map_or(0, |risk| weight(risk) + 30);
        weight(&self.title) + weight(&self.way) + self.when.len() + risk + 180
    }
}

impl Person {
    /// What they weigh on the page, about, with what they hold.
    fn bytes(&self) -> usize {
        let chain = self.chain.iter().map(Visit::bytes).sum::<usize>();
        weight(&self.name) + weight(&self.areas) + weight(&self.doing) + 2 * self.phone.len() + chain + 110
    }
}

fn look(one: &Pressing, now: Timestamp) -> Look {
    Look {
        ticket: one.ticket.id,
        number: one.ticket.number.to_string(),
        title: one.ticket.title.to_string(),
        urgent: one.ticket.urgent,
        label: words::state_label(&one.ticket.life.state),
        risk: risk_in_words(&one.risk, &one.zone, now),
        due: match one.risk {
            Risk::Asked { .. } | Risk::NotThere { .. } | Risk::NotLeft { .. } | Risk::Longer { .. } => {
                Some(clock(one.ticket.due_at, &one.zone, now))
            }
            Risk::AfterPromise { .. } | Risk::PastPromise { .. } | Risk::Waiting { .. } => None,
        },
        areas: one.areas.clone(),
        can_choose: by_hand::way(&one.ticket.life).is_ok(),
    }
}

fn risk_in_words(risk: &Risk, zone: &Zone, now: Timestamp) -> String {
    let clock = |at| clock(at, zone, now);
    match risk {
        Risk::Asked { reason, since } => format!("{}, since {}", deeds::heading(reason), clock(*since)),
        Risk::NotThere { since } => format!("Should have been there at {}", clock(*since)),
        Risk::NotLeft { since } => format!("Should have left at {}", clock(*since)),
        Risk::Longer { since } => format!("Planned until {}, still there", clock(*since)),
        Risk::AfterPromise { due_at } => format!("Later than promised, due {}", clock(*due_at)),
        Risk::PastPromise { due_at } => format!("Nobody has said yes, due {}", clock(*due_at)),
        Risk::Waiting { due_at } => format!("No expert yet, due {}", clock(*due_at)),
    }
}

fn person(one: &Ours, today: &Today, now: Timestamp) -> Person {
    Person {
        name: one.name.clone(),
        phone: one.phone.clone(),
        areas: one.areas.clone(),
        doing: one.doing.words(&one.zone, now),
        is_free: matches!(one.doing, Doing::Free { .. }),
        is_late: matches!(one.doing, Doing::ShouldHaveLeft { .. }),
        zone: one.zone.show(now, "%Z"),
        chain: one.chain.iter().map(|stop| visit(stop, one, today, now)).collect(),
    }
}

fn visit(stop: &Stop, one: &Ours, today: &Today, now: Timestamp) -> Visit {
    let clock = |at| clock(at, &one.zone, now);
    let (number, title) = today.titles.get(&stop.ticket).cloned().unwrap_or_default();
    let label = match stop.state {
        "offered" => "Asked",
        "en_route" => "On the way",
        "on_site" => "On site",
        _ => "Said yes",
    };
    let leaves = format!("{} min on the way, leaves {}", stop.travel_minutes, clock(stop.leave_at));
    let way = match stop.state {
        "on_site" => String::new(),
        "en_route" => format!("{} min on the way", stop.travel_minutes),
        _ if stop.is_tight => format!("{leaves}, before the visit above ends"),
        _ if stop.gap_minutes > 0 => format!("{leaves}, {} free before", lasting(stop.gap_minutes)),
        _ => leaves,
    };
    Visit {
        ticket: stop.ticket,
        number,
        title,
        when: format!("{} to {}", clock(stop.start_at), clock(stop.end_at)),
        label,
        way,
        risk: stop.risk.as_ref().map(|risk| risk_in_words(risk, &one.zone, now)),
    }
}

/// Minutes as people say them.
fn lasting(minutes: i64) -> String {
    if minutes < 120 { format!("{minutes} min") } else { format!("{} h", minutes / 60) }
}
