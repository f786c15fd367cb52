//! What the screens say, as pure functions of what is so. Plain sentences for somebody with one hand free: what happened,
//! and that his work is safe.

use crate::ui::hooks::{Attention, Status, Trouble};
use shared::fold::TicketView;
use shared::intent::Intent;
use shared::offer::DeclineReason;
use shared::place::Place;
use shared::sync::{Location, MutationResult, Unused};
use shared::ticket::{Act, CannotFix, Outcome, Phase};
use shared::time::{Timestamp, Zone};

/// How a line is meant; never by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// All is well.
    Calm,
    /// Something waits; nothing to do.
    Waiting,
    /// The expert must do something.
    Act,
}

impl Tone {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Waiting => "waiting",
            Self::Act => "act",
        }
    }

    /// A sign beside the words, for whoever does not see the colour.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Calm => "✓",
            Self::Waiting => "↻",
            Self::Act => "!",
        }
    }
}

/// The line on top of every screen.
pub(super) fn sync_line(status: &Status, zone: Option<&Zone>) -> (Tone, String) {
    let waiting = match status.n_unsent {
        0 => None,
        1 => Some("1 change".to_owned()),
        n => Some(format!("{n} changes")),
    };
    let photos = match status.n_photos {
        0 => None,
        1 => Some("1 photo".to_owned()),
        n => Some(format!("{n} photos")),
    };
    let waiting = match (waiting, photos) {
        (Some(changes), Some(photos)) => Some(format!("{changes} and {photos}")),
        (changes, photos) => changes.or(photos),
    };
    let safe = waiting.as_ref().map(|changes| format!("{changes} safe on this phone"));
    let heard = status.last_sync_at.zip(zone).map(|(at, zone)| zone.show(at, "%H:%M"));
    if status.switched_off && status.problem != Some(Trouble::SignIn) {
        return (Tone::Act, "The office switched this account off. Your unsent work goes to the office.".into());
    }
    match &status.problem {
        Some(Trouble::SignIn) => {
            (Tone::Act, with(safe.or(Some("Your work is safe on this phone".into())), "please sign in again"))
        }
        Some(Trouble::Refused(why)) => (Tone::Act, with(safe, why)),
        Some(Trouble::Offline) => {
            let text = match (safe, heard) {
                (Some(safe), _) => format!("Offline – {safe}, sent when there is network"),
                (None, Some(heard)) => format!("Offline – everything is here · last news {heard}"),
                (None, None) => "Offline – your tickets come when there is network".into(),
            };
            (Tone::Waiting, text)
        }
        Some(Trouble::Busy) => (Tone::Waiting, with(safe, "the server is busy, trying again by itself")),
        None if status.must_update => {
            (Tone::Act, "Please update this app to see changes. Your own work still goes out.".into())
        }
        None if !status.booted => (Tone::Waiting, "Getting your tickets …".into()),
        None if status.holding_back => {
            (Tone::Waiting, "The server sent much less than before. Looking again before anything goes away.".into())
        }
        None => match (waiting, heard) {
            (Some(changes), _) => (Tone::Waiting, format!("Sending {changes} …")),
            (None, Some(heard)) => (Tone::Calm, format!("Everything is safe on the server · {heard}")),
            (None, None) => (Tone::Calm, "Everything is safe on the server".into()),
        },
    }
}

fn with(safe: Option<String>, rest: &str) -> String {
    match safe {
        Some(safe) => format!("{safe} – {rest}"),
        None => {
            let mut chars = rest.chars();
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
        }
    }
}

/// A day as people say it, seen from now.
pub(super) fn day(at: Timestamp, zone: &Zone, now: Timestamp) -> String {
    let (day, today) = (zone.local(at).date, zone.local(now).date);
    if day == today {
        "Today".into()
    } else if today.tomorrow().is_ok_and(|tomorrow| day == tomorrow) {
        "Tomorrow".into()
    } else if today.yesterday().is_ok_and(|yesterday| day == yesterday) {
        "Yesterday".into()
    } else {
        zone.show(at, "%a %-d %b")
    }
}

/// Day and time in a zone, with the zone's short name where it is not the expert's own.
pub(super) fn when(at: Timestamp, zone: &Zone, own: Option<&Zone>, now: Timestamp) -> String {
    let time = zone.show(at, "%H:%M");
    let named = if own.is_some_and(|own| own != zone) { zone.show(at, " %Z") } else { String::new() };
    format!("{} {time}{named}", day(at, zone, now))
}

/// How long an offer stands, in minutes and seconds.
pub(super) fn countdown(expires_at: Timestamp, now: Timestamp) -> Option<String> {
    let left = expires_at.millis_since(now);
    // Up to the next second: "0:00" is said only when it is over.
    let seconds = left.max(0).unsigned_abs().div_ceil(1_000);
    (left > 0).then(|| match seconds / 3_600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours} h {} min", seconds / 60 % 60),
    })
}

/// Where a visit is.
pub(super) fn state(view: &TicketView) -> &'static str {
    if view.given_back {
        return "Given back";
    }
    match (view.doing, view.doc.phase) {
        (Some(Act::Accept), Phase::Accepted) => "Accepting …",
        (_, Phase::Offered) => "Offer",
        (_, Phase::Accepted) => "Accepted",
        (_, Phase::EnRoute) => "On the way",
        (_, Phase::OnSite) => "On site",
        (_, Phase::Completed) => "Done",
        (_, Phase::Cancelled) => "Called off",
    }
}

/// What a button for this act says.
pub(super) fn act(act: Act) -> &'static str {
    match act {
        Act::Accept => "Accept",
        Act::Decline => "Give it back",
        Act::Depart => "I am leaving now",
        Act::Arrive => "I have arrived",
        Act::Complete => "Finish the visit",
        Act::CannotFix => "I cannot fix it",
    }
}

/// The word for this act in a control's test id.
pub(super) fn act_word(act: Act) -> &'static str {
    match act {
        Act::Accept => "accept",
        Act::Decline => "decline",
        Act::Depart => "depart",
        Act::Arrive => "arrive",
        Act::Complete => "complete",
        Act::CannotFix => "cannot-fix",
    }
}

pub(super) fn decline(reason: DeclineReason) -> (&'static str, &'static str) {
    match reason {
        DeclineReason::Busy => ("No time", "I am busy then"),
        DeclineReason::TooFar => ("Too far", "The way is too long"),
        DeclineReason::Skill => ("Not my skill", "The office corrects what this ticket needs"),
        DeclineReason::Ill => ("Not well", "I cannot work now"),
        DeclineReason::Other => ("Something else", "The office may ring me"),
    }
}

pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fixed => "Fixed",
        Outcome::Workaround => "Works another way",
        Outcome::Replaced => "Replaced",
        Outcome::NoFault => "Nothing was wrong",
        Outcome::SolvedWithoutVisit => "Solved without a visit",
    }
}

pub(super) fn cannot_fix(why: CannotFix) -> (&'static str, &'static str) {
    match why {
        CannotFix::Skill => ("It needs another skill", "Somebody else is sent at once"),
        CannotFix::Part => ("A part is missing", "You choose until when; you are asked first then"),
        CannotFix::NoAccess => ("Nobody opened", "The customer is asked for another time"),
        CannotFix::WrongAddress => ("The address is wrong", "The customer is asked to correct it"),
        CannotFix::Unsafe => ("It is not safe here", "Leave first. The office is told at once"),
    }
}

/// Why a ticket is no longer on this phone.
pub(super) fn gone(why: Option<&str>, orphan: bool) -> &'static str {
    if orphan {
        return "The server no longer knows this ticket. The office was told and has your work.";
    }
    match why {
        Some("reassigned") => "Another expert has this ticket now.",
        Some("cancelled") => "This ticket was called off.",
        Some("lapsed") => "The offer ran out.",
        Some("declined" | "released") => "You gave this ticket back.",
        Some("archived") => "This ticket is finished and put away.",
        Some(_) | None => "This ticket is no longer yours.",
    }
}

/// A phone's place older than this is not where it is now.
const PLACE_MINUTES_MAX: i64 = 5;
/// A place known less exactly than this is not a door.
const PLACE_METRES_MAX: u32 = 100;

/// Where the phone stands, by its own clock, exactly enough for a pin; else why not, and what helps.
pub(super) fn standing_at(here: Option<(Location, Timestamp)>) -> Result<Place, String> {
    let fresh = here.filter(|(here, now)| now.minutes_since(here.at) <= PLACE_MINUTES_MAX);
    let Some((here, _)) = fresh else {
        return Err(
            "This phone does not know where it is. Allow it to use its location, step outside and try again.".into()
        );
    };
    if here.accuracy_m > PLACE_METRES_MAX {
        let metres = here.accuracy_m;
        return Err(format!("This phone knows its place only to within {metres} m. Step outside and try again."));
    }
    Ok(here.place)
}

/// The text in an intent that somebody typed and would not want to type again.
pub(super) fn written(intent: &Intent) -> Option<String> {
    match intent {
        Intent::NoteAdd { text, .. } => Some(text.to_string()),
        Intent::PhotoAdd { caption, .. } => caption.as_ref().map(ToString::to_string),
        Intent::TicketComplete { summary, .. } => Some(summary.to_string()),
        Intent::TicketCannotFix { part, .. } => part.as_ref().map(ToString::to_string),
        Intent::ArticleDraft { text, .. } => Some(format!("{}\n\n{}\n\n{}", text.title, text.problem, text.steps)),
        Intent::OfferAccept {}
        | Intent::OfferSeen { .. }
        | Intent::OfferDecline { .. }
        | Intent::TicketSeen { .. }
        | Intent::TicketDepart {}
        | Intent::TicketArrive {}
        | Intent::TicketLate { .. }
        | Intent::SitePin(_)
        | Intent::DutySet { .. }
        | Intent::ExpertSick { .. }
        | Intent::ArticleHelped { .. } => None,
    }
}

/// What an unread answer says: what he did, and what became of it.
pub(super) fn answer(attention: &Attention) -> (String, String) {
    let did = match &attention.intent {
        Some(Intent::OfferAccept {}) => "You accepted",
        Some(Intent::OfferDecline { .. }) => "You gave it back",
        Some(Intent::TicketDepart {}) => "You left for the visit",
        Some(Intent::TicketArrive {}) => "You arrived",
        Some(Intent::TicketComplete { .. }) => "You finished the visit",
        Some(Intent::TicketLate { .. }) => "You said that you are late",
        Some(Intent::TicketCannotFix { .. }) => "You could not fix it",
        Some(Intent::SitePin(_)) => "You set the pin",
        Some(Intent::NoteAdd { .. }) => "You wrote a note",
        Some(Intent::PhotoAdd { .. }) => "You took a photo",
        Some(Intent::DutySet { on: true }) => "You went on duty",
        Some(Intent::DutySet { on: false }) => "You went off duty",
        Some(Intent::ExpertSick { .. }) => "You reported ill",
        Some(Intent::ArticleDraft { .. }) => "You wrote an article",
        Some(Intent::ArticleHelped { .. }) => "You said whether an article helped",
        Some(Intent::OfferSeen { .. } | Intent::TicketSeen { .. }) | None => "You did something",
    };
    let became = match &attention.result {
        MutationResult::Recorded(Unused::Reassigned) => {
            "Meanwhile the ticket had gone to somebody else. Your report was kept and the office has seen to it."
        }
        MutationResult::Recorded(Unused::Lapsed) => "The offer had run out and somebody else was asked. Nothing to do.",
        MutationResult::Recorded(Unused::Cancelled) => "The ticket had been called off. Your report was kept.",
        MutationResult::Recorded(Unused::UnknownTicket) => {
            "The server does not know this ticket. The office has your report."
        }
        MutationResult::Recorded(Unused::IllegalTransition) => {
            "The ticket was already further, or not that far. Your report was kept for the office."
        }
        MutationResult::Recorded(Unused::Rule) => {
            "A rule of the plan or your calendar was against it. The office decides."
        }
        MutationResult::Rejected(why) => {
            return (
                did.into(),
                format!("The server could not use it: {why}. Nothing was lost: it is kept here and there."),
            );
        }
        MutationResult::Applied | MutationResult::Noop => "It was done.",
    };
    (did.into(), became.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_line_is_calm_offline_and_says_where_the_work_is() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let good = Status { booted: true, last_sync_at: Some(at("2026-03-02T17:10:00Z")), ..Status::default() };
        let line = |change: fn(&mut Status)| {
            let mut status = good.clone();
            change(&mut status);
            sync_line(&status, Some(&zone))
        };
        assert_eq!(line(|_| ()), (Tone::Calm, "Everything is safe on the server · 12:10".into()));
        let offline = line(|status| (status.problem, status.n_unsent) = (Some(Trouble::Offline), 2));
        let text = "Offline – 2 changes safe on this phone, sent when there is network";
        assert_eq!(offline, (Tone::Waiting, text.into()));
        assert_eq!(line(|status| status.problem = Some(Trouble::Offline)).0, Tone::Waiting);
        let (tone, text) = line(|status| (status.problem, status.n_unsent) = (Some(Trouble::SignIn), 1));
        assert_eq!((tone, text.as_str()), (Tone::Act, "1 change safe on this phone – please sign in again"));
        assert!(line(|status| status.n_unsent = 1).1.starts_with("Sending 1 change"));
        assert!(line(|status| status.booted = false).1.starts_with("Getting"));
        assert_eq!(line(|status| status.problem = Some(Trouble::Busy)).1, "The server is busy, trying again by itself");
    }

    #[test]
    fn a_pin_needs_a_place_that_is_fresh_and_exact_and_says_so_if_not() {
        let (now, place) = (at("2026-03-02T15:00:00Z"), Place::from_degrees(40.75, -73.99).unwrap());
        let here =
            |minutes: i64, accuracy_m| Some((Location { place, accuracy_m, at: now.plus_minutes(-minutes) }, now));
        assert_eq!(standing_at(here(5, 100)), Ok(place));
        for (here, says) in [(None, "Allow"), (here(6, 5), "Allow"), (here(0, 101), "within 101 m")] {
            assert!(standing_at(here).unwrap_err().contains(says), "{says}");
        }
    }

    #[test]
    fn times_are_those_of_the_customers_door() {
        let (site, own): (Zone, Zone) = ("America/Los_Angeles".parse().unwrap(), "America/New_York".parse().unwrap());
        let now = at("2026-03-02T15:00:00Z");
        assert_eq!(when(at("2026-03-02T22:00:00Z"), &site, Some(&own), now), "Today 14:00 PST");
        assert_eq!(when(at("2026-03-03T14:30:00Z"), &own, Some(&own), now), "Tomorrow 09:30");
        assert_eq!(when(at("2026-03-09T13:30:00Z"), &own, None, now), "Mon 9 Mar 09:30");
    }

    #[test]
    fn an_offer_is_over_at_its_instant_and_not_before() {
        let end = at("2026-03-02T15:05:00Z");
        let left = |ms: i64| countdown(end, end.plus_millis(-ms));
        assert_eq!(left(300_000).as_deref(), Some("5:00"));
        assert_eq!(left(61_500).as_deref(), Some("1:02"));
        assert_eq!(left(1).as_deref(), Some("0:01"));
        assert_eq!(left(0), None);
        assert_eq!(left(-5_000), None);
        assert_eq!(left(3_600_000 + 120_000).as_deref(), Some("1 h 2 min"));
    }
}
