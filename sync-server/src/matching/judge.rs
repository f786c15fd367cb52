//! The hard rules, all of them and only here: whether an expert may be sent to a ticket at all.
//!
//! Every rule is looked at, also after one is broken, so that a person who asks "why not Ben?" hears everything that
//! stands against it. Dispatch judges again before it books, people's choices included; whoever overrides a broken
//! rule gives a reason.

use super::calendar::{Period, shifts_within, within};
use super::candidate::{Availability, Candidate, Visit};
use super::need::Need;
use super::settings::Settings;
use super::slot::{Fit, Search};
use serde::{Deserialize, Serialize};
use shared::ids::{ExpertId, SkillId, TicketId};
use shared::place::travel_tenths;
use shared::skills::Level;
use shared::time::Timestamp;
use std::collections::BTreeSet;

/// What the rules say about one expert for one ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// May be sent, at the earliest like this.
    Fits(Fit),
    /// May not be sent.
    Excluded {
        /// Every rule that is broken; at least one.
        broken: Vec<Rule>,
    },
}

/// A broken rule with the facts that broke it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum Rule {
    /// No longer works here.
    Deactivated,
    /// The customer's plan does not cover the ticket.
    NoPlan,
    /// A needed skill is absent or known too little.
    LacksSkills {
        /// Which.
        missing: Vec<Lacking>,
    },
    /// Serves no area that covers the site.
    OutsideArea,
    /// Declined this ticket before.
    Declined,
    /// Had this ticket, and one of us took it from them to send somebody else.
    Replaced,
    /// Must not visit this customer.
    Blocked,
    /// Said to be off duty.
    OffDuty,
    /// Neither in a shift nor on call now: nothing may ring.
    OutsideShift {
        /// When that changes, if it does within the horizon.
        next_at: Option<Timestamp>,
    },
    /// Away now.
    Absent {
        /// Until when.
        until: Timestamp,
    },
    /// Way, work and buffer are longer than any working time left.
    ShiftTooShort {
        /// Way, work and buffer.
        needed_minutes: i64,
        /// The longest working time within the horizon.
        longest_minutes: i64,
    },
    /// The customer can only be visited when the expert does not work.
    NotWhenCustomerCan,
    /// An absence takes the time.
    AwayThen,
    /// Could come for this ticket, but not also for others of the same site that go in one way with it.
    NotTogether {
        /// The others.
        with: Vec<TicketId>,
    },
    /// The ticket was on hold, and somebody who knows the trouble is asked before anybody else.
    AskedFirst {
        /// Who.
        expert: ExpertId,
        /// Whom nobody waits for after that.
        until: Timestamp,
    },
    /// Other visits take the time.
    Booked {
        /// For these tickets.
        by: Vec<TicketId>,
    },
}

impl Rule {
    /// The word in JSON and problem documents.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::NoPlan => "no_plan",
            Self::LacksSkills { .. } => "lacks_skills",
            Self::OutsideArea => "outside_area",
            Self::Declined => "declined",
            Self::Replaced => "replaced",
            Self::Blocked => "blocked",
            Self::OffDuty => "off_duty",
            Self::OutsideShift { .. } => "outside_shift",
            Self::Absent { .. } => "absent",
            Self::ShiftTooShort { .. } => "shift_too_short",
            Self::NotWhenCustomerCan => "not_when_customer_can",
            Self::AwayThen => "away_then",
            Self::NotTogether { .. } => "not_together",
            Self::AskedFirst { .. } => "asked_first",
            Self::Booked { .. } => "booked",
        }
    }
}

/// A skill that is not there, or not enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    /// Which.
    pub skill: SkillId,
    /// The level the ticket needs.
    pub needed: Level,
    /// The level the expert has, if any.
    pub known: Option<Level>,
}

/// Judges one expert for one ticket.
pub fn judge(need: &Need, candidate: &Candidate, now: Timestamp, settings: &Settings) -> Verdict {
    judge_with(need, candidate, &Availability::of(candidate, now, settings), now, settings)
}

/// The same, with the expert's time already worked out.
pub(super) fn judge_with(
    need: &Need,
    candidate: &Candidate,
    availability: &Availability,
    now: Timestamp,
    settings: &Settings,
) -> Verdict {
    let mut broken = standing(need, candidate);
    broken.extend(reachable(candidate, availability, now));
    let search = Search { need, candidate, settings, now };
    match search.earliest(&availability.free, &availability.visits) {
        Some(fit) if broken.is_empty() => Verdict::Fits(fit),
        Some(_) => Verdict::Excluded { broken },
        None => {
            broken.extend(why_no_time(&search, availability));
            Verdict::Excluded { broken }
        }
    }
}

/// Whether a visit that is promised or offered can be kept at its hour: the rules that do not move, and the day's chain with
/// the way, the work and the buffer as they are now. Whether something may ring at this moment does not matter.
pub fn judge_kept(
    need: &Need,
    candidate: &Candidate,
    start_at: Timestamp,
    now: Timestamp,
    settings: &Settings,
) -> Verdict {
    let hour = Period { from: start_at, until: start_at.plus_millis(1) };
    let need = Need { windows: vec![hour], ..need.clone() };
    let availability = Availability::of(candidate, now, settings);
    let mut broken = standing(&need, candidate);
    let search = Search { need: &need, candidate, settings, now };
    match search.earliest(&availability.free, &availability.visits) {
        Some(fit) if broken.is_empty() => Verdict::Fits(fit),
        Some(_) => Verdict::Excluded { broken },
        None => {
            broken.extend(why_no_time(&search, &availability));
            Verdict::Excluded { broken }
        }
    }
}

/// Which of an expert's other visits one at this hour would meet, buffer and way between them included, each at the hour
/// that was told.
pub fn meets(need: &Need, candidate: &Candidate, start_at: Timestamp, settings: &Settings) -> BTreeSet<TicketId> {
    let buffer = i64::from(settings.buffer_minutes);
    let end_at = start_at.plus_minutes(i64::from(need.work_minutes));
    let is_met = |visit: &&Visit| {
        let tenths = travel_tenths(need.place, visit.place, settings.speed_km_per_hour);
        let next_at = |end_at: Timestamp| end_at.plus_minutes(buffer).plus_millis(tenths * 6_000);
        next_at(end_at) > visit.start_at && next_at(visit.end_at) > start_at
    };
    candidate.visits.iter().filter(is_met).map(|visit| visit.ticket).collect()
}

/// What stands against a visit that is promised already: nothing has to ring for it and its time is fixed, so on duty
/// or not, and other visits, do not matter.
pub fn judge_promised(need: &Need, candidate: &Candidate, leave_at: Timestamp, work: Period) -> Vec<Rule> {
    let mut broken = standing(need, candidate);
    let mut working = shifts_within(&candidate.shifts, &candidate.holidays, &candidate.zone, work);
    working.extend(&candidate.on_call);
    if within(working, work) != [work] {
        broken.push(Rule::OutsideShift { next_at: None });
    }
    if candidate.absences.iter().any(|absence| absence.from < work.until && leave_at < absence.until) {
        broken.push(Rule::AwayThen);
    }
    broken
}

/// Rules that have nothing to do with time.
fn standing(need: &Need, candidate: &Candidate) -> Vec<Rule> {
    let mut broken = Vec::new();
    if !candidate.active {
        broken.push(Rule::Deactivated);
    }
    if !need.plan_valid {
        broken.push(Rule::NoPlan);
    }
    let missing = candidate.skills.missing(&need.skills);
    if !missing.is_empty() {
        let known = |skill| candidate.skills.0.get(&skill).copied();
        let lacking = |(skill, needed)| Lacking { skill, needed, known: known(skill) };
        broken.push(Rule::LacksSkills { missing: missing.into_iter().map(lacking).collect() });
    }
    if candidate.areas.is_disjoint(&need.areas) {
        broken.push(Rule::OutsideArea);
    }
    if need.declined_by.contains(&candidate.expert) {
        broken.push(Rule::Declined);
    }
    if need.replaced.contains(&candidate.expert) {
        broken.push(Rule::Replaced);
    }
    if need.blocked.contains(&candidate.expert) {
        broken.push(Rule::Blocked);
    }
    broken
}

/// Whether an offer may ring now.
fn reachable(candidate: &Candidate, availability: &Availability, now: Timestamp) -> Vec<Rule> {
    let mut broken = Vec::new();
    if !candidate.on_duty {
        broken.push(Rule::OffDuty);
    }
    if !availability.working.iter().any(|period| period.holds(now)) {
        let next_at = availability.working.iter().map(|period| period.from).find(|from| *from > now);
        broken.push(Rule::OutsideShift { next_at });
    }
    let absences = candidate.absences.iter().filter(|absence| absence.holds(now));
    if let Some(until) = absences.map(|absence| absence.until).max() {
        broken.push(Rule::Absent { until });
    }
    broken
}

/// What takes the time: found by asking again without absences, without visits, and without both.
fn why_no_time(search: &Search<'_>, availability: &Availability) -> Vec<Rule> {
    let Availability { working, free, visits } = availability;
    if search.earliest(working, &[]).is_none() {
        return too_short(search, availability).into_iter().collect();
    }
    let away = || search.earliest(free, &[]).is_none();
    let booked = || search.earliest(working, visits).is_none();
    let by = || visits.iter().map(|visit| visit.ticket).collect();
    match (away(), booked()) {
        (true, false) => vec![Rule::AwayThen],
        (false, true) => vec![Rule::Booked { by: by() }],
        // Each alone, or only both together: then both are named.
        (true, true) | (false, false) => vec![Rule::AwayThen, Rule::Booked { by: by() }],
    }
}

fn too_short(search: &Search<'_>, availability: &Availability) -> Option<Rule> {
    let any_time = super::need::Need { windows: Vec::new(), ..search.need.clone() };
    let at_any_time = Search { need: &any_time, ..*search };
    if at_any_time.earliest(&availability.working, &[]).is_some() {
        return Some(Rule::NotWhenCustomerCan);
    }
    // Without any working time the rule on shifts has already spoken.
    let longest = availability.working.iter().max_by_key(|period| period.minutes())?;
    let (place, _) = search.candidate.located(longest.from, search.settings);
    let travel = shared::place::travel_tenths(place, search.need.place, search.settings.speed_km_per_hour);
    let work = i64::from(search.need.work_minutes) + i64::from(search.settings.buffer_minutes);
    Some(Rule::ShiftTooShort { needed_minutes: (travel + 9) / 10 + work, longest_minutes: longest.minutes() })
}

#[cfg(test)]
mod tests;
