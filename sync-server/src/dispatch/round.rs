//! One round: decide on a snapshot, then make each offer under locks.

use super::facts::{self, Bounds};
use super::room;
use crate::db::{Database, Error, Lane, Tx};
use crate::matching::candidate::Candidate;
use crate::matching::decide::{Batch, Decision, Judged, Settled, decide_unless};
use crate::matching::judge::{Rule, Verdict, judge};
use crate::matching::need::Need;
use crate::matching::slot::Fit;
use crate::matching::store::{self as decisions, Stored};
use crate::tickets::Book;
use crate::workforce;
use shared::event::Actor;
use shared::ids::{ExpertId, Id, OfferId, TicketId};
use shared::ticket::{HumanReason, Move, VisitPlan};
use shared::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Runs a round over every waiting ticket. Gives back how many offers were made.
pub async fn run(db: &Database, bounds: &Bounds) -> Result<usize, Error> {
    let read = db.read(async |conn| {
        let known = facts::all(conn).await?;
        // Room is for those who wait.
        let offered = if known.needs.is_empty() { Vec::new() } else { facts::unseen(conn).await? };
        Ok::<_, Error>((known, offered))
    });
    let (mut known, offered) = read.await?;
    if known.needs.is_empty() {
        return Ok(0);
    }
    if !offered.is_empty() && room::make(db, bounds, &known, offered).await? > 0 {
        known = db.read(async |conn| facts::all(conn).await).await?;
    }
    let now = db.clock().business_now();
    let batch = Batch {
        id: Id::new(db.clock().real_now(), &*db.chance()),
        made_at: now,
        settings: bounds.settings,
        weights: known.weights.unwrap_or(bounds.weights),
        needs: known.needs,
        candidates: known.candidates,
    };
    let decided = within(bounds.budget, move |stop| decide_unless(&batch, &stop)).await?;
    if decided.iter().any(|decision| decision.settled == Settled::Greedy) {
        let (n_tickets, budget_ms) = (decided.len(), bounds.budget.as_millis());
        tracing::warn!(n_tickets, budget_ms, "no time for the best choice of all tickets: each took its best in turn");
    }
    let mut n_offers = 0;
    for block in blocks(decided) {
        let (bounds, now) = (bounds.clone(), db.clock().business_now());
        let new = |decision| {
            let id = Id::new(db.clock().real_now(), &*db.chance());
            (Stored { id, decision }, Id::new(db.clock().real_now(), &*db.chance()))
        };
        let block: Vec<(Stored, OfferId)> = block.into_iter().map(new).collect();
        // What goes in one way is offered in one transaction, so that one notice can speak of all of it.
        let made = db.write(Lane::Work, async move |tx| {
            let mut n_made = 0;
            for (stored, offer) in &block {
                n_made += usize::from(settle(tx, stored, *offer, &bounds, now).await?);
            }
            Ok::<_, Error>(n_made)
        });
        n_offers += made.await?;
    }
    Ok(n_offers)
}

/// The decisions of a round, those about tickets that go in one way as one.
fn blocks(decided: Vec<Decision>) -> Vec<Vec<Decision>> {
    let mut blocks: Vec<Vec<Decision>> = Vec::new();
    for decision in decided {
        let with = |block: &&mut Vec<Decision>| block.iter().any(|one| one.together.contains(&decision.ticket));
        match blocks.iter_mut().find(with) {
            Some(block) if !decision.together.is_empty() => block.push(decision),
            Some(_) | None => blocks.push(vec![decision]),
        }
    }
    blocks
}

/// Works something out within the time that there is for it: past that `work` is told to stop looking for the best.
pub(super) async fn within<T: Send + 'static>(
    budget: Duration,
    work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
) -> Result<T, Error> {
    let is_over = Arc::new(AtomicBool::new(budget.is_zero()));
    let stop = is_over.clone();
    // A round of hundreds of tickets takes tens of milliseconds: not on a thread that serves others.
    let mut working = tokio::task::spawn_blocking(move || work(&|| stop.load(Ordering::Relaxed)));
    let done = match tokio::time::timeout(budget, &mut working).await {
        Ok(done) => done,
        Err(_) => {
            is_over.store(true, Ordering::Relaxed);
            working.await
        }
    };
    done.map_err(|error| Error::Panicked(error.to_string()))
}

/// Carries one decision out. True if an offer was made.
async fn settle(tx: &mut Tx, stored: &Stored, offer: OfferId, bounds: &Bounds, now: Timestamp) -> Result<bool, Error> {
    let decision = &stored.decision;
    let made = match decision.winner {
        Some(winner) => {
            let asked = Asked { expert: winner.expert, offer, decision: stored.id };
            ask(tx, decision.ticket, asked, bounds, now).await?
        }
        None => {
            nobody(tx, decision, bounds, now).await?;
            false
        }
    };
    let news = match decisions::latest(tx, decision.ticket).await? {
        Some(earlier) => made || !decision.repeats(&earlier.decision),
        None => true,
    };
    // A decision whose winner turned out to be taken says nothing true: the next round makes another.
    if news && (made || decision.winner.is_none()) {
        decisions::insert(tx, std::slice::from_ref(stored)).await?;
    }
    Ok(made)
}

struct Asked {
    expert: ExpertId,
    offer: OfferId,
    decision: shared::ids::DecisionId,
}

/// Judges the winner again under the locks, and offers.
async fn ask(tx: &mut Tx, ticket: TicketId, asked: Asked, bounds: &Bounds, now: Timestamp) -> Result<bool, Error> {
    let expert = asked.expert;
    if workforce::lock(tx, expert).await?.is_none() {
        return Ok(false);
    }
    let mut book = Book::open(tx, &[ticket], bounds.timing.clone()).await?;
    let Some(waiting) = book.ticket(ticket).filter(|ticket| ticket.life.is_matchable()).cloned() else {
        return Ok(false);
    };
    let held = facts::held(tx, expert).await?;
    let Some(candidate) = facts::candidate_with(tx, expert, &held, ticket).await? else { return Ok(false) };
    let Some(need) = facts::needs(tx, &[waiting]).await?.pop() else { return Ok(false) };
    let Some(visit) = fits(&need, &candidate, bounds, now) else { return Ok(false) };
    let offer = Move::Offer { offer: asked.offer, expert, visit, decision: Some(asked.decision) };
    if book.make(ticket, offer, Actor::Server, now).is_err() {
        return Ok(false);
    }
    book.save(tx).await?;
    Ok(true)
}

/// The visit, if every hard rule holds.
pub(super) fn fits(need: &Need, candidate: &Candidate, bounds: &Bounds, now: Timestamp) -> Option<VisitPlan> {
    match judge(need, candidate, now, &bounds.settings) {
        Verdict::Fits(fit) => Some(plan(&fit, need.work_minutes)),
        Verdict::Excluded { .. } => None,
    }
}

/// A fit as a promise: whole minutes of travel, rounded up.
pub(super) fn plan(fit: &Fit, work_minutes: u32) -> VisitPlan {
    let travel_minutes = u32::try_from((fit.travel_tenths + 9) / 10).unwrap_or(u32::MAX);
    VisitPlan { start_at: fit.start_at, travel_minutes, work_minutes }
}

/// Nobody was found. If only time stands in the way, the ticket waits until somebody works; else a person is asked.
/// Everybody busy with other tickets is neither: the next round looks again.
async fn nobody(tx: &mut Tx, decision: &Decision, bounds: &Bounds, now: Timestamp) -> Result<(), Error> {
    let somebody_fits = decision.considered.iter().any(|one| matches!(one.judged, Judged::Ranked { .. }));
    if somebody_fits {
        return Ok(());
    }
    let mut book = Book::open(tx, &[decision.ticket], bounds.timing.clone()).await?;
    let Some(ticket) = book.ticket(decision.ticket).filter(|ticket| ticket.life.is_matchable()) else { return Ok(()) };
    let is_urgent = ticket.urgent;
    let to_do = match hope(decision, now) {
        // Somebody works now or soon: the deadline of waiting is the bound.
        Hope::Soon => return Ok(()),
        // Its ten minutes run at any hour: a person hears of it while everybody sleeps.
        Hope::Shift(_) if is_urgent => return Ok(()),
        Hope::Shift(until) => Move::WaitForShift { until: until.plus_minutes(bounds.timing.waiting_minutes) },
        Hope::None => Move::AskHuman { reason: HumanReason::NoCandidate },
    };
    // Refused: it was already so.
    let _ = book.make(decision.ticket, to_do, Actor::Server, now);
    book.save(tx).await
}

/// What can be hoped for when nobody fits now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hope {
    /// Somebody who could come is at work, but booked or off duty.
    Soon,
    /// Somebody who could come begins to work then.
    Shift(Timestamp),
    /// Nobody will come by waiting.
    None,
}

fn hope(decision: &Decision, now: Timestamp) -> Hope {
    let mut best = Hope::None;
    for considered in &decision.considered {
        let Judged::Excluded { broken } = &considered.judged else { return Hope::Soon };
        best = match (best, by_waiting(broken)) {
            (_, Hope::Soon) => return Hope::Soon,
            (_, Hope::Shift(at)) if at <= now => return Hope::Soon,
            (Hope::Shift(earlier), Hope::Shift(at)) => Hope::Shift(earlier.min(at)),
            (Hope::None | Hope::Soon, Hope::Shift(at)) => Hope::Shift(at),
            (best, Hope::None) => best,
        };
    }
    best
}

/// What waiting alone could do against every one of these rules.
fn by_waiting(broken: &[Rule]) -> Hope {
    let mut hope = Hope::Soon;
    for rule in broken {
        let until = match rule {
            Rule::OutsideShift { next_at: Some(at) } => *at,
            Rule::Absent { until } => *until,
            Rule::Booked { .. } | Rule::NotTogether { .. } | Rule::AwayThen | Rule::OffDuty => continue,
            Rule::OutsideShift { next_at: None }
            | Rule::Deactivated
            | Rule::NoPlan
            | Rule::LacksSkills { .. }
            | Rule::OutsideArea
            | Rule::Declined
            | Rule::Replaced
            | Rule::Blocked
            // Whoever is asked first is looked at by himself.
            | Rule::AskedFirst { .. }
            | Rule::ShiftTooShort { .. }
            | Rule::NotWhenCustomerCan => return Hope::None,
        };
        hope = match hope {
            Hope::Shift(other) => Hope::Shift(other.max(until)),
            Hope::Soon | Hope::None => Hope::Shift(until),
        };
    }
    hope
}
