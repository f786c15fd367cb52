//! A yes that came after its offer had lapsed. If nobody has the ticket by then and every hard rule still holds, it
//! counts; the expert may have said it in a cellar, in time.

use super::facts::{self, Bounds};
use super::round::fits;
use crate::db::{Conn, Error};
use crate::tickets::{Ticket, store};
use shared::ids::ExpertId;
use shared::offer::OfferState;
use shared::ticket::VisitPlan;
use shared::time::Timestamp;

/// Offers of one ticket that are looked at.
const OFFERS_MAX: i64 = 100;

/// The visit that a late yes would promise; none if it cannot be granted. `ticket` waits and is locked, as is the
/// expert's day; `held` is what the expert holds by now, in this very transaction.
pub async fn visit(
    conn: &mut Conn,
    expert: ExpertId,
    ticket: &Ticket,
    held: &[Ticket],
    bounds: &Bounds,
    now: Timestamp,
) -> Result<Option<VisitPlan>, Error> {
    let offers = store::offers_of(conn, ticket.id, OFFERS_MAX).await?;
    let lapsed = |state: &OfferState| match state {
        // An open one of his own has run out in this transaction.
        OfferState::Lapsed { .. } | OfferState::Open { .. } => true,
        OfferState::Accepted { .. } | OfferState::Declined { .. } | OfferState::Withdrawn { .. } => false,
    };
    let newest = offers.iter().find(|offer| offer.expert == expert);
    if !newest.is_some_and(|offer| lapsed(&offer.state)) {
        return Ok(None);
    }
    let Some(candidate) = facts::candidate_with(conn, expert, held, ticket.id).await? else { return Ok(None) };
    let Some(need) = facts::needs(conn, std::slice::from_ref(ticket)).await?.pop() else { return Ok(None) };
    Ok(fits(&need, &candidate, bounds, now))
}
