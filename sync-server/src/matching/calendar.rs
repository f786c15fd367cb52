//! When an expert works: shifts and on-call times as instants, less absences, in the expert's own zone.
//!
//! Shifts are wall-clock times. They become instants day by day through the zone, so a night shift over a change of
//! the clocks is an hour shorter or longer, as it is on the wall.

pub use crate::workforce::ShiftDay;
use serde::{Deserialize, Serialize};
use shared::time::{Date, Timestamp, Zone};
use std::collections::BTreeSet;

/// From an instant until just before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    /// The first instant inside.
    pub from: Timestamp,
    /// The first instant no longer inside.
    pub until: Timestamp,
}

impl Period {
    /// Whether the instant lies inside.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// Whole minutes from its start to its end, none if it ends before it starts.
    pub fn minutes(&self) -> i64 {
        self.until.minutes_since(self.from).max(0)
    }

    fn is_empty(&self) -> bool {
        self.until <= self.from
    }
}

/// A shift by the clock on the wall where the expert lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// When it starts.
    pub day: ShiftDay,
    /// Minutes after midnight at which it starts, 0 to 1,439.
    pub start_minute: u16,
    /// Minutes after midnight at which it ends. At or before the start it means the next day; so does past 1,440.
    pub end_minute: u16,
    /// Can be called then, but does not work by himself.
    #[serde(default)]
    pub on_call: bool,
}

impl Shift {
    /// On a holiday weekly shifts do not take place; dated ones and on-call times do.
    fn starts_on(&self, date: Date, holidays: &BTreeSet<Date>) -> bool {
        match self.day {
            ShiftDay::Weekly(weekday) => {
                i8::try_from(weekday) == Ok(date.weekday().to_monday_one_offset())
                    && (self.on_call || !holidays.contains(&date))
            }
            ShiftDay::On(day) => day == date,
        }
    }

    fn on(&self, date: Date, zone: &Zone) -> Period {
        let end = if self.end_minute <= self.start_minute { self.end_minute + 1_440 } else { self.end_minute };
        Period { from: zone.instant(date, self.start_minute), until: zone.instant(date, end) }
    }
}

/// The shifts as instants, as far as they touch the span. A shift lasts two days at most, so those that started up to
/// two days before count.
pub fn shifts_within(shifts: &[Shift], holidays: &BTreeSet<Date>, zone: &Zone, span: Period) -> Vec<Period> {
    let mut periods = Vec::new();
    let mut date = zone.local(span.from.plus_minutes(-2 * 1_440)).date;
    let last = zone.local(span.until).date;
    while date <= last {
        let today = shifts.iter().filter(|shift| shift.starts_on(date, holidays));
        periods.extend(today.map(|shift| shift.on(date, zone)));
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    within(periods, span)
}

/// The parts of the periods inside the span, sorted, with those that touch made one.
pub fn within(periods: Vec<Period>, span: Period) -> Vec<Period> {
    let mut clipped: Vec<Period> = periods
        .into_iter()
        .map(|period| Period { from: period.from.max(span.from), until: period.until.min(span.until) })
        .filter(|period| !period.is_empty())
        .collect();
    clipped.sort_unstable();
    let mut merged: Vec<Period> = Vec::with_capacity(clipped.len());
    for period in clipped {
        match merged.last_mut() {
            Some(last) if period.from <= last.until => last.until = last.until.max(period.until),
            Some(_) | None => merged.push(period),
        }
    }
    merged
}

/// What is left of sorted periods when others are taken out.
pub fn without(periods: &[Period], taken: &[Period]) -> Vec<Period> {
    let mut left = periods.to_vec();
    for hole in taken {
        left = left
            .into_iter()
            .flat_map(|period| {
                let before = Period { from: period.from, until: period.until.min(hole.from) };
                let after = Period { from: period.from.max(hole.until), until: period.until };
                // A hole outside the period would give it twice.
                let apart = hole.until <= period.from || hole.from >= period.until;
                if apart { [period, Period { until: period.from, ..period }] } else { [before, after] }
            })
            .filter(|period| !period.is_empty())
            .collect();
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn span(from: &str, until: &str) -> Period {
        Period { from: at(from), until: at(until) }
    }

    fn none() -> BTreeSet<Date> {
        BTreeSet::new()
    }

    fn new_york() -> Zone {
        "America/New_York".parse().unwrap()
    }

    /// 2026-03-08 and 2026-11-01 are Sundays on which the clocks of New York change at 02:00.
    const SATURDAY_NIGHT: Shift =
        Shift { day: ShiftDay::Weekly(6), start_minute: 22 * 60, end_minute: 6 * 60, on_call: false };

    #[test]
    fn a_night_shift_loses_an_hour_in_spring_and_gains_one_in_autumn() {
        for (week, hours) in [
            (span("2026-02-27T12:00:00Z", "2026-03-02T12:00:00Z"), 8),
            (span("2026-03-06T12:00:00Z", "2026-03-09T12:00:00Z"), 7),
            (span("2026-10-30T12:00:00Z", "2026-11-02T12:00:00Z"), 9),
        ] {
            let periods = shifts_within(&[SATURDAY_NIGHT], &none(), &new_york(), week);
            assert_eq!(periods.iter().map(Period::minutes).collect::<Vec<_>>(), [hours * 60], "{week:?}");
        }
        let spring = shifts_within(
            &[SATURDAY_NIGHT],
            &none(),
            &new_york(),
            span("2026-03-06T12:00:00Z", "2026-03-09T12:00:00Z"),
        );
        assert_eq!(spring, [span("2026-03-08T03:00:00Z", "2026-03-08T10:00:00Z")]);
    }

    #[test]
    fn a_shift_inside_the_hour_that_is_skipped_does_not_exist() {
        let shift = Shift { day: ShiftDay::Weekly(7), start_minute: 2 * 60, end_minute: 3 * 60, on_call: false };
        assert_eq!(
            shifts_within(&[shift], &none(), &new_york(), span("2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z")),
            []
        );
    }

    #[test]
    fn a_shift_that_began_yesterday_still_runs() {
        let now = span("2026-03-08T09:30:00Z", "2026-03-08T20:00:00Z");
        let running = shifts_within(&[SATURDAY_NIGHT], &none(), &new_york(), now);
        assert_eq!(running, [span("2026-03-08T09:30:00Z", "2026-03-08T10:00:00Z")]);
    }

    #[test]
    fn both_spellings_of_past_midnight_mean_the_same() {
        let spelled = Shift { end_minute: 30 * 60, ..SATURDAY_NIGHT };
        let week = span("2026-05-01T00:00:00Z", "2026-05-09T00:00:00Z");
        let zone = new_york();
        assert_eq!(
            shifts_within(&[spelled], &none(), &zone, week),
            shifts_within(&[SATURDAY_NIGHT], &none(), &zone, week)
        );
    }

    #[test]
    fn a_single_day_counts_once_and_in_its_own_zone() {
        let date = new_york().local(at("2026-05-05T12:00:00Z")).date;
        let shift = Shift { day: ShiftDay::On(date), start_minute: 0, end_minute: 1_440, on_call: false };
        let week = span("2026-05-01T00:00:00Z", "2026-05-09T00:00:00Z");
        let whole = [span("2026-05-05T04:00:00Z", "2026-05-06T04:00:00Z")];
        assert_eq!(shifts_within(&[shift], &none(), &new_york(), week), whole);
    }

    #[test]
    fn on_a_holiday_weekly_shifts_rest_and_what_was_set_for_that_very_day_does_not() {
        let date = new_york().local(at("2026-05-05T12:00:00Z")).date;
        let weekly = Shift { day: ShiftDay::Weekly(2), start_minute: 8 * 60, end_minute: 16 * 60, on_call: false };
        let day = span("2026-05-05T04:00:00Z", "2026-05-06T04:00:00Z");
        let works =
            |shift: Shift, holidays: &BTreeSet<Date>| !shifts_within(&[shift], holidays, &new_york(), day).is_empty();
        assert!(works(weekly, &none()) && !works(weekly, &[date].into()));
        assert!(works(Shift { on_call: true, ..weekly }, &[date].into()));
        assert!(works(Shift { day: ShiftDay::On(date), ..weekly }, &[date].into()));
    }

    fn some_periods() -> impl Strategy<Value = Vec<Period>> {
        let minute = |at: i64| Timestamp::EPOCH.plus_minutes(at);
        let period = (0..60_i64, 0..25_i64);
        prop::collection::vec(period, 0..8).prop_map(move |periods| {
            periods.iter().map(|&(from, long)| Period { from: minute(from), until: minute(from + long) }).collect()
        })
    }

    proptest! {
        #[test]
        fn every_minute_is_in_or_out_as_said(shifts in some_periods(), absences in some_periods()) {
            let span = Period { from: Timestamp::EPOCH.plus_minutes(10), until: Timestamp::EPOCH.plus_minutes(70) };
            let working = within(shifts.clone(), span);
            let free = without(&working, &absences);
            for minute in 0..100 {
                let at = Timestamp::EPOCH.plus_minutes(minute);
                let holds = |periods: &[Period]| periods.iter().any(|period| period.holds(at));
                prop_assert_eq!(holds(&working), holds(&shifts) && span.holds(at));
                prop_assert_eq!(holds(&free), holds(&working) && !holds(&absences));
            }
            prop_assert!(working.windows(2).all(|pair| pair[0].until < pair[1].from));
        }
    }
}
