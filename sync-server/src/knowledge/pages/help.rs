//! Help for customers: what was reviewed, found in their own words, without signing in.

use super::super::api::find;
use super::super::store;
use super::super::{Article, Asked, Audience, SEARCH_CHARS_MAX};
use super::product;
use crate::http::caller::MaybeCaller;
use crate::http::{Answer, Query, Refused, Site};
use crate::web::cut::weight;
use crate::web::most::Most;
use crate::web::{Frame, page};
use crate::workforce;
use crate::workforce::Category;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use axum::routing::{Router, get};
use serde::Deserialize;
use shared::ids::ArticleId;
use shared::problem::ProblemCode;
use shared::text::Slug;

/// Articles of one product.
const LISTED_MAX: i64 = 60;
/// What they weigh.
const LISTED_BYTES_MAX: usize = 40_000;
/// Articles of one search: what comes further down is about something else.
const FOUND_MAX: usize = 8;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/help", get(search)).route("/help/{id}", get(show))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: String,
}

#[derive(Template)]
#[template(path = "knowledge/help.html")]
struct HelpPage {
    frame: Frame,
    q: String,
    category: String,
    categories: Vec<Category>,
    items: Most<Article>,
}

async fn search(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    Query(wanted): Query<Wanted>,
) -> Answer<Html<String>> {
    let q: String = wanted.q.trim().chars().take(SEARCH_CHARS_MAX).collect();
    let category: Option<Slug> = wanted.category.parse().ok();
    let categories = site.db.read(async |conn| workforce::store::categories(conn).await).await?;
    let items: Vec<Article> = if q.is_empty() {
        match category.clone() {
            Some(slug) => site.db.read(async move |conn| store::of_product(conn, &slug, LISTED_MAX).await).await?,
            None => vec![],
        }
    } else {
        let asked = Asked { text: q.clone(), category: category.clone(), symptom: None };
        find(&site.db, Audience::Customers, asked).await?.into_iter().take(FOUND_MAX).map(|hit| hit.article).collect()
    };
    let frame = Frame { is_private: !q.is_empty(), ..Frame::of(&site, caller.as_ref(), "/help") };
    let category = category.map_or_else(String::new, |slug| slug.to_string());
    let heavy = |article: &Article| weight(article.text.title.as_str()) + weight(article.text.problem.as_str());
    let items = Most::that_fit(items.into_iter(), LISTED_BYTES_MAX, heavy);
    page(&HelpPage { frame, q, category, categories, items })
}

#[derive(Template)]
#[template(path = "knowledge/help_article.html")]
struct HelpArticlePage {
    frame: Frame,
    article: Article,
    product: String,
}

async fn show(
    State(site): State<Site>,
    MaybeCaller(caller): MaybeCaller,
    Path(id): Path<ArticleId>,
) -> Answer<Html<String>> {
    let found = site.db.read(async move |conn| {
        let Some(article) = store::article(conn, id, Audience::Customers).await? else { return Ok(None) };
        Ok::<_, crate::db::Error>(Some((article, workforce::store::categories(conn).await?)))
    });
    let Some((article, categories)) = found.await? else { return Err(Refused::new(ProblemCode::NotFound)) };
    let frame = Frame { is_private: false, ..Frame::of(&site, caller.as_ref(), "/help") };
    page(&HelpArticlePage { frame, product: product(&article.text, &categories), article })
}
