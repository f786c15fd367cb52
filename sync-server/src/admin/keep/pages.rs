//! The pages on which admins keep everything. Each list has filters and a way on, each record its forms; a second click
//! finds the change made, and an edit of something older than what is there is refused with what to do.

mod audit;
mod catalogue;
mod customers;
mod experts;
mod import;
mod needs;
mod people;
mod plans;
mod work;

use crate::config::Mode;
use crate::http::caller::RequireAdmin;
use crate::http::{Answer, Site};
use crate::web::cut::{cut, weight};
use crate::web::frame::{Frame, Viewer};
use crate::web::page;
use crate::web::records::{Cell, Record};
use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use shared::texts::Language;
use shared::time::{Timestamp, Zone};

/// Rows on a page.
const PAGE: i64 = 50;
/// What the rows of a page weigh where a list was read whole.
const ROWS_BYTES_MAX: usize = 44_000;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/admin", get(index))
        .merge(audit::routes())
        .merge(catalogue::routes())
        .merge(customers::routes())
        .merge(experts::routes())
        .merge(import::routes())
        .merge(needs::routes())
        .merge(people::routes())
        .merge(plans::routes())
        .merge(work::routes())
}

fn frame(site: &Site) -> Frame {
    Frame::private("/admin").seen_by(Viewer::Admin).in_demo(site.config.mode == Mode::Demo).wide()
}

/// What a page said when it led back to itself.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Came {
    done: Option<String>,
    /// Which page of a list; what is no number is the first one.
    page: String,
}

impl Came {
    fn said(&self) -> String {
        match self.done.as_deref() {
            None => String::new(),
            Some("made") => "Made.".to_owned(),
            Some("code") => "A code is on its way. It is good for ten minutes.".to_owned(),
            Some("off") => "Switched off.".to_owned(),
            Some("on") => "Switched on again.".to_owned(),
            Some("again") => "It runs again.".to_owned(),
            Some(_) => "Saved.".to_owned(),
        }
    }
}

/// The rows of the page that is asked for, of a list that was read whole, and where it goes on.
fn paged(rows: Vec<Vec<Cell>>, came: &Came, path: &str) -> (Vec<Vec<Cell>>, Option<String>) {
    let bytes = |row: &Vec<Cell>| row.iter().map(|cell| weight(&cell.text) + weight(&cell.to) + 70).sum::<usize>();
    let shown = cut(rows, came.page.parse().unwrap_or(1), ROWS_BYTES_MAX, bytes);
    let next = shown.after().map(|page| format!("{path}?page={page}"));
    (shown.items, next)
}

/// Back to a page that says that it is done.
fn back(path: &str, done: &str) -> Response {
    Redirect::to(&format!("{path}?done={done}")).into_response()
}

/// The page again, with what is wrong.
fn wrong(record: &Record) -> Answer<Response> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(record)?).into_response())
}

/// An instant as admins read it: by the clock of the server's zone of reference, with the zone said.
fn at(at: Timestamp) -> String {
    format!("{} UTC", Zone::utc().show(at, "%Y-%m-%d %H:%M"))
}

/// An instant by somebody's own clock.
fn local(zone: &Zone, at: Timestamp) -> String {
    Language::English.catalogue().when(zone, at)
}

struct Group {
    heading: &'static str,
    links: Vec<(&'static str, &'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "admin/index.html")]
struct IndexPage {
    frame: Frame,
    groups: Vec<Group>,
}

async fn index(axum::extract::State(site): axum::extract::State<Site>, _: RequireAdmin) -> Answer<Html<String>> {
    let groups = vec![
        Group {
            heading: "People",
            links: vec![
                ("/admin/experts", "Experts", "Who visits: skills, areas, shifts, absences, phones"),
                ("/admin/customers", "Customers", "Who asks: addresses, plans, import and export"),
                ("/admin/staff", "Staff", "Who answers the phone and who keeps this"),
            ],
        },
        Group {
            heading: "What we do",
            links: vec![
                ("/admin/skills", "Skills", "What experts can do"),
                ("/admin/areas", "Areas", "Where they go"),
                ("/admin/needs", "Needs", "What each trouble needs"),
                ("/admin/plans", "Plans", "What is sold"),
                ("/admin/needs/review", "Needs to look at", "Rows that experts disagree with"),
                ("/knowledge", "Knowledge", "Articles and their reviews"),
                ("/knowledge/misses", "Searches without an answer", "What was looked for and not found"),
                ("/knowledge/words", "Words that mean the same", "What a search takes for another word"),
                ("/admin/states", "States", "How a ticket moves"),
            ],
        },
        Group {
            heading: "What happens",
            links: vec![
                ("/desk/tickets", "Tickets", "Each with its history, and why which expert was asked"),
                ("/admin/charges", "Charges", "What was paid, what failed, and giving it back"),
                ("/admin/surveys", "Surveys", "Whether it works, by expert, skill and product"),
                ("/admin/reports", "Reports", "How well we do, as numbers, CSV and charts"),
                ("/admin/notices", "Notices", "What was told to whom, and what did not arrive"),
                ("/admin/jobs", "Dead jobs", "Background work that gave up"),
                ("/admin/audit", "Audit", "Who changed what"),
                ("/admin/health", "Health", "How our ways to reach people do"),
                ("/admin/overrides", "Overrides", "Who was sent against a rule, and why"),
            ],
        },
    ];
    page(&IndexPage { frame: frame(&site), groups })
}

#[cfg(test)]
mod tests;
