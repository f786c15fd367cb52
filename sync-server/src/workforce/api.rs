//! The workforce as JSON, for admins: experts with all that says what they can be asked, skills, areas, needs, and
//! experts from a spreadsheet. Every change is audited in its own transaction, with what was there and what is.

pub(crate) mod catalogue;
pub(crate) mod days;
pub(crate) mod import;
mod limits;
pub(crate) mod needs;
#[cfg(test)]
mod tests;

use super::store::{self, ListExperts, NewExpert};
use super::typed::{self, TypedExpert};
use super::{Expert, hire};
use crate::accounts::store as accounts;
use crate::accounts::{HandleTaken, Person, codes};
use crate::audit;
use crate::db::{Conn, Error, Lane, Tx};
use crate::http::caller::RequireAdmin;
use crate::http::paging::{self, Page};
use crate::http::undone::{Undone, refuse_stale};
use crate::http::{Answer, Json, Query, Refused, Site};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::ids::{AreaId, ExpertId, LoginId, SkillId};
use shared::problem::{Problem, ProblemCode};
use shared::skills::Skills;
use shared::text::{Slug, fold_key};
use std::collections::{BTreeMap, BTreeSet};

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/experts", get(list).post(create))
        .route("/api/v1/admin/experts/{id}", get(read).put(replace))
        .route("/api/v1/admin/experts/{id}/deactivate", post(deactivate))
        .route("/api/v1/admin/experts/{id}/activate", post(activate))
        .route("/api/v1/admin/experts/{id}/code", post(send_code))
        .merge(days::routes())
        .merge(catalogue::routes())
        .merge(limits::routes())
        .merge(needs::routes())
        .merge(import::routes())
}

/// How the audit names him.
pub(crate) fn subject(id: ExpertId) -> String {
    format!("expert:{id}")
}

/// A document for the audit.
fn shown(value: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::Bug(format!("a line of the audit: {error}")))
}

fn not_found() -> Undone {
    ProblemCode::NotFound.into()
}

fn taken(handle: HandleTaken) -> Undone {
    Problem::field(handle.field(), "taken", format!("Sorry, {handle}.")).into()
}

/// An expert's own row as a document.
fn document(expert: &Expert) -> Value {
    json!({
        "id": expert.id,
        "ver": expert.ver,
        "name": expert.name,
        "email": expert.email,
        "phone": expert.phone,
        "address": {
            "line1": expert.home_line1,
            "city": expert.home_city,
            "postal_code": expert.home_postal_code,
            "country": expert.home_country,
        },
        "time_zone": expert.zone,
        "languages": expert.languages,
        "locale": expert.locale,
        "sms": expert.sms,
        "active": expert.active,
        "on_duty": expert.on_duty,
    })
}

/// The words of skills and areas, to show them by.
pub(crate) struct Words {
    skills: BTreeMap<SkillId, Slug>,
    areas: BTreeMap<AreaId, Slug>,
}

impl Words {
    pub(crate) async fn load(conn: &mut Conn) -> Result<Self, Error> {
        let skills = store::skills(conn).await?.into_iter().map(|skill| (skill.id, skill.slug)).collect();
        let areas = store::areas(conn).await?.into_iter().map(|area| (area.id, area.slug)).collect();
        Ok(Self { skills, areas })
    }

    pub(crate) fn skills(&self, skills: &Skills) -> BTreeMap<&str, i64> {
        let known = skills.0.iter();
        known.filter_map(|(id, level)| Some((self.skills.get(id)?.as_str(), i64::from(*level)))).collect()
    }

    pub(crate) fn areas(&self, areas: &BTreeSet<AreaId>) -> BTreeSet<&str> {
        areas.iter().filter_map(|id| Some(self.areas.get(id)?.as_str())).collect()
    }
}

/// An expert whole: his row, skills, areas, shifts and coming absences.
pub(crate) async fn whole(conn: &mut Conn, site: &Site, id: ExpertId) -> Result<Option<Value>, Error> {
    let Some(roster) = store::roster(conn, id).await? else { return Ok(None) };
    let words = Words::load(conn).await?;
    let absences = store::absences(conn, id, site.now(), days::ABSENCES_MAX).await?;
    let mut document = document(&roster.expert);
    document["skills"] = json!(words.skills(&roster.skills));
    document["areas"] = json!(words.areas(&roster.areas));
    document["shifts"] = json!(days::in_words(&roster.shifts, false));
    document["on_call"] = json!(days::in_words(&roster.shifts, true));
    document["absences"] = json!(absences);
    Ok(Some(document))
}

/// Which experts, and from where on.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    q: Option<String>,
    active: Option<bool>,
    skill: Option<Slug>,
    area: Option<Slug>,
    cursor: Option<ExpertId>,
    limit: Option<i64>,
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<impl IntoResponse> {
    let found = site.db.read(async move |conn| {
        let after = match wanted.cursor {
            Some(id) => {
                let last = store::expert(conn, id).await?.ok_or_else(paging::gone)?;
                Some((fold_key(last.name.as_str()), id))
            }
            None => None,
        };
        let words = Words::load(conn).await?;
        let skill = wanted.skill.map(|slug| by_word("skill", &words.skills, &slug)).transpose()?;
        let area = wanted.area.map(|slug| by_word("area", &words.areas, &slug)).transpose()?;
        let name_key = wanted.q.map(|text| fold_key(&text)).filter(|key| !key.is_empty());
        let limit = paging::limit(wanted.limit);
        let page =
            store::list(conn, ListExperts { name_key, active: wanted.active, skill, area, after, limit }).await?;
        Ok::<_, Undone>(page)
    });
    let page = found.await?;
    let items: Vec<Value> = page.experts.iter().map(document).collect();
    Page { items, next_cursor: page.next.map(|(_, id)| id.to_string()) }.answer()
}

fn by_word<Id: Copy>(what: &str, words: &BTreeMap<Id, Slug>, slug: &Slug) -> Result<Id, Undone> {
    let found = words.iter().find(|(_, word)| *word == slug).map(|(id, _)| *id);
    found.ok_or_else(|| Problem::field(what, "unknown", format!("There is no {what} {slug}.")).into())
}

/// A new expert: what he is, and, if it is known yet, what he can be asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBody {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    address: typed::TypedHome,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    locale: String,
    #[serde(default)]
    sms: String,
    #[serde(default)]
    skills: BTreeMap<String, i64>,
    #[serde(default)]
    areas: Vec<String>,
    #[serde(default)]
    shifts: String,
    #[serde(default)]
    on_call: String,
}

pub(crate) async fn create(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(body): Json<NewBody>,
) -> Answer<impl IntoResponse> {
    let NewBody { name, email, phone, address, languages, locale, sms, skills, areas, shifts, on_call } = body;
    let typed = TypedExpert { name, email, phone, address, languages, locale, sms };
    let details = typed::read(&typed).map_err(Problem::fields)?;
    let shifts = days::read_shifts(&shifts, &on_call).map_err(Problem::fields)?;
    let (id, login): (ExpertId, LoginId) = (site.new_id(), site.new_id());
    let shifts: Vec<_> = shifts.into_iter().map(|spec| spec.with_id(site.new_id())).collect();
    let now = site.now();
    let hired = async move |tx: &mut Tx| {
        let (skills, areas) = days::read_sets(tx, &skills, &areas).await?;
        let new = NewExpert { id, details: details.clone(), skills, areas, shifts: shifts.clone(), active: true };
        if let Some((_, handle)) = hire::hire(tx, &[(login, new)], None, now).await?.first() {
            return Err(taken(*handle));
        }
        audit::record(tx, admin.actor(), "expert.create", &subject(id), None, Some(shown(&details)?), now).await?;
        // The first thing that an expert hears from us is how to sign in.
        codes::request(tx, login, codes::CodeChannel::Sms, now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, hired).await?;
    Ok((StatusCode::CREATED, Json(answer(&site, id).await?)))
}

/// An expert as he is now.
pub(crate) async fn answer(site: &Site, id: ExpertId) -> Answer<Value> {
    let own = site.clone();
    let found = site.db.read(async move |conn| whole(conn, &own, id).await).await?;
    found.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

pub(crate) async fn read(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<ExpertId>,
) -> Answer<impl IntoResponse> {
    Ok(Json(answer(&site, id).await?))
}

/// What an expert is from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditBody {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    address: typed::TypedHome,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    locale: String,
    #[serde(default)]
    sms: String,
    /// The version that was seen.
    #[serde(default)]
    ver: Option<i64>,
}

pub(crate) async fn replace(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ExpertId>,
    Json(body): Json<EditBody>,
) -> Answer<impl IntoResponse> {
    let EditBody { name, email, phone, address, languages, locale, sms, ver } = body;
    let typed = TypedExpert { name, email, phone, address, languages, locale, sms };
    let details = typed::read(&typed).map_err(Problem::fields)?;
    let now = site.now();
    let edited = async move |tx: &mut Tx| {
        let before = store::lock(tx, id).await?.ok_or_else(not_found)?;
        refuse_stale(ver, before.ver)?;
        hire::replace(tx, id, &details, now).await?.map_err(taken)?;
        let (old, new) = (shown(&before.details())?, shown(&details)?);
        audit::record(tx, admin.actor(), "expert.replace", &subject(id), Some(old), Some(new), now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, edited).await?;
    Ok(Json(answer(&site, id).await?))
}

/// Texts an expert a code to sign in with, for a new phone.
pub(crate) async fn send_code(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ExpertId>,
) -> Answer<StatusCode> {
    let now = site.now();
    let sent = async move |tx: &mut Tx| {
        let expert = store::expert(tx, id).await?.ok_or_else(not_found)?;
        let login = accounts::by_person(tx, Person::Expert(id)).await?.filter(|login| login.active && expert.active);
        let Some(login) = login else {
            let detail = "This expert is switched off. Switch the expert on first.";
            return Err(Problem::with(ProblemCode::Conflict, detail).into());
        };
        codes::request(tx, login.id, codes::CodeChannel::Sms, now).await?;
        audit::record(tx, admin.actor(), "expert.code", &subject(id), None, None, now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, sent).await?;
    Ok(StatusCode::ACCEPTED)
}

pub(crate) async fn deactivate(
    site: State<Site>,
    admin: RequireAdmin,
    id: Path<ExpertId>,
) -> Answer<impl IntoResponse> {
    switch(site, admin, id, false).await
}

pub(crate) async fn activate(site: State<Site>, admin: RequireAdmin, id: Path<ExpertId>) -> Answer<impl IntoResponse> {
    switch(site, admin, id, true).await
}

pub(crate) async fn switch(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ExpertId>,
    active: bool,
) -> Answer<impl IntoResponse + use<>> {
    let now = site.now();
    let switched = async move |tx: &mut Tx| {
        let before = store::lock(tx, id).await?.ok_or_else(not_found)?;
        if hire::set_active(tx, &before, active, now).await? {
            let what = if active { "expert.activate" } else { "expert.deactivate" };
            let (old, new) = (json!({ "active": before.active }), json!({ "active": active }));
            audit::record(tx, admin.actor(), what, &subject(id), Some(old), Some(new), now).await?;
        }
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, switched).await?;
    Ok(Json(answer(&site, id).await?))
}
