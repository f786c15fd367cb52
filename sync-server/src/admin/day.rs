//! The day as the desk sees it: what is at risk, what each expert does now, and what comes next. Pure.
//!
//! Nothing here is made up: an expert is where the last news put them, and what should have happened and was not reported
//! is said as that.

use crate::dispatch::{about, under_way};
use crate::matching::candidate::{Availability, Candidate};
use crate::matching::settings::Settings;
use crate::tickets::Ticket;
use serde::Serialize;
use shared::ids::TicketId;
use shared::ticket::{State, VisitPlan};
use shared::time::{Timestamp, Zone};

/// Why a ticket should be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "risk")]
pub(super) enum Risk {
    /// It asks for a person.
    Asked {
        /// What is asked, by its word.
        reason: &'static str,
        /// Since when.
        since: Timestamp,
    },
    /// The expert should be there.
    NotThere {
        /// Since when.
        since: Timestamp,
    },
    /// The expert should have left.
    NotLeft {
        /// Since when.
        since: Timestamp,
    },
    /// The work takes longer than planned.
    Longer {
        /// Since when.
        since: Timestamp,
    },
    /// The visit begins after what the plan promises.
    AfterPromise {
        /// What was promised.
        due_at: Timestamp,
    },
    /// Nobody has said yes, and what the plan promises has passed.
    PastPromise {
        /// What was promised.
        due_at: Timestamp,
    },
    /// Nobody has said yes yet.
    Waiting {
        /// What is promised.
        due_at: Timestamp,
    },
}

/// What is at risk about a ticket, the worst of it.
pub(super) fn risk(ticket: &Ticket, now: Timestamp) -> Option<Risk> {
    if let Some(flag) = &ticket.life.needs_human {
        return Some(Risk::Asked { reason: flag.reason.word(), since: flag.since });
    }
    let due_at = ticket.due_at;
    let after_promise = |visit: &VisitPlan| (visit.start_at > due_at).then_some(Risk::AfterPromise { due_at });
    match &ticket.life.state {
        State::Waiting | State::Offered { .. } if due_at < now => Some(Risk::PastPromise { due_at }),
        State::Waiting => Some(Risk::Waiting { due_at }),
        State::Accepted { visit, .. } if visit.leave_at() < now => Some(Risk::NotLeft { since: visit.leave_at() }),
        State::EnRoute { visit, .. } if visit.start_at < now => Some(Risk::NotThere { since: visit.start_at }),
        State::Offered { visit, .. } | State::Accepted { visit, .. } | State::EnRoute { visit, .. } => {
            after_promise(visit)
        }
        State::OnSite { visit, arrived_at, .. } => {
            let since = arrived_at.plus_minutes(i64::from(visit.work_minutes));
            (since < now).then_some(Risk::Longer { since })
        }
        State::OnHold { .. } | State::Completed { .. } | State::Cancelled { .. } => None,
    }
}

/// What an expert does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub(super) enum Doing {
    /// Should have left for a visit.
    ShouldHaveLeft {
        /// For which ticket.
        ticket: TicketId,
        /// When.
        since: Timestamp,
    },
    /// On the way or at work.
    OnAJob {
        /// On which ticket.
        ticket: TicketId,
        /// Until about then; in the past if it takes longer than planned.
        until: Timestamp,
        /// Still on the way.
        on_the_way: bool,
    },
    /// At work and without a visit.
    Free {
        /// Until the next visit calls or the working time ends.
        until: Timestamp,
    },
    /// Said to be off duty.
    OffDuty,
    /// Away.
    Away {
        /// Until when.
        until: Timestamp,
    },
    /// Neither in a shift nor on call.
    NotWorking {
        /// When that changes, if it does within the next days.
        next_at: Option<Timestamp>,
    },
}

impl Doing {
    /// Whether somebody can be sent or is under way.
    pub(super) fn is_working(self) -> bool {
        match self {
            Self::ShouldHaveLeft { .. } | Self::OnAJob { .. } | Self::Free { .. } => true,
            Self::OffDuty | Self::Away { .. } | Self::NotWorking { .. } => false,
        }
    }

    /// The same in words, by the clock of `zone`, where the expert lives.
    pub(super) fn words(self, zone: &Zone, now: Timestamp) -> String {
        let clock = |at| clock(at, zone, now);
        match self {
            Self::ShouldHaveLeft { since, .. } => format!("Should have left at {}, nothing heard", clock(since)),
            Self::OnAJob { until, on_the_way, .. } => {
                let how = if on_the_way { "On the way, on a job" } else { "On a job" };
                if until < now {
                    format!("{how}, planned until {}", clock(until))
                } else {
                    format!("{how} until about {}", clock(about(until)))
                }
            }
            Self::Free { until } => format!("Free until {}", clock(until)),
            Self::OffDuty => "Off duty".to_owned(),
            Self::Away { until } => format!("Away until {}", clock(until)),
            Self::NotWorking { next_at: Some(at) } => format!("Works again at {}", clock(at)),
            Self::NotWorking { next_at: None } => "Does not work in the next days".to_owned(),
        }
    }
}

/// One visit in the chain of an expert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Stop {
    /// For which ticket.
    pub(super) ticket: TicketId,
    /// Where the ticket is.
    pub(super) state: &'static str,
    /// When to set out.
    pub(super) leave_at: Timestamp,
    /// The way.
    pub(super) travel_minutes: u32,
    /// When the work starts: arrived, or planned.
    pub(super) start_at: Timestamp,
    /// When it should end.
    pub(super) end_at: Timestamp,
    /// Free minutes between the stop before, or now, and setting out.
    pub(super) gap_minutes: i64,
    /// Setting out falls into the stop before: it will be late.
    pub(super) is_tight: bool,
    /// What is at risk about it.
    pub(super) risk: Option<Risk>,
}

/// The chain of what an expert holds, by time.
pub(super) fn chain(held: &[Ticket], now: Timestamp) -> Vec<Stop> {
    let mut stops: Vec<Stop> = held.iter().filter_map(|ticket| stop(ticket, now)).collect();
    stops.sort_by_key(|stop| (stop.start_at, stop.ticket));
    let mut free_from = now;
    for stop in &mut stops {
        let begun = matches!(stop.state, "en_route" | "on_site");
        stop.gap_minutes = if begun { 0 } else { stop.leave_at.minutes_since(free_from).max(0) };
        stop.is_tight = !begun && free_from > now && stop.leave_at < free_from;
        free_from = stop.end_at.max(now);
    }
    stops
}

fn stop(ticket: &Ticket, now: Timestamp) -> Option<Stop> {
    let visit = ticket.life.state.visit()?;
    let start_at = under_way(&ticket.life.state).map_or(visit.start_at, |(start_at, _)| start_at);
    Some(Stop {
        ticket: ticket.id,
        state: ticket.life.state.word(),
        leave_at: visit.leave_at(),
        travel_minutes: visit.travel_minutes,
        start_at,
        end_at: start_at.plus_minutes(i64::from(visit.work_minutes)),
        gap_minutes: 0,
        is_tight: false,
        risk: risk(ticket, now),
    })
}

/// What an expert with this chain does now.
pub(super) fn doing(candidate: &Candidate, chain: &[Stop], now: Timestamp, settings: &Settings) -> Doing {
    if let Some(stop) = chain.iter().find(|stop| matches!(stop.state, "en_route" | "on_site")) {
        return Doing::OnAJob { ticket: stop.ticket, until: stop.end_at, on_the_way: stop.state == "en_route" };
    }
    if let Some(stop) = chain.iter().find(|stop| stop.state == "accepted" && stop.leave_at < now) {
        return Doing::ShouldHaveLeft { ticket: stop.ticket, since: stop.leave_at };
    }
    let away = candidate.absences.iter().filter(|absence| absence.holds(now)).map(|absence| absence.until).max();
    if let Some(until) = away {
        return Doing::Away { until };
    }
    let working = Availability::of(candidate, now, settings).working;
    let Some(shift) = working.iter().find(|period| period.holds(now)) else {
        return Doing::NotWorking { next_at: working.iter().map(|period| period.from).find(|from| *from > now) };
    };
    if !candidate.on_duty {
        return Doing::OffDuty;
    }
    let next = chain.iter().filter(|stop| stop.state == "accepted").map(|stop| stop.leave_at).min();
    Doing::Free { until: next.map_or(shift.until, |next| next.min(shift.until)) }
}

/// A time by the wall clock of `zone`, with the day when it is not today's.
pub(super) fn clock(at: Timestamp, zone: &Zone, now: Timestamp) -> String {
    let is_today = zone.local(at).date == zone.local(now).date;
    zone.show(at, if is_today { "%H:%M" } else { "%a %H:%M" })
}

#[cfg(test)]
#[path = "day_tests.rs"]
mod tests;
