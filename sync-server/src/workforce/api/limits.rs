//! Who must not visit whom, for the desk; holidays, for admins.

use super::{Words, by_word, not_found, shown};
use crate::audit;
use crate::customers::store as customers;
use crate::db::{Lane, Tx};
use crate::http::caller::{RequireAdmin, RequireDesk};
use crate::http::paging::{self, Paging};
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Query, Site};
use crate::postal;
use crate::workforce::{Holiday, store};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get, put};
use serde::Deserialize;
use serde_json::json;
use shared::ids::{CustomerId, ExpertId};
use shared::problem::Problem;
use shared::text::{Name, Reason, Slug};
use shared::time::Date;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/customers/{id}/blocked-experts", get(blocked))
        .route("/api/v1/customers/{id}/blocked-experts/{expert}", put(block).delete(unblock))
        .route("/api/v1/admin/holidays", get(holidays).put(put_holiday).delete(remove_holiday))
}

async fn blocked(
    State(site): State<Site>,
    _: RequireDesk,
    Path(id): Path<CustomerId>,
    Query(asked): Query<Paging>,
) -> Answer<impl IntoResponse> {
    let found = site.db.read(async move |conn| {
        customers::customer(conn, id).await?.ok_or_else(not_found)?;
        let blocks = store::blocks(conn, id).await?;
        let ids: Vec<ExpertId> = blocks.iter().map(|block| block.expert).collect();
        let experts = store::experts_by_ids(conn, &ids).await?;
        let name = |id| experts.iter().find(|expert| expert.id == id).map(|expert| expert.name.clone());
        let page = paging::cut(blocks, &asked, |block| block.expert)?;
        Ok::<_, Undone>(page.map(|block| {
            json!({ "expert": block.expert, "name": name(block.expert), "reason": block.reason, "since": block.made_at })
        }))
    });
    found.await?.answer()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockBody {
    /// Said by whom and why; the expert never reads it.
    reason: Reason,
}

async fn block(
    State(site): State<Site>,
    desk: RequireDesk,
    Path((id, expert)): Path<(CustomerId, ExpertId)>,
    Json(BlockBody { reason }): Json<BlockBody>,
) -> Answer<impl IntoResponse> {
    let (actor, now) = (desk.0.actor(), site.now());
    let blocked = async move |tx: &mut Tx| {
        store::lock(tx, expert).await?.ok_or_else(not_found)?;
        customers::customer(tx, id).await?.ok_or_else(not_found)?;
        let before = store::blocks(tx, id).await?.into_iter().find(|block| block.expert == expert);
        let before = before.map(|block| json!({ "expert": expert, "reason": block.reason }));
        store::block(tx, id, expert, &reason, now).await?;
        let after = json!({ "expert": expert, "reason": reason });
        audit::record(tx, actor, "customer.block", &format!("customer:{id}"), before, Some(after), now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, blocked).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unblock(
    State(site): State<Site>,
    desk: RequireDesk,
    Path((id, expert)): Path<(CustomerId, ExpertId)>,
) -> Answer<impl IntoResponse> {
    let (actor, now) = (desk.0.actor(), site.now());
    let unblocked = async move |tx: &mut Tx| {
        let before = store::blocks(tx, id).await?.into_iter().find(|block| block.expert == expert);
        if !store::unblock(tx, id, expert).await? {
            return Err(not_found());
        }
        let before = json!({ "expert": expert, "reason": before.map(|block| block.reason) });
        audit::record(tx, actor, "customer.unblock", &format!("customer:{id}"), Some(before), None, now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, unblocked).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn holidays(State(site): State<Site>, _: RequireDesk, Query(asked): Query<Paging>) -> Answer<impl IntoResponse> {
    let found = site.db.read(async move |conn| {
        let words = Words::load(conn).await?;
        let key = |day: &Holiday| {
            format!("{}:{}:{}", day.on, day.country, day.area.map_or(String::new(), |id| id.to_string()))
        };
        let page = paging::cut(store::holidays(conn).await?, &asked, key)?;
        Ok::<_, Undone>(page.map(|holiday| {
            let area = holiday.area.and_then(|id| words.areas.get(&id));
            json!({ "on": holiday.on, "country": holiday.country, "area": area, "name": holiday.name })
        }))
    });
    found.await?.answer()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayBody {
    on: Date,
    country: String,
    /// An area's word; none is the whole country.
    #[serde(default)]
    area: Option<Slug>,
    name: Name,
}

fn country(typed: &str) -> Result<String, Undone> {
    let fault = || Problem::field("country", "format", "A country is two letters, like US.");
    postal::tidy_country(typed).ok_or_else(|| fault().into())
}

async fn put_holiday(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Json(HolidayBody { on, country: typed, area, name }): Json<HolidayBody>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let kept = async move |tx: &mut Tx| {
        let words = Words::load(tx).await?;
        let area = area.as_ref().map(|slug| by_word("area", &words.areas, slug)).transpose()?;
        let holiday = Holiday { on, country: country(&typed)?, area, name: name.clone() };
        let same = |kept: &Holiday| (kept.on, &kept.country, kept.area) == (holiday.on, &holiday.country, holiday.area);
        let before = store::holidays(tx).await?.iter().find(|kept| same(kept)).map(shown).transpose()?;
        store::put_holiday(tx, &holiday, now).await?;
        let after = Some(shown(&holiday)?);
        audit::record(tx, admin.actor(), "holiday.put", &format!("holiday:{on}"), before, after, now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, kept).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayKey {
    on: Date,
    country: String,
    #[serde(default)]
    area: Option<Slug>,
}

async fn remove_holiday(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Query(HolidayKey { on, country: typed, area }): Query<HolidayKey>,
) -> Answer<impl IntoResponse> {
    let now = site.now();
    let removed = async move |tx: &mut Tx| {
        let words = Words::load(tx).await?;
        let area = area.as_ref().map(|slug| by_word("area", &words.areas, slug)).transpose()?;
        let country = country(&typed)?;
        let same = |kept: &Holiday| (kept.on, &kept.country, kept.area) == (on, &country, area);
        let before = store::holidays(tx).await?.iter().find(|kept| same(kept)).map(shown).transpose()?;
        if !store::remove_holiday(tx, on, &country, area).await? {
            return Err(not_found());
        }
        audit::record(tx, admin.actor(), "holiday.remove", &format!("holiday:{on}"), before, None, now).await?;
        Ok::<_, Undone>(())
    };
    site.db.write(Lane::Desk, removed).await?;
    Ok(StatusCode::NO_CONTENT)
}
