//! A person sends an expert: judged by the same rules as the server's choice, under the same locks.
//!
//! A broken rule, and somebody who may already be there, is named and refused. Whoever wants it all the same gives a
//! reason; that is kept and reported. What no reason helps against: a ticket that has ended, an expert who works there
//! right now, one who has left us, a way of days.

pub mod store;
#[cfg(test)]
mod tests;

use super::facts::{self, Bounds};
use super::round::plan;
use crate::db::{Conn, Error, Tx};
use crate::matching::candidate::Candidate;
use crate::matching::decide::{Batch, Decision, Winner, decide};
use crate::matching::insist::insist;
use crate::matching::judge::{Rule, Verdict, judge};
use crate::matching::need::Need;
use crate::matching::rank::rank;
use crate::matching::slot::Fit;
use crate::matching::store::{self as decisions, Stored};
use crate::matching::weights;
use crate::tickets::store as tickets;
use crate::tickets::{Book, Ticket};
use crate::{events, workforce};
use serde::{Deserialize, Serialize};
use shared::event::{Actor, Fact};
use shared::ids::{BatchId, ExpertId, OfferId, StaffId, TicketId};
use shared::text::Reason;
use shared::ticket::{HoldReason, HumanReason, Life, Move, ReleaseReason, State, Timing, VisitPlan, WithdrawReason};
use shared::time::{Timestamp, Zone};

/// What a person wants.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Which ticket.
    pub ticket: TicketId,
    /// Who is to be asked.
    pub expert: ExpertId,
    /// The new offer. The same one again is the same wish again.
    pub offer: OfferId,
    /// Why, against a rule or a caution.
    pub reason: Option<Reason>,
    /// Who wants it.
    pub staff: StaffId,
    /// The same, as histories know them.
    pub actor: Actor,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// The expert is asked.
    Offered {
        /// By which offer.
        offer: OfferId,
        /// What is promised.
        visit: VisitPlan,
        /// What stood against it.
        against: Against,
        /// Who had the ticket until now.
        from: Option<ExpertId>,
    },
    /// The expert has the open offer already: a second click.
    Already {
        /// By which offer.
        offer: OfferId,
        /// What was promised.
        visit: VisitPlan,
    },
    /// Not without a reason.
    NeedsReason(Against),
    /// Not at all.
    Refused(No),
}

/// What stands against an offer, and may be overridden.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Against {
    /// The broken rules.
    pub broken: Vec<Rule>,
    /// What the ticket's state warns of.
    pub cautions: Vec<Caution>,
}

impl Against {
    /// Nothing does.
    pub fn is_empty(&self) -> bool {
        self.broken.is_empty() && self.cautions.is_empty()
    }
}

/// What a person should think of before sending somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "caution")]
pub enum Caution {
    /// Somebody said yes, and a silent phone proves nothing.
    MayBeThere {
        /// Who.
        expert: ExpertId,
        /// Said to have left.
        departed: bool,
    },
    /// It waits for something until then.
    OnHold {
        /// For what.
        why: HoldReason,
        /// Until when.
        until: Timestamp,
    },
    /// Somebody who had lost the ticket reports that it is done.
    ReportedDone,
}

/// Why no reason helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    /// There is no such ticket.
    NoTicket,
    /// There is no such expert.
    NoExpert,
    /// It has ended.
    Ended,
    /// Somebody works there now.
    AtWork(ExpertId),
    /// This expert has said yes already.
    HasIt,
    /// This expert no longer works here.
    LeftUs,
    /// The way is longer than visits are planned ahead.
    TooFar,
    /// The ticket is not where it could be offered from.
    NotNow,
}

/// How a ticket becomes free to be offered to somebody else, and what warns against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The move that frees it; none if it is free.
    pub first: Option<Move>,
    /// What warns.
    pub cautions: Vec<Caution>,
}

/// Whether a ticket can be offered by hand at all.
pub fn way(life: &Life) -> Result<Way, No> {
    let mut cautions = Vec::new();
    let first = match &life.state {
        State::Waiting => None,
        State::Offered { .. } => Some(Move::Withdraw { why: WithdrawReason::Staff }),
        State::Accepted { expert, .. } => {
            cautions.push(Caution::MayBeThere { expert: *expert, departed: false });
            Some(Move::Release { why: ReleaseReason::Staff })
        }
        State::EnRoute { expert, .. } => {
            cautions.push(Caution::MayBeThere { expert: *expert, departed: true });
            Some(Move::Release { why: ReleaseReason::Staff })
        }
        State::OnHold { why, until, .. } => {
            cautions.push(Caution::OnHold { why: *why, until: *until });
            Some(Move::Resume)
        }
        State::OnSite { expert, .. } => return Err(No::AtWork(*expert)),
        State::Completed { .. } | State::Cancelled { .. } => return Err(No::Ended),
    };
    if life.needs_human.as_ref().is_some_and(|flag| flag.reason == HumanReason::DoneByOther) {
        cautions.push(Caution::ReportedDone);
    }
    Ok(Way { first, cautions })
}

/// Asks an expert because a person wants it. What stood beside the choice is kept with it.
pub async fn offer(
    tx: &mut Tx,
    wish: &Wish,
    beside: Option<&Decision>,
    bounds: &Bounds,
    now: Timestamp,
) -> Result<Came, Error> {
    let expert = wish.expert;
    if workforce::lock(tx, expert).await?.is_none() {
        return Ok(Came::Refused(No::NoExpert));
    }
    let mut book = Book::open(tx, &[wish.ticket], bounds.timing.clone()).await?;
    let Some(ticket) = book.ticket(wish.ticket).cloned() else { return Ok(Came::Refused(No::NoTicket)) };
    let from = ticket.life.state.holder();
    match &ticket.life.state {
        State::Offered { offer, expert: holder, visit, .. } if *holder == expert => {
            return Ok(Came::Already { offer: *offer, visit: *visit });
        }
        state if state.holder() == Some(expert) => return Ok(Came::Refused(No::HasIt)),
        State::Waiting
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::EnRoute { .. }
        | State::OnSite { .. }
        | State::OnHold { .. }
        | State::Completed { .. }
        | State::Cancelled { .. } => {}
    }
    let way = match way(&ticket.life) {
        Ok(way) => way,
        Err(no) => return Ok(Came::Refused(no)),
    };
    let held = facts::held(tx, expert).await?;
    let Some(candidate) = facts::candidate_with(tx, expert, &held, ticket.id).await? else {
        return Ok(Came::Refused(No::NoExpert));
    };
    let Some(need) = facts::needs(tx, std::slice::from_ref(&ticket)).await?.pop() else {
        return Err(Error::Bug(format!("ticket {} has no site", ticket.id)));
    };
    let (fit, broken) = match judged(&need, &candidate, bounds, now) {
        Ok(judged) => judged,
        Err(no) => return Ok(Came::Refused(no)),
    };
    let visit = plan(&fit, need.work_minutes);
    let against = Against { broken, cautions: way.cautions };
    if !against.is_empty() && wish.reason.is_none() {
        return Ok(Came::NeedsReason(against));
    }
    // No round's: none takes it back.
    let asked = Move::Offer { offer: wish.offer, expert, visit, decision: None };
    for to_do in way.first.into_iter().chain([asked]) {
        if book.make(ticket.id, to_do, wish.actor, now).is_err() {
            return Ok(Came::Refused(No::NotNow));
        }
    }
    book.save(tx).await?;
    if let Some(decision) = beside {
        let decision = decision.clone().chosen_by_person(Winner { expert, fit });
        decisions::insert(tx, &[Stored { id: tx.new_id(), decision }]).await?;
    }
    if let Some(reason) = wish.reason.as_ref().filter(|_| !against.is_empty()) {
        let made = store::Override {
            offer: wish.offer,
            ticket: ticket.id,
            expert,
            staff: wish.staff,
            made_at: now,
            reason: reason.clone(),
            against: against.clone(),
        };
        store::insert(tx, &made).await?;
    }
    Ok(Came::Offered { offer: wish.offer, visit, against, from })
}

/// What stands beside a choice: everybody judged and ranked for this ticket, as if it were a round of its own, called `id`. None if
/// there is no such ticket. Reads much, so it is asked for before anything is locked.
pub async fn beside(
    conn: &mut Conn,
    ticket: TicketId,
    id: BatchId,
    bounds: &Bounds,
    now: Timestamp,
) -> Result<Option<Decision>, Error> {
    let Some(ticket) = tickets::get(conn, ticket).await? else { return Ok(None) };
    let Some(mut need) = facts::needs(conn, std::slice::from_ref(&ticket)).await?.pop() else { return Ok(None) };
    // A person may pass over whoever is to be asked first, and takes it from whoever has it.
    need.first = None;
    if let State::Accepted { expert, .. } | State::EnRoute { expert, .. } = &ticket.life.state {
        need.replaced.insert(*expert);
    }
    let batch = Batch {
        id,
        made_at: now,
        settings: bounds.settings,
        weights: weights::store::current(conn).await?.unwrap_or(bounds.weights),
        candidates: facts::candidates(conn, Some(ticket.id)).await?,
        needs: vec![need],
    };
    Ok(decide(&batch).pop())
}

/// What came of taking an open offer back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It was taken back, and the search goes on.
    Back,
    /// It was on the expert's screen since then; from there on only another offer takes it away.
    Seen(Timestamp),
    /// It is no longer open.
    Gone,
}

/// Takes an open offer back as long as the expert has not seen it.
pub async fn undo(
    tx: &mut Tx,
    ticket: TicketId,
    offer: OfferId,
    actor: Actor,
    timing: &Timing,
    now: Timestamp,
) -> Result<Undone, Error> {
    let mut book = Book::open(tx, &[ticket], timing.clone()).await?;
    let state = book.ticket(ticket).map(|ticket| ticket.life.state.clone());
    if !matches!(state, Some(State::Offered { offer: open, .. }) if open == offer) {
        return Ok(Undone::Gone);
    }
    if let Some(at) = tickets::seen_at(tx, offer).await? {
        return Ok(Undone::Seen(at));
    }
    let n_lines = book.ticket(ticket).map_or(0, |ticket| ticket.n_events);
    if book.make(ticket, Move::Withdraw { why: WithdrawReason::Staff }, actor, now).is_err() {
        return Ok(Undone::Gone);
    }
    book.save(tx).await?;
    if let Some(expert) = made_way(tx, ticket, offer, n_lines).await? {
        tickets::replaced_no_more(tx, ticket, expert).await?;
    }
    Ok(Undone::Back)
}

/// Who had the ticket until the same deed released him and made this offer.
async fn made_way(conn: &mut Conn, ticket: TicketId, offer: OfferId, n_lines: i64) -> Result<Option<ExpertId>, Error> {
    const NEWEST: i64 = 50;
    let lines = events::history(conn, ticket, (n_lines - NEWEST).max(0), NEWEST).await?;
    let is_this = |line: &events::Line| matches!(&line.event.fact, Fact::Offered { offer: made, .. } if *made == offer);
    let pair = lines.windows(2).find(|pair| is_this(&pair[1]) && pair[0].at == pair[1].at);
    Ok(pair.and_then(|pair| {
        if let Fact::Released { expert, why: ReleaseReason::Staff } = &pair[0].event.fact {
            Some(*expert)
        } else {
            None
        }
    }))
}

/// The visit and the rules that stand against it; an error if no reason could help.
fn judged(need: &Need, candidate: &Candidate, bounds: &Bounds, now: Timestamp) -> Result<(Fit, Vec<Rule>), No> {
    match judge(need, candidate, now, &bounds.settings) {
        Verdict::Fits(fit) => Ok((fit, Vec::new())),
        Verdict::Excluded { broken } if broken.contains(&Rule::Deactivated) => Err(No::LeftUs),
        Verdict::Excluded { broken } => {
            let fit = insist(need, candidate, &broken, now, &bounds.settings).ok_or(No::TooFar)?;
            Ok((fit, broken))
        }
    }
}

/// One expert to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Who.
    pub expert: ExpertId,
    /// The zone their times are told in.
    pub zone: Zone,
    /// What would be promised.
    pub visit: VisitPlan,
    /// The rules against it.
    pub broken: Vec<Rule>,
    /// What the server's weights make of it, in tenths of a minute; only where every rule holds.
    pub cost: Option<i64>,
}

/// Everybody who could be asked, as the rules stand now: first who keeps all of them, cheapest first; then the others, who
/// breaks the fewest first. Whoever has the ticket is not among them, nor is anybody whom no reason could send.
pub async fn choices(conn: &mut Conn, ticket: &Ticket, bounds: &Bounds, now: Timestamp) -> Result<Vec<Choice>, Error> {
    let Some(need) = facts::needs(conn, std::slice::from_ref(ticket)).await?.pop() else { return Ok(Vec::new()) };
    let weights = weights::store::current(conn).await?.unwrap_or(bounds.weights);
    let candidates = facts::candidates(conn, Some(ticket.id)).await?;
    let holder = ticket.life.state.holder();
    let others = candidates.iter().filter(|candidate| Some(candidate.expert) != holder);
    let choice = |candidate: &Candidate| {
        let (visit, broken, cost) = match judge(&need, candidate, now, &bounds.settings) {
            Verdict::Fits(fit) => {
                let cost = rank(&need, candidate, &fit, now, &weights).total();
                (plan(&fit, need.work_minutes), Vec::new(), Some(cost))
            }
            Verdict::Excluded { broken } => {
                let fit = insist(&need, candidate, &broken, now, &bounds.settings)?;
                (plan(&fit, need.work_minutes), broken, None)
            }
        };
        Some(Choice { expert: candidate.expert, zone: candidate.zone.clone(), visit, broken, cost })
    };
    let mut choices: Vec<Choice> = others.filter_map(choice).collect();
    choices.sort_by_key(|one| (one.broken.len(), one.cost, one.visit.travel_minutes, one.expert));
    Ok(choices)
}
