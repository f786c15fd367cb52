//! Everything about one ticket, from one snapshot: who, where, what happened, what was told, and why which expert.

use super::against::{self, Overridden};
use super::names::{self, Names};
use super::store;
use super::{Item, deeds};
use crate::customers::{self, Customer, Site as Place};
use crate::db::{Conn, Error};
use crate::dispatch::{self, by_hand};
use crate::events::{self, Line};
use crate::matching::decide::{Judged, replay};
use crate::matching::explain::{self, Explanation};
use crate::matching::store::{self as decisions, Stored};
use crate::notify::{self, Notice};
use crate::tickets::store::{self as tickets, NoteRow, PhotoRow};
use crate::tickets::{self as domain, Ticket};
use serde::Serialize;
use shared::ids::{DecisionId, ExpertId, OfferId, TicketId};
use shared::ticket::{State, Timing};
use shared::time::{Timestamp, Zone};

/// Lines of a history, notes and notices that are shown.
const LINES_MAX: i64 = 500;
/// Decisions that are shown, the last ones.
const DECISIONS_MAX: i64 = 20;

/// A ticket with all that belongs to it.
pub(super) struct File {
    pub(super) ticket: Ticket,
    pub(super) customer: Option<Customer>,
    pub(super) place: Option<Place>,
    pub(super) history: Vec<Line>,
    pub(super) notes: Vec<NoteRow>,
    pub(super) photos: Vec<PhotoRow>,
    pub(super) notices: Vec<Notice>,
    pub(super) decisions: Vec<Why>,
    pub(super) overrides: Vec<Overridden>,
    pub(super) open_offer: Option<OfferId>,
    pub(super) seen_at: Option<Timestamp>,
    /// Whether a phone of whoever holds it has received it.
    pub(super) delivered: Option<bool>,
    pub(super) names: Names,
    pub(super) owner: Option<String>,
    pub(super) owner_id: Option<shared::ids::StaffId>,
    pub(super) deeds: Vec<deeds::Deed>,
    pub(super) matter: Option<super::Matter>,
    /// What this ticket follows.
    pub(super) earlier: Option<Ticket>,
    /// What follows it.
    pub(super) follow_up: Option<Ticket>,
}

/// A stored decision in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Why {
    /// Its id.
    pub(super) id: DecisionId,
    /// When it was made.
    pub(super) made_at: Timestamp,
    /// Which weights counted.
    pub(super) weights_version: i64,
    /// Who was chosen.
    pub(super) winner: Option<ExpertId>,
    /// Deciding again from what was stored chooses the same.
    pub(super) replays: bool,
    /// How many of the experts could be sent; they come first.
    pub(super) n_fit: usize,
    /// In words.
    #[serde(flatten)]
    pub(super) explanation: Explanation,
    /// What stood against those who could not be sent, with their names. Programs have the sentences.
    #[serde(skip)]
    pub(super) against: Vec<(String, Vec<String>)>,
}

/// Reads it.
pub(super) async fn read(
    conn: &mut Conn,
    id: TicketId,
    now: Timestamp,
    real_now: Timestamp,
    timing: &Timing,
) -> Result<Option<File>, Error> {
    let Some(ticket) = tickets::get(conn, id).await? else { return Ok(None) };
    // The newest, where there are more.
    let history = events::history(conn, id, (ticket.n_events - LINES_MAX).max(0), LINES_MAX).await?;
    let (mut experts, mut colleagues) = names::in_history(&history);
    experts.extend(ticket.life.state.holder());
    let earlier = match ticket.follows {
        Some(earlier) => tickets::get(conn, earlier).await?,
        None => None,
    };
    let follow_up = tickets::follow_up_of(conn, id).await?;
    experts
        .extend(earlier.iter().chain(&follow_up).filter_map(|other| other.life.state.holder().or(other.last_expert)));
    let matter = super::inbox::matter(conn, Item::Ticket(id), now, real_now).await?;
    let task = match &matter {
        Some(matter) => store::task(conn, Item::Ticket(id), matter.since()).await?,
        None => None,
    };
    colleagues.extend(task.map(|task| task.staff));
    let names = names::of(conn, experts, colleagues).await?;
    let place = customers::store::site(conn, ticket.site).await?;
    let zone = place.as_ref().map_or_else(Zone::utc, |place| place.zone.clone());
    let overrides = by_hand::store::list(conn, Some(id), None, DECISIONS_MAX).await?;
    let open_offer = open_offer(&ticket.life.state);
    Ok(Some(File {
        customer: customers::store::customer(conn, ticket.customer).await?,
        overrides: against::overridden(conn, overrides, &zone).await?,
        seen_at: match open_offer {
            Some(offer) => tickets::seen_at(conn, offer).await?,
            None => None,
        },
        delivered: dispatch::delivered(conn, id).await?,
        open_offer,
        place,
        notes: tickets::notes(conn, &[id], LINES_MAX).await?,
        photos: tickets::photos(conn, &[id], LINES_MAX).await?,
        notices: notify::store::of_ticket(conn, id, LINES_MAX).await?,
        decisions: why(conn, id).await?,
        owner: task.map(|task| names.staff(task.staff).to_owned()),
        owner_id: task.map(|task| task.staff),
        deeds: matter.as_ref().map(|matter| deeds::possible(matter, now, timing)).unwrap_or_default(),
        matter,
        earlier,
        follow_up,
        history,
        names,
        ticket,
    }))
}

fn open_offer(state: &State) -> Option<OfferId> {
    match state {
        State::Offered { offer, .. } => Some(*offer),
        State::Waiting
        | State::Accepted { .. }
        | State::EnRoute { .. }
        | State::OnSite { .. }
        | State::OnHold { .. }
        | State::Completed { .. }
        | State::Cancelled { .. } => None,
    }
}

/// The decisions about a ticket, the last first.
pub(super) async fn why(conn: &mut Conn, id: TicketId) -> Result<Vec<Why>, Error> {
    let stored = decisions::of_ticket(conn, id, DECISIONS_MAX).await?;
    let about: Vec<_> = stored.iter().map(|stored| &stored.decision).collect();
    let names = names::of_decisions(conn, &about).await?;
    let why = |Stored { id, decision }: Stored| {
        let winner = decision.winner.as_ref().map(|winner| winner.expert);
        Why {
            id,
            made_at: decision.made_at,
            weights_version: decision.weights.version,
            winner,
            replays: replay(&decision) == winner,
            n_fit: decision.considered.iter().filter(|one| matches!(one.judged, Judged::Ranked { .. })).count(),
            explanation: explain::explain(&decision, &names),
            against: explain::stood_against(&decision, &names),
        }
    };
    Ok(stored.into_iter().map(why).collect())
}

/// What is known of how a ticket reached its holder: whether a phone of his has it, and when its open offer was seen.
pub(super) async fn heard(conn: &mut Conn, id: TicketId) -> Result<(Option<bool>, Option<Timestamp>), Error> {
    let Some(ticket) = tickets::get(conn, id).await? else { return Ok((None, None)) };
    let seen_at = match open_offer(&ticket.life.state) {
        Some(offer) => tickets::seen_at(conn, offer).await?,
        None => None,
    };
    Ok((dispatch::delivered(conn, id).await?, seen_at))
}

/// Whether there is such a ticket.
pub(super) async fn exists(conn: &mut Conn, id: TicketId) -> Result<bool, Error> {
    Ok(tickets::get(conn, id).await?.is_some())
}

/// What the list shows of a ticket.
pub(super) fn listed(ticket: &Ticket) -> serde_json::Value {
    let domain::Ticket { id, number, title, life, urgent, customer, filed_at, ended_at, changed_at, .. } = ticket;
    serde_json::json!({
        "id": id,
        "number": number,
        "title": title,
        "state": life.state.word(),
        "needs_human": life.needs_human.as_ref().map(|flag| flag.reason.word()),
        "urgent": urgent,
        "customer": customer,
        "expert": life.state.holder(),
        "deadline_at": life.deadline_at,
        "filed_at": filed_at,
        "changed_at": changed_at,
        "ended_at": ended_at,
    })
}
