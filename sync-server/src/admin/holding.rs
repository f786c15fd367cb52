//! A ticket on hold because its customer is away or wants a later day: until then nobody is sent, and then the expert who
//! had it is asked first. A part, a closed door and a wrong address put it on hold by themselves.

use crate::customers;
use crate::http::caller::RequireDesk;
use crate::http::{Answer, Refused, Site};
use crate::intake::api::act;
use crate::tickets::{Ticket, store};
use shared::ids::TicketId;
use shared::problem::{Problem, ProblemCode};
use shared::ticket::{HoldReason, Move};
use shared::time::{Date, Timestamp, Zone};

/// A ticket waits no longer than this: what is later is filed anew.
const DAYS_MAX: i64 = 90;
/// When the day begins on which somebody may come, by the site's clocks.
const MORNING_MINUTE: u16 = 8 * 60;

/// What stands against it, in words.
const CANNOT: &str = "Only a ticket that waits for an expert, or whose expert has not left yet, can be put on hold. One \
                      without a plan waits for the plan.";

/// The move.
pub(super) fn to_hold(until: Timestamp) -> Move {
    Move::Hold { why: HoldReason::Customer, until }
}

/// The morning of that day.
pub(super) fn morning(zone: &Zone, date: Date) -> Timestamp {
    zone.instant(date, MORNING_MINUTE)
}

/// The first and the last day that can be chosen, as a date field takes them.
pub(super) fn dates(zone: &Zone, now: Timestamp) -> (String, String) {
    let day = |days: i64| zone.local(now.plus_minutes(days * 1_440)).date.to_string();
    (day(1), day(DAYS_MAX - 1))
}

/// The zone by whose clocks a ticket's times are told.
pub(super) async fn zone_of(site: &Site, id: TicketId) -> Answer<Zone> {
    let read = site.db.read(async move |conn| {
        let Some(ticket) = store::get(conn, id).await? else { return Ok(None) };
        customers::store::site(conn, ticket.site).await
    });
    Ok(read.await?.ok_or(Refused::new(ProblemCode::NotFound))?.zone)
}

/// Puts it on hold.
pub(super) async fn hold(site: &Site, caller: &RequireDesk, id: TicketId, until: Timestamp) -> Answer<Ticket> {
    let now = site.now();
    if until <= now || now.plus_minutes(DAYS_MAX * 1_440) < until {
        let message = format!("Choose a time in the next {DAYS_MAX} days.");
        return Err(Problem::field("until", "out_of_range", message).into());
    }
    match act(site, &caller.0, id, to_hold(until)).await {
        Err(Refused(problem)) if problem.code == ProblemCode::Conflict => {
            Err(Refused::with(ProblemCode::Conflict, CANNOT))
        }
        came => came,
    }
}
