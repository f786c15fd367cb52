//! Which event tells whom what. Pure: the history up to the event and the ticket's life now are enough.

use super::plan::Matter;
use crate::events::Line;
use shared::event::Fact;
use shared::ids::ExpertId;
use shared::ticket::{CannotFix, HoldReason, HumanReason, Life, VisitPlan};

/// Whom an event is told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// An expert.
    Expert(ExpertId, Matter),
    /// The ticket's customer.
    Customer(Matter),
    /// The admins.
    Admins(Matter),
}

/// Who is told of the last line of this history, and what. Nobody of what concerns nobody, or has passed by now.
pub(super) fn of_event(history: &[Line], life: &Life) -> Option<Telling> {
    let (line, before) = history.split_last()?;
    let lost =
        |expert: ExpertId, had_accepted: bool| Some(Telling::Expert(expert, Matter::Lost { expert, had_accepted }));
    match &line.event.fact {
        Fact::Offered { offer, expert, expires_at, .. } => {
            Some(Telling::Expert(*expert, Matter::Offer { offer: *offer, expires_at: *expires_at }))
        }
        Fact::Withdrawn { expert, .. } => lost(*expert, false),
        Fact::Released { expert, .. } => lost(*expert, true),
        Fact::Cancelled { released: Some(expert), .. } | Fact::SolvedWithoutVisit { released: Some(expert) } => {
            lost(*expert, had_accepted(before, *expert))
        }
        Fact::Reminded { expert } => Some(Telling::Expert(*expert, Matter::Reminder { expert: *expert })),
        Fact::Accepted { expert, visit, .. } => {
            Some(Telling::Customer(Matter::Accepted { expert: *expert, visit: *visit }))
        }
        Fact::Departed { expert, .. } => {
            Some(Telling::Customer(Matter::Departed { expert: *expert, departed_at: line.at }))
        }
        Fact::Held {
            why: why @ (HoldReason::Part | HoldReason::NoAccess | HoldReason::WrongAddress), until, ..
        } => Some(Telling::Customer(Matter::Held { why: *why, until: *until })),
        Fact::NeedsHuman { reason: HumanReason::Danger | HumanReason::CannotFix { why: CannotFix::Unsafe } } => {
            Some(Telling::Admins(Matter::Danger {}))
        }
        Fact::Escalated { reason, n } => {
            let flag = life.needs_human.as_ref().filter(|flag| flag.reason == *reason)?;
            Some(Telling::Admins(Matter::Escalated { reason: *reason, since: flag.since, n: *n }))
        }
        Fact::Received { .. }
        | Fact::PlanFound
        | Fact::WaitsForShift { .. }
        | Fact::Declined { .. }
        | Fact::Lapsed { .. }
        | Fact::Arrived { .. }
        | Fact::Completed { .. }
        | Fact::CannotFix { .. }
        | Fact::NeedCorrected { .. }
        | Fact::Held { why: HoldReason::Customer, .. }
        | Fact::Resumed
        | Fact::SolvedWithoutVisit { released: None }
        | Fact::Cancelled { released: None, .. }
        | Fact::NeedsHuman { .. }
        | Fact::Settled { .. }
        | Fact::NoteAdded { .. }
        | Fact::WorkRecorded { .. } => None,
    }
}

/// The visit that the customer was promised and that the last line of this history took from its expert.
pub(super) fn lost_visit(history: &[Line]) -> Option<VisitPlan> {
    let (line, before) = history.split_last()?;
    let (Fact::Released { expert: his, .. } | Fact::Declined { expert: his, after_acceptance: true, .. }) =
        &line.event.fact
    else {
        return None;
    };
    before.iter().rev().find_map(|line| {
        let Fact::Accepted { expert, visit, .. } = &line.event.fact else { return None };
        (expert == his).then_some(*visit)
    })
}

/// Whether the expert, who had the ticket at the end of this history, had said yes: he may be on his way.
fn had_accepted(history: &[Line], expert: ExpertId) -> bool {
    let his_last = history.iter().rev().find_map(|line| {
        let (Fact::Accepted { expert: his, .. } | Fact::Offered { expert: his, .. }) = &line.event.fact else {
            return None;
        };
        (*his == expert).then_some(matches!(line.event.fact, Fact::Accepted { .. }))
    });
    his_last.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;
    use shared::event::Actor;
    use shared::ids::Id;
    use shared::ticket::{CancelReason, Timing, VisitPlan};
    use shared::time::Timestamp;

    fn id<Of>(number: u64) -> Id<Of> {
        Id::new(Timestamp::EPOCH, &Seeded::new(number))
    }

    fn history(facts: Vec<Fact>) -> Vec<Line> {
        let line =
            |(fact, seq): (Fact, i64)| Line { ticket: id(1), seq, at: now(), actor: Actor::Server, event: fact.into() };
        facts.into_iter().zip(1..).map(line).collect()
    }

    fn now() -> Timestamp {
        Timestamp::EPOCH.plus_minutes(60)
    }

    fn visit() -> VisitPlan {
        VisitPlan { start_at: now().plus_minutes(60), travel_minutes: 20, work_minutes: 60 }
    }

    fn offered() -> Fact {
        Fact::Offered { offer: id(2), expert: id(3), expires_at: now(), visit: visit(), decision: None }
    }

    #[test]
    fn whoever_had_said_yes_is_told_not_to_come_and_who_was_only_asked_is_not_alarmed() {
        let life = Life::received(now(), &Timing::default());
        let cancelled = || Fact::Cancelled { why: CancelReason::Customer, released: Some(id(3)) };
        let accepted = Fact::Accepted { expert: id(3), visit: visit(), late: false };
        for (facts, had_accepted) in
            [(vec![offered(), cancelled()], false), (vec![offered(), accepted, cancelled()], true)]
        {
            let told = of_event(&history(facts), &life);
            assert_eq!(told, Some(Telling::Expert(id(3), Matter::Lost { expert: id(3), had_accepted })));
        }
        let unheld = Fact::Cancelled { why: CancelReason::Customer, released: None };
        assert_eq!(of_event(&history(vec![unheld]), &life), None);
        assert_eq!(of_event(&[], &life), None);
    }

    #[test]
    fn a_departure_carries_the_instant_at_which_it_happened() {
        let life = Life::received(now(), &Timing::default());
        let told = of_event(&history(vec![offered(), Fact::Departed { expert: id(3), visit: visit() }]), &life);
        assert_eq!(told, Some(Telling::Customer(Matter::Departed { expert: id(3), departed_at: now() })));
    }

    #[test]
    fn an_escalation_that_somebody_answered_is_not_told() {
        let settled = Life::received(now(), &Timing::default());
        let escalated = || history(vec![Fact::Escalated { reason: HumanReason::NoPlan, n: 1 }]);
        assert_eq!(of_event(&escalated(), &settled), None);
        let open = Life::received_without_plan(now(), &Timing::default());
        let matter = Matter::Escalated { reason: HumanReason::NoPlan, since: now(), n: 1 };
        assert_eq!(of_event(&escalated(), &open), Some(Telling::Admins(matter)));
    }
}
