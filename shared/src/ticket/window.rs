//! When a customer lets somebody in: a few periods, chosen by the clock on the wall where the ticket is, kept as instants.
//!
//! What is chosen is read here, so that a form, a JSON call and a desk agree. A period that is over, that reaches past what
//! is planned ahead, or that is too short to begin in is refused with a sentence, never bent.

use crate::time::{Date, Timestamp, Zone};
use serde::{Deserialize, Serialize};

/// Periods that one ticket can carry.
pub const WINDOWS_MAX: usize = 5;
/// The shortest period in which a visit may begin, in minutes.
const MINUTES_MIN: i64 = 30;

/// A period in which a visit may begin: from an instant until just before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    /// The first instant inside.
    pub from: Timestamp,
    /// The first instant no longer inside.
    pub until: Timestamp,
}

/// Why a period cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWindow {
    /// It ends before it begins, or at once.
    #[error("this period is too short: please leave us at least half an hour in which to begin")]
    TooShort,
    /// It is over, or nearly.
    #[error("this time is over: please choose a later one")]
    Over,
    /// Nothing is planned so far ahead.
    #[error("this is too far ahead for us to plan: please choose an earlier time")]
    TooFar,
    /// More than a ticket can carry.
    #[error("please choose five times at most")]
    TooMany,
}

impl Window {
    /// The period of a day between two minutes of its wall clock, 0 to 1,440. `horizon_minutes`: how far ahead visits are
    /// planned. One that has begun counts for what is left of it.
    pub fn of(
        zone: &Zone,
        day: Date,
        (from, until): (u16, u16),
        now: Timestamp,
        horizon_minutes: i64,
    ) -> Result<Self, NoWindow> {
        let window = Self { from: zone.instant(day, from.min(1_440)), until: zone.instant(day, until.min(1_440)) };
        if window.until.minutes_since(window.from) < MINUTES_MIN {
            return Err(NoWindow::TooShort);
        }
        if window.until.minutes_since(now) < MINUTES_MIN {
            return Err(NoWindow::Over);
        }
        if window.until > now.plus_minutes(horizon_minutes) {
            return Err(NoWindow::TooFar);
        }
        Ok(window)
    }

    /// Whether a visit may begin at this instant.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

/// Whether a visit may begin at this instant; without any period it may at any time.
pub fn may_begin(windows: &[Window], at: Timestamp) -> bool {
    windows.is_empty() || windows.iter().any(|window| window.holds(at))
}

/// Sorted, each once.
pub fn tidy(mut windows: Vec<Window>) -> Result<Vec<Window>, NoWindow> {
    windows.sort_unstable();
    windows.dedup();
    if windows.len() > WINDOWS_MAX { Err(NoWindow::TooMany) } else { Ok(windows) }
}

/// A part of the day as people choose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayPart {
    /// 08:00 to 12:00.
    Morning,
    /// 12:00 to 17:00.
    Afternoon,
    /// 17:00 to 21:00.
    Evening,
}

impl DayPart {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Morning, Self::Afternoon, Self::Evening];

    /// The word in forms and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Morning => "morning",
            Self::Afternoon => "afternoon",
            Self::Evening => "evening",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.word() == word)
    }

    /// Minutes of the wall clock at which it begins and ends.
    pub fn minutes(self) -> (u16, u16) {
        match self {
            Self::Morning => (8 * 60, 12 * 60),
            Self::Afternoon => (12 * 60, 17 * 60),
            Self::Evening => (17 * 60, 21 * 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HORIZON: i64 = 3 * 1_440;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn chosen(zone: &str, day: &str, part: DayPart, now: &str) -> Result<String, NoWindow> {
        let window = Window::of(&zone.parse().unwrap(), day.parse().unwrap(), part.minutes(), at(now), HORIZON)?;
        Ok(format!("{} {}", window.from, window.until))
    }

    #[test]
    fn a_part_of_a_day_is_by_the_clock_of_the_site_on_both_sides_of_a_change_of_the_clocks() {
        let new_york = |day| chosen("America/New_York", day, DayPart::Morning, "2026-03-06T20:00:00Z");
        assert_eq!(new_york("2026-03-07"), Ok("2026-03-07T13:00:00Z 2026-03-07T17:00:00Z".to_owned()));
        assert_eq!(new_york("2026-03-08"), Ok("2026-03-08T12:00:00Z 2026-03-08T16:00:00Z".to_owned()));
        let berlin = chosen("Europe/Berlin", "2026-10-25", DayPart::Evening, "2026-10-24T20:00:00Z");
        assert_eq!(berlin, Ok("2026-10-25T16:00:00Z 2026-10-25T20:00:00Z".to_owned()));
    }

    #[test]
    fn the_night_on_which_an_hour_is_missing_is_an_hour_shorter() {
        let zone = "America/New_York".parse().unwrap();
        let (day, now) = ("2026-03-08".parse().unwrap(), at("2026-03-07T20:00:00Z"));
        let night = Window::of(&zone, day, (0, 4 * 60), now, HORIZON).unwrap();
        assert_eq!(night.until.minutes_since(night.from), 3 * 60);
        assert_eq!(Window::of(&zone, day, (2 * 60, 3 * 60), now, HORIZON), Err(NoWindow::TooShort));
    }

    #[test]
    fn what_is_over_and_what_is_too_far_ahead_cannot_be_chosen() {
        let now = "2026-03-02T16:30:00Z";
        let part = |day, part| chosen("America/New_York", day, part, now);
        assert!(part("2026-03-02", DayPart::Morning).is_ok(), "half an hour of it is left");
        let late = chosen("America/New_York", "2026-03-02", DayPart::Morning, "2026-03-02T16:31:00Z");
        assert_eq!(late, Err(NoWindow::Over));
        assert_eq!(part("2026-03-01", DayPart::Evening), Err(NoWindow::Over));
        assert!(part("2026-03-04", DayPart::Evening).is_ok());
        assert_eq!(part("2026-03-05", DayPart::Morning), Err(NoWindow::TooFar));
    }

    #[test]
    fn a_window_holds_its_first_instant_and_not_its_last_and_no_window_is_any_time() {
        let window = Window { from: at("2026-03-02T13:00:00Z"), until: at("2026-03-02T17:00:00Z") };
        assert!(window.holds(window.from) && !window.holds(window.until));
        assert!(may_begin(&[], window.until) && !may_begin(&[window], window.until));
        assert_eq!(tidy(vec![window, window]), Ok(vec![window]));
        let many = (0..6).map(|n| Window { until: window.until.plus_minutes(n), ..window }).collect();
        assert_eq!(tidy(many), Err(NoWindow::TooMany));
    }
}
