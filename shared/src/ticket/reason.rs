//! Why a ticket is held, released, called off or given to a person. Words are public: pages, JSON and tables use them.

use super::Owner;
use super::visit::CannotFix;
use serde::{Deserialize, Serialize};

/// Why a person must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum HumanReason {
    /// Filed without a valid plan; it starts by itself when one is paid or granted.
    NoPlan,
    /// No expert fits, or none was found in time.
    NoCandidate,
    /// As many offers as allowed were declined or lapsed.
    OffersExhausted,
    /// No phone of the expert has received the ticket.
    NotDelivered,
    /// The expert should have left and has not.
    NotDeparted,
    /// The expert should have arrived and has not.
    NotArrived,
    /// The work takes much longer than estimated.
    OverEstimate,
    /// An earlier visit takes longer, and this one no longer fits the day.
    RunningLate,
    /// The expert could not fix it.
    CannotFix {
        /// What was in the way.
        why: CannotFix,
    },
    /// What it was on hold for did not happen in time.
    HoldEnded,
    /// An expert who had lost the ticket reports that he finished it.
    DoneByOther,
    /// Smoke, burning smell, shock, swollen battery.
    Danger,
}

impl HumanReason {
    /// The word in tables, JSON and the inbox.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoPlan => "no_plan",
            Self::NoCandidate => "no_candidate",
            Self::OffersExhausted => "offers_exhausted",
            Self::NotDelivered => "not_delivered",
            Self::NotDeparted => "not_departed",
            Self::NotArrived => "not_arrived",
            Self::OverEstimate => "over_estimate",
            Self::RunningLate => "running_late",
            Self::CannotFix { .. } => "cannot_fix",
            Self::HoldEnded => "hold_ended",
            Self::DoneByOther => "done_by_other",
            Self::Danger => "danger",
        }
    }

    /// Whether the server must not make offers by itself while this flag stands.
    pub fn holds_back_matching(self) -> bool {
        match self {
            Self::NoPlan | Self::OffersExhausted | Self::CannotFix { .. } | Self::HoldEnded | Self::DoneByOther => true,
            Self::NoCandidate
            | Self::NotDelivered
            | Self::NotDeparted
            | Self::NotArrived
            | Self::OverEstimate
            | Self::RunningLate
            | Self::Danger => false,
        }
    }

    /// Whether this question is asked though that one stands. What the next step answers gives way to anything; what only
    /// a person answers stays until a person has, unless somebody's safety or work that is done already is at stake.
    pub fn replaces(self, standing: Self) -> bool {
        standing != self
            && standing != Self::NoPlan
            && (standing.falls_with_progress() || self.weight() > standing.weight())
    }

    /// What a person must hear of first.
    fn weight(self) -> u8 {
        match self {
            Self::DoneByOther => 2,
            Self::Danger | Self::CannotFix { why: CannotFix::Unsafe } => 1,
            Self::NoPlan
            | Self::NoCandidate
            | Self::OffersExhausted
            | Self::NotDelivered
            | Self::NotDeparted
            | Self::NotArrived
            | Self::OverEstimate
            | Self::RunningLate
            | Self::CannotFix { .. }
            | Self::HoldEnded => 0,
        }
    }

    /// Whether the next step of the visit answers the question, so that the flag falls by itself.
    pub fn falls_with_progress(self) -> bool {
        match self {
            Self::NoCandidate
            | Self::NotDelivered
            | Self::NotDeparted
            | Self::NotArrived
            | Self::OverEstimate
            | Self::RunningLate => true,
            Self::NoPlan
            | Self::OffersExhausted
            | Self::CannotFix { .. }
            | Self::HoldEnded
            | Self::DoneByOther
            | Self::Danger => false,
        }
    }
}

/// What a ticket on hold waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// A part is ordered.
    Part,
    /// Nobody opened; the customer chooses another time.
    NoAccess,
    /// The address was wrong; the customer mends it.
    WrongAddress,
    /// The customer wants a later time.
    Customer,
}

impl HoldReason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Part, Self::NoAccess, Self::WrongAddress, Self::Customer];

    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::NoAccess => "no_access",
            Self::WrongAddress => "wrong_address",
            Self::Customer => "customer",
        }
    }

    /// Who acts while it lasts.
    pub fn owner(self) -> Owner {
        match self {
            Self::Part => Owner::Desk,
            Self::NoAccess | Self::WrongAddress | Self::Customer => Owner::Customer,
        }
    }
}

/// Why a ticket was called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The customer asked for it.
    Customer,
    /// A person of ours decided it.
    Staff,
    /// No plan was paid in time.
    NoPlan,
}

impl CancelReason {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::NoPlan => "no_plan",
        }
    }
}

/// Why an open offer was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawReason {
    /// The expert went off duty.
    OffDuty,
    /// The expert is away or was deactivated.
    Absent,
    /// The expert's skills, areas or hours were changed, and no longer allow it.
    Changed,
    /// An earlier visit of his takes longer.
    RunningLate,
    /// A person took it back.
    Staff,
    /// Another expert reports that he did it.
    DoneByOther,
    /// The ticket ended.
    Ended,
    /// The customer chose another time.
    Customer,
    /// The ticket was corrected, and no longer fits.
    Corrected,
    /// He is needed more elsewhere, and had not seen it.
    NeededElsewhere,
}

/// Why an accepted visit left its expert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseReason {
    /// The expert is away or was deactivated.
    Absent,
    /// The expert's skills, areas or hours were changed, and no longer allow it.
    Changed,
    /// A person moved it.
    Staff,
    /// The customer chose another time.
    Customer,
    /// The ticket was corrected, and no longer fits.
    Corrected,
    /// Another expert had done it already.
    DoneByOther,
}
