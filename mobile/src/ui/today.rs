//! The first screen: offers first, then the visits by their start, each with its one next step.

use crate::ui::duty::Duty;
use crate::ui::hooks::{Screen, Ui, use_ui};
use crate::ui::offer::OfferBox;
use crate::ui::words;
use dioxus::prelude::*;
use shared::fold::TicketView;
use shared::intent::Intent;
use shared::ticket::{Act, Phase};

/// Ended visits that are shown.
const ENDED_MAX: usize = 20;

/// The screen.
#[component]
pub(super) fn TodayScreen() -> Element {
    let ui = use_ui();
    let snapshot = ui.snapshot.read();
    let is_offer = |view: &&TicketView| view.doc.phase == Phase::Offered && !view.given_back;
    let is_ended = |view: &&TicketView| matches!(view.doc.phase, Phase::Completed | Phase::Cancelled);
    let offers: Vec<_> = snapshot.tickets.iter().filter(is_offer).cloned().collect();
    let visits: Vec<_> = snapshot.tickets.iter().filter(|view| !is_offer(view) && !is_ended(view)).cloned().collect();
    let ended: Vec<_> = snapshot.tickets.iter().rev().filter(is_ended).take(ENDED_MAX).cloned().collect();
    let name = snapshot.expert.as_ref().map_or_else(String::new, |expert| expert.name.clone());
    rsx! {
        main { class: "page",
            header { class: "top", h1 { dir: "auto", "{name}" } Duty {} }
            if !offers.is_empty() {
                section { aria_label: "Offers", h2 { "Offers" }
                    for view in offers { Card { key: "{view.doc.id}", view } }
                }
            }
            section { aria_label: "Visits", h2 { "Visits" }
                if visits.is_empty() { Nothing {} }
                for (place, view) in visits.into_iter().enumerate() { Card { key: "{view.doc.id}", first: place == 0, view } }
            }
            if !ended.is_empty() {
                section { aria_label: "Ended", h2 { "Ended" }
                    for view in ended { Card { key: "{view.doc.id}", view } }
                }
            }
        }
    }
}

/// Nothing to do, and whether that is so or only not known yet.
#[component]
fn Nothing() -> Element {
    let ui = use_ui();
    let snapshot = ui.snapshot.read();
    let on_duty = snapshot.expert.as_ref().is_some_and(|expert| expert.on_duty);
    let text = match (snapshot.status.booted, on_duty) {
        (false, _) => "Your tickets are being fetched. They appear here by themselves.",
        (true, true) => "No visit is planned. New offers appear here and ring.",
        (true, false) => "No visit is planned. You are off duty: no offers come.",
    };
    let n = snapshot.status.n_unreadable;
    rsx! {
        p { class: "empty", "data-testid": "empty", "{text}" }
        if n > 0 { p { class: "error", "{n} of your tickets need a newer app. Please update it." } }
    }
}

/// A ticket in the list.
#[component]
fn Card(view: TicketView, #[props(default)] first: bool) -> Element {
    let ui = use_ui();
    let doc = &view.doc;
    let (id, number) = (doc.id, doc.number.to_string());
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let now = ui.minute.read();
    let time = doc.visit.map(|visit| words::when(visit.start_at, &doc.site.zone, own.as_ref(), *now));
    let place = doc.site.address.last().cloned().unwrap_or_default();
    let next = view.next_acts().first().copied().filter(|act| *act != Act::Accept && *act != Act::Decline);
    let class = if view.given_back || view.next_acts().is_empty() { "card faded" } else { "card" };
    rsx! {
        article { class, "data-testid": "card",
            button { class: "open", "data-testid": "ticket-{number}", onclick: move |_| ui.go(Screen::Ticket(id)),
                span { class: "row",
                    if let Some(time) = time { strong { "{time}" } }
                    Chips { view: view.clone() }
                }
                span { class: "title", dir: "auto", "{doc.title}" }
                span { class: "quiet", dir: "auto", "{doc.product.category} · {place}" }
            }
            if let Some(offer) = doc.offer.filter(|_| doc.phase == Phase::Offered && !view.given_back) {
                OfferBox { ticket: id, offer }
            } else if let Some(act) = next {
                button { class: if first { "big" } else { "second" }, "data-testid": "next-{number}", disabled: *ui.busy.read(),
                    onclick: move |_| take(ui, act, id), "{words::act(act)}" }
            }
        }
    }
}

/// Does an act, or opens the screen that it needs. What only needs a tap is done by the tap.
pub(super) fn take(ui: Ui, act: Act, id: shared::ids::TicketId) {
    match act {
        Act::Accept => ui.tap(Intent::OfferAccept {}, Some(id), 0),
        Act::Depart => ui.tap(Intent::TicketDepart {}, Some(id), 0),
        Act::Arrive => ui.tap(Intent::TicketArrive {}, Some(id), 0),
        Act::Decline => ui.go(Screen::Decline(id)),
        Act::Complete => ui.go(Screen::Complete(id)),
        Act::CannotFix => ui.go(Screen::CannotFix(id)),
    }
}

/// State, urgency, and what is not sent yet.
#[component]
pub(super) fn Chips(view: TicketView) -> Element {
    rsx! {
        span { class: "chips",
            if view.doc.urgent { span { class: "chip urgent", "Urgent" } }
            if view.doc.site.corrected { span { class: "chip urgent", "data-testid": "corrected", "Address corrected" } }
            span { class: "chip", "data-testid": "state", "{words::state(&view)}" }
            if view.n_unsent > 0 { span { class: "chip unsent", "data-testid": "unsent", "Not sent yet" } }
        }
    }
}
