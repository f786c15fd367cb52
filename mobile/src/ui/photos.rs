//! The photos of a ticket: what the customer sent, what the expert took, and the button that takes one. A photo is kept
//! on the phone before this screen says so; whether its bytes are on the server yet is written below it.

use crate::ui::hooks::{Shot, Ui, use_outside, use_ui};
use crate::ui::words;
use dioxus::prelude::*;
use shared::blob::Sha;
use shared::document::PhotoDoc;
use shared::fold::TicketView;
use shared::ids::TicketId;
use shared::text::ShortLine;

/// All photos, and one more.
#[component]
pub(super) fn Photos(view: TicketView) -> Element {
    let ui = use_ui();
    let zone = view.doc.site.zone.clone();
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let now = *ui.minute.read();
    rsx! {
        section { h2 { "Photos" }
            if view.doc.photos.is_empty() { p { class: "quiet", "No photos yet." } }
            ul { class: "photos",
                for photo in view.doc.photos.iter() {
                    li { key: "{photo.id}", "data-testid": "photo",
                        Picture { sha: photo.sha, alt: described(photo) }
                        if let Some(caption) = photo.caption.clone() { p { dir: "auto", "{caption}" } }
                        p { class: "quiet small", bdi { "{photo.author}" } " · {words::when(photo.at, &zone, own.as_ref(), now)}" }
                        if !photo.here { p { class: "quiet small", "data-testid": "photo-waits", "On its way to the server" } }
                    }
                }
            }
            AddPhoto { id: view.doc.id }
        }
    }
}

/// What stands in for the picture.
fn described(photo: &PhotoDoc) -> String {
    photo.caption.clone().unwrap_or_else(|| format!("Photo by {}", photo.author))
}

#[component]
fn Picture(sha: Sha, alt: String) -> Element {
    let ui = use_ui();
    // Read again when the store has moved: a view may have come in.
    let shown = use_resource(move || async move {
        let _ = ui.snapshot.read().status.last_sync_at;
        let phone = ui.phone()?;
        let bytes = phone.store().photo(sha).await.ok().flatten()?;
        Some(address(&bytes))
    });
    let address = shown.read().clone().flatten();
    rsx! {
        match address {
            Some(address) => rsx! { img { src: "{address}", alt: "{alt}", loading: "lazy" } },
            None => rsx! { p { class: "no-picture", role: "img", "aria-label": "{alt}", "This photo is not on this phone yet." } },
        }
    }
}

/// A picture as an address of its own: the page asks nobody for it.
fn address(bytes: &[u8]) -> String {
    let kind = if bytes.starts_with(b"\x89PNG") {
        "image/png"
    } else if bytes.starts_with(b"RIFF") {
        "image/webp"
    } else {
        "image/jpeg"
    };
    format!("data:{kind};base64,{}", shared::blob::in_base64(bytes))
}

#[component]
fn AddPhoto(id: TicketId) -> Element {
    let ui = use_ui();
    let outside = use_outside();
    let mut caption = use_signal(String::new);
    let mut with_place = use_signal(|| false);
    let mut generation = use_signal(|| 0);
    let add = move |event: FormEvent| {
        let Some(file) = event.files().into_iter().next() else { return };
        let place = if *with_place.peek() {
            match words::standing_at(outside.location()) {
                Ok(place) => Some(place),
                Err(why) => return say(ui, &why),
            }
        } else {
            None
        };
        let words: Option<ShortLine> = match caption.peek().trim() {
            "" => None,
            typed => match typed.parse() {
                Ok(words) => Some(words),
                Err(why) => return say(ui, &format!("The photo was not added. What it shows: {why}.")),
            },
        };
        caption.set(String::new());
        with_place.set(false);
        generation += 1;
        ui.keep_photo(id, async move {
            let bytes =
                file.read_bytes().await.map_err(|_| "The photo could not be read. Please take it again.".to_owned())?;
            Ok(Shot { bytes: bytes.to_vec(), caption: words, place })
        });
    };
    rsx! {
        div { class: "add-photo", key: "{generation}",
            label { r#for: "photo-caption", "What the next photo shows (may stay empty)" }
            input { id: "photo-caption", r#type: "text", maxlength: 120, "data-testid": "photo-caption",
                initial_value: "", oninput: move |event| caption.set(event.value()) }
            label { class: "row", r#for: "photo-place",
                input { id: "photo-place", r#type: "checkbox", "data-testid": "photo-place",
                    onchange: move |event| with_place.set(event.checked()) }
                "Say with it where I stand. Otherwise no place is sent."
            }
            label { class: "second button", r#for: "photo-file", "Take or choose a photo" }
            input { id: "photo-file", class: "file", r#type: "file", accept: "image/jpeg,image/png,image/webp",
                capture: "environment", "data-testid": "photo-add", disabled: *ui.busy.read(), onchange: add }
        }
    }
}

fn say(mut ui: Ui, words: &str) {
    ui.said.set(Some(words.to_owned()));
}
