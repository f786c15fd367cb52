//! What everyone sees of an expert: free, or on a job until about a time. Pure.

use shared::ticket::{Life, State};
use shared::time::Timestamp;

/// What an expert does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// No visit is under way. Whether he is at work is said by his duty and shifts.
    Free,
    /// A visit is under way.
    OnAJob {
        /// When it should be over, up to the next ten minutes; none once it takes longer than estimated: a time that
        /// passed would be made up.
        until: Option<Timestamp>,
    },
}

/// "About" is up to the next so many minutes.
const ABOUT_MINUTES: i64 = 10;

/// What an expert does, by the tickets that he holds.
pub fn busy<'a>(held: impl IntoIterator<Item = &'a Life>, now: Timestamp) -> Busy {
    let ends = held.into_iter().filter_map(|life| match &life.state {
        State::EnRoute { visit, departed_at, .. } => {
            let there_at = departed_at.plus_minutes(i64::from(visit.travel_minutes)).max(visit.start_at);
            Some(there_at.plus_minutes(i64::from(visit.work_minutes)))
        }
        State::OnSite { visit, arrived_at, .. } => Some(arrived_at.plus_minutes(i64::from(visit.work_minutes))),
        State::Waiting
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::OnHold { .. }
        | State::Completed { .. }
        | State::Cancelled { .. } => None,
    });
    match ends.max() {
        None => Busy::Free,
        Some(end) => Busy::OnAJob { until: (end > now).then(|| about(end)) },
    }
}

fn about(at: Timestamp) -> Timestamp {
    let step = ABOUT_MINUTES * 60_000;
    let past = at.as_millis().rem_euclid(step);
    if past == 0 { at } else { at.plus_millis(step - past) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;
    use shared::ids::Id;
    use shared::ticket::{Timing, VisitPlan};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn life(state: State) -> Life {
        Life { state, ..Life::received(at("2026-03-02T14:00:00Z"), &Timing::default()) }
    }

    #[test]
    fn an_expert_is_free_or_on_a_job_until_about_a_time_that_is_never_made_up() {
        let expert = Id::new(Timestamp::EPOCH, &Seeded::new(1));
        let visit = VisitPlan { start_at: at("2026-03-02T14:30:00Z"), travel_minutes: 20, work_minutes: 45 };
        let now = at("2026-03-02T14:00:00Z");
        let promised = life(State::Accepted { expert, visit, reminded: false });
        assert_eq!(busy([&promised], now), Busy::Free);
        assert_eq!(busy([], now), Busy::Free);
        let late = life(State::EnRoute { expert, visit, departed_at: at("2026-03-02T14:18:00Z") });
        let until = |text: &str| Busy::OnAJob { until: Some(at(text)) };
        assert_eq!(busy([&promised, &late], now), until("2026-03-02T15:30:00Z"));
        let there = life(State::OnSite { expert, visit, arrived_at: at("2026-03-02T14:35:00Z") });
        assert_eq!(busy([&there], now), until("2026-03-02T15:20:00Z"));
        assert_eq!(busy([&there], at("2026-03-02T15:21:00Z")), Busy::OnAJob { until: None });
    }
}
