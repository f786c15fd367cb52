//! Which event tells whom what. Pure: the history up to the event and the ticket's life now are enough.

use super::plan::{Matter, is_news};
use crate::events::Line;
use shared::event::Fact;
use shared::ids::ExpertId;
use shared::ticket::{CancelReason, CannotFix, HoldReason, HumanReason, Life, ReleaseReason, State, VisitPlan};
use shared::time::Timestamp;

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
        // He was promised to come, and the customer wants another day.
        Fact::Held { why: HoldReason::Customer, expert: Some(expert), .. } => lost(*expert, true),
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
        Fact::Late { expert, visit, .. } | Fact::Moved { expert, visit, .. } => {
            let start_at = visit.start_at;
            is_told_of(before, *expert, start_at)
                .then_some(Telling::Customer(Matter::Later { expert: *expert, start_at }))
        }
        Fact::Held {
            why: why @ (HoldReason::Part | HoldReason::NoAccess | HoldReason::WrongAddress), until, ..
        } => Some(Telling::Customer(Matter::Held { why: *why, until: *until })),
        // What they cancelled themselves, or asked the desk to cancel, is no news to them.
        Fact::NeedsHuman { reason: HumanReason::Danger | HumanReason::CannotFix { why: CannotFix::Unsafe } } => {
            Some(Telling::Admins(Matter::Danger {}))
        }
        Fact::NeedsHuman { reason: HumanReason::DoneByOther } => {
            on_it(life).map(|expert| Telling::Expert(expert, Matter::Stopped { expert }))
        }
        Fact::Settled { reason: HumanReason::DoneByOther, .. } => {
            on_it(life).map(|expert| Telling::Expert(expert, Matter::GoOn { expert }))
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
        | Fact::Rescheduled { .. }
        | Fact::Corrected { .. }
        | Fact::Held { why: HoldReason::Customer, expert: None, .. }
        | Fact::Resumed
        | Fact::SolvedWithoutVisit { released: None }
        | Fact::Cancelled { released: None, .. }
        | Fact::NeedsHuman { .. }
        | Fact::Settled { .. }
        | Fact::SitePinned { .. }
        | Fact::NoteAdded { .. }
        | Fact::PhotoAdded { .. }
        | Fact::Confirmed { .. }
        | Fact::WorkRecorded { .. } => None,
    }
}

/// Whether the customer hears of this time, at which the expert will be there: the first time that it moves, and again
/// when it is far from what they heard last.
fn is_told_of(before: &[Line], expert: ExpertId, start_at: Timestamp) -> bool {
    let promised = before.iter().rposition(|line| {
        let Fact::Accepted { expert: his, .. } = &line.event.fact else { return false };
        *his == expert
    });
    let Some(promised) = promised else { return false };
    let (mut told, mut known, mut n_moves) = (start_at, start_at, 0);
    for line in &before[promised..] {
        if let Fact::Accepted { visit, .. } = &line.event.fact {
            (told, known) = (visit.start_at, visit.start_at);
        }
        if let Fact::Late { visit, .. } | Fact::Moved { visit, .. } = &line.event.fact {
            // Work that takes longer moves nothing that this customer waits for.
            if visit.start_at != known && (n_moves == 0 || is_news(told, visit.start_at)) {
                told = visit.start_at;
                n_moves += 1;
            }
            known = visit.start_at;
        }
    }
    start_at != known && (n_moves == 0 || is_news(told, start_at))
}

/// Who has said yes to it and may be on the way, or there.
fn on_it(life: &Life) -> Option<ExpertId> {
    match &life.state {
        State::Accepted { expert, .. } | State::EnRoute { expert, .. } | State::OnSite { expert, .. } => Some(*expert),
        State::Waiting
        | State::Offered { .. }
        | State::OnHold { .. }
        | State::Completed { .. }
        | State::Cancelled { .. } => None,
    }
}

/// The visit that the customer was promised and that the last line of this history took from its expert, and whether the
/// customer asked for it.
pub(super) fn lost_visit(history: &[Line]) -> Option<(VisitPlan, bool)> {
    let (line, before) = history.split_last()?;
    let (Fact::Released { expert: his, .. } | Fact::Declined { expert: his, after_acceptance: true, .. }) =
        &line.event.fact
    else {
        return None;
    };
    let as_asked = matches!(&line.event.fact, Fact::Released { why: ReleaseReason::Customer, .. });
    before.iter().rev().find_map(|line| {
        let (Fact::Accepted { expert, visit, .. }
        | Fact::Late { expert, visit, .. }
        | Fact::Moved { expert, visit, .. }) = &line.event.fact
        else {
            return None;
        };
        (expert == his).then_some((*visit, as_asked))
    })
}

/// Why the last line of this history closed the ticket without its customer's asking; none if it did not.
pub(super) fn closed_by_us(history: &[Line]) -> Option<CancelReason> {
    let Fact::Cancelled { why, .. } = history.last()?.event.fact else { return None };
    match why {
        CancelReason::NoPlan | CancelReason::Staff => Some(why),
        CancelReason::Customer => None,
    }
}

/// The visit that this expert was last promised to make, as far as this history goes.
pub(super) fn his_visit(history: &[Line], his: ExpertId) -> Option<VisitPlan> {
    history.iter().rev().find_map(|line| {
        let (Fact::Accepted { expert, visit, .. }
        | Fact::Late { expert, visit, .. }
        | Fact::Moved { expert, visit, .. }) = &line.event.fact
        else {
            return None;
        };
        (*expert == his).then_some(*visit)
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
    use shared::ticket::{Timing, VisitPlan};

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
    fn a_customer_hears_of_the_first_move_and_then_only_past_twenty_minutes() {
        let life = Life::received(now(), &Timing::default());
        let at = |minutes: i64| VisitPlan { start_at: visit().start_at.plus_minutes(minutes), ..visit() };
        let mut facts = vec![offered(), Fact::Accepted { expert: id(3), visit: visit(), late: false }];
        let mut told = Vec::new();
        for minutes in [5, 20, 25, 26, 46, 47, 47] {
            let was = visit().start_at;
            facts.push(Fact::Moved { expert: id(3), visit: at(minutes), was });
            if of_event(&history(facts.clone()), &life).is_some() {
                told.push(minutes);
            }
        }
        assert_eq!(told, [5, 26, 47]);
        let longer = VisitPlan { work_minutes: 90, ..at(47) };
        facts.push(Fact::Late { expert: id(3), minutes: 30, visit: longer });
        assert_eq!(of_event(&history(facts), &life), None, "work that takes longer is no news to whom it is done for");
    }

    #[test]
    fn an_escalation_that_somebody_answered_is_not_told() {
        let settled = Life::received(now(), &Timing::default());
        let escalated = || history(vec![Fact::Escalated { reason: HumanReason::NoPlan, n: 1 }]);
        assert_eq!(of_event(&escalated(), &settled), None);
        let open = Life::received_without_plan(None, now(), &Timing::default());
        let matter = Matter::Escalated { reason: HumanReason::NoPlan, since: now(), n: 1 };
        assert_eq!(of_event(&escalated(), &open), Some(Telling::Admins(matter)));
    }
}
