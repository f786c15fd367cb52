//! Everything of one kind about a ticket, page by page: its history, its notes, what was told, every choice of an expert.
//! The ticket's own page shows the newest of each.

use super::super::beside::{self, Photo};
use super::super::file;
use super::parts::{self, Line, Reasoned, Told};
use super::{frame, when};
use crate::http::caller::RequireDesk;
use crate::http::{Answer, Query, Refused, Site};
use crate::web::cut::{Cut, cut};
use crate::web::{Frame, page};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use serde::Deserialize;
use shared::ids::TicketId;
use shared::problem::ProblemCode;

/// What one page holds, in bytes.
const PAGE_BYTES: usize = 30 * 1024;
/// What a photo's place on a page takes, its words too.
const PHOTO_BYTES: usize = 900;
/// Of those who could be sent, so many with what each would cost.
const FIT_MAX: usize = 60;

/// The entries of a page.
enum Entries {
    Lines(Cut<Line>),
    Told(Cut<Told>),
    Why(Cut<Reasoned>),
    Photos(Cut<Photo>),
}

#[derive(Template)]
#[template(path = "admin/all.html")]
struct AllPage {
    frame: Frame,
    id: TicketId,
    number: String,
    title: &'static str,
    zone: String,
    entries: Entries,
    is_empty: bool,
    /// Page, of how many, the one before and the one after.
    place: (usize, usize, Option<usize>, Option<usize>),
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    /// What is no number is the first: the page shows which.
    #[serde(default)]
    page: String,
}

fn place<T>(cut: &Cut<T>) -> (usize, usize, Option<usize>, Option<usize>) {
    (cut.page, cut.n_pages, cut.before(), cut.after())
}

pub(super) async fn show(
    State(site): State<Site>,
    caller: RequireDesk,
    Path((id, what)): Path<(TicketId, String)>,
    Query(wanted): Query<Wanted>,
) -> Answer<Html<String>> {
    let (now, real_now, timing) = (site.now(), site.real_now(), site.config.timing.clone());
    let read = site.db.read(async move |conn| file::read(conn, id, now, real_now, &timing).await).await?;
    let Some(file) = read else { return Err(Refused::new(ProblemCode::NotFound)) };
    let n = wanted.page.parse().unwrap_or(1);
    let (title, entries, place, is_empty) = match what.as_str() {
        "history" => {
            let lines = cut(parts::history(&file), n, PAGE_BYTES, Line::weight);
            let (at, is_empty) = (place(&lines), lines.items.is_empty());
            ("What happened", Entries::Lines(lines), at, is_empty)
        }
        "notes" => {
            let lines = cut(parts::notes(&file), n, PAGE_BYTES, Line::weight);
            let (at, is_empty) = (place(&lines), lines.items.is_empty());
            ("Notes", Entries::Lines(lines), at, is_empty)
        }
        "told" => {
            let told = cut(parts::told(&file), n, PAGE_BYTES, Told::weight);
            let (at, is_empty) = (place(&told), told.items.is_empty());
            ("What was told", Entries::Told(told), at, is_empty)
        }
        "why" => {
            let why = cut(parts::decisions(&file, FIT_MAX), n, PAGE_BYTES, Reasoned::weight);
            let (at, is_empty) = (place(&why), why.items.is_empty());
            ("Every choice of an expert", Entries::Why(why), at, is_empty)
        }
        "photos" => {
            let zone = parts::zone_of(&file);
            let photos = beside::photos(&file, &|instant| when(&zone, instant));
            let photos = cut(photos, n, PAGE_BYTES, |_| PHOTO_BYTES);
            let (at, is_empty) = (place(&photos), photos.items.is_empty());
            ("Photos", Entries::Photos(photos), at, is_empty)
        }
        _ => return Err(Refused::new(ProblemCode::NotFound)),
    };
    page(&AllPage {
        frame: frame(&site, "/desk/tickets", &caller.0),
        id,
        number: file.ticket.number.to_string(),
        title,
        zone: parts::zone_of(&file).name().to_owned(),
        entries,
        is_empty,
        place,
    })
}
