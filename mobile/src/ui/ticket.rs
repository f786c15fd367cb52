//! One ticket, with everything that is needed at the door and in a cellar.

use crate::ui::hooks::{navigation_link, phone_link, use_outside, use_saw, use_ui};
use crate::ui::kit::{Field, Head};
use crate::ui::knowledge::Known;
use crate::ui::offer::OfferBox;
use crate::ui::photos::Photos;
use crate::ui::say::{Text, Value};
use crate::ui::today::{Chips, take};
use crate::ui::words;
use dioxus::prelude::*;
use shared::document::{ContactDoc, EarlierDoc, ProductDoc, SiteDoc, TicketDoc};
use shared::fold::TicketView;
use shared::ids::TicketId;
use shared::intent::Intent;
use shared::text::NoteText;
use shared::ticket::{Act, Phase};

/// The screen.
#[component]
pub(super) fn TicketScreen(id: TicketId) -> Element {
    let ui = use_ui();
    let say = ui.say();
    use_saw(ui, id);
    let Some(view) = ui.snapshot.read().ticket(id).cloned() else { return rsx! { Gone { id } } };
    let doc = view.doc.clone();
    let acts = view.next_acts();
    let offered = doc.offer.filter(|_| doc.phase == Phase::Offered && !view.given_back);
    rsx! {
        main { class: "page",
            Head { title: doc.number.to_string() }
            div { class: "row", Chips { view: view.clone() } }
            p { class: "title large", dir: "auto", "data-testid": "ticket-title", "{doc.title}" }
            if view.given_back { p { class: "box", {say.t(Text::GivenBack)} } }
            if doc.stopped && doc.end.is_none() {
                p { class: "box", role: "status", "data-testid": "stopped",
                    {say.t(Text::Stopped)} }
            }
            if let Some(offer) = offered {
                OfferBox { ticket: id, offer }
            } else if let Some(act) = acts.first().copied() {
                button { class: "big", "data-testid": "{words::act_word(act)}", disabled: *ui.busy.read(),
                    onclick: move |_| take(ui, act, id), {say.t(words::act(act))} }
            }
            Ended { doc: doc.clone() }
            if let Some(earlier) = doc.earlier.clone() { Earlier { earlier, site: doc.site.clone() } }
            Visit { doc: doc.clone() }
            if !view.given_back { Late { id, phase: doc.phase } }
            Where { view: view.clone() }
            Contact { contact: doc.contact.clone() }
            What { doc: doc.clone() }
            Photos { view: view.clone() }
            Known { key: "{doc.ver}", doc: doc.clone() }
            Notes { view: view.clone() }
            if offered.is_none() { OtherActs { id, acts: acts.iter().skip(1).copied().collect::<Vec<_>>() } }
        }
    }
}

/// A ticket that left the phone while it was open, or that was opened from an old answer.
#[component]
fn Gone(id: TicketId) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let snapshot = ui.snapshot.read();
    let archived = snapshot.archive.iter().find(|gone| gone.id == id.to_string());
    let (why, kept) = (words::gone(say, archived), archived.and_then(|gone| words::kept(say, gone)));
    let title = archived.and_then(|gone| gone.doc.as_ref()).map(|doc| doc.title.clone());
    rsx! {
        main { class: "page",
            Head { title: say.t(Text::GoneTitle) }
            if let Some(title) = title { p { class: "title large", dir: "auto", "{title}" } }
            p { class: "box", "data-testid": "gone", "{why}" }
            if let Some(kept) = kept { p { "{kept}" } }
        }
    }
}

#[component]
fn Ended(doc: TicketDoc) -> Element {
    let say = use_ui().say();
    let Some(end) = doc.end else { return rsx! {} };
    rsx! {
        section { class: "box", "data-testid": "end",
            if let Some(outcome) = end.outcome { strong { {say.t(words::outcome(outcome))} } }
            if let Some(summary) = end.summary { p { class: "prose", dir: "auto", "{summary}" } }
        }
    }
}

/// It was to be fixed before: what was done then, so that nobody does the same once more.
#[component]
fn Earlier(earlier: EarlierDoc, site: SiteDoc) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let when = words::when(say, earlier.end.at, &site.zone, own.as_ref(), *ui.minute.read());
    let who = say.t(if earlier.by_you { Text::EarlierYou } else { Text::EarlierColleague });
    rsx! {
        section { class: "box", "data-testid": "earlier", h2 { {say.t(Text::EarlierTitle)} }
            p { class: "quiet", "{who} " bdi { dir: "ltr", "{earlier.number}" } ", {when}" }
            if let Some(outcome) = earlier.end.outcome { strong { {say.t(words::outcome(outcome))} } }
            if let Some(summary) = earlier.end.summary { p { class: "prose", dir: "auto", "{summary}" } }
        }
    }
}

#[component]
fn Visit(doc: TicketDoc) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let Some(visit) = doc.visit else { return rsx! {} };
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let show = |at| words::when(say, at, &doc.site.zone, own.as_ref(), *ui.minute.read());
    let (start, end) = (show(visit.start_at), doc.site.zone.show(visit.end_at(), "%H:%M"));
    let (leave, minutes) = (show(visit.leave_at()), Value::Number(visit.travel_minutes.into()));
    let leave = say.with(Text::LeaveBy, &[("when", (&leave).into()), ("minutes", minutes)]);
    rsx! {
        section { h2 { {say.t(Text::WhenTitle)} }
            p { "data-testid": "visit", strong { "{start} – {end}" } }
            if doc.phase == Phase::Accepted || doc.phase == Phase::Offered {
                p { class: "quiet", "{leave}" }
            }
        }
    }
}

/// How late one tap says to be, in minutes.
const LATE_MINUTES: [u32; 3] = [15, 30, 60];

/// One thumb, one tap: the visits after this one move, and their customers hear of it from the server.
#[component]
fn Late(id: TicketId, phase: Phase) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let question = match phase {
        Phase::Accepted | Phase::EnRoute => Text::LateTitle,
        Phase::OnSite => Text::LateOnSite,
        Phase::Offered | Phase::Completed | Phase::Cancelled => return rsx! {},
    };
    let late = move |minutes: u32| {
        if let Ok(minutes) = minutes.try_into() {
            ui.late(Intent::TicketLate { minutes }, id);
        }
    };
    rsx! {
        section { h2 { id: "late", {say.t(question)} }
            div { class: "thirds", role: "group", "aria-labelledby": "late",
                for minutes in LATE_MINUTES {
                    button { class: "second", key: "{minutes}", "data-testid": "late-{minutes}",
                        "aria-label": say.with(Text::LateLabel, &[("minutes", Value::Number(minutes.into()))]), disabled: *ui.busy.read(),
                        onclick: move |_| late(minutes), {say.with(Text::LateButton, &[("minutes", Value::Number(minutes.into()))])} }
                }
            }
            if ui.snapshot.read().untold_late == Some(id) {
                button { class: "second", "data-testid": "late-undo", disabled: *ui.busy.read(),
                    onclick: move |_| ui.take_back_late(id), {say.t(Text::LateUndo)} }
            }
            p { class: "quiet small", {say.t(Text::LateHelp)} }
        }
    }
}

#[component]
fn Where(view: TicketView) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let (id, site) = (view.doc.id, view.doc.site.clone());
    let stands_there = view.can_pin() && view.doc.phase == Phase::OnSite;
    let outside = use_outside();
    let link = navigation_link(&site.address);
    let otherwise = say.with(Text::NoMaps, &[("address", (&site.address.join(", ")).into())]);
    let href = link.clone();
    rsx! {
        section { h2 { {say.t(Text::WhereTitle)} }
            if site.corrected {
                p { class: "box", role: "status", {say.t(Text::AddressCorrected)} }
            }
            address { "data-testid": "address", for line in site.address { span { dir: "auto", "{line}" } } }
            a { class: "action", "data-testid": "navigate", href: "{href}",
                onclick: move |event| { event.prevent_default(); outside.open(ui, &link, otherwise.clone()); }, {say.t(Text::Navigate)} }
            if stands_there {
                Pin { id, pinned: site.pinned }
            } else if site.pinned {
                p { class: "quiet", "data-testid": "pinned", {say.t(Text::PinSet)} }
            }
            if let Some(note) = site.access_note {
                p { class: "box prose", dir: "auto", strong { {say.t(Text::AccessNote)} } " {note}" }
            }
        }
    }
}

/// Corrects where the site is, by one tap of whoever stands there.
#[component]
fn Pin(id: TicketId, pinned: bool) -> Element {
    let mut ui = use_ui();
    let say = ui.say();
    let outside = use_outside();
    let set = move |_| match words::standing_at(say, ui.settings.peek().place, outside.location()) {
        Ok(place) => ui.tap(Intent::SitePin(place), Some(id), 0),
        Err(why) => ui.said.set(Some(why)),
    };
    let state = say.t(if pinned { Text::PinSet } else { Text::PinMiddle });
    rsx! {
        p { class: "quiet", "data-testid": if pinned { "pinned" } else { "not-pinned" }, "{state}" }
        button { class: "second", "data-testid": "pin", disabled: *ui.busy.read(), onclick: set,
            {say.t(if pinned { Text::PinAgain } else { Text::PinHere })} }
    }
}

#[component]
pub(super) fn Contact(contact: ContactDoc) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let outside = use_outside();
    rsx! {
        section { h2 { {say.t(Text::ContactTitle)} }
            p { dir: "auto", "{contact.name}" }
            if let Some(phone) = contact.phone {
                a { class: "action", "data-testid": "call", href: "{phone_link(&phone)}",
                    onclick: {
                        let (link, otherwise) = (phone_link(&phone), say.with(Text::NoCalls, &[("phone", (&phone).into())]));
                        move |event: MouseEvent| { event.prevent_default(); outside.open(ui, &link, otherwise.clone()); }
                    },
                    {say.t(Text::Call)} " " bdi { dir: "ltr", "{phone}" }
                }
            }
        }
    }
}

fn product_lines(product: &ProductDoc) -> Vec<String> {
    let named = [product.make.clone(), product.model.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let kind = product
        .symptom
        .as_ref()
        .map_or_else(|| product.category.clone(), |symptom| format!("{} – {symptom}", product.category));
    [kind, named].into_iter().filter(|line| !line.is_empty()).collect()
}

#[component]
fn What(doc: TicketDoc) -> Element {
    let say = use_ui().say();
    rsx! {
        section { h2 { {say.t(Text::WhatTitle)} }
            for line in product_lines(&doc.product) { p { dir: "auto", "{line}" } }
            if !doc.description.is_empty() { p { class: "prose", dir: "auto", "{doc.description}" } }
        }
        if let Some(why) = doc.why_you {
            section { h2 { {say.t(Text::WhyYouTitle)} } p { class: "prose", dir: "auto", "data-testid": "why-you", "{why}" } }
        }
    }
}

#[component]
fn Notes(view: TicketView) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let zone = view.doc.site.zone.clone();
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let now = *ui.minute.read();
    rsx! {
        section { h2 { {say.t(Text::NotesTitle)} }
            if view.doc.notes.is_empty() { p { class: "quiet", {say.t(Text::NotesNone)} } }
            ul { class: "notes",
                for note in view.doc.notes.iter() {
                    li { key: "{note.id}", "data-testid": "note",
                        p { class: "quiet small", bdi { "{note.author}" } " · {words::when(say, note.at, &zone, own.as_ref(), now)}" }
                        p { class: "prose", dir: "auto", "{note.text}" }
                    }
                }
            }
            AddNote { id: view.doc.id }
        }
    }
}

#[component]
fn AddNote(id: TicketId) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let key = format!("note/{id}");
    let mut text = use_signal(|| ui.draft(&format!("note/{id}")));
    let mut generation = use_signal(|| 0);
    let mut trouble = use_signal(|| None::<String>);
    let draft = key.clone();
    let parsed = move || text.peek().parse::<NoteText>();
    let add = move |_| match parsed() {
        Ok(note) => {
            if !ui.add_note(id, note, key.clone()) {
                return;
            }
            text.set(String::new());
            trouble.set(None);
            generation += 1;
        }
        Err(why) => {
            let why = words::bad_text(say, &why);
            trouble.set(Some(say.with(Text::NoteNotAdded, &[("why", (&why).into())])));
        }
    };
    rsx! {
        Field { draft, label: say.t(Text::NoteAddLabel), testid: "note-text", rows: 3, generation: generation(),
            trouble: trouble.read().clone(), on_text: move |typed| text.set(typed) }
        button { class: "second", "data-testid": "note-add", disabled: *ui.busy.read(), onclick: add, {say.t(Text::NoteAdd)} }
    }
}

/// What else may be done, less often.
#[component]
fn OtherActs(id: TicketId, acts: Vec<Act>) -> Element {
    let ui = use_ui();
    let say = ui.say();
    if acts.is_empty() {
        return rsx! {};
    }
    rsx! {
        section { class: "other", h2 { {say.t(Text::OtherActs)} }
            for act in acts {
                button { class: "second", key: "{words::act_word(act)}", "data-testid": "{words::act_word(act)}",
                    disabled: *ui.busy.read(), onclick: move |_| take(ui, act, id), {say.t(words::act(act))} }
            }
        }
    }
}
