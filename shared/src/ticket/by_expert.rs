//! Moves around one expert: offered, answered, on the way, done, given back.

use super::moves::{Done, Refusal, done, flagged};
use super::reason::{HumanReason, ReleaseReason, WithdrawReason};
use super::visit::{Act, CannotFix, Outcome, Phase, Route, VisitPlan, route};
use super::{HoldReason, Life, NeedsHuman, State, Timing};
use crate::event::{Event, Fact};
use crate::ids::{DecisionId, ExpertId, OfferId};
use crate::offer::DeclineReason;
use crate::text::Summary;
use crate::time::Timestamp;

impl Life {
    pub(super) fn offer(
        self,
        offer: OfferId,
        expert: ExpertId,
        visit: VisitPlan,
        decision: Option<DecisionId>,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<Done, Refusal> {
        match &self.state {
            State::Waiting => {}
            State::Offered { offer: open, .. } if *open == offer => return Err(Refusal::Already),
            State::Offered { .. }
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => return Err(Refusal::Illegal),
        }
        let expires_at = now.plus_minutes(timing.offer_minutes);
        let state = State::Offered { offer, expert, expires_at, visit };
        let event = Fact::Offered { offer, expert, expires_at, visit, decision }.into();
        let n_offers = self.n_offers + 1;
        // Asking somebody answers every question but the one about danger: that one a person settles.
        let needs_human = self.warned();
        let deadline_at = Some(needs_human.as_ref().map_or(expires_at, |flag| flag.told_at(timing).min(expires_at)));
        let life = Self { state, needs_human, deadline_at, n_offers, first: None, ..self };
        Ok(done(life, [event]))
    }

    pub(super) fn accept_late(self, expert: ExpertId, visit: VisitPlan, now: Timestamp) -> Result<Done, Refusal> {
        match &self.state {
            State::Waiting => {}
            State::Accepted { expert: holder, .. } | State::EnRoute { expert: holder, .. } if *holder == expert => {
                return Err(Refusal::Already);
            }
            State::Cancelled { .. } => return Err(Refusal::Cancelled),
            State::Offered { .. }
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. } => return Err(Refusal::NotHolder),
        }
        let state = State::Accepted { expert, visit, reminded: false };
        let deadline_at = Some(visit.leave_at().max(now));
        let event = Fact::Accepted { expert, visit, late: true }.into();
        let needs_human = self.warned();
        let deadline_at = if needs_human.is_some() { self.deadline_at } else { deadline_at };
        Ok(done(Self { state, needs_human, deadline_at, first: None, ..self }, [event]))
    }

    /// The question about danger, where it stands.
    fn warned(&self) -> Option<NeedsHuman> {
        self.needs_human.clone().filter(|flag| flag.reason == HumanReason::Danger)
    }

    /// When a person who is asked already is asked again, once an offer has ended in either way.
    fn asked_again_at(&self, flag: &NeedsHuman, now: Timestamp, timing: &Timing) -> Option<Timestamp> {
        match self.state {
            State::Offered { .. } => Some(flag.told_at(timing).max(now)),
            State::Waiting
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => self.deadline_at,
        }
    }

    /// Whether this expert may act on the ticket, and from which phase.
    fn phase_for(&self, expert: ExpertId, act: Act, now: Timestamp) -> Result<Phase, Refusal> {
        match &self.state {
            State::Cancelled { .. } => Err(Refusal::Cancelled),
            State::Completed { expert: by, .. } if *by == Some(expert) => Ok(Phase::Completed),
            State::Offered { expert: holder, expires_at, .. } if *holder == expert => {
                // At its expiry instant an offer has lapsed, even if the lapse itself is still on its way.
                if now < *expires_at || act == Act::Decline { Ok(Phase::Offered) } else { Err(Refusal::Lapsed) }
            }
            state if state.holder() == Some(expert) => state.phase().ok_or(Refusal::NotHolder),
            State::Waiting
            | State::Offered { .. }
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. } => Err(Refusal::NotHolder),
        }
    }

    pub(super) fn advance(
        self,
        expert: ExpertId,
        act: Act,
        end: Option<(Outcome, Summary)>,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<Done, Refusal> {
        let from = self.phase_for(expert, act, now)?;
        let way = match route(from, act) {
            Route::Forward(way) => way,
            Route::Already => return Err(Refusal::Already),
            Route::Back | Route::Illegal => return Err(Refusal::Illegal),
        };
        let visit = self.state.visit().ok_or(Refusal::Illegal)?;
        let goal = *way.last().expect("a way has a goal");
        let mut events: Vec<Event> = Vec::with_capacity(way.len());
        for phase in way {
            let fact = match phase {
                Phase::Accepted => Fact::Accepted { expert, visit, late: false },
                Phase::EnRoute => Fact::Departed { expert, visit },
                Phase::OnSite => Fact::Arrived { expert },
                Phase::Completed => {
                    let (outcome, summary) = end.clone().ok_or(Refusal::Illegal)?;
                    Fact::Completed { expert, outcome, summary }
                }
                Phase::Offered | Phase::Cancelled => return Err(Refusal::Illegal),
            };
            events.push(Event { fact, skipped: *phase != goal });
        }
        let (state, deadline_at) = reach(goal, expert, visit, end.map(|(outcome, _)| outcome), now, timing);
        let ended = deadline_at.is_none();
        let needs_human = self.needs_human.clone().filter(|flag| !ended && !flag.reason.falls_with_progress());
        let deadline_at = match &needs_human {
            // A person is still asked; the clock of that question goes on.
            Some(flag) => self.asked_again_at(flag, now, timing),
            None => deadline_at,
        };
        Ok(Done { life: Self { state, needs_human, deadline_at, ..self }, events })
    }

    /// A visit that has not begun takes place later; the work of one that has takes longer.
    pub(super) fn late(self, expert: ExpertId, minutes: u32, reported: bool, now: Timestamp) -> Result<Done, Refusal> {
        let later = i64::from(minutes);
        let moved = |visit: &VisitPlan| VisitPlan { start_at: visit.start_at.plus_minutes(later), ..*visit };
        let (state, visit, deadline_at) = match &self.state {
            State::Accepted { expert: his, visit, .. } if *his == expert => {
                let visit = moved(visit);
                let state = State::Accepted { expert, visit, reminded: false };
                (state, visit, Some(visit.leave_at().max(now)))
            }
            State::EnRoute { expert: his, visit, departed_at } if *his == expert => {
                // The way takes so much longer.
                let travel_minutes = visit.travel_minutes.saturating_add(minutes);
                let visit = VisitPlan { travel_minutes, ..moved(visit) };
                (State::EnRoute { expert, visit, departed_at: *departed_at }, visit, self.extended(later))
            }
            State::OnSite { expert: his, visit, arrived_at } if *his == expert => {
                let visit = VisitPlan { work_minutes: visit.work_minutes.saturating_add(minutes), ..*visit };
                let deadline_at = if reported { self.extended(later) } else { self.deadline_at };
                (State::OnSite { expert, visit, arrived_at: *arrived_at }, visit, deadline_at)
            }
            State::Completed { expert: by, .. } if *by == Some(expert) => return Err(Refusal::Illegal),
            State::Offered { expert: his, .. } if *his == expert => return Err(Refusal::Illegal),
            State::Cancelled { .. } => return Err(Refusal::Cancelled),
            State::Waiting
            | State::Offered { .. }
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. } => return Err(Refusal::NotHolder),
        };
        if minutes == 0 {
            return Err(Refusal::Already);
        }
        // His word answers the question why nothing was heard.
        let needs_human = self.needs_human.clone().filter(|flag| !(reported && flag.reason.falls_with_progress()));
        let deadline_at = match &needs_human {
            Some(_) => self.deadline_at,
            None => deadline_at.map(|at| at.max(now)),
        };
        Ok(done(Self { state, needs_human, deadline_at, ..self }, [Fact::Late { expert, minutes, visit }.into()]))
    }

    fn extended(&self, minutes: i64) -> Option<Timestamp> {
        self.deadline_at.map(|deadline| deadline.plus_minutes(minutes))
    }

    /// A promised visit is moved. Its expert keeps it.
    pub(super) fn shift(self, visit: VisitPlan, now: Timestamp) -> Result<Done, Refusal> {
        match &self.state {
            State::Accepted { visit: promised, .. } if *promised == visit => Err(Refusal::Already),
            State::Accepted { expert, visit: promised, .. } => {
                let (expert, was) = (*expert, promised.start_at);
                let state = State::Accepted { expert, visit, reminded: false };
                let needs_human = self.standing_flag();
                let deadline_at =
                    if needs_human.is_some() { self.deadline_at } else { Some(visit.leave_at().max(now)) };
                let life = Self { state, needs_human, deadline_at, ..self };
                Ok(done(life, [Fact::Moved { expert, visit, was }.into()]))
            }
            State::Cancelled { .. } => Err(Refusal::Cancelled),
            State::Waiting
            | State::Offered { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. } => Err(Refusal::Illegal),
        }
    }

    pub(super) fn decline(
        self,
        expert: ExpertId,
        reason: DeclineReason,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<Done, Refusal> {
        let phase = self.phase_for(expert, Act::Decline, now)?;
        if route(phase, Act::Decline) != Route::Back {
            return Err(Refusal::Illegal);
        }
        let event = Fact::Declined { expert, reason, after_acceptance: phase != Phase::Offered }.into();
        Ok(self.back_to_waiting(event, now, timing))
    }

    pub(super) fn lapse(self, offer: OfferId, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        match &self.state {
            State::Offered { offer: open, expert, expires_at, .. } if *open == offer && *expires_at <= now => {
                let event = Fact::Lapsed { offer, expert: *expert }.into();
                Ok(self.back_to_waiting(event, now, timing))
            }
            State::Waiting
            | State::Offered { .. }
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => Err(Refusal::Already),
        }
    }

    pub(super) fn withdraw(self, why: WithdrawReason, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        match &self.state {
            State::Offered { offer, expert, .. } => {
                let event = Fact::Withdrawn { offer: *offer, expert: *expert, why }.into();
                // A withdrawal is not the expert's silence: it does not count towards the limit.
                let n_offers = self.n_offers.saturating_sub(1);
                Ok(Self { n_offers, ..self }.back_to_waiting(event, now, timing))
            }
            State::Waiting
            | State::Accepted { .. }
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => Err(Refusal::Illegal),
        }
    }

    pub(super) fn release(self, why: ReleaseReason, now: Timestamp, timing: &Timing) -> Result<Done, Refusal> {
        match &self.state {
            State::Accepted { expert, .. } | State::EnRoute { expert, .. } => {
                let event = Fact::Released { expert: *expert, why }.into();
                Ok(self.back_to_waiting(event, now, timing))
            }
            State::Cancelled { .. } => Err(Refusal::Cancelled),
            State::Waiting
            | State::Offered { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. } => Err(Refusal::Illegal),
        }
    }

    /// To the matcher again, or to a person when enough experts were asked. A person already asked stays asked.
    fn back_to_waiting(self, event: Event, now: Timestamp, timing: &Timing) -> Done {
        let mut events = vec![event];
        let flag = self.standing_flag();
        let (needs_human, deadline_at) = match flag {
            Some(flag) => {
                let deadline_at = self.asked_again_at(&flag, now, timing);
                (Some(flag), deadline_at)
            }
            None if self.n_offers >= timing.offers_max => {
                let reason = HumanReason::OffersExhausted;
                events.push(Fact::NeedsHuman { reason }.into());
                (Some(flagged(reason, now)), Some(now.plus_minutes(timing.human_minutes)))
            }
            None => (None, Some(now.plus_minutes(timing.waiting_minutes))),
        };
        Done { life: Self { state: State::Waiting, needs_human, deadline_at, ..self }, events }
    }

    /// The flag that the visit's end does not answer.
    fn standing_flag(&self) -> Option<NeedsHuman> {
        self.needs_human.clone().filter(|flag| !flag.reason.falls_with_progress())
    }

    pub(super) fn cannot_fix(
        self,
        expert: ExpertId,
        why: CannotFix,
        (part, until): (Option<Summary>, Option<Timestamp>),
        now: Timestamp,
        timing: &Timing,
    ) -> Result<Done, Refusal> {
        let phase = self.phase_for(expert, Act::CannotFix, now)?;
        if route(phase, Act::CannotFix) != Route::Back {
            return Err(Refusal::Illegal);
        }
        let found = Fact::CannotFix { expert, why }.into();
        let in_minutes = |minutes| now.plus_minutes(minutes);
        match why {
            // What was offered so far was offered for another need: the count begins anew.
            CannotFix::Skill => Ok(Self { n_offers: 0, ..self }.back_to_waiting(found, now, timing)),
            CannotFix::Unsafe => {
                let reason = HumanReason::CannotFix { why };
                let (needs_human, deadline_at) = (Some(flagged(reason, now)), Some(in_minutes(timing.human_minutes)));
                let life = Self { state: State::Waiting, needs_human, deadline_at, ..self };
                Ok(done(life, [found, Fact::NeedsHuman { reason }.into()]))
            }
            CannotFix::Part => {
                let date = until.filter(|until| now < *until);
                let hold = (HoldReason::Part, date.unwrap_or(in_minutes(timing.part_minutes)), part);
                // Somebody has to order it and find out a date.
                Ok(self.held_after_visit(expert, found, hold, date.is_none().then_some(why), now, timing))
            }
            CannotFix::NoAccess | CannotFix::WrongAddress => {
                let shut = if why == CannotFix::NoAccess { HoldReason::NoAccess } else { HoldReason::WrongAddress };
                let again = self.n_shut_out > 0;
                let life = Self { n_shut_out: self.n_shut_out + 1, ..self };
                let hold = (shut, in_minutes(timing.customer_minutes), None);
                Ok(life.held_after_visit(expert, found, hold, again.then_some(why), now, timing))
            }
        }
    }

    /// On hold until what stopped the visit is out of the way; a person is asked at once where waiting alone helps
    /// nobody. A person already asked stays asked.
    fn held_after_visit(
        self,
        expert: ExpertId,
        found: Event,
        (why, until, part): (HoldReason, Timestamp, Option<Summary>),
        ask: Option<CannotFix>,
        now: Timestamp,
        timing: &Timing,
    ) -> Done {
        let mut events = vec![found, Fact::Held { why, until, expert: Some(expert), part: part.clone() }.into()];
        let (needs_human, deadline_at) = match (self.standing_flag(), ask) {
            (Some(flag), _) => (Some(flag), self.deadline_at),
            (None, Some(why)) => {
                let reason = HumanReason::CannotFix { why };
                events.push(Fact::NeedsHuman { reason }.into());
                (Some(flagged(reason, now)), Some(now.plus_minutes(timing.human_minutes)))
            }
            (None, None) => (None, Some(until)),
        };
        let state = State::OnHold { why, until, expert: Some(expert), part };
        Done { life: Self { state, needs_human, deadline_at, ..self }, events }
    }
}

fn reach(
    goal: Phase,
    expert: ExpertId,
    visit: VisitPlan,
    outcome: Option<Outcome>,
    now: Timestamp,
    timing: &Timing,
) -> (State, Option<Timestamp>) {
    match (goal, outcome) {
        (Phase::Completed, Some(outcome)) => (State::Completed { at: now, expert: Some(expert), outcome }, None),
        (Phase::OnSite, _) => {
            let minutes = i64::from(visit.work_minutes) + timing.work_grace_minutes;
            (State::OnSite { expert, visit, arrived_at: now }, Some(now.plus_minutes(minutes)))
        }
        (Phase::EnRoute, _) => {
            let minutes = (2 * i64::from(visit.travel_minutes)).max(timing.travel_floor_minutes);
            (State::EnRoute { expert, visit, departed_at: now }, Some(now.plus_minutes(minutes)))
        }
        (Phase::Accepted | Phase::Offered | Phase::Cancelled | Phase::Completed, _) => {
            (State::Accepted { expert, visit, reminded: false }, Some(visit.leave_at().max(now)))
        }
    }
}
