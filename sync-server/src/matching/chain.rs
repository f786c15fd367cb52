//! What becomes of an expert's later visits when an earlier one takes longer. Pure.
//!
//! A visit is only ever moved later, by no more than it must, and keeps its place in the order. It moves as far as the
//! work before it, the buffer and the way from there need, and then to a time at which its customer can. One that no
//! longer fits into a working time stays as it was promised and is left out of the chain: a person decides about it.

use super::calendar::Period;
use super::settings::Settings;
use super::slot::whole_minute;
use shared::ids::TicketId;
use shared::place::{Place, travel_tenths};
use shared::ticket::VisitPlan;
use shared::time::Timestamp;

/// Work that is under way: where, and when it should be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// Where.
    pub place: Place,
    /// When the work is over, the buffer after it left out.
    pub end_at: Timestamp,
}

/// A visit that has not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// For which ticket.
    pub ticket: TicketId,
    /// Where.
    pub place: Place,
    /// As it is promised or offered.
    pub plan: VisitPlan,
    /// When the customer can, if they said so.
    pub windows: Vec<Period>,
    /// Promised. What is only offered is never moved: it fits or it does not.
    pub promised: bool,
    /// The expert himself said that he comes later, so even unmoved it may no longer fit.
    pub is_late: bool,
}

/// What becomes of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    Keeps,
    /// It can be kept later.
    Moves(VisitPlan),
    /// It cannot be kept on this day's terms.
    NoLongerFits,
}

/// Follows the chain from what is under way. `links` in order of their starts; `free` are the expert's working times
/// without absences.
pub fn follow(
    under_way: Option<UnderWay>,
    links: &[Link],
    free: &[Period],
    now: Timestamp,
    settings: &Settings,
) -> Vec<(TicketId, Fate)> {
    let buffer = i64::from(settings.buffer_minutes);
    // Where he is free next, and from when on.
    let mut ready = under_way.map(|work| (work.place, work.end_at.max(now).plus_minutes(buffer)));
    let mut fates = Vec::with_capacity(links.len());
    for link in links {
        let fate = fate(link, ready, free, now, settings);
        let kept = match fate {
            Fate::Keeps => Some(link.plan),
            Fate::Moves(plan) => Some(plan),
            Fate::NoLongerFits => None,
        };
        if let Some(plan) = kept {
            ready = Some((link.place, plan.end_at().plus_minutes(buffer)));
        }
        fates.push((link.ticket, fate));
    }
    fates
}

fn fate(link: &Link, ready: Option<(Place, Timestamp)>, free: &[Period], now: Timestamp, settings: &Settings) -> Fate {
    let mut plan = link.plan;
    if let Some((from, ready)) = ready {
        let tenths = travel_tenths(from, link.place, settings.speed_km_per_hour);
        let travel_minutes = u32::try_from((tenths + 9) / 10).unwrap_or(u32::MAX);
        let earliest = whole_minute(ready.plus_minutes(i64::from(travel_minutes)));
        if plan.start_at < earliest {
            let Some(start_at) = when_the_customer_can(&link.windows, earliest) else { return Fate::NoLongerFits };
            plan = VisitPlan { start_at, travel_minutes, ..plan };
        }
    }
    match plan == link.plan {
        true if !link.is_late => Fate::Keeps,
        _ if !fits(&plan, free, now, settings) => Fate::NoLongerFits,
        true => Fate::Keeps,
        false if link.promised => Fate::Moves(plan),
        false => Fate::NoLongerFits,
    }
}

/// Way, work and buffer inside one working time.
fn fits(plan: &VisitPlan, free: &[Period], now: Timestamp, settings: &Settings) -> bool {
    let done = plan.end_at().plus_minutes(i64::from(settings.buffer_minutes));
    free.iter().any(|period| period.from <= plan.leave_at().max(now) && done <= period.until)
}

fn when_the_customer_can(windows: &[Period], earliest: Timestamp) -> Option<Timestamp> {
    if windows.is_empty() {
        return Some(earliest);
    }
    let starts = windows.iter().map(|window| (window.from.max(earliest), window.until));
    starts.filter(|(start, until)| start < until).map(|(start, _)| start).min()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{id, minutes_north, now, period, today};
    use super::*;
    use proptest::prelude::*;

    fn link(number: u64, start_at: Timestamp, minutes: i64) -> Link {
        let plan = VisitPlan { start_at, travel_minutes: 20, work_minutes: 60 };
        let place = minutes_north(minutes);
        Link { ticket: id(number), place, plan, windows: vec![], promised: true, is_late: false }
    }

    fn fates(end_at: Timestamp, links: &[Link]) -> Vec<Fate> {
        let work = UnderWay { place: minutes_north(0), end_at };
        let free = [period(today(8, 0), today(16, 0))];
        follow(Some(work), links, &free, now(), &Settings::default()).into_iter().map(|(_, fate)| fate).collect()
    }

    fn starts(fates: &[Fate]) -> Vec<Option<Timestamp>> {
        let start = |fate: &Fate| match fate {
            Fate::Moves(plan) => Some(plan.start_at),
            Fate::Keeps | Fate::NoLongerFits => None,
        };
        fates.iter().map(start).collect()
    }

    #[test]
    fn later_visits_move_by_what_work_buffer_and_way_need_until_a_gap_takes_it_up() {
        // Twenty minutes between the first two, and an hour of air before the third.
        let links = [link(1, today(11, 0), 20), link(2, today(12, 30), 40), link(3, today(15, 0), 40)];
        assert_eq!(starts(&fates(today(10, 30), &links)), [None, None, None]);
        // Over at 10:45: ten minutes of buffer and twenty of way.
        assert_eq!(starts(&fates(today(10, 45), &links)), [Some(today(11, 15)), Some(today(12, 45)), None]);
        assert_eq!(fates(today(10, 30), &links), [Fate::Keeps; 3]);
    }

    #[test]
    fn what_no_longer_fits_the_shift_or_the_customer_is_left_out_and_those_after_it_stay_possible() {
        let mut links = [link(1, today(11, 0), 20), link(2, today(14, 30), 20)];
        links[0].windows = vec![period(today(10, 30), today(11, 10))];
        assert_eq!(fates(today(10, 40), &links), [Fate::NoLongerFits, Fate::Keeps]);
        assert_eq!(fates(today(14, 30), &links)[1], Fate::NoLongerFits, "an hour from 15:00 on leaves no buffer");
        links[0].windows.push(period(today(12, 0), today(13, 0)));
        assert_eq!(starts(&fates(today(10, 40), &links)), [Some(today(12, 0)), None]);
    }

    #[test]
    fn an_offer_fits_or_does_not_and_who_says_to_be_late_is_held_against_his_shift() {
        let offered = Link { promised: false, ..link(1, today(11, 0), 20) };
        assert_eq!(fates(today(10, 31), std::slice::from_ref(&offered)), [Fate::NoLongerFits]);
        let mut late = Link { is_late: true, ..link(1, today(14, 50), 20) };
        assert_eq!(fates(today(9, 0), std::slice::from_ref(&late)), [Fate::Keeps]);
        late.plan.start_at = today(14, 51);
        assert_eq!(fates(today(9, 0), std::slice::from_ref(&late)), [Fate::NoLongerFits]);
    }

    prop_compose! {
        fn chains()(
            gaps in prop::collection::vec((0..90_i64, -40..40_i64, 10..120_u32), 1..6),
            over in 0..240_i64, shift_until in 10..24_i64,
        ) -> (Timestamp, Vec<Link>, Period) {
            let mut at = today(9, 30);
            let mut links = Vec::new();
            for ((gap, place, work_minutes), number) in gaps.into_iter().zip(1..) {
                at = at.plus_minutes(gap);
                let mut link = link(number, at, place);
                link.plan.work_minutes = work_minutes;
                at = link.plan.end_at();
                links.push(link);
            }
            (today(9, 0).plus_minutes(over), links, period(today(8, 0), today(shift_until, 0)))
        }
    }

    proptest! {
        #[test]
        fn nobody_comes_earlier_than_promised_or_before_he_can_and_moves_are_never_longer_than_needed(
            (end_at, links, shift) in chains()
        ) {
            let settings = Settings::default();
            let work = UnderWay { place: minutes_north(0), end_at };
            let fates = follow(Some(work), &links, &[shift], now(), &settings);
            prop_assert_eq!(fates.len(), links.len());
            let mut before = (work.place, end_at.max(now()));
            for (link, (ticket, fate)) in links.iter().zip(&fates) {
                prop_assert_eq!(link.ticket, *ticket);
                let tenths = travel_tenths(before.0, link.place, settings.speed_km_per_hour);
                let way = (tenths + 9) / 10;
                let can = before.1.plus_minutes(i64::from(settings.buffer_minutes) + way);
                let plan = match fate {
                    Fate::Keeps => { prop_assert!(link.plan.start_at >= can); link.plan }
                    Fate::Moves(plan) => {
                        prop_assert!(plan.start_at > link.plan.start_at && plan.work_minutes == link.plan.work_minutes);
                        prop_assert_eq!(plan.start_at, can);
                        prop_assert!(plan.end_at().plus_minutes(i64::from(settings.buffer_minutes)) <= shift.until);
                        *plan
                    }
                    Fate::NoLongerFits => {
                        let done = can.plus_minutes(i64::from(link.plan.work_minutes + settings.buffer_minutes));
                        prop_assert!(link.plan.start_at < can && done > shift.until);
                        continue;
                    }
                };
                before = (link.place, plan.end_at());
            }
        }
    }
}
