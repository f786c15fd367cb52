//! What the screens say, as pure functions of what is so. Plain sentences for somebody with one hand free: what happened,
//! and that his work is safe.

use crate::ui::hooks::{Archived, Attention, Error, SignInFailure, Status, Trouble};
use crate::ui::say::{Say, Text, Value};
use shared::fold::TicketView;
use shared::intent::Intent;
use shared::offer::DeclineReason;
use shared::place::Place;
use shared::sync::{Location, MutationResult, Unused};
use shared::text::BadText;
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
pub(super) fn sync_line(say: Say, status: &Status, zone: Option<&Zone>) -> (Tone, String) {
    let waiting = unsent(say, status);
    let work = waiting.as_ref().map(|work| [("work", Value::Text(work))]);
    let heard = status.last_sync_at.zip(zone).map(|(at, zone)| zone.show(at, "%H:%M"));
    let heard = heard.as_ref().map(|heard| [("time", Value::Text(heard))]);
    if status.switched_off && status.problem != Some(Trouble::SignIn) {
        return (Tone::Act, say.t(Text::LineSwitchedOff));
    }
    match (&status.problem, work) {
        (Some(Trouble::SignIn), Some(work)) => (Tone::Act, say.with(Text::LineSignInUnsent, &work)),
        (Some(Trouble::SignIn), None) => (Tone::Act, say.t(Text::LineSignIn)),
        (Some(Trouble::Refused(why)), Some([work])) => {
            (Tone::Act, say.with(Text::LineRefusedUnsent, &[work, ("why", why.into())]))
        }
        (Some(Trouble::Refused(why)), None) => (Tone::Act, capital(why)),
        (Some(Trouble::Offline), Some(work)) => (Tone::Waiting, say.with(Text::LineOfflineUnsent, &work)),
        (Some(Trouble::Offline), None) => match heard {
            Some(heard) => (Tone::Waiting, say.with(Text::LineOfflineHeard, &heard)),
            None => (Tone::Waiting, say.t(Text::LineOfflineEmpty)),
        },
        (Some(Trouble::Busy), Some(work)) => (Tone::Waiting, say.with(Text::LineBusyUnsent, &work)),
        (Some(Trouble::Busy), None) => (Tone::Waiting, say.t(Text::LineBusy)),
        (None, _) if status.must_update => (Tone::Act, say.t(Text::LineUpdate)),
        (None, _) if !status.booted => (Tone::Waiting, say.t(Text::LineGetting)),
        (None, _) if status.holding_back => (Tone::Waiting, say.t(Text::LineHoldingBack)),
        (None, Some(work)) => (Tone::Waiting, say.with(Text::LineSending, &work)),
        (None, None) => match heard {
            Some(heard) => (Tone::Calm, say.with(Text::LineSafeAt, &heard)),
            None => (Tone::Calm, say.t(Text::LineSafe)),
        },
    }
}

/// What waits to go out, in words; nothing if the server has it all.
pub(super) fn unsent(say: Say, status: &Status) -> Option<String> {
    let changes = (status.n_unsent > 0).then(|| say.n(Text::LineChanges, status.n_unsent));
    let photos = (status.n_photos > 0).then(|| say.n(Text::LinePhotos, status.n_photos));
    match (changes, photos) {
        (Some(changes), Some(photos)) => {
            Some(say.with(Text::LineBoth, &[("changes", (&changes).into()), ("photos", (&photos).into())]))
        }
        (changes, photos) => changes.or(photos),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A day as people say it, seen from now.
pub(super) fn day(say: Say, at: Timestamp, zone: &Zone, now: Timestamp) -> String {
    let (day, today) = (zone.local(at).date, zone.local(now).date);
    if day == today {
        say.t(Text::DayToday)
    } else if today.tomorrow().is_ok_and(|tomorrow| day == tomorrow) {
        say.t(Text::DayTomorrow)
    } else if today.yesterday().is_ok_and(|yesterday| day == yesterday) {
        say.t(Text::DayYesterday)
    } else {
        named_day(say, at, zone)
    }
}

/// A day by its name and number.
pub(super) fn named_day(say: Say, at: Timestamp, zone: &Zone) -> String {
    let date = zone.local(at).date;
    let args = [
        ("weekday", Value::Number(date.weekday().to_monday_one_offset().into())),
        ("day", Value::Number(date.day().into())),
        ("month", Value::Number(date.month().into())),
    ];
    say.with(Text::DayNamed, &args)
}

/// Day and time in a zone, with the zone's short name where it is not the expert's own.
pub(super) fn when(say: Say, at: Timestamp, zone: &Zone, own: Option<&Zone>, now: Timestamp) -> String {
    let time = zone.show(at, "%H:%M");
    let named = if own.is_some_and(|own| own != zone) { zone.show(at, " %Z") } else { String::new() };
    format!("{} {time}{named}", day(say, at, zone, now))
}

/// A shift as the server writes it ("Mon 08:00–16:00"), with the day in the expert's language.
pub(super) fn shift(say: Say, written: &str) -> String {
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let named = |word: &str| match (1..).zip(days).find(|(_, day)| *day == word) {
        Some((weekday, _)) => say.with(Text::DayWeekday, &[("weekday", Value::Number(weekday))]),
        None => word.to_owned(),
    };
    // By what separates words, which stays: `Mon–Fri` names two days.
    written
        .split_inclusive(|char: char| !char.is_alphabetic())
        .map(|part| {
            let word = part.trim_end_matches(|char: char| !char.is_alphabetic());
            named(word) + &part[word.len()..]
        })
        .collect()
}

/// How long an offer stands, in minutes and seconds.
pub(super) fn countdown(say: Say, expires_at: Timestamp, now: Timestamp) -> Option<String> {
    let left = expires_at.millis_since(now);
    // Up to the next second: "0:00" is said only when it is over.
    let seconds = left.max(0).unsigned_abs().div_ceil(1_000);
    (left > 0).then(|| match seconds / 3_600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => span(say, seconds / 60),
    })
}

/// So many minutes, as hours and minutes.
pub(super) fn span(say: Say, minutes: u64) -> String {
    let number = |n: u64| Value::Number(n.try_into().unwrap_or(i64::MAX));
    say.with(Text::HoursMinutes, &[("hours", number(minutes / 60)), ("minutes", number(minutes % 60))])
}

/// Where a visit is.
pub(super) fn state(view: &TicketView) -> Text {
    if view.given_back {
        return Text::StateGivenBack;
    }
    match (view.doing, view.doc.phase) {
        (Some(Act::Accept), Phase::Accepted) => Text::StateAccepting,
        (_, Phase::Offered) => Text::StateOffered,
        (_, Phase::Accepted) => Text::StateAccepted,
        (_, Phase::EnRoute) => Text::StateEnRoute,
        (_, Phase::OnSite) => Text::StateOnSite,
        (_, Phase::Completed) => Text::StateCompleted,
        (_, Phase::Cancelled) => Text::StateCancelled,
    }
}

/// What a button for this act says.
pub(super) fn act(act: Act) -> Text {
    match act {
        Act::Accept => Text::ActAccept,
        Act::Decline => Text::ActDecline,
        Act::Depart => Text::ActDepart,
        Act::Arrive => Text::ActArrive,
        Act::Complete => Text::ActComplete,
        Act::CannotFix => Text::ActCannotFix,
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

pub(super) fn decline(reason: DeclineReason) -> (Text, Text) {
    match reason {
        DeclineReason::Busy => (Text::DeclineBusy, Text::DeclineBusyMore),
        DeclineReason::TooFar => (Text::DeclineTooFar, Text::DeclineTooFarMore),
        DeclineReason::Skill => (Text::DeclineSkill, Text::DeclineSkillMore),
        DeclineReason::Ill => (Text::DeclineIll, Text::DeclineIllMore),
        DeclineReason::Other => (Text::DeclineOther, Text::DeclineOtherMore),
    }
}

pub(super) fn outcome(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Fixed => Text::OutcomeFixed,
        Outcome::Workaround => Text::OutcomeWorkaround,
        Outcome::Replaced => Text::OutcomeReplaced,
        Outcome::NoFault => Text::OutcomeNoFault,
        Outcome::SolvedWithoutVisit => Text::OutcomeWithoutVisit,
    }
}

pub(super) fn cannot_fix(why: CannotFix) -> (Text, Text) {
    match why {
        CannotFix::Skill => (Text::CannotSkill, Text::CannotSkillMore),
        CannotFix::Part => (Text::CannotPart, Text::CannotPartMore),
        CannotFix::NoAccess => (Text::CannotNoAccess, Text::CannotNoAccessMore),
        CannotFix::WrongAddress => (Text::CannotAddress, Text::CannotAddressMore),
        CannotFix::Unsafe => (Text::CannotUnsafe, Text::CannotUnsafeMore),
    }
}

/// Why a ticket is no longer on this phone, and who has it.
pub(super) fn gone(say: Say, gone: Option<&Archived>) -> String {
    if gone.is_some_and(|gone| gone.orphan) {
        return say.t(Text::GoneOrphan);
    }
    match (gone.and_then(|gone| gone.why.as_deref()), gone.and_then(|gone| gone.holder.as_ref())) {
        (Some("reassigned"), Some(holder)) => say.with(Text::GoneTo, &[("name", holder.into())]),
        (Some("reassigned"), None) => say.t(Text::GoneReassigned),
        (Some("cancelled"), _) => say.t(Text::GoneCancelled),
        (Some("lapsed"), _) => say.t(Text::GoneLapsed),
        (Some("declined" | "released"), _) => say.t(Text::GoneDeclined),
        (Some("archived"), _) => say.t(Text::GoneArchived),
        (Some(_) | None, _) => say.t(Text::GoneOther),
    }
}

/// What became of his work on a ticket that went.
pub(super) fn kept(say: Say, gone: &Archived) -> Option<String> {
    if gone.n_unsent > 0 {
        return Some(say.t(Text::GoneWorkSafe));
    }
    (gone.n_kept > 0).then(|| say.with(Text::GoneKept, &[("n", Value::Number(gone.n_kept.into()))]))
}

/// A phone's place older than this is not where it is now.
const PLACE_MINUTES_MAX: i64 = 5;
/// A place known less exactly than this is not a door.
const PLACE_METRES_MAX: u32 = 100;

/// Where the phone stands, by its own clock, exactly enough for a pin; else why not, and what helps.
pub(super) fn standing_at(say: Say, allowed: bool, here: Option<(Location, Timestamp)>) -> Result<Place, String> {
    if !allowed {
        return Err(say.t(Text::PinOff));
    }
    let fresh = here.filter(|(here, now)| now.minutes_since(here.at) <= PLACE_MINUTES_MAX);
    let Some((here, _)) = fresh else { return Err(say.t(Text::PinNoPlace)) };
    if here.accuracy_m > PLACE_METRES_MAX {
        return Err(say.with(Text::PinInexact, &[("metres", Value::Number(here.accuracy_m.into()))]));
    }
    Ok(here.place)
}

/// What is wrong with a text, to stand after a colon or alone.
pub(super) fn bad_text(say: Say, bad: &BadText) -> String {
    match bad {
        BadText::Empty => say.t(Text::BadEmpty),
        BadText::TooLong { max } => {
            say.with(Text::BadLong, &[("max", Value::Number((*max).try_into().unwrap_or(i64::MAX)))])
        }
        BadText::Control => say.t(Text::BadControl),
        BadText::Shape { expected } => (*expected).to_owned(),
    }
}

/// What the phone could not do, and what helps.
pub(super) fn failure(say: Say, error: &Error) -> String {
    match error {
        Error::Full => say.t(Text::ErrorFull),
        Error::NoTicket => say.t(Text::ErrorNoTicket),
        Error::NoPhoto => say.t(Text::ErrorNoPhoto),
        Error::PhotoTooLarge => say.t(Text::ErrorPhotoLarge),
        Error::Closed => say.t(Text::ErrorClosed),
        Error::Bug(why) => say.with(Text::ErrorBug, &[("why", why.into())]),
        Error::Storage(_) => say.t(Text::ErrorStorage),
        Error::File(_) => say.t(Text::ErrorFile),
    }
}

/// Why nobody was signed in, and what helps.
pub(super) fn not_signed_in(say: Say, why: &SignInFailure) -> String {
    match why {
        SignInFailure::Offline => say.t(Text::SignInOffline),
        SignInFailure::Wrong => say.t(Text::SignInWrong),
        SignInFailure::NotAnExpert => say.t(Text::SignInNotExpert),
        SignInFailure::Wait { seconds } => say.n(Text::SignInWait, seconds.div_ceil(60).max(1)),
        SignInFailure::Refused(why) => why.clone(),
        SignInFailure::Phone(error) => failure(say, error),
    }
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

/// What an unread answer says: what he did, and what became of it. `gone` is its ticket, if that has gone.
pub(super) fn answer(say: Say, attention: &Attention, gone: Option<&Archived>) -> (String, String) {
    let did = match &attention.intent {
        Some(Intent::OfferAccept {}) => Text::DidAccept,
        Some(Intent::OfferDecline { .. }) => Text::DidDecline,
        Some(Intent::TicketDepart {}) => Text::DidDepart,
        Some(Intent::TicketArrive {}) => Text::DidArrive,
        Some(Intent::TicketComplete { .. }) => Text::DidComplete,
        Some(Intent::TicketLate { .. }) => Text::DidLate,
        Some(Intent::TicketCannotFix { .. }) => Text::DidCannotFix,
        Some(Intent::SitePin(_)) => Text::DidPin,
        Some(Intent::NoteAdd { .. }) => Text::DidNote,
        Some(Intent::PhotoAdd { .. }) => Text::DidPhoto,
        Some(Intent::DutySet { on: true }) => Text::DidOnDuty,
        Some(Intent::DutySet { on: false }) => Text::DidOffDuty,
        Some(Intent::ExpertSick { .. }) => Text::DidIll,
        Some(Intent::ArticleDraft { .. }) => Text::DidArticle,
        Some(Intent::ArticleHelped { .. }) => Text::DidHelped,
        Some(Intent::OfferSeen { .. } | Intent::TicketSeen { .. }) | None => Text::DidSomething,
    };
    let became = match &attention.result {
        MutationResult::Recorded(Unused::Reassigned) => match gone.and_then(|gone| gone.holder.as_ref()) {
            Some(holder) => say.with(Text::BecameTo, &[("name", holder.into())]),
            None => say.t(Text::BecameReassigned),
        },
        MutationResult::Recorded(Unused::Lapsed) => say.t(Text::BecameLapsed),
        MutationResult::Recorded(Unused::Cancelled) => say.t(Text::BecameCancelled),
        MutationResult::Recorded(Unused::UnknownTicket) => say.t(Text::BecameUnknown),
        MutationResult::Recorded(Unused::IllegalTransition) => say.t(Text::BecameIllegal),
        MutationResult::Recorded(Unused::Rule) => say.t(Text::BecameRule),
        MutationResult::Rejected(why) => say.with(Text::BecameRejected, &[("why", why.into())]),
        MutationResult::Applied | MutationResult::Noop => say.t(Text::BecameDone),
    };
    (say.t(did), became)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::say::Language;

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
            sync_line(Say::default(), &status, Some(&zone))
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
        assert_eq!(standing_at(Say::default(), true, here(5, 100)), Ok(place));
        for (here, says) in [(None, "Allow"), (here(6, 5), "Allow"), (here(0, 101), "within 101 m")] {
            assert!(standing_at(Say::default(), true, here).unwrap_err().contains(says), "{says}");
        }
    }

    #[test]
    fn times_are_those_of_the_customers_door() {
        let (site, own): (Zone, Zone) = ("America/Los_Angeles".parse().unwrap(), "America/New_York".parse().unwrap());
        let now = at("2026-03-02T15:00:00Z");
        assert_eq!(when(Say::default(), at("2026-03-02T22:00:00Z"), &site, Some(&own), now), "Today 14:00 PST");
        assert_eq!(when(Say::default(), at("2026-03-03T14:30:00Z"), &own, Some(&own), now), "Tomorrow 09:30");
        assert_eq!(when(Say::default(), at("2026-03-09T13:30:00Z"), &own, None, now), "Mon 9 Mar 09:30");
    }

    #[test]
    fn an_offer_is_over_at_its_instant_and_not_before() {
        let end = at("2026-03-02T15:05:00Z");
        let left = |ms: i64| countdown(Say::default(), end, end.plus_millis(-ms));
        assert_eq!(left(300_000).as_deref(), Some("5:00"));
        assert_eq!(left(61_500).as_deref(), Some("1:02"));
        assert_eq!(left(1).as_deref(), Some("0:01"));
        assert_eq!(left(0), None);
        assert_eq!(left(-5_000), None);
        assert_eq!(left(3_600_000 + 120_000).as_deref(), Some("1 h 2 min"));
    }

    #[test]
    fn the_other_language_says_the_same_with_its_own_days() {
        let (german, zone): (Say, Zone) = (Say::of(Language::German), "America/New_York".parse().unwrap());
        let now = at("2026-03-02T15:00:00Z");
        assert_eq!(when(german, at("2026-03-03T14:30:00Z"), &zone, Some(&zone), now), "Morgen 09:30");
        assert_eq!(when(german, at("2026-03-10T13:30:00Z"), &zone, None, now), "Di 10. März 09:30");
        assert_eq!(shift(german, "Tue 08:00–16:00"), "Di 08:00–16:00");
        assert_eq!(shift(german, "Mon–Fri 08:00–16:00, Sun"), "Mo–Fr 08:00–16:00, So");
        assert_eq!(shift(Say::default(), "Tue 08:00–16:00"), "Tue 08:00–16:00");
        let waits = Status { booted: true, n_unsent: 1, n_photos: 2, ..Status::default() };
        assert_eq!(sync_line(german, &waits, None).1, "1 Änderung und 2 Fotos werden gesendet …");
    }

    #[test]
    fn who_switched_the_place_off_is_told_where_to_switch_it_on() {
        let here = Location {
            place: Place::from_degrees(40.75, -73.99).unwrap(),
            accuracy_m: 5,
            at: at("2026-03-02T15:00:00Z"),
        };
        let refused = standing_at(Say::default(), false, Some((here, here.at))).unwrap_err();
        assert!(refused.contains("Settings"), "{refused}");
    }
}
