//! What somebody mends of a ticket that is filed: where it is, whom to ring, how to get in, what it needs.
//!
//! A correction moves nothing by itself, except that it ends the wait for a right address and the search that was in
//! vain; whether a promised visit can still be kept is judged by the server, which then takes it back.

use super::moves::{Done, Refusal, done};
use super::reason::{HoldReason, HumanReason};
use super::visit::VisitPlan;
use super::{Life, NeedsHuman, State, Timing};
use crate::event::Fact;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One thing that was corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corrected {
    /// Where it is.
    Address,
    /// Whom the expert rings.
    Contact,
    /// How to get in.
    Access,
    /// What an expert must know, or how long the work takes.
    Need,
}

impl Corrected {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Contact => "contact",
            Self::Access => "access",
            Self::Need => "need",
        }
    }

    /// Whether another expert may be the right one after it.
    fn changes_the_choice(self) -> bool {
        match self {
            Self::Address | Self::Need => true,
            Self::Contact | Self::Access => false,
        }
    }
}

impl Life {
    /// `visit` is the offered or promised visit with its new way and work; its start stays as it was told.
    pub(super) fn correct(
        self,
        what: Vec<Corrected>,
        visit: Option<VisitPlan>,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<Done, Refusal> {
        let (is_address, is_other_choice) =
            (what.contains(&Corrected::Address), what.iter().any(|one| one.changes_the_choice()));
        let fact = Fact::Corrected { what, visit };
        let after = match &self.state {
            State::Completed { .. } => return Err(Refusal::Illegal),
            State::Cancelled { .. } => return Err(Refusal::Cancelled),
            State::OnHold { why: HoldReason::WrongAddress, .. } if is_address => self.resume(now, timing)?,
            State::Waiting if is_other_choice => done(self.searched_anew(now, timing), []),
            State::Waiting | State::OnHold { .. } | State::EnRoute { .. } | State::OnSite { .. } => done(self, []),
            State::Offered { .. } | State::Accepted { .. } => done(self.replanned(visit, now), []),
        };
        let mut events = vec![fact.into()];
        events.extend(after.events);
        Ok(Done { events, ..after })
    }

    /// The search begins anew where it was in vain; every other question stays.
    pub(super) fn searched_anew(self, now: Timestamp, timing: &Timing) -> Self {
        let in_vain = |flag: &NeedsHuman| flag.reason == HumanReason::NoCandidate;
        let needs_human = self.needs_human.clone().filter(|flag| !in_vain(flag));
        let anew = Some(now.plus_minutes(timing.waiting_minutes));
        let deadline_at = if needs_human.is_some() { self.deadline_at } else { anew };
        Self { needs_human, deadline_at, ..self }
    }

    fn replanned(self, plan: Option<VisitPlan>, now: Timestamp) -> Self {
        let Some(plan) = plan else { return self };
        match self.state {
            State::Offered { offer, expert, expires_at, .. } => {
                Self { state: State::Offered { offer, expert, expires_at, visit: plan }, ..self }
            }
            State::Accepted { expert, reminded, .. } => {
                let leave_at = Some(plan.leave_at().max(now));
                let deadline_at = if reminded || self.needs_human.is_some() { self.deadline_at } else { leave_at };
                Self { state: State::Accepted { expert, visit: plan, reminded }, deadline_at, ..self }
            }
            State::Waiting
            | State::EnRoute { .. }
            | State::OnSite { .. }
            | State::OnHold { .. }
            | State::Completed { .. }
            | State::Cancelled { .. } => self,
        }
    }
}
