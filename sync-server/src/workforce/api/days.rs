//! An expert's skills, areas, shifts and absences. Sets are replaced whole; shifts are written as people write them.

use super::{Words, not_found, shown, subject};
use crate::audit;
use crate::db::{Lane, Tx};
use crate::faults::Faults;
use crate::http::caller::{RequireAdmin, RequireDesk};
use crate::http::undone::{Undone, refuse_stale};
use crate::http::{Answer, Json, Refused, Site};
use crate::workforce::import::{self, Known};
use crate::workforce::store;
use crate::workforce::{Absence, ShiftRow, ShiftSpec, shift};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::{AbsenceId, AreaId, ExpertId};
use shared::problem::{FieldError, Problem};
use shared::skills::Skills;
use shared::text::Reason;
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Absences that are shown.
pub(crate) const ABSENCES_MAX: i64 = 200;
/// Longest absence: longer ones are a deactivation.
const ABSENCE_DAYS_MAX: i64 = 400;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/experts/{id}/skills", get(read_skills).put(put_skills))
        .route("/api/v1/admin/experts/{id}/areas", get(read_areas).put(put_areas))
        .route("/api/v1/admin/experts/{id}/shifts", get(read_shifts_of).put(put_shifts))
        .route("/api/v1/admin/experts/{id}/on-call", get(read_on_call).put(put_on_call))
        .route("/api/v1/admin/experts/{id}/absences", get(read_absences).post(add_absence))
        .route("/api/v1/admin/experts/{id}/absences/{absence}", axum::routing::delete(remove_absence))
}

/// The shifts of one kind in words, as [`shift::read`] reads them.
pub(crate) fn in_words(shifts: &[ShiftRow], on_call: bool) -> String {
    let own = shifts.iter().filter(|shift| shift.on_call == on_call);
    own.map(|shift| shift.spec().words()).collect::<Vec<_>>().join("; ")
}

/// Reads shifts and on-call times.
pub(super) fn read_shifts(shifts: &str, on_call: &str) -> Result<Vec<ShiftSpec>, Vec<FieldError>> {
    let mut faults = Faults::default();
    let shifts = faults.keep("shifts", shift::read(shifts, false));
    let on_call = faults.keep("on_call", shift::read(on_call, true));
    match shifts.zip(on_call) {
        Some((mut shifts, on_call)) => {
            shifts.extend(on_call);
            Ok(shifts)
        }
        None => Err(faults.into_errors()),
    }
}

/// Reads skills and areas by their words.
pub(super) async fn read_sets(
    tx: &mut Tx,
    skills: &BTreeMap<String, i64>,
    areas: &[String],
) -> Result<(Skills, BTreeSet<AreaId>), Undone> {
    let known = Known::of(&store::skills(tx).await?, &store::areas(tx).await?);
    let mut faults = Faults::default();
    let words: Vec<String> = skills.iter().map(|(word, level)| format!("{word}:{level}")).collect();
    let skills = import::read_skills("skills", &words.join(";"), &known.skills, &mut faults);
    let areas = import::read_areas("areas", &areas.join(";"), &known.areas, &mut faults);
    skills.zip(areas).ok_or_else(|| Problem::fields(faults.into_errors()).into())
}

pub(crate) async fn set(site: Site, id: ExpertId, name: &'static str) -> Answer<Json<Value>> {
    let mut whole = super::answer(&site, id).await?;
    let mut part = json!({ "ver": whole["ver"], name: whole[name].take() });
    if name == "shifts" {
        part["on_call"] = whole["on_call"].take();
    }
    Ok(Json(part))
}

pub(crate) async fn read_skills(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<ExpertId>,
) -> Answer<Json<Value>> {
    set(site, id, "skills").await
}

pub(crate) async fn read_areas(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<ExpertId>,
) -> Answer<Json<Value>> {
    set(site, id, "areas").await
}

pub(crate) async fn read_shifts_of(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<ExpertId>,
) -> Answer<Json<Value>> {
    set(site, id, "shifts").await
}

pub(crate) async fn read_on_call(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<ExpertId>,
) -> Answer<Json<Value>> {
    set(site, id, "on_call").await
}

pub(crate) async fn read_absences(
    State(site): State<Site>,
    _: RequireDesk,
    Path(id): Path<ExpertId>,
) -> Answer<Json<Value>> {
    set(site, id, "absences").await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkillsBody {
    /// Word to level.
    skills: BTreeMap<String, i64>,
    #[serde(default)]
    ver: Option<i64>,
}

pub(crate) async fn put_skills(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ExpertId>,
    Json(body): Json<SkillsBody>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let put = async move |tx: &mut Tx| {
        let expert = store::lock(tx, id).await?.ok_or_else(not_found)?;
        refuse_stale(body.ver, expert.ver)?;
        let (skills, _) = read_sets(tx, &body.skills, &[]).await?;
        let before = store::roster(tx, id).await?.ok_or_else(not_found)?.skills;
        store::replace_skills(tx, id, &skills, now).await?;
        let words = Words::load(tx).await?;
        let (old, new) = (shown(&words.skills(&before))?, shown(&words.skills(&skills))?);
        audit::record(tx, admin.actor(), "expert.skills", &subject(id), Some(old), Some(new), now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, put).await?;
    set(site, id, "skills").await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AreasBody {
    areas: Vec<String>,
    #[serde(default)]
    ver: Option<i64>,
}

pub(crate) async fn put_areas(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ExpertId>,
    Json(body): Json<AreasBody>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let put = async move |tx: &mut Tx| {
        let expert = store::lock(tx, id).await?.ok_or_else(not_found)?;
        refuse_stale(body.ver, expert.ver)?;
        let (_, areas) = read_sets(tx, &BTreeMap::new(), &body.areas).await?;
        let before = store::roster(tx, id).await?.ok_or_else(not_found)?.areas;
        store::replace_areas(tx, id, &areas, now).await?;
        let words = Words::load(tx).await?;
        let (old, new) = (shown(&words.areas(&before))?, shown(&words.areas(&areas))?);
        audit::record(tx, admin.actor(), "expert.areas", &subject(id), Some(old), Some(new), now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, put).await?;
    set(site, id, "areas").await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShiftsBody {
    /// Like `Mon-Fri 08:00-16:00; Sat 10:00-14:00`.
    shifts: String,
    #[serde(default)]
    on_call: String,
    #[serde(default)]
    ver: Option<i64>,
}

pub(crate) async fn put_shifts(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ExpertId>,
    Json(body): Json<ShiftsBody>,
) -> Answer<impl IntoResponse> {
    let specs = read_shifts(&body.shifts, &body.on_call).map_err(Problem::fields)?;
    replace_hours(&site, admin.actor(), id, specs, |_| false, body.ver).await?;
    set(site, id, "shifts").await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnCallBody {
    /// Like `Sat-Sun 00:00-24:00`; empty for none.
    on_call: String,
    #[serde(default)]
    ver: Option<i64>,
}

/// Replaces the on-call times alone; the shifts stay.
pub(crate) async fn put_on_call(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<ExpertId>,
    Json(body): Json<OnCallBody>,
) -> Answer<impl IntoResponse> {
    let specs = read_shifts("", &body.on_call).map_err(Problem::fields)?;
    replace_hours(&site, admin.actor(), id, specs, |row| !row.on_call, body.ver).await?;
    set(site, id, "on_call").await
}

/// Replaces an expert's hours by these and those of the old ones that stay.
pub(crate) async fn replace_hours(
    site: &Site,
    actor: Actor,
    id: ExpertId,
    specs: Vec<ShiftSpec>,
    stays: fn(&ShiftRow) -> bool,
    ver: Option<i64>,
) -> Answer<()> {
    let new: Vec<ShiftRow> = specs.into_iter().map(|spec| spec.with_id(site.new_id())).collect();
    let now = site.now();
    let put = async move |tx: &mut Tx| {
        let expert = store::lock(tx, id).await?.ok_or_else(not_found)?;
        refuse_stale(ver, expert.ver)?;
        let before = store::roster(tx, id).await?.ok_or_else(not_found)?.shifts;
        let rows: Vec<ShiftRow> = before.iter().filter(|row| stays(row)).chain(&new).copied().collect();
        store::replace_shifts(tx, id, &rows, now).await?;
        let show = |rows: &[ShiftRow]| json!({ "shifts": in_words(rows, false), "on_call": in_words(rows, true) });
        let (old, new) = (show(&before), show(&rows));
        audit::record(tx, actor, "expert.shifts", &subject(id), Some(old), Some(new), now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, put).await?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbsenceBody {
    from: Timestamp,
    until: Timestamp,
    #[serde(default)]
    reason: Option<Reason>,
}

pub(crate) async fn add_absence(
    State(site): State<Site>,
    desk: RequireDesk,
    Path(id): Path<ExpertId>,
    Json(body): Json<AbsenceBody>,
) -> Answer<impl IntoResponse> {
    let AbsenceBody { from, until, reason } = body;
    if until <= from {
        return Err(Problem::field("until", "order", "An absence ends after it begins.").into());
    }
    if until > from.plus_minutes(ABSENCE_DAYS_MAX * 1_440) {
        let message = "An absence lasts 400 days at most. Deactivate an expert who is away for longer.";
        return Err(Problem::field("until", "too_long", message).into());
    }
    let actor = desk.0.actor();
    let (absence, now) = (Absence { id: site.new_id(), from, until, reason }, site.now());
    let kept = absence.clone();
    let added = async move |tx: &mut Tx| {
        store::lock(tx, id).await?.ok_or_else(not_found)?;
        store::add_absence(tx, id, &kept, now).await?;
        audit::record(tx, actor, "expert.absence", &subject(id), None, Some(shown(&kept)?), now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, added).await?;
    Ok((StatusCode::CREATED, Json(absence)))
}

pub(crate) async fn remove_absence(
    State(site): State<Site>,
    desk: RequireDesk,
    Path((id, absence)): Path<(ExpertId, AbsenceId)>,
) -> Answer<impl IntoResponse> {
    let actor = desk.0.actor();
    let now = site.now();
    let removed = async move |tx: &mut Tx| {
        store::lock(tx, id).await?.ok_or_else(not_found)?;
        let all = store::absences(tx, id, Timestamp::EPOCH, ABSENCES_MAX).await?;
        let before = all.into_iter().find(|kept| kept.id == absence);
        if !store::remove_absence(tx, id, absence).await? {
            return Err(not_found());
        }
        let old = before.as_ref().map(shown).transpose()?;
        audit::record(tx, actor, "expert.absence_end", &subject(id), old, None, now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, removed).await?;
    Ok::<_, Refused>(StatusCode::NO_CONTENT)
}
