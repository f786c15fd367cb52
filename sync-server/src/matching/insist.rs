//! When an expert could be there although a rule says no. A person who overrides a rule must see, before and after,
//! what visit they promise: what still can be kept is kept, and nobody is booked twice as long as there is another way.

use super::calendar::Period;
use super::candidate::{Availability, Candidate};
use super::judge::Rule;
use super::need::Need;
use super::settings::Settings;
use super::slot::{Fit, Search};
use shared::time::Timestamp;

/// The visit for an expert against whom these rules stand. None if the way is longer than the horizon.
///
/// Who works now or is only off duty comes within their shifts. Who does not work now is asked to come now all the same:
/// for their next shift no override would be needed. Other visits are kept if they leave any room.
pub fn insist(need: &Need, candidate: &Candidate, broken: &[Rule], now: Timestamp, settings: &Settings) -> Option<Fit> {
    let availability = Availability::of(candidate, now, settings);
    let search = Search { need, candidate, settings, now };
    let any_time = Need { windows: Vec::new(), ..need.clone() };
    let at_any_time = Search { need: &any_time, candidate, settings, now };
    let whole = [Period { from: now, until: now.plus_minutes(i64::from(settings.horizon_minutes)) }];
    let works = !broken.iter().any(outside_working_time);
    let in_shifts = || search.earliest(&availability.free, &availability.visits);
    let beside_visits = || search.earliest(&whole, &availability.visits);
    works
        .then(in_shifts)
        .flatten()
        .or_else(beside_visits)
        .or_else(|| at_any_time.earliest(&whole, &availability.visits))
        .or_else(|| at_any_time.earliest(&whole, &[]))
}

fn outside_working_time(rule: &Rule) -> bool {
    match rule {
        Rule::OutsideShift { .. } | Rule::Absent { .. } => true,
        Rule::Deactivated
        | Rule::NoPlan
        | Rule::LacksSkills { .. }
        | Rule::OutsideArea
        | Rule::Declined
        | Rule::Replaced
        | Rule::Blocked
        | Rule::OffDuty
        | Rule::ShiftTooShort { .. }
        | Rule::NotWhenCustomerCan
        | Rule::AwayThen
        | Rule::NotTogether { .. }
        | Rule::AskedFirst { .. }
        | Rule::Booked { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::judge::{Verdict, judge};
    use crate::matching::samples::{candidate, minutes_north, need, now, period, today, visit};

    fn insisted(change: impl FnOnce(&mut Need, &mut Candidate)) -> Option<Timestamp> {
        let (mut need, mut candidate) = (need(1), candidate(1));
        change(&mut need, &mut candidate);
        let settings = Settings::default();
        let Verdict::Excluded { broken } = judge(&need, &candidate, now(), &settings) else { panic!("nothing broken") };
        insist(&need, &candidate, &broken, now(), &settings).map(|fit| fit.start_at)
    }

    #[test]
    fn who_only_lacks_a_skill_comes_within_the_shift_and_after_what_is_planned() {
        let start = insisted(|_, expert| {
            expert.skills = shared::skills::Skills::default();
            expert.visits = vec![visit(5, today(9, 0), today(10, 0))];
        });
        assert_eq!(start, Some(today(10, 10)));
    }

    #[test]
    fn who_does_not_work_now_is_asked_to_come_now() {
        assert_eq!(insisted(|_, expert| expert.shifts.clear()), Some(today(9, 12)));
        let away = insisted(|_, expert| expert.absences = vec![period(today(8, 0), today(18, 0))]);
        assert_eq!(away, Some(today(9, 12)));
    }

    #[test]
    fn nobody_is_booked_twice_while_there_is_another_way() {
        let full = insisted(|_, expert| expert.visits = vec![visit(5, today(9, 0), today(17, 0))]);
        assert_eq!(full, Some(today(17, 10)), "after the last visit, past the end of the shift");
        let never = insisted(|_, expert| expert.visits = vec![visit(5, now(), now().plus_minutes(5 * 1_440))]);
        assert_eq!(never, Some(today(9, 12)), "there is no other way");
    }

    #[test]
    fn a_way_of_days_is_not_a_visit() {
        let far = insisted(|_, expert| {
            expert.shifts.clear();
            expert.home = minutes_north(3 * 1_440);
        });
        assert_eq!(far, None);
    }
}
