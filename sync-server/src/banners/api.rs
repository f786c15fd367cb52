//! Banners as JSON: the desk sets and takes them back, a customer sees those of their addresses.

use super::{Banner, BannerId, RUNNING_MAX, Words, check, pages, store};
use crate::audit;
use crate::db::{Error, Lane, Tx};
use crate::http::caller::{RequireCustomer, RequireDesk};
use crate::http::paging::{self, Paging};
use crate::http::undone::{Undone, refuse_stale};
use crate::http::{Answer, Json, Query, Refused, Site};
use crate::workforce;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::AreaId;
use shared::problem::{Problem, ProblemCode};
use shared::time::Timestamp;
use std::collections::BTreeSet;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/desk/banners", get(list).post(create))
        .route("/api/v1/desk/banners/{id}", get(show).put(replace).delete(end))
        .route("/api/v1/me/banners", get(own))
}

fn shown(banner: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(banner).map_err(|error| Error::Bug(format!("a line of the audit: {error}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The last one of the page before.
    #[serde(default)]
    cursor: Option<BannerId>,
    #[serde(default)]
    limit: Option<i64>,
}

async fn list(State(site): State<Site>, _: RequireDesk, Query(wanted): Query<Wanted>) -> Answer<impl IntoResponse> {
    let limit = paging::limit(wanted.limit);
    let found = site.db.read(async move |conn| store::list(conn, wanted.cursor, limit + 1).await).await?;
    paging::page(found, limit, |banner: &Banner| banner.id).answer()
}

async fn show(State(site): State<Site>, _: RequireDesk, Path(id): Path<BannerId>) -> Answer<Json<Banner>> {
    let found = site.db.read(async move |conn| store::get(conn, id).await).await?;
    found.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

async fn own(
    State(site): State<Site>,
    RequireCustomer(id): RequireCustomer,
    Query(asked): Query<Paging>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let seen = site.db.read(async move |conn| pages::of_customer(conn, id, now).await).await?;
    let page = paging::cut(seen, &asked, |seen| seen.banner.id)?;
    page.map(|seen| json!({ "text": seen.banner.text, "until": seen.banner.until, "areas": seen.areas })).answer()
}

/// What a banner says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BannerBody {
    pub(super) areas: BTreeSet<AreaId>,
    pub(super) text: Words,
    pub(super) until: Timestamp,
    /// The version that was seen.
    #[serde(default)]
    pub(super) ver: Option<i64>,
}

/// Areas that there are not, or that are switched off, cover nobody.
async fn refuse_unknown(tx: &mut Tx, areas: &BTreeSet<AreaId>) -> Result<(), Undone> {
    let known = workforce::store::areas(tx).await?;
    let is_known = |id: &AreaId| known.iter().any(|area| area.id == *id && area.active);
    if areas.iter().all(is_known) {
        return Ok(());
    }
    let message = "One of these areas is not there any more, or is switched off. Choose again.";
    Err(Problem::field("areas", "unknown", message).into())
}

/// Sets one. Under an id that is known already it is a second click, and nothing.
pub(super) async fn set(site: &Site, actor: Actor, id: BannerId, body: BannerBody) -> Answer<Banner> {
    let now = site.now();
    check(&body.areas, body.until, now)?;
    let made = async move |tx: &mut Tx| {
        if let Some(there) = store::get(tx, id).await? {
            return Ok(there);
        }
        refuse_unknown(tx, &body.areas).await?;
        if i64::try_from(store::running(tx, now).await?.len()).unwrap_or(i64::MAX) >= RUNNING_MAX {
            let detail = format!("There are {RUNNING_MAX} banners already, more are not read. Take one back first.");
            return Err(Problem::with(ProblemCode::Conflict, detail).into());
        }
        let (areas, text, until) = (body.areas.clone(), body.text.clone(), body.until);
        let banner = Banner { id, areas, text, until, since: now, ended: None, ver: 1 };
        store::create(tx, &banner).await?;
        let subject = format!("banner:{id}");
        audit::record(tx, actor, "banner.set", &subject, None, Some(shown(&banner)?), now).await?;
        Ok::<Banner, Undone>(banner)
    };
    Ok(site.db.write(Lane::Desk, made).await?)
}

async fn create(
    State(site): State<Site>,
    RequireDesk(caller): RequireDesk,
    Json(body): Json<BannerBody>,
) -> Answer<impl IntoResponse> {
    let banner = set(&site, caller.actor(), site.new_id(), body).await?;
    Ok((StatusCode::CREATED, Json(banner)))
}

/// Changes one; one that was over runs again.
pub(super) async fn change(site: &Site, actor: Actor, id: BannerId, body: BannerBody) -> Answer<Banner> {
    let now = site.now();
    check(&body.areas, body.until, now)?;
    let edited = async move |tx: &mut Tx| {
        let before = store::get(tx, id).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        refuse_stale(body.ver, before.ver)?;
        refuse_unknown(tx, &body.areas).await?;
        let (areas, text, until) = (body.areas.clone(), body.text.clone(), body.until);
        let mut banner = Banner { areas, text, until, ended: None, ..before.clone() };
        if !store::put(tx, &banner).await? {
            return Err(ProblemCode::Stale.into());
        }
        banner.ver += 1;
        let (old, new) = (Some(shown(&before)?), Some(shown(&banner)?));
        audit::record(tx, actor, "banner.change", &format!("banner:{id}"), old, new, now).await?;
        Ok::<Banner, Undone>(banner)
    };
    Ok(site.db.write(Lane::Desk, edited).await?)
}

async fn replace(
    State(site): State<Site>,
    RequireDesk(caller): RequireDesk,
    Path(id): Path<BannerId>,
    Json(body): Json<BannerBody>,
) -> Answer<Json<Banner>> {
    Ok(Json(change(&site, caller.actor(), id, body).await?))
}

/// Takes one back. What is over stays over.
pub(super) async fn take_back(site: &Site, actor: Actor, id: BannerId) -> Answer<()> {
    let now = site.now();
    let ended = async move |tx: &mut Tx| {
        let before = store::get(tx, id).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        if !before.is_running(now) {
            return Ok(());
        }
        let banner = Banner { ended: Some(now), ..before.clone() };
        if !store::put(tx, &banner).await? {
            return Err(ProblemCode::Stale.into());
        }
        let (old, new) = (Some(shown(&before)?), Some(shown(&banner)?));
        audit::record(tx, actor, "banner.take_back", &format!("banner:{id}"), old, new, now).await?;
        Ok::<_, Undone>(())
    };
    Ok(site.db.write(Lane::Desk, ended).await?)
}

async fn end(
    State(site): State<Site>,
    RequireDesk(caller): RequireDesk,
    Path(id): Path<BannerId>,
) -> Answer<StatusCode> {
    take_back(&site, caller.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
