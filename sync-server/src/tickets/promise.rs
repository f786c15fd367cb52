//! The plan's promise to a ticket: when it is due, and that it stands still while the ticket waits for something
//! outside. What counts is decided by `shared::promise`; here the site's zone and its holidays are looked up.

use super::Ticket;
use crate::customers::{self, Site};
use crate::db::{Conn, Error};
use crate::workforce;
use shared::promise::Calendar;
use shared::ticket::{State, Timing};
use shared::time::Timestamp;

/// A promise that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// When.
    pub from: Timestamp,
    /// For so many hours of service.
    pub hours: u32,
}

/// What a change of a ticket means for its promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A plan covers it from now on.
    Begins { at: Timestamp, hours: u32 },
    /// It was on hold and no longer is.
    Resumes { held_at: Timestamp, at: Timestamp },
}

/// By when a promise to a site is due.
pub async fn due_at(conn: &mut Conn, site: &Site, promise: Promise, timing: &Timing) -> Result<Timestamp, Error> {
    let holidays = workforce::store::closed_at(conn, &site.country, &site.postal_code, site.at()).await?;
    let calendar = Calendar { hours: &timing.service_hours, zone: &site.zone, holidays: &holidays };
    Ok(calendar.due(promise.from, i64::from(promise.hours) * 60))
}

/// Notes that a hold begins, and says so when it is over for a ticket that goes on.
pub(super) fn change(ticket: &mut Ticket, before: &State, now: Timestamp) -> Option<Change> {
    let on_hold = |state: &State| matches!(state, State::OnHold { .. });
    match (on_hold(before), on_hold(&ticket.life.state)) {
        (false, true) => {
            ticket.held_at = Some(now);
            None
        }
        (true, false) => {
            let held_at = ticket.held_at.take()?;
            (!ticket.life.state.is_ended()).then_some(Change::Resumes { held_at, at: now })
        }
        (true, true) | (false, false) => None,
    }
}

/// Carries a change out on a ticket that is locked.
pub(super) async fn keep(
    conn: &mut Conn,
    ticket: &mut Ticket,
    change: Option<Change>,
    timing: &Timing,
) -> Result<(), Error> {
    let Some(change) = change else { return Ok(()) };
    let Some(site) = customers::store::site(conn, ticket.site).await? else { return Ok(()) };
    ticket.due_at = match change {
        Change::Begins { at, hours } => due_at(conn, &site, Promise { from: at, hours }, timing).await?,
        Change::Resumes { held_at, at } => {
            let holidays = workforce::store::closed_at(conn, &site.country, &site.postal_code, site.at()).await?;
            let calendar = Calendar { hours: &timing.service_hours, zone: &site.zone, holidays: &holidays };
            calendar.due_after_pause(ticket.due_at, held_at, at)
        }
    };
    Ok(())
}
