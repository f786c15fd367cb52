//! Histories, states and notices in words for people of ours: everything is said, with who did it. Pure.

use super::names::Names;
use crate::notify::{Notice, NoticeState, plan};
use shared::event::Fact;
use shared::offer::DeclineReason;
use shared::text::Summary;
use shared::ticket::{
    CancelReason, CannotFix, Corrected, HoldReason, Outcome, ReleaseReason, State, Window, WithdrawReason,
};
use shared::time::Timestamp;

/// Where a ticket is.
pub(super) fn state(state: &State, names: &Names, when: &impl Fn(Timestamp) -> String) -> String {
    match state {
        State::Waiting => "Waiting, no expert yet".to_owned(),
        State::Offered { expert, expires_at, .. } => {
            format!("Offered to {} until {}", names.expert(*expert), when(*expires_at))
        }
        State::Accepted { expert, visit, .. } => {
            format!("{} said yes, planned for {}", names.expert(*expert), when(visit.start_at))
        }
        State::EnRoute { expert, departed_at, .. } => {
            format!("{} is on the way since {}", names.expert(*expert), when(*departed_at))
        }
        State::OnSite { expert, arrived_at, .. } => {
            format!("{} is there since {}", names.expert(*expert), when(*arrived_at))
        }
        State::OnHold { why, until, part, .. } => held(*why, *until, part.as_ref(), when),
        State::Completed { expert: Some(expert), outcome, at } => {
            format!("Completed by {} at {}: {}", names.expert(*expert), when(*at), outcome_words(*outcome))
        }
        State::Completed { expert: None, at, .. } => format!("Solved without a visit at {}", when(*at)),
        State::Cancelled { at, why } => format!("Cancelled at {}: {}", when(*at), cancel(*why)),
    }
}

/// The word of a state as a short label.
pub(super) fn state_label(state: &State) -> &'static str {
    match state {
        State::Waiting => "Waiting",
        State::Offered { .. } => "Offered",
        State::Accepted { .. } => "Accepted",
        State::EnRoute { .. } => "On the way",
        State::OnSite { .. } => "On site",
        State::OnHold { .. } => "On hold",
        State::Completed { .. } => "Completed",
        State::Cancelled { .. } => "Cancelled",
    }
}

fn held(why: HoldReason, until: Timestamp, part: Option<&Summary>, when: &impl Fn(Timestamp) -> String) -> String {
    let part = part.map(|part| format!(" ({part})")).unwrap_or_default();
    format!("On hold until {}: {}{part}", when(until), hold(why))
}

pub(super) fn hold(why: HoldReason) -> &'static str {
    match why {
        HoldReason::Part => "a part is ordered",
        HoldReason::NoAccess => "nobody opened",
        HoldReason::WrongAddress => "the address was wrong",
        HoldReason::Customer => "the customer wants a later time",
    }
}

fn cancel(why: CancelReason) -> &'static str {
    match why {
        CancelReason::Customer => "the customer asked for it",
        CancelReason::Staff => "one of us decided it",
        CancelReason::NoPlan => "no plan was bought in time",
    }
}

pub(super) fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fixed => "fixed",
        Outcome::Workaround => "works with a workaround",
        Outcome::Replaced => "replaced",
        Outcome::NoFault => "no fault was found",
        Outcome::SolvedWithoutVisit => "solved without a visit",
    }
}

pub(super) fn decline(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::Busy => "busy",
        DeclineReason::TooFar => "too far",
        DeclineReason::Skill => "needs another skill",
        DeclineReason::Ill => "ill",
        DeclineReason::Other => "another reason",
    }
}

pub(super) fn cannot_fix(why: CannotFix) -> &'static str {
    match why {
        CannotFix::Skill => "it needs another skill",
        CannotFix::Part => "a part is missing",
        CannotFix::NoAccess => "nobody opened",
        CannotFix::WrongAddress => "the address is wrong",
        CannotFix::Unsafe => "it is not safe there",
    }
}

fn corrected(what: Corrected) -> &'static str {
    match what {
        Corrected::Address => "the address",
        Corrected::Contact => "whom to ring",
        Corrected::Access => "how to get in",
        Corrected::Need => "what it needs",
    }
}

fn withdrawn(why: WithdrawReason) -> &'static str {
    match why {
        WithdrawReason::OffDuty => "off duty",
        WithdrawReason::Absent => "away",
        WithdrawReason::Changed => "skills, areas or hours were changed",
        WithdrawReason::RunningLate => "the visit before takes longer",
        WithdrawReason::Staff => "one of us took it back",
        WithdrawReason::DoneByOther => "another expert reports that it is done",
        WithdrawReason::Ended => "the ticket ended",
        WithdrawReason::Customer => "the customer chose another time",
        WithdrawReason::Corrected => "the ticket was corrected and no longer fits",
        WithdrawReason::NeededElsewhere => "needed more for another ticket, and had not seen this one",
    }
}

fn released(why: ReleaseReason) -> &'static str {
    match why {
        ReleaseReason::Absent => "away",
        ReleaseReason::Changed => "skills, areas or hours were changed",
        ReleaseReason::Staff => "one of us sends somebody else",
        ReleaseReason::DoneByOther => "another expert had done it",
        ReleaseReason::Customer => "the customer chose another time",
        ReleaseReason::Corrected => "the ticket was corrected and no longer fits",
    }
}

fn rescheduled(windows: &[Window], when: &impl Fn(Timestamp) -> String) -> String {
    if windows.is_empty() {
        return "The customer wants somebody as soon as possible".to_owned();
    }
    let times = windows.iter().map(|window| format!("{} to {}", when(window.from), when(window.until)));
    format!("The customer can be visited: {}", times.collect::<Vec<_>>().join("; "))
}

/// One line of a history.
#[expect(clippy::too_many_lines, reason = "one match over every kind of line, a sentence each")]
pub(super) fn fact(fact: &Fact, names: &Names, when: &impl Fn(Timestamp) -> String) -> String {
    let expert = |id| names.expert(id);
    match fact {
        Fact::Received { covered: true } => "Received; a plan covers it".to_owned(),
        Fact::Received { covered: false } => "Received; no valid plan covers it".to_owned(),
        Fact::PlanFound => "A plan covers it now".to_owned(),
        Fact::WaitsForShift { until } => {
            format!("Nobody who could come works now; the search goes on until {}", when(*until))
        }
        // Who made it stands beside the line.
        Fact::Offered { expert: who, expires_at, visit, .. } => {
            format!("Offered to {} until {}, there at {}", expert(*who), when(*expires_at), when(visit.start_at))
        }
        Fact::Accepted { expert: who, visit, late } => {
            let late = if *late { ", after the offer had run out" } else { "" };
            format!("{} accepted, there at {}{late}", expert(*who), when(visit.start_at))
        }
        Fact::Declined { expert: who, reason, after_acceptance } => {
            let back = if *after_acceptance { "gave it back" } else { "declined" };
            format!("{} {back}: {}", expert(*who), decline(*reason))
        }
        Fact::Lapsed { expert: who, .. } => format!("The offer to {} ran out", expert(*who)),
        Fact::Withdrawn { expert: who, why, .. } => {
            format!("The offer to {} was taken back: {}", expert(*who), withdrawn(*why))
        }
        Fact::Released { expert: who, why } => format!("Taken from {}: {}", expert(*who), released(*why)),
        Fact::Reminded { expert: who } => format!("{} was reminded to leave", expert(*who)),
        Fact::Departed { expert: who, .. } => format!("{} left", expert(*who)),
        Fact::Arrived { expert: who } => format!("{} arrived", expert(*who)),
        Fact::Completed { expert: who, outcome, summary } => {
            format!("{} completed it ({}): {summary}", expert(*who), outcome_words(*outcome))
        }
        Fact::Late { expert: who, minutes, visit } => {
            format!(
                "{} is {minutes} min later: from {} on, {} min of work",
                expert(*who),
                when(visit.start_at),
                visit.work_minutes
            )
        }
        Fact::Moved { expert: who, visit, was } => {
            format!(
                "{} comes at {} instead of {}: the visit before takes longer",
                expert(*who),
                when(visit.start_at),
                when(*was)
            )
        }
        Fact::CannotFix { expert: who, why } => format!("{} could not fix it: {}", expert(*who), cannot_fix(*why)),
        Fact::NeedCorrected { skills } => {
            let skills: Vec<&str> = skills.iter().map(shared::text::Slug::as_str).collect();
            match skills.as_slice() {
                [] => "What it needs was corrected".to_owned(),
                skills => format!("Its need was corrected: {}", skills.join(", ")),
            }
        }
        Fact::Rescheduled { windows } => rescheduled(windows, when),
        Fact::Corrected { what, visit } => {
            let what: Vec<&str> = what.iter().map(|one| corrected(*one)).collect();
            let way = visit.map(|visit| format!("; {} min on the way", visit.travel_minutes)).unwrap_or_default();
            format!("Corrected: {}{way}", what.join(", "))
        }
        Fact::Held { why, until, part, .. } => held(*why, *until, part.as_ref(), when),
        Fact::Resumed => "Goes on".to_owned(),
        Fact::SolvedWithoutVisit { .. } => "Solved without a visit".to_owned(),
        Fact::Cancelled { why, .. } => format!("Cancelled: {}", cancel(*why)),
        Fact::NeedsHuman { reason } => format!("A person is asked: {}", super::deeds::heading(reason.word())),
        Fact::Settled { reason, note } => {
            let note = note.as_ref().map(|note| format!(" “{note}”")).unwrap_or_default();
            format!("Looked after: {}{note}", super::deeds::heading(reason.word()))
        }
        Fact::Escalated { reason, n } => {
            format!("Nobody looked; the admins were told ({}), time {n}", super::deeds::heading(reason.word()))
        }
        Fact::SitePinned { expert: who, pin, was } => {
            format!("{} set the pin at the door, {} from where it was", expert(*who), apart(was.km_to(*pin)))
        }
        Fact::NoteAdded { late: true, .. } => "A note was added by an expert who no longer had it".to_owned(),
        Fact::NoteAdded { late: false, .. } => "A note was added".to_owned(),
        Fact::PhotoAdded { late: true, .. } => "A photo was added by an expert who no longer had it".to_owned(),
        Fact::PhotoAdded { late: false, .. } => "A photo was added".to_owned(),
        Fact::Confirmed { expert: who, intent, recorded_at, phone_at } => {
            let (did, recorded, phone) = (reported(intent), when(*recorded_at), when(*phone_at));
            format!("{}'s phone reports {did} at {phone}; we had recorded it at {recorded}", expert(*who))
        }
        Fact::WorkRecorded { expert: who, intent, summary, .. } => {
            let summary = summary.as_ref().map(|summary| format!(": {summary}")).unwrap_or_default();
            format!("{} reported {intent}, too late to count{summary}", expert(*who))
        }
    }
}

/// What an intent of this kind reports.
fn reported(intent: &str) -> &str {
    match intent {
        "offer.accept" => "saying yes",
        "offer.decline" => "giving it back",
        "ticket.depart" => "leaving",
        "ticket.arrive" => "arriving",
        "ticket.complete" => "finishing",
        "ticket.cannot_fix" => "that it cannot be fixed",
        other => other,
    }
}

/// A distance as people say it.
fn apart(km: f64) -> String {
    if km < 1.0 { format!("{:.0} m", km * 1_000.0) } else { format!("{km:.1} km") }
}

/// What became of a notice.
pub(super) fn notice_state(notice: &Notice) -> String {
    let why = notice.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    match notice.state {
        NoticeState::Queued => "not sent yet".to_owned(),
        NoticeState::Sent => format!("sent{why}"),
        NoticeState::Delivered => "arrived".to_owned(),
        NoticeState::Failed => format!("did not arrive{why}"),
        NoticeState::Dropped => format!("not sent{why}"),
    }
}

/// A channel in words.
pub(super) fn channel(channel: plan::Channel) -> &'static str {
    match channel {
        plan::Channel::Push => "Push",
        plan::Channel::Sms => "SMS",
        plan::Channel::Email => "E-mail",
        plan::Channel::Call => "Call",
    }
}
