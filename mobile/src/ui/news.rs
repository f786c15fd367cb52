//! What happened while the expert was away: reports that changed nothing, and tickets that went. Nothing disappears
//! without being said here.

use crate::ui::hooks::{Archived, Attention, Screen, use_ui};
use crate::ui::say::Text;
use crate::ui::words;
use dioxus::prelude::*;

/// The screen.
#[component]
pub(super) fn NewsScreen() -> Element {
    let ui = use_ui();
    let say = ui.say();
    let snapshot = ui.snapshot.read();
    let (answers, gone) = (snapshot.status.attention.clone(), snapshot.archive.clone());
    let photos = snapshot.status.photo_troubles.clone();
    let nothing = answers.is_empty() && gone.is_empty() && photos.is_empty();
    rsx! {
        main { class: "page",
            header { class: "top", h1 { {say.t(Text::NewsTitle)} } }
            if nothing { p { class: "empty", "data-testid": "empty", {say.t(Text::NewsNone)} } }
            for attention in answers { Answer { key: "{attention.mid}", attention } }
            for (n , trouble) in photos.into_iter().enumerate() {
                article { key: "photo-{n}", class: "card news", "data-testid": "photo-trouble", p { "{trouble}" } }
            }
            for gone in gone { GoneTicket { key: "{gone.id}", gone } }
        }
    }
}

/// One answer to read.
#[component]
fn Answer(attention: Attention) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let snapshot = ui.snapshot.read();
    let held = attention.ticket.and_then(|id| snapshot.ticket(id)).map(|view| view.doc.clone());
    let here = held.as_ref().map(|doc| doc.id);
    let gone = attention.ticket.map(|id| id.to_string());
    let gone = gone.and_then(|id| snapshot.archive.iter().find(|gone| gone.id == id));
    let (did, became) = words::answer(say, &attention, gone);
    let archived = gone.and_then(|gone| gone.doc.clone());
    let name = held.or(archived).map(|doc| format!("{} · {}", doc.number, doc.title));
    let text = attention.intent.as_ref().and_then(words::written);
    let mid = attention.mid;
    let again = here.zip(text.clone());
    rsx! {
        article { class: "card news", "data-testid": "answer",
            if let Some(name) = name { p { class: "quiet", dir: "auto", "{name}" } }
            p { strong { "{did}" } }
            p { "{became}" }
            if let Some(text) = text { blockquote { class: "prose", dir: "auto", "{text}" } }
            if let Some((id, text)) = again {
                button { class: "second", "data-testid": "answer-again", onclick: move |_| {
                    ui.keep_draft(format!("note/{id}"), text.clone());
                    ui.go(Screen::Ticket(id));
                }, {say.t(Text::NewsAgain)} }
            }
            button { class: "second", "data-testid": "answer-ok", disabled: *ui.busy.read(), onclick: move |_| ui.mark_read(mid), {say.t(Text::Ok)} }
        }
    }
}

/// A ticket that went while his work on it was on the way.
#[component]
fn GoneTicket(gone: Archived) -> Element {
    let ui = use_ui();
    let say = ui.say();
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let name = gone.doc.as_ref().map(|doc| format!("{} · {}", doc.number, doc.title));
    let when = own.as_ref().map(|zone| words::when(say, gone.at, zone, None, *ui.minute.read()));
    rsx! {
        article { class: "card faded", "data-testid": "archived",
            if let Some(name) = name { p { class: "title", dir: "auto", "{name}" } }
            p { {words::gone(say, Some(&gone))} }
            if let Some(when) = when { p { class: "quiet small", "{when}" } }
            if let Some(kept) = words::kept(say, &gone) { p { "{kept}" } }
        }
    }
}
