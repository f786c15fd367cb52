//! Staff and the devices of experts, for admins. Every change is audited in its own transaction.

use crate::accounts::password::Password;
use crate::accounts::staff::{self, Staff, StaffFields, StaffRole, Unchanged};
use crate::accounts::{HandleTaken, devices};
use crate::audit;
use crate::db::{Error, Lane, Tx};
use crate::http::caller::RequireAdmin;
use crate::http::paging::{self, Paging};
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Query, Refused, Site};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{DeviceId, ExpertId, StaffId};
use shared::problem::{Problem, ProblemCode};
use shared::text::{Email, Name, Phone, fold_key};
use shared::time::Zone;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/staff", get(list).post(create))
        .route("/api/v1/admin/staff/{id}", get(read).put(replace))
        .route("/api/v1/admin/staff/{id}/deactivate", post(deactivate))
        .route("/api/v1/admin/staff/{id}/activate", post(activate))
        .route("/api/v1/admin/experts/{id}/devices", get(devices_of))
        .route("/api/v1/admin/experts/{id}/devices/{device}/revoke", post(revoke))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    cursor: Option<StaffId>,
    limit: Option<i64>,
}

async fn list(State(site): State<Site>, _: RequireAdmin, Query(wanted): Query<Wanted>) -> Answer<impl IntoResponse> {
    let limit = paging::limit(wanted.limit);
    let found = site.db.read(async move |conn| {
        let after = match wanted.cursor {
            Some(id) => {
                let last = staff::get(conn, id).await?.ok_or_else(paging::gone)?;
                Some((fold_key(last.fields.name.as_str()), id.to_string()))
            }
            None => None,
        };
        Ok::<_, Undone>(staff::list(conn, after, limit + 1).await?)
    });
    paging::page(found.await?, limit, |staff: &Staff| staff.id).answer()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaffBody {
    name: Name,
    email: Email,
    #[serde(default)]
    phone: Option<Phone>,
    role: StaffRole,
    #[serde(default = "english")]
    locale: Locale,
    time_zone: Zone,
    /// Only when they are created; without one they sign in by a code.
    #[serde(default)]
    password: Option<Password>,
    /// Only when they are changed: the version that was seen.
    #[serde(default)]
    ver: Option<i64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Locale {
    En,
}

fn english() -> Locale {
    Locale::En
}

impl StaffBody {
    fn fields(self) -> StaffFields {
        let locale = match self.locale {
            Locale::En => "en".to_owned(),
        };
        let Self { name, email, phone, role, time_zone: zone, .. } = self;
        StaffFields { name, email, phone, role, locale, zone }
    }
}

pub(crate) async fn create(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(body): Json<StaffBody>,
) -> Answer<impl IntoResponse> {
    let hash = match &body.password {
        Some(password) => Some(site.passwords.hash(password).await.map_err(|_| Refused::new(ProblemCode::Busy))?),
        None => None,
    };
    let (id, now, real_now) = (site.new_id(), site.now(), site.real_now());
    let fields = body.fields();
    let kept = fields.clone();
    let created = async move |tx: &mut Tx| {
        let created = staff::create(tx, id, &kept, hash.clone(), real_now).await?;
        if created.is_ok() {
            audit::record(tx, admin.actor(), "staff.create", &subject(id), None, Some(shown(&kept)?), now).await?;
        }
        Ok::<_, Error>(created)
    };
    site.db.write(Lane::Desk, created).await?.map_err(taken)?;
    Ok((StatusCode::CREATED, Json(Staff { id, fields, active: true, ver: 1 })))
}

pub(crate) async fn read(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<StaffId>,
) -> Answer<impl IntoResponse> {
    let found = site.db.read(async move |conn| staff::get(conn, id).await).await?;
    found.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

pub(crate) async fn replace(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(id): Path<StaffId>,
    Json(body): Json<StaffBody>,
) -> Answer<impl IntoResponse> {
    let Some(ver) = body.ver else {
        return Err(Problem::field("ver", "required", "Send the version that you saw.").into());
    };
    if body.password.is_some() {
        let message = "A password is changed by its owner: they ask for a code and set a new one.";
        return Err(Problem::field("password", "not_here", message).into());
    }
    let (fields, now) = (body.fields(), site.now());
    let changed = async move |tx: &mut Tx| {
        let before = match staff::update(tx, id, ver, &fields).await? {
            Ok(before) => shown(&before.fields)?,
            Err(unchanged) => return Ok(Err(unchanged)),
        };
        let after = Some(shown(&fields)?);
        audit::record(tx, admin.actor(), "staff.replace", &subject(id), Some(before), after, now).await?;
        Ok::<_, Error>(Ok(staff::get(tx, id).await?))
    };
    let staff = site.db.write(Lane::Desk, changed).await?.map_err(unchanged)?;
    staff.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

pub(crate) async fn deactivate(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<StaffId>,
) -> Answer<StatusCode> {
    switch(&site, admin, id, false).await
}

pub(crate) async fn activate(
    State(site): State<Site>,
    admin: RequireAdmin,
    Path(id): Path<StaffId>,
) -> Answer<StatusCode> {
    switch(&site, admin, id, true).await
}

pub(crate) async fn switch(
    site: &Site,
    RequireAdmin(admin): RequireAdmin,
    id: StaffId,
    active: bool,
) -> Answer<StatusCode> {
    let (now, real_now) = (site.now(), site.real_now());
    let switched = async move |tx: &mut Tx| {
        let was = match staff::set_active(tx, id, active, real_now).await? {
            Ok(before) => before.active,
            Err(unchanged) => return Ok(Err(unchanged)),
        };
        let (before, after) = (Some(json!({ "active": was })), Some(json!({ "active": active })));
        audit::record(tx, admin.actor(), "staff.active", &subject(id), before, after, now).await?;
        Ok::<_, Error>(Ok(()))
    };
    site.db.write(Lane::Desk, switched).await?.map_err(unchanged)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn devices_of(
    State(site): State<Site>,
    _: RequireAdmin,
    Path(id): Path<ExpertId>,
    Query(asked): Query<Paging>,
) -> Answer<impl IntoResponse> {
    let all = site.db.read(async move |conn| devices::of_expert(conn, id).await).await?;
    paging::cut(all, &asked, |device| device.id)?.answer()
}

/// Its unsent work is still taken: the token then opens the rescue.
pub(crate) async fn revoke(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path((expert, device)): Path<(ExpertId, DeviceId)>,
) -> Answer<StatusCode> {
    let (now, real_now) = (site.now(), site.real_now());
    let revoked = async move |tx: &mut Tx| {
        let owned = devices::of_expert(tx, expert).await?.iter().any(|info| info.id == device);
        if owned && devices::revoke(tx, device, real_now).await? {
            let subject = format!("device:{device}");
            let shown = |revoked| Some(json!({ "expert": expert, "revoked": revoked }));
            audit::record(tx, admin.actor(), "device.revoke", &subject, shown(false), shown(true), now).await?;
        }
        Ok::<_, Error>(owned)
    };
    if site.db.write(Lane::Desk, revoked).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::new(ProblemCode::NotFound))
    }
}

pub(crate) fn subject(id: StaffId) -> String {
    format!("staff:{id}")
}

fn shown(fields: &StaffFields) -> Result<Value, Error> {
    serde_json::to_value(fields).map_err(|why| Error::Bug(why.to_string()))
}

fn taken(taken: HandleTaken) -> Refused {
    Problem::field(taken.field(), "taken", sentence(&taken)).into()
}

fn unchanged(why: Unchanged) -> Refused {
    match why {
        Unchanged::Unknown => Refused::new(ProblemCode::NotFound),
        Unchanged::Stale => {
            Refused::with(ProblemCode::Stale, "Someone changed this in the meantime. Look again first.")
        }
        Unchanged::Taken(handle) => taken(handle),
        Unchanged::LastAdmin => Refused::with(ProblemCode::Conflict, sentence(&why)),
    }
}

fn sentence(why: &dyn std::fmt::Display) -> String {
    let text = why.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
