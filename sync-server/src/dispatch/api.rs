//! For the desk: which visits left an expert at once, because he is away or was changed, and where each ticket is now.
//! One list for each such change, the newest first; nothing here moves a ticket.

use super::away::VISITS_BACK;
use crate::audit;
use crate::http::caller::RequireDesk;
use crate::http::paging::{self, Page};
use crate::http::{Answer, Query, Site};
use crate::{tickets, workforce};
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{Router, get};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{ExpertId, TicketId};
use std::collections::{BTreeMap, BTreeSet};

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new().route("/api/v1/desk/visits-back", get(visits_back))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The last list of the page before.
    #[serde(default)]
    cursor: Option<uuid::Uuid>,
    #[serde(default)]
    limit: Option<i64>,
}

async fn visits_back(
    State(site): State<Site>,
    _: RequireDesk,
    Query(wanted): Query<Wanted>,
) -> Answer<impl IntoResponse> {
    let (cursor, limit) = (wanted.cursor.map(|id| id.to_string()), paging::limit(wanted.limit));
    let found = site.db.read(async move |conn| {
        let lines = audit::of_kind(conn, VISITS_BACK, cursor.as_deref(), limit + 1).await?;
        let Page { items: lines, next_cursor } = paging::page(lines, limit, |line| line.id.clone());
        let ids: BTreeSet<TicketId> =
            lines.iter().flat_map(|line| rows(line.after.as_ref())).filter_map(ticket_of).collect();
        let now = tickets::store::many(conn, &ids.into_iter().collect::<Vec<_>>()).await?;
        let mut experts: BTreeSet<ExpertId> = lines.iter().filter_map(|line| expert_of(&line.subject)).collect();
        experts.extend(now.iter().filter_map(|ticket| ticket.life.state.holder()));
        let experts = workforce::store::experts_by_ids(conn, &experts.into_iter().collect::<Vec<_>>()).await?;
        let names: BTreeMap<ExpertId, String> =
            experts.into_iter().map(|expert| (expert.id, expert.name.to_string())).collect();
        let now: BTreeMap<TicketId, tickets::Ticket> = now.into_iter().map(|ticket| (ticket.id, ticket)).collect();
        let items = lines.iter().map(|line| {
            let expert = expert_of(&line.subject);
            let tickets = rows(line.after.as_ref()).iter().map(|row| shown(row, &now, &names)).collect::<Vec<_>>();
            let name = expert.and_then(|id| names.get(&id));
            json!({ "id": line.id, "at": line.at, "expert": expert, "expert_name": name, "tickets": tickets })
        });
        Ok::<_, crate::db::Error>(Page { items: items.collect::<Vec<_>>(), next_cursor })
    });
    found.await?.answer()
}

fn rows(after: Option<&Value>) -> &[Value] {
    after.and_then(|after| after["tickets"].as_array()).map_or(&[], Vec::as_slice)
}

fn ticket_of(row: &Value) -> Option<TicketId> {
    row["ticket"].as_str()?.parse().ok()
}

fn expert_of(subject: &str) -> Option<ExpertId> {
    subject.strip_prefix("expert:")?.parse().ok()
}

/// A ticket of the list as it was, and where it is now.
fn shown(row: &Value, now: &BTreeMap<TicketId, tickets::Ticket>, names: &BTreeMap<ExpertId, String>) -> Value {
    let mut row = row.clone();
    if let Some(ticket) = ticket_of(&row).and_then(|id| now.get(&id)) {
        let state = &ticket.life.state;
        row["now"] = json!({
            "state": state.word(),
            "expert_name": state.holder().and_then(|id| names.get(&id)),
            "start_at": state.visit().map(|visit| visit.start_at),
            "needs_human": ticket.life.needs_human.as_ref().map(|flag| flag.reason.word()),
        });
    }
    row
}
