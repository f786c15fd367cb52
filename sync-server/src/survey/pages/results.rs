//! What customers answered, as a page for admins: by expert, skill and product, and the last answers in their own words.
//! The page holds what fits: the file has all that is counted, and older answers are a page further.

use super::super::api::admin::{DAYS, PAGE_MAX, count};
use super::super::results::{Line, Results};
use super::super::{Survey, store};
use crate::db::Error;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Query, Site};
use crate::tickets::{self, Ticket};
use crate::web::cut::{cut, weight};
use crate::web::most::Most;
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
/// What one of the three tables weighs.
const SECTION_BYTES_MAX: usize = 9_000;
/// What the answers in words weigh.
const SAID_BYTES_MAX: usize = 24_000;
/// What a row of a table, and an answer, weighs beside its words.
const ROW_BYTES: usize = 50;
const ANSWER_BYTES: usize = 120;

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
    most: Most<Row>,
}

impl Section {
    fn of(id: &'static str, title: &'static str, lines: &[Line]) -> Self {
        let heavy = |row: &Row| weight(&row.name) + ROW_BYTES;
        Self { id, title, most: Most::of(lines.iter().map(Row::of), SECTION_BYTES_MAX, heavy) }
    }
}

struct Said {
    number: String,
    to: String,
    when: String,
    words: String,
    comment: Option<String>,
}

impl Said {
    /// Nothing of a survey that nobody answered.
    fn of(survey: &Survey, tickets: &[Ticket]) -> Option<Self> {
        let (working, at) = (survey.working?, survey.answered_at?);
        let number = tickets.iter().find(|ticket| ticket.id == survey.ticket).map(|ticket| ticket.number.to_string());
        let works = if working { "It is working" } else { "It is not working" };
        let words = match survey.rating {
            Some(rating) => format!("{works}, {rating} of 5"),
            None => works.to_owned(),
        };
        Some(Self {
            number: number.unwrap_or_default(),
            to: format!("/desk/tickets/{}", survey.ticket),
            when: Zone::utc().show(at, "%-d %b %Y, %H:%M UTC"),
            words,
            comment: survey.comment.as_ref().map(ToString::to_string),
        })
    }
}

/// The first of these surveys, as many as a page holds, and whether there are more.
fn on_page(surveys: Vec<Survey>) -> (Vec<Survey>, bool) {
    let n = surveys.len();
    let size = usize::try_from(PAGE_MAX).unwrap_or(usize::MAX);
    let comment = |survey: &Survey| survey.comment.as_ref().map_or(0, |comment| weight(comment.as_str()));
    let first: Vec<Survey> = surveys.into_iter().take(size).collect();
    let shown = cut(first, 1, SAID_BYTES_MAX, |survey| comment(survey) + ANSWER_BYTES).items;
    let is_more = shown.len() < n;
    (shown, is_more)
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

impl ResultsPage {
    fn of(frame: Frame, days: i64, results: &Results, surveys: &[Survey], is_more: bool, tickets: &[Ticket]) -> Self {
        Self {
            frame,
            days,
            offered: DAYS_OFFERED,
            all: Row::of(&results.all),
            sections: vec![
                Section::of("experts", "By expert", &results.by_expert),
                Section::of("skills", "By skill", &results.by_skill),
                Section::of("products", "By product", &results.by_product),
            ],
            said: surveys.iter().filter_map(|survey| Said::of(survey, tickets)).collect(),
            earlier: surveys.last().map(|survey| survey.id).filter(|_| is_more),
        }
    }
}

async fn show(
    State(site): State<Site>,
    RequireAdmin(caller): RequireAdmin,
    Query(wanted): Query<Wanted>,
) -> Answer<Html<String>> {
    let days = wanted.days.parse().ok().filter(|days| DAYS_OFFERED.contains(days)).unwrap_or(DAYS);
    let results = count(&site, days).await?;
    let before = wanted.before;
    let read = site.db.read(async move |conn| {
        let (surveys, is_more) = on_page(store::list(conn, before, PAGE_MAX + 1).await?);
        let ids: Vec<_> = surveys.iter().map(|survey| survey.ticket).collect();
        let tickets = tickets::store::many(conn, &ids).await?;
        Ok::<_, Error>((surveys, is_more, tickets))
    });
    let (surveys, is_more, tickets) = read.await?;
    let frame = Frame::of(&site, Some(&caller), "/admin/surveys").wide();
    web::page(&ResultsPage::of(frame, days, &results, &surveys, is_more, &tickets))
}

#[cfg(test)]
#[path = "weight_tests.rs"]
mod tests;
