//! The expert himself: duty, shifts, the state of sync in full, and signing out.

use crate::ui::duty::{Duty, Sick};
use crate::ui::hooks::library::use_kb_status;
use crate::ui::hooks::{Screen, Trouble, Wake, use_outside, use_ui};
use crate::ui::say::Text;
use crate::ui::words;
use dioxus::prelude::*;

/// The screen.
#[component]
pub(super) fn YouScreen() -> Element {
    let ui = use_ui();
    let say = ui.say();
    let expert = ui.snapshot.read().expert.clone();
    let server = use_outside().server();
    rsx! {
        main { class: "page",
            header { class: "top",
                h1 { dir: "auto", if let Some(expert) = expert.as_ref() { "{expert.name}" } else { {say.t(Text::YouTitle)} } }
                Duty {}
            }
            if let Some(expert) = expert {
                section { h2 { {say.t(Text::ShiftsTitle)} }
                    if expert.shifts.is_empty() { p { class: "quiet", {say.t(Text::ShiftsNone)} } }
                    for shift in expert.shifts.iter() { p { key: "{shift}", "{words::shift(say, shift)}" } }
                    p { class: "quiet small", {say.with(Text::ShiftsZone, &[("zone", (&expert.zone.to_string()).into())])} }
                }
            }
            Sick {}
            SyncDetails {}
            Storage {}
            section { h2 { {say.t(Text::SettingsTitle)} }
                button { class: "second", "data-testid": "settings", onclick: move |_| ui.go(Screen::Settings), {say.t(Text::SettingsOpen)} }
            }
            SignOut {}
            p { class: "quiet small", {say.with(Text::Version, &[("version", env!("CARGO_PKG_VERSION").into())])} " · " bdi { "{server}" } }
        }
    }
}

#[component]
fn SyncDetails() -> Element {
    let ui = use_ui();
    let say = ui.say();
    let snapshot = ui.snapshot.read();
    let status = &snapshot.status;
    let zone = snapshot.expert.as_ref().map(|expert| expert.zone.clone());
    let (_, line) = words::sync_line(say, status, zone.as_ref());
    let since = status.unsent_since.filter(|_| status.n_unsent > 0).zip(zone.as_ref());
    let since = since.map(|(at, zone)| words::when(say, at, zone, None, *ui.minute.read()));
    rsx! {
        section { h2 { {say.t(Text::SyncTitle)} }
            p { "{line}" }
            if let Some(since) = since { p { class: "quiet", {say.with(Text::SyncSince, &[("since", (&since).into())])} } }
            if status.problem == Some(Trouble::SignIn) {
                button { class: "big", "data-testid": "sign-in-again", onclick: move |_| ui.go(Screen::SignInAgain), {say.t(Text::SignInAgain)} }
            }
            button { class: "second", "data-testid": "sync-now", onclick: move |_| ui.wake(Wake::Asked), {say.t(Text::SyncNow)} }
        }
    }
}

/// What lies on this phone, and that nothing of it waits in vain.
#[component]
fn Storage() -> Element {
    let ui = use_ui();
    let say = ui.say();
    let kb = use_kb_status(ui);
    let snapshot = ui.snapshot.read();
    let n_articles = kb.read().as_ref().map_or(0, |kb| kb.n_articles);
    let tickets = say.n(Text::StorageTickets, i64::try_from(snapshot.tickets.len()).unwrap_or(i64::MAX));
    let articles = say.n(Text::StorageArticles, n_articles);
    let waits = match words::unsent(say, &snapshot.status) {
        Some(work) => say.with(Text::OutboxWaits, &[("work", (&work).into())]),
        None => say.t(Text::OutboxEmpty),
    };
    rsx! {
        section { "data-testid": "storage", h2 { {say.t(Text::StorageTitle)} }
            p { "{tickets} · {articles}" }
            p { class: "quiet small", {say.t(Text::StorageHelp)} }
            p { class: "box", "data-testid": "outbox", "{waits}" }
        }
    }
}

#[component]
fn SignOut() -> Element {
    let ui = use_ui();
    let say = ui.say();
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
        section { h2 { {say.t(Text::PhoneTitle)} }
            match unsent() {
                Some(n) => rsx! {
                    div { class: "box", role: "alertdialog", aria_label: say.t(Text::SignOutLabel),
                        p { "data-testid": "unsent-warning",
                            {say.n(Text::SignOutUnsent, n)}
                        }
                        button { class: "big", "data-testid": "sign-out-stay", onclick: move |_| unsent.set(None), {say.t(Text::SignOutStay)} }
                        button { class: "second", "data-testid": "sign-out-anyway", onclick: move |_| leave_anyway(true), {say.t(Text::SignOutAnyway)} }
                    }
                },
                None => rsx! {
                    button { class: "second", "data-testid": "sign-out", onclick: move |_| leave(false), {say.t(Text::SignOut)} }
                },
            }
        }
    }
}
