//! The few controls that all screens share. Fields take `initial_value` and never `value`: a controlled field loses
//! characters under fast typing (a scanner, a paste, an input method).

use crate::ui::hooks::use_ui;
use crate::ui::say::Text;
use dioxus::prelude::*;

/// What must be said now. Stays until it is read.
#[component]
pub(super) fn Said() -> Element {
    let mut ui = use_ui();
    let Some(text) = ui.said.read().clone() else { return rsx! {} };
    rsx! {
        div { class: "said", role: "alert", "data-testid": "said",
            p { dir: "auto", "{text}" }
            button { class: "plain", "data-testid": "said-close", onclick: move |_| ui.said.set(None), {ui.say().t(Text::Ok)} }
        }
    }
}

/// The head of a screen that lies over another.
#[component]
pub(super) fn Head(title: String) -> Element {
    let ui = use_ui();
    rsx! {
        header { class: "head",
            button { class: "back", "data-testid": "back", aria_label: ui.say().t(Text::Back), onclick: move |_| ui.back(), "‹" }
            h1 { dir: "auto", "{title}" }
        }
    }
}

/// A text of several lines that survives everything: kept at each key under `draft`.
#[component]
pub(super) fn Field(
    draft: String,
    label: String,
    testid: String,
    rows: i64,
    generation: u32,
    trouble: Option<String>,
    on_text: EventHandler<String>,
) -> Element {
    let ui = use_ui();
    let initial = use_hook(|| ui.draft(&draft));
    // A new generation is a new, empty field.
    let initial = if generation == 0 { initial } else { String::new() };
    let error_id = format!("{testid}-error");
    rsx! {
        label { class: "field",
            span { "{label}" }
            textarea {
                key: "{generation}",
                "data-testid": "{testid}",
                dir: "auto",
                rows,
                initial_value: "{initial}",
                aria_invalid: trouble.is_some(),
                aria_describedby: "{error_id}",
                oninput: move |event| {
                    ui.keep_draft(draft.clone(), event.value());
                    on_text.call(event.value());
                },
            }
        }
        if let Some(trouble) = trouble.as_ref() {
            p { class: "error", id: "{error_id}", role: "alert", "{trouble}" }
        }
    }
}

/// A large button of a list: one tap is the choice.
#[component]
pub(super) fn Choice(testid: String, title: String, text: String, on_choose: EventHandler<()>) -> Element {
    let ui = use_ui();
    rsx! {
        button { class: "choice", "data-testid": "{testid}", disabled: *ui.busy.read(), onclick: move |_| on_choose.call(()),
            strong { "{title}" }
            span { "{text}" }
        }
    }
}
