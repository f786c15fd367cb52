//! Reporting that a visit cannot be finished. The second tap is the reason; only a missing part asks one thing more.

use crate::ui::hooks::use_ui;
use crate::ui::kit::{Choice, Field, Head};
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
const DATES: [(&str, &str, u16); 4] = [
    ("tomorrow", "Tomorrow", 1),
    ("days", "In 3 days", 3),
    ("week", "In a week", 7),
    ("fortnight", "In two weeks", 14),
];

/// The screen.
#[component]
pub(super) fn CannotFixScreen(id: TicketId) -> Element {
    let ui = use_ui();
    let mut of_part = use_signal(|| false);
    let title = ui.snapshot.read().ticket(id).map_or_else(String::new, |view| view.doc.title.clone());
    if of_part() {
        return rsx! { Part { id } };
    }
    rsx! {
        main { class: "page",
            Head { title: "I cannot fix it" }
            p { dir: "auto", "{title}" }
            for why in CannotFix::ALL {
                Choice {
                    key: "{why.word()}", testid: "why-{why.word()}",
                    title: words::cannot_fix(why).0, text: words::cannot_fix(why).1,
                    on_choose: move |()| match why {
                        CannotFix::Part => of_part.set(true),
                        CannotFix::Skill | CannotFix::NoAccess | CannotFix::WrongAddress | CannotFix::Unsafe => {
                            let intent = Intent::TicketCannotFix { why, skills: Vec::new(), part: None, until: None };
                            ui.tap(intent, Some(id), 2);
                        }
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
                let intent = Intent::TicketCannotFix { why: CannotFix::Part, skills: Vec::new(), part, until };
                ui.tap_drafts(intent, id, vec![key.clone()], 2);
            }
            Err(why) => trouble.set(Some(why.to_string())),
        }
    };
    let choices = DATES.map(|(word, name, days)| (word, name, later(*ui.minute.read(), &zone, days)));
    rsx! {
        main { class: "page",
            Head { title: "A part is missing" }
            Field { draft, label: "Which part? (if you know)", testid: "part-name", rows: 2, generation: 0,
                trouble: trouble.read().clone(), on_text: move |typed| text.set(typed) }
            p { "When should we try again? One tap and it is done." }
            for (word, name, until) in choices {
                Choice { key: "{word}", testid: "until-{word}", title: name, text: zone.show(until, "%a %-d %b"),
                    on_choose: { let mut report = report.clone(); move |()| report(Some(until)) } }
            }
            Choice { testid: "until-unknown", title: "I do not know", text: "The office orders it and finds a date",
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
