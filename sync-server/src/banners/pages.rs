//! Banners on the desk's page, and above the pages of those whom they concern.

use super::api::{BannerBody, change, set, take_back};
use super::{Banner, BannerId, store};
use crate::accounts::{Person, staff};
use crate::customers::{self, Site as Place};
use crate::db::{Conn, Error};
use crate::http::caller::{Caller, RequireDesk};
use crate::http::{Answer, Query, Refused, Site};
use crate::web::form::{Choice, Form};
use crate::web::frame::{Frame, News};
use crate::web::most::short;
use crate::web::page;
use crate::workforce::{self, Area};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use shared::ids::{AreaId, CustomerId};
use shared::problem::{Problem, ProblemCode};
use shared::texts::Language;
use shared::time::{Timestamp, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// What begins the name of an area's box.
const BOX: &str = "area-";
/// Banners on one page.
const PAGE: i64 = 30;
/// Of many areas the first ones are named.
const AREAS_CHARS_MAX: usize = 160;
/// How long a banner may run from now, as the form offers it.
const HOURS: [(i64, &str); 8] = [
    (1, "1 hour"),
    (2, "2 hours"),
    (4, "4 hours"),
    (8, "8 hours"),
    (12, "12 hours"),
    (24, "1 day"),
    (48, "2 days"),
    (168, "1 week"),
];

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/desk/banners", get(list).post(create))
        .route("/desk/banners/{id}", get(edit).post(replace))
        .route("/desk/banners/{id}/end", post(end))
}

/// A banner as somebody sees it whom it concerns.
pub struct Seen {
    /// The banner.
    pub banner: Banner,
    /// The names of its areas.
    pub areas: Vec<String>,
    /// The zone of the first address that lies there.
    pub zone: Zone,
}

/// The banners of these addresses.
async fn of_places(conn: &mut Conn, places: &[Place], now: Timestamp) -> Result<Vec<Seen>, Error> {
    let running = store::running(conn, now).await?;
    if running.is_empty() || places.is_empty() {
        return Ok(Vec::new());
    }
    let mut coverage = workforce::store::Coverage::default();
    let mut zones: BTreeMap<AreaId, Zone> = BTreeMap::new();
    for place in places {
        for area in coverage.of(conn, &place.country, &place.postal_code, place.at()).await? {
            zones.entry(area).or_insert_with(|| place.zone.clone());
        }
    }
    let names = names(&workforce::store::areas(conn).await?);
    let seen = |banner: Banner| {
        let zone = banner.areas.iter().find_map(|area| zones.get(area))?.clone();
        // Only those that are theirs: the others are noise to them.
        let theirs = banner.areas.iter().filter(|area| zones.contains_key(area));
        let areas = theirs.filter_map(|area| names.get(area).cloned()).collect();
        Some(Seen { banner, areas, zone })
    };
    Ok(running.into_iter().filter_map(seen).collect())
}

/// The banners of a customer's addresses.
pub async fn of_customer(conn: &mut Conn, customer: CustomerId, now: Timestamp) -> Result<Vec<Seen>, Error> {
    let places = customers::store::sites_of(conn, customer).await?;
    of_places(conn, &places, now).await
}

fn names(areas: &[Area]) -> BTreeMap<AreaId, String> {
    areas.iter().map(|area| (area.id, area.name.to_string())).collect()
}

fn news(seen: Vec<Seen>) -> Vec<News> {
    let one = |seen: Seen| News {
        place: short(&seen.areas.join(", "), AREAS_CHARS_MAX),
        text: seen.banner.text.to_string(),
        until: Language::English.catalogue().when(&seen.zone, seen.banner.until),
    };
    seen.into_iter().map(one).collect()
}

/// The page with the banners of a customer's addresses above it.
pub async fn above(site: &Site, frame: Frame, customer: CustomerId) -> Answer<Frame> {
    let now = site.now();
    let seen = site.db.read(async move |conn| of_customer(conn, customer, now).await).await?;
    Ok(frame.with_news(news(seen)))
}

/// The page with the banners of whoever looks at it, if that is a customer.
pub async fn above_own(site: &Site, frame: Frame, caller: Option<&Caller>) -> Answer<Frame> {
    match caller.map(|caller| caller.person) {
        Some(Person::Customer(id)) => above(site, frame, id).await,
        Some(Person::Expert(_) | Person::Agent(_) | Person::Admin(_)) | None => Ok(frame),
    }
}

/// The page with the banners of one address above it.
pub async fn above_at(site: &Site, frame: Frame, place: Place) -> Answer<Frame> {
    let now = site.now();
    let seen = site.db.read(async move |conn| of_places(conn, std::slice::from_ref(&place), now).await).await?;
    Ok(frame.with_news(news(seen)))
}

struct Row {
    id: BannerId,
    text: String,
    areas: String,
    since: String,
    until: String,
    /// `running`, `over` or `taken back`.
    state: &'static str,
    is_running: bool,
}

#[derive(Template)]
#[template(path = "banners/list.html")]
struct ListPage {
    frame: Frame,
    said: &'static str,
    form: Form,
    key: String,
    areas: Vec<Choice>,
    hours: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<BannerId>,
}

#[derive(Template)]
#[template(path = "banners/edit.html")]
struct EditPage {
    frame: Frame,
    id: BannerId,
    form: Form,
    areas: Vec<Choice>,
    hours: Vec<Choice>,
    until: String,
    is_running: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Came {
    done: String,
    before: Option<BannerId>,
}

fn said(done: &str) -> &'static str {
    match done {
        "set" => "It stands above the pages of these areas now.",
        "changed" => "Changed.",
        "ended" => "Taken back: nobody sees it any more.",
        _ => "",
    }
}

fn frame(site: &Site, caller: &Caller) -> Frame {
    Frame::of(site, Some(caller), "/desk/banners").wide()
}

/// The clocks of whoever of ours looks.
async fn zone_of(conn: &mut Conn, person: Person) -> Result<Zone, Error> {
    let colleague = match person {
        Person::Agent(id) | Person::Admin(id) => staff::store::get(conn, id).await?,
        Person::Customer(_) | Person::Expert(_) => None,
    };
    Ok(colleague.map_or_else(Zone::utc, |one| one.fields.zone))
}

/// The boxes of areas that can be chosen, and those that are ticked.
fn boxes(areas: &[Area]) -> Vec<Choice> {
    let active = areas.iter().filter(|area| area.active);
    active.map(|area| Choice::new(format!("{BOX}{}", area.id), area.name.as_str())).collect()
}

fn hours() -> Vec<Choice> {
    HOURS.iter().map(|(hours, label)| Choice::new(hours.to_string(), *label)).collect()
}

async fn list_page(site: &Site, caller: &Caller, came: &Came, form: Form) -> Answer<Html<String>> {
    let (person, before, now) = (caller.person, came.before, site.now());
    let read = site.db.read(async move |conn| {
        let zone = zone_of(conn, person).await?;
        let areas = workforce::store::areas(conn).await?;
        Ok::<_, Error>((zone, areas, store::list(conn, before, PAGE + 1).await?))
    });
    let (zone, areas, mut banners) = read.await?;
    let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let is_more = banners.len() > size;
    banners.truncate(size);
    let next = banners.last().map(|last| last.id).filter(|_| is_more);
    let names = names(&areas);
    let when = |at: Timestamp| Language::English.catalogue().when(&zone, at);
    let row = |banner: Banner| Row {
        areas: short(
            &banner.areas.iter().filter_map(|area| names.get(area).cloned()).collect::<Vec<_>>().join(", "),
            AREAS_CHARS_MAX,
        ),
        since: when(banner.since),
        until: when(banner.ended.unwrap_or(banner.until)),
        state: match (banner.ended, banner.is_running(now)) {
            (Some(_), _) => "taken back",
            (None, true) => "running",
            (None, false) => "over",
        },
        is_running: banner.is_running(now),
        text: banner.text.to_string(),
        id: banner.id,
    };
    // What is sent again after a fault is still the same banner.
    let key = form.filled("key").map_or_else(|| site.new_id::<super::Marker>().to_string(), str::to_owned);
    page(&ListPage {
        frame: frame(site, caller),
        said: said(&came.done),
        key,
        form,
        areas: boxes(&areas),
        hours: hours(),
        rows: banners.into_iter().map(row).collect(),
        next,
    })
}

async fn list(
    State(site): State<Site>,
    RequireDesk(caller): RequireDesk,
    Query(came): Query<Came>,
) -> Answer<Html<String>> {
    list_page(&site, &caller, &came, Form::new().with("hours", "4")).await
}

/// What was typed. What is no number of hours is none, which the call refuses in words.
fn body(form: &mut Form, now: Timestamp) -> Option<BannerBody> {
    let areas: BTreeSet<AreaId> = form.ticked(BOX).filter_map(|id| id.parse().ok()).collect();
    if areas.is_empty() {
        form.wrong("areas", "choose at least one area");
    }
    let hours = form.value("hours").parse::<i64>().ok().filter(|hours| HOURS.iter().any(|(known, _)| known == hours));
    if hours.is_none() {
        form.wrong("hours", "choose how long it stands");
    }
    let text = form.read("text");
    let ver = form.filled("ver").and_then(|ver| ver.parse().ok());
    let (text, hours) = (text?, hours?);
    (!areas.is_empty()).then(|| BannerBody { areas, text, until: now.plus_minutes(hours * 60), ver })
}

async fn create(State(site): State<Site>, RequireDesk(caller): RequireDesk, mut form: Form) -> Answer<Response> {
    let id = form.value("key").parse::<BannerId>().unwrap_or_else(|_| site.new_id());
    let problem: Option<Problem> = match body(&mut form, site.now()) {
        Some(body) => set(&site, caller.actor(), id, body).await.err().map(|Refused(problem)| problem),
        None => Some(Problem::new(ProblemCode::Malformed)),
    };
    match problem {
        None => Ok(Redirect::to("/desk/banners?done=set").into_response()),
        Some(problem) => {
            if !form.has_errors() {
                form.refuse(&problem);
            }
            let shown = list_page(&site, &caller, &Came::default(), form).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
        }
    }
}

async fn edit_page(site: &Site, caller: &Caller, id: BannerId, form: Option<Form>) -> Answer<Html<String>> {
    let (person, now) = (caller.person, site.now());
    let read = site.db.read(async move |conn| {
        let zone = zone_of(conn, person).await?;
        Ok::<_, Error>((zone, workforce::store::areas(conn).await?, store::get(conn, id).await?))
    });
    let (zone, areas, banner) = read.await?;
    let banner = banner.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let there = || {
        let form =
            Form::new().with("text", banner.text.as_str()).with("ver", banner.ver.to_string()).with("hours", "4");
        banner.areas.iter().fold(form, |form, area| form.with(&format!("{BOX}{area}"), "1"))
    };
    page(&EditPage {
        frame: frame(site, caller),
        id,
        form: form.unwrap_or_else(there),
        areas: boxes(&areas),
        hours: hours(),
        until: Language::English.catalogue().when(&zone, banner.ended.unwrap_or(banner.until)),
        is_running: banner.is_running(now),
    })
}

async fn edit(
    State(site): State<Site>,
    RequireDesk(caller): RequireDesk,
    Path(id): Path<BannerId>,
) -> Answer<Html<String>> {
    edit_page(&site, &caller, id, None).await
}

async fn replace(
    State(site): State<Site>,
    RequireDesk(caller): RequireDesk,
    Path(id): Path<BannerId>,
    mut form: Form,
) -> Answer<Response> {
    let problem = match body(&mut form, site.now()) {
        Some(body) => change(&site, caller.actor(), id, body).await.err().map(|Refused(problem)| problem),
        None => Some(Problem::new(ProblemCode::Malformed)),
    };
    match problem {
        None => Ok(Redirect::to("/desk/banners?done=changed").into_response()),
        Some(problem) => {
            if !form.has_errors() {
                form.refuse(&problem);
            }
            let shown = edit_page(&site, &caller, id, Some(form)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
        }
    }
}

async fn end(State(site): State<Site>, RequireDesk(caller): RequireDesk, Path(id): Path<BannerId>) -> Answer<Redirect> {
    take_back(&site, caller.actor(), id).await?;
    Ok(Redirect::to("/desk/banners?done=ended"))
}
