//! An open offer: how long it stands by the server's clock, yes, and no.

use crate::ui::hooks::{Screen, use_ui};
use crate::ui::say::Text;
use crate::ui::words;
use dioxus::prelude::*;
use shared::document::OfferDoc;
use shared::ids::TicketId;
use shared::intent::Intent;

/// Countdown and both answers.
#[component]
pub(super) fn OfferBox(ticket: TicketId, offer: OfferDoc) -> Element {
    let ui = use_ui();
    let say = ui.say();
    rsx! {
        div { class: "offer-box",
            Countdown { offer }
            div { class: "pair",
                button { class: "big", "data-testid": "accept", disabled: *ui.busy.read(),
                    onclick: move |_| ui.tap(Intent::OfferAccept {}, Some(ticket), 0), {say.t(Text::OfferAccept)} }
                button { class: "second", "data-testid": "decline", onclick: move |_| ui.go(Screen::Decline(ticket)), {say.t(Text::OfferDecline)} }
            }
        }
    }
}

/// How long it stands. Drawn alone, because it changes each second.
#[component]
pub(super) fn Countdown(offer: OfferDoc) -> Element {
    let ui = use_ui();
    let say = ui.say();
    match words::countdown(say, offer.expires_at, *ui.now.read()) {
        Some(left) => rsx! {
            p { class: "countdown", role: "timer", "data-testid": "countdown", {say.t(Text::OfferStands)} " " strong { "{left}" } }
        },
        None => rsx! {
            p { class: "countdown over", role: "timer", "data-testid": "countdown",
                {say.t(Text::OfferOver)} }
        },
    }
}
