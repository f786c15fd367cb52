//! The table of needs with its categories and symptoms. Categories are public: the form shows them.

use super::days::read_sets;
use super::{Words, shown};
use crate::audit;
use crate::db::{Lane, Tx};
use crate::http::caller::RequireAdmin;
use crate::http::paging::{self, Paging};
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Query, Site};
use crate::workforce::store::{self, NewNeed};
use crate::workforce::{Category, Symptom};
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{Router, get, put};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::problem::{Problem, ProblemCode};
use shared::text::{Name, Slug};
use std::collections::BTreeMap;

/// Longest work that a need may say; longer work is several visits.
const WORK_MINUTES_MAX: u32 = 600;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/categories", get(categories))
        .route("/api/v1/admin/needs", get(list).put(put_need))
        .route("/api/v1/admin/needs/{category}", put(put_category))
        .route("/api/v1/admin/needs/{category}/{symptom}", put(put_symptom))
}

async fn categories(State(site): State<Site>, Query(asked): Query<Paging>) -> Answer<impl IntoResponse> {
    let all = site.db.read(async |conn| store::categories(conn).await).await?;
    paging::cut(all, &asked, |category| category.slug.clone())?.answer()
}

fn document(need: &NewNeed, ver: i64, words: &Words) -> Value {
    json!({
        "category": need.category,
        "symptom": need.symptom,
        "skills": words.skills(&need.skills),
        "work_minutes": need.work_minutes,
        "urgent": need.urgent,
        "ver": ver,
    })
}

/// The key of a row in the list: a category's own row has no symptom.
fn key(need: &NewNeed) -> String {
    format!("{}:{}", need.category, need.symptom.as_ref().map_or("", Slug::as_str))
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(asked): Query<Paging>) -> Answer<impl IntoResponse> {
    let found = site.db.read(async move |conn| {
        let words = Words::load(conn).await?;
        let needs = store::needs(conn).await?;
        let page = paging::cut(needs, &asked, |(need, _)| key(need))?;
        Ok::<_, Undone>(page.map(|(need, ver)| document(&need, ver, &words)))
    });
    found.await?.answer()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NeedBody {
    category: Slug,
    /// None is the category's default.
    #[serde(default)]
    symptom: Option<Slug>,
    /// Word to level.
    skills: BTreeMap<String, i64>,
    work_minutes: u32,
    #[serde(default)]
    urgent: bool,
    /// The version that was seen; 0 is "no row yet".
    #[serde(default)]
    ver: Option<i64>,
}

pub(crate) async fn put_need(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(body): Json<NeedBody>,
) -> Answer<impl IntoResponse> {
    if !(1..=WORK_MINUTES_MAX).contains(&body.work_minutes) {
        return Err(Problem::field("work_minutes", "range", "Work takes 1 to 600 minutes.").into());
    }
    if body.skills.is_empty() {
        return Err(Problem::field("skills", "required", "Name at least one skill, else anybody may be sent.").into());
    }
    let now = site.now();
    let edited = async move |tx: &mut Tx| {
        let known = store::categories(tx).await?;
        let Some(category) = known.iter().find(|category| category.slug == body.category) else {
            let message = "There is no such category. Make it first: PUT /api/v1/admin/needs/{category}.";
            return Err(Undone::from(Problem::field("category", "unknown", message)));
        };
        let is_known = |slug: &Slug| category.symptoms.iter().any(|symptom| symptom.slug == *slug);
        if body.symptom.as_ref().is_some_and(|slug| !is_known(slug)) {
            let message =
                "The category has no such symptom. Make it first: PUT /api/v1/admin/needs/{category}/{symptom}.";
            return Err(Problem::field("symptom", "unknown", message).into());
        }
        let (skills, _) = read_sets(tx, &body.skills, &[]).await?;
        let before = store::needs(tx).await?;
        let before =
            before.into_iter().find(|(need, _)| need.category == body.category && need.symptom == body.symptom);
        crate::http::undone::refuse_stale(body.ver, before.as_ref().map_or(0, |(_, ver)| *ver))?;
        let need = NewNeed {
            category: body.category.clone(),
            symptom: body.symptom.clone(),
            skills,
            work_minutes: body.work_minutes,
            urgent: body.urgent,
        };
        let ver = store::put_need(tx, &need, now).await?;
        let words = Words::load(tx).await?;
        let new = document(&need, ver, &words);
        let old = before.map(|(need, ver)| document(&need, ver, &words));
        let subject = format!("need:{}:{}", need.category, need.symptom.as_ref().map_or("", Slug::as_str));
        audit::record(tx, admin.actor(), "need.replace", &subject, old, Some(new.clone()), now).await?;
        Ok::<_, Undone>(new)
    };
    Ok(Json(site.db.write(Lane::Desk, edited).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryBody {
    label: Name,
    /// Where it stands in the form: lower is earlier.
    #[serde(default)]
    place_in_list: i64,
    #[serde(default = "yes")]
    active: bool,
}

fn yes() -> bool {
    true
}

pub(crate) async fn put_category(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(slug): Path<Slug>,
    Json(body): Json<CategoryBody>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let edited = async move |tx: &mut Tx| {
        let all = store::categories(tx).await?;
        let old = all.iter().find(|category| category.slug == slug).map(shown).transpose()?;
        let category = Category { slug: slug.clone(), label: body.label.clone(), symptoms: Vec::new() };
        store::put_category(tx, &category, body.place_in_list, body.active).await?;
        let new = json!({ "slug": slug, "label": body.label, "active": body.active });
        audit::record(tx, admin.actor(), "category.put", &format!("category:{slug}"), old, Some(new.clone()), now)
            .await?;
        Ok::<_, Undone>(new)
    };
    Ok(Json(site.db.write(Lane::Desk, edited).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SymptomBody {
    label: Name,
    #[serde(default)]
    danger: bool,
    #[serde(default)]
    place_in_list: i64,
    #[serde(default = "yes")]
    active: bool,
}

pub(crate) async fn put_symptom(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path((category, slug)): Path<(Slug, Slug)>,
    Json(body): Json<SymptomBody>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let edited = async move |tx: &mut Tx| {
        let all = store::categories(tx).await?;
        let Some(own) = all.iter().find(|known| known.slug == category) else {
            return Err(Undone::from(ProblemCode::NotFound));
        };
        let old = own.symptoms.iter().find(|symptom| symptom.slug == slug).map(shown).transpose()?;
        let symptom = Symptom { slug: slug.clone(), label: body.label.clone(), danger: body.danger };
        store::put_symptom(tx, &category, &symptom, body.place_in_list, body.active).await?;
        let new = json!({ "category": category, "slug": slug, "label": body.label, "danger": body.danger,
            "active": body.active });
        let subject = format!("symptom:{category}:{slug}");
        audit::record(tx, admin.actor(), "symptom.put", &subject, old, Some(new.clone()), now).await?;
        Ok::<_, Undone>(new)
    };
    Ok(Json(site.db.write(Lane::Desk, edited).await?))
}
