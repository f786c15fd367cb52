//! What is known of one expert at the time of a decision, and what follows from it: where they will be, when they work.

use super::calendar::{Period, Shift, ShiftDay, shifts_within, within, without};
use super::settings::Settings;
use crate::workforce::{self, Roster};
use serde::{Deserialize, Serialize};
use shared::ids::{AreaId, ExpertId, TicketId};
use shared::place::Place;
use shared::skills::Skills;
use shared::time::{Date, Timestamp, Zone};
use std::collections::BTreeSet;

/// An expert as matching sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub expert: ExpertId,
    /// Not deactivated.
    pub active: bool,
    /// Said to be on duty.
    pub on_duty: bool,
    /// What they can do, and how well.
    pub skills: Skills,
    /// Which areas they serve.
    pub areas: BTreeSet<AreaId>,
    /// Languages they speak, like `en`.
    pub languages: BTreeSet<String>,
    /// The zone of their home base: their shifts are by its clocks.
    pub zone: Zone,
    /// Where they start from when nothing newer is known.
    pub home: Place,
    /// The last position their phone reported.
    pub position: Option<Sighting>,
    /// The site of their last arrival.
    pub arrival: Option<Sighting>,
    /// When they work.
    pub shifts: Vec<Shift>,
    /// Days on which their weekly shifts do not take place.
    #[serde(default)]
    pub holidays: BTreeSet<Date>,
    /// When they can be called beside their shifts.
    pub on_call: Vec<Period>,
    /// When they are away.
    pub absences: Vec<Period>,
    /// What they have promised or are doing, and open offers of other tickets. Nothing that is over.
    pub visits: Vec<Visit>,
}

/// A place somebody was seen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Where.
    pub place: Place,
    /// When.
    pub at: Timestamp,
}

/// Work an expert already has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// For which ticket.
    pub ticket: TicketId,
    /// Where.
    pub place: Place,
    /// When the work is planned to start.
    pub start_at: Timestamp,
    /// When it is planned to end.
    pub end_at: Timestamp,
    /// What is still before the work.
    #[serde(default)]
    pub step: Step,
}

impl Visit {
    /// The same visit with times that can still come true.
    fn as_it_can_be(self, now: Timestamp) -> Self {
        let earliest = match self.step {
            Step::NotLeft { travel_minutes } => now.plus_minutes(i64::from(travel_minutes)),
            Step::OnTheWay => now,
            Step::There => return Self { end_at: self.end_at.max(now), ..self },
        };
        let late_ms = earliest.millis_since(self.start_at).max(0);
        Self { start_at: self.start_at.plus_millis(late_ms), end_at: self.end_at.plus_millis(late_ms), ..self }
    }
}

/// How far somebody is with a visit, as far as it decides when the work can be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Step {
    /// Has not set out: the whole way is still to go, whatever the plan said.
    NotLeft {
        /// The way.
        travel_minutes: u32,
    },
    /// Has set out: arrives when planned, or any moment.
    OnTheWay,
    /// Is there: what takes longer than planned may be over any moment.
    #[default]
    There,
}

/// From where an expert sets out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Origin {
    /// From where the phone was at that time.
    Phone {
        /// When it reported.
        at: Timestamp,
    },
    /// From where they last arrived.
    Arrival {
        /// When.
        at: Timestamp,
    },
    /// From the home base: nothing newer is known.
    Home,
    /// From the visit before.
    Visit {
        /// Which.
        ticket: TicketId,
    },
}

impl Candidate {
    /// Where they are taken to be at an instant: the newest of phone position and last arrival, if it is then no
    /// older than the bound, else home.
    pub fn located(&self, at: Timestamp, settings: &Settings) -> (Place, Origin) {
        let phone = self.position.map(|seen| (seen, Origin::Phone { at: seen.at }));
        let arrival = self.arrival.map(|seen| (seen, Origin::Arrival { at: seen.at }));
        let newest = [phone, arrival].into_iter().flatten().max_by_key(|(seen, _)| seen.at);
        let fresh = |seen: &Sighting| at.millis_since(seen.at) <= i64::from(settings.position_minutes_max) * 60_000;
        match newest {
            Some((seen, origin)) if fresh(&seen) => (seen.place, origin),
            Some(_) | None => (self.home, Origin::Home),
        }
    }
}

/// A candidate's time from now to the horizon, worked out once for all tickets of a batch.
#[derive(Clone, Debug)]
pub struct Availability {
    /// Shifts and on-call times.
    pub working: Vec<Period>,
    /// The same without absences.
    pub free: Vec<Period>,
    /// Visits in order of their start, as they can still happen: the work of one that is late lies after the way there.
    pub visits: Vec<Visit>,
}

impl Availability {
    /// Works it out.
    pub fn of(candidate: &Candidate, now: Timestamp, settings: &Settings) -> Self {
        let span = Period { from: now, until: now.plus_minutes(i64::from(settings.horizon_minutes)) };
        let mut periods = shifts_within(&candidate.shifts, &candidate.holidays, &candidate.zone, span);
        periods.extend(&candidate.on_call);
        let working = within(periods, span);
        let free = without(&working, &candidate.absences);
        let mut visits: Vec<Visit> = candidate.visits.iter().map(|visit| visit.as_it_can_be(now)).collect();
        visits.sort_unstable_by_key(|visit| (visit.start_at, visit.ticket));
        Self { working, free, visits }
    }
}
/// A roster in matching's words. On-call times are shifts that ring like others.
pub fn of_roster(roster: Roster, visits: Vec<Visit>) -> Candidate {
    let Roster { expert, skills, areas, shifts, absences, holidays } = roster;
    let sighting = |(place, at)| Sighting { place, at };
    let shift = |row: workforce::ShiftRow| Shift {
        day: match row.day {
            workforce::ShiftDay::Weekly(day) => ShiftDay::Weekly(day),
            workforce::ShiftDay::On(date) => ShiftDay::On(date),
        },
        start_minute: row.start_minute,
        end_minute: row.end_minute,
        on_call: row.on_call,
    };
    Candidate {
        expert: expert.id,
        active: expert.active,
        on_duty: expert.on_duty,
        skills,
        areas,
        languages: expert.languages.into_iter().collect(),
        zone: expert.zone,
        home: expert.home,
        position: expert.position.map(sighting),
        arrival: expert.arrival.map(sighting),
        shifts: shifts.into_iter().map(shift).collect(),
        holidays,
        on_call: Vec::new(),
        absences: absences.into_iter().map(|(from, until)| Period { from, until }).collect(),
        visits,
    }
}
