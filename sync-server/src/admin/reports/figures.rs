//! Figures by day or week: how long until somebody says yes, who arrives as promised, why experts decline, how content
//! customers are, which renewals fail. Adding up is pure; a page, a document and a file show the same numbers.

use super::promise::Promise;
use super::{Step, Window, chart, thousandths};
use crate::billing::store::{Renewed, RenewedEnd};
use crate::billing::{self, Failure};
use crate::db::{Conn, Error};
use crate::events::{self, Line};
use crate::sheet::values;
use crate::survey;
use crate::tickets::store as tickets;
use serde::Serialize;
use shared::event::Fact;
use shared::ids::TicketId;
use shared::offer::DeclineReason;
use shared::time::{Date, Timestamp, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of histories that one report adds up.
const LINES_MAX: i64 = 50_000;
/// A visit may have been promised so many minutes before the time that is asked for.
const PROMISED_BEFORE_MINUTES: i64 = 14 * 1_440;
/// Who comes so many minutes after the promise is still on time.
const ON_TIME_MINUTES: i64 = 15;

/// Which figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    /// Minutes from the report until an expert said yes.
    TimeToAccept,
    /// Arrivals within a quarter of an hour of what was promised first.
    OnTimeArrival,
    /// Why experts declined.
    Declines,
    /// How many say that it works.
    Satisfaction,
    /// Renewals that were not paid when they fell due.
    FailedRenewals,
}

impl Figure {
    /// All of them.
    pub(super) const ALL: [Self; 5] =
        [Self::TimeToAccept, Self::OnTimeArrival, Self::Declines, Self::Satisfaction, Self::FailedRenewals];

    /// The word in addresses.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::TimeToAccept => "time-to-accept",
            Self::OnTimeArrival => "on-time-arrival",
            Self::Declines => "declines",
            Self::Satisfaction => "satisfaction",
            Self::FailedRenewals => "failed-renewals",
        }
    }

    /// What a word means.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| figure.word() == word)
    }

    /// As a heading.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::TimeToAccept => "Time to accept",
            Self::OnTimeArrival => "On-time arrival",
            Self::Declines => "Why experts decline",
            Self::Satisfaction => "Is it working?",
            Self::FailedRenewals => "Failed renewals",
        }
    }

    /// What it counts.
    pub(super) fn lead(self) -> &'static str {
        match self {
            Self::TimeToAccept => {
                "Minutes from a report until the first expert said yes: of each time's tickets the one in the middle."
            }
            Self::OnTimeArrival => {
                "Arrivals no later than a quarter of an hour after what the customer was told first."
            }
            Self::Declines => "Declined offers and visits that were given back, by the reason that was tapped.",
            Self::Satisfaction => "Answers to the survey: how many say that it works.",
            Self::FailedRenewals => {
                "Renewals by when they fell due: a card was declined, or the money was not there within a day."
            }
        }
    }

    /// Whether a value is a share in thousandths.
    pub(super) fn is_share(self) -> bool {
        match self {
            Self::OnTimeArrival | Self::Satisfaction | Self::FailedRenewals => true,
            Self::TimeToAccept | Self::Declines => false,
        }
    }

    /// What the parts are, as the heading of a column.
    pub(super) fn part(self) -> &'static str {
        match self {
            Self::FailedRenewals => "What became of them, and why",
            Self::TimeToAccept | Self::OnTimeArrival | Self::Declines | Self::Satisfaction => "Reason",
        }
    }
}

/// One day of a figure, or one week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Day {
    /// The day, by the clocks of UTC; of a week its Monday.
    pub(super) on: Date,
    /// How many it adds up.
    pub(super) n: i64,
    /// Minutes or thousandths; of declines how many.
    pub(super) value: Option<i64>,
}

/// A figure added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Report {
    /// How many it adds up.
    pub(super) n: i64,
    /// Of the whole time.
    pub(super) value: Option<i64>,
    /// There was more than is added up.
    pub(super) is_cut: bool,
    /// Every day, or week, with something.
    pub(super) days: Vec<Day>,
    /// By reason, where there are reasons.
    pub(super) parts: Vec<(String, i64)>,
}

/// Something that counts: when, and how much.
pub(super) type Point = (Timestamp, i64);

/// Adds up each day or week from its points: the middle of a week is not that of its days' middles.
pub(super) fn by(step: Step, points: &[Point], of: impl Fn(&mut [i64]) -> Option<i64>) -> Report {
    let utc = Zone::utc();
    let mut days: BTreeMap<Date, Vec<i64>> = BTreeMap::new();
    for (at, value) in points {
        days.entry(step.start(utc.local(*at).date)).or_default().push(*value);
    }
    let count = |values: &[i64]| i64::try_from(values.len()).unwrap_or(i64::MAX);
    let mut all: Vec<i64> = points.iter().map(|(_, value)| *value).collect();
    let days = days.into_iter().map(|(on, mut values)| Day { on, n: count(&values), value: of(&mut values) });
    Report { n: count(&all), days: days.collect(), value: of(&mut all), ..Report::default() }
}

pub(super) fn median(values: &mut [i64]) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

pub(super) fn share(values: &mut [i64]) -> Option<i64> {
    thousandths(values.iter().sum(), i64::try_from(values.len()).unwrap_or(i64::MAX))
}

/// Of each ticket the first yes, in minutes after it was filed.
fn accepts(lines: &[Line], filed: &BTreeMap<TicketId, Timestamp>, from: Timestamp) -> Vec<Point> {
    let mut seen = BTreeSet::new();
    let first = lines
        .iter()
        .filter(|line| matches!(line.event.fact, Fact::Accepted { .. }))
        .filter(|line| seen.insert(line.ticket));
    let point = |line: &Line| Some((line.at, line.at.minutes_since(*filed.get(&line.ticket)?).max(0)));
    first.filter_map(point).filter(|(at, _)| *at >= from).collect()
}

/// Of each arrival whether it was on time by what was promised first.
fn arrivals(lines: &[Line], from: Timestamp) -> Vec<Point> {
    let mut promised: BTreeMap<TicketId, Promise> = BTreeMap::new();
    let mut points = Vec::new();
    for line in lines {
        let promise = promised.entry(line.ticket).or_default();
        promise.hear(&line.event.fact);
        if matches!(line.event.fact, Fact::Arrived { .. })
            && !line.event.skipped
            && line.at >= from
            && let Some(start_at) = promise.first
        {
            points.push((line.at, i64::from(line.at.minutes_since(start_at) <= ON_TIME_MINUTES)));
        }
    }
    points
}

fn declines(lines: &[Line], from: Timestamp, step: Step) -> Report {
    let mut parts: BTreeMap<&'static str, i64> = BTreeMap::new();
    let mut points = Vec::new();
    for line in lines.iter().filter(|line| line.at >= from) {
        if let Fact::Declined { reason, .. } = &line.event.fact {
            *parts.entry(reason.word()).or_default() += 1;
            points.push((line.at, 1));
        }
    }
    let parts = DeclineReason::ALL
        .iter()
        .map(|reason| (reason.word().replace('_', " "), parts.get(reason.word()).copied().unwrap_or_default()));
    Report { parts: parts.collect(), ..by(step, &points, |values| i64::try_from(values.len()).ok()) }
}

/// Of each renewal whether it failed; then what became of those that did, and why.
fn failed(renewed: &[Renewed], step: Step) -> Report {
    let mut became =
        [("paid after all", 0), ("still open", 0), ("given up: the plan lapsed", 0), ("never asked for", 0)];
    let mut reasons: BTreeMap<&'static str, i64> = BTreeMap::new();
    let mut points = Vec::new();
    for one in renewed {
        points.push((one.due_at, i64::from(one.has_failed())));
        if one.has_failed() {
            let at = match one.end {
                RenewedEnd::Paid => 0,
                RenewedEnd::Open => 1,
                RenewedEnd::GivenUp => 2,
                RenewedEnd::Missed => 3,
            };
            became[at].1 += 1;
        }
        if let Some(failure) = one.failure {
            *reasons.entry(failure.word()).or_default() += 1;
        }
    }
    let reasons = Failure::ALL.iter().map(|failure| failure.word()).filter_map(|word| {
        let n = reasons.get(word).copied()?;
        Some((format!("because of: {}", word.replace('_', " ")), n))
    });
    let parts = became.into_iter().map(|(name, n)| (name.to_owned(), n)).chain(reasons).collect();
    Report { parts, ..by(step, &points, share) }
}

/// Reads and adds up.
pub(super) async fn read(conn: &mut Conn, figure: Figure, window: Window, step: Step) -> Result<Report, Error> {
    let is_full = |n: usize| n >= usize::try_from(LINES_MAX).unwrap_or(usize::MAX);
    if figure == Figure::FailedRenewals {
        let renewed = billing::store::renewed(conn, window.from, window.until, LINES_MAX).await?;
        return Ok(Report { is_cut: is_full(renewed.len()), ..failed(&renewed, step) });
    }
    if figure == Figure::Satisfaction {
        let answers = survey::store::answers(conn, window.from, window.until, LINES_MAX).await?;
        let is_cut = is_full(answers.len());
        let points: Vec<Point> = answers.into_iter().map(|(at, works)| (at, i64::from(works))).collect();
        return Ok(Report { is_cut, ..by(step, &points, share) });
    }
    let since = window.from.plus_minutes(-PROMISED_BEFORE_MINUTES);
    let only = match figure {
        Figure::TimeToAccept => Some("accepted"),
        Figure::Declines => Some("declined"),
        Figure::OnTimeArrival | Figure::Satisfaction | Figure::FailedRenewals => None,
    };
    let lines = events::of_visits(conn, only, since, window.until, LINES_MAX).await?;
    let is_cut = is_full(lines.len());
    let report = match figure {
        Figure::TimeToAccept => {
            let ids: BTreeSet<TicketId> = lines.iter().map(|line| line.ticket).collect();
            let ids: Vec<TicketId> = ids.into_iter().collect();
            let filed =
                tickets::many(conn, &ids).await?.into_iter().map(|ticket| (ticket.id, ticket.filed_at)).collect();
            by(step, &accepts(&lines, &filed, window.from), median)
        }
        Figure::OnTimeArrival => by(step, &arrivals(&lines, window.from), share),
        Figure::Declines | Figure::Satisfaction | Figure::FailedRenewals => declines(&lines, window.from, step),
    };
    Ok(Report { is_cut, ..report })
}

/// As a file of values.
pub(super) fn csv(figure: Figure, report: &Report) -> String {
    let value = match figure {
        Figure::TimeToAccept => "median_minutes",
        Figure::Declines => "declines",
        Figure::OnTimeArrival | Figure::Satisfaction | Figure::FailedRenewals => "share_thousandths",
    };
    let line = |day: &Day| {
        let value = day.value.map(|value| value.to_string()).unwrap_or_default();
        vec![day.on.to_string(), day.n.to_string(), value]
    };
    values::csv(&["day", "n", value], report.days.iter().map(line))
}

/// The bars of a report, the highest as high as the field; shares are drawn against all.
pub(super) fn bars(figure: Figure, window: Window, step: Step, report: &Report) -> Vec<chart::Bar> {
    let highest = if figure.is_share() {
        1_000
    } else {
        report.days.iter().filter_map(|day| day.value).max().unwrap_or(1).max(1)
    };
    let point = |day: &Day| {
        let says = format!("{}: {}, of {}", step.named(day.on), shown(figure, day.value), day.n);
        (day.on, day.value.unwrap_or_default(), says)
    };
    chart::bars(window, step, &report.days.iter().map(point).collect::<Vec<_>>(), highest)
}

/// A value for people.
pub(super) fn shown(figure: Figure, value: Option<i64>) -> String {
    match (value, figure.is_share()) {
        (None, _) => "–".to_owned(),
        (Some(share), true) => format!("{}.{} %", share / 10, share % 10),
        (Some(value), false) if figure == Figure::TimeToAccept => format!("{value} min"),
        (Some(value), false) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::samples::id;
    use shared::event::Actor;
    use shared::ticket::VisitPlan;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(crate::db::testing::START_MS).plus_minutes(minutes)
    }

    fn line(ticket: u64, seq: i64, minutes: i64, fact: Fact) -> Line {
        Line { ticket: id(ticket), seq, at: at(minutes), actor: Actor::Server, event: fact.into() }
    }

    fn accepted(start: i64) -> Fact {
        let visit = VisitPlan { start_at: at(start), travel_minutes: 10, work_minutes: 60 };
        Fact::Accepted { expert: id(1), visit, late: false }
    }

    #[test]
    fn an_arrival_is_measured_against_what_was_promised_and_a_yes_against_the_report() {
        let lines = [
            line(1, 2, 10, accepted(60)),
            line(1, 3, 75, Fact::Arrived { expert: id(1) }),
            line(2, 2, 30, accepted(60)),
            line(2, 3, 76, Fact::Arrived { expert: id(1) }),
            line(2, 4, 90, accepted(600)),
            line(3, 2, 10, accepted(60)),
            line(3, 3, 20, accepted(90)),
            line(3, 4, 90, Fact::Arrived { expert: id(1) }),
        ];
        let on_time: Vec<i64> = arrivals(&lines, at(0)).into_iter().map(|(_, on_time)| on_time).collect();
        assert_eq!(on_time, [1, 0, 0], "a quarter of an hour is on time; a second promise does not mend the first");
        assert_eq!(arrivals(&lines, at(76)).len(), 2, "what was promised before the time still counts");
        let filed = [(id(1), at(0)), (id(2), at(0))].into();
        let report = by(Step::Day, &accepts(&lines, &filed, at(0)), median);
        assert_eq!(
            (report.n, report.value),
            (2, Some(30)),
            "only the first yes of a ticket, and not of one that is gone"
        );
    }

    #[test]
    fn a_week_is_added_up_from_its_points_and_not_from_its_days() {
        let on = |day: &str| day.parse::<Timestamp>().unwrap();
        let (monday, friday) = (on("2026-03-02T10:00:00Z"), on("2026-03-06T10:00:00Z"));
        let next = on("2026-03-09T00:00:00Z");
        let points = [(monday, 1), (monday, 2), (monday, 3), (friday, 9), (next, 5)];
        let weeks = |of: fn(&mut [i64]) -> Option<i64>, points: &[Point]| -> Vec<(String, i64, Option<i64>)> {
            by(Step::Week, points, of).days.iter().map(|day| (day.on.to_string(), day.n, day.value)).collect()
        };
        // The days' middles are 2 and 9, and the one of those would be 9.
        let middles = weeks(median, &points);
        assert_eq!(middles, [("2026-03-02".to_owned(), 4, Some(3)), ("2026-03-09".to_owned(), 1, Some(5))]);
        let on_time = [(monday, 0), (friday, 1), (friday, 1), (friday, 1)];
        assert_eq!(weeks(share, &on_time), [("2026-03-02".to_owned(), 4, Some(750))], "and not a half");
    }

    #[test]
    fn reasons_stand_in_their_order_and_a_file_says_what_the_page_says() {
        let declined = |reason| Fact::Declined { expert: id(1), reason, after_acceptance: false };
        let lines = [line(1, 2, 1, declined(DeclineReason::TooFar)), line(1, 3, 2, declined(DeclineReason::TooFar))];
        let report = declines(&lines, at(0), Step::Day);
        assert_eq!(report.parts[1], ("too far".to_owned(), 2));
        let text = csv(Figure::Declines, &report);
        assert_eq!(text.lines().count(), 2);
        assert!(text.ends_with(",2,2\n"), "{text}");
        let bars = bars(Figure::Declines, Window::last(Some(7), at(10)), Step::Day, &report);
        assert_eq!((bars.len(), bars[0].height.as_str(), bars[0].y.as_str()), (1, "40.000", "0.000"));
    }

    #[test]
    fn a_renewal_fails_by_a_decline_or_by_a_day_without_its_money_and_what_became_of_it_is_told() {
        let one = |end, late_minutes, failure| Renewed { due_at: at(0), end, late_minutes, failure };
        let renewed = [
            one(RenewedEnd::Paid, 5, None),
            one(RenewedEnd::Paid, 5, Some(Failure::Funds)),
            one(RenewedEnd::Paid, 1_440, None),
            one(RenewedEnd::Open, 0, Some(Failure::NoCard)),
        ];
        let report = failed(&renewed, Step::Day);
        assert_eq!((report.n, report.value), (4, Some(750)));
        assert_eq!(report.parts[..2], [("paid after all".to_owned(), 2), ("still open".to_owned(), 1)]);
        assert!(report.parts.contains(&("because of: funds".to_owned(), 1)), "{:?}", report.parts);
    }
}
