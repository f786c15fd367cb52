//! A ticket's state and history in its customer's words; nothing of what is between us and our experts. Pure.

use super::super::times;
use crate::plans::Uncovered;
use crate::tickets::Ticket;
use shared::event::Fact;
use shared::texts::Language;
use shared::ticket::{CancelReason, CannotFix, Corrected, HoldReason, HumanReason, ReleaseReason, State};
use shared::time::{Timestamp, Zone};

/// Where a ticket is, and what comes next, for its customer.
pub(super) fn now_in_words(
    ticket: &Ticket,
    expert: &str,
    uncovered: Option<Uncovered>,
    when: &impl Fn(Timestamp) -> String,
) -> (String, String) {
    let asked = ticket.life.needs_human.as_ref().map(|flag| flag.reason);
    let say = |state: &str, next: String| (state.to_owned(), next);
    match &ticket.life.state {
        State::Waiting if asked == Some(HumanReason::NoPlan) => {
            say("Waiting for a plan", no_plan_in_words(uncovered, when))
        }
        State::Waiting if asked.is_some() => {
            say("We are looking into it", "A person of ours takes care of your ticket and will contact you.".to_owned())
        }
        State::Waiting => say(
            "Looking for the right expert",
            "We ask the expert who fits best and tell you who comes and when.".to_owned(),
        ),
        State::Offered { .. } => {
            say("Asking an expert", "An expert has been asked. We tell you who comes and when.".to_owned())
        }
        State::Accepted { visit, .. } => {
            say("An expert will come", format!("{expert} will come. Expected arrival: {}.", when(visit.start_at)))
        }
        State::EnRoute { visit, departed_at, .. } => {
            let arrival = departed_at.plus_minutes(i64::from(visit.travel_minutes));
            say("On the way", format!("{expert} is on the way. Expected arrival: {}.", when(arrival)))
        }
        State::OnSite { .. } => say("Being repaired", format!("{expert} is with you.")),
        State::OnHold { why: HoldReason::Part, until, .. } => {
            say("A part is needed", format!("We go on from {} and tell you who comes.", when(*until)))
        }
        State::OnHold { why: HoldReason::NoAccess, .. } => say(
            "Nobody opened",
            "Our expert was there and could not get in. Please choose below when we may come again.".to_owned(),
        ),
        State::OnHold { why: HoldReason::WrongAddress, .. } => {
            say("We could not find you", "Please give us the right address below.".to_owned())
        }
        State::OnHold { why: HoldReason::Customer, until, .. } => {
            say("On hold", format!("We look for an expert again on {}.", when(*until)))
        }
        State::Completed { at, .. } => say("Done", format!("Completed on {}.", when(*at))),
        State::Cancelled { at, why: CancelReason::NoPlan } => say(
            "Closed",
            format!(
                "Closed on {} because no plan was bought in time. Nothing was charged. If you still need us, choose a plan under \u{201c}Plans\u{201d} and report it again.",
                when(*at)
            ),
        ),
        State::Cancelled { at, why: CancelReason::Customer | CancelReason::Staff } => {
            say("Cancelled", format!("Cancelled on {}. Nobody will come.", when(*at)))
        }
    }
}

/// What is said once the arrival that was told has passed and nobody said more: when it was to be, and how old the last
/// news are. Never another arrival, which would be made up.
pub(super) fn overdue_in_words(
    ticket: &Ticket,
    expert: &str,
    last_news: Option<Timestamp>,
    now: Timestamp,
    when: &impl Fn(Timestamp) -> String,
) -> Option<String> {
    let expected = match &ticket.life.state {
        State::Accepted { visit, .. } => visit.start_at,
        State::EnRoute { visit, departed_at, .. } => departed_at.plus_minutes(i64::from(visit.travel_minutes)),
        State::Waiting
        | State::Offered { .. }
        | State::OnSite { .. }
        | State::OnHold { .. }
        | State::Completed { .. }
        | State::Cancelled { .. } => return None,
    };
    if now <= expected {
        return None;
    }
    let news = last_news.map(|at| format!(" Last news: {}.", when(at))).unwrap_or_default();
    let next = if ticket.life.needs_human.is_some() {
        "A person of ours is looking into it and will contact you."
    } else {
        "We tell you as soon as we know more."
    };
    Some(format!("{expert} was expected {}.{news} {next}", when(expected)))
}

/// Why a ticket waits for a plan, and what ends that.
fn no_plan_in_words(why: Option<Uncovered>, when: &impl Fn(Timestamp) -> String) -> String {
    let keeps = "Your ticket keeps its number";
    match why {
        Some(Uncovered::Waits { until }) => {
            format!("Your plan covers from {} on. {keeps} and starts by itself then.", when(until))
        }
        Some(Uncovered::Sites { covered: 1 }) => format!(
            "Your plan covers one address, and this ticket is for another one. {keeps}; it starts by itself as soon as a plan covers this address."
        ),
        Some(Uncovered::Sites { covered }) => format!(
            "Your plan covers your first {covered} addresses, and this ticket is for another one. {keeps}; it starts by itself as soon as a plan covers this address."
        ),
        Some(Uncovered::NoPlan) | None => {
            format!("No valid plan covers this product. {keeps}; it starts by itself as soon as a plan is bought.")
        }
    }
}

/// A fact as its customer may read it; nothing of what is between us and our experts.
pub(super) fn in_words(fact: &Fact, expert: &str, zone: &Zone) -> Option<String> {
    let when = |at: Timestamp| Language::English.catalogue().when(zone, at);
    Some(match fact {
        Fact::Received { .. } => "We received your report.".to_owned(),
        Fact::PlanFound => "A plan covers your ticket now.".to_owned(),
        Fact::WaitsForShift { until } => format!("The next expert works from about {}.", when(*until)),
        Fact::Accepted { visit, .. } => format!("An expert accepted. Expected arrival: {}.", when(visit.start_at)),
        Fact::Rescheduled { windows } if windows.is_empty() => "Somebody may come as soon as possible.".to_owned(),
        Fact::Rescheduled { windows } => {
            let times: Vec<String> = windows.iter().map(|window| times::shown(*window, zone)).collect();
            format!("You chose when we may come: {}.", times.join("; "))
        }
        Fact::Corrected { what, .. } => corrected_in_words(what)?,
        Fact::Released { why: ReleaseReason::DoneByOther, .. } => return None,
        Fact::Released { why: ReleaseReason::Customer, .. } => {
            "The visit that was planned is taken back, as you asked.".to_owned()
        }
        Fact::Declined { after_acceptance: true, .. } | Fact::Released { .. } => {
            "The expert cannot come; we are looking for another one.".to_owned()
        }
        Fact::Late { visit, .. } | Fact::Moved { visit, .. } => {
            format!("The expert is running late. Expected arrival: {}.", when(visit.start_at))
        }
        Fact::Departed { .. } => "The expert is on the way.".to_owned(),
        Fact::Arrived { .. } => "The expert arrived.".to_owned(),
        Fact::Completed { summary, .. } => format!("{expert} completed the work: {summary}"),
        Fact::CannotFix { why, .. } => cannot_fix_in_words(*why).to_owned(),
        Fact::Held { until, .. } => format!("On hold until {}.", when(*until)),
        Fact::Resumed => "It goes on.".to_owned(),
        Fact::SolvedWithoutVisit { .. } => "Solved without a visit.".to_owned(),
        Fact::Cancelled { why: CancelReason::NoPlan, .. } => "Closed: no plan was bought in time.".to_owned(),
        Fact::Cancelled { .. } => "Cancelled.".to_owned(),
        Fact::Offered { .. }
        | Fact::Declined { after_acceptance: false, .. }
        | Fact::Lapsed { .. }
        | Fact::Withdrawn { .. }
        | Fact::Reminded { .. }
        | Fact::NeedCorrected { .. }
        | Fact::NeedsHuman { .. }
        | Fact::Settled { .. }
        | Fact::Escalated { .. }
        | Fact::SitePinned { .. }
        | Fact::NoteAdded { .. }
        | Fact::PhotoAdded { .. }
        | Fact::Confirmed { .. }
        | Fact::WorkRecorded { .. } => return None,
    })
}

/// What was corrected; nothing of what experts must know.
fn corrected_in_words(what: &[Corrected]) -> Option<String> {
    let part = |one: &Corrected| match one {
        Corrected::Address => Some("the address"),
        Corrected::Contact => Some("whom to ring"),
        Corrected::Access => Some("how to get in"),
        Corrected::Need => None,
    };
    let parts: Vec<&str> = what.iter().filter_map(part).collect();
    (!parts.is_empty()).then(|| format!("Corrected: {}.", parts.join(", ")))
}

fn cannot_fix_in_words(why: CannotFix) -> &'static str {
    match why {
        CannotFix::Skill => "It needs another expert; we are looking for one.",
        CannotFix::Part => "A part is missing to finish the work.",
        CannotFix::NoAccess => "The expert was there and nobody opened.",
        CannotFix::WrongAddress => "The expert could not find the address.",
        CannotFix::Unsafe => "The work was stopped because it was not safe; somebody will ring you.",
    }
}

/// A language by its English name; the code itself where it is a rare one.
pub(super) fn language(code: &str) -> &str {
    match code.split(['-', '_']).next().unwrap_or_default() {
        "en" => "English",
        "es" => "Spanish",
        "de" => "German",
        "fr" => "French",
        "zh" => "Chinese",
        "vi" => "Vietnamese",
        "ko" => "Korean",
        "tl" => "Tagalog",
        "ar" => "Arabic",
        "ru" => "Russian",
        "pl" => "Polish",
        "pt" => "Portuguese",
        "it" => "Italian",
        "hi" => "Hindi",
        "ht" => "Haitian Creole",
        _ => code,
    }
}
