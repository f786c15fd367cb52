//! Moves of everybody else: the customer, the desk, plans, the passing of time.

use super::moves::{Done, Refusal, done, ended, flagged};
use super::reason::{CancelReason, HoldReason, HumanReason, ReleaseReason, WithdrawReason};
use super::visit::Outcome;
use super::window::{Window, may_begin};
use super::{First, Life, State, Timing};
use crate::event::{Event, Fact};
use crate::ids::ExpertId;
use crate::text::{Reason, Summary};
use crate::time::Timestamp;

impl Life {
    pub(super) fn plan_found(self, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        let waits = self.needs_human.as_ref().is_some_and(|flag| flag.reason == HumanReason::NoPlan);
        if !waits || self.state.is_ended() {
            return Err(Refusal::Already);
        }
        let life = Self { n_offers: self.n_offers, n_shut_out: self.n_shut_out, ..Self::received(now, timing) };
        Ok(done(life, [Fact::PlanFound.into()]))
    }

    pub(super) fn hold(self, why: HoldReason, until: Timestamp, now: Timestamp) -> Result<Done, Refusal> {
        let expert = match &self.state {
            State::Waiting => None,
            State::Accepted { expert, .. } => Some(*expert),
            State::Cancelled { .. } => return Err(Refusal::Cancelled),
            State::Offered { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. } => return Err(Refusal::Illegal),
        };
        if until <= now || self.needs_human.as_ref().is_some_and(|flag| flag.reason == HumanReason::NoPlan) {
            return Err(Refusal::Illegal);
        }
        let state = State::OnHold { why, until, expert, part: None };
        let event = Fact::Held { why, until, expert, part: None }.into();
        Ok(done(Self { state, needs_human: None, deadline_at: Some(until), ..self }, [event]))
    }

    pub(super) fn resume(self, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        match self.state {
            State::OnHold { expert, .. } => {
                let until = now.plus_minutes(timing.same_expert_minutes);
                let first = expert.map(|expert| First { expert, until });
                let life = Self { n_shut_out: self.n_shut_out, first, ..Self::received(now, timing) };
                Ok(done(life, [Fact::Resumed.into()]))
            }
            State::Cancelled { .. } => Err(Refusal::Cancelled),
            State::Waiting
            | State::Offered { .. }
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::Completed { .. } => Err(Refusal::Illegal),
        }
    }

    /// The customer chose other times. What was planned and still fits them stays; what does not goes back to the matcher.
    /// Whoever is on the way is not turned round by a form, and a part or a wrong address is not mended by a date.
    pub(super) fn reschedule(self, windows: Vec<Window>, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        let fits = self.state.visit().is_some_and(|visit| may_begin(&windows, visit.start_at));
        let chosen = Fact::Rescheduled { windows };
        let done = match &self.state {
            State::Waiting => done(self.searched_anew(now, timing), []),
            State::Offered { .. } | State::Accepted { .. } if fits => done(self, []),
            State::Offered { .. } => self.withdraw(WithdrawReason::Customer, now, timing)?,
            State::Accepted { .. } => self.release(ReleaseReason::Customer, now, timing)?,
            State::OnHold { why: HoldReason::NoAccess | HoldReason::Customer, .. } => self.resume(now, timing)?,
            State::Cancelled { .. } => return Err(Refusal::Cancelled),
            State::OnHold { why: HoldReason::Part | HoldReason::WrongAddress, .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::Completed { .. } => return Err(Refusal::Illegal),
        };
        let mut events = vec![chosen.into()];
        events.extend(done.events);
        Ok(Done { events, ..done })
    }

    pub(super) fn wait_for_shift(self, until: Timestamp, now: Timestamp) -> Result<Done, Refusal> {
        if self.state != State::Waiting || self.needs_human.is_some() || until <= now {
            return Err(Refusal::Illegal);
        }
        if self.deadline_at == Some(until) {
            return Err(Refusal::Already);
        }
        Ok(done(Self { deadline_at: Some(until), ..self }, [Fact::WaitsForShift { until }.into()]))
    }

    pub(super) fn ask_human(self, reason: HumanReason, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        if self.state.is_ended() {
            return Err(Refusal::Illegal);
        }
        if self.needs_human.as_ref().is_some_and(|flag| !reason.replaces(flag.reason)) {
            return Err(Refusal::Already);
        }
        let asked_again_at = now.plus_minutes(timing.human_minutes);
        let deadline_at = match &self.state {
            State::Offered { expires_at, .. } => Some(asked_again_at.min(*expires_at)),
            State::Waiting
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => Some(asked_again_at),
        };
        let life = Self { needs_human: Some(flagged(reason, now)), deadline_at, ..self };
        Ok(done(life, [Fact::NeedsHuman { reason }.into()]))
    }

    /// The flag falls and the state's own clock starts anew. What waits for a plan is not settled by looking at it.
    pub(super) fn settle(self, note: Option<Reason>, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        let Some(flag) = self.needs_human.clone() else { return Err(Refusal::Already) };
        if flag.reason == HumanReason::NoPlan {
            return Err(Refusal::Illegal);
        }
        let deadline_at = match &self.state {
            State::Waiting => now.plus_minutes(timing.waiting_minutes),
            State::Offered { expires_at, .. } => *expires_at,
            State::OnHold { until, .. } => (*until).max(now.plus_minutes(timing.human_minutes)),
            State::Accepted { visit, reminded: false, .. } => visit.leave_at().max(now),
            State::Accepted { reminded: true, .. } | State::EnRoute { .. } | State::OnSite { .. } => {
                now.plus_minutes(timing.human_minutes)
            }
            State::Completed { .. } | State::Cancelled { .. } => return Err(Refusal::Illegal),
        };
        let n_offers = if flag.reason == HumanReason::OffersExhausted { 0 } else { self.n_offers };
        let life = Self { needs_human: None, deadline_at: Some(deadline_at), n_offers, ..self };
        Ok(done(life, [Fact::Settled { reason: flag.reason, note }.into()]))
    }

    /// Whoever has it by now is released and told; the one who did it is named by everything that follows.
    pub(super) fn take_report(
        self,
        by: ExpertId,
        (outcome, summary): (Outcome, Summary),
        now: Timestamp,
    ) -> Result<Done, Refusal> {
        let released: Option<Event> = match &self.state {
            State::Completed { expert: Some(expert), .. } if *expert == by => return Err(Refusal::Already),
            State::Completed { .. } => return Err(Refusal::Illegal),
            State::Cancelled { .. } => return Err(Refusal::Cancelled),
            State::Offered { offer, expert, .. } => {
                Some(Fact::Withdrawn { offer: *offer, expert: *expert, why: WithdrawReason::DoneByOther }.into())
            }
            State::Accepted { expert, .. } | State::EnRoute { expert, .. } | State::OnSite { expert, .. } => {
                let other = (*expert != by).then_some(*expert);
                other.map(|expert| Fact::Released { expert, why: ReleaseReason::DoneByOther }.into())
            }
            State::Waiting | State::OnHold { .. } => None,
        };
        let completed = Fact::Completed { expert: by, outcome, summary }.into();
        let life = ended(&self, State::Completed { at: now, expert: Some(by), outcome });
        Ok(Done { life, events: released.into_iter().chain([completed]).collect() })
    }

    pub(super) fn solve(self, now: Timestamp) -> Result<Done, Refusal> {
        let was = self.state.holder();
        match &self.state {
            State::Waiting | State::Offered { .. } | State::Accepted { .. } | State::EnRoute { .. } => {}
            State::Completed { .. } => return Err(Refusal::Already),
            State::Cancelled { .. } => return Err(Refusal::Cancelled),
            State::OnSite { .. } | State::OnHold { .. } => return Err(Refusal::Illegal),
        }
        let state = State::Completed { at: now, expert: None, outcome: Outcome::SolvedWithoutVisit };
        Ok(done(ended(&self, state), [Fact::SolvedWithoutVisit { released: was }.into()]))
    }

    pub(super) fn cancel(self, why: CancelReason, now: Timestamp) -> Result<Done, Refusal> {
        let was = self.state.holder();
        match &self.state {
            State::Waiting
            | State::Offered { .. }
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnHold { .. } => {}
            State::Cancelled { .. } => return Err(Refusal::Already),
            State::OnSite { .. } | State::Completed { .. } => return Err(Refusal::Illegal),
        }
        let state = State::Cancelled { at: now, why };
        Ok(done(ended(&self, state), [Fact::Cancelled { why, released: was }.into()]))
    }
}
