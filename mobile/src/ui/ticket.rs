//! One ticket, with everything that is needed at the door and in a cellar.

use crate::ui::hooks::{navigation_link, phone_link, use_outside, use_saw, use_ui};
use crate::ui::kit::{Field, Head};
use crate::ui::knowledge::Known;
use crate::ui::offer::OfferBox;
use crate::ui::photos::Photos;
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
            if view.given_back { p { class: "box", "You gave this ticket back. It goes as soon as the server has heard of it." } }
            if doc.stopped && doc.end.is_none() {
                p { class: "box", role: "status", "data-testid": "stopped",
                    "Stop: another expert reports that this is done. Wait until the office tells you." }
            }
            if let Some(offer) = offered {
                OfferBox { ticket: id, offer }
            } else if let Some(act) = acts.first().copied() {
                button { class: "big", "data-testid": "{words::act_word(act)}", disabled: *ui.busy.read(),
                    onclick: move |_| take(ui, act, id), "{words::act(act)}" }
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
    let snapshot = ui.snapshot.read();
    let archived = snapshot.archive.iter().find(|gone| gone.id == id.to_string());
    let why = words::gone(archived.and_then(|gone| gone.why.as_deref()), archived.is_some_and(|gone| gone.orphan));
    let title = archived.and_then(|gone| gone.doc.as_ref()).map(|doc| doc.title.clone());
    let n = archived.map_or(0, |gone| gone.n_unsent);
    rsx! {
        main { class: "page",
            Head { title: "No longer here" }
            if let Some(title) = title { p { class: "title large", dir: "auto", "{title}" } }
            p { class: "box", "data-testid": "gone", "{why}" }
            if n > 0 { p { "What you did on it is safe on this phone and still goes to the office." } }
        }
    }
}

#[component]
fn Ended(doc: TicketDoc) -> Element {
    let Some(end) = doc.end else { return rsx! {} };
    rsx! {
        section { class: "box", "data-testid": "end",
            if let Some(outcome) = end.outcome { strong { "{words::outcome(outcome)}" } }
            if let Some(summary) = end.summary { p { class: "prose", dir: "auto", "{summary}" } }
        }
    }
}

/// It was to be fixed before: what was done then, so that nobody does the same once more.
#[component]
fn Earlier(earlier: EarlierDoc, site: SiteDoc) -> Element {
    let ui = use_ui();
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let when = words::when(earlier.end.at, &site.zone, own.as_ref(), *ui.minute.read());
    let who = if earlier.by_you { "You were there" } else { "A colleague was there" };
    rsx! {
        section { class: "box", "data-testid": "earlier", h2 { "It is still not working" }
            p { class: "quiet", "{who}: " bdi { dir: "ltr", "{earlier.number}" } ", {when}" }
            if let Some(outcome) = earlier.end.outcome { strong { "{words::outcome(outcome)}" } }
            if let Some(summary) = earlier.end.summary { p { class: "prose", dir: "auto", "{summary}" } }
        }
    }
}

#[component]
fn Visit(doc: TicketDoc) -> Element {
    let ui = use_ui();
    let Some(visit) = doc.visit else { return rsx! {} };
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let show = |at| words::when(at, &doc.site.zone, own.as_ref(), *ui.minute.read());
    let (start, end) = (show(visit.start_at), doc.site.zone.show(visit.end_at(), "%H:%M"));
    rsx! {
        section { h2 { "When" }
            p { "data-testid": "visit", strong { "{start} – {end}" } }
            if doc.phase == Phase::Accepted || doc.phase == Phase::Offered {
                p { class: "quiet", "Leave by {show(visit.leave_at())} · {visit.travel_minutes} min on the way" }
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
    let question = match phase {
        Phase::Accepted | Phase::EnRoute => "Running late?",
        Phase::OnSite => "Takes longer?",
        Phase::Offered | Phase::Completed | Phase::Cancelled => return rsx! {},
    };
    let late = move |minutes: u32| {
        if let Ok(minutes) = minutes.try_into() {
            ui.tap(Intent::TicketLate { minutes }, Some(id), 0);
        }
    };
    rsx! {
        section { h2 { id: "late", "{question}" }
            div { class: "thirds", role: "group", "aria-labelledby": "late",
                for minutes in LATE_MINUTES {
                    button { class: "second", key: "{minutes}", "data-testid": "late-{minutes}",
                        "aria-label": "{minutes} minutes later", disabled: *ui.busy.read(),
                        onclick: move |_| late(minutes), "+{minutes} min" }
                }
            }
            p { class: "quiet small", "The time above moves at once. Everybody who waits for you is told by us." }
        }
    }
}

#[component]
fn Where(view: TicketView) -> Element {
    let ui = use_ui();
    let (id, site) = (view.doc.id, view.doc.site.clone());
    let stands_there = view.can_pin() && view.doc.phase == Phase::OnSite;
    let outside = use_outside();
    let link = navigation_link(&site.address);
    let otherwise = format!("No app for maps opened. The address is: {}", site.address.join(", "));
    let href = link.clone();
    rsx! {
        section { h2 { "Where" }
            if site.corrected {
                p { class: "box", role: "status", "The address was corrected. This is the right one:" }
            }
            address { "data-testid": "address", for line in site.address { span { dir: "auto", "{line}" } } }
            a { class: "action", "data-testid": "navigate", href: "{href}",
                onclick: move |event| { event.prevent_default(); outside.open(ui, &link, otherwise.clone()); }, "Navigate" }
            if stands_there {
                Pin { id, pinned: site.pinned }
            } else if site.pinned {
                p { class: "quiet", "data-testid": "pinned", "The pin was set at the door." }
            }
            if let Some(note) = site.access_note {
                p { class: "box prose", dir: "auto", strong { "How to get in: " } "{note}" }
            }
        }
    }
}

/// Corrects where the site is, by one tap of whoever stands there.
#[component]
fn Pin(id: TicketId, pinned: bool) -> Element {
    let mut ui = use_ui();
    let outside = use_outside();
    let set = move |_| match words::standing_at(outside.location()) {
        Ok(place) => ui.tap(Intent::SitePin(place), Some(id), 0),
        Err(why) => ui.said.set(Some(why)),
    };
    let state = if pinned { "The pin was set at the door." } else { "The map may show the middle of the postal code." };
    rsx! {
        p { class: "quiet", "data-testid": if pinned { "pinned" } else { "not-pinned" }, "{state}" }
        button { class: "second", "data-testid": "pin", disabled: *ui.busy.read(), onclick: set,
            if pinned { "Set the pin here again" } else { "I am at the door: set the pin here" } }
    }
}

#[component]
fn Contact(contact: ContactDoc) -> Element {
    let ui = use_ui();
    let outside = use_outside();
    rsx! {
        section { h2 { "Contact" }
            p { dir: "auto", "{contact.name}" }
            if let Some(phone) = contact.phone {
                a { class: "action", "data-testid": "call", href: "{phone_link(&phone)}",
                    onclick: {
                        let (link, otherwise) = (phone_link(&phone), format!("No app for calls opened. The number is {phone}"));
                        move |event: MouseEvent| { event.prevent_default(); outside.open(ui, &link, otherwise.clone()); }
                    },
                    "Call " bdi { dir: "ltr", "{phone}" }
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
    rsx! {
        section { h2 { "What" }
            for line in product_lines(&doc.product) { p { dir: "auto", "{line}" } }
            if !doc.description.is_empty() { p { class: "prose", dir: "auto", "{doc.description}" } }
        }
        if let Some(why) = doc.why_you {
            section { h2 { "Why you" } p { class: "prose", dir: "auto", "data-testid": "why-you", "{why}" } }
        }
    }
}

#[component]
fn Notes(view: TicketView) -> Element {
    let ui = use_ui();
    let zone = view.doc.site.zone.clone();
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let now = *ui.minute.read();
    rsx! {
        section { h2 { "Notes" }
            if view.doc.notes.is_empty() { p { class: "quiet", "No notes yet." } }
            ul { class: "notes",
                for note in view.doc.notes.iter() {
                    li { key: "{note.id}", "data-testid": "note",
                        p { class: "quiet small", bdi { "{note.author}" } " · {words::when(note.at, &zone, own.as_ref(), now)}" }
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
    let key = format!("note/{id}");
    let mut text = use_signal(|| ui.draft(&format!("note/{id}")));
    let mut generation = use_signal(|| 0);
    let mut trouble = use_signal(|| None::<String>);
    let draft = key.clone();
    let parsed = move || text.peek().parse::<NoteText>();
    let add = move |_| match parsed() {
        Ok(note) => {
            ui.add_note(id, note, key.clone());
            text.set(String::new());
            trouble.set(None);
            generation += 1;
        }
        Err(why) => trouble.set(Some(format!("The note was not added: {why}."))),
    };
    rsx! {
        Field { draft, label: "Add a note", testid: "note-text", rows: 3, generation: generation(),
            trouble: trouble.read().clone(), on_text: move |typed| text.set(typed) }
        button { class: "second", "data-testid": "note-add", disabled: *ui.busy.read(), onclick: add, "Add note" }
    }
}

/// What else may be done, less often.
#[component]
fn OtherActs(id: TicketId, acts: Vec<Act>) -> Element {
    let ui = use_ui();
    if acts.is_empty() {
        return rsx! {};
    }
    rsx! {
        section { class: "other", h2 { "Something else" }
            for act in acts {
                button { class: "second", key: "{words::act_word(act)}", "data-testid": "{words::act_word(act)}",
                    disabled: *ui.busy.read(), onclick: move |_| take(ui, act, id), "{words::act(act)}" }
            }
        }
    }
}
