//! A plain ticket and a plain expert who fits it, for tests to bend. It is Monday 2026-03-02, 09:00 in New York.

use super::calendar::{Period, Shift, ShiftDay};
use super::candidate::{Candidate, Step, Visit};
use super::decide::Batch;
use super::need::{Need, Priority};
use super::settings::{Settings, Weights};
use shared::chance::Seeded;
use shared::ids::{AreaId, Id, SkillId};
use shared::place::Place;
use shared::skills::{Level, Skills};
use shared::time::{Timestamp, Zone};

pub(super) const NOW: &str = "2026-03-02T14:00:00Z";

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn now() -> Timestamp {
    at(NOW)
}

/// The instant at which the clocks of New York show this time that day.
pub(super) fn today(hour: i64, minute: i64) -> Timestamp {
    at("2026-03-02T05:00:00Z").plus_minutes(hour * 60 + minute)
}

pub(super) fn period(from: Timestamp, until: Timestamp) -> Period {
    Period { from, until }
}

pub(super) fn zone() -> Zone {
    "America/New_York".parse().unwrap()
}

/// The id with this number; ids sort as their numbers do.
pub(super) fn id<Of>(number: u64) -> Id<Of> {
    Id::new(Timestamp::from_millis(i64::try_from(number).unwrap() + 1), &Seeded::new(number))
}

pub(super) fn level(level: i64) -> Level {
    Level::try_from(level).unwrap()
}

pub(super) fn skills(levels: &[(u64, i64)]) -> Skills {
    Skills(levels.iter().map(|&(skill, known)| (id(skill), level(known))).collect())
}

pub(super) const TV: u64 = 1;
pub(super) const ROUTER: u64 = 2;

pub(super) fn tv() -> SkillId {
    id(TV)
}

/// A place so many minutes north of the sample site at 40 km/h.
pub(super) fn minutes_north(minutes: i64) -> Place {
    const E7_PER_MINUTE: f64 = 40.0 / 60.0 / 111.194_93 * 1e7;
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a few degrees")]
    let north = (minutes as f64 * E7_PER_MINUTE).round() as i64;
    Place::from_e7(407_000_000 + north, -740_000_000).unwrap()
}

/// A television at the sample site: one hour of work, due at 13:00.
pub(super) fn need(number: u64) -> Need {
    Need {
        ticket: id(number),
        customer: id(7),
        site: None,
        skills: skills(&[(TV, 1)]),
        work_minutes: 60,
        place: minutes_north(0),
        zone: zone(),
        areas: [id(1)].into(),
        filed_at: now(),
        due_at: today(13, 0),
        priority: Priority::Normal,
        windows: vec![],
        plan_valid: true,
        declined_by: [].into(),
        replaced: [].into(),
        lapsed_with: [].into(),
        blocked: [].into(),
        language: "en".to_owned(),
        earlier_expert: None,
        first: None,
        offered_to: None,
    }
}

/// On duty, at home 12 minutes from the sample site, on shift from 08:00 to 16:00 each Monday.
pub(super) fn candidate(number: u64) -> Candidate {
    Candidate {
        expert: id(number),
        active: true,
        on_duty: true,
        skills: skills(&[(TV, 1)]),
        areas: [id::<shared::ids::of::Area>(1)].into(),
        languages: ["en".to_owned()].into(),
        zone: zone(),
        home: minutes_north(12),
        position: None,
        arrival: None,
        shifts: vec![Shift { day: ShiftDay::Weekly(1), start_minute: 8 * 60, end_minute: 16 * 60, on_call: false }],
        holidays: [].into(),
        on_call: vec![],
        absences: vec![],
        visits: vec![],
    }
}

/// A visit at the sample site.
pub(super) fn visit(ticket: u64, start_at: Timestamp, end_at: Timestamp) -> Visit {
    Visit { ticket: id(ticket), place: minutes_north(0), start_at, end_at, step: Step::There }
}

pub(super) fn other_area() -> AreaId {
    id(2)
}

pub(super) fn batch(needs: Vec<Need>, candidates: Vec<Candidate>) -> Batch {
    let (settings, weights) = (Settings::default(), Weights::default());
    Batch { id: id(1), made_at: now(), settings, weights, needs, candidates }
}
