//! What the reason for which a person is asked means for messages. Pure.

use shared::texts::TextId;
use shared::ticket::{CannotFix, HumanReason};

/// Whether nobody has answered for the danger yet. Without a plan the flag asks for that; the danger is there all the same.
pub(super) fn is_open_danger(reason: HumanReason) -> bool {
    match reason {
        HumanReason::Danger | HumanReason::NoPlan | HumanReason::CannotFix { why: CannotFix::Unsafe } => true,
        HumanReason::NoCandidate
        | HumanReason::OffersExhausted
        | HumanReason::NotDelivered
        | HumanReason::NotDeparted
        | HumanReason::NotArrived
        | HumanReason::OverEstimate
        | HumanReason::RunningLate
        | HumanReason::CannotFix { .. }
        | HumanReason::HoldEnded
        | HumanReason::DoneByOther => false,
    }
}

/// The reason in words.
pub(super) fn text(reason: HumanReason) -> TextId {
    match reason {
        HumanReason::NoPlan => TextId::ReasonNoPlan,
        HumanReason::NoCandidate => TextId::ReasonNoCandidate,
        HumanReason::OffersExhausted => TextId::ReasonOffersExhausted,
        HumanReason::NotDelivered => TextId::ReasonNotDelivered,
        HumanReason::NotDeparted => TextId::ReasonNotDeparted,
        HumanReason::NotArrived => TextId::ReasonNotArrived,
        HumanReason::OverEstimate => TextId::ReasonOverEstimate,
        HumanReason::RunningLate => TextId::ReasonRunningLate,
        HumanReason::CannotFix { .. } => TextId::ReasonCannotFix,
        HumanReason::HoldEnded => TextId::ReasonHoldEnded,
        HumanReason::DoneByOther => TextId::ReasonDoneByOther,
        HumanReason::Danger => TextId::ReasonDanger,
    }
}
