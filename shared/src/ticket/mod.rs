//! A ticket's life: its states, who owns it, by when something must happen, and every legal move.
//!
//! This is the one table of the business (README, "A ticket's states"). Each move consumes the old life and gives the
//! new one with the events that happened, or explains why not. Nothing else may change a state. Time alone always
//! leads to an end or to a human: [`Life::overdue`] answers every deadline.

mod by_expert;
mod by_others;
mod correct;
mod moves;
#[cfg(test)]
mod reach;
mod reason;
mod table;
#[cfg(test)]
mod tests;
mod visit;
mod window;

pub use correct::Corrected;
pub use moves::{Done, Move, Refusal};
pub use reason::{CancelReason, HoldReason, HumanReason, ReleaseReason, WithdrawReason};
pub use table::{Row, Step, Then, Wait, table};
pub use visit::{Act, CannotFix, Outcome, Phase, Route, VisitPlan, route};
pub use window::{DayPart, NoWindow, WINDOWS_MAX, Window, may_begin, tidy};

use crate::ids::{ExpertId, OfferId};
use crate::promise::ServiceHours;
use crate::text::Summary;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a ticket is. Each state carries what is true only there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// No expert yet.
    Waiting,
    /// One expert was asked.
    Offered {
        /// The open offer.
        offer: OfferId,
        /// Who was asked.
        expert: ExpertId,
        /// When it lapses.
        expires_at: Timestamp,
        /// What the visit would be.
        visit: VisitPlan,
    },
    /// An expert said yes.
    Accepted {
        /// Who.
        expert: ExpertId,
        /// The promised visit.
        visit: VisitPlan,
        /// The reminder to leave has been given.
        reminded: bool,
    },
    /// The expert is on the way.
    EnRoute {
        /// Who.
        expert: ExpertId,
        /// The promised visit.
        visit: VisitPlan,
        /// When he left.
        departed_at: Timestamp,
    },
    /// The expert is there.
    OnSite {
        /// Who.
        expert: ExpertId,
        /// The promised visit.
        visit: VisitPlan,
        /// When he arrived.
        arrived_at: Timestamp,
    },
    /// Waiting for something outside until a date.
    OnHold {
        /// For what.
        why: HoldReason,
        /// Until when.
        until: Timestamp,
        /// Who is offered it first afterwards.
        expert: Option<ExpertId>,
        /// Which part is missing, in the expert's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Summary>,
    },
    /// Done.
    Completed {
        /// When.
        at: Timestamp,
        /// Who did it; nobody when it was solved without a visit.
        expert: Option<ExpertId>,
        /// How it ended.
        outcome: Outcome,
    },
    /// Called off.
    Cancelled {
        /// When.
        at: Timestamp,
        /// Why.
        why: CancelReason,
    },
}

impl State {
    /// The words of all states, in the order of the business's table.
    pub const WORDS: [&str; 8] =
        ["waiting", "offered", "accepted", "en_route", "on_site", "on_hold", "completed", "cancelled"];

    /// The word in tables, JSON and the address bar.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered { .. } => "offered",
            Self::Accepted { .. } => "accepted",
            Self::EnRoute { .. } => "en_route",
            Self::OnSite { .. } => "on_site",
            Self::OnHold { .. } => "on_hold",
            Self::Completed { .. } => "completed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// The expert who has the ticket now: of its open offer, or who accepted. Nobody after its end.
    pub fn holder(&self) -> Option<ExpertId> {
        match self {
            Self::Offered { expert, .. }
            | Self::Accepted { expert, .. }
            | Self::EnRoute { expert, .. }
            | Self::OnSite { expert, .. } => Some(*expert),
            Self::Waiting | Self::OnHold { .. } | Self::Completed { .. } | Self::Cancelled { .. } => None,
        }
    }

    /// The visit that is offered, promised or under way.
    pub fn visit(&self) -> Option<VisitPlan> {
        match self {
            Self::Offered { visit, .. }
            | Self::Accepted { visit, .. }
            | Self::EnRoute { visit, .. }
            | Self::OnSite { visit, .. } => Some(*visit),
            Self::Waiting | Self::OnHold { .. } | Self::Completed { .. } | Self::Cancelled { .. } => None,
        }
    }

    /// Completed or cancelled.
    pub fn is_ended(&self) -> bool {
        match self {
            Self::Completed { .. } | Self::Cancelled { .. } => true,
            Self::Waiting
            | Self::Offered { .. }
            | Self::Accepted { .. }
            | Self::EnRoute { .. }
            | Self::OnSite { .. }
            | Self::OnHold { .. } => false,
        }
    }

    /// How far the visit is, as the expert's phone sees it; nothing while no expert holds the ticket.
    pub fn phase(&self) -> Option<Phase> {
        match self {
            Self::Offered { .. } => Some(Phase::Offered),
            Self::Accepted { .. } => Some(Phase::Accepted),
            Self::EnRoute { .. } => Some(Phase::EnRoute),
            Self::OnSite { .. } => Some(Phase::OnSite),
            Self::Completed { .. } => Some(Phase::Completed),
            Self::Cancelled { .. } => Some(Phase::Cancelled),
            Self::Waiting | Self::OnHold { .. } => None,
        }
    }
}

/// A flag beside the state: a person must look. It never hides the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedsHuman {
    /// Why.
    pub reason: HumanReason,
    /// Since when.
    pub since: Timestamp,
    /// How often the admins were told that nobody acted.
    pub n_escalations: u32,
}

impl NeedsHuman {
    /// When the admins hear of it next.
    pub(crate) fn told_at(&self, timing: &Timing) -> Timestamp {
        self.since.plus_minutes(timing.human_minutes * (i64::from(self.n_escalations) + 1))
    }
}

/// Who must act next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The server looks for an expert.
    Matcher,
    /// An expert answers, travels or works.
    Expert(ExpertId),
    /// The customer pays for a plan, or answers.
    Customer,
    /// A person in the call-centre.
    Desk,
    /// Nobody: it has ended.
    Nobody,
}

/// The life of one ticket. `deadline_at` is by the business clock and present exactly while the ticket is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Where it is.
    pub state: State,
    /// The flag.
    pub needs_human: Option<NeedsHuman>,
    /// By when something must happen.
    pub deadline_at: Option<Timestamp>,
    /// Offers made since a person last looked; at [`Timing::offers_max`] a person is asked.
    pub n_offers: u32,
    /// Visits that ended at a closed door or a wrong address; from the second on a person is asked at once.
    #[serde(default)]
    pub n_shut_out: u32,
    /// After a hold: whom the server asks before anybody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<First>,
}

/// Who is asked before anybody else, because he knows the trouble, or has the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    /// Who.
    pub expert: ExpertId,
    /// Whom nobody waits for after that.
    pub until: Timestamp,
}

impl Life {
    /// A new ticket with a valid plan: the matcher's.
    pub fn received(now: Timestamp, timing: &Timing) -> Self {
        let deadline_at = Some(now.plus_minutes(timing.waiting_minutes));
        Self { state: State::Waiting, needs_human: None, deadline_at, n_offers: 0, n_shut_out: 0, first: None }
    }

    /// A new ticket without a valid plan: the customer's, until it is paid or granted. One that was bought and has not
    /// begun is waited for: nobody is asked before `covered_from`.
    pub fn received_without_plan(covered_from: Option<Timestamp>, now: Timestamp, timing: &Timing) -> Self {
        let flag = NeedsHuman { reason: HumanReason::NoPlan, since: now, n_escalations: 0 };
        let asked_at = now.plus_minutes(timing.no_plan_minutes);
        let begins_at = covered_from.map(|from| from.plus_minutes(timing.human_minutes));
        let deadline_at = Some(begins_at.map_or(asked_at, |begins_at| begins_at.max(asked_at)));
        let needs_human = Some(flag);
        Self { state: State::Waiting, needs_human, deadline_at, n_offers: 0, n_shut_out: 0, first: None }
    }

    /// Who must act next.
    pub fn owner(&self) -> Owner {
        if self.state.is_ended() {
            return Owner::Nobody;
        }
        match &self.needs_human {
            Some(NeedsHuman { reason: HumanReason::NoPlan, n_escalations: 0, .. }) => Owner::Customer,
            Some(_) => Owner::Desk,
            None => match &self.state {
                State::OnHold { why, .. } => why.owner(),
                State::Waiting => Owner::Matcher,
                State::Offered { expert, .. }
                | State::Accepted { expert, .. }
                | State::EnRoute { expert, .. }
                | State::OnSite { expert, .. } => Owner::Expert(*expert),
                State::Completed { .. } | State::Cancelled { .. } => Owner::Nobody,
            },
        }
    }

    /// Whether the server may look for an expert by itself: it waits, and no flag asks for a person first.
    pub fn is_matchable(&self) -> bool {
        let held_back = self.needs_human.as_ref().is_some_and(|flag| flag.reason.holds_back_matching());
        matches!(self.state, State::Waiting) && !held_back
    }

    /// Why this life breaks the ledger, if it does: open without a deadline or an owner, or ended with one.
    pub fn fault(&self) -> Option<&'static str> {
        match (self.state.is_ended(), self.deadline_at) {
            (false, None) => Some("an open ticket has no deadline"),
            (true, Some(_)) => Some("an ended ticket has a deadline"),
            (false, Some(_)) | (true, None) if self.state.is_ended() == (self.owner() == Owner::Nobody) => None,
            (false, Some(_)) | (true, None) => Some("an open ticket has no owner"),
        }
    }
}

/// How long each state may last, in minutes, and when promises run. Each is a setting with this default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timing {
    /// A waiting ticket without an expert becomes a person's.
    pub waiting_minutes: i64,
    /// A ticket without a plan becomes a person's, and is closed after as long again.
    pub no_plan_minutes: i64,
    /// An offer lapses.
    pub offer_minutes: i64,
    /// After so many offers a person is asked.
    pub offers_max: u32,
    /// After the reminder to leave.
    pub depart_grace_minutes: i64,
    /// After the estimated end of the work.
    pub work_grace_minutes: i64,
    /// The least time that a travelling expert has, whatever the estimate says.
    pub travel_floor_minutes: i64,
    /// A person has so long before the admins are told, again and again.
    pub human_minutes: i64,
    /// A customer has so long to choose another time or mend the address, before a person is asked.
    pub customer_minutes: i64,
    /// A missing part is looked after so long after a report without a date.
    pub part_minutes: i64,
    /// After a hold nobody else is asked for so long, while the expert who knows the trouble can come.
    pub same_expert_minutes: i64,
    /// When the business serves: only then the hours of a plan's promise pass.
    pub service_hours: ServiceHours,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            waiting_minutes: 10,
            no_plan_minutes: 48 * 60,
            offer_minutes: 5,
            offers_max: 5,
            depart_grace_minutes: 15,
            work_grace_minutes: 30,
            travel_floor_minutes: 20,
            human_minutes: 30,
            customer_minutes: 24 * 60,
            part_minutes: 24 * 60,
            same_expert_minutes: 12 * 60,
            service_hours: ServiceHours::default(),
        }
    }
}
