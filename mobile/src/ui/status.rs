//! The line on top of every screen: where the work is and how fresh the news are. Always there, calm when offline.

use crate::ui::hooks::{Screen, Trouble, use_ui};
use crate::ui::words;
use dioxus::prelude::*;

/// The line. A tap tells more.
#[component]
pub(super) fn SyncLine() -> Element {
    let ui = use_ui();
    let snapshot = ui.snapshot.read();
    let zone = snapshot.expert.as_ref().map(|expert| &expert.zone);
    let (tone, text) = words::sync_line(ui.say(), &snapshot.status, zone);
    let sign_in = snapshot.status.problem == Some(Trouble::SignIn);
    rsx! {
        div { class: "sync {tone.class()}",
            button {
                "data-testid": "sync-line",
                onclick: move |_| ui.go(if sign_in { Screen::SignInAgain } else { Screen::You }),
                span { class: "sign", aria_hidden: true, "{tone.sign()}" }
                span { role: "status", aria_live: "polite", "{text}" }
            }
        }
    }
}
