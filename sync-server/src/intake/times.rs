//! When the customer lets somebody in, as it is typed and as it is offered: days and parts of days by the clock of the
//! site. Pure; filing and choosing another time, JSON and pages, share it.

use serde::{Deserialize, Serialize};
use shared::problem::FieldError;
use shared::ticket::{DayPart, NoWindow, Window, tidy};
use shared::time::{Date, Timestamp, Zone};

/// A period as it was typed: a day, and a part of it or two times of the wall clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypedTime {
    /// Like `2026-03-02`.
    pub date: String,
    /// `morning`, `afternoon` or `evening`; instead of the two times.
    pub part: String,
    /// Like `08:00`.
    pub from: String,
    /// Like `12:00`; `24:00` is the end of the day.
    pub until: String,
}

/// A period by a wall clock whose zone is looked up later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// The day.
    pub date: Date,
    /// Minutes of the day at which it begins and ends.
    pub minutes: (u16, u16),
}

/// Reads what was typed, or names every fault.
pub(crate) fn read(typed: &[TypedTime]) -> Result<Vec<LocalTime>, Vec<FieldError>> {
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for (at, one) in typed.iter().enumerate() {
        let field = |name: &str| format!("windows[{at}].{name}");
        let date = one.date.trim().parse::<Date>().map_err(|_| fault(field("date"), "days look like 2026-03-02"));
        let minutes = match one.part.trim() {
            "" => clock(&one.from).ok_or_else(|| fault(field("from"), "times look like 08:00")).and_then(|from| {
                Ok((from, clock(&one.until).ok_or_else(|| fault(field("until"), "times look like 12:00"))?))
            }),
            word => DayPart::from_word(word)
                .map(DayPart::minutes)
                .ok_or_else(|| fault(field("part"), "a part of the day is morning, afternoon or evening")),
        };
        match (date, minutes) {
            (Ok(date), Ok(minutes)) => read.push(LocalTime { date, minutes }),
            (date, minutes) => faults.extend(date.err().into_iter().chain(minutes.err())),
        }
    }
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}

/// The ticked boxes of a form: `2026-03-02.morning`.
pub(crate) fn ticked<'a>(boxes: impl Iterator<Item = &'a str>) -> Vec<TypedTime> {
    boxes
        .filter_map(|name| name.split_once('.'))
        .map(|(date, part)| TypedTime { date: date.to_owned(), part: part.to_owned(), ..TypedTime::default() })
        .collect()
}

/// The periods as instants, or what is wrong with the first that cannot be chosen.
pub(crate) fn windows(
    times: &[LocalTime],
    zone: &Zone,
    now: Timestamp,
    horizon_minutes: i64,
) -> Result<Vec<Window>, FieldError> {
    let at = |time: &LocalTime| Window::of(zone, time.date, time.minutes, now, horizon_minutes);
    let read: Result<Vec<Window>, NoWindow> = times.iter().map(at).collect();
    read.and_then(tidy).map_err(|why| {
        let code = match why {
            NoWindow::TooShort => "too_short",
            NoWindow::Over => "over",
            NoWindow::TooFar => "too_far",
            NoWindow::TooMany => "too_many",
        };
        FieldError { code: code.to_owned(), ..fault("windows".to_owned(), &why.to_string()) }
    })
}

fn fault(field: String, message: &str) -> FieldError {
    FieldError { field, code: "invalid".to_owned(), message: crate::web::form::sentence(&message) }
}

fn clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    let at = hour * 60 + minute;
    (hour <= 24 && minute < 60 && at <= 1_440).then_some(at)
}

/// A day with the parts of it that can still be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    /// In words: Today, Tomorrow, Wed 4 Mar.
    pub label: String,
    /// Its parts.
    pub parts: Vec<Part>,
}

/// A part of a day that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The box's name, as [`ticked`] reads it.
    pub name: String,
    /// In words.
    pub label: &'static str,
    /// The hours, like `08:00 to 12:00`.
    pub hours: String,
    /// Ticked before.
    pub chosen: bool,
}

/// Everything that can be chosen now. `chosen` says which is ticked.
pub(crate) fn days(
    zone: &Zone,
    now: Timestamp,
    horizon_minutes: i64,
    chosen: impl Fn(&str, Window) -> bool,
) -> Vec<Day> {
    let today = zone.local(now).date;
    let mut days = Vec::new();
    let mut date = today;
    while zone.instant(date, 0) <= now.plus_minutes(horizon_minutes) {
        let part = |part: DayPart| {
            let window = Window::of(zone, date, part.minutes(), now, horizon_minutes).ok()?;
            let name = format!("{date}.{}", part.word());
            let chosen = chosen(&name, window);
            Some(Part { chosen, name, label: in_words(part), hours: hours(part) })
        };
        let parts: Vec<Part> = DayPart::ALL.into_iter().filter_map(part).collect();
        if !parts.is_empty() {
            let label = match date {
                _ if date == today => "Today".to_owned(),
                _ if today.tomorrow().is_ok_and(|tomorrow| date == tomorrow) => "Tomorrow".to_owned(),
                _ => zone.show(zone.instant(date, 12 * 60), "%A, %-d %B"),
            };
            days.push(Day { label, parts });
        }
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    days
}

fn in_words(part: DayPart) -> &'static str {
    match part {
        DayPart::Morning => "Morning",
        DayPart::Afternoon => "Afternoon",
        DayPart::Evening => "Evening",
    }
}

fn hours(part: DayPart) -> String {
    let (from, until) = part.minutes();
    let clock = |at: u16| format!("{:02}:{:02}", at / 60, at % 60);
    format!("{} to {}", clock(from), clock(until))
}

/// A chosen period in words: `Wed 4 Mar, 08:00 to 12:00`.
pub(crate) fn shown(window: Window, zone: &Zone) -> String {
    format!("{} to {}", zone.show(window.from, "%a %-d %b, %H:%M"), zone.show(window.until, "%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HORIZON: i64 = 3 * 1_440;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn typed(date: &str, part: &str, from: &str, until: &str) -> TypedTime {
        TypedTime { date: date.into(), part: part.into(), from: from.into(), until: until.into() }
    }

    #[test]
    fn a_period_is_a_part_of_a_day_or_two_times_and_every_fault_is_named() {
        let good = read(&[typed("2026-03-02", "morning", "", ""), typed("2026-03-03", "", "09:30", "24:00")]).unwrap();
        assert_eq!(good.iter().map(|time| time.minutes).collect::<Vec<_>>(), [(480, 720), (570, 1_440)]);
        let bad = [
            typed("soon", "night", "", ""),
            typed("2026-03-02", "", "8", "12:00"),
            typed("2026-03-02", "", "08:00", "24:01"),
        ];
        let faults = read(&bad).unwrap_err();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["windows[0].date", "windows[0].part", "windows[1].from", "windows[2].until"]);
    }

    #[test]
    fn what_can_be_ticked_is_what_can_be_chosen_and_reads_back_as_the_same_window() {
        let zone: Zone = "America/New_York".parse().unwrap();
        // A Friday evening before the clocks change.
        let now = at("2026-03-06T23:00:00Z");
        let days = days(&zone, now, HORIZON, |_, _| false);
        let labels: Vec<&str> = days.iter().map(|day| day.label.as_str()).collect();
        assert_eq!(labels, ["Today", "Tomorrow", "Sunday, 8 March", "Monday, 9 March"]);
        assert_eq!(days.iter().map(|day| day.parts.len()).collect::<Vec<_>>(), [1, 3, 3, 2]);
        for part in days.iter().flat_map(|day| &day.parts) {
            let times = read(&ticked([part.name.as_str()].into_iter())).unwrap();
            assert_eq!(windows(&times, &zone, now, HORIZON).map(|windows| windows.len()), Ok(1), "{}", part.name);
        }
    }

    #[test]
    fn six_times_are_too_many_and_are_said_to_be() {
        let zone = Zone::utc();
        let six: Vec<LocalTime> = (0..6)
            .map(|n| LocalTime { date: "2026-03-03".parse().unwrap(), minutes: (n * 120, n * 120 + 60) })
            .collect();
        let refused = windows(&six, &zone, at("2026-03-02T12:00:00Z"), HORIZON).unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str()),
            ("too_many", "Please choose five times at most.")
        );
    }
}
