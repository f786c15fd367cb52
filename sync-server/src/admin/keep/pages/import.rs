//! Files brought in by hand: chosen, looked at with every fault by line, and then kept: the good lines, or nothing.

use super::frame;
use crate::admin::keep::bring::{Subject, bring};
use crate::db::Lane;
use crate::http::caller::{RequireAdmin, RequireDesk};
use crate::http::{Answer, Refused, Site};
use crate::sheet::{BYTES_MAX, Lines, store};
use crate::web::frame::Frame;
use crate::web::page;
use crate::workforce::api::import::{Brought, Purpose};
use askama::Template;
use axum::Router;
use axum::extract::multipart::Multipart;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use shared::ids::StaffId;
use shared::problem::{FieldError, Problem, ProblemCode};

/// Faults that a page lists.
const SHOWN_MAX: usize = 100;
/// Names that a page lists of what fits.
const NAMES_MAX: usize = 10;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/import/{kind}", get(choose).post(look))
        .route("/admin/import/{kind}/{draft}", get(seen))
        .route("/admin/import/{kind}/{draft}/keep", post(keep))
}

#[derive(Template)]
#[template(path = "admin/import.html")]
struct ImportPage {
    frame: Frame,
    kind: &'static str,
    /// The page that lists them.
    list: &'static str,
    draft: String,
    columns: String,
    n_good: usize,
    n_bad: usize,
    names: Vec<String>,
    faults: Vec<FieldError>,
    n_more: usize,
    kept: Option<i64>,
    unread: Option<String>,
}

fn subject(word: &str) -> Answer<Subject> {
    Subject::from_word(word).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

fn empty(site: &Site, subject: Subject) -> ImportPage {
    let columns = match subject {
        Subject::Experts => {
            crate::workforce::import::EXPERT_COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>()
        }
        Subject::Customers => crate::customers::import::COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>(),
        Subject::Sites => {
            crate::customers::import_sites::SITE_COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>()
        }
    };
    ImportPage {
        frame: frame(site),
        kind: subject.word(),
        list: match subject {
            Subject::Experts => "experts",
            Subject::Customers | Subject::Sites => "customers",
        },
        draft: String::new(),
        columns: columns.join(", "),
        n_good: 0,
        n_bad: 0,
        names: Vec::new(),
        faults: Vec::new(),
        n_more: 0,
        kept: None,
        unread: None,
    }
}

async fn choose(State(site): State<Site>, _: RequireAdmin, Path(kind): Path<String>) -> Answer<Html<String>> {
    page(&empty(&site, subject(&kind)?))
}

async fn file(mut form: Multipart) -> Answer<Vec<u8>> {
    let broken = || Refused::with(ProblemCode::Malformed, "The file did not arrive whole. Please send it again.");
    while let Some(field) = form.next_field().await.map_err(|_| broken())? {
        if field.name() == Some("file") {
            let bytes = field.bytes().await.map_err(|error| match error.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Refused::new(ProblemCode::TooLarge),
                _ => broken(),
            })?;
            return Ok(bytes.to_vec());
        }
    }
    Err(Problem::with(ProblemCode::Malformed, "Choose a file first.").into())
}

fn staff(RequireAdmin(admin): &RequireAdmin) -> StaffId {
    RequireDesk(admin.clone()).staff()
}

/// Looks at a file. One that can be read is kept for a day, and its page says what would come of it.
async fn look(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(kind): Path<String>,
    form: Multipart,
) -> Answer<Response> {
    let subject = subject(&kind)?;
    let bytes = file(form).await?;
    let refuse = |why: String| -> Answer<Response> {
        let shown = ImportPage { unread: Some(why), ..empty(&site, subject) };
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)?).into_response())
    };
    if bytes.len() > BYTES_MAX {
        return refuse("The file is larger than 1 MiB. Send it in parts, each with its header.".to_owned());
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return refuse("The file is not UTF-8. In Excel save it as \"CSV UTF-8 (comma delimited)\".".to_owned());
    };
    let text = text.replace('\0', "");
    let draft = site.new_id::<shared::ids::of::Job>().to_string();
    let (kept, by, now) = (draft.clone(), staff(&admin), site.real_now());
    let put = async move |tx: &mut crate::db::Tx| store::put(tx, &kept, subject.word(), by, &text, now).await;
    site.db.write(Lane::Bulk, put).await?;
    Ok(Redirect::to(&format!("/admin/import/{kind}/{draft}")).into_response())
}

async fn waiting(site: &Site, draft: &str, subject: Subject, by: StaffId) -> Answer<store::Draft> {
    let id = draft.to_owned();
    let found = site.db.read(async move |conn| store::get(conn, &id, subject.word(), by).await).await?;
    let gone = "This file is kept for a day only, for whoever chose it. Please choose it again.";
    found.ok_or_else(|| Refused::with(ProblemCode::NotFound, gone))
}

/// What would come of a file, or what came of it.
async fn seen(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path((kind, draft)): Path<(String, String)>,
) -> Answer<Response> {
    let subject = subject(&kind)?;
    let waiting = waiting(&site, &draft, subject, staff(&admin)).await?;
    let mut shown = ImportPage { draft, kept: waiting.n_kept, ..empty(&site, subject) };
    if waiting.n_kept.is_none() {
        match bring(&site, admin.0.actor(), subject, waiting.text.as_bytes(), Lines::Good, &Purpose::Preview).await {
            Ok(Brought { items, left_out }) => {
                shown.n_good = items.len();
                shown.names = items.iter().take(NAMES_MAX).map(|item| item.name.to_string()).collect();
                shown.n_bad = bad_lines(&left_out);
                shown.n_more = left_out.len().saturating_sub(SHOWN_MAX);
                shown.faults = left_out.into_iter().take(SHOWN_MAX).collect();
            }
            Err(Refused(problem)) if problem.code == ProblemCode::InvalidFields => {
                shown.n_bad = bad_lines(&problem.errors);
                shown.faults = problem.errors;
            }
            Err(other) => return Err(other),
        }
    }
    Ok(page(&shown)?.into_response())
}

/// How many lines have a fault.
fn bad_lines(faults: &[FieldError]) -> usize {
    let lines: std::collections::BTreeSet<&str> =
        faults.iter().map(|fault| fault.field.split(',').next().unwrap_or_default()).collect();
    lines.len()
}

/// Keeps the good lines. A second click finds them kept.
async fn keep(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path((kind, draft)): Path<(String, String)>,
) -> Answer<Redirect> {
    let subject = subject(&kind)?;
    let waiting = waiting(&site, &draft, subject, staff(&admin)).await?;
    let to = Redirect::to(&format!("/admin/import/{kind}/{draft}"));
    if waiting.n_kept.is_some() {
        return Ok(to);
    }
    let once = Purpose::KeepOnce(draft);
    match bring(&site, admin.0.actor(), subject, waiting.text.as_bytes(), Lines::Good, &once).await {
        Ok(_) => Ok(to),
        // The first of two clicks at once kept them.
        Err(Refused(problem)) if problem.code == ProblemCode::AlreadySettled => Ok(to),
        Err(other) => Err(other),
    }
}
