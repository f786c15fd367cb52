//! What a customer, or the desk on a customer's word, changes about a ticket that is filed: when somebody may come, where
//! it is, whom to ring, what it needs.
//!
//! A change that is not possible any more is refused with what to do instead; one that is so already is no fault of
//! whoever asked twice.

use super::Refusal as NotTaken;
use super::corrected::Wanted;
use super::times::{self, LocalTime};
use crate::audit;
use crate::customers;
use crate::db::Lane;
use crate::dispatch::{Bounds, mend};
use crate::http::Site;
use crate::tickets::{Book, Ticket, store};
use crate::workforce;
use serde_json::json;
use shared::event::Actor;
use shared::ids::TicketId;
use shared::problem::{Problem, ProblemCode};
use shared::skills::Skills;
use shared::ticket::{HoldReason, Refusal, State};

/// Whose turn a change is: nobody who files waits for the desk, nor the other way round.
pub(super) fn lane(actor: Actor) -> Lane {
    match actor {
        Actor::Agent(_) | Actor::Admin(_) => Lane::Desk,
        Actor::Customer(_) | Actor::Expert(_) | Actor::Server => Lane::Intake,
    }
}

/// The customer chose when somebody may come; no time at all means as soon as possible.
pub(super) async fn reschedule(
    site: &Site,
    actor: Actor,
    id: TicketId,
    chosen: Vec<LocalTime>,
) -> Result<Ticket, NotTaken> {
    let (now, timing) = (site.now(), site.config.timing.clone());
    let horizon = i64::from(site.config.matching.horizon_minutes);
    let done = site.db.write(lane(actor), async move |tx| {
        let mut book = Book::open(tx, &[id], timing.clone()).await?;
        let Some(ticket) = book.ticket(id) else { return Ok(Err(Problem::new(ProblemCode::NotFound))) };
        let Some(place) = customers::store::site(tx, ticket.site).await? else {
            return Ok(Err(Problem::new(ProblemCode::NotFound)));
        };
        let windows = match times::windows(&chosen, &place.zone, now, horizon) {
            Ok(windows) => windows,
            Err(fault) => return Ok(Err(Problem::fields(vec![fault]))),
        };
        let was = json!({ "ticket": id, "windows": ticket.windows });
        let problem = |refusal, ticket: &Ticket| Problem::with(code(refusal), no_other_time(&ticket.life.state));
        if let Err(refusal) = book.reschedule(id, windows, actor, now) {
            let ticket = book.ticket(id).expect("it was there");
            return Ok(Err(problem(refusal, ticket)));
        }
        let after = book.ticket(id).cloned().expect("it was there");
        book.save(tx).await?;
        let (subject, is) = (format!("customer:{}", after.customer), json!({ "ticket": id, "windows": after.windows }));
        audit::record(tx, actor, "ticket.reschedule", &subject, Some(was), Some(is), now).await?;
        Ok::<_, crate::db::Error>(Ok(after))
    });
    Ok(done.await??)
}

/// Something of the ticket is corrected, and whoever holds it is judged again.
pub(super) async fn correct(site: &Site, actor: Actor, id: TicketId, wanted: Wanted) -> Result<Ticket, NotTaken> {
    let (now, bounds) = (site.now(), Bounds::of(&site.config));
    let done = site.db.write(lane(actor), async move |tx| {
        let mut correction = wanted.correction.clone();
        if let Some(named) = &wanted.skills {
            let slugs: Vec<_> = named.keys().cloned().collect();
            let known = workforce::store::skills_by_slug(tx, &slugs).await?;
            if let Some(unknown) = slugs.iter().find(|slug| !known.contains_key(slug)) {
                let field = format!("need.skills.{unknown}");
                return Ok(Err(Problem::field(&field, "unknown", "There is no such skill, or it is out of use.")));
            }
            let skills = named.iter().filter_map(|(slug, level)| Some((*known.get(slug)?, *level)));
            correction.skills = Some(Skills(skills.collect()));
        }
        match mend::correct(tx, id, &correction, actor, &bounds, now).await? {
            None => Ok(Err(Problem::new(ProblemCode::NotFound))),
            Some(Ok(ticket)) => Ok(Ok(ticket)),
            Some(Err(refusal)) => {
                let ticket = store::get(tx, id).await?;
                let why = ticket.map_or("", |ticket| no_correction(&ticket.life.state));
                Ok::<_, crate::db::Error>(Err(Problem::with(code(refusal), why)))
            }
        }
    });
    Ok(done.await??)
}

/// Whether a correction still helps where the ticket is.
pub(super) fn can_correct(state: &State) -> bool {
    match state {
        State::Waiting
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::EnRoute { .. }
        | State::OnHold { .. } => true,
        State::OnSite { .. } | State::Completed { .. } | State::Cancelled { .. } => false,
    }
}

/// Why nothing is corrected, and what to do.
fn no_correction(state: &State) -> &'static str {
    match state {
        State::OnSite { .. } => "The expert is there already. Tell the expert, or add a note.",
        State::Completed { .. } | State::Cancelled { .. } => {
            "This ticket has ended. If it is not working, report the problem again."
        }
        State::Waiting
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::EnRoute { .. }
        | State::OnHold { .. } => "This is what we have already.",
    }
}

pub(super) fn code(refusal: Refusal) -> ProblemCode {
    match refusal {
        Refusal::Already | Refusal::Cancelled => ProblemCode::AlreadySettled,
        Refusal::NotHolder | Refusal::Lapsed | Refusal::Illegal => ProblemCode::Conflict,
    }
}

/// Whether another time can be chosen where the ticket is.
pub(super) fn can_choose(state: &State) -> bool {
    match state {
        State::Waiting
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::OnHold { why: HoldReason::NoAccess | HoldReason::Customer, .. } => true,
        State::EnRoute { .. }
        | State::OnSite { .. }
        | State::OnHold { why: HoldReason::Part | HoldReason::WrongAddress, .. }
        | State::Completed { .. }
        | State::Cancelled { .. } => false,
    }
}

/// Why no other time is taken, and what to do.
fn no_other_time(state: &State) -> &'static str {
    match state {
        State::EnRoute { .. } => {
            "The expert is on the way already. If nobody can open, add a note for the expert or cancel the ticket."
        }
        State::OnSite { .. } => "The expert is there already. Agree with the expert on when the work goes on.",
        State::OnHold { why: HoldReason::Part, .. } => {
            "We are waiting for a part. When it is there we go on, and you can choose a time then."
        }
        State::OnHold { why: HoldReason::WrongAddress, .. } => {
            "Please give us the right address first, then choose a time."
        }
        State::Completed { .. } | State::Cancelled { .. } => {
            "This ticket has ended. If it is not working, report the problem again."
        }
        State::Waiting | State::Offered { .. } | State::Accepted { .. } | State::OnHold { .. } => {
            "These times were chosen before."
        }
    }
}
