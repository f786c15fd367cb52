//! Skills and service areas. They are switched off, never deleted: old tickets and decisions name them.

use super::{not_found, shown};
use crate::audit;
use crate::db::{Lane, Tx};
use crate::faults::Faults;
use crate::http::caller::{RequireAdmin, RequireDesk};
use crate::http::paging::{self, Paging};
use crate::http::undone::{Undone, refuse_stale};
use crate::http::{Answer, Json, Query, Refused, Site};
use crate::postal;
use crate::workforce::polygon::Polygons;
use crate::workforce::store;
use crate::workforce::{Area, PostalPrefix, Skill};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get};
use serde::Deserialize;
use serde_json::Value;
use shared::ids::{AreaId, SkillId};
use shared::problem::{FieldError, Problem, ProblemCode};
use shared::text::{Name, Slug};
use std::collections::BTreeSet;

/// Postal prefixes of one area.
const PREFIXES_MAX: usize = 5_000;
/// Characters of a postal prefix.
const PREFIX_CHARS_MAX: usize = 10;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/skills", get(skills).post(create_skill))
        .route("/api/v1/admin/skills/{id}", get(one_skill).put(put_skill))
        .route("/api/v1/admin/areas", get(areas).post(create_area))
        .route("/api/v1/admin/areas/{id}", get(one_area).put(put_area))
}

fn word_taken(slug: &Slug) -> Undone {
    let message = format!("{slug} is taken. Choose another word, or change the one that has it.");
    Problem::new(ProblemCode::Conflict).and_field("slug", "taken", message).into()
}

async fn skills(State(site): State<Site>, _: RequireDesk, Query(asked): Query<Paging>) -> Answer<impl IntoResponse> {
    let all = site.db.read(async |conn| store::skills(conn).await).await?;
    paging::cut(all, &asked, |skill| skill.id)?.answer()
}

async fn one_skill(State(site): State<Site>, _: RequireDesk, Path(id): Path<SkillId>) -> Answer<Json<Skill>> {
    let found = site.db.read(async move |conn| store::skill(conn, id).await).await?;
    found.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSkill {
    slug: Slug,
    name: Name,
}

pub(crate) async fn create_skill(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(NewSkill { slug, name }): Json<NewSkill>,
) -> Answer<impl IntoResponse> {
    let skill = Skill { id: site.new_id(), slug, name, active: true, ver: 1 };
    let (kept, now) = (skill.clone(), site.now());
    let created = async move |tx: &mut Tx| {
        if !store::create_skill(tx, &kept).await? {
            return Err(word_taken(&kept.slug));
        }
        let subject = format!("skill:{}", kept.id);
        audit::record(tx, admin.actor(), "skill.create", &subject, None, Some(shown(&kept)?), now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, created).await?;
    Ok((StatusCode::CREATED, Json(skill)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkillBody {
    name: Name,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    ver: Option<i64>,
}

fn yes() -> bool {
    true
}

pub(crate) async fn put_skill(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<SkillId>,
    Json(body): Json<SkillBody>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let edited = async move |tx: &mut Tx| {
        let before = store::skill(tx, id).await?.ok_or_else(not_found)?;
        refuse_stale(body.ver, before.ver)?;
        let mut skill = Skill { name: body.name.clone(), active: body.active, ..before.clone() };
        if !store::put_skill(tx, &skill, now).await? {
            return Err(ProblemCode::Stale.into());
        }
        skill.ver += 1;
        let (old, new) = (Some(shown(&before)?), Some(shown(&skill)?));
        audit::record(tx, admin.actor(), "skill.replace", &format!("skill:{id}"), old, new, now).await?;
        Ok::<_, Undone>(skill)
    };
    Ok(Json(site.db.write(Lane::Desk, edited).await?))
}

async fn areas(State(site): State<Site>, _: RequireDesk, Query(asked): Query<Paging>) -> Answer<impl IntoResponse> {
    let all = site.db.read(async |conn| store::areas(conn).await).await?;
    paging::cut(all, &asked, |area| area.id)?.answer()
}

async fn one_area(State(site): State<Site>, _: RequireDesk, Path(id): Path<AreaId>) -> Answer<Json<Area>> {
    let found = site.db.read(async move |conn| store::area(conn, id).await).await?;
    found.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

/// What an area covers, as it was sent.
type Cover = (Vec<PostalPrefix>, Option<Polygons>);

/// Tidies prefixes and reads borders, or says what is wrong with them.
fn read_cover(typed: Vec<PostalPrefix>, drawing: Option<&Value>) -> Result<Cover, Vec<FieldError>> {
    let mut faults = Faults::default();
    let drawing = match drawing.map(Polygons::read).transpose() {
        Ok(drawing) => drawing,
        Err(error) => {
            faults.add("drawing", "format", error);
            None
        }
    };
    if typed.len() > PREFIXES_MAX || (typed.is_empty() && drawing.is_none() && faults.is_empty()) {
        let what = "name 1 to 5,000 postal codes, or beginnings of them, or draw the area";
        faults.add("postal", "required", what);
    }
    let mut prefixes = BTreeSet::new();
    for (at, typed) in typed.iter().take(PREFIXES_MAX).enumerate() {
        let Some(country) = postal::tidy_country(&typed.country) else {
            faults.add(&format!("postal[{at}].country"), "format", "a country is two letters, like US");
            continue;
        };
        let prefix = postal::tidy(&country, &typed.prefix);
        let right = (1..=PREFIX_CHARS_MAX).contains(&prefix.chars().count())
            && prefix.chars().all(|char| char.is_ascii_alphanumeric() || char == ' ');
        if !right {
            faults.add(
                &format!("postal[{at}].prefix"),
                "format",
                "write 1 to 10 letters and digits, like 100 or 10025",
            );
            continue;
        }
        prefixes.insert(PostalPrefix { country, prefix });
    }
    if faults.is_empty() { Ok((prefixes.into_iter().collect(), drawing)) } else { Err(faults.into_errors()) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewArea {
    slug: Slug,
    name: Name,
    #[serde(default)]
    postal: Vec<PostalPrefix>,
    /// A GeoJSON Polygon or MultiPolygon.
    #[serde(default)]
    drawing: Option<Value>,
}

pub(crate) async fn create_area(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(NewArea { slug, name, postal, drawing }): Json<NewArea>,
) -> Answer<impl IntoResponse> {
    let (postal, drawing) = read_cover(postal, drawing.as_ref()).map_err(Problem::fields)?;
    let area = Area { id: site.new_id(), slug, name, active: true, ver: 1, postal, drawing };
    let (kept, now) = (area.clone(), site.now());
    let created = async move |tx: &mut Tx| {
        if !store::create_area(tx, &kept).await? {
            return Err(word_taken(&kept.slug));
        }
        let subject = format!("area:{}", kept.id);
        audit::record(tx, admin.actor(), "area.create", &subject, None, Some(shown(&kept)?), now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, created).await?;
    Ok((StatusCode::CREATED, Json(area)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AreaBody {
    name: Name,
    #[serde(default)]
    postal: Vec<PostalPrefix>,
    /// A GeoJSON Polygon or MultiPolygon; none takes the borders away.
    #[serde(default)]
    drawing: Option<Value>,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    ver: Option<i64>,
}

pub(crate) async fn put_area(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<AreaId>,
    Json(AreaBody { name, postal, drawing, active, ver }): Json<AreaBody>,
) -> Answer<impl IntoResponse> {
    let (postal, drawing) = read_cover(postal, drawing.as_ref()).map_err(Problem::fields)?;
    let now = site.now();
    let edited = async move |tx: &mut Tx| {
        let before = store::area(tx, id).await?.ok_or_else(not_found)?;
        refuse_stale(ver, before.ver)?;
        let (postal, drawing) = (postal.clone(), drawing.clone());
        let mut area = Area { name: name.clone(), postal, drawing, active, ..before.clone() };
        if !store::put_area(tx, &area, now).await? {
            return Err(ProblemCode::Stale.into());
        }
        area.ver += 1;
        let (old, new) = (Some(shown(&before)?), Some(shown(&area)?));
        audit::record(tx, admin.actor(), "area.replace", &format!("area:{id}"), old, new, now).await?;
        Ok::<_, Undone>(area)
    };
    Ok(Json(site.db.write(Lane::Desk, edited).await?))
}
