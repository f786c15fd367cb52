//! JSON: the day, and hints that it changed.

use super::super::today::{self, Ours, Pressing};
use super::super::{file::listed, hinting};
use crate::http::caller::RequireDesk;
use crate::http::{Answer, Json, Query, Site};
use crate::sync;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::AreaId;
use std::convert::Infallible;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    area: Option<AreaId>,
}

pub(super) async fn day(State(site): State<Site>, _: RequireDesk, Query(wanted): Query<Wanted>) -> Answer<Json<Value>> {
    let (settings, now) = (sync::bounds(&site.config).settings, site.now());
    let today = site.db.read(async move |conn| today::read(conn, wanted.area, &settings, now).await).await?;
    let ticket = |one: &Pressing| {
        let mut ticket = listed(&one.ticket);
        ticket["at_risk"] = json!(one.risk);
        ticket["areas"] = json!(one.areas);
        ticket
    };
    let expert = |one: &Ours| {
        json!({
            "id": one.expert, "name": one.name, "phone": one.phone, "areas": one.areas, "zone": one.zone,
            "doing": one.doing, "chain": one.chain,
        })
    };
    Ok(Json(json!({
        "now": now,
        "tickets": today.pressing.iter().map(ticket).collect::<Vec<_>>(),
        "n_tickets": today.n_pressing,
        "greedy_round_at": today.greedy_at,
        "experts": today.experts.iter().map(expert).collect::<Vec<_>>(),
        "n_experts": today.n_experts,
        "areas": today.areas.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect::<Vec<_>>(),
    })))
}

/// Says that something changed. Carries no data and may be lost: the page is whole without it.
pub(super) async fn hints(
    State(site): State<Site>,
    _: RequireDesk,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stream = futures_util::stream::unfold(hinting::Hints::of(&site), async move |mut hints| {
        hints.next().await?;
        Some((Ok(Event::default().data(json!({ "dirty": ["desk"] }).to_string())), hints))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}
