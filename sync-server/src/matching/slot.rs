//! The earliest time at which a visit fits into an expert's day: way, work and a buffer inside one working period,
//! between the visits that are already there.

use super::calendar::Period;
use super::candidate::{Candidate, Origin, Visit};
use super::need::Need;
use super::settings::Settings;
use serde::{Deserialize, Serialize};
use shared::place::{Place, travel_tenths};
use shared::time::Timestamp;

/// A visit that would fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fit {
    /// When the expert sets out.
    pub leave_at: Timestamp,
    /// When the work starts.
    pub start_at: Timestamp,
    /// When the work ends.
    pub end_at: Timestamp,
    /// The way there in tenths of a minute.
    pub travel_tenths: i64,
    /// Where the way starts.
    #[serde(flatten)]
    pub origin: Origin,
    /// When the expert's working time ends.
    pub free_until: Timestamp,
}

/// A tenth of a minute.
const TENTH_MS: i64 = 6_000;
const MINUTE_MS: i64 = 60_000;

/// One question: where in these periods, between these visits?
pub(super) struct Search<'a> {
    pub need: &'a Need,
    pub candidate: &'a Candidate,
    pub settings: &'a Settings,
    pub now: Timestamp,
}

/// From when and where an expert may set out.
#[derive(Clone, Copy)]
struct Ready {
    at: Timestamp,
    place: Place,
    origin: Origin,
}

impl Search<'_> {
    /// The earliest fit within sorted periods, beside visits sorted by start.
    pub(super) fn earliest(&self, periods: &[Period], visits: &[Visit]) -> Option<Fit> {
        periods.iter().find_map(|period| self.within(*period, visits))
    }

    fn within(&self, period: Period, visits: &[Visit]) -> Option<Fit> {
        let opens = period.from.max(self.now);
        // Before the first visit that is not over when the period opens; then after each one.
        let mut next = visits.iter().position(|visit| self.over(visit) > opens).unwrap_or(visits.len());
        let (place, origin) = self.candidate.located(opens, self.settings);
        let mut ready = Ready { at: opens, place, origin };
        // Visits that meet, because one is late: wherever he is of them, he must be able to come. And from whatever is over
        // by then, however far it was: the night between does not bring him home from anywhere.
        let mut meeting: Vec<Ready> = visits[..next].iter().map(|visit| self.after(visit)).collect();
        loop {
            let fit = self.between(ready, &meeting, period, &visits[next..]);
            if fit.is_some() {
                return fit;
            }
            let visit = visits.get(next)?;
            let after = self.after(visit);
            let follows_one = matches!(ready.origin, Origin::Visit { .. });
            if ready.at > after.at && follows_one {
                meeting.push(after);
            } else {
                if !follows_one || ready.at <= visit.start_at {
                    meeting.clear();
                } else {
                    meeting.push(ready);
                }
                ready = Ready { at: after.at.max(ready.at), ..after };
            }
            if ready.at >= period.until {
                return None;
            }
            next += 1;
        }
    }

    /// Done with a visit, and at its place.
    fn after(&self, visit: &Visit) -> Ready {
        Ready { at: self.over(visit), place: visit.place, origin: Origin::Visit { ticket: visit.ticket } }
    }

    /// When an expert may set out after a visit.
    fn over(&self, visit: &Visit) -> Timestamp {
        visit.end_at.plus_minutes(i64::from(self.settings.buffer_minutes))
    }

    fn between(&self, ready: Ready, meeting: &[Ready], period: Period, later: &[Visit]) -> Option<Fit> {
        let travel_tenths = self.travel(ready.place, self.need.place);
        let travel_ms = travel_tenths * TENTH_MS;
        let earliest = meeting.iter().map(|other| self.arrival(*other)).fold(self.arrival(ready), Timestamp::max);
        let start_at = self.when_the_customer_can(earliest)?;
        let end_at = start_at.plus_minutes(i64::from(self.need.work_minutes));
        let done = end_at.plus_minutes(i64::from(self.settings.buffer_minutes));
        let in_time =
            |visit: &Visit| done.plus_millis(self.travel(self.need.place, visit.place) * TENTH_MS) <= visit.start_at;
        let leave_at = start_at.plus_millis(-travel_ms);
        let fits = done <= period.until && later.iter().all(in_time);
        let origin = ready.origin;
        fits.then_some(Fit { leave_at, start_at, end_at, travel_tenths, origin, free_until: period.until })
    }

    /// When he can be there: a promise states the way in whole minutes, rounded up; by a shorter one it would begin before
    /// he is free.
    fn arrival(&self, ready: Ready) -> Timestamp {
        let travel_tenths = self.travel(ready.place, self.need.place);
        whole_minute(ready.at.plus_millis((travel_tenths + 9) / 10 * MINUTE_MS))
    }

    fn travel(&self, from: Place, to: Place) -> i64 {
        travel_tenths(from, to, self.settings.speed_km_per_hour)
    }

    /// The first instant not before `earliest` at which the customer lets somebody in.
    fn when_the_customer_can(&self, earliest: Timestamp) -> Option<Timestamp> {
        if self.need.windows.is_empty() {
            return Some(earliest);
        }
        let starts = self.need.windows.iter().map(|window| (window.from.max(earliest), window.until));
        starts.filter(|(start, until)| start < until).map(|(start, _)| start).min()
    }
}

/// Promised times are whole minutes, never before the expert can be there.
pub(super) fn whole_minute(at: Timestamp) -> Timestamp {
    let past = at.as_millis().rem_euclid(MINUTE_MS);
    if past == 0 { at } else { at.plus_millis(MINUTE_MS - past) }
}
