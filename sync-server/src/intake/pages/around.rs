//! What the page of a ticket says beside the ticket: its history and notes, where it is, who comes, what came before and
//! after it.

use crate::db::Error;
use crate::events;
use crate::http::Site;
use crate::survey;
use crate::tickets::{Ticket, store};
use crate::{customers, plans, workforce};
use shared::place::Place;
use shared::ticket::State as TicketState;
use shared::time::Timestamp;

/// Lines of a history on a page.
const HISTORY_MAX: i64 = 200;

/// What the page of a ticket says beside the ticket.
pub(super) struct Around {
    pub(super) lines: Vec<events::Line>,
    pub(super) notes: Vec<store::NoteRow>,
    pub(super) place: Option<customers::Site>,
    pub(super) expert: Option<workforce::Expert>,
    pub(super) uncovered: Option<plans::Uncovered>,
    pub(super) earlier: Option<Ticket>,
    pub(super) follow_up: Option<Ticket>,
    pub(super) survey: Option<survey::Survey>,
}

pub(super) async fn around(site: &Site, ticket: &Ticket) -> Result<Around, Error> {
    let (id, at, holder) = (ticket.id, ticket.site, ticket.life.state.holder().or(ticket.last_expert));
    let (follows, who, category, now) = (ticket.follows, ticket.customer, ticket.category.clone(), site.now());
    let read = site.db.read(async move |conn| {
        let expert = match holder {
            Some(expert) => workforce::store::expert(conn, expert).await?,
            None => None,
        };
        let earlier = match follows {
            Some(earlier) => store::get(conn, earlier).await?,
            None => None,
        };
        let rank = customers::store::rank_of_site(conn, who, at).await?;
        let plans = plans::store::entitlements_of(conn, who).await?;
        Ok::<_, Error>(Around {
            lines: events::history(conn, id, 0, HISTORY_MAX).await?,
            notes: store::notes(conn, &[id], HISTORY_MAX).await?,
            place: customers::store::site(conn, at).await?,
            expert,
            uncovered: plans::uncovered(&plans, &category, rank, now),
            earlier,
            follow_up: store::follow_up_of(conn, id).await?,
            survey: survey::store::of_ticket(conn, id).await?,
        })
    });
    read.await
}

/// Where the expert was last seen on the way to this ticket, with a map of it. Nothing before he leaves or once he is
/// there: where he is then is nobody's business.
pub(super) fn seen(state: &TicketState, position: Option<(Place, Timestamp)>) -> Option<(Timestamp, String)> {
    let TicketState::EnRoute { departed_at, .. } = state else { return None };
    let (place, at) = position.filter(|(_, at)| at >= departed_at)?;
    let (lat, lon) = (place.lat(), place.lon());
    Some((at, format!("https://www.openstreetmap.org/?mlat={lat:.5}&mlon={lon:.5}#map=14/{lat:.5}/{lon:.5}")))
}
