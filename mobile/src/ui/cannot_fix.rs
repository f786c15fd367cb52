//! Reporting that a visit cannot be finished. The second tap is the reason; a missing part asks one thing more, and so does
//! a door that nobody opens: whether the contact was rung, who can be rung from there.

use crate::ui::hooks::use_ui;
use crate::ui::kit::{Choice, Field, Head};
use crate::ui::say::Text;
use crate::ui::ticket::Contact;
use crate::ui::words;
use dioxus::prelude::*;
use shared::ids::TicketId;
use shared::intent::Intent;
use shared::text::Summary;
use shared::ticket::CannotFix;
use shared::time::{Timestamp, Zone};

/// A part is tried again at this minute of its day, where the customer lives: 08:00.
const MORNING: u16 = 8 * 60;
/// When the part may be there, in days.
const DATES: [(&str, Text, u16); 4] = [
    ("tomorrow", Text::PartTomorrow, 1),
    ("days", Text::PartDays, 3),
    ("week", Text::PartWeek, 7),
    ("fortnight", Text::PartFortnight, 14),
];

/// The screen.
#[component]
pub(super) fn CannotFixScreen(id: TicketId) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let mut chosen = use_signal(|| None::<CannotFix>);
    let title = ui.snapshot.read().ticket(id).map_or_else(String::new, |view| view.doc.title.clone());
    match chosen() {
        Some(CannotFix::Part) => return rsx! { Part { id } },
        Some(why @ (CannotFix::NoAccess | CannotFix::WrongAddress)) => return rsx! { ShutOut { id, why } },
        Some(CannotFix::Skill | CannotFix::Unsafe) | None => {}
    }
    rsx! {
        main { class: "page",
            Head { title: say.t(Text::CannotTitle) }
            p { dir: "auto", "{title}" }
            for why in CannotFix::ALL {
                Choice {
                    key: "{why.word()}", testid: "why-{why.word()}",
                    title: say.t(words::cannot_fix(why).0), text: say.t(words::cannot_fix(why).1),
                    on_choose: move |()| match why {
                        CannotFix::Part | CannotFix::NoAccess | CannotFix::WrongAddress => chosen.set(Some(why)),
                        CannotFix::Skill | CannotFix::Unsafe => {
                            let intent = Intent::TicketCannotFix { why, skills: Vec::new(), part: None, until: None, called: None };
                            ui.tap(intent, Some(id), 2);
                        }
                    },
                }
            }
        }
    }
}

/// Whether the contact was rung; the number is there to be rung now.
#[component]
fn ShutOut(id: TicketId, why: CannotFix) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let contact = ui.snapshot.read().ticket(id).map(|view| view.doc.contact.clone());
    let choices =
        [("yes", Text::CalledYes, Text::CalledYesMore, true), ("no", Text::CalledNo, Text::CalledNoMore, false)];
    rsx! {
        main { class: "page",
            Head { title: say.t(words::cannot_fix(why).0) }
            if let Some(contact) = contact {
                Contact { contact }
            }
            h2 { {say.t(Text::CalledTitle)} }
            for (word, title, text, called) in choices {
                Choice { key: "{word}", testid: "called-{word}", title: say.t(title), text: say.t(text),
                    on_choose: move |()| {
                        let intent = Intent::TicketCannotFix { why, skills: Vec::new(), part: None, until: None, called: Some(called) };
                        ui.tap(intent, Some(id), 2);
                    },
                }
            }
        }
    }
}

/// Which part, and from when on to try again.
#[component]
fn Part(id: TicketId) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let key = format!("part/{id}");
    let mut text = use_signal(|| ui.draft(&format!("part/{id}")));
    let mut trouble = use_signal(|| None::<String>);
    let zone = ui.snapshot.read().ticket(id).map_or_else(Zone::utc, |view| view.doc.site.zone.clone());
    let draft = key.clone();
    let report = move |until: Option<Timestamp>| {
        let typed = text.peek().trim().to_owned();
        let part = if typed.is_empty() { Ok(None) } else { typed.parse::<Summary>().map(Some) };
        match part {
            Ok(part) => {
                let intent =
                    Intent::TicketCannotFix { why: CannotFix::Part, skills: Vec::new(), part, until, called: None };
                ui.tap_drafts(intent, id, vec![key.clone()], 2);
            }
            Err(why) => trouble.set(Some(words::bad_text(say, &why))),
        }
    };
    let choices = DATES.map(|(word, name, days)| (word, name, later(*ui.minute.read(), &zone, days)));
    rsx! {
        main { class: "page",
            Head { title: say.t(Text::CannotPart) }
            Field { draft, label: say.t(Text::PartWhich), testid: "part-name", rows: 2, generation: 0,
                trouble: trouble.read().clone(), on_text: move |typed| text.set(typed) }
            p { {say.t(Text::PartWhen)} }
            for (word, name, until) in choices {
                Choice { key: "{word}", testid: "until-{word}", title: say.t(name), text: words::named_day(say, until, &zone),
                    on_choose: { let mut report = report.clone(); move |()| report(Some(until)) } }
            }
            Choice { testid: "until-unknown", title: say.t(Text::PartUnknown), text: say.t(Text::PartUnknownMore),
                on_choose: { let mut report = report.clone(); move |()| report(None) } }
        }
    }
}

/// So many days from now, in the morning of the customer's zone.
fn later(now: Timestamp, zone: &Zone, days: u16) -> Timestamp {
    zone.instant(zone.local(now).date, days * 1_440 + MORNING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_tried_again_in_the_morning_over_a_change_of_the_clocks() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let now: Timestamp = "2026-03-06T20:00:00Z".parse().unwrap();
        assert_eq!(later(now, &zone, 1).to_string(), "2026-03-07T13:00:00Z");
        assert_eq!(later(now, &zone, 3).to_string(), "2026-03-09T12:00:00Z");
    }
}
