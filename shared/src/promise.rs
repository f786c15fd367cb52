//! By when a plan promises somebody. A promise of hours runs only while the business serves: in the service hours of
//! the visit's zone, not on holidays, and not while the ticket waits for something outside. What comes out is an
//! instant; it is shown by the clocks of that zone.
//!
//! Nothing here fails: where no day is open for years, the promise ends with the last day that was looked at.

use crate::time::{Date, Timestamp, Zone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Days that are looked at, about fifty years: enough for any plan even of a business that opens once a week.
const DAYS_MAX: usize = 20_000;
const DAY_MINUTES: u16 = 1_440;
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// When the business serves, by the wall clock: of each weekday, Monday first, from a minute until just before another.
/// At least one day is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceHours([Option<(u16, u16)>; 7]);

/// Text that says no hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "service hours look like Mon-Sat 08:00-18:00, or Mon-Fri 08:00-18:00; Sat 09:00-13:00: each day once, its end after its start"
)]
pub struct NotServiceHours;

impl Default for ServiceHours {
    /// Monday to Saturday, 08:00 to 18:00.
    fn default() -> Self {
        let open = Some((8 * 60, 18 * 60));
        Self([open, open, open, open, open, open, None])
    }
}

impl ServiceHours {
    fn on(&self, date: Date) -> Option<(u16, u16)> {
        let days = usize::try_from(date.weekday().to_monday_zero_offset()).ok();
        days.and_then(|day| self.0.get(day).copied().flatten())
    }
}

impl FromStr for ServiceHours {
    type Err = NotServiceHours;
    fn from_str(text: &str) -> Result<Self, NotServiceHours> {
        let mut week = [None; 7];
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (days, hours) = part.split_once(char::is_whitespace).ok_or(NotServiceHours)?;
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let (first, last) = (weekday(first)?, weekday(last)?);
            let (from, until) = hours.split_once('-').ok_or(NotServiceHours)?;
            let (from, until) = (minute(from)?, minute(until)?);
            if first > last || from >= until {
                return Err(NotServiceHours);
            }
            for day in &mut week[first..=last] {
                if day.replace((from, until)).is_some() {
                    return Err(NotServiceHours);
                }
            }
        }
        if week.iter().any(Option::is_some) { Ok(Self(week)) } else { Err(NotServiceHours) }
    }
}

fn weekday(text: &str) -> Result<usize, NotServiceHours> {
    DAYS.iter().position(|day| day.eq_ignore_ascii_case(text.trim())).ok_or(NotServiceHours)
}

fn minute(text: &str) -> Result<u16, NotServiceHours> {
    let (hour, minute) = text.trim().split_once(':').ok_or(NotServiceHours)?;
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || minute.len() != 2 || !digits(minute) {
        return Err(NotServiceHours);
    }
    let (hour, minute): (u16, u16) =
        (hour.parse().map_err(|_| NotServiceHours)?, minute.parse().map_err(|_| NotServiceHours)?);
    let at = hour * 60 + minute;
    if minute < 60 && at <= DAY_MINUTES { Ok(at) } else { Err(NotServiceHours) }
}

impl fmt::Display for ServiceHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut day = 0;
        let mut separator = "";
        while let Some(hours) = self.0.get(day) {
            let n_alike = self.0[day..].iter().take_while(|other| *other == hours).count();
            if let Some((from, until)) = hours {
                let (first, last) = (DAYS[day], DAYS[day + n_alike - 1]);
                f.write_str(separator)?;
                let days = if n_alike == 1 { first.to_owned() } else { format!("{first}-{last}") };
                f.write_str(&days)?;
                write!(f, " {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)?;
                separator = "; ";
            }
            day += n_alike;
        }
        Ok(())
    }
}

impl Serialize for ServiceHours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServiceHours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The calendar by which promises to one site run.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'a> {
    /// When the business serves.
    pub hours: &'a ServiceHours,
    /// The zone of the site: its clocks count.
    pub zone: &'a Zone,
    /// Days on which the business does not serve there.
    pub holidays: &'a BTreeSet<Date>,
}

impl Calendar<'_> {
    /// The instant at which so many minutes of service have passed since `from`; `from` itself where there are none to
    /// pass. A promise that ends with a day ends then, not when the next one opens.
    pub fn due(&self, from: Timestamp, minutes: i64) -> Timestamp {
        self.due_after(from, minutes.saturating_mul(60_000))
    }

    /// Milliseconds of service between two instants; none if the second is not later.
    pub fn open_millis(&self, from: Timestamp, until: Timestamp) -> i64 {
        let days = self.days(from).take_while(|(opens, _)| *opens < until);
        days.map(|(opens, closes)| closes.min(until).millis_since(opens.max(from)).max(0)).sum()
    }

    /// When a promise is due that stood still between two instants: what was left of it goes on from the second. One
    /// that had passed before stays where it was.
    pub fn due_after_pause(&self, due_at: Timestamp, paused_at: Timestamp, resumed_at: Timestamp) -> Timestamp {
        if due_at <= paused_at || resumed_at <= paused_at {
            return due_at;
        }
        self.due_after(resumed_at, self.open_millis(paused_at, due_at))
    }

    fn due_after(&self, from: Timestamp, millis: i64) -> Timestamp {
        let (mut left, mut at) = (millis, from);
        if left <= 0 {
            return from;
        }
        for (opens, closes) in self.days(from) {
            let begins = opens.max(from);
            let open = closes.millis_since(begins).max(0);
            if left <= open {
                return begins.plus_millis(left);
            }
            left -= open;
            at = at.max(closes);
        }
        at
    }

    /// The open part of each day, from the day of an instant on.
    fn days(&self, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = self.zone.local(from).date;
        let days = std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(DAYS_MAX);
        days.filter(|date| !self.holidays.contains(date)).filter_map(|date| {
            let (opens, closes) = self.hours.on(date)?;
            Some((self.zone.instant(date, opens), self.zone.instant(date, closes)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn due(hours: &str, zone: &str, holidays: &[&str], from: &str, promised: i64) -> String {
        let holidays = holidays.iter().map(|day| day.parse().unwrap()).collect();
        let (hours, zone) = (hours.parse().unwrap(), zone.parse().unwrap());
        let calendar = Calendar { hours: &hours, zone: &zone, holidays: &holidays };
        zone.show(calendar.due(at(from), promised * 60), "%a %d %b %H:%M")
    }

    const WEEK: &str = "Mon-Sat 08:00-18:00";
    const NEW_YORK: &str = "America/New_York";

    #[test]
    fn hours_of_a_promise_pass_only_while_the_business_serves() {
        // Monday 09:00 in New York.
        let monday = "2026-03-02T14:00:00Z";
        assert_eq!(due(WEEK, NEW_YORK, &[], monday, 8), "Mon 02 Mar 17:00");
        assert_eq!(due(WEEK, NEW_YORK, &[], monday, 9), "Mon 02 Mar 18:00");
        assert_eq!(due(WEEK, NEW_YORK, &[], monday, 10), "Tue 03 Mar 09:00");
        assert_eq!(due(WEEK, NEW_YORK, &[], monday, 24), "Wed 04 Mar 13:00");
        assert_eq!(due("Mon-Sun 00:00-24:00", NEW_YORK, &[], monday, 24), "Tue 03 Mar 09:00");
    }

    #[test]
    fn whoever_writes_at_night_or_on_sunday_counts_from_the_next_morning() {
        // Saturday 23:00, and the Sunday after it, on whose night the clocks change.
        assert_eq!(due(WEEK, NEW_YORK, &[], "2026-03-08T04:00:00Z", 8), "Mon 09 Mar 16:00");
        assert_eq!(due(WEEK, NEW_YORK, &[], "2026-03-08T15:00:00Z", 8), "Mon 09 Mar 16:00");
        assert_eq!(due(WEEK, "Europe/Berlin", &[], "2026-03-28T22:00:00Z", 12), "Tue 31 Mar 10:00");
    }

    #[test]
    fn a_holiday_and_the_end_of_a_month_and_a_year_are_passed_over() {
        let (eve, new_year) = ("2026-12-31T21:00:00Z", ["2027-01-01"]);
        assert_eq!(due(WEEK, NEW_YORK, &new_year, eve, 4), "Sat 02 Jan 10:00");
        assert_eq!(due(WEEK, NEW_YORK, &[], eve, 4), "Fri 01 Jan 10:00");
        assert_eq!(due("Tue 10:00-11:00", NEW_YORK, &[], "2024-02-26T12:00:00Z", 2), "Tue 05 Mar 11:00");
    }

    #[test]
    fn a_day_served_around_the_clock_is_as_long_as_the_wall_says() {
        let all = "Mon-Sun 00:00-24:00";
        assert_eq!(due(all, NEW_YORK, &[], "2026-03-07T17:00:00Z", 24), "Sun 08 Mar 13:00");
        assert_eq!(due(all, NEW_YORK, &[], "2026-10-31T16:00:00Z", 24), "Sun 01 Nov 11:00");
    }

    #[test]
    fn what_stood_still_goes_on_with_what_was_left_of_it() {
        let (hours, zone, holidays) = (ServiceHours::default(), NEW_YORK.parse().unwrap(), BTreeSet::new());
        let calendar = Calendar { hours: &hours, zone: &zone, holidays: &holidays };
        let due_at = calendar.due(at("2026-03-02T14:00:00Z"), 8 * 60);
        let (paused, resumed) = (at("2026-03-02T16:00:00Z"), at("2026-03-05T21:00:00Z"));
        let later = calendar.due_after_pause(due_at, paused, resumed);
        assert_eq!(zone.show(later, "%a %H:%M"), "Fri 12:00", "six hours were left on Thursday at 16:00");
        let past = calendar.due_after_pause(due_at, due_at.plus_minutes(1), resumed);
        assert_eq!(past, due_at, "late before the pause is late after it");
        assert_eq!(calendar.due_after_pause(due_at, paused, paused), due_at);
    }

    #[test]
    fn hours_are_read_as_they_are_written() {
        for text in ["Mon-Sat 08:00-18:00", "Mon-Fri 08:00-18:00; Sat 09:30-13:00", "Sun 00:00-24:00"] {
            assert_eq!(text.parse::<ServiceHours>().unwrap().to_string(), text);
        }
        assert_eq!(ServiceHours::default().to_string(), "Mon-Sat 08:00-18:00");
        let wrong = ["", "Mon", "Mon 8-18", "Mon 18:00-08:00", "Sat-Mon 08:00-18:00", "Mon 08:00-24:01"];
        for text in wrong.into_iter().chain(["Mon-Fri 08:00-18:00; Tue 09:00-10:00", "Mon 08:60-18:00"]) {
            assert_eq!(text.parse::<ServiceHours>(), Err(NotServiceHours), "{text}");
        }
    }

    #[test]
    fn a_calendar_without_an_open_day_ends_all_the_same() {
        let (hours, zone) = ("Mon 08:00-09:00".parse().unwrap(), Zone::utc());
        let mut day: Date = "2026-01-05".parse().unwrap();
        let mut holidays = BTreeSet::new();
        for _ in 0..3_000 {
            holidays.insert(day);
            day = day.checked_add(jiff::Span::new().days(7)).unwrap();
        }
        let calendar = Calendar { hours: &hours, zone: &zone, holidays: &holidays };
        let from = at("2026-01-01T00:00:00Z");
        assert_eq!(calendar.due(from, 60), from);
    }

    fn calendars() -> impl Strategy<Value = (ServiceHours, Zone, BTreeSet<Date>)> {
        let hours = prop::sample::select(vec![
            "Mon-Sat 08:00-18:00",
            "Mon-Sun 00:00-24:00",
            "Sat-Sun 01:00-03:00",
            "Wed 22:30-24:00; Sun 02:15-02:45",
        ]);
        let zone = prop::sample::select(vec![NEW_YORK, "Europe/Berlin", "UTC", "Australia/Lord_Howe"]);
        let first: Date = "2026-01-01".parse().unwrap();
        let holidays = prop::collection::btree_set(0..400_i64, 0..40);
        (hours, zone, holidays).prop_map(move |(hours, zone, days)| {
            let on = |day| first.checked_add(jiff::Span::new().days(day)).unwrap();
            (hours.parse().unwrap(), zone.parse().unwrap(), days.into_iter().map(on).collect())
        })
    }

    proptest! {
        #[test]
        fn exactly_the_promised_service_passes_until_it_is_due(
            (hours, zone, holidays) in calendars(),
            from in 1_767_225_600..1_798_761_600_i64,
            minutes in 1..3_000_i64,
            more in 0..3_000_i64,
        ) {
            let calendar = Calendar { hours: &hours, zone: &zone, holidays: &holidays };
            let from = Timestamp::from_millis(from * 1_000);
            let due_at = calendar.due(from, minutes);
            prop_assert_eq!(calendar.open_millis(from, due_at), minutes * 60_000);
            prop_assert_eq!(calendar.open_millis(from, due_at.plus_millis(-1)), minutes * 60_000 - 1);
            // In pieces it is the same as at once.
            prop_assert_eq!(calendar.due(due_at, more), calendar.due(from, minutes + more));
        }

        #[test]
        fn a_pause_moves_a_promise_by_the_service_that_it_lasted(
            (hours, zone, holidays) in calendars(),
            from in 1_767_225_600..1_798_761_600_i64,
            minutes in 1..3_000_i64,
            until_pause in 0..10_000_i64,
            pause in 0..20_000_i64,
        ) {
            let calendar = Calendar { hours: &hours, zone: &zone, holidays: &holidays };
            let from = Timestamp::from_millis(from * 1_000);
            let due_at = calendar.due(from, minutes);
            let paused_at = from.plus_minutes(until_pause);
            let resumed_at = paused_at.plus_minutes(pause);
            let later = calendar.due_after_pause(due_at, paused_at, resumed_at);
            prop_assert!(later >= due_at);
            if paused_at < due_at {
                let served = calendar.open_millis(from, paused_at) + calendar.open_millis(resumed_at, later);
                prop_assert_eq!(served, if pause == 0 { calendar.open_millis(from, due_at) } else { minutes * 60_000 });
            } else {
                prop_assert_eq!(later, due_at);
            }
        }
    }
}
