//! Saying no, before or after having said yes: one tap on the reason.

use crate::ui::hooks::use_ui;
use crate::ui::kit::{Choice, Head};
use crate::ui::say::Text;
use crate::ui::words;
use dioxus::prelude::*;
use shared::ids::TicketId;
use shared::intent::Intent;
use shared::offer::DeclineReason;
use shared::ticket::Phase;

/// The screen.
#[component]
pub(super) fn DeclineScreen(id: TicketId) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let view = ui.snapshot.read().ticket(id).cloned();
    let is_offer = view.as_ref().is_some_and(|view| view.doc.phase == Phase::Offered);
    let title = view.map_or_else(String::new, |view| view.doc.title);
    rsx! {
        main { class: "page",
            Head { title: say.t(if is_offer { Text::DeclineTitle } else { Text::GiveBackTitle }) }
            p { dir: "auto", "{title}" }
            if !is_offer { p { class: "box", {say.t(Text::GiveBackWarning)} } }
            p { {say.t(Text::DeclineWhy)} }
            for reason in DeclineReason::ALL {
                Choice {
                    key: "{reason.word()}", testid: "reason-{reason.word()}",
                    title: say.t(words::decline(reason).0), text: say.t(words::decline(reason).1),
                    on_choose: move |()| ui.tap(Intent::OfferDecline { reason, skills: Vec::new() }, Some(id), 1),
                }
            }
        }
    }
}
