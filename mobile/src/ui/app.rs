//! The root: who is signed in, which screen is on top, and what wakes the syncer.

use crate::ui::cannot_fix::CannotFixScreen;
use crate::ui::complete::CompleteScreen;
use crate::ui::decline::DeclineScreen;
use crate::ui::hooks::{Phone, Screen, Session, Ui, Wake, use_following, use_new_ui, use_opening, use_ui};
use crate::ui::kit::Said;
use crate::ui::knowledge::{ArticleScreen, KnowledgeScreen, WriteScreen};
use crate::ui::news::NewsScreen;
use crate::ui::sign_in::SignIn;
use crate::ui::status::SyncLine;
use crate::ui::ticket::TicketScreen;
use crate::ui::today::TodayScreen;
use crate::ui::you::YouScreen;
use dioxus::prelude::*;

/// Tells us when the page comes to the front and when the network returns. A promise that never ends keeps it alive.
const WATCH: &str = "
    addEventListener('online', () => dioxus.send('online'));
    addEventListener('focus', () => dioxus.send('resumed'));
    document.addEventListener('visibilitychange', () => { if (!document.hidden) dioxus.send('resumed'); });
    await new Promise(() => {});
";

/// The app.
#[component]
pub fn App() -> Element {
    let ui = use_new_ui();
    use_context_provider(|| ui);
    use_opening(ui);
    use_future(move || watch(ui));
    rsx! {
        match ui.session.read().clone() {
            Session::Opening => rsx! { p { class: "quiet center", role: "status", "Opening …" } },
            Session::Out => rsx! { SignIn { again: false } },
            Session::Stuck(why) => rsx! { Stuck { why } },
            Session::In(phone) => rsx! { Home { key: "{phone.key()}", phone: phone.clone() } },
        }
    }
}

async fn watch(ui: Ui) {
    let mut page = document::eval(WATCH);
    while let Ok(what) = page.recv::<String>().await {
        ui.wake(if what == "online" { Wake::NetworkUp } else { Wake::Resumed });
    }
}

#[component]
fn Stuck(why: String) -> Element {
    rsx! {
        main { class: "page",
            h1 { "The app cannot open" }
            p { role: "alert", "{why}" }
            p { class: "quiet", "Nothing was deleted. Free some space on this phone, close the app and open it again. If that does not help, ring the office." }
        }
    }
}

/// The app of somebody who is signed in.
#[component]
fn Home(phone: Phone) -> Element {
    use_following(use_ui(), phone);
    rsx! {
        Frame {}
    }
}

/// What stands around every screen, and the screen on top.
#[component]
pub(super) fn Frame() -> Element {
    let ui = use_ui();
    let screen = ui.screens.read().last().copied().unwrap_or(Screen::Today);
    rsx! {
        div { class: "frame",
            SyncLine {}
            Said {}
            match screen {
                Screen::Today => rsx! { TodayScreen {} },
                Screen::Knowledge => rsx! { KnowledgeScreen {} },
                Screen::News => rsx! { NewsScreen {} },
                Screen::You => rsx! { YouScreen {} },
                Screen::Ticket(id) => rsx! { TicketScreen { key: "{id}", id } },
                Screen::Article(id, ticket) => rsx! { ArticleScreen { key: "{id}", id, ticket } },
                Screen::Write(id) => rsx! { WriteScreen { key: "{id}", id } },
                Screen::Decline(id) => rsx! { DeclineScreen { key: "{id}", id } },
                Screen::CannotFix(id) => rsx! { CannotFixScreen { key: "{id}", id } },
                Screen::Complete(id) => rsx! { CompleteScreen { key: "{id}", id } },
                Screen::SignInAgain => rsx! { SignIn { again: true } },
            }
            Tabs { at: ui.screens.read().first().copied().unwrap_or(Screen::Today) }
        }
    }
}

#[component]
fn Tabs(at: Screen) -> Element {
    let ui = use_ui();
    let n_news = ui.snapshot.read().status.attention.len() + ui.snapshot.read().status.photo_troubles.len();
    let tab = |screen: Screen| if at == screen { "page" } else { "false" };
    rsx! {
        nav { class: "tabs", aria_label: "Screens",
            button { "data-testid": "nav-today", aria_current: tab(Screen::Today), onclick: move |_| ui.go(Screen::Today),
                span { class: "icon", aria_hidden: true, "☰" } "Visits"
            }
            button { "data-testid": "nav-knowledge", aria_current: tab(Screen::Knowledge), onclick: move |_| ui.go(Screen::Knowledge),
                span { class: "icon", aria_hidden: true, "?" } "Knowledge"
            }
            button { "data-testid": "nav-news", aria_current: tab(Screen::News), onclick: move |_| ui.go(Screen::News),
                span { class: "icon", aria_hidden: true, "✉" } "News"
                if n_news > 0 { span { class: "badge", aria_label: "{n_news} to read", "{n_news}" } }
            }
            button { "data-testid": "nav-you", aria_current: tab(Screen::You), onclick: move |_| ui.go(Screen::You),
                span { class: "icon", aria_hidden: true, "☺" } "You"
            }
        }
    }
}
