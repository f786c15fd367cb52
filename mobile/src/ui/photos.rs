//! The photos of a ticket: what the customer sent, what the expert took, and the button that takes one. A photo is kept
//! on the phone before this screen says so; whether its bytes are on the server yet is written below it.

use crate::ui::hooks::{Shot, Ui, use_outside, use_ui};
use crate::ui::say::{Say, Text};
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
    let say = ui.say();
    let zone = view.doc.site.zone.clone();
    let own = ui.snapshot.read().expert.as_ref().map(|expert| expert.zone.clone());
    let now = *ui.minute.read();
    rsx! {
        section { h2 { {say.t(Text::PhotosTitle)} }
            if view.doc.photos.is_empty() { p { class: "quiet", {say.t(Text::PhotosNone)} } }
            ul { class: "photos",
                for photo in view.doc.photos.iter() {
                    li { key: "{photo.id}", "data-testid": "photo",
                        Picture { sha: photo.sha, alt: described(say, photo) }
                        if let Some(caption) = photo.caption.clone() { p { dir: "auto", "{caption}" } }
                        p { class: "quiet small", bdi { "{photo.author}" } " · {words::when(say, photo.at, &zone, own.as_ref(), now)}" }
                        if !photo.here { p { class: "quiet small", "data-testid": "photo-waits", {say.t(Text::PhotoWaits)} } }
                    }
                }
            }
            AddPhoto { id: view.doc.id }
        }
    }
}

/// What stands in for the picture.
fn described(say: Say, photo: &PhotoDoc) -> String {
    photo.caption.clone().unwrap_or_else(|| say.with(Text::PhotoBy, &[("author", (&photo.author).into())]))
}

#[component]
fn Picture(sha: Sha, alt: String) -> Element {
    let ui = use_ui();
    let say = ui.say();
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
            None => rsx! { p { class: "no-picture", role: "img", "aria-label": "{alt}", {say.t(Text::PhotoNotHere)} } },
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
    let say = ui.say();
    let outside = use_outside();
    let mut caption = use_signal(String::new);
    let mut with_place = use_signal(|| false);
    let mut generation = use_signal(|| 0);
    // The page has read one: it is kept with what was said of it.
    use_effect(move || {
        let Some(bytes) = ui.take_picked() else { return };
        let place = if *with_place.peek() {
            match words::standing_at(say, ui.settings.peek().place, outside.location()) {
                Ok(place) => Some(place),
                Err(why) => return tell(ui, why),
            }
        } else {
            None
        };
        let words: Option<ShortLine> = match caption.peek().trim() {
            "" => None,
            typed => match typed.parse() {
                Ok(words) => Some(words),
                Err(why) => {
                    let why = words::bad_text(say, &why);
                    return tell(ui, say.with(Text::PhotoNotAdded, &[("why", (&why).into())]));
                }
            },
        };
        caption.set(String::new());
        with_place.set(false);
        generation += 1;
        ui.keep_photo(id, Shot { bytes, caption: words, place });
    });
    rsx! {
        div { class: "add-photo", key: "{generation}",
            label { r#for: "photo-caption", {say.t(Text::PhotoCaption)} }
            input { id: "photo-caption", r#type: "text", maxlength: 120, "data-testid": "photo-caption",
                initial_value: "", oninput: move |event| caption.set(event.value()) }
            label { class: "row", r#for: "photo-place",
                input { id: "photo-place", r#type: "checkbox", "data-testid": "photo-place",
                    onchange: move |event| with_place.set(event.checked()) }
                {say.t(Text::PhotoWithPlace)}
            }
            // Two buttons: with `capture` a phone opens its camera and nothing else, without it what it has.
            label { class: "second button", r#for: "photo-camera", {say.t(Text::PhotoTake)} }
            input { id: "photo-camera", class: "file", r#type: "file", accept: "image/jpeg,image/png,image/webp",
                capture: "environment", "data-testid": "photo-camera", disabled: *ui.busy.read() }
            label { class: "second button", r#for: "photo-file", {say.t(Text::PhotoChoose)} }
            input { id: "photo-file", class: "file", r#type: "file", accept: "image/jpeg,image/png,image/webp",
                "data-testid": "photo-add", disabled: *ui.busy.read() }
        }
    }
}

fn tell(mut ui: Ui, words: String) {
    ui.said.set(Some(words));
}
