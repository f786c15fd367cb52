//! What a person can do about something in the inbox. Pure: a deed is offered only where the ticket would let it happen.

use super::Matter;
use serde::{Deserialize, Serialize};
use shared::text::Reason;
use shared::ticket::{CancelReason, HumanReason, Move, ReleaseReason, Timing};
use shared::time::Timestamp;

/// Something a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    /// Takes care of it.
    Take,
    /// Takes it from a colleague.
    TakeOver,
    /// Leaves it to others again.
    GiveBack,
    /// Has looked: the ticket goes on, and where it has no expert the search begins anew.
    Settle,
    /// Ends the hold now.
    Resume,
    /// Takes an accepted visit from its expert; somebody else is sent.
    Release,
    /// Calls the ticket off.
    Cancel,
    /// Told the customer by phone.
    Said,
    /// Nobody answered: rings again in a while.
    Later,
    /// Gives up telling it.
    Unsaid,
    /// Lets background work that gave up run again.
    RunAgain,
}

impl Deed {
    /// Those that change more than who takes care.
    const ALL: [Self; 8] = [
        Self::Settle,
        Self::Resume,
        Self::Release,
        Self::Cancel,
        Self::Said,
        Self::Later,
        Self::Unsaid,
        Self::RunAgain,
    ];

    /// The word in JSON, forms and the audit.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::TakeOver => "take_over",
            Self::GiveBack => "give_back",
            Self::Settle => "settle",
            Self::Resume => "resume",
            Self::Release => "release",
            Self::Cancel => "cancel",
            Self::Said => "said",
            Self::Later => "later",
            Self::Unsaid => "unsaid",
            Self::RunAgain => "run_again",
        }
    }

    /// What a word means.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let owning = [Self::Take, Self::TakeOver, Self::GiveBack];
        owning.into_iter().chain(Self::ALL).find(|deed| deed.word() == word)
    }

    /// The button.
    pub(crate) fn label(self, matter: &Matter) -> &'static str {
        match self {
            Self::Take => "I take care of it",
            Self::TakeOver => "Take it over",
            Self::GiveBack => "Leave it to others",
            Self::Settle if is_stopped(matter) => "Let the visit go on",
            Self::Settle if searches(matter) => "Search again",
            Self::Settle => "Looked after",
            Self::Resume => "Go on now",
            Self::Release => "Send somebody else",
            Self::Cancel => "Cancel the ticket",
            Self::Said => "I have told them",
            Self::Later => "Not reached, ring again in 30 minutes",
            Self::Unsaid => "Not reached, leave it",
            Self::RunAgain => "Let it run again",
        }
    }

    /// The move of the ticket that this is; none for what only concerns people of ours and notices.
    pub(crate) fn as_move(self, note: Option<Reason>) -> Option<Move> {
        match self {
            Self::Settle => Some(Move::Settle { note }),
            Self::Resume => Some(Move::Resume),
            Self::Release => Some(Move::Release { why: ReleaseReason::Staff }),
            Self::Cancel => Some(Move::Cancel { why: CancelReason::Staff }),
            Self::Take | Self::TakeOver | Self::GiveBack | Self::Said | Self::Later | Self::Unsaid | Self::RunAgain => {
                None
            }
        }
    }
}

/// Whether somebody waits for a word, because another reports that it is done.
fn is_stopped(matter: &Matter) -> bool {
    match matter {
        Matter::Asked(ticket) => {
            let asked = ticket.life.needs_human.as_ref().map(|flag| flag.reason);
            asked == Some(HumanReason::DoneByOther) && ticket.life.state.holder().is_some()
        }
        Matter::Unowned(_) | Matter::Call(_) | Matter::Undelivered(_) | Matter::Failed(_) => false,
    }
}

/// Whether settling begins a search.
fn searches(matter: &Matter) -> bool {
    match matter {
        Matter::Asked(ticket) => ticket.life.state.word() == "waiting",
        Matter::Unowned(_) | Matter::Call(_) | Matter::Undelivered(_) | Matter::Failed(_) => false,
    }
}

/// What can be done about it now, beside taking care of it.
pub(crate) fn possible(matter: &Matter, now: Timestamp, timing: &Timing) -> Vec<Deed> {
    let fits = |deed: &Deed| match (matter, deed.as_move(None)) {
        (Matter::Asked(ticket), Some(to_do)) => ticket.life.clone().make(to_do, now, timing).is_ok(),
        // What breaks the ledger is a fault to be mended, not to be clicked away; calling it off is always right.
        (Matter::Unowned(ticket), Some(to_do)) => {
            *deed == Deed::Cancel && ticket.life.clone().make(to_do, now, timing).is_ok()
        }
        // What failed is not due at any time, so it cannot be put off: somebody rings, or it is left.
        (Matter::Undelivered(_), None) => matches!(deed, Deed::Said | Deed::Unsaid),
        (Matter::Call(_), None) => matches!(deed, Deed::Said | Deed::Later | Deed::Unsaid),
        (Matter::Failed(_), None) => *deed == Deed::RunAgain,
        (Matter::Asked(_) | Matter::Unowned(_), None)
        | (Matter::Call(_) | Matter::Undelivered(_) | Matter::Failed(_), Some(_)) => false,
    };
    Deed::ALL.into_iter().filter(fits).collect()
}

/// What happened and what helps, in a sentence or two.
pub(crate) fn advice(matter: &Matter) -> &'static str {
    let Matter::Asked(ticket) = matter else {
        return match matter {
            Matter::Call(_) => "They want to be rung. Say the sentence below, then note that you have.",
            Matter::Undelivered(_) => "The message did not arrive by any way we have. Ring them and say it.",
            Matter::Failed(_) => {
                "Work in the background gave up; it may be that somebody was not told or a charge was not made. Mend \
                 what is in its way, then let it run again. What it did already, it does not do twice."
            }
            Matter::Unowned(_) | Matter::Asked(_) => {
                "The ticket has no owner or no deadline. This is a fault of the program: tell whoever runs the server."
            }
        };
    };
    match ticket.life.needs_human.as_ref().map(|flag| flag.reason) {
        Some(HumanReason::NoPlan) => {
            "No valid plan covers it. Ring the customer; it starts by itself when a plan is bought or granted, and is \
             cancelled after four days."
        }
        Some(HumanReason::NoCandidate) => {
            "No expert keeps every rule. Look why below the ticket, free somebody, or agree on a later time."
        }
        Some(HumanReason::OffersExhausted) => {
            "The offers were declined or ran out. Ring an expert, then search again: the counting begins anew."
        }
        Some(HumanReason::NotDelivered) => "No phone of the expert has received it. Ring the expert.",
        Some(HumanReason::NotDeparted) => {
            "The expert should have left and has not. Ring the expert, or send somebody else."
        }
        Some(HumanReason::NotArrived) => {
            "The expert should have arrived and has not. Ring the expert, then the customer."
        }
        Some(HumanReason::OverEstimate) => "The work takes much longer than planned. Ask the expert what is needed.",
        Some(HumanReason::RunningLate) => {
            "The visit before it takes longer, and this one no longer fits the expert's day. Choose somebody else on the \
             ticket's page, or agree on a later time with the customer."
        }
        Some(HumanReason::CannotFix { .. }) => "The expert could not fix it. Decide what comes next, or search again.",
        Some(HumanReason::HoldEnded) => "What it waited for did not happen in time. Ring the customer, or go on.",
        Some(HumanReason::DoneByOther) => {
            "An expert who had lost the ticket reports that it is done. Whoever has it now was told to wait. Ring the \
             customer, then take the report on the ticket's page or let the visit go on."
        }
        Some(HumanReason::Danger) => "Smoke, a shock, a burning smell or a swollen battery was reported. Ring at once.",
        None => "",
    }
}

/// The cause as a heading.
pub(crate) fn heading(cause: &str) -> &'static str {
    match cause {
        "danger" => "Danger",
        "no_plan" => "No valid plan",
        "no_candidate" => "No expert fits",
        "offers_exhausted" => "Nobody said yes",
        "not_delivered" => "Not on the expert's phone",
        "not_departed" => "Not left",
        "not_arrived" => "Not arrived",
        "over_estimate" => "Takes longer than planned",
        "running_late" => "No longer fits the day",
        "cannot_fix" => "Could not be fixed",
        "hold_ended" => "On hold for too long",
        "done_by_other" => "Done by somebody else",
        "call" => "Ring the customer",
        "undelivered" => "Messages that did not arrive",
        "failed" => "Background work that gave up",
        _ => "Without an owner",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::samples::filing;
    use crate::tickets::{Ticket, begin};
    use shared::ticket::Life;

    fn asked(life: Life) -> Matter {
        let (ticket, _) = begin(filing(1), Timestamp::EPOCH, &Timing::default());
        Matter::Asked(Box::new(Ticket { life, ..ticket }))
    }

    #[test]
    fn only_what_the_ticket_lets_happen_is_offered() {
        let (now, timing) = (Timestamp::EPOCH, Timing::default());
        let waiting = Life::received(now, &timing);
        let flagged = waiting.clone().make(Move::AskHuman { reason: HumanReason::NoCandidate }, now, &timing);
        let flagged = asked(flagged.unwrap().life);
        assert_eq!(possible(&flagged, now, &timing), [Deed::Settle, Deed::Cancel]);
        assert_eq!(Deed::Settle.label(&flagged), "Search again");
        let without_plan = asked(Life::received_without_plan(None, now, &timing));
        assert_eq!(possible(&without_plan, now, &timing), [Deed::Cancel], "a plan is not clicked away");
    }

    #[test]
    fn every_word_is_read_back_and_every_reason_has_words() {
        for deed in Deed::ALL {
            assert_eq!(Deed::from_word(deed.word()), Some(deed));
        }
        assert_eq!(Deed::from_word("explode"), None);
        assert_eq!(heading("no_candidate"), "No expert fits");
    }
}
