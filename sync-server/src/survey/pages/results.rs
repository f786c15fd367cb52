//! What customers answered, as a page for admins: by expert, skill and product, and the last answers in their own words.

use super::super::api::admin::{DAYS, PAGE_MAX, count};
use super::super::results::Line;
use super::super::store;
use crate::db::Error;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Query, Site};
use crate::tickets;
use crate::web::{self, Frame};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use serde::Deserialize;
use shared::ids::SurveyId;
use shared::time::Zone;

/// Looking back so far is offered.
const DAYS_OFFERED: [i64; 4] = [7, 30, DAYS, 365];

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/admin/surveys", get(show))
}

#[derive(Deserialize)]
struct Wanted {
    /// What is no number is the usual time: the page shows which.
    #[serde(default)]
    days: String,
    #[serde(default)]
    before: Option<SurveyId>,
}

struct Row {
    name: String,
    working: String,
    rating: String,
    n_answered: u32,
    n: u32,
    n_not_reachable: u32,
}

impl Row {
    fn of(line: &Line) -> Self {
        let percent = (line.n_working * 100 + line.n_answered / 2).checked_div(line.n_answered);
        let tenths = line.rating_tenths();
        Self {
            name: line.name.clone(),
            working: percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %")),
            rating: tenths.map_or_else(|| "–".to_owned(), |tenths| format!("{}.{}", tenths / 10, tenths % 10)),
            n_answered: line.n_answered,
            n: line.n,
            n_not_reachable: line.n_not_reachable,
        }
    }
}

struct Section {
    id: &'static str,
    title: &'static str,
    rows: Vec<Row>,
}

struct Said {
    number: String,
    to: String,
    when: String,
    words: String,
    comment: Option<String>,
}

#[derive(Template)]
#[template(path = "survey/results.html")]
struct ResultsPage {
    frame: Frame,
    days: i64,
    offered: [i64; 4],
    all: Row,
    sections: Vec<Section>,
    said: Vec<Said>,
    earlier: Option<SurveyId>,
}

async fn show(
    State(site): State<Site>,
    RequireAdmin(caller): RequireAdmin,
    Query(wanted): Query<Wanted>,
) -> Answer<Html<String>> {
    let days = wanted.days.parse().ok().filter(|days| DAYS_OFFERED.contains(days)).unwrap_or(DAYS);
    let results = count(&site, days).await?;
    let section = |id, title, lines: &[Line]| Section { id, title, rows: lines.iter().map(Row::of).collect() };
    let sections = vec![
        section("experts", "By expert", &results.by_expert),
        section("skills", "By skill", &results.by_skill),
        section("products", "By product", &results.by_product),
    ];
    let before = wanted.before;
    let read = site.db.read(async move |conn| {
        let surveys = store::list(conn, before, PAGE_MAX + 1).await?;
        let ids: Vec<_> = surveys.iter().map(|survey| survey.ticket).collect();
        Ok::<_, Error>((surveys, tickets::store::many(conn, &ids).await?))
    });
    let (mut surveys, tickets) = read.await?;
    let size = usize::try_from(PAGE_MAX).unwrap_or(usize::MAX);
    let is_more = surveys.len() > size;
    surveys.truncate(size);
    let earlier = surveys.last().map(|survey| survey.id).filter(|_| is_more);
    let zone = Zone::utc();
    let said = surveys.iter().filter_map(|survey| {
        let (working, at) = (survey.working?, survey.answered_at?);
        let number = tickets.iter().find(|ticket| ticket.id == survey.ticket).map(|ticket| ticket.number.to_string());
        let works = if working { "It is working" } else { "It is not working" };
        let words = match survey.rating {
            Some(rating) => format!("{works}, {rating} of 5"),
            None => works.to_owned(),
        };
        Some(Said {
            number: number.unwrap_or_default(),
            to: format!("/desk/tickets/{}", survey.ticket),
            when: zone.show(at, "%-d %b %Y, %H:%M UTC"),
            words,
            comment: survey.comment.as_ref().map(ToString::to_string),
        })
    });
    let said = said.collect();
    let frame = Frame::of(&site, Some(&caller), "/admin/surveys").wide();
    web::page(&ResultsPage { frame, days, offered: DAYS_OFFERED, all: Row::of(&results.all), sections, said, earlier })
}
