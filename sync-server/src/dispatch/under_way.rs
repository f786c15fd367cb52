//! Visits that are under way: since when the work goes on, and until about when. Pure; nothing is made up.

use shared::ticket::{State, VisitPlan};
use shared::time::Timestamp;

/// "About" is up to the next so many minutes.
const ABOUT_MINUTES: i64 = 10;

/// When the work of a visit that is under way began, or should begin by what was reported, and the visit.
pub fn under_way(state: &State) -> Option<(Timestamp, VisitPlan)> {
    match state {
        State::EnRoute { visit, departed_at, .. } => {
            let there_at = departed_at.plus_minutes(i64::from(visit.travel_minutes));
            Some((there_at.max(visit.start_at), *visit))
        }
        State::OnSite { visit, arrived_at, .. } => Some((*arrived_at, *visit)),
        State::Waiting
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::OnHold { .. }
        | State::Completed { .. }
        | State::Cancelled { .. } => None,
    }
}

/// An estimate as people say it: up to the next ten minutes.
pub fn about(at: Timestamp) -> Timestamp {
    let step = ABOUT_MINUTES * 60_000;
    let past = at.as_millis().rem_euclid(step);
    if past == 0 { at } else { at.plus_millis(step - past) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;
    use shared::ids::Id;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn work_begins_with_the_arrival_or_by_the_plan_and_never_before_the_way_is_done() {
        let expert = Id::new(Timestamp::EPOCH, &Seeded::new(1));
        let visit = VisitPlan { start_at: at("2026-03-02T14:30:00Z"), travel_minutes: 20, work_minutes: 45 };
        let begins = |state| under_way(&state).map(|(start_at, _)| start_at);
        assert_eq!(begins(State::Accepted { expert, visit, reminded: false }), None);
        let left = |departed| begins(State::EnRoute { expert, visit, departed_at: at(departed) });
        assert_eq!(left("2026-03-02T14:05:00Z"), Some(visit.start_at));
        assert_eq!(left("2026-03-02T14:18:00Z"), Some(at("2026-03-02T14:38:00Z")));
        let arrived_at = at("2026-03-02T14:35:00Z");
        assert_eq!(begins(State::OnSite { expert, visit, arrived_at }), Some(arrived_at));
        assert_eq!(about(at("2026-03-02T15:23:00Z")), at("2026-03-02T15:30:00Z"));
        assert_eq!(about(at("2026-03-02T15:30:00Z")), at("2026-03-02T15:30:00Z"));
    }
}
