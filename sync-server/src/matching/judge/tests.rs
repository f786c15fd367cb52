//! Every hard rule by itself, all of them together, and the time a visit gets.

use super::*;
use crate::matching::calendar::{Period, Shift, ShiftDay};
use crate::matching::candidate::{Origin, Sighting, Step, Visit};
use crate::matching::samples::*;
use proptest::prelude::*;
use shared::place::Place;

fn verdict(need: &Need, candidate: &Candidate) -> Verdict {
    judge(need, candidate, now(), &Settings::default())
}

fn fit(need: &Need, candidate: &Candidate) -> Fit {
    match verdict(need, candidate) {
        Verdict::Fits(fit) => fit,
        Verdict::Excluded { broken } => panic!("excluded: {broken:?}"),
    }
}

fn broken(change: impl FnOnce(&mut Need, &mut Candidate)) -> Vec<Rule> {
    let (mut need, mut candidate) = (need(1), candidate(1));
    change(&mut need, &mut candidate);
    match verdict(&need, &candidate) {
        Verdict::Fits(fit) => panic!("fits: {fit:?}"),
        Verdict::Excluded { broken } => broken,
    }
}

#[test]
fn an_expert_who_keeps_every_rule_starts_when_he_can_be_there() {
    let expected = Fit {
        leave_at: today(9, 0),
        start_at: today(9, 12),
        end_at: today(10, 12),
        travel_tenths: 120,
        origin: Origin::Home,
        free_until: today(16, 0),
    };
    assert_eq!(fit(&need(1), &candidate(1)), expected);
}

#[test]
fn each_rule_excludes_by_itself() {
    assert_eq!(broken(|_, expert| expert.active = false), [Rule::Deactivated]);
    assert_eq!(broken(|need, _| need.plan_valid = false), [Rule::NoPlan]);
    assert_eq!(broken(|_, expert| expert.areas = [other_area()].into()), [Rule::OutsideArea]);
    assert_eq!(broken(|need, expert| need.declined_by = [expert.expert].into()), [Rule::Declined]);
    assert_eq!(broken(|need, expert| need.replaced = [expert.expert].into()), [Rule::Replaced]);
    assert_eq!(broken(|need, expert| need.blocked = [expert.expert].into()), [Rule::Blocked]);
    assert_eq!(broken(|_, expert| expert.on_duty = false), [Rule::OffDuty]);
    let away = broken(|_, expert| expert.absences = vec![period(today(8, 30), today(9, 30))]);
    assert_eq!(away, [Rule::Absent { until: today(9, 30) }]);
    let away = broken(|_, expert| expert.absences = vec![period(today(9, 30), today(15, 30))]);
    assert_eq!(away, [Rule::AwayThen]);
    let tomorrow = period(today(33, 0), today(34, 0));
    assert_eq!(broken(|need, _| need.windows = vec![tomorrow]), [Rule::NotWhenCustomerCan]);
    let booked = broken(|_, expert| expert.visits = vec![visit(5, today(10, 0), today(15, 0))]);
    assert_eq!(booked, [Rule::Booked { by: vec![id(5)] }]);
}

#[test]
fn a_skill_known_too_little_is_named_with_both_levels() {
    let missing = |needed, known| vec![Rule::LacksSkills { missing: vec![Lacking { skill: tv(), needed, known }] }];
    let too_low = broken(|need, _| need.skills = skills(&[(TV, 3)]));
    assert_eq!(too_low, missing(level(3), Some(level(1))));
    let absent = broken(|_, expert| expert.skills = skills(&[(ROUTER, 3)]));
    assert_eq!(absent, missing(level(1), None));
}

#[test]
fn outside_every_shift_nothing_rings() {
    let later = Shift { day: ShiftDay::Weekly(1), start_minute: 10 * 60, end_minute: 16 * 60, on_call: false };
    let resting = broken(|_, expert| expert.shifts = vec![later]);
    assert_eq!(resting, [Rule::OutsideShift { next_at: Some(today(10, 0)) }]);
    assert_eq!(broken(|_, expert| expert.shifts = vec![]), [Rule::OutsideShift { next_at: None }]);
}

#[test]
fn on_call_counts_as_working() {
    let mut expert = candidate(1);
    expert.shifts = vec![];
    expert.on_call = vec![period(today(8, 0), today(12, 0))];
    assert_eq!(fit(&need(1), &expert).free_until, today(12, 0));
}

#[test]
fn way_work_and_buffer_may_end_with_the_shift_but_not_after() {
    // 09:12 to 15:50, ten minutes of buffer: exactly 16:00.
    let mut need = need(1);
    need.work_minutes = 398;
    assert_eq!(fit(&need, &candidate(1)).end_at, today(15, 50));
    let too_long = broken(|need, _| need.work_minutes = 399);
    assert_eq!(too_long, [Rule::ShiftTooShort { needed_minutes: 421, longest_minutes: 420 }]);
}

#[test]
fn a_promise_in_whole_minutes_never_begins_before_the_expert_is_back() {
    for (second, north) in (0..60).zip([0, 12_345, 54_321, 98_765].into_iter().cycle()) {
        let back = today(10, 0).plus_seconds(second);
        let mut expert = candidate(1);
        expert.home = Place::from_e7(expert.home.lat_e7() + north, expert.home.lon_e7()).unwrap();
        // Not over before he is away: the first time is when he is back.
        expert.absences = vec![period(today(9, 30), back)];
        let fit = fit(&need(1), &expert);
        let promised_leave_at = fit.start_at.plus_minutes(-((fit.travel_tenths + 9) / 10));
        assert!(promised_leave_at >= back, "{promised_leave_at} before {back}");
    }
}

#[test]
fn every_broken_rule_is_named() {
    let all = broken(|need, expert| {
        expert.active = false;
        expert.on_duty = false;
        expert.skills = skills(&[]);
        expert.areas = [].into();
        expert.absences = vec![period(today(8, 0), today(9, 30))];
        expert.visits = vec![visit(5, today(10, 0), today(15, 55))];
        need.plan_valid = false;
        need.declined_by = [expert.expert].into();
        need.blocked = [expert.expert].into();
    });
    let lacks = Rule::LacksSkills { missing: vec![Lacking { skill: tv(), needed: level(1), known: None }] };
    let expected = [
        Rule::Deactivated,
        Rule::NoPlan,
        lacks,
        Rule::OutsideArea,
        Rule::Declined,
        Rule::Blocked,
        Rule::OffDuty,
        Rule::Absent { until: today(9, 30) },
        Rule::Booked { by: vec![id(5)] },
    ];
    assert_eq!(all, expected);
}

#[test]
fn absence_and_visits_that_only_together_take_the_time_are_both_named() {
    let both = broken(|_, expert| {
        expert.absences = vec![period(today(9, 30), today(13, 0))];
        expert.visits = vec![visit(5, today(13, 30), today(15, 0))];
    });
    assert_eq!(both, [Rule::AwayThen, Rule::Booked { by: vec![id(5)] }]);
}

#[test]
fn the_newest_sighting_counts_until_it_is_too_old() {
    let mut expert = candidate(1);
    let seen = |minutes, hour, minute| Some(Sighting { place: minutes_north(minutes), at: today(hour, minute) });
    expert.position = seen(30, 8, 0);
    expert.arrival = seen(20, 8, 30);
    let newest = fit(&need(1), &expert);
    assert_eq!((newest.travel_tenths, newest.origin), (200, Origin::Arrival { at: today(8, 30) }));
    expert.arrival = None;
    let an_hour_old = fit(&need(1), &expert);
    assert_eq!((an_hour_old.travel_tenths, an_hour_old.origin), (300, Origin::Phone { at: today(8, 0) }));
    expert.position = seen(30, 7, 59);
    assert_eq!(fit(&need(1), &expert).origin, Origin::Home);
}

#[test]
fn a_visit_that_follows_another_sets_out_from_there() {
    let mut expert = candidate(1);
    let there = Visit { place: minutes_north(25), ..visit(5, today(9, 30), today(11, 0)) };
    expert.visits = vec![there];
    let after = fit(&need(1), &expert);
    assert_eq!((after.leave_at, after.start_at, after.travel_tenths), (today(11, 10), today(11, 35), 250));
    assert_eq!(after.origin, Origin::Visit { ticket: id(5) });
}

#[test]
fn a_visit_between_two_leaves_time_to_reach_the_next() {
    let mut expert = candidate(1);
    // Here from 09:12 to 10:12, ten minutes of buffer, 25 of way: 10:47.
    let there = |start| Visit { place: minutes_north(25), ..visit(5, start, today(12, 0)) };
    expert.visits = vec![there(today(10, 47))];
    assert_eq!(fit(&need(1), &expert).start_at, today(9, 12));
    expert.visits = vec![there(today(10, 46))];
    assert_eq!(fit(&need(1), &expert).start_at, today(12, 35));
}

#[test]
fn a_visit_that_should_be_over_but_is_not_holds_its_expert_until_now() {
    let mut expert = candidate(1);
    expert.visits = vec![visit(5, today(8, 10), today(8, 40))];
    let after = fit(&need(1), &expert);
    assert_eq!((after.start_at, after.origin), (today(9, 10), Origin::Visit { ticket: id(5) }));
}

#[test]
fn a_visit_that_nobody_has_left_for_takes_its_way_and_its_whole_work_from_now() {
    let late = |step| {
        let mut expert = candidate(1);
        expert.visits = vec![Visit { step, ..visit(5, today(8, 10), today(8, 40)) }];
        fit(&need(1), &expert).start_at
    };
    // Half an hour of work and ten minutes of buffer: after the way of 25 minutes, or from now.
    assert_eq!(late(Step::NotLeft { travel_minutes: 25 }), today(10, 5));
    assert_eq!(late(Step::OnTheWay), today(9, 40));
    assert_eq!(late(Step::There), today(9, 10));
}

#[test]
fn a_visit_after_two_that_meet_can_be_reached_from_either() {
    let mut expert = candidate(1);
    // The one that began first is far away and ends first; the other is here.
    let far = Visit { place: minutes_north(60), ..visit(5, today(9, 30), today(11, 0)) };
    expert.visits = vec![far, visit(6, today(10, 0), today(11, 20))];
    assert_eq!(fit(&need(1), &expert).start_at, today(12, 10));
    expert.visits[1].end_at = today(12, 30);
    assert_eq!(fit(&need(1), &expert).start_at, today(12, 40));
    // The same from the other side: before both, and neither may be missed.
    expert.visits = vec![visit(5, today(11, 0), today(12, 0)), Visit { place: minutes_north(60), ..far }];
    expert.visits[1].start_at = today(11, 20);
    expert.visits[1].end_at = today(11, 30);
    assert_eq!(fit(&need(1), &expert).start_at, today(12, 40));
}

#[test]
fn a_visit_on_a_later_day_sets_out_from_home() {
    let mut need = need(1);
    need.windows = vec![period(today(24 + 8, 0), today(24 + 12, 0))];
    let mut expert = candidate(1);
    expert.shifts.push(Shift { day: ShiftDay::Weekly(2), start_minute: 8 * 60, end_minute: 16 * 60, on_call: false });
    expert.position = Some(Sighting { place: minutes_north(50), at: now() });
    expert.visits = vec![Visit { place: minutes_north(40), ..visit(5, today(14, 0), today(15, 0)) }];
    let fit = fit(&need, &expert);
    assert_eq!((fit.start_at, fit.origin), (today(24 + 8, 12), Origin::Home));
}

#[test]
fn no_night_brings_anybody_home_from_farther_than_it_is_long() {
    let mut need = need(1);
    need.windows = vec![period(today(24 + 8, 0), today(24 + 12, 0))];
    let mut expert = candidate(1);
    expert.shifts.push(Shift { day: ShiftDay::Weekly(2), start_minute: 8 * 60, end_minute: 16 * 60, on_call: false });
    // An address in another city, mended while he was on the way: he leaves there at 15:10 and needs 17 h 20 min.
    expert.visits = vec![Visit { place: minutes_north(1_040), ..visit(5, today(14, 0), today(15, 0)) }];
    assert_eq!(fit(&need, &expert).start_at, today(24 + 8, 30));
}

#[test]
fn the_customers_windows_are_kept() {
    let mut need = need(1);
    need.windows = vec![period(today(14, 0), today(14, 30)), period(today(9, 0), today(9, 12))];
    assert_eq!(fit(&need, &candidate(1)).start_at, today(14, 0));
    need.windows[1].until = today(9, 13);
    assert_eq!(fit(&need, &candidate(1)).start_at, today(9, 12));
}

#[test]
fn the_night_on_which_the_clocks_go_forward_is_an_hour_short() {
    let night = Shift { day: ShiftDay::Weekly(6), start_minute: 22 * 60, end_minute: 6 * 60, on_call: false };
    let mut expert = candidate(1);
    expert.shifts = vec![night];
    let mut need = need(1);
    // From 22:00: 12 minutes of way and ten of buffer beside the work. Seven hours are 420 minutes, eight are 480.
    for (began, fits, too_long) in [("2026-03-01T03:00:00Z", 458, 459), ("2026-03-08T03:00:00Z", 398, 399)] {
        for (work_minutes, expected) in [(fits, true), (too_long, false)] {
            need.work_minutes = work_minutes;
            let settings = Settings { horizon_minutes: 1_440, ..Settings::default() };
            let verdict = judge(&need, &expert, at(began), &settings);
            assert_eq!(matches!(verdict, Verdict::Fits(_)), expected, "{began} {work_minutes} {verdict:?}");
        }
    }
}

fn hours() -> impl Strategy<Value = Vec<Period>> {
    // Quarters of an hour from 06:00 to 22:00.
    let some =
        (0..64_i64, 1..16_i64).prop_map(|(from, long)| period(today(6, from * 15), today(6, (from + long) * 15)));
    prop::collection::vec(some, 0..4)
}

prop_compose! {
    fn pair()(
        working in hours(), absences in hours(), windows in hours(), booked in hours(),
        places in prop::collection::vec(-40..40_i64, 6), work_minutes in 5..200_u32,
    ) -> (Need, Candidate) {
        let visits = booked.iter().zip(&places).enumerate();
        let visits = visits.map(|(number, (when, &place))| Visit {
            ticket: id(number as u64 + 10), place: minutes_north(place), start_at: when.from, end_at: when.until, step: Step::There,
        });
        let home = minutes_north(places[5]);
        let candidate = Candidate { shifts: vec![], on_call: working, absences, visits: visits.collect(), home, ..candidate(1) };
        (Need { work_minutes, windows, ..need(1) }, candidate)
    }
}

proptest! {
    #[test]
    fn whoever_fits_has_the_time_and_whoever_does_not_has_a_reason((need, expert) in pair()) {
        let settings = Settings::default();
        let buffer = i64::from(settings.buffer_minutes);
        let fit = match verdict(&need, &expert) {
            Verdict::Excluded { broken } => {
                prop_assert!(!broken.is_empty());
                return Ok(());
            }
            Verdict::Fits(fit) => fit,
        };
        prop_assert!(fit.leave_at >= now());
        prop_assert_eq!(fit.end_at.minutes_since(fit.start_at), i64::from(need.work_minutes));
        prop_assert!(need.windows.is_empty() || need.windows.iter().any(|window| window.holds(fit.start_at)));
        let busy = Period { from: fit.leave_at, until: fit.end_at.plus_minutes(buffer) };
        for minute in 0..busy.minutes() {
            let at = busy.from.plus_minutes(minute);
            prop_assert!(expert.on_call.iter().any(|period| period.holds(at)), "works at {}", at);
            prop_assert!(!expert.absences.iter().any(|period| period.holds(at)), "away at {}", at);
            prop_assert!(!expert.visits.iter().any(|visit| visit.start_at <= at && at < visit.end_at), "busy at {}", at);
        }
        for visit in &expert.visits {
            let way = shared::place::travel_tenths(need.place, visit.place, settings.speed_km_per_hour) * 6_000;
            let before = visit.end_at.plus_minutes(buffer) <= fit.leave_at;
            let after = busy.until.plus_millis(way) <= visit.start_at;
            prop_assert!(before || after, "{:?} does not leave {:?} alone", fit, visit);
        }
    }
}
