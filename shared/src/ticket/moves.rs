//! Every legal move of a ticket. A move consumes the life and gives the next one with its events, or a refusal.

use super::correct::Corrected;
use super::reason::{CancelReason, HoldReason, HumanReason, ReleaseReason, WithdrawReason};
use super::visit::{Act, CannotFix, Outcome, VisitPlan};
use super::window::Window;
use super::{Life, NeedsHuman, State, Timing};
use crate::event::{Event, Fact};
use crate::ids::{DecisionId, ExpertId, OfferId};
use crate::offer::DeclineReason;
use crate::text::{Reason, Summary};
use crate::time::Timestamp;

/// What somebody wants to do with a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// A plan was paid or granted.
    PlanFound,
    /// Ask an expert.
    Offer {
        /// The new offer.
        offer: OfferId,
        /// Who is asked.
        expert: ExpertId,
        /// What the visit would be.
        visit: VisitPlan,
        /// The stored choice behind it.
        decision: Option<DecisionId>,
    },
    /// The expert says yes. Also the late yes of an expert whose offer had lapsed: then `late` carries the new visit.
    Accept {
        /// Who.
        expert: ExpertId,
        /// The visit, where no open offer states it.
        late: Option<VisitPlan>,
    },
    /// The expert says no, or gives an accepted visit back.
    Decline {
        /// Who.
        expert: ExpertId,
        /// Why.
        reason: DeclineReason,
    },
    /// An offer's time is over.
    Lapse {
        /// Which.
        offer: OfferId,
    },
    /// An open offer is taken back.
    Withdraw {
        /// Why.
        why: WithdrawReason,
    },
    /// The expert left.
    Depart {
        /// Who.
        expert: ExpertId,
    },
    /// The expert arrived.
    Arrive {
        /// Who.
        expert: ExpertId,
    },
    /// The expert finished.
    Complete {
        /// Who.
        expert: ExpertId,
        /// How it ended.
        outcome: Outcome,
        /// What was done.
        summary: Summary,
    },
    /// It takes longer than was promised.
    Late {
        /// Who is late.
        expert: ExpertId,
        /// By how much more.
        minutes: u32,
        /// The expert said so. Otherwise it was seen that his work takes longer: then the question to a person comes when it
        /// would have come anyway.
        reported: bool,
    },
    /// A promised visit is moved, because the one before it takes longer.
    Shift {
        /// The visit as it can be kept.
        visit: VisitPlan,
    },
    /// The expert could not finish.
    CannotFix {
        /// Who.
        expert: ExpertId,
        /// What was in the way.
        why: CannotFix,
        /// Which part is missing.
        part: Option<Summary>,
        /// When it may be there.
        until: Option<Timestamp>,
    },
    /// An accepted, not started visit leaves its expert.
    Release {
        /// Why.
        why: ReleaseReason,
    },
    /// It must wait for something outside.
    Hold {
        /// For what.
        why: HoldReason,
        /// Until when.
        until: Timestamp,
    },
    /// What it waited for is there.
    Resume,
    /// The customer says when somebody may come.
    Reschedule {
        /// When; none means as soon as possible.
        windows: Vec<Window>,
    },
    /// Something of the ticket is corrected.
    Correct {
        /// What.
        what: Vec<Corrected>,
        /// The visit with its new way and work, where it can be kept.
        visit: Option<VisitPlan>,
    },
    /// Nobody in the area works before then.
    WaitForShift {
        /// When somebody does.
        until: Timestamp,
    },
    /// A person must look.
    AskHuman {
        /// Why.
        reason: HumanReason,
    },
    /// A person looked and gives it back to its way.
    Settle {
        /// What was done.
        note: Option<Reason>,
    },
    /// The report of an expert who had lost the ticket is taken: he did it.
    TakeReport {
        /// Who did it.
        expert: ExpertId,
        /// How it ended.
        outcome: Outcome,
        /// What was done.
        summary: Summary,
    },
    /// Solved without a visit.
    Solve,
    /// Called off.
    Cancel {
        /// Why.
        why: CancelReason,
    },
}

/// Why a move is not made. Each names what its caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is already so; nothing to do.
    #[error("this was already done")]
    Already,
    /// Another expert has it, or nobody.
    #[error("another expert has this ticket, or nobody has")]
    NotHolder,
    /// The offer had lapsed.
    #[error("the time of this offer had run out")]
    Lapsed,
    /// The ticket was called off.
    #[error("this ticket was cancelled")]
    Cancelled,
    /// Not possible from where the ticket is.
    #[error("this is not possible where the ticket is now")]
    Illegal,
}

/// A move that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The life after it.
    pub life: Life,
    /// What happened, in order.
    pub events: Vec<Event>,
}

impl Life {
    /// Makes a move at `now`, by the business clock.
    pub fn make(self, to_do: Move, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        match to_do {
            Move::PlanFound => self.plan_found(now, timing),
            Move::Offer { offer, expert, visit, decision } => self.offer(offer, expert, visit, decision, now, timing),
            Move::Accept { expert, late: Some(visit) } => self.accept_late(expert, visit, now),
            Move::Accept { expert, late: None } => self.advance(expert, Act::Accept, None, now, timing),
            Move::Decline { expert, reason } => self.decline(expert, reason, now, timing),
            Move::Lapse { offer } => self.lapse(offer, now, timing),
            Move::Withdraw { why } => self.withdraw(why, now, timing),
            Move::Depart { expert } => self.advance(expert, Act::Depart, None, now, timing),
            Move::Arrive { expert } => self.advance(expert, Act::Arrive, None, now, timing),
            Move::Complete { expert, outcome, summary } => {
                self.advance(expert, Act::Complete, Some((outcome, summary)), now, timing)
            }
            Move::Late { expert, minutes, reported } => self.late(expert, minutes, reported, now),
            Move::Shift { visit } => self.shift(visit, now),
            Move::CannotFix { expert, why, part, until } => self.cannot_fix(expert, why, (part, until), now, timing),
            Move::Release { why } => self.release(why, now, timing),
            Move::Hold { why, until } => self.hold(why, until, now),
            Move::Resume => self.resume(now, timing),
            Move::Reschedule { windows } => self.reschedule(windows, now, timing),
            Move::Correct { what, visit } => self.correct(what, visit, now, timing),
            Move::WaitForShift { until } => self.wait_for_shift(until, now),
            Move::AskHuman { reason } => self.ask_human(reason, now, timing),
            Move::Settle { note } => self.settle(note, now, timing),
            Move::TakeReport { expert, outcome, summary } => self.take_report(expert, (outcome, summary), now),
            Move::Solve => self.solve(now),
            Move::Cancel { why } => self.cancel(why, now),
        }
    }

    /// Answers a deadline that has passed. Doing it twice, or too early, is refused as already done.
    pub fn overdue(self, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        if self.deadline_at.is_none_or(|deadline| now < deadline) {
            return Err(Refusal::Already);
        }
        if let State::Offered { offer, expires_at, .. } = self.state
            && expires_at <= now
        {
            return self.lapse(offer, now, timing);
        }
        if let Some(flag) = self.needs_human.clone() {
            return self.human_overdue(&flag, now, timing);
        }
        match &self.state {
            State::Waiting => self.ask_human(HumanReason::NoCandidate, now, timing),
            State::Offered { .. } => Err(Refusal::Already),
            State::Accepted { expert, visit, reminded: false } => {
                let (expert, visit) = (*expert, *visit);
                let state = State::Accepted { expert, visit, reminded: true };
                let deadline_at = Some(now.plus_minutes(timing.depart_grace_minutes));
                Ok(done(Self { state, deadline_at, ..self }, [Fact::Reminded { expert }.into()]))
            }
            State::Accepted { reminded: true, .. } => self.ask_human(HumanReason::NotDeparted, now, timing),
            State::EnRoute { .. } => self.ask_human(HumanReason::NotArrived, now, timing),
            State::OnSite { .. } => self.ask_human(HumanReason::OverEstimate, now, timing),
            State::OnHold { why: HoldReason::Part | HoldReason::Customer, .. } => self.resume(now, timing),
            State::OnHold { why: HoldReason::NoAccess | HoldReason::WrongAddress, .. } => {
                self.ask_human(HumanReason::HoldEnded, now, timing)
            }
            State::Completed { .. } | State::Cancelled { .. } => Err(Refusal::Already),
        }
    }

    fn human_overdue(self, flag: &NeedsHuman, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        if flag.reason == HumanReason::NoPlan && flag.n_escalations > 0 {
            return self.cancel(CancelReason::NoPlan, now);
        }
        let n = flag.n_escalations + 1;
        let wait = if flag.reason == HumanReason::NoPlan { timing.no_plan_minutes } else { timing.human_minutes };
        let needs_human = Some(NeedsHuman { n_escalations: n, ..flag.clone() });
        let again_at = now.plus_minutes(wait);
        let deadline_at = match &self.state {
            // The offer's own time goes on.
            State::Offered { expires_at, .. } => Some(again_at.min(*expires_at)),
            State::Waiting
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => Some(again_at),
        };
        Ok(done(Self { needs_human, deadline_at, ..self }, [Fact::Escalated { reason: flag.reason, n }.into()]))
    }
}

pub(super) fn flagged(reason: HumanReason, now: Timestamp) -> NeedsHuman {
    NeedsHuman { reason, since: now, n_escalations: 0 }
}

pub(super) fn ended(life: &Life, state: State) -> Life {
    Life { state, needs_human: None, deadline_at: None, ..life.clone() }
}

pub(super) fn done<const N: usize>(life: Life, events: [Event; N]) -> Done {
    Done { life, events: events.into() }
}
