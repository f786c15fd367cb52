//! Whether what a phone reports was recorded for its expert before, by a person of ours on his word. Pure.
//!
//! Then the report joins the record: it moves nothing, and the history gets the phone's time beside the person's.

use crate::events::Line;
use crate::tickets::Ticket;
use shared::event::{Actor, Fact};
use shared::ids::ExpertId;
use shared::ticket::{Act, Phase, Route, route};
use shared::time::Timestamp;

/// What the history knows of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nobody recorded it for him.
    No,
    /// A person did.
    Recorded {
        /// When.
        at: Timestamp,
    },
    /// A person did, and a phone has confirmed it since.
    Joined,
}

/// Whether an act can only be about what has happened already, so that the history is worth a look.
pub(super) fn is_past(ticket: &Ticket, expert: ExpertId, act: Act) -> bool {
    let phase = if ticket.stream_of == Some(expert) { ticket.life.state.phase() } else { None };
    match (phase, act) {
        (Some(Phase::Cancelled), _) => false,
        (Some(phase), _) => route(phase, act) == Route::Already,
        // It is not his any more: perhaps just because of this.
        (None, Act::Decline | Act::CannotFix) => true,
        (None, Act::Accept | Act::Depart | Act::Arrive | Act::Complete) => false,
    }
}

/// What this history knows of an act of this expert.
pub(super) fn known(lines: &[Line], expert: ExpertId, act: Act, intent: &str) -> Known {
    let Some(recorded) = lines.iter().rev().find(|line| says(&line.event.fact, expert, act)) else { return Known::No };
    match recorded.actor {
        Actor::Agent(_) | Actor::Admin(_) => {}
        Actor::Customer(_) | Actor::Expert(_) | Actor::Server => return Known::No,
    }
    let confirms = |line: &&Line| matches!(&line.event.fact, Fact::Confirmed { intent: kind, expert: his, .. } if kind == intent && *his == expert);
    match lines.iter().find(|line| line.seq > recorded.seq && confirms(line)) {
        Some(_) => Known::Joined,
        None => Known::Recorded { at: recorded.at },
    }
}

/// How long after a delay was recorded on his word a tap still counts as the same delay, in minutes.
const SAME_DELAY_MINUTES: i64 = 15;

/// When a person recorded a delay that his phone may now be reporting too; none where it is one more. He taps it and rings, or
/// rings and taps it: of the same length, from before the call until shortly after, it is one delay, and each call takes
/// one tap.
pub(super) fn known_delays(
    lines: &[Line],
    expert: ExpertId,
    minutes: u32,
    made_at: Timestamp,
) -> impl Iterator<Item = Timestamp> {
    let recorded = move |line: &&Line| {
        let by_us = matches!(line.actor, Actor::Agent(_) | Actor::Admin(_));
        let same =
            matches!(&line.event.fact, Fact::Late { expert: his, minutes: by, .. } if *his == expert && *by == minutes);
        by_us && same && made_at <= line.at.plus_minutes(SAME_DELAY_MINUTES)
    };
    let is_joined = move |at: Timestamp| {
        let confirms = |fact: &Fact| matches!(fact, Fact::Confirmed { intent, recorded_at, .. } if intent == "ticket.late" && *recorded_at == at);
        lines.iter().any(|line| confirms(&line.event.fact))
    };
    lines.iter().filter(recorded).map(|line| line.at).filter(move |at| !is_joined(*at))
}

/// Whether a fact is that this expert did this.
fn says(fact: &Fact, expert: ExpertId, act: Act) -> bool {
    match act {
        Act::Accept => matches!(fact, Fact::Accepted { expert: his, .. } if *his == expert),
        Act::Decline => matches!(fact, Fact::Declined { expert: his, .. } if *his == expert),
        Act::Depart => matches!(fact, Fact::Departed { expert: his, .. } if *his == expert),
        Act::Arrive => matches!(fact, Fact::Arrived { expert: his } if *his == expert),
        Act::Complete => matches!(fact, Fact::Completed { expert: his, .. } if *his == expert),
        Act::CannotFix => matches!(fact, Fact::CannotFix { expert: his, .. } if *his == expert),
    }
}
