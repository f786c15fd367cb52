//! The duty switch. Going off duty is an intent like any other: it is written down at once, offline too, and the server
//! moves open offers when it hears of it.

use crate::ui::hooks::use_ui;
use dioxus::prelude::*;
use shared::intent::Intent;

/// The switch; nothing before the phone knows its expert.
#[component]
pub(super) fn Duty() -> Element {
    let ui = use_ui();
    let Some(on) = ui.snapshot.read().expert.as_ref().map(|expert| expert.on_duty) else { return rsx! {} };
    let text = if on { "On duty" } else { "Off duty" };
    rsx! {
        button {
            class: "switch",
            role: "switch",
            aria_checked: on,
            "data-testid": "duty",
            disabled: *ui.busy.read(),
            onclick: move |_| ui.tap(Intent::DutySet { on: !on }, None, 0),
            span { class: "track", aria_hidden: true, span { class: "knob" } }
            "{text}"
        }
    }
}
