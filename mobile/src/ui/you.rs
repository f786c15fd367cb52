//! The expert himself: duty, shifts, the state of sync in full, and signing out.

use crate::ui::duty::{Duty, Sick};
use crate::ui::hooks::{Screen, Trouble, Wake, use_outside, use_ui};
use crate::ui::words;
use dioxus::prelude::*;

/// The screen.
#[component]
pub(super) fn YouScreen() -> Element {
    let ui = use_ui();
    let expert = ui.snapshot.read().expert.clone();
    let server = use_outside().server();
    rsx! {
        main { class: "page",
            header { class: "top",
                h1 { dir: "auto", if let Some(expert) = expert.as_ref() { "{expert.name}" } else { "You" } }
                Duty {}
            }
            if let Some(expert) = expert {
                section { h2 { "Shifts" }
                    if expert.shifts.is_empty() { p { class: "quiet", "No shifts are set. The office keeps them." } }
                    for shift in expert.shifts.iter() { p { key: "{shift}", "{shift}" } }
                    p { class: "quiet small", "Times of {expert.zone}" }
                }
            }
            Sick {}
            SyncDetails {}
            SignOut {}
            p { class: "quiet small", "Version {env!(\"CARGO_PKG_VERSION\")} · " bdi { "{server}" } }
        }
    }
}

#[component]
fn SyncDetails() -> Element {
    let ui = use_ui();
    let snapshot = ui.snapshot.read();
    let status = &snapshot.status;
    let zone = snapshot.expert.as_ref().map(|expert| expert.zone.clone());
    let (_, line) = words::sync_line(status, zone.as_ref());
    let since = status.unsent_since.filter(|_| status.n_unsent > 0).zip(zone.as_ref());
    let since = since.map(|(at, zone)| words::when(at, zone, None, *ui.minute.read()));
    rsx! {
        section { h2 { "Sync" }
            p { "{line}" }
            if let Some(since) = since { p { class: "quiet", "The oldest unsent change is of {since}." } }
            if status.problem == Some(Trouble::SignIn) {
                button { class: "big", "data-testid": "sign-in-again", onclick: move |_| ui.go(Screen::SignInAgain), "Sign in again" }
            }
            button { class: "second", "data-testid": "sync-now", onclick: move |_| ui.wake(Wake::Asked), "Sync now" }
        }
    }
}

#[component]
fn SignOut() -> Element {
    let ui = use_ui();
    let outside = use_outside();
    let mut unsent = use_signal(|| None::<u32>);
    let leave = move |anyway: bool| {
        let outside = outside.clone();
        spawn(async move {
            if let Some(n) = outside.sign_out(ui, anyway).await {
                unsent.set(Some(n));
            }
        });
    };
    let leave_anyway = leave.clone();
    rsx! {
        section { h2 { "This phone" }
            match unsent() {
                Some(n) => rsx! {
                    div { class: "box", role: "alertdialog", aria_label: "Unsent work",
                        p { "data-testid": "unsent-warning",
                            if n == 1 { "1 change has not reached the server. It stays on this phone and goes out when you sign in here again." }
                            else { "{n} changes have not reached the server. They stay on this phone and go out when you sign in here again." }
                        }
                        button { class: "big", "data-testid": "sign-out-stay", onclick: move |_| unsent.set(None), "Stay signed in" }
                        button { class: "second", "data-testid": "sign-out-anyway", onclick: move |_| leave_anyway(true), "Sign out all the same" }
                    }
                },
                None => rsx! {
                    button { class: "second", "data-testid": "sign-out", onclick: move |_| leave(false), "Sign out" }
                },
            }
        }
    }
}
