//! Which hour a customer waits for: the first that was promised, however often we had to send somebody else. Pure.

use shared::event::Fact;
use shared::ticket::ReleaseReason;
use shared::time::Timestamp;

/// What a customer was told of a visit, line by line of the history.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Promise {
    /// The beginning that counts, as it was told first.
    pub(super) first: Option<Timestamp>,
    /// The beginning of the visit that stands.
    standing: Option<Timestamp>,
}

impl Promise {
    /// What a line makes of it. Who gives a visit back, or is late, leaves the promise as it was; it is void when the customer
    /// chose another time, when the ticket was put on hold, and when a visit ended without a repair.
    pub(super) fn hear(&mut self, fact: &Fact) {
        if let Fact::Accepted { visit, .. } = fact {
            self.standing = Some(visit.start_at);
            self.first = self.first.or(self.standing);
        }
        if let Fact::Moved { visit, .. } | Fact::Late { visit, .. } = fact {
            self.standing = self.standing.map(|_| visit.start_at);
        }
        // A visit that fits the new time stays, and is what the customer now waits for; one that does not leaves its expert
        // in the next line.
        if matches!(fact, Fact::Rescheduled { .. }) {
            self.first = self.standing;
        }
        if matches!(fact, Fact::Released { .. } | Fact::Declined { after_acceptance: true, .. }) {
            self.standing = None;
        }
        if matches!(fact, Fact::Released { why: ReleaseReason::Customer, .. }) {
            self.first = None;
        }
        if matches!(fact, Fact::Held { .. } | Fact::CannotFix { .. }) {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::samples::id;
    use shared::offer::DeclineReason;
    use shared::ticket::{CannotFix, HoldReason, VisitPlan};

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(crate::db::testing::START_MS).plus_minutes(minutes)
    }

    fn plan(start: i64) -> VisitPlan {
        VisitPlan { start_at: at(start), travel_minutes: 10, work_minutes: 60 }
    }

    fn accepted(start: i64) -> Fact {
        Fact::Accepted { expert: id(1), visit: plan(start), late: false }
    }

    /// The beginning that counts after these lines, in minutes.
    fn first(facts: &[Fact]) -> Option<i64> {
        let mut promise = Promise::default();
        for fact in facts {
            promise.hear(fact);
        }
        promise.first.map(|start| start.minutes_since(at(0)))
    }

    fn released(why: ReleaseReason) -> Fact {
        Fact::Released { expert: id(1), why }
    }

    #[test]
    fn whatever_we_change_ourselves_the_first_promise_counts() {
        let expert = id(1);
        let given_back = Fact::Declined { expert, reason: DeclineReason::Busy, after_acceptance: true };
        let moved = Fact::Moved { expert, visit: plan(90), was: at(60) };
        let late = Fact::Late { expert, minutes: 30, visit: plan(90) };
        assert_eq!(first(&[]), None);
        for ours in [given_back, moved, late, released(ReleaseReason::Absent), released(ReleaseReason::Staff)] {
            assert_eq!(first(&[accepted(60), ours.clone(), accepted(200)]), Some(60), "{ours:?}");
        }
    }

    #[test]
    fn a_promise_is_void_once_the_customer_chose_another_time_or_a_visit_ended_without_a_repair() {
        let expert = id(1);
        let chosen = || Fact::Rescheduled { windows: Vec::new() };
        let held = Fact::Held { why: HoldReason::Customer, until: at(100), expert: Some(expert), part: None };
        let cannot = Fact::CannotFix { expert, why: CannotFix::Skill };
        for end in [held, cannot] {
            assert_eq!(first(&[accepted(60), end.clone()]), None, "{end:?}");
            assert_eq!(first(&[accepted(60), end.clone(), accepted(200)]), Some(200), "{end:?}");
        }
        let taken_back = [accepted(60), chosen(), released(ReleaseReason::Customer)];
        assert_eq!(first(&taken_back), None);
        assert_eq!(first(&[&taken_back[..], &[accepted(200)]].concat()), Some(200));
        // Nobody was coming when he chose.
        let gone = [accepted(60), released(ReleaseReason::Absent), chosen(), accepted(200)];
        assert_eq!(first(&gone), Some(200));
    }

    #[test]
    fn a_visit_that_fits_the_time_that_was_chosen_is_what_the_customer_waits_for() {
        let chosen = || Fact::Rescheduled { windows: Vec::new() };
        assert_eq!(first(&[accepted(60), chosen()]), Some(60));
        let late = Fact::Late { expert: id(1), minutes: 30, visit: plan(90) };
        assert_eq!(first(&[accepted(60), late, chosen()]), Some(90), "as he knew it when he chose");
        let another = [accepted(60), released(ReleaseReason::Staff), accepted(200), chosen()];
        assert_eq!(first(&another), Some(200));
    }
}
