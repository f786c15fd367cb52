//! Whether the right expert came: what was fixed at the first visit, and which rows of the needs table sent somebody who
//! lacked a skill; how quickly, how punctually and to whose content; and what it brought.
//!
//! Reports count what happened and judge nobody: each figure stands beside the number that it is a part of, and a
//! share of few is shown as what it is.

pub mod api;
mod chart;
mod figures;
mod first_visit;
pub mod pages;
mod promise;
mod revenue;
mod review;
mod wrong_expert;

#[cfg(test)]
mod money_tests;
#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;

use shared::time::{Date, Timestamp, monday};

/// Days that a report looks back, unless it is told otherwise.
const DAYS: i64 = 30;
/// The most.
const DAYS_MAX: i64 = 366;
/// A page about more days than that shows weeks.
const BY_DAY_MAX: i64 = 31;
/// Troubles that one report adds up; more are the business of an export.
const FINISHED_MAX: i64 = 20_000;

/// The time that a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    days: i64,
    from: Timestamp,
    until: Timestamp,
}

impl Window {
    /// The last days before now.
    fn last(days: Option<i64>, now: Timestamp) -> Self {
        let days = days.unwrap_or(DAYS).clamp(1, DAYS_MAX);
        Self { days, from: now.plus_minutes(-days * 24 * 60), until: now }
    }

    /// What a page shows as one bar and one line; documents and files are always by day.
    fn step(self) -> Step {
        if self.days > BY_DAY_MAX { Step::Week } else { Step::Day }
    }
}

/// What is added up to one bar and one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A day, by the clocks of UTC.
    Day,
    /// A week of such days, named by its Monday.
    Week,
}

impl Step {
    /// The day by which the one is named that holds this day.
    fn start(self, on: Date) -> Date {
        match self {
            Self::Day => on,
            Self::Week => monday(on),
        }
    }

    /// How many days it has.
    fn days(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
        }
    }

    /// What the charts and tables go by.
    fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// The heading above the names.
    fn heading(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Week => "Week from",
        }
    }

    /// What is said of the names.
    fn note(self) -> &'static str {
        match self {
            Self::Day => "Days are those of UTC.",
            Self::Week => {
                "Each week is named by its Monday; the first and the last may be there in part. Days are those of UTC, \
                 and the file has each of them."
            }
        }
    }

    /// One of them as a bar says it.
    fn named(self, on: Date) -> String {
        match self {
            Self::Day => on.to_string(),
            Self::Week => format!("Week from {on}"),
        }
    }
}

/// A part of a whole in thousandths, rounded; nothing of nothing.
fn thousandths(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| (part * 1_000 + whole / 2) / whole)
}

/// The same for people.
fn percent(part: i64, whole: i64) -> String {
    thousandths(part, whole).map_or_else(|| "–".to_owned(), |share| format!("{}.{} %", share / 10, share % 10))
}
