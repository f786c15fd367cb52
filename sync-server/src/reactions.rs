//! What happens after an event: one pure table, event → jobs. A fact and the work it causes commit together.
//!
//! A job about one event carries its number in the ticket's history, so that it says what that event meant even when
//! the ticket has moved on; matching looks at the ticket as it is and needs none.

use crate::jobs::{Kind, NewJob};
use serde::{Deserialize, Serialize};
use shared::event::{Event, Fact};
use shared::ids::TicketId;
use shared::ticket::{CancelReason, CannotFix, HoldReason, HumanReason, ReleaseReason};
use shared::time::Timestamp;

/// Which event of its ticket a job is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its number in the ticket's history, from 1.
    pub seq: i64,
}

/// The jobs that an event causes.
pub fn jobs(ticket: TicketId, seq: i64, event: &Event, now: Timestamp) -> Vec<NewJob> {
    let about = |kind, at| NewJob::new(kind, ticket, at).keyed(seq).with_body(&About { seq });
    let matching = || NewJob::new(Kind::MatchTicket, ticket, now);
    // While one question stood, that its visit no longer fits the day could not be asked as well.
    let fits_still = || NewJob::new(Kind::ExpertLate, ticket, now);
    let tell_expert = || about(Kind::NotifyExpert, now);
    if event.skipped {
        // Made up for: its place in the history is taken, and nobody is told of it.
        return Vec::new();
    }
    match &event.fact {
        // Who was stopped hears that he goes on.
        Fact::Settled { reason: HumanReason::DoneByOther, .. } => vec![tell_expert(), matching(), fits_still()],
        Fact::Settled { .. } => vec![matching(), fits_still()],
        Fact::Received { covered: true } | Fact::PlanFound | Fact::Resumed => vec![matching()],
        Fact::Received { covered: false } => vec![],
        // The same job comes again when somebody works.
        Fact::WaitsForShift { until } => vec![NewJob::new(Kind::MatchTicket, ticket, *until)],
        Fact::Accepted { .. } | Fact::Departed { .. } | Fact::Moved { .. } => vec![about(Kind::NotifyCustomer, now)],
        // Whoever waits after this one waits longer too.
        Fact::Late { .. } => {
            vec![NewJob::new(Kind::ExpertLate, ticket, now), about(Kind::NotifyCustomer, now)]
        }
        // The customer knew who was to come.
        Fact::Declined { after_acceptance: true, .. } => vec![matching(), about(Kind::NotifyCustomer, now)],
        Fact::Declined { after_acceptance: false, .. } | Fact::Lapsed { .. } => vec![matching()],
        Fact::Withdrawn { .. } => vec![tell_expert(), matching()],
        // The customer has what they waited for.
        Fact::Released { why: ReleaseReason::DoneByOther, .. } => vec![tell_expert()],
        Fact::Released { .. } => vec![tell_expert(), matching(), about(Kind::NotifyCustomer, now)],
        Fact::Offered { .. } | Fact::Reminded { .. } => vec![tell_expert()],
        // What the customer asked for is no news to them.
        Fact::Held { why: HoldReason::Part | HoldReason::NoAccess | HoldReason::WrongAddress, .. } => {
            vec![about(Kind::NotifyCustomer, now)]
        }
        Fact::Held { why: HoldReason::Customer, expert: Some(_), .. } => vec![tell_expert()],
        Fact::Arrived { .. }
        | Fact::Held { why: HoldReason::Customer, expert: None, .. }
        | Fact::SitePinned { .. }
        | Fact::NoteAdded { .. }
        | Fact::PhotoAdded { .. }
        | Fact::Confirmed { .. }
        | Fact::WorkRecorded { .. } => vec![],
        Fact::Completed { .. } => vec![about(Kind::SurveyInvite, now)],
        // A ticket whose expert lacks a skill goes on at once; the others wait for a person or a date.
        Fact::CannotFix { why: CannotFix::Skill, .. }
        | Fact::NeedCorrected { .. }
        | Fact::Rescheduled { .. }
        | Fact::Corrected { .. } => {
            vec![matching()]
        }
        Fact::CannotFix {
            why: CannotFix::Part | CannotFix::NoAccess | CannotFix::WrongAddress | CannotFix::Unsafe,
            ..
        } => vec![],
        Fact::SolvedWithoutVisit { released: Some(_) } => vec![tell_expert()],
        Fact::SolvedWithoutVisit { released: None } => vec![],
        Fact::Cancelled { why, released } => {
            // What they called off themselves is no news to customers.
            let told = *why != CancelReason::Customer;
            let customer = told.then(|| about(Kind::NotifyCustomer, now));
            released.map(|_| tell_expert()).into_iter().chain(customer).collect()
        }
        Fact::NeedsHuman { reason: HumanReason::Danger | HumanReason::CannotFix { why: CannotFix::Unsafe } }
        | Fact::Escalated { .. } => {
            vec![about(Kind::NotifyAdmins, now)]
        }
        // Whoever has it by now must not drive there, or need not.
        Fact::NeedsHuman { reason: HumanReason::DoneByOther } => vec![tell_expert()],
        Fact::NeedsHuman { .. } => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;
    use shared::ids::Id;

    fn kinds(fact: Fact) -> Vec<Kind> {
        let ticket = Id::new(Timestamp::EPOCH, &Seeded::new(1));
        jobs(ticket, 3, &fact.into(), Timestamp::EPOCH).into_iter().map(|job| job.kind).collect()
    }

    #[test]
    fn a_ticket_with_a_plan_is_matched_and_one_without_waits() {
        assert_eq!(kinds(Fact::Received { covered: true }), [Kind::MatchTicket]);
        assert_eq!(kinds(Fact::Received { covered: false }), []);
        assert_eq!(kinds(Fact::PlanFound), [Kind::MatchTicket]);
    }

    #[test]
    fn an_event_that_was_made_up_for_tells_nobody() {
        let ticket = Id::new(Timestamp::EPOCH, &Seeded::new(1));
        let arrived = Fact::Arrived { expert: Id::new(Timestamp::EPOCH, &Seeded::new(2)) };
        let fact = Fact::Declined {
            expert: Id::new(Timestamp::EPOCH, &Seeded::new(2)),
            reason: shared::offer::DeclineReason::Busy,
            after_acceptance: false,
        };
        for fact in [arrived, fact] {
            assert_eq!(jobs(ticket, 1, &Event { fact, skipped: true }, Timestamp::EPOCH), []);
        }
    }

    #[test]
    fn danger_is_told_at_once_and_another_question_only_when_nobody_looked() {
        assert_eq!(kinds(Fact::NeedsHuman { reason: HumanReason::Danger }), [Kind::NotifyAdmins]);
        let not_safe = HumanReason::CannotFix { why: CannotFix::Unsafe };
        assert_eq!(kinds(Fact::NeedsHuman { reason: not_safe }), [Kind::NotifyAdmins]);
        assert_eq!(kinds(Fact::NeedsHuman { reason: HumanReason::NoCandidate }), []);
        assert_eq!(kinds(Fact::Escalated { reason: HumanReason::NoCandidate, n: 1 }), [Kind::NotifyAdmins]);
    }
}
