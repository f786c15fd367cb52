//! The first screen: offers first, then the visits by their start, each with its one next step.

use crate::ui::duty::Duty;
use crate::ui::hooks::{Screen, Ui, use_ui};
use crate::ui::offer::OfferBox;
use crate::ui::say::{Text, Value};
use crate::ui::words;
use dioxus::prelude::*;
use shared::fold::TicketView;
use shared::intent::Intent;
use shared::ticket::{Act, Phase};
use shared::time::Timestamp;

/// Ended visits that are shown.
const ENDED_MAX: usize = 20;
/// Visits that are drawn at once; a thousand would keep the first one waiting.
const PAGE: usize = 30;

/// The screen.
#[component]
pub(super) fn TodayScreen() -> Element {
    let ui = use_ui();
    let say = ui.say();
    let snapshot = ui.snapshot.read();
    let is_offer = |view: &&TicketView| view.doc.phase == Phase::Offered && !view.given_back;
    let is_ended = |view: &&TicketView| matches!(view.doc.phase, Phase::Completed | Phase::Cancelled);
    let offers: Vec<_> = snapshot.tickets.iter().filter(is_offer).cloned().collect();
    let visits: Vec<_> = snapshot.tickets.iter().filter(|view| !is_offer(view) && !is_ended(view)).cloned().collect();
    let ended: Vec<_> = snapshot.tickets.iter().rev().filter(is_ended).take(ENDED_MAX).cloned().collect();
    let mut n_shown = use_signal(|| PAGE);
    let n_hidden = visits.len().saturating_sub(n_shown());
    let nothing = visits.is_empty();
    let timeline = timeline(visits.into_iter().take(n_shown()).collect());
    let name = snapshot.expert.as_ref().map_or_else(String::new, |expert| expert.name.clone());
    rsx! {
        main { class: "page",
            header { class: "top", h1 { dir: "auto", "{name}" } Duty {} }
            if !offers.is_empty() {
                section { aria_labelledby: "offers", h2 { id: "offers", {say.t(Text::Offers)} }
                    for view in offers { Card { key: "{view.doc.id}", view } }
                }
            }
            section { aria_labelledby: "visits", h2 { id: "visits", {say.t(Text::Visits)} }
                if nothing { Nothing {} }
                for (place, (view, before)) in timeline.into_iter().enumerate() {
                    Card { key: "{view.doc.id}", first: place == 0, before, view }
                }
                if n_hidden > 0 {
                    button { class: "second", "data-testid": "more", onclick: move |_| n_shown += PAGE,
                        {say.n(Text::MoreVisits, i64::try_from(n_hidden).unwrap_or(i64::MAX))} }
                }
            }
            if !ended.is_empty() {
                section { aria_labelledby: "ended", h2 { id: "ended", {say.t(Text::Ended)} }
                    for view in ended { Card { key: "{view.doc.id}", view } }
                }
            }
        }
    }
}

/// What lies between two visits, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    /// The way, and what is free besides.
    Way { travel: u32, free: u32 },
    /// The one before ends after the way to this one must begin.
    TooTight { travel: u32 },
}

/// The visits with what lies before each; nothing before the first, and before one that begins on another day.
fn timeline(visits: Vec<TicketView>) -> Vec<(TicketView, Option<Gap>)> {
    let mut ends = None;
    let mut line = Vec::with_capacity(visits.len());
    for view in visits {
        let visit = view.doc.visit;
        let gap = visit.zip(ends).and_then(|(visit, ended): (_, Timestamp)| {
            let (zone, travel) = (&view.doc.site.zone, visit.travel_minutes);
            let minutes = visit.start_at.minutes_since(ended) - i64::from(travel);
            let one_day = zone.local(visit.start_at).date == zone.local(ended).date;
            one_day.then(|| match u32::try_from(minutes) {
                Ok(free) => Gap::Way { travel, free },
                Err(_) => Gap::TooTight { travel },
            })
        });
        ends = visit.map(|visit| visit.end_at()).max(ends);
        line.push((view, gap));
    }
    line
}

/// The way to the next visit, and what is free before it.
#[component]
fn Between(between: Gap) -> Element {
    let say = use_ui().say();
    let way = |travel: u32| say.with(Text::Travel, &[("minutes", Value::Number(travel.into()))]);
    match between {
        Gap::Way { travel, free: 0 } => rsx! { p { class: "between", "data-testid": "between", {way(travel)} } },
        Gap::Way { travel, free } => {
            let free = words::span(say, free.into());
            rsx! { p { class: "between", "data-testid": "between", {way(travel)} " · " {say.with(Text::Gap, &[("span", (&free).into())])} } }
        }
        Gap::TooTight { travel } => rsx! {
            p { class: "between tight", "data-testid": "between", {way(travel)} " · " {say.t(Text::Overlap)} }
        },
    }
}

/// Nothing to do, and whether that is so or only not known yet.
#[component]
fn Nothing() -> Element {
    let ui = use_ui();
    let say = ui.say();
    let snapshot = ui.snapshot.read();
    let on_duty = snapshot.expert.as_ref().is_some_and(|expert| expert.on_duty);
    let text = match (snapshot.status.booted, on_duty) {
        (false, _) => Text::NothingFetching,
        (true, true) => Text::NothingOnDuty,
        (true, false) => Text::NothingOffDuty,
    };
    let n = snapshot.status.n_unreadable;
    rsx! {
        p { class: "empty", "data-testid": "empty", {say.t(text)} }
        if n > 0 { p { class: "error", {say.n(Text::NUnreadable, n)} } }
    }
}

/// A ticket in the list.
#[component]
fn Card(view: TicketView, #[props(default)] first: bool, #[props(default)] before: Option<Gap>) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let doc = &view.doc;
    let (id, number) = (doc.id, doc.number.to_string());
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let now = ui.minute.read();
    let time = doc.visit.map(|visit| words::when(say, visit.start_at, &doc.site.zone, own.as_ref(), *now));
    let place = doc.site.address.last().cloned().unwrap_or_default();
    let next = view.next_acts().first().copied().filter(|act| *act != Act::Accept && *act != Act::Decline);
    let class = if view.given_back || view.next_acts().is_empty() { "card faded" } else { "card" };
    rsx! {
        if let Some(between) = before { Between { between } }
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
                    onclick: move |_| take(ui, act, id), {say.t(words::act(act))} }
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
    let say = use_ui().say();
    rsx! {
        span { class: "chips",
            if view.doc.urgent { span { class: "chip urgent", {say.t(Text::ChipUrgent)} } }
            if view.doc.site.corrected { span { class: "chip urgent", "data-testid": "corrected", {say.t(Text::ChipCorrected)} } }
            span { class: "chip", "data-testid": "state", {say.t(words::state(&view))} }
            if view.n_unsent > 0 { span { class: "chip unsent", "data-testid": "unsent", {say.t(Text::ChipUnsent)} } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::document::TicketDoc;

    fn visit(start_at: &str, travel_minutes: u32, work_minutes: u32) -> TicketView {
        let doc: TicketDoc = serde_json::from_value(json!({
            "id": "0199a3f0-0000-7000-8000-000000000001", "number": shared::number::TicketNumber::from_hash([1; 5]), "ver": 1, "phase": "accepted",
            "title": "No picture", "description": "", "product": {"category": "Television"},
            "visit": {"start_at": start_at, "travel_minutes": travel_minutes, "work_minutes": work_minutes},
            "site": {"address": ["1 Main St"], "zone": "America/New_York"}, "contact": {"name": "Mia"}
        }))
        .unwrap();
        TicketView { doc, n_unsent: 0, doing: None, given_back: false }
    }

    #[test]
    fn between_two_visits_stand_the_way_and_what_is_free() {
        let day = vec![
            visit("2026-03-02T14:00:00Z", 20, 60),
            visit("2026-03-02T16:30:00Z", 30, 60),
            visit("2026-03-02T17:50:00Z", 20, 30),
            visit("2026-03-02T18:30:00Z", 25, 30),
            visit("2026-03-03T14:00:00Z", 20, 60),
        ];
        let gaps: Vec<_> = timeline(day).into_iter().map(|(_, gap)| gap).collect();
        let expected = [
            None,
            Some(Gap::Way { travel: 30, free: 60 }),
            Some(Gap::Way { travel: 20, free: 0 }),
            Some(Gap::TooTight { travel: 25 }),
            None,
        ];
        assert_eq!(gaps, expected);
    }
}
