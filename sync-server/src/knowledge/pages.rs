//! Knowledge as pages: for staff search, article, writing and review; for customers search and the reviewed article.

mod beside;
mod help;
mod keep;

use super::api::{by, find};
use super::change;
use super::store::{self, NewArticle};
use super::{Article, ArticleState, Asked, Audience, Deed, ReviewNote, SEARCH_CHARS_MAX, Solved, Stop, Text};
use crate::accounts::Role;
use crate::db::{Lane, Tx};
use crate::http::caller::{RequireAdmin, RequireDesk};
use crate::http::undone::Undone;
use crate::http::{Answer, Query, Refused, Site};
use crate::web::cut::weight;
use crate::web::most::{Most, short};
use crate::web::{Form, Frame, page};
use crate::workforce;
use crate::workforce::Category;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{Router, get, post};
use serde::Deserialize;
use shared::ids::{ArticleId, TicketId};
use shared::problem::ProblemCode;
use shared::text::{ShortLine, Slug};

/// Articles on the page of staff.
const LISTED_MAX: i64 = 30;
/// What the versions of an article weigh on its page, and how much of each is shown: what changed has a page of its own.
const VERSIONS_BYTES_MAX: usize = 14_000;
const STEPS_CHARS_MAX: usize = 300;
/// Characters of how a ticket was solved.
const SUMMARY_CHARS_MAX: usize = 600;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/knowledge", get(list))
        .route("/knowledge/new", get(show_new).post(begin))
        .route("/knowledge/{id}", get(show))
        .route("/knowledge/{id}/edit", get(show_edit).post(edit))
        .route("/knowledge/{id}/act", post(act))
        .merge(beside::routes())
        .merge(keep::routes())
        .merge(help::routes())
}

fn frame(site: &Site, caller: &RequireDesk) -> Frame {
    Frame::of(site, Some(&caller.0), "/knowledge").wide()
}

/// What is typed into a search.
#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    before: Option<ArticleId>,
}

/// An article in a list.
struct Listed {
    article: Article,
    product: String,
}

fn product(text: &Text, categories: &[Category]) -> String {
    let Some(category) = categories.iter().find(|one| Some(&one.slug) == text.category.as_ref()) else {
        return String::new();
    };
    let symptom = category.symptoms.iter().find(|one| Some(&one.slug) == text.symptom.as_ref());
    match symptom {
        Some(symptom) => format!("{}: {}", category.label, symptom.label),
        None => category.label.to_string(),
    }
}

#[derive(Template)]
#[template(path = "knowledge/list.html")]
struct ListPage {
    frame: Frame,
    q: String,
    category: String,
    categories: Vec<Category>,
    is_admin: bool,
    state: String,
    states: Vec<(&'static str, &'static str)>,
    items: Vec<Listed>,
    next: Option<ArticleId>,
    n_review: usize,
}

async fn list(State(site): State<Site>, caller: RequireDesk, Query(wanted): Query<Wanted>) -> Answer<Html<String>> {
    let q: String = wanted.q.trim().chars().take(SEARCH_CHARS_MAX).collect();
    let state = ArticleState::from_word(&wanted.state);
    let categories = site.db.read(async |conn| workforce::store::categories(conn).await).await?;
    let (mut articles, mut next) = (vec![], None);
    if q.is_empty() {
        let before = wanted.before;
        articles = site.db.read(async move |conn| store::list(conn, state, before, LISTED_MAX + 1).await).await?;
        let page_len = usize::try_from(LISTED_MAX).unwrap_or(1);
        next = (articles.len() > page_len).then(|| articles[page_len - 1].id);
        articles.truncate(page_len);
    } else {
        let category: Option<Slug> = wanted.category.parse().ok();
        let hits = find(&site.db, Audience::Ours, Asked { text: q.clone(), category, symptom: None }).await?;
        articles.extend(hits.into_iter().map(|hit| hit.article));
    }
    let review =
        site.db.read(async |conn| store::list(conn, Some(ArticleState::Review), None, LISTED_MAX).await).await?;
    page(&ListPage {
        frame: frame(&site, &caller),
        state: state.map_or_else(String::new, |state| state.word().to_owned()),
        states: ArticleState::ALL.map(|state| (state.word(), state.label())).to_vec(),
        items: articles
            .into_iter()
            .map(|article| Listed { product: product(&article.text, &categories), article })
            .collect(),
        next,
        n_review: review.len(),
        is_admin: caller.0.person.role() == Role::Admin,
        category: wanted.category,
        categories,
        q,
    })
}

struct Button {
    word: &'static str,
    label: &'static str,
    class: &'static str,
}

/// What this caller can do to an article; deeds are an admin's.
fn buttons(article: &Article, caller: &RequireDesk) -> Vec<Button> {
    if caller.0.person.role() != Role::Admin {
        return vec![];
    }
    let fitting = Deed::ALL.into_iter().filter(|deed| article.state.after(*deed).is_some());
    let button = |deed: Deed| {
        let (label, class) = match deed {
            Deed::Submit => ("Hand in for review", "quiet"),
            Deed::Publish => ("Publish for customers", ""),
            Deed::Return => ("Give back to mend", "quiet"),
            Deed::Retire => ("Retire", "bad"),
            Deed::Restore => ("Take up again", "quiet"),
        };
        Button { word: deed.word(), label, class }
    };
    fitting.map(button).collect()
}

#[derive(Template)]
#[template(path = "knowledge/article.html")]
struct ArticlePage {
    frame: Frame,
    article: Article,
    product: String,
    buttons: Vec<Button>,
    may_edit: bool,
    form: Form,
    versions: Most<Past>,
}

/// A version, with the beginning of its steps.
struct Past {
    version: store::Version,
    steps: String,
}

impl Past {
    fn of(version: store::Version) -> Self {
        Self { steps: short(version.text.steps.as_str(), STEPS_CHARS_MAX), version }
    }

    /// What it weighs on the page, about.
    fn bytes(&self) -> usize {
        let (title, author) = (self.version.text.title.as_str(), self.version.author_name.as_str());
        weight(title) + weight(author) + weight(&self.steps) + 100
    }
}

async fn article_page(site: &Site, caller: &RequireDesk, id: ArticleId, form: Form) -> Answer<Html<String>> {
    let found = site.db.read(async move |conn| {
        let Some(article) = store::article(conn, id, Audience::Ours).await? else { return Ok(None) };
        let versions = store::versions(conn, id).await?;
        Ok::<_, crate::db::Error>(Some((article, versions, workforce::store::categories(conn).await?)))
    });
    let Some((article, versions, categories)) = found.await? else { return Err(Refused::new(ProblemCode::NotFound)) };
    page(&ArticlePage {
        frame: frame(site, caller),
        product: product(&article.text, &categories),
        buttons: buttons(&article, caller),
        may_edit: article.state.edited().is_some(),
        article,
        form,
        versions: Most::that_fit(versions.into_iter().map(Past::of), VERSIONS_BYTES_MAX, Past::bytes),
    })
}

async fn show(State(site): State<Site>, caller: RequireDesk, Path(id): Path<ArticleId>) -> Answer<Html<String>> {
    article_page(&site, &caller, id, Form::new()).await
}

async fn act(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ArticleId>,
    mut form: Form,
) -> Answer<Response> {
    let deed = Deed::from_word(form.value("deed"));
    let seen = form.value("ver").parse::<i64>().ok();
    let note: Option<ReviewNote> = form.read_optional("note");
    let (Some(deed), false) = (deed, form.has_errors()) else {
        let page = article_page(&site, &RequireDesk(admin), id, form).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let (now, caller) = (site.now(), admin.clone());
    let acted = site.db.write(Lane::Desk, async move |tx: &mut Tx| {
        let by = by(tx, &caller).await?;
        change::act(tx, id, deed, seen, note.as_ref(), &by, now).await
    });
    match acted.await {
        Ok(_) => Ok(Redirect::to(&format!("/knowledge/{id}")).into_response()),
        Err(Undone::Refused(problem)) if problem.code != ProblemCode::NotFound => {
            form.refuse(&problem);
            let page = article_page(&site, &RequireDesk(admin), id, form).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(undone) => Err(undone.into()),
    }
}

/// How a ticket was solved, in few words.
fn brief(one: Solved) -> Solved {
    Solved { summary: short(&one.summary, SUMMARY_CHARS_MAX), ..one }
}

/// A product with its symptoms, to choose from.
struct Group {
    label: String,
    choices: Vec<(String, String)>,
}

fn groups(categories: &[Category]) -> Vec<Group> {
    let group = |category: &Category| {
        let whole = (category.slug.to_string(), format!("{}: anything", category.label));
        let symptoms = category.symptoms.iter().map(|symptom| {
            (format!("{}/{}", category.slug, symptom.slug), format!("{}: {}", category.label, symptom.label))
        });
        Group { label: category.label.to_string(), choices: std::iter::once(whole).chain(symptoms).collect() }
    };
    categories.iter().map(group).collect()
}

#[derive(Template)]
#[template(path = "knowledge/write.html")]
struct WritePage {
    frame: Frame,
    form: Form,
    action: String,
    heading: &'static str,
    groups: Vec<Group>,
    preview: Option<Text>,
    solved: Vec<Solved>,
}

async fn write_page(
    site: &Site,
    caller: &RequireDesk,
    form: Form,
    action: String,
    heading: &'static str,
    preview: Option<Text>,
    solved: Vec<Solved>,
) -> Answer<Html<String>> {
    let categories = site.db.read(async |conn| workforce::store::categories(conn).await).await?;
    let groups = groups(&categories);
    let solved = solved.into_iter().map(brief).collect();
    page(&WritePage { frame: frame(site, caller), form, action, heading, groups, preview, solved })
}

fn filled(text: &Text) -> Form {
    let about = match (&text.category, &text.symptom) {
        (Some(category), Some(symptom)) => format!("{category}/{symptom}"),
        (Some(category), None) => category.to_string(),
        (None, _) => String::new(),
    };
    let option = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Form::new()
        .with("title", text.title.as_str())
        .with("problem", text.problem.as_str())
        .with("steps", text.steps.as_str())
        .with("stop", option(text.stop.as_ref().map(Stop::as_str)))
        .with("make", option(text.make.as_ref().map(ShortLine::as_str)))
        .with("model", option(text.model.as_ref().map(ShortLine::as_str)))
        .with("about", about)
}

fn read(form: &mut Form) -> Option<Text> {
    let about = form.value("about").to_owned();
    let (category, symptom) = about.split_once('/').map_or((about.as_str(), None), |(one, two)| (one, Some(two)));
    let category = Some(category).filter(|slug| !slug.is_empty()).map(str::parse::<Slug>);
    let symptom = symptom.map(str::parse::<Slug>);
    if matches!(category, Some(Err(_))) || matches!(symptom, Some(Err(_))) {
        form.wrong("about", "choose one of the list");
    }
    let (title, problem, steps) = (form.read("title"), form.read("problem"), form.read("steps"));
    let (stop, make, model) = (form.read_optional("stop"), form.read_optional("make"), form.read_optional("model"));
    if form.has_errors() {
        return None;
    }
    let (category, symptom) = (category.transpose().ok()?, symptom.transpose().ok()?);
    Some(Text { title: title?, problem: problem?, steps: steps?, stop, category, symptom, make, model })
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    ticket: Option<TicketId>,
    #[serde(default)]
    title: String,
}

async fn show_new(State(site): State<Site>, caller: RequireDesk, Query(from): Query<From>) -> Answer<Html<String>> {
    let mut form = Form::new().with("title", from.title);
    let mut solved = vec![];
    if let Some(id) = from.ticket {
        let found = site.db.read(async move |conn| {
            let ticket = change::ticket(conn, id).await?;
            let names = change::names_of(conn, &ticket).await?;
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let solved = store::solved_like(conn, &ticket).await?;
            Ok::<_, Undone>((change::text_from(&ticket, &names), solved))
        });
        let (text, like) = found.await?;
        form = text.as_ref().map(filled).unwrap_or_default().with("ticket", id.to_string());
        solved = like;
    }
    let form = form.with("id", site.new_id::<shared::ids::of::Article>().to_string());
    write_page(&site, &caller, form, "/knowledge/new".into(), "Write an article", None, solved).await
}

async fn begin(State(site): State<Site>, caller: RequireDesk, mut form: Form) -> Answer<Response> {
    let action = "/knowledge/new".to_owned();
    let text = read(&mut form);
    let is_preview = form.value("then") == "preview";
    let Some(text) = text.clone().filter(|_| !is_preview) else {
        let status = if text.is_some() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let page = write_page(&site, &caller, form, action, "Write an article", text, vec![]).await?;
        return Ok((status, page).into_response());
    };
    let id: ArticleId = form.value("id").parse().unwrap_or_else(|_| site.new_id());
    let ticket: Option<TicketId> = form.filled("ticket").and_then(|id| id.parse().ok());
    let (now, person) = (site.now(), caller.0.clone());
    let begun = site.db.write(Lane::Desk, async move |tx: &mut Tx| {
        let by = by(tx, &person).await?;
        let new = NewArticle { id, text: text.clone(), author: by.actor, author_name: by.name, ticket };
        change::begin(tx, &new, now).await
    });
    match begun.await {
        Ok(article) => Ok(Redirect::to(&format!("/knowledge/{}", article.id)).into_response()),
        Err(Undone::Refused(problem)) => {
            form.refuse(&problem);
            let page = write_page(&site, &caller, form, action, "Write an article", None, vec![]).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(undone) => Err(undone.into()),
    }
}

async fn show_edit(State(site): State<Site>, caller: RequireDesk, Path(id): Path<ArticleId>) -> Answer<Html<String>> {
    let found = site.db.read(async move |conn| store::article(conn, id, Audience::Ours).await).await?;
    let article = found.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let form = filled(&article.text).with("ver", article.ver.to_string());
    write_page(&site, &caller, form, format!("/knowledge/{id}/edit"), "Edit the article", None, vec![]).await
}

async fn edit(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<ArticleId>,
    mut form: Form,
) -> Answer<Response> {
    let action = format!("/knowledge/{id}/edit");
    let text = read(&mut form);
    let is_preview = form.value("then") == "preview";
    let Some(text) = text.clone().filter(|_| !is_preview) else {
        let status = if text.is_some() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let page = write_page(&site, &caller, form, action, "Edit the article", text, vec![]).await?;
        return Ok((status, page).into_response());
    };
    let seen = form.value("ver").parse::<i64>().ok();
    let (now, person) = (site.now(), caller.0.clone());
    let edited = site.db.write(Lane::Desk, async move |tx: &mut Tx| {
        let by = by(tx, &person).await?;
        change::edit(tx, id, &text, seen, &by, now).await
    });
    match edited.await {
        Ok(_) => Ok(Redirect::to(&format!("/knowledge/{id}")).into_response()),
        Err(Undone::Refused(problem)) if problem.code != ProblemCode::NotFound => {
            form.refuse(&problem);
            let page = write_page(&site, &caller, form, action, "Edit the article", None, vec![]).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(undone) => Err(undone.into()),
    }
}
