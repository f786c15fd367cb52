//! What admins keep so that searches find: the words that mean the same, and the searches that found nothing.

use super::super::store::{self, Miss};
use super::super::{Audience, change};
use super::frame;
use crate::accounts::Role;
use crate::db::{Lane, Tx};
use crate::http::caller::{RequireAdmin, RequireDesk};
use crate::http::undone::Undone;
use crate::http::{Answer, Refused, Site};
use crate::knowledge::diff::{self, Side};
use crate::web::cut::weight;
use crate::web::most::Most;
use crate::web::{Form, Frame, page};
use crate::workforce;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{Router, get, post};
use shared::ids::ArticleId;
use shared::problem::ProblemCode;

/// Searches that found nothing, on their page.
const MISSES_SHOWN: i64 = 200;
/// What they weigh.
const MISSES_BYTES_MAX: usize = 50_000;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/knowledge/words", get(show_words).post(put_words))
        .route("/knowledge/misses", get(show_misses))
        .route("/knowledge/misses/forget", post(forget))
        .route("/knowledge/{id}/versions/{ver}", get(compare))
}

#[derive(Template)]
#[template(path = "knowledge/words.html")]
struct WordsPage {
    frame: Frame,
    form: Form,
}

async fn show_words(State(site): State<Site>, RequireAdmin(caller): RequireAdmin) -> Answer<Html<String>> {
    let (ver, body) = site.db.read(async |conn| store::synonyms(conn).await).await?;
    let form = Form::new().with("ver", ver.to_string()).with("body", body);
    page(&WordsPage { frame: frame(&site, &RequireDesk(caller)), form })
}

async fn put_words(State(site): State<Site>, RequireAdmin(caller): RequireAdmin, mut form: Form) -> Answer<Response> {
    let (ver, body) = (form.value("ver").parse::<i64>().unwrap_or(0), form.value("body").replace("\r\n", "\n"));
    let (now, actor) = (site.now(), caller.actor());
    let put =
        site.db.write(Lane::Desk, async move |tx: &mut Tx| change::keep_synonyms(tx, ver, &body, actor, now).await);
    match put.await {
        Ok(_) => Ok(Redirect::to("/knowledge/words").into_response()),
        Err(Undone::Refused(problem)) => {
            form.refuse(&problem);
            let page = page(&WordsPage { frame: frame(&site, &RequireDesk(caller)), form })?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(undone) => Err(undone.into()),
    }
}

#[derive(Template)]
#[template(path = "knowledge/misses.html")]
struct MissesPage {
    frame: Frame,
    items: Most<Miss>,
    may_forget: bool,
}

async fn show_misses(State(site): State<Site>, caller: RequireDesk) -> Answer<Html<String>> {
    let items = site.db.read(async |conn| store::misses(conn, MISSES_SHOWN).await).await?;
    // Its words stand in the row, in two names of buttons, in a field and in an address.
    let heavy = |miss: &Miss| 4 * weight(&miss.words) + 3 * miss.words.len() + 350;
    let items = Most::that_fit(items.into_iter(), MISSES_BYTES_MAX, heavy);
    let may_forget = caller.0.person.role() == Role::Admin;
    page(&MissesPage { frame: frame(&site, &caller), items, may_forget })
}

/// Forgotten already is as good: somebody else clicked first.
async fn forget(State(site): State<Site>, RequireAdmin(caller): RequireAdmin, form: Form) -> Answer<Redirect> {
    let (words, actor, now) = (form.value("words").to_owned(), caller.actor(), site.now());
    let gone = site.db.write(Lane::Desk, async move |tx: &mut Tx| change::forget_miss(tx, &words, actor, now).await);
    match gone.await {
        Ok(()) => {}
        Err(Undone::Refused(problem)) if problem.code == ProblemCode::NotFound => {}
        Err(undone) => return Err(undone.into()),
    }
    Ok(Redirect::to("/knowledge/misses"))
}

/// A part of an article in two versions; each line with what a reader hears of it.
struct Compared {
    name: &'static str,
    lines: Vec<(&'static str, &'static str, String)>,
}

#[derive(Template)]
#[template(path = "knowledge/compare.html")]
struct ComparePage {
    frame: Frame,
    id: ArticleId,
    title: String,
    old: i64,
    new: i64,
    by: String,
    parts: Vec<Compared>,
    is_public: bool,
}

/// A version beside the one before it.
async fn compare(
    State(site): State<Site>,
    caller: RequireDesk,
    Path((id, ver)): Path<(ArticleId, i64)>,
) -> Answer<Html<String>> {
    let found = site.db.read(async move |conn| {
        let Some(article) = store::article(conn, id, Audience::Ours).await? else { return Ok(None) };
        let versions = store::versions(conn, id).await?;
        Ok::<_, crate::db::Error>(Some((article, versions, workforce::store::categories(conn).await?)))
    });
    let not_found = || Refused::new(ProblemCode::NotFound);
    let (article, versions, categories) = found.await?.ok_or_else(not_found)?;
    let at = |ver: i64| versions.iter().find(|version| version.ver == ver);
    let (new, old) = (at(ver).ok_or_else(not_found)?, at(ver - 1).ok_or_else(not_found)?);
    let about = |version: &store::Version| super::product(&version.text, &categories);
    let parts = diff::between(&old.text, &new.text, &about(old), &about(new));
    let line = |(side, line): (Side, String)| match side {
        Side::Both => ("", "", line),
        Side::Old => ("gone", "Taken out:", line),
        Side::New => ("came", "New:", line),
    };
    let compared = |part: diff::Part| Compared { name: part.name, lines: part.lines.into_iter().map(line).collect() };
    page(&ComparePage {
        frame: frame(&site, &caller),
        id,
        title: new.text.title.to_string(),
        old: old.ver,
        new: new.ver,
        by: new.author_name.to_string(),
        parts: parts.into_iter().map(compared).collect(),
        is_public: article.public_ver == Some(ver),
    })
}
