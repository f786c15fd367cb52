//! What happens to a ticket, one line of its append-only history each. Facts, not instructions: what follows from an
//! event is one table on the server (`reactions.rs`).

use crate::ids::{CustomerId, DecisionId, ExpertId, MutationId, NoteId, OfferId, PhotoId, StaffId};
use crate::offer::DeclineReason;
use crate::place::Place;
use crate::text::{Reason, Slug, Summary};
use crate::ticket::{
    CancelReason, CannotFix, Corrected, HoldReason, HumanReason, Outcome, ReleaseReason, VisitPlan, Window,
    WithdrawReason,
};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "role", content = "id")]
pub enum Actor {
    /// The customer.
    Customer(CustomerId),
    /// Call-centre staff.
    Agent(StaffId),
    /// An admin.
    Admin(StaffId),
    /// An expert.
    Expert(ExpertId),
    /// The server itself: time, matching, a sweep.
    Server,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    #[serde(flatten)]
    pub fact: Fact,
    /// The expert passed this state without reporting it; it is made up for, and nobody is told of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skipped: bool,
}

impl From<Fact> for Event {
    fn from(fact: Fact) -> Self {
        Self { fact, skipped: false }
    }
}

/// What can happen to a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "facts")]
pub enum Fact {
    /// Filed.
    Received {
        /// A valid plan covers it.
        covered: bool,
    },
    /// A plan was paid or granted for a ticket that waited for one.
    PlanFound,
    /// Nobody works in the area before then.
    WaitsForShift {
        /// When somebody does.
        until: Timestamp,
    },
    /// An expert was asked.
    Offered {
        /// The offer.
        offer: OfferId,
        /// Who.
        expert: ExpertId,
        /// When it lapses.
        expires_at: Timestamp,
        /// What the visit would be.
        visit: VisitPlan,
        /// The stored choice; none for an offer made by a person.
        decision: Option<DecisionId>,
    },
    /// An expert said yes.
    Accepted {
        /// Who.
        expert: ExpertId,
        /// The promised visit.
        visit: VisitPlan,
        /// After the offer had lapsed.
        late: bool,
    },
    /// An expert said no.
    Declined {
        /// Who.
        expert: ExpertId,
        /// Why.
        reason: DeclineReason,
        /// He had said yes before.
        after_acceptance: bool,
    },
    /// An offer ran out.
    Lapsed {
        /// Which.
        offer: OfferId,
        /// Whose.
        expert: ExpertId,
    },
    /// An offer was taken back.
    Withdrawn {
        /// Which.
        offer: OfferId,
        /// Whose.
        expert: ExpertId,
        /// Why.
        why: WithdrawReason,
    },
    /// An accepted visit left its expert.
    Released {
        /// Who had it.
        expert: ExpertId,
        /// Why.
        why: ReleaseReason,
    },
    /// The expert should leave now.
    Reminded {
        /// Who.
        expert: ExpertId,
    },
    /// The expert left.
    Departed {
        /// Who.
        expert: ExpertId,
        /// The promised visit.
        visit: VisitPlan,
    },
    /// The expert arrived.
    Arrived {
        /// Who.
        expert: ExpertId,
    },
    /// The expert finished.
    Completed {
        /// Who.
        expert: ExpertId,
        /// How it ended.
        outcome: Outcome,
        /// What was done.
        summary: Summary,
    },
    /// The visit takes place later, or its work takes longer: the expert said so, or it took much longer than estimated.
    Late {
        /// Who is late.
        expert: ExpertId,
        /// By how much more than was known before.
        minutes: u32,
        /// The visit as it is expected now.
        visit: VisitPlan,
    },
    /// A promised visit was moved because the one before it takes longer.
    Moved {
        /// Whose.
        expert: ExpertId,
        /// The visit as it is promised now.
        visit: VisitPlan,
        /// When it was promised before.
        was: Timestamp,
    },
    /// The expert could not finish.
    CannotFix {
        /// Who.
        expert: ExpertId,
        /// What was in the way.
        why: CannotFix,
    },
    /// What an expert must know for it was corrected.
    NeedCorrected {
        /// The skills that were added, as the expert named them.
        skills: Vec<Slug>,
    },
    /// The customer chose when somebody may come.
    Rescheduled {
        /// When; none means as soon as possible.
        windows: Vec<Window>,
    },
    /// Something of the ticket was corrected.
    Corrected {
        /// What.
        what: Vec<Corrected>,
        /// The offered or promised visit with its new way and work, where it can be kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        visit: Option<VisitPlan>,
    },
    /// Waits for something outside.
    Held {
        /// For what.
        why: HoldReason,
        /// Until when.
        until: Timestamp,
        /// Who had it.
        expert: Option<ExpertId>,
        /// Which part is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Summary>,
    },
    /// What it waited for is there.
    Resumed,
    /// Solved without a visit.
    SolvedWithoutVisit {
        /// Who was on it.
        released: Option<ExpertId>,
    },
    /// Called off.
    Cancelled {
        /// Why.
        why: CancelReason,
        /// Who was on it.
        released: Option<ExpertId>,
    },
    /// A person must look.
    NeedsHuman {
        /// Why.
        #[serde(flatten)]
        reason: HumanReason,
    },
    /// A person looked.
    Settled {
        /// What had been asked.
        #[serde(flatten)]
        reason: HumanReason,
        /// What was done.
        note: Option<Reason>,
    },
    /// Nobody looked in time; the admins were told.
    Escalated {
        /// What had been asked.
        #[serde(flatten)]
        reason: HumanReason,
        /// For the how-manieth time.
        n: u32,
    },
    /// The expert at the door corrected where the site is.
    SitePinned {
        /// Who.
        expert: ExpertId,
        /// Where it is.
        pin: Place,
        /// Where it was taken to be until now.
        was: Place,
    },
    /// Somebody wrote a note.
    NoteAdded {
        /// Which.
        note: NoteId,
        /// By an expert who no longer had the ticket.
        late: bool,
    },
    /// Somebody added a photo.
    PhotoAdded {
        /// Which.
        photo: PhotoId,
        /// By an expert who no longer had the ticket.
        late: bool,
    },
    /// The expert's phone reports what a person of ours had recorded on his word: both times stand side by side.
    Confirmed {
        /// Who.
        expert: ExpertId,
        /// The kind of intent, like `ticket.arrive`.
        intent: String,
        /// When the person recorded it.
        recorded_at: Timestamp,
        /// When it was done, by the phone's clock.
        phone_at: Timestamp,
    },
    /// An expert reported work that could not change the ticket any more; it is kept as evidence.
    WorkRecorded {
        /// Who.
        expert: ExpertId,
        /// The kind of intent, like `ticket.complete`.
        intent: String,
        /// Why it changed nothing.
        why: crate::sync::Unused,
        /// What he wrote.
        summary: Option<Summary>,
        /// How he says that it ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
        /// Which of his reports it is, so that it can be taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mutation: Option<MutationId>,
    },
}

impl Fact {
    /// The word in tables and JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::PlanFound => "plan_found",
            Self::WaitsForShift { .. } => "waits_for_shift",
            Self::Offered { .. } => "offered",
            Self::Accepted { .. } => "accepted",
            Self::Declined { .. } => "declined",
            Self::Lapsed { .. } => "lapsed",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Released { .. } => "released",
            Self::Reminded { .. } => "reminded",
            Self::Departed { .. } => "departed",
            Self::Arrived { .. } => "arrived",
            Self::Completed { .. } => "completed",
            Self::Late { .. } => "late",
            Self::Moved { .. } => "moved",
            Self::CannotFix { .. } => "cannot_fix",
            Self::NeedCorrected { .. } => "need_corrected",
            Self::Rescheduled { .. } => "rescheduled",
            Self::Corrected { .. } => "corrected",
            Self::Held { .. } => "held",
            Self::Resumed => "resumed",
            Self::SolvedWithoutVisit { .. } => "solved_without_visit",
            Self::Cancelled { .. } => "cancelled",
            Self::NeedsHuman { .. } => "needs_human",
            Self::Settled { .. } => "settled",
            Self::Escalated { .. } => "escalated",
            Self::SitePinned { .. } => "site_pinned",
            Self::NoteAdded { .. } => "note_added",
            Self::PhotoAdded { .. } => "photo_added",
            Self::Confirmed { .. } => "confirmed",
            Self::WorkRecorded { .. } => "work_recorded",
        }
    }
}
